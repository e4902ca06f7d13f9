import { beforeEach, describe, expect, it, vi } from "vitest";
import type { EventRow } from "../../schema/event.ts";
import { FLAG } from "../../schema/event.ts";
import { tenantId } from "../../schema/ids.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import { Alarms } from "../alarms.ts";
import { CODE } from "../rpc.ts";
import { testStorage } from "../sqlite.testing.ts";
import { Agreement } from "./agreement.ts";
import { ID_PERIOD_MS, toBlobs } from "./dedupe.ts";
import { Forwarder } from "./forward.ts";
import { decodeRow } from "./journal.ts";
import { type Limits, Log, type LogAlarm } from "./log.ts";
import { LogStore } from "./store.ts";
import { batch, event } from "./testing.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T0 = Math.floor(1_795_000_000_000 / HOUR) * HOUR;
const CONFIG: TenantConfig = {
	version: 1,
	metrics: ["pageview"],
	dimensions: [],
	epoch: 1,
	partitions: 1,
	zone: "UTC",
	week_start: "monday",
	currency: null,
};

/** A log over real SQLite whose metric objects cannot be reached, and whose clock the test sets. */
function open(limits: Partial<Limits> = {}, storage = testStorage(), directory = { config: CONFIG }) {
	const at = { now: T0 };
	const aborted: unknown[] = [];
	const flushes: (number | null)[] = [];
	const store = new LogStore(storage);
	const asked = async () => directory.config;
	const log = new Log({
		store,
		alarms: new Alarms<LogAlarm>(storage),
		agreement: new Agreement({ config: asked, admit: asked }, store.configAt(Number.MAX_SAFE_INTEGER)),
		tenant: tenantId("unit"),
		partition: 0,
		archive: { put: () => Promise.reject(new Error("R2 is down")) },
		now: () => at.now,
		apply: () => Promise.reject(new Error("not reached")),
		schedule: () => {},
		scheduleFlush: (ms) => flushes.push(ms),
		abort: (reason) => aborted.push(reason),
		limits,
	});
	/** Long enough after the one before to be committed at once. */
	const append = async (...rows: EventRow[]) => {
		at.now += 60;
		const answer = await log.append(batch(rows));
		return answer.status === "ok" ? [...answer.codes] : answer;
	};
	return { log, store, storage, at, aborted, flushes, append };
}

const rowsOf = (store: LogStore) => [...store.rowsAfter(0)].map(({ bytes }) => decodeRow(bytes));

/** Saves ids of nobody, as committed in a period. */
function saveMany(store: LogStore, at: number, count: number): void {
	const period = at / ID_PERIOD_MS;
	const [hi, lo]: [number[], number[]] = [[], []];
	for (let i = 0; i < count; i++) {
		const h = Math.imul(i, 0x9e3779b1) >>> 0;
		hi.push(h);
		lo.push((h ^ period) >>> 0);
	}
	for (const { bucket, bytes } of toBlobs(hi, lo)) store.putIds(period, bucket, bytes);
}

beforeEach(() => {
	vi.spyOn(console, "warn").mockImplementation(() => {});
});

describe("Log", () => {
	it("I1: a group that storage refuses ends the object, and nobody in it is answered", async () => {
		const { storage, aborted, append } = open();
		await append(event("a", T0));
		storage.transactionSync = () => {
			throw new Error("disk full");
		};
		const refused = await append(event("a", T0 + 10)).catch((e) => String(e));
		expect(refused).toContain("disk full");
		expect(aborted).toHaveLength(1);
	});

	it("I1: a duplicate in the open group is answered only when the group is durable", async () => {
		const { log, at, flushes, append } = open();
		await append(event("a", T0));
		at.now += 1;
		const again = batch([event("a", T0)]);
		const answered: unknown[] = [];
		const both = [again, structuredClone(again)].map((b) => log.append(b).then((answer) => answered.push(answer)));
		await new Promise((resolve) => setTimeout(resolve, 0));
		expect(flushes.at(-1)).toBe(4); // to the next point of the 5 ms grid
		expect([answered, log.status().offset]).toEqual([[], 1]);
		log.flush();
		await Promise.all(both);
		expect(answered).toEqual(
			[CODE.accepted, CODE.duplicate].map((code) => ({ status: "ok", codes: new Uint8Array([code]) })),
		);
		expect(log.status().offset).toBe(2);
	});

	it("I1: has the safety net armed with the first row that waits", async () => {
		const { storage, append } = open();
		await append(event("a", T0));
		expect(storage.alarm).toBe(T0 + 60 + 15_000);
	});

	it("I8: past its journal's cap it takes nothing, and says when to come again", async () => {
		const { append } = open({ journal: 100 });
		expect(await append(event("a", T0))).toEqual([CODE.accepted]);
		expect(await append(event("a", T0))).toEqual({ status: "busy", retryAfter: 5 });
	});

	it("I8, I2: past the byte cap of ids the horizon is shorter, and what is older is late, not counted twice", async () => {
		const { log, at, append, store, storage } = open({ ids: 200 });
		const first = event("a", T0, { id: "first" });
		for (let hour = 0; hour < 6; hour++) {
			const rows = Array.from({ length: 10 }, () => event("a", at.now));
			expect(await append(...(hour === 0 ? [first] : []), ...rows)).not.toContain(CODE.duplicate);
			log.checkpoint();
			at.now = T0 + (hour + 1) * HOUR;
		}
		const horizon = 3 * HOUR - ID_PERIOD_MS;
		expect(log.status().horizonMs).toBe(horizon);
		expect(store.oldestIdPeriod()).toBe((T0 + 4 * HOUR) / ID_PERIOD_MS);
		const woken = open({ ids: 200 }, storage);
		woken.at.now = at.now;
		expect(woken.log.status().horizonMs).toBe(horizon);
		expect(await woken.append(first, event("a", T0 + 5 * HOUR))).toEqual([CODE.late, CODE.accepted]);
	});

	it("I2, I5: a retry is known from the blobs, when a wake could not hold all ids in memory", async () => {
		const { log, storage, at, append, store } = open();
		const old = event("a", T0, { id: "old" });
		await append(old);
		log.checkpoint();
		// Then more ids than a wake reads back.
		at.now += 2 * HOUR;
		for (let i = 0; i < 4; i++) saveMany(store, T0 + HOUR + i * ID_PERIOD_MS, 500_000);
		const woken = open({}, storage);
		woken.at.now = at.now;
		expect(await woken.append({ ...old, received_at: at.now })).toEqual([CODE.duplicate]);
		expect(await woken.append(event("a", T0, { received_at: at.now }))).toEqual([CODE.accepted]);
	});

	it("I5, I8: after a wake in an hour of very many ids, the newest are in memory and fresh events read no blob", async () => {
		const { log, storage, append, store } = open();
		const old = event("a", T0, { id: "old" });
		await append(old);
		log.checkpoint();
		const hour = T0 - HOUR;
		for (let i = 0; i < 11; i++) saveMany(store, hour + i * ID_PERIOD_MS, 180_000);
		const woken = open({}, storage);
		const search = vi.spyOn(woken.store, "findIds");
		woken.at.now = T0 + MINUTE;
		expect(await woken.append({ ...old, received_at: woken.at.now }, event("a", woken.at.now))).toEqual([
			CODE.duplicate,
			CODE.accepted,
		]);
		expect(search).not.toHaveBeenCalled();
		await woken.append(event("a", hour, { received_at: woken.at.now }));
		expect(search).toHaveBeenCalled(); // Not all fitted, so this says something.
	});

	it("I8: a batch searches so many bytes of ids; what then may be a retry is late, and counted", async () => {
		const { log, storage, append, store } = open();
		const old = event("a", T0, { id: "old" });
		await append(old);
		log.checkpoint();
		for (let i = 1; i <= 8; i++) saveMany(store, T0 + i * HOUR, 500_000);
		const now = T0 + 9 * HOUR;
		// A wake loads the last two hours; of each of the other six an id's bucket has 250 KB.
		const rich = open({}, storage);
		rich.at.now = now;
		expect(await rich.append({ ...old, received_at: now })).toEqual([CODE.duplicate]);
		const poor = open({ search: 1_200_000 }, storage);
		poor.at.now = now;
		const younger = event("a", T0 + 5 * HOUR, { received_at: now });
		expect(await poor.append({ ...old, received_at: now }, younger)).toEqual([CODE.late, CODE.accepted]);
		const newest = rowsOf(poor.store).at(-1);
		expect(newest?.counts).toEqual({ late: 1 });
		expect([...(newest?.events[0]?.columns.flags ?? [])]).toEqual([FLAG.late, FLAG.apart]);
	});

	it("I2, I5: what was taken by older definitions is journaled before newer ones", async () => {
		const directory = { config: CONFIG };
		const { log, store, at, append } = open({}, testStorage(), directory);
		await append(event("a", T0));
		at.now += 1;
		const older = log.append(batch([event("b", T0)]));
		directory.config = { ...CONFIG, version: 2, dimensions: ["plan"] };
		const newer = log.append(batch([event("c", T0)], { definitions: 2 }));
		await new Promise((resolve) => setTimeout(resolve, 0));
		log.flush();
		await Promise.all([older, newer]);
		expect(rowsOf(store).map(({ config, events }) => [config?.version, events.length])).toEqual([
			[1, 1],
			[undefined, 1],
			[2, 1],
		]);
	});

	it("I1, I5: a row that cannot be folded ends the object: it is answered, and a wake has it from the journal", async () => {
		const { aborted, append, log, storage } = open();
		vi.spyOn(Forwarder.prototype, "committed").mockImplementationOnce(() => {
			throw new Error("half folded");
		});
		expect(await append(event("a", T0))).toEqual([CODE.accepted]);
		expect(aborted.map(String)).toEqual(["Error: half folded"]);
		expect(log.status().offset).toBe(1);
		expect(open({}, storage).log.status()).toMatchObject({ offset: 1, forwarded: { "*": 0, pageview: 0 } });
	});

	it("marks what reaches it too late for a session, so that every reader leaves it out of them", async () => {
		const { log, storage, append } = open();
		await append(event("a", T0));
		await append(event("b", T0 - 15 * MINUTE - 1, { received_at: T0 }), event("c", T0, { flags: FLAG.bot }));
		expect(log.status().sessions).toBe(1);
		expect(open({}, storage).log.status().sessions).toBe(1);
	});
});
