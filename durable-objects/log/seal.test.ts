import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decodePart } from "../../schema/core/window.ts";
import type { EventRow } from "../../schema/event.ts";
import type { TenantId } from "../../schema/ids.ts";
import { snapshot } from "../../workers/store/segments.ts";
import { objectsOf, scanned, tailIds } from "../../workers/store/test-archive.ts";
import { MetricWindow } from "../metric/object.ts";
import { logStub, metricStub } from "../stubs.ts";
import { clock } from "./object.ts";
import { append, batch, event, someTenant } from "./testing.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let now = 0;
beforeEach(() => {
	now = Date.now();
	clock.now = () => now;
	vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
	clock.now = () => Date.now();
	vi.restoreAllMocks();
});

/** A stub of its own each time: one that saw its object die stays broken. */
const log = (tenant: TenantId) => logStub(env, tenant, 0);
const kill = (tenant: TenantId) => runInDurableObject(log(tenant), (_, ctx) => ctx.abort("killed")).catch(() => {});
/** As if the alarm came at `at`. */
async function alarmAt(tenant: TenantId, at: number): Promise<void> {
	now = at;
	await runDurableObjectAlarm(log(tenant));
}

async function journalRows(tenant: TenantId): Promise<number> {
	return runInDurableObject(log(tenant), (_, { storage }) =>
		Number(storage.sql.exec("SELECT COUNT(*) AS n FROM journal").one().n),
	);
}

const scan = async (tenant: TenantId) => {
	const { archived, tail } = await scanned(env, tenant);
	return { archived, tail };
};

async function count(tenant: TenantId, metric: string): Promise<number> {
	await log(tenant).pull(metric);
	const { windows } = await metricStub(env, tenant, metric).read({
		grain: "minute",
		from: now - 5 * HOUR,
		to: now + HOUR,
		parts: ["total"],
		fields: ["stats"],
	});
	return windows.reduce((sum, { sections }) => sum + (decodePart(sections).cells[0]?.count ?? 0), 0);
}

const some = (ids: readonly string[], more: Partial<EventRow> = {}) =>
	ids.map((id) => event(`v${id}`, now, { id, ...more }));

describe("sealing", () => {
	it("puts what is 30 minutes old into one segment, catalogues it, and trims it minutes later", async () => {
		const tenant = await someTenant(env, ["plan"]);
		await append(env, tenant, some(["a", "b"], { props: '{"plan":"pro","n":1}' }));
		const first = now;
		now += 20 * MINUTE;
		await append(env, tenant, some(["c"], { name: "signup" }));
		await alarmAt(tenant, first + 29 * MINUTE);
		expect((await scan(tenant)).archived).toEqual([]);
		await alarmAt(tenant, first + 30 * MINUTE);
		const { segments } = await snapshot(env, tenant, null);
		const day = new Date(first).toISOString().slice(0, 10);
		expect(segments).toEqual([
			{
				key: `v1/${tenant}/segments/${day}/00/0-2.parquet`,
				tenant,
				partition: 0,
				day,
				afterOffset: 0,
				lastOffset: 2,
				rows: 3,
				bytes: (await env.ARCHIVE.head(segments[0]?.key ?? ""))?.size,
				minTs: first,
				maxTs: first + 20 * MINUTE,
				minSlot: expect.any(Number),
				maxSlot: expect.any(Number),
				names: ["pageview", "signup"],
				props: ["plan"],
				source: "log",
				createdAt: now,
				replacedAt: null,
			},
		]);
		expect(await journalRows(tenant)).toBe(2);
		expect(await scan(tenant)).toEqual({ archived: ["a", "b", "c"], tail: [] });
		await alarmAt(tenant, now + 2 * MINUTE);
		expect(await journalRows(tenant)).toBe(0);
		expect(await log(tenant).status()).toMatchObject({ journalBytes: 0, unsealedBytes: 0, sealed: 2, trimmed: 2 });
		expect(await scan(tenant)).toEqual({ archived: ["a", "b", "c"], tail: [] });
	});

	it("an event is in the tail right after its ack, and before it where a group is open", async () => {
		const tenant = await someTenant(env);
		await append(env, tenant, some(["a"]));
		const seen = await runInDurableObject(log(tenant), async (object) => {
			const waiting = object.append(batch(some(["b"])));
			await Promise.resolve();
			const { tables, next } = await object.readTail({ after: 0 });
			await waiting;
			return { tables: tables.length, next };
		});
		expect(seen).toEqual({ tables: 2, next: null });
		expect(await tailIds(env, tenant, 1)).toEqual(["b"]);
	});

	it("I8: a tail is answered in bounded pieces, and what was trimmed is said, not passed over", async () => {
		const tenant = await someTenant(env);
		for (const id of ["a", "b", "c"]) {
			await append(env, tenant, some([id]));
			now += 1000;
		}
		const piece = await log(tenant).readTail({ after: 0, bytes: 1 });
		expect(piece).toMatchObject({ tables: [{ offset: 1 }], next: 1, trimmed: 0 });
		await log(tenant).seal();
		await alarmAt(tenant, now + 3 * MINUTE);
		await append(env, tenant, some(["d"]));
		expect(await log(tenant).readTail({ after: 2 })).toEqual({ tables: [], next: null, trimmed: 3 });
		expect(await tailIds(env, tenant, 3)).toEqual(["d"]);
	});

	it("a span without events makes no segment, and is trimmed as well", async () => {
		const tenant = await someTenant(env);
		await append(env, tenant, some(["a"]));
		expect(await log(tenant).seal()).toEqual({ sealed: 1, segments: 1 });
		now += 1000;
		await log(tenant).append(batch([], { counts: { bot: 1 } }));
		expect(await log(tenant).seal()).toEqual({ sealed: 2, segments: 0 });
		await alarmAt(tenant, now + 5 * MINUTE);
		await alarmAt(tenant, now + 5 * MINUTE);
		expect(await journalRows(tenant)).toBe(0);
		// The catalogue ends at 1, and yet nothing after it is missing.
		expect(await scan(tenant)).toEqual({ archived: ["a"], tail: [] });
	});

	it("a wake arms the alarm for rows that an older version journaled without one", async () => {
		const tenant = await someTenant(env);
		await append(env, tenant, some(["a"]));
		await runInDurableObject(log(tenant), (_, { storage }) => {
			storage.sql.exec("DELETE FROM alarms WHERE name = 'seal'");
		});
		await kill(tenant);
		await alarmAt(tenant, now + 31 * MINUTE);
		expect((await scan(tenant)).archived).toEqual(["a"]);
	});
});

describe("I2, I5: trimming", () => {
	it("keeps rows that a metric object may still ask for, and those that a wake would replay", async () => {
		const tenant = await someTenant(env);
		await append(env, tenant, some(["a"]));
		await log(tenant).pull("*");
		const down = vi.spyOn(MetricWindow.prototype, "apply").mockRejectedValue(new Error("not reached"));
		now += 1000;
		await append(env, tenant, some(["b"]));
		await log(tenant).seal();
		await alarmAt(tenant, now + 3 * MINUTE);
		const { trimmed, forwarded } = await log(tenant).status();
		expect([trimmed, await journalRows(tenant)]).toEqual([Math.min(...Object.values(forwarded)), 2 - trimmed]);
		expect(trimmed).toBeLessThan(2);
		down.mockRestore();
		await kill(tenant);
		expect(await count(tenant, "*")).toBe(2);
		expect(await count(tenant, "pageview")).toBe(2);
		await alarmAt(tenant, now + 3 * MINUTE);
		expect(await journalRows(tenant)).toBe(0);
	});

	it("leaves windows, ids and sessions as they were: after a wake with an empty journal, too", async () => {
		const tenant = await someTenant(env, ["plan"]);
		const [a, b] = some(["a", "b"], { props: '{"plan":"pro"}' }) as [EventRow, EventRow];
		await append(env, tenant, [a]);
		await append(env, tenant, [b]);
		const before = await log(tenant).status();
		await log(tenant).seal();
		await alarmAt(tenant, now + 3 * MINUTE);
		expect(await journalRows(tenant)).toBe(0);
		await kill(tenant);
		const after = await log(tenant).status();
		expect(after).toMatchObject({ offset: before.offset, sessions: before.sessions, journalBytes: 0 });
		expect(await append(env, tenant, [a, b, ...some(["c"], { name: "late" })])).toEqual([1, 1, 0]);
		expect(await count(tenant, "*")).toBe(3);
		// A metric that the trimmed rows had nothing for begins with a row of its own.
		expect(await count(tenant, "late")).toBe(1);
		expect((await scan(tenant)).tail).toEqual(["c"]);
	});

	it("folds what is left by the definitions that hold for it, though they were journaled in a trimmed row", async () => {
		const tenant = await someTenant(env, ["plan"]);
		await append(env, tenant, some(["a"]));
		await log(tenant).seal();
		await alarmAt(tenant, now + 3 * MINUTE);
		now += 1000;
		await append(env, tenant, some(["b"], { props: '{"plan":"pro"}' }));
		await kill(tenant);
		await log(tenant).pull("*");
		const { windows } = await metricStub(env, tenant, "*").read({
			grain: "minute",
			from: now - HOUR,
			to: now + HOUR,
			parts: ["dim:plan"],
			fields: ["stats"],
		});
		const labels = windows.flatMap(({ sections }) => decodePart(sections).labels);
		expect(JSON.stringify(labels)).toContain("pro");
	});
});

/** A platform call that fails, or dies, around the real one. */
type Fault = "before" | "after" | "kill before" | "kill after";
const FAULTS: Fault[] = ["before", "after", "kill before", "kill after"];

/** Lets the next call of R2's `put`, or of D1's `prepare` for the catalogue, go wrong once. */
async function breakNext(tenant: TenantId, store: "R2" | "D1", fault: Fault): Promise<() => number> {
	const end = await runInDurableObject(log(tenant), (_, ctx) => () => ctx.abort("killed"));
	let broken = 0;
	const around = async <T>(call: () => Promise<T>): Promise<T> => {
		if (broken++ > 0) return call();
		if (fault === "kill before") end();
		if (fault.endsWith("before")) throw new Error(`${store} is down`);
		await call();
		if (fault === "kill after") end();
		throw new Error(`the answer of ${store} was lost`);
	};
	// Only what is the tenant's: objects of other tests may be at work too.
	if (store === "R2") {
		const proto = Object.getPrototypeOf(env.ARCHIVE) as R2Bucket;
		const put = proto.put as (this: R2Bucket, ...args: unknown[]) => Promise<R2Object>;
		vi.spyOn(proto, "put").mockImplementation(function (this: R2Bucket, ...args: unknown[]) {
			const call = () => put.apply(this, args);
			return String(args[0]).includes(tenant) ? around(call) : call();
		} as typeof proto.put);
	} else {
		const proto = Object.getPrototypeOf(env.DB.prepare("SELECT 1").bind()) as D1PreparedStatement;
		const { bind, run } = proto;
		const ours = new WeakSet<D1PreparedStatement>();
		vi.spyOn(proto, "bind").mockImplementation(function (this: D1PreparedStatement, ...values: unknown[]) {
			const bound = bind.apply(this, values);
			if (values.includes(tenant)) ours.add(bound);
			return bound;
		});
		vi.spyOn(proto, "run").mockImplementation(function (this: D1PreparedStatement) {
			const call = () => run.call(this);
			return ours.has(this) ? around(call) : call();
		} as typeof run);
	}
	return () => broken;
}

describe("I1, I2: sealing that goes wrong", () => {
	it.each((["R2", "D1"] as const).flatMap((store) => FAULTS.map((fault) => [store, fault] as const)))(
		"%s, %s: no event is lost or doubled, and the next try writes the same object",
		async (store, fault) => {
			const tenant = await someTenant(env);
			await append(env, tenant, some(["a", "b"]));
			const broken = await breakNext(tenant, store, fault);
			const first = log(tenant);
			await (async () => first.seal())().catch(() => {});
			expect(broken()).toBe(1);
			const between = await scan(tenant);
			expect([...between.archived, ...between.tail].sort()).toEqual(["a", "b"]);
			now += 1000;
			// The span that was chosen stays, though there is more by now.
			await append(env, tenant, some(["c"]));
			expect(await log(tenant).seal()).toMatchObject({ sealed: 2 });
			expect(await scan(tenant)).toEqual({ archived: ["a", "b", "c"], tail: [] });
			// What was chosen is stored before anything is named by it; here it dies with the object.
			const isForgotten = store === "R2" && fault === "kill before";
			const keys = (await objectsOf(env, tenant)).map((key) => key.split("/").at(-1));
			expect(keys).toEqual(isForgotten ? ["0-2.parquet"] : ["0-1.parquet", "1-2.parquet"]);
			await alarmAt(tenant, now + 3 * MINUTE);
			await alarmAt(tenant, now + 3 * MINUTE);
			expect(await journalRows(tenant)).toBe(0);
			expect(await scan(tenant)).toEqual({ archived: ["a", "b", "c"], tail: [] });
			expect(await count(tenant, "*")).toBe(3);
		},
	);

	it("the alarm tries again, later each time, and more events do not hurry it", async () => {
		const tenant = await someTenant(env);
		await append(env, tenant, some(["a"]));
		const put = vi.spyOn(Object.getPrototypeOf(env.ARCHIVE) as R2Bucket, "put");
		put.mockRejectedValue(new Error("R2 is down"));
		const seal = () =>
			runInDurableObject(log(tenant), (_, { storage }) =>
				Number(storage.sql.exec("SELECT at FROM alarms WHERE name = 'seal'").one().at),
			);
		const pauses: number[] = [];
		await alarmAt(tenant, await seal());
		for (let i = 0; i < 7; i++) {
			const at = await seal();
			pauses.push((at - now) / 1000);
			await append(env, tenant, some([`more${i}`]));
			await alarmAt(tenant, at);
		}
		expect(pauses).toEqual([10, 20, 40, 80, 160, 300, 300]);
		put.mockRestore();
		await alarmAt(tenant, await seal());
		await log(tenant).seal();
		expect((await scan(tenant)).archived).toHaveLength(8);
	});

	it("does not bring back a span that was compacted between its row and what the log knows of it", async () => {
		const tenant = await someTenant(env);
		await append(env, tenant, some(["a"]));
		await breakNext(tenant, "D1", "kill after");
		const first = log(tenant);
		await (async () => first.seal())().catch(() => {});
		const [row] = (await snapshot(env, tenant, null)).segments;
		await env.DB.prepare("UPDATE archive_segments SET key = ? WHERE key = ?").bind(`${row?.key}.c`, row?.key).run();
		await env.ARCHIVE.delete(row?.key ?? "");
		expect(await log(tenant).seal()).toEqual({ sealed: 1, segments: 1 });
		expect((await snapshot(env, tenant, null)).segments.map(({ key }) => key)).toEqual([`${row?.key}.c`]);
		expect(await objectsOf(env, tenant)).toEqual([]);
	});

	it("I1: a journal that the catalogue is ahead of is not sealed: nothing is trimmed that no segment has", async () => {
		const tenant = await someTenant(env);
		await append(env, tenant, some(["a"]));
		await log(tenant).seal();
		await env.DB.prepare("UPDATE archive_segments SET last_offset = 99 WHERE tenant = ?").bind(tenant).run();
		now += 1000;
		await append(env, tenant, some(["b"]));
		const refused = async () => log(tenant).seal();
		expect(await refused().catch(String)).toContain("the catalogue ends at offset 99");
		await kill(tenant);
		expect(await log(tenant).status()).toMatchObject({ sealed: 1, offset: 2 });
	});
});
