import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { decodePart } from "../../schema/core/window.ts";
import type { EventRow } from "../../schema/event.ts";
import type { TenantId } from "../../schema/ids.ts";
import { CODE } from "../rpc.ts";
import { logStub, metricStub } from "../stubs.ts";
import { toBlobs } from "./dedupe.ts";
import { clock } from "./object.ts";
import { LogStore } from "./store.ts";
import { append, event, someTenant } from "./testing.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
afterEach(() => {
	clock.now = () => Date.now();
});

/** Numbers that follow from a seed, so that a failure can be run again. */
function random(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

/** The definition of what must be seen: events by id, and each visitor's sorted by time and split at gaps. */
class Model {
	readonly events = new Map<string, { visitor: string; row: EventRow }>();

	take(visitor: string, row: EventRow): number {
		const id = String(row.id);
		if (this.events.has(id)) return CODE.duplicate;
		this.events.set(id, { visitor, row });
		return CODE.accepted;
	}

	/** Count per metric and minute; of sessions count, views, bounces and duration. */
	windows(): Record<string, number[]> {
		const windows: Record<string, number[]> = {};
		const add = (metric: string, ts: number, numbers: number[]) => {
			const key = `${metric} ${Math.floor(ts / MINUTE) * MINUTE}`;
			windows[key] = numbers.map((n, i) => n + (windows[key]?.[i] ?? 0));
		};
		for (const { row } of this.events.values()) {
			add("*", row.ts, [1, 0, 0, 0]);
			add(String(row.name), row.ts, [1, 0, 0, 0]);
		}
		for (const visit of this.visits()) {
			const views = visit.filter((row) => row.name === "pageview").length;
			const [first, last] = [visit[0], visit.at(-1)];
			if (first === undefined || last === undefined) continue;
			add("session", first.ts, [1, views, views === 1 && visit.length === 1 ? 1 : 0, last.ts - first.ts]);
		}
		return windows;
	}

	visits(): EventRow[][] {
		const all = [...this.events.values()];
		return [...new Set(all.map(({ visitor }) => visitor))].flatMap((who) => {
			const rows = all.filter(({ visitor }) => visitor === who).map(({ row }) => row);
			const visits: EventRow[][] = [];
			for (const row of rows.sort((a, b) => a.ts - b.ts)) {
				const last = visits.at(-1)?.at(-1);
				if (last === undefined || row.ts - last.ts >= 30 * MINUTE) visits.push([row]);
				else visits.at(-1)?.push(row);
			}
			return visits;
		});
	}
}

async function seen(tenant: TenantId, now: number): Promise<Record<string, number[]>> {
	const windows: Record<string, number[]> = {};
	for (const metric of ["*", "pageview", "click", "session"]) {
		await logStub(env, tenant, 0).pull(metric);
		const { windows: found } = await metricStub(env, tenant, metric).read({
			grain: "minute",
			from: now - DAY,
			to: now + DAY,
			parts: ["total"],
			fields: ["stats"],
		});
		for (const { bucket, sections } of found) {
			const cell = decodePart(sections).cells[0];
			if (cell === undefined || cell.isEmpty()) continue;
			windows[`${metric} ${bucket}`] = [cell.count, cell.views, cell.bounces, metric === "session" ? cell.sum : 0];
		}
	}
	return windows;
}

/** Ends an object at once, as a crash does: it finishes nothing. (An eviction waits for its timers.) */
async function kill(stub: DurableObjectStub<undefined>): Promise<void> {
	await runInDurableObject(stub, (_, ctx) => ctx.abort("killed")).catch(() => {});
}

describe("recovery", () => {
	it.each([1, 2, 3])(
		"I5, I2: evicting between any two events changes nothing observable (seed %i)",
		async (seed) => {
			const pick = random(seed);
			const tenant = await someTenant(env);
			const model = new Model();
			// A stub of its own each time: one that saw its object die stays broken.
			const log = () => logStub(env, tenant, 0);
			let now = Date.now() - 5 * 60 * MINUTE;
			clock.now = () => now;
			const sent: [string, EventRow][] = [];
			for (let step = 0; step < 40; step++) {
				now += pick(3) === 0 ? pick(20 * MINUTE) : pick(2000);
				const some = Array.from({ length: 1 + pick(4) }, (): [string, EventRow] => {
					const again = sent[pick(4) === 0 ? pick(sent.length) : -1];
					if (again !== undefined) return again;
					const visitor = `v${pick(3)}`;
					const name = pick(3) === 0 ? "click" : "pageview";
					return [
						visitor,
						event(visitor, now - pick(15 * MINUTE), { received_at: now, name, id: `${seed}-${step}-${pick(9)}` }),
					];
				});
				sent.push(...some);
				const expected = some.map(([visitor, row]) => model.take(visitor, row));
				expect(
					await append(
						env,
						tenant,
						some.map(([, row]) => row),
					),
				).toEqual(expected);
				const what = pick(6);
				if (what <= 1) await kill(log());
				if (what === 2) await runDurableObjectAlarm(log());
				if (what === 3) await kill(metricStub(env, tenant, "*"));
			}
			await kill(log());
			expect(await seen(tenant, now)).toEqual(model.windows());
		},
		30_000,
	);

	it("I1, I2: what was acked and not forwarded is forwarded by the alarm after a crash", async () => {
		const tenant = await someTenant(env);
		const log = logStub(env, tenant, 0);
		await append(env, tenant, [event("a", Date.now()), event("b", Date.now())]);
		await evictDurableObject(log);
		// As after a kill: nothing is known of what the metric objects hold, and nobody calls.
		await runInDurableObject(log, (_, { storage }) => void storage.sql.exec("DELETE FROM state"));
		await evictDurableObject(log);
		clock.now = () => Date.now() + MINUTE;
		expect(await runDurableObjectAlarm(log)).toBe(true);
		expect((await logStub(env, tenant, 0).status()).forwarded).toMatchObject({ "*": 1, pageview: 1, session: 1 });
	});

	it("I2: folds again from what a metric object holds, where that is less than it was thought to hold", async () => {
		const tenant = await someTenant(env);
		const log = () => logStub(env, tenant, 0);
		const now = Date.now();
		for (let i = 0; i < 3; i++) {
			await append(env, tenant, [event(`v${i}`, now)]);
			await log().pull("*");
		}
		await kill(log());
		await runInDurableObject(log(), (_, { storage }) => {
			const forwarded = { offset: 3, lanes: { "*": [1, 1] } };
			storage.sql.exec("INSERT OR REPLACE INTO state VALUES ('forwarded', ?)", JSON.stringify(forwarded));
		});
		await kill(log());
		await append(env, tenant, [event("v4", now)]);
		const all = Object.entries(await seen(tenant, now)).filter(([key]) => key.startsWith("* "));
		expect(all.reduce((sum, [, [count]]) => sum + (count ?? 0), 0)).toBe(4);
	});

	it("I1: a wake sets the alarm again that the platform gave up", async () => {
		const tenant = await someTenant(env);
		const log = () => logStub(env, tenant, 0);
		await append(env, tenant, [event("a", Date.now())]);
		await runInDurableObject(log(), (_, { storage }) => storage.deleteAlarm());
		expect(await runDurableObjectAlarm(log())).toBe(false);
		await kill(log());
		await log().status();
		expect(await runInDurableObject(log(), (_, { storage }) => storage.getAlarm())).toBeGreaterThan(Date.now());
	});

	it("I2, I8: a retry is searched for in the blobs, from its time on, within a budget", async () => {
		const tenant = await someTenant(env);
		const one = { hi: 0x30000001, lo: 7 };
		const found = await runInDurableObject(logStub(env, tenant, 0), (_, { storage }) => {
			const store = new LogStore(storage);
			const hi = Array.from({ length: 20_000 }, (_, i) => (i * 214_748) >>> 0);
			for (const { bucket, bytes } of toBlobs([...hi, one.hi], [...hi, one.lo])) store.putIds(10, bucket, bytes);
			for (const { bucket, bytes } of toBlobs(hi, hi)) store.putIds(20, bucket, bytes);
			const other = { hi: 0xf0000000, lo: 8 };
			const find = (from: number, bytes: number) =>
				store.findIds(
					[
						{ ...one, from },
						{ ...other, from: 20 },
						{ ...other, from: 10 },
					],
					30,
					bytes,
				);
			const before = [find(10, 2 ** 20), find(11, 2 ** 20), find(10, 15_000)];
			store.putIds(21, 0, toBlobs([other.hi], [other.lo])[0]?.bytes ?? new Uint8Array()); // After a search that ended early.
			return [...before, find(10, 15_000)];
		});
		expect(found).toEqual([
			[true, false, false],
			[true, false, false],
			[null, false, null],
			[null, true, true],
		]);
	});

	it("a checkpoint bounds the replay: what it covers is not read again", async () => {
		const tenant = await someTenant(env);
		const log = logStub(env, tenant, 0);
		await append(env, tenant, [event("a", Date.now(), { id: "1" })]);
		clock.now = () => Date.now() + 6 * MINUTE;
		await runDurableObjectAlarm(log);
		const stored = await runInDurableObject(log, (_, { storage }) => ({
			checkpoint: JSON.parse(String(storage.sql.exec("SELECT value FROM state WHERE name = 'checkpoint'").one().value)),
			ids: Number(storage.sql.exec("SELECT COUNT(*) AS n FROM ids").one().n),
			sessions: Number(storage.sql.exec("SELECT COUNT(*) AS n FROM sessions").one().n),
		}));
		expect(stored).toMatchObject({ checkpoint: { offset: 1 }, ids: 1, sessions: 1 });
	});
});
