import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NewSegment } from "../../durable-objects/log/catalogue.ts";
import { clock } from "../../durable-objects/log/object.ts";
import { append, event, someTenant } from "../../durable-objects/log/testing.ts";
import { logStub } from "../../durable-objects/stubs.ts";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import { compactSome } from "../jobs/compact.ts";
import { addSegment } from "./archive.ts";
import { catalogue, forgetReplaced, replacedBefore, snapshot, swapSegments } from "./segments.ts";
import { scanned } from "./test-archive.ts";

const MINUTE = 60_000;
let now = 0;
beforeEach(() => {
	now = Date.now();
	clock.now = () => now;
});
afterEach(() => {
	clock.now = () => Date.now();
});

const segment = (tenant: TenantId, key: string, more: Partial<NewSegment> = {}): NewSegment => ({
	key,
	tenant,
	partition: 0,
	day: "2026-11-01",
	afterOffset: 0,
	lastOffset: 1,
	rows: 1,
	bytes: 1,
	minTs: 0,
	maxTs: 0,
	minSlot: 0,
	maxSlot: 0,
	names: null,
	props: [],
	source: "log",
	createdAt: 0,
	...more,
});
const keysOf = async (tenant: TenantId) => (await catalogue(env, tenant, null)).map(({ key }) => key);

describe("the catalogue", () => {
	it("answers the segments that may hold events of a range, of one tenant (I7)", async () => {
		const [tenant, other] = [tenantId("cat_range"), tenantId("cat_other")];
		await addSegment(env, segment(tenant, "r/1", { minTs: 100, maxTs: 199, names: ["a"], props: ["plan"] }));
		await addSegment(env, segment(tenant, "r/2", { minTs: 200, maxTs: 299, lastOffset: 2 }));
		await addSegment(env, segment(other, "r/3", { minTs: 100, maxTs: 199 }));
		const found = async (from: number, to: number) =>
			(await snapshot(env, tenant, { from, to })).segments.map(({ key }) => key);
		expect(await found(0, 100)).toEqual([]);
		expect(await found(0, 101)).toEqual(["r/1"]);
		expect(await found(199, 201)).toEqual(["r/1", "r/2"]);
		expect(await found(300, 400)).toEqual([]);
		const [first, second] = (await snapshot(env, tenant, null)).segments;
		expect([first?.names, first?.props, second?.names]).toEqual([["a"], ["plan"], null]);
		// The offset does not depend on the range.
		expect((await snapshot(env, tenant, { from: 0, to: 1 })).sealed).toEqual(new Map([[0, 2]]));
	});

	it("swaps all or nothing, and once: of two merges of the same segments one is thrown away", async () => {
		const tenant = tenantId("cat_swap");
		for (const [i, key] of ["s/1", "s/2", "s/3"].entries()) {
			await addSegment(env, segment(tenant, key, { afterOffset: i, lastOffset: i + 1 }));
		}
		const swaps = await Promise.all([
			swapSegments(env, ["s/1", "s/2"], [segment(tenant, "s/12", { lastOffset: 2 })], 7),
			swapSegments(env, ["s/1", "s/2", "s/3"], [segment(tenant, "s/123", { lastOffset: 3 })], 7),
		]);
		expect(swaps.filter((swapped) => swapped)).toHaveLength(1);
		expect((await keysOf(tenant)).sort()).toEqual(swaps[0] ? ["s/12", "s/3"] : ["s/123"]);
		expect(await swapSegments(env, ["s/none"], [segment(tenant, "s/x")], 7)).toBe(false);
		expect(await keysOf(tenant)).not.toContain("s/x");
		await expect(swapSegments(env, ["s/3"], [segment(tenant, "s/3")], 7)).rejects.toThrow("its own place");
	});

	it("a swap may put nothing in their place, or several", async () => {
		const tenant = tenantId("cat_parts");
		await addSegment(env, segment(tenant, "p/1"));
		expect(await swapSegments(env, ["p/1"], [segment(tenant, "p/2"), segment(tenant, "p/3")], 7)).toBe(true);
		expect(await keysOf(tenant)).toEqual(["p/2", "p/3"]);
		expect(await swapSegments(env, ["p/2", "p/3"], [], 8)).toBe(true);
		expect(await keysOf(tenant)).toEqual([]);
	});

	it("a row that is written again stays replaced", async () => {
		const tenant = tenantId("cat_again");
		await addSegment(env, segment(tenant, "a/1"));
		await swapSegments(env, ["a/1"], [], 7);
		await addSegment(env, segment(tenant, "a/1", { bytes: 2 }));
		expect(await keysOf(tenant)).toEqual([]);
	});

	it("keeps how far a partition is sealed when retention empties it", async () => {
		const tenant = tenantId("cat_empty");
		const all = ["e/1", "e/2", "e/3"];
		for (const [i, key] of all.entries()) {
			await addSegment(env, segment(tenant, key, { afterOffset: i, lastOffset: i + 1 }));
		}
		await swapSegments(env, all, [], 7);
		expect((await replacedBefore(env, 8, 10)).filter((key) => key.startsWith("e/")).sort()).toEqual(all);
		await forgetReplaced(env, all);
		const left = await env.DB.prepare("SELECT key, bytes FROM archive_segments WHERE tenant = ?").bind(tenant).all();
		expect(left.results).toEqual([{ key: "e/3", bytes: 0 }]);
		expect(await snapshot(env, tenant, null)).toEqual({ segments: [], sealed: new Map([[0, 3]]) });
		expect((await replacedBefore(env, 8, 10)).filter((key) => key.startsWith("e/"))).toEqual([]);
		// A newer one lets it go.
		await addSegment(env, segment(tenant, "e/4", { afterOffset: 3, lastOffset: 4 }));
		await forgetReplaced(env, all);
		expect((await snapshot(env, tenant, null)).sealed).toEqual(new Map([[0, 4]]));
		expect(await keysOf(tenant)).toEqual(["e/4"]);
	});
});

/** Numbers that follow from a seed, so that a failure can be run again. */
function random(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

describe("I2: a scan sees every accepted event exactly once", () => {
	it.each([1, 2, 3, 4])(
		"whatever is appended, sealed, trimmed, compacted and killed between its reads (seed %i)",
		async (seed) => {
			const pick = random(seed);
			const tenant = await someTenant(env);
			const day = () => new Date(now).toISOString().slice(0, 10);
			const acked: string[] = [];
			const sent: string[] = [];
			const log = () => logStub(env, tenant, 0);
			let steps = 0;
			const step = async () => {
				steps++;
				now += pick(20_000);
				const what = pick(10);
				if (what < 4) {
					const ids = Array.from({ length: 1 + pick(3) }, (_, i) => `${seed}-${steps}-${i}`);
					sent.push(...ids);
					await append(
						env,
						tenant,
						ids.map((id) => event(`v${pick(9)}`, now, { id })),
					);
					acked.push(...ids);
				} else if (what < 6) await log().seal();
				else if (what < 8) {
					now += 3 * MINUTE;
					await runDurableObjectAlarm(log());
				} else if (what === 8) await compactSome(env, { tenant, partition: 0, day: day() }, now);
				else await runInDurableObject(log(), (_, ctx) => ctx.abort("killed")).catch(() => {});
			};
			let retries = 0;
			for (let scans = 0; scans < 12; scans++) {
				for (let i = pick(5); i > 0; i--) await step();
				const before = [...acked];
				const seen = await scanned(env, tenant, async () => {
					if (steps % 120 !== 119) await step(); // The world goes on while it reads.
				});
				retries += seen.retries;
				const ids = [...seen.archived, ...seen.tail];
				expect(new Set(ids).size).toBe(ids.length);
				expect(before.filter((id) => !ids.includes(id))).toEqual([]);
				expect(ids.filter((id) => !sent.includes(id))).toEqual([]);
			}
			expect(steps).toBeGreaterThan(40);
			expect(retries).toBeLessThan(40);
		},
		60_000,
	);
});
