import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodePart, encodeSpan, Window } from "../../schema/core/window.ts";
import { zoneOf } from "../../schema/core/zone.ts";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import type { Grain } from "../../schema/metric.ts";
import type { RollupMessage, StoredWindow } from "../../schema/rollup.ts";
import { directory, metricStub } from "../stubs.ts";
import { clock } from "./object.ts";
import { countBy, MINUTE, type TestEvent, TestLog } from "./testkit.ts";

const HOUR = 60 * MINUTE;
// Far ahead, so that alarms fire only when a test says so. 2031-03-10 is a Monday.
const T0 = Date.parse("2031-03-10T10:00:00Z");
const real = clock.now;
let now = T0;
let serial = 0;
beforeEach(() => {
	now = T0;
	clock.now = () => now;
});
afterEach(() => {
	clock.now = real;
});

async function freshTenant(zone = "UTC"): Promise<TenantId> {
	const tenant = tenantId(`metric_${Date.now().toString(36)}_${serial++}`);
	await directory(env, tenant).configure({ partitions: 1, zone, week_start: "monday", currency: null, dimensions: [] });
	return tenant;
}

type Stub = ReturnType<typeof metricStub>;
const freshMetric = async (zone?: string, metric = "*") => metricStub(env, await freshTenant(zone), metric);

/** The total's count of each window, by bucket. */
function counts(windows: StoredWindow[]): Map<number, number> {
	return new Map(windows.map((w) => [w.bucket, totalOf(w).count]));
}

function totalOf({ sections }: Pick<StoredWindow, "sections">) {
	const [cell] = decodePart(sections.filter((s) => s.part === "total")).cells;
	if (cell === undefined) throw new Error("a window without a total");
	return cell;
}

async function read(stub: Stub, grain: Grain = "minute", from = T0 - 72 * HOUR, to = T0 + 48 * HOUR) {
	const { windows } = await stub.read({ grain, from, to, parts: ["total"], fields: ["stats", "uniques", "quantiles"] });
	return windows as StoredWindow[];
}

const at = (ms: number, visitor = "v1", more: Partial<TestEvent> = {}): TestEvent => ({
	at: T0 + ms,
	visitor,
	...more,
});

/** Lets time pass and runs the alarm if it is due by then. */
async function pass(stub: Stub, to: number) {
	now = to;
	await runDurableObjectAlarm(stub);
}

/** Catches announcements instead of sending them. */
function listen(stub: Stub): Promise<RollupMessage[]> {
	return runInDurableObject(stub, (object) => {
		const heard: RollupMessage[] = [];
		object.send = async (messages) => void heard.push(...messages);
		return heard;
	});
}

describe("apply (I2)", () => {
	it("counts a span once, whatever is repeated", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		const request = log.request([at(1_000), at(2_000, "v2")]);
		const first = await stub.apply(request);
		const again = await stub.apply(request);
		expect(first).toMatchObject({ status: "applied", offset: 2 });
		expect(again).toMatchObject({ status: "applied", offset: 2 });
		expect(counts(await read(stub))).toEqual(new Map([[T0, 2]]));
	});

	it("answers behind with the offset it holds to a span that does not continue there", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		await stub.apply(log.request([at(1_000)]));
		log.request([at(2_000)]);
		expect(await stub.apply(log.request([at(3_000)]))).toEqual({ status: "behind", offset: 1 });
		const overlap = { ...log.request([at(3_000)]), from: 0 };
		expect(await stub.apply(overlap)).toEqual({ status: "behind", offset: 1 });
		expect(counts(await read(stub))).toEqual(new Map([[T0, 1]]));
	});

	it("accepts any first offset of a partition", async () => {
		const stub = await freshMetric();
		const request = { ...new TestLog().request([at(1_000)]), from: 70, to: 71 };
		expect(await stub.apply(request)).toMatchObject({ status: "applied", offset: 71 });
	});

	it("counts one of two copies that are under way at once", async () => {
		const stub = await freshMetric();
		const request = new TestLog().request([at(1_000)]);
		const answers = await Promise.all([stub.apply(request), stub.apply(request), stub.apply(request)]);
		expect(answers.map((a) => a.status)).toEqual(["applied", "applied", "applied"]);
		expect(counts(await read(stub))).toEqual(new Map([[T0, 1]]));
	});

	it("stores what arrives in one tick as one row", async () => {
		const stub = await freshMetric();
		await Promise.all([0, 1, 2, 3].map((p) => stub.apply(new TestLog(p).request([at(1_000, `v${p}`)]))));
		const rows = await runInDurableObject(stub, (_, ctx) => ctx.storage.sql.exec("SELECT n FROM pending").toArray());
		expect(rows).toHaveLength(1);
		expect(counts(await read(stub))).toEqual(new Map([[T0, 4]]));
	});

	it("keeps a span that passes a row's size", async () => {
		const stub = await freshMetric();
		const events = Array.from({ length: 150_000 }, (_, i) =>
			at(i % 50_000, `v${i}`, { country: `c${i % 500}`, value: i }),
		);
		const request = new TestLog().request(events);
		expect(request.span.length).toBeGreaterThan(1_000_000);
		await stub.apply(request);
		await evictDurableObject(stub);
		const [window] = await read(stub);
		expect(window && totalOf(window).count).toBe(150_000);
		await pass(stub, T0 + MINUTE + 10_000);
		await evictDurableObject(stub);
		const whole = await stub.window({ grain: "hour", bucket: T0 });
		const countries = (whole as StoredWindow).sections.filter((s) => s.part === "dim:country");
		expect(decodePart(countries).cells.map((c) => c.count)).toEqual(new Array(500).fill(300));
	}, 20_000);

	it("starts anew where a tick cannot be stored: memory never knows more than storage (I5)", async () => {
		const tenant = await freshTenant();
		const stub = () => metricStub(env, tenant, "*");
		const log = new TestLog();
		await stub().apply(log.request([at(1_000)]));
		const sql = (statement: string) => runInDurableObject(stub(), (_, ctx) => void ctx.storage.sql.exec(statement));
		await sql("CREATE TRIGGER full BEFORE INSERT ON pending BEGIN SELECT RAISE(ABORT, 'disk full'); END");
		const request = log.request([at(2_000)]);
		const failed = await stub()
			.apply(request)
			.then(
				() => false,
				() => true,
			);
		expect(failed).toBe(true);
		await sql("DROP TRIGGER full");
		expect(counts(await read(stub()))).toEqual(new Map([[T0, 1]]));
		expect(await stub().apply(request)).toMatchObject({ status: "applied", offset: 2 });
		expect(counts(await read(stub()))).toEqual(new Map([[T0, 2]]));
	});

	it("refuses bytes that are no span, and stands", async () => {
		const stub = await freshMetric();
		const bad = { partition: 0, from: 0, to: 1, span: new Uint8Array([9, 9, 9]), receivedAt: T0 };
		const refused = await stub.apply(bad).then(
			() => false,
			() => true,
		);
		expect(refused).toBe(true);
		expect(await stub.apply(new TestLog().request([at(1)]))).toMatchObject({ status: "applied", offset: 1 });
	});

	it("tells logs to come often only while somebody looks", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		const idle = await stub.apply(log.request([at(1)]));
		await read(stub);
		const watched = await stub.apply(log.request([at(2)]));
		now += 61_000;
		const later = await stub.apply(log.request([at(3)]));
		const waits = [idle, watched, later].map((a) => (a.status === "applied" ? a.nextMs : 0));
		expect(waits[0]).toBeGreaterThan(1_000);
		expect(waits[1]).toBeLessThanOrEqual(313);
		expect(waits[2]).toBeGreaterThan(1_000);
	});
});

describe("folding", () => {
	it("closes a minute 10 s after its end, into one row of the minute and one of its hour", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		await stub.apply(log.request([at(1_000), at(59_000, "v2")]));
		await pass(stub, T0 + MINUTE + 9_999);
		expect(await tables(stub)).toEqual({ pending: 1, windows: 0 });
		await pass(stub, T0 + MINUTE + 10_000);
		expect(await tables(stub)).toEqual({ pending: 0, windows: 2 });
		expect(counts(await read(stub))).toEqual(new Map([[T0, 2]]));
		expect(counts(await read(stub, "hour"))).toEqual(new Map([[T0, 2]]));
	});

	it("does not count a row again that waits for an open minute (I2, I5)", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		await stub.apply(log.request([at(1_000), at(61_000)]));
		await pass(stub, T0 + MINUTE + 10_000);
		expect(await tables(stub)).toEqual({ pending: 1, windows: 2 });
		await evictDurableObject(stub);
		expect(counts(await read(stub))).toEqual(
			new Map([
				[T0, 1],
				[T0 + MINUTE, 1],
			]),
		);
		expect(counts(await read(stub, "hour"))).toEqual(new Map([[T0, 2]]));
		await pass(stub, T0 + 2 * MINUTE + 10_000);
		expect(await tables(stub)).toEqual({ pending: 0, windows: 3 });
		expect(counts(await read(stub, "hour"))).toEqual(new Map([[T0, 2]]));
	});

	it("merges late events into their stored minute, with a higher version", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		await stub.apply(log.request([at(1_000)]));
		await pass(stub, T0 + MINUTE + 10_000);
		const [before] = await read(stub);
		await stub.apply(log.request([at(2_000, "late")]));
		const [open] = await read(stub);
		await pass(stub, T0 + 2 * MINUTE + 10_000);
		const [after] = await read(stub);
		expect([before, open, after].map((w) => w && totalOf(w).count)).toEqual([1, 2, 2]);
		expect(after && totalOf(after).uniques?.count()).toBeCloseTo(2, 1);
		expect([before, open, after].map((w) => w?.version.n)).toEqual([1, 2, 2]);
	});

	it("keeps versions and contents over an eviction, for open hours and days too (I5)", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		await stub.apply(log.request([at(1_000)]));
		await pass(stub, T0 + MINUTE + 10_000);
		await stub.apply(log.request([at(70_000, "v2")]));
		const names = [
			{ grain: "hour", bucket: T0 },
			{ grain: "day", bucket: T0 - 10 * HOUR },
		] as const;
		for (const name of names) {
			const before = (await stub.window(name)) as StoredWindow;
			await evictDurableObject(stub);
			const after = (await stub.window(name)) as StoredWindow;
			expect(after).toEqual(before);
			expect(before.version).toEqual({ epoch: 0, n: 2 });
			expect(totalOf(before).count).toBe(2);
			expect(before.sections.map((s) => s.part)).not.toContain("dim:slot10");
		}
	});

	it("agrees with a count by hand after random spans, retries and evictions (I2, I5)", async () => {
		const stub = await freshMetric("Asia/Kathmandu");
		const random = mulberry(20261122);
		const logs = [0, 1, 2].map((p) => new TestLog(p));
		const all: TestEvent[] = [];
		for (let round = 0; round < 60; round++) {
			now = T0 + round * 20_000;
			const log = logs[Math.floor(random() * 3)] as TestLog;
			const events = Array.from({ length: 1 + Math.floor(random() * 4) }, () => randomEvent(random));
			all.push(...events);
			const request = log.request(events);
			await stub.apply(request);
			if (random() < 0.3) await stub.apply(request);
			if (random() < 0.3) await evictDurableObject(stub);
			if (random() < 0.5) await runDurableObjectAlarm(stub);
		}
		const zone = zoneOf("Asia/Kathmandu");
		const keys: Record<Grain, (t: number) => number> = {
			minute: (t) => Math.floor(t / MINUTE) * MINUTE,
			hour: (t) => zone.startOf("hour", t),
			day: (t) => zone.startOf("day", t),
		};
		for (const grain of ["minute", "hour", "day"] as const) {
			const expected = [...countBy(all, (e) => keys[grain](e.at))].sort(([a], [b]) => a - b);
			expect([...counts(await read(stub, grain))]).toEqual(expected);
		}
	});

	it("takes corrections of signed windows back, folded or not", async () => {
		const stub = await freshMetric("UTC", "session");
		const shape = { cube: ["country", "device"], marginals: [], hits: ["entry"], signed: true };
		const span = (country: string, sign: number) => {
			const window = new Window(shape);
			window.addSigned([country, "mobile"], ["/"], sign, sign * 30_000, sign * 2, 0);
			return encodeSpan(new Map([[T0, window]]));
		};
		const send = (offset: number, bytes: Uint8Array) =>
			stub.apply({ partition: 0, from: offset - 1, to: offset, span: bytes, receivedAt: T0 });
		await send(1, span("DE", 1));
		await pass(stub, T0 + MINUTE + 10_000);
		await send(2, span("DE", -1));
		await send(3, span("FR", 1));
		for (const folded of [false, true]) {
			if (folded) await pass(stub, T0 + 2 * MINUTE + 10_000);
			const { sections } = (await stub.window({ grain: "hour", bucket: T0 })) as StoredWindow;
			expect(totalOf({ sections })).toMatchObject({ count: 1, sum: 30_000, views: 2, uniques: null });
			const { labels, cells } = decodePart(sections.filter((s) => s.part === "dim:country"));
			expect([labels, cells.map((c) => c.count)]).toEqual([[["FR"]], [1]]);
		}
	});

	it("deletes minutes after eight days, and hours by whole days", async () => {
		const stub = await freshMetric("Europe/Berlin");
		await stub.apply(new TestLog().request([at(1_000)]));
		await pass(stub, T0 + MINUTE + 10_000);
		await pass(stub, T0 + HOUR + 8 * 24 * HOUR);
		expect(counts(await read(stub))).toEqual(new Map());
		expect(counts(await read(stub, "hour"))).toEqual(new Map([[T0, 1]]));
		// The day ends at 23:00 UTC.
		await pass(stub, T0 + 13 * HOUR + 8 * 24 * HOUR);
		expect(counts(await read(stub, "hour"))).toEqual(new Map());
	});

	it("answers only the parts and fields that were asked for", async () => {
		const stub = await freshMetric();
		await stub.apply(new TestLog().request([at(1_000, "v1", { value: 3 })]));
		for (const fold of [false, true]) {
			if (fold) await pass(stub, T0 + MINUTE + 10_000);
			const request = {
				grain: "minute",
				from: T0,
				to: T0 + 1,
				parts: ["dim:country", "hit:path"],
				fields: ["stats"],
			} as const;
			const answer = await stub.read({ ...request, parts: [...request.parts], fields: [...request.fields] });
			const [window] = answer.windows as StoredWindow[];
			expect(window?.sections.map((s) => s.part)).toEqual(["dim:country", "hit:path"]);
			expect(window?.sections.map((s) => s.uniques.length + s.quantiles.length)).toEqual([0, 0]);
			expect(decodePart(window?.sections.slice(0, 1) ?? [])).toMatchObject({ labels: [["DE"]] });
		}
	});

	it("stores nothing of before once it was destroyed, though it was folding", async () => {
		const stub = await freshMetric();
		const minutes = Array.from({ length: 900 }, (_, i) => at(-i * MINUTE, `v${i}`));
		await stub.apply(new TestLog().request(minutes));
		const left = await runInDurableObject(stub, async (object, ctx) => {
			const windows = () => Number(ctx.storage.sql.exec("SELECT COUNT(*) AS n FROM windows").one().n);
			now += 2 * MINUTE;
			const folding = object.alarm();
			while (windows() === 0) await scheduler.wait(0);
			await object.destroy();
			await folding;
			return { windows: windows(), alarm: await ctx.storage.getAlarm() };
		});
		expect(left).toEqual({ windows: 0, alarm: null });
	});

	it("forgets everything when destroyed", async () => {
		const stub = await freshMetric();
		await stub.apply(new TestLog().request([at(1_000)]));
		await stub.destroy();
		expect(await read(stub)).toEqual([]);
		expect(await stub.apply(new TestLog().request([at(1_000)]))).toMatchObject({ status: "applied", offset: 1 });
	});
});

describe("hours and days in the tenant's zone", () => {
	it.each([
		["Asia/Kathmandu", "2031-03-10T10:15:00Z", "2031-03-09T18:15:00Z", 24],
		["Asia/Tehran", "2031-03-10T10:30:00Z", "2031-03-09T20:30:00Z", 24],
		["Europe/Berlin", "2031-03-30T10:00:00Z", "2031-03-29T23:00:00Z", 23],
		["Europe/Berlin", "2031-10-26T10:00:00Z", "2031-10-25T22:00:00Z", 25],
	])("%s: the hour from %s, the day from %s of %i hours", async (zone, hourStart, dayStart, hours) => {
		const stub = await freshMetric(zone);
		const [hour, day] = [Date.parse(hourStart), Date.parse(dayStart)];
		const end = day + hours * HOUR;
		const instants = [day - 1, day, hour - 1, hour, hour + HOUR - 1, hour + HOUR, end - 1, end];
		now = end + 1;
		await stub.apply(new TestLog().request(instants.map((t, i) => ({ at: t, visitor: `v${i}` }))));
		for (const folded of [false, true]) {
			if (folded) await pass(stub, end + 2 * MINUTE);
			const asHour = (await stub.window({ grain: "hour", bucket: hour })) as StoredWindow;
			const asDay = (await stub.window({ grain: "day", bucket: day })) as StoredWindow;
			expect(totalOf(asHour).count).toBe(2);
			expect(totalOf(asDay).count).toBe(6);
			expect(await stub.window({ grain: "day", bucket: day + HOUR })).toBeNull();
			const days = counts(await read(stub, "day", day - 48 * HOUR, end + 48 * HOUR));
			expect([...days.values()]).toEqual([1, 6, 1]);
		}
	});
});

describe("announcing (I4)", () => {
	it("announces open hours and days every 5 min, and closed ones until they are confirmed", async () => {
		const tenant = await freshTenant();
		const stub = metricStub(env, tenant, "signup");
		const day = T0 - 10 * HOUR;
		await stub.apply(new TestLog().request([at(1_000)]));
		let heard = await listen(stub);
		await pass(stub, T0 + MINUTE + 10_000);
		expect(heard).toEqual([]);
		await pass(stub, T0 + 6 * MINUTE + 10_000);
		const base = { v: 1, tenant, metric: "signup", version: { epoch: 0, n: 1 }, closed: false };
		expect(heard).toEqual([
			{ ...base, grain: "hour", bucket: T0 },
			{ ...base, grain: "day", bucket: day },
		]);

		// Confirmed, and nothing new: silence until the hour ends.
		await stub.confirm(heard.map(({ grain, bucket, version }) => ({ grain, bucket, version })));
		await evictDurableObject(stub);
		heard = await listen(stub);
		await pass(stub, T0 + 30 * MINUTE);
		expect(heard).toEqual([]);
		await pass(stub, T0 + HOUR + 10_000);
		expect(heard).toEqual([{ ...base, grain: "hour", bucket: T0, closed: true }]);

		// Not confirmed: again after 1, 2, 4 min, over evictions; then confirmed.
		await evictDurableObject(stub);
		heard = await listen(stub);
		await pass(stub, T0 + HOUR + 10_000 + MINUTE);
		await pass(stub, T0 + HOUR + 10_000 + 2 * MINUTE);
		await pass(stub, T0 + HOUR + 10_000 + 3 * MINUTE);
		expect(heard.map((m) => m.bucket)).toEqual([T0, T0]);
		await stub.confirm([{ grain: "hour", bucket: T0, version: { epoch: 0, n: 1 } }]);
		await pass(stub, T0 + 5 * HOUR);
		expect(heard).toHaveLength(2);
	});

	it("announces again when something late came after the confirmation, and not by an older confirmation", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		await stub.apply(log.request([at(1_000)]));
		const heard = await listen(stub);
		const hourly = () => heard.filter((m) => m.grain === "hour").map((m) => m.version.n);
		await pass(stub, T0 + HOUR + 10_000);
		await stub.apply(log.request([at(2_000, "late")]));
		await stub.confirm([{ grain: "hour", bucket: T0, version: { epoch: 0, n: 1 } }]);
		await pass(stub, T0 + HOUR + MINUTE + 10_000);
		await pass(stub, T0 + HOUR + 2 * MINUTE + 10_000);
		expect(hourly().at(-1)).toBe(2);
		await stub.confirm([{ grain: "hour", bucket: T0, version: { epoch: 0, n: 2 } }]);
		const before = hourly().length;
		await pass(stub, T0 + 2 * HOUR);
		expect(hourly()).toHaveLength(before);
	});

	it("stands again at what is due where the platform gave the alarm up", async () => {
		const stub = await freshMetric();
		await stub.apply(new TestLog().request([at(1_000)]));
		await pass(stub, T0 + MINUTE + 10_000);
		const alarm = () => runInDurableObject(stub, (_, ctx) => ctx.storage.getAlarm());
		expect(await alarm()).toBe(T0 + 6 * MINUTE + 10_000);
		await runInDurableObject(stub, (_, ctx) => ctx.storage.deleteAlarm());
		await evictDurableObject(stub);
		now = T0 + HOUR + 10_000;
		expect(await alarm()).toBe(T0 + 6 * MINUTE + 10_000);
		const heard = await listen(stub);
		await pass(stub, now);
		expect(heard).toContainEqual(expect.objectContaining({ grain: "hour", bucket: T0, closed: true }));
	});

	it("sets no alarm where nothing is due", async () => {
		const stub = await freshMetric();
		await read(stub);
		await evictDurableObject(stub);
		expect(await runInDurableObject(stub, (_, ctx) => ctx.storage.getAlarm())).toBeNull();
	});

	it("announces at once what is over when it is first heard of, and its changes later", async () => {
		const stub = await freshMetric();
		const log = new TestLog();
		const heard = await listen(stub);
		await stub.apply(log.request([at(-26 * HOUR)]));
		await pass(stub, T0 + 10_000);
		expect(heard.map((m) => [m.grain, m.bucket, m.closed])).toEqual([
			["hour", T0 - 26 * HOUR, true],
			["day", T0 - 34 * HOUR, true],
		]);
		await stub.confirm(heard.map(({ grain, bucket, version }) => ({ grain, bucket, version })));
		await stub.apply(log.request([at(-26 * HOUR), at(-25 * HOUR)]));
		await pass(stub, T0 + MINUTE + 10_000);
		expect(heard.slice(2).map((m) => [m.grain, m.bucket])).toEqual([["hour", T0 - 25 * HOUR]]);
	});

	it("keeps what was asked for while messages went", async () => {
		const stub = await freshMetric();
		await stub.apply(new TestLog().request([at(1_000)]));
		let heard = await listen(stub);
		const hours = () => heard.filter((m) => m.grain === "hour").length;
		let to = T0 + HOUR + 10_000;
		for (const minutes of [1, 2, 4, 8]) {
			await pass(stub, to);
			to += minutes * MINUTE;
		}
		expect(hours()).toBe(4);
		await runInDurableObject(stub, (object) => {
			heard = [];
			object.send = async (messages) => {
				heard.push(...messages);
				object.send = async (more) => void heard.push(...more);
				await object.announceAll();
			};
		});
		await pass(stub, to);
		expect(hours()).toBe(2);
		// Asked for anew, it is announced as often as at first.
		await pass(stub, to + MINUTE);
		expect(hours()).toBe(3);
	});

	it("tries again when the queue refuses", async () => {
		const stub = await freshMetric();
		await stub.apply(new TestLog().request([at(1_000)]));
		await runInDurableObject(stub, (object) => {
			object.send = () => Promise.reject(new Error("queue down"));
		});
		await pass(stub, T0 + MINUTE + 10_000);
		await pass(stub, T0 + HOUR + 10_000);
		const heard = await listen(stub);
		await pass(stub, T0 + HOUR + 20_000);
		expect(heard.map((m) => m.grain)).toContain("hour");
		expect(counts(await read(stub))).toEqual(new Map([[T0, 1]]));
	});
});

async function tables(stub: Stub) {
	return runInDurableObject(stub, (_, ctx) => {
		const rows = (table: string) => Number(ctx.storage.sql.exec(`SELECT COUNT(*) AS n FROM ${table}`).one().n);
		return { pending: rows("pending"), windows: rows("windows") };
	});
}

function randomEvent(random: () => number): TestEvent {
	// Mostly now, sometimes up to two days late.
	const late = random() < 0.3 ? random() * 48 * HOUR : random() * 30_000;
	return { at: Math.floor(Math.max(T0 - 47 * HOUR, now - late)), visitor: `v${Math.floor(random() * 9)}` };
}

/** A small seeded generator, so that a failure repeats. */
function mulberry(seed: number): () => number {
	let a = seed;
	return () => {
		a = (a + 0x6d2b79f5) | 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}
