import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { tenantId } from "../../schema/ids.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import { Alarms } from "../alarms.ts";
import { testStorage } from "../sqlite.testing.ts";
import { Agreement } from "./agreement.ts";
import type { NewSegment } from "./catalogue.ts";
import { type Limits, Log, type LogAlarm } from "./log.ts";
import { LogStore } from "./store.ts";
import { batch, event } from "./testing.ts";

const MINUTE = 60_000;
const T0 = 1_795_000_000_000;
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

/** A log over real SQLite; what it archives is noted, and `isDown` says whether that and its metric objects answer. */
function open(limits: Partial<Limits> = {}, storage = testStorage(), at = { now: T0 }) {
	const archived: NewSegment[] = [];
	const state = { isDown: false };
	const store = new LogStore(storage);
	const alarms = new Alarms<LogAlarm>(storage);
	const asked = async () => CONFIG;
	const log = new Log({
		store,
		alarms,
		agreement: new Agreement({ config: asked, admit: asked }, store.configAt(Number.MAX_SAFE_INTEGER)),
		tenant: tenantId("unit"),
		partition: 0,
		archive: {
			async put(segment) {
				if (state.isDown) throw new Error("R2 is down");
				archived.push(segment);
			},
		},
		now: () => at.now,
		async apply(_, { to }) {
			if (state.isDown) throw new Error("not reached");
			return { status: "applied", offset: to, nextMs: 0 };
		},
		schedule: () => {},
		scheduleFlush: () => {},
		abort: (reason) => {
			throw reason;
		},
		limits,
	});
	const append = async (rows = 1) => {
		at.now += 60;
		await log.append(batch(Array.from({ length: rows }, (_, i) => event(`v${i}`, at.now))));
	};
	/** Runs what is due, as the object does. */
	const alarm = () =>
		alarms.run(at.now, {
			forward: () => log.catchUp(),
			checkpoint: () => log.checkpoint(),
			trim: () => log.trim(),
			seal: () => log.sealDue(),
		});
	return { log, storage, store, at, alarms, archived, state, append, alarm };
}

/** What the journal really has: bytes after an offset. */
const bytesAfter = (store: LogStore, offset: number) =>
	[...store.rowsAfter(offset)].reduce((sum, { bytes }) => sum + bytes.length, 0);

beforeEach(() => {
	vi.spyOn(console, "warn").mockImplementation(() => {});
});

describe("Sealer", () => {
	it("seals at once when there is enough, span by span, and leaves the rest for later", async () => {
		const { log, at, alarms, archived, append, alarm } = open({ seal: 2000 });
		await append();
		expect(alarms.get("seal")).toBe(at.now + 30 * MINUTE);
		const first = at.now;
		while (log.status().unsealedBytes < 5000) await append();
		expect(alarms.get("seal")).toBeLessThanOrEqual(at.now);
		const offset = log.status().offset;
		for (let i = 0; i < 5; i++) await alarm();
		expect(archived.length).toBe(2);
		expect(archived.map(({ afterOffset }) => afterOffset)).toEqual([0, archived[0]?.lastOffset]);
		const { sealed, unsealedBytes } = log.status();
		expect([sealed < offset, unsealedBytes < 2000]).toEqual([true, true]);
		expect(alarms.get("seal")).toBeGreaterThan(first + 30 * MINUTE);
	});

	it("I8: a span has a bounded number of events", async () => {
		const { log, archived, append } = open({ sealRows: 10 });
		for (let i = 0; i < 6; i++) await append(4);
		expect(await log.seal()).toEqual({ sealed: 6, segments: 2 });
		expect(archived.map(({ rows }) => rows)).toEqual([12, 12]);
	});

	it("writes in the day of the first row's commit, whatever the events' times", async () => {
		const { log, at, archived } = open();
		at.now = Date.UTC(2026, 10, 22, 23, 59, 59);
		await log.append(batch([event("a", at.now - 40 * 3_600_000, { received_at: at.now })]));
		at.now += 5000;
		await log.append(batch([event("a", at.now)]));
		await log.seal();
		expect(archived[0]).toMatchObject({ key: "v1/unit/segments/2026-11-22/00/0-2.parquet", rows: 2 });
	});

	it("two at a time write a span once", async () => {
		const { log, archived, append } = open();
		await append();
		expect(await Promise.all([log.seal(), log.seal(), log.sealDue()])).toHaveLength(3);
		expect(archived).toHaveLength(1);
	});

	it("a log that is destroyed while it seals records nothing", async () => {
		const { log, store, append } = open();
		await append();
		const sealing = log.seal();
		log.stop();
		await sealing;
		expect(store.readSealed()).toMatchObject({ offset: 0, next: 1 });
	});

	it("I5: knows its bytes, and trims no row that is not sealed, held and checkpointed, at any moment", async () => {
		const step = fc.constantFrom("append", "append", "seal", "alarm", "wait", "wake", "down", "up", "forward");
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
				let it = open({ seal: 1500 });
				const archived: NewSegment[] = [];
				for (const what of steps) {
					if (what === "append") await it.append(2);
					else if (what === "seal") await it.log.seal().catch(() => {});
					else if (what === "alarm") await it.alarm();
					else if (what === "wait") it.at.now += 2 * MINUTE;
					else if (what === "forward") await it.log.catchUp();
					else if (what === "wake") {
						it.log.stop();
						archived.push(...it.archived);
						const { isDown } = it.state;
						it = open({ seal: 1500 }, it.storage, it.at);
						it.state.isDown = isDown;
					} else it.state.isDown = what === "down";
					const { journalBytes, unsealedBytes, sealed, trimmed, offset, forwarded } = it.log.status();
					expect(journalBytes).toBe(bytesAfter(it.store, 0));
					expect(unsealedBytes).toBe(bytesAfter(it.store, sealed));
					expect(it.store.rowAfter(0)?.offset ?? offset + 1).toBe(trimmed + 1);
					expect(trimmed).toBeLessThanOrEqual(Math.min(sealed, it.store.readCheckpoint().offset));
					// Every row has a page view, so that each metric needs each of them.
					for (const held of Object.values(forwarded)) expect(held).toBeGreaterThanOrEqual(trimmed);
					const ends = [...archived, ...it.archived].map(({ afterOffset, lastOffset }) => [afterOffset, lastOffset]);
					expect(new Map(ends.map(([after, last]) => [after, last])).size).toBe(ends.length);
				}
			}),
			{ numRuns: 150 },
		);
	});
});
