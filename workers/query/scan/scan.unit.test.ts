import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventRow, DAY as FIRST_DAY, events as madeUp } from "../../../schema/archive/testing.ts";
import type { AggregateQuestion } from "../../../schema/core/scan/aggregate.ts";
import { finishAggregate } from "../../../schema/core/scan/aggregate-answer.ts";
import { DAY, HOUR } from "../../../schema/core/zone.ts";
import { type EventRow, FLAG } from "../../../schema/event.ts";
import { PARTITIONS, partitionOf, SLOTS } from "../../../schema/ids.ts";
import { Problem } from "../../../schema/problem.ts";
import { type ScanRequest, scan } from "./run.ts";
import { cutTasks, isWanted, type SegmentInfo } from "./tasks.ts";
import { MemoryArchive } from "./testing.ts";

const segment = fc
	.record({
		rows: fc.integer({ min: 1, max: 3_000_000 }),
		slots: fc.tuple(fc.integer({ min: 0, max: SLOTS - 1 }), fc.integer({ min: 0, max: SLOTS - 1 })),
		times: fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 })),
		names: fc.option(fc.uniqueArray(fc.constantFrom("a", "b", "c"))),
	})
	.map(({ rows, slots, times, names }, i = 0): SegmentInfo => {
		const [minSlot = 0, maxSlot = 0] = slots.toSorted((a, b) => a - b);
		const [minTs = 0, maxTs = 0] = times.toSorted((a, b) => a - b);
		return {
			key: `${i}${rows}-${minSlot}-${minTs}`,
			bytes: 1,
			createdAt: 0,
			rows,
			minSlot,
			maxSlot,
			minTs,
			maxTs,
			names,
		};
	});

describe("tasks", () => {
	it("have every slot once, with all segments and tails that own it, and nothing that is out of reach", () => {
		const reach = fc.record({
			from: fc.integer({ min: 0, max: 100 }),
			to: fc.integer({ min: 0, max: 100 }),
			names: fc.option(fc.uniqueArray(fc.constantFrom("a", "b"))),
		});
		const cut = fc.record({
			segments: fc.array(segment, { maxLength: 20 }),
			partitions: fc.constantFrom(...PARTITIONS),
			reaches: fc.array(reach, { minLength: 1, maxLength: 2 }),
			taskRows: fc.constantFrom(50_000, 500_000),
		});
		fc.assert(
			fc.property(cut, ({ segments, partitions, reaches, taskRows }) => {
				const sealed = new Map([[0, 7]]);
				const tasks = cutTasks({ segments, sealed, partitions, reaches, taskRows });
				expect(tasks[0]?.first).toBe(0);
				expect(tasks.at(-1)?.last).toBe(SLOTS - 1);
				for (const [i, task] of tasks.entries()) {
					expect(task.first).toBeLessThanOrEqual(task.last);
					expect(task.first).toBe((tasks[i - 1]?.last ?? -1) + 1);
					const owners = new Set([task.first, task.last].map((slot) => partitionOf(slot, partitions)));
					for (const owner of owners) expect(task.tails.map((tail) => tail.partition)).toContain(owner);
					for (const { partition, after } of task.tails) expect(after).toBe(partition === 0 ? 7 : 0);
					const wanted = segments.filter((s) => isWanted(s, reaches));
					const mine = wanted.filter((s) => s.minSlot <= task.last && s.maxSlot >= task.first);
					expect(task.segments.map(({ key }) => key)).toEqual(mine.map(({ key }) => key));
				}
			}),
		);
	});

	it("are few for few rows, and of bounded size for many", () => {
		const all = { key: "s", bytes: 1, createdAt: 0, minTs: 0, maxTs: 1, minSlot: 0, maxSlot: SLOTS - 1, names: null };
		const base = { sealed: new Map(), partitions: 4, reaches: [{ from: 0, to: 2, names: null }], taskRows: 500_000 };
		expect(cutTasks({ ...base, segments: [] })).toHaveLength(1);
		const many = cutTasks({ ...base, segments: [{ ...all, rows: 10_000_000 }] });
		expect(many.length).toBeGreaterThanOrEqual(20);
		for (const task of many) expect(task.rows).toBeLessThanOrEqual(500_000);
	});

	it("leave out segments without the events asked for", () => {
		const old: SegmentInfo = {
			key: "s",
			bytes: 1,
			createdAt: 0,
			rows: 1,
			minTs: 10,
			maxTs: 20,
			minSlot: 0,
			maxSlot: 1,
			names: ["a"],
		};
		expect(isWanted(old, [{ from: 20, to: 30, names: ["a"] }])).toBe(true);
		expect(isWanted(old, [{ from: 21, to: 30, names: null }])).toBe(false);
		expect(isWanted(old, [{ from: 0, to: 10, names: null }])).toBe(false);
		expect(isWanted(old, [{ from: 0, to: 30, names: ["b"] }])).toBe(false);
		expect(isWanted({ ...old, names: null }, [{ from: 0, to: 30, names: ["b"] }])).toBe(true);
	});
});

const FROM = FIRST_DAY;
const question = (more: Partial<AggregateQuestion> = {}): AggregateQuestion => ({
	kind: "aggregate",
	event: null,
	where: null,
	groupBy: [],
	buckets: [FROM],
	end: FROM + DAY,
	from: FROM,
	to: FROM + DAY,
	measure: "count",
	currency: null,
	maxGroups: 1000,
	...more,
});

const request = (asked: AggregateQuestion, more: Partial<ScanRequest<"aggregate">> = {}): ScanRequest<"aggregate"> => ({
	kind: "aggregate",
	question: asked,
	deadline: Date.now() + 20_000,
	partial: false,
	...more,
});

const total = async (archive: MemoryArchive, asked: AggregateQuestion) => {
	const { partial } = await scan(request(asked), archive.deps());
	return finishAggregate(asked, partial, 1000);
};

const problemOf = async (work: Promise<unknown>): Promise<Problem> => {
	try {
		await work;
	} catch (error) {
		if (error instanceof Problem) return error;
		throw error;
	}
	throw new Error("no problem");
};

describe("a scan", () => {
	const rows = madeUp({ rows: 3000, seed: 5 });
	const distinct = (of: readonly EventRow[]) => new Set(of.map((e) => `${e.visitor_hi}.${e.visitor_lo}`)).size;

	it("sees every event once, wherever it is: sealed, in the tail, or some of both (I2)", async () => {
		for (const seals of [0, 2, 100]) {
			const archive = new MemoryArchive(rows);
			for (let i = 0; i < seals; i++) archive.seal();
			expect((await total(archive, question())).overall).toBe(rows.length);
			const uniques = await total(archive, question({ measure: "uniques" }));
			expect(uniques).toMatchObject({ overall: distinct(rows), exact: true, error: null });
			const bought = rows.filter((e) => e.name === "purchase" && e.ts >= FROM + 6 * HOUR);
			const asked = question({ event: "purchase", from: FROM + 6 * HOUR, groupBy: ["country"] });
			const answer = await total(archive, asked);
			expect(answer.overall).toBe(bought.length);
			for (const { labels, total: count } of answer.rows)
				expect(count).toBe(bought.filter((e) => (e.country ?? "(none)") === labels[0]).length);
		}
	});

	it("reads what visitors did and were said to be outside of the range and the names asked for", async () => {
		const at = (hours: number, name: string, visitor: string, props?: object) =>
			eventRow({
				id: `${hours}${visitor}`,
				ts: FROM + hours * HOUR,
				name,
				visitor,
				props: props && JSON.stringify(props),
			});
		const few = [
			at(-900, "identify", "anna", { plan: "pro" }),
			at(-30, "signup", "anna"),
			at(-80, "signup", "ben"),
			at(1, "open", "anna"),
			at(2, "open", "ben"),
			at(3, "open", "cleo"),
		];
		for (const archive of [new MemoryArchive(few), new MemoryArchive(few).sealAll()]) {
			const opens = (where: AggregateQuestion["where"]) => total(archive, question({ event: "open", where }));
			expect((await opens({ dim: "traits.plan", op: "eq", values: ["pro"] })).overall).toBe(1);
			expect((await opens({ did: "signup", at_least: 1, within_days: 4 })).overall).toBe(1);
			expect((await opens({ not: { did: "signup", at_least: 1, within_days: 30 } })).overall).toBe(1);
			const byPlan = await total(archive, question({ event: "open", groupBy: ["traits.plan"] }));
			expect(byPlan.rows.map((row) => [row.labels[0], row.total])).toEqual([
				["(none)", 2],
				["pro", 1],
			]);
		}
	});

	it("leaves bots out", async () => {
		const bot = eventRow({ id: "bot", ts: FROM + 1, visitor: "crawler", name: "pageview", flags: FLAG.bot });
		expect((await total(new MemoryArchive([...rows, bot]).sealAll(), question())).overall).toBe(rows.length);
	});

	it("takes a newer snapshot of what was sealed or compacted meanwhile", async () => {
		const archive = new MemoryArchive(rows).seal();
		const old = archive.snapshot({ from: 0, to: Number.MAX_SAFE_INTEGER });
		archive.seal().replace();
		let snapshots = 0;
		const deps = archive.deps({
			snapshot: async (range) => (snapshots++ === 0 ? old : archive.snapshot(range)),
		});
		const { partial } = await scan(request(question()), deps);
		expect(finishAggregate(question(), partial, 1).overall).toBe(rows.length);
		expect(snapshots).toBeGreaterThan(1);
	});

	it("gives up on an archive that always changes: 503", async () => {
		const archive = new MemoryArchive(rows).seal();
		const old = archive.snapshot({ from: 0, to: Number.MAX_SAFE_INTEGER });
		archive.replace();
		const problem = await problemOf(scan(request(question()), archive.deps({ snapshot: async () => old })));
		expect([problem.status, problem.code]).toEqual([503, "store_unavailable"]);
	});

	it("asks for a narrower question beyond its rows, and says what else there is: 422", async () => {
		const huge = {
			key: "s",
			bytes: 1,
			createdAt: 0,
			rows: 3e9,
			minTs: FROM,
			maxTs: FROM,
			minSlot: 0,
			maxSlot: SLOTS - 1,
			names: null,
		};
		const deps = new MemoryArchive([]).deps({ snapshot: async () => ({ segments: [huge], sealed: new Map() }) });
		const problem = await problemOf(scan(request(question()), deps));
		expect([problem.status, problem.code]).toEqual([422, "scan_rows"]);
		expect(problem.message).toContain("Parquet");
	});

	it("ends at its deadline: 504, or what was read where that will do (I6)", async () => {
		const archive = new MemoryArchive(rows, 64).sealAll();
		const { run } = archive.deps();
		let tasks = 0;
		const slow = archive.deps({
			partitions: 64,
			// One narrow task a partition, of which all but the first never answer.
			snapshot: async (range) => {
				const { segments, sealed } = archive.snapshot(range);
				return { segments: segments.map((s) => ({ ...s, rows: 600_000 })), sealed };
			},
			run: (task, lane) => (tasks++ === 0 ? run(task, lane) : new Promise(() => {})),
		});
		const soon = () => ({ deadline: Date.now() + 300 });
		const problem = await problemOf(scan(request(question(), soon()), slow));
		expect([problem.status, problem.code]).toEqual([504, "too_slow"]);
		tasks = 0;
		const { coverage, partial } = await scan(request(question(), { ...soon(), partial: true }), slow);
		expect(coverage).toBeGreaterThan(0);
		expect(coverage).toBeLessThan(0.1);
		expect(finishAggregate(question(), partial, 1).overall).toBeLessThan(rows.length);
	});

	it("ends where its caller goes away", async () => {
		const archive = new MemoryArchive(rows).sealAll();
		const gone = new AbortController();
		const deps = archive.deps({ signal: gone.signal, run: () => new Promise(() => {}) });
		const work = problemOf(scan(request(question()), deps));
		gone.abort();
		expect((await work).code).toBe("cancelled");
		expect(archive.tasks).toBe(0);
	});

	it("tells a store that is down as such: 503", async () => {
		const archive = new MemoryArchive(rows).seal();
		const down = async () => {
			throw new Error("internal error; reference = 1");
		};
		expect((await problemOf(scan(request(question()), archive.deps({ run: down })))).status).toBe(503);
		expect((await problemOf(scan(request(question()), archive.deps({ snapshot: down })))).status).toBe(503);
	});
});
