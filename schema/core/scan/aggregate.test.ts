import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DDSketch } from "../ddsketch.ts";
import { PAGEVIEW } from "../flag.ts";
import type { SeriesMeasure } from "../measure.ts";
import type { SeriesResult } from "../series.ts";
import {
	type AggregatePartial,
	type AggregateQuestion,
	aggregate,
	aggregateReads,
	checkAggregate,
} from "./aggregate.ts";
import { finishAggregate } from "./aggregate-answer.ts";
import type { Expression } from "./expression.ts";
import { gather } from "./gather.ts";
import { batchOf, fieldsIn, rowsOf, type TestEvent } from "./testing.ts";

const HOUR = 3_600_000;
const FIELDS = ["country", "path", "currency", "props.plan"];

const event = fc.record({
	visitor: fc.integer({ min: 0, max: 7 }),
	ts: fc.integer({ min: -2, max: 45 }).map((n) => n * 0.25 * HOUR),
	name: fc.constantFrom(PAGEVIEW, "buy", "identify"),
	// Whole numbers: their sums are the same in every order.
	value: fc.constantFrom(Number.NaN, 1, 2, 3, 40),
	flags: fc.constantFrom(0, 1, 8),
	texts: fc.record({
		country: fc.constantFrom("DE", "FR", "US", "", "(none)"),
		path: fc.constantFrom("/", "/a"),
		currency: fc.constantFrom("", "EUR", "USD"),
		"props.plan": fc.constantFrom("pro", "free", ""),
	}),
});
const events = fc.array(event, { maxLength: 60 });

const MEASURES: SeriesMeasure[] = [
	...(["count", "rate", "uniques", "sum", "avg", "min", "max", "p50", "p95"] as const),
	...(["sessions", "bounce_rate", "views", "views_per_session", "duration"] as const),
];
const WHERES: (Expression | null)[] = [
	null,
	{ dim: "country", op: "in", values: ["DE", "FR"] },
	{ did: "buy", at_least: 2 },
	{ dim: "traits.plan", op: "eq", values: ["pro"] },
];
const question = fc
	.record({
		measure: fc.constantFrom(...MEASURES),
		where: fc.constantFrom(...WHERES),
		groupBy: fc.constantFrom([], ["country"], ["props.plan", "country"], ["traits.plan"], ["entry"]),
		currency: fc.constantFrom(null, "EUR"),
		buckets: fc.constantFrom([0], [0, 4 * HOUR, 8 * HOUR], [0, 1 * HOUR, 2 * HOUR, 9 * HOUR]),
		event: fc.constantFrom(null, "buy"),
	})
	.map((drawn): AggregateQuestion => {
		const isOfSessions = MEASURES.indexOf(drawn.measure) > 8;
		return {
			kind: "aggregate",
			...drawn,
			event: isOfSessions ? null : drawn.event,
			groupBy: !isOfSessions && drawn.groupBy[0] === "entry" ? ["path"] : drawn.groupBy,
			end: 12 * HOUR,
			from: 0,
			to: 10 * HOUR,
			maxGroups: 1000,
		};
	});

const ask = (asked: AggregateQuestion, list: readonly TestEvent[]): AggregatePartial => {
	const { numbers, texts } = aggregate.needs(asked);
	return aggregate.run(asked, gather([batchOf(list, [...new Set([...fieldsIn(list), ...FIELDS])])], numbers, texts));
};

const run = (asked: AggregateQuestion, list: readonly TestEvent[], limit = 100): SeriesResult =>
	finishAggregate(asked, ask(asked, list), limit);

/** A fact of the brute force: an event, or a session by its first event. */
interface Fact {
	first: TestEvent;
	amount: number;
}

const ordered = (list: readonly TestEvent[], visitor: number) =>
	list.filter((e) => e.visitor === visitor).sort((a, b) => a.ts - b.ts);

function sessionsIn(list: readonly TestEvent[]): TestEvent[][] {
	return [...new Set(list.map((e) => e.visitor))].flatMap((visitor) => {
		const sessions: TestEvent[][] = [];
		for (const e of ordered(list, visitor)) {
			if (((e.flags ?? 0) & 1) !== 0) continue;
			const last = sessions.at(-1)?.at(-1);
			if (last !== undefined && e.ts - last.ts < HOUR / 2) sessions.at(-1)?.push(e);
			else sessions.push([e]);
		}
		return sessions;
	});
}

function sessionAmount(measure: SeriesMeasure, session: readonly TestEvent[]): number {
	const views = session.filter((e) => e.name === PAGEVIEW).length;
	if (measure === "sessions") return 1;
	if (measure === "duration") return (session.at(-1)?.ts ?? 0) - (session[0]?.ts ?? 0);
	if (measure !== "bounce_rate") return views;
	return views === 1 && session.every((e) => e.name === PAGEVIEW || ((e.flags ?? 0) & 8) !== 0) ? 1 : 0;
}

function factsOf(asked: AggregateQuestion, list: readonly TestEvent[]): Fact[] {
	const { measure, event, from, to, currency } = asked;
	const all: Fact[] =
		MEASURES.indexOf(measure) > 8
			? sessionsIn(list).map((session) => ({ first: session[0] as TestEvent, amount: sessionAmount(measure, session) }))
			: list.map((e) => ({
					first: e,
					amount: ["", currency].includes(e.texts?.currency ?? "") ? (e.value ?? Number.NaN) : Number.NaN,
				}));
	return all.filter(
		({ first }) =>
			first.ts >= from && first.ts < to && (event === null || first.name === event) && meant(asked, first, list),
	);
}

function traitOf(visitor: number, list: readonly TestEvent[], end: number): string {
	const said = ordered(list, visitor).filter((e) => e.name === "identify" && e.ts < end);
	return said.at(-1)?.texts?.["props.plan"] ?? "";
}

function meant({ where, from, to }: AggregateQuestion, e: TestEvent, list: readonly TestEvent[]): boolean {
	if (where === null) return true;
	if ("did" in where)
		return list.filter((o) => o.visitor === e.visitor && o.name === "buy" && o.ts >= from && o.ts < to).length >= 2;
	return "dim" in where && where.dim === "country"
		? ["DE", "FR"].includes(e.texts?.country ?? "")
		: traitOf(e.visitor, list, to) === "pro";
}

function measured(measure: SeriesMeasure, facts: readonly Fact[], seconds: number): number | null {
	const amounts = facts.map((f) => f.amount).filter((amount) => !Number.isNaN(amount));
	const sum = amounts.reduce((x, y) => x + y, 0);
	if (measure === "count" || measure === "sessions") return facts.length;
	if (measure === "rate") return facts.length / seconds;
	if (measure === "uniques") return new Set(facts.map((f) => f.first.visitor)).size;
	if (measure === "sum" || measure === "views") return sum;
	if (amounts.length === 0) return null;
	if (measure === "min") return Math.min(...amounts);
	if (measure === "max") return Math.max(...amounts);
	if (!measure.startsWith("p")) return sum / amounts.length;
	const sketch = new DDSketch();
	for (const amount of amounts) sketch.add(amount);
	return sketch.quantile(Number(measure.slice(1)) / 100);
}

function bruteForce(asked: AggregateQuestion, list: readonly TestEvent[]): Record<string, unknown> {
	const { measure, groupBy, buckets, end, from, to } = asked;
	const facts = factsOf(asked, list);
	const label = (e: TestEvent, field: string) =>
		(field === "traits.plan" ? traitOf(e.visitor, list, to) : e.texts?.[field === "entry" ? "path" : field]) ||
		"(none)";
	const keys = facts.map((f) => groupBy.map((field) => label(f.first, field)).join());
	const row = (own: readonly Fact[]) => ({
		points: buckets.map((start, i) => {
			const after = buckets[i + 1] ?? end;
			const inside = own.filter((f) => f.first.ts >= start && f.first.ts < after);
			return measured(measure, inside, (Math.min(after, to) - start) / 1000);
		}),
		total: measured(measure, own, (to - from) / 1000),
	});
	const groups = [...new Set([...keys, ...(groupBy.length === 0 ? [""] : [])])].sort();
	return {
		rows: groups.map((key) => [key, row(facts.filter((_, i) => keys[i] === key))]),
		overall: measured(measure, facts, (to - from) / 1000),
	};
}

function shown({ rows, overall }: SeriesResult): Record<string, unknown> {
	const sorted = rows.map(({ labels, points, total }) => [labels.join(), { points, total }] as const);
	return { rows: sorted.sort(([x], [y]) => (x < y ? -1 : 1)), overall };
}

const asked = (
	measure: SeriesMeasure,
	groupBy: string[] = [],
	more: Partial<AggregateQuestion> = {},
): AggregateQuestion => ({
	kind: "aggregate",
	event: null,
	where: null,
	groupBy,
	buckets: [0],
	end: HOUR,
	from: 0,
	to: HOUR,
	measure,
	currency: null,
	maxGroups: 1000,
	...more,
});
const visit = (visitor: number, country: string, ts = 0): TestEvent => ({ visitor, ts, name: "a", texts: { country } });

describe("an aggregate over raw events", () => {
	it("is what counting the events one by one gives", () => {
		fc.assert(
			fc.property(question, events, (q, list) => {
				expect(shown(run(q, list))).toEqual(bruteForce(q, list));
			}),
			{ numRuns: 1500 },
		);
	});

	it("is the same however visitors are spread over tasks, and in whatever order results are merged (I3)", () => {
		const tasks = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 8 });
		fc.assert(
			fc.property(question, events, tasks, fc.boolean(), (q, list, taskOf, backwards) => {
				const parts = [0, 1, 2, 3].map((task) =>
					ask(
						q,
						list.filter((e) => taskOf[e.visitor] === task),
					),
				);
				const merged = backwards
					? parts.reduceRight((sum, part) => aggregate.merge(part, sum))
					: parts.reduce((sum, part) => aggregate.merge(sum, part));
				expect(merged.rowsRead).toBe(list.length);
				const whole = run(q, list, 2);
				expect(finishAggregate(q, merged, 2)).toEqual(whole);
				expect(finishAggregate(q, structuredClone(merged), 2)).toEqual(whole);
			}),
			{ numRuns: 500 },
		);
	});

	it("ranks groups by total and adds up the rest", () => {
		const list = [..."AABBBCDEE"].map((country, i) => visit(i, country));
		const { rows, exact, again } = run(asked("count", ["country"]), list, 2);
		expect(rows.map(({ labels, total }) => [labels[0], total])).toEqual([
			["B", 3],
			["A", 2],
			["(other)", 4],
		]);
		expect([exact, again]).toEqual([true, null]);
	});

	it("counts distinct visitors of (other) exactly in a second pass", () => {
		const list = [visit(1, "A"), visit(2, "A"), visit(1, "B"), visit(1, "C"), visit(3, "C", HOUR / 2), visit(3, "D")];
		const q = asked("uniques", ["country"]);
		const first = run(q, list, 1);
		expect(first).toMatchObject({ exact: false, again: [["A"]], overall: 3 });
		const second = run({ ...q, only: first.again ?? [] }, list, 1);
		expect(second.rows.map(({ labels, total }) => [labels[0], total])).toEqual([
			["A", 2],
			["(other)", 2],
		]);
		expect(second).toMatchObject({ exact: true, again: null, overall: 3 });
	});

	it("answers for the groups it is told, in that order, those without events too", () => {
		const q = asked("avg", ["country"], { only: [["X"], ["B"]] });
		const { rows } = run(q, [visit(1, "A"), { ...visit(2, "B"), value: 4 }]);
		expect(rows).toEqual([
			{ labels: ["X"], points: [null], total: null },
			{ labels: ["B"], points: [4], total: 4 },
			{ labels: ["(other)"], points: [null], total: null },
		]);
		expect(run(q, [{ ...visit(2, "B"), value: 4 }]).rows.map((row) => row.labels[0])).toEqual(["X", "B"]);
	});

	it("keeps the largest groups of a task, and says that the answer is not exact", () => {
		const list = Array.from({ length: 30 }, (_, i) => visit(i, i >= 10 ? "A" : `C${i}`));
		const first = run(asked("count", ["country"], { maxGroups: 1 }), list, 5);
		expect(first.rows.map(({ labels, total }) => [labels[0], total])).toEqual([
			["A", 20],
			["(other)", 10],
		]);
		expect(first).toMatchObject({ exact: false, again: [["A"]], overall: 30 });
		expect(run(asked("count", ["country"], { maxGroups: 1, only: [["A"]] }), list, 5)).toMatchObject({ exact: true });
	});

	it("cuts long labels as windows do, and groups what is the same then", () => {
		const long = "é".repeat(256);
		const { rows } = run(asked("count", ["country"]), [visit(1, `${long}a`), visit(2, `${long}b`), visit(3, "")]);
		expect(rows.map(({ labels, total }) => [labels[0], total])).toEqual([
			[long, 2],
			["(none)", 1],
		]);
	});

	it("numbers very many combinations of labels", () => {
		const list = Array.from(
			{ length: 2500 },
			(_, i): TestEvent => ({ visitor: i, ts: 0, texts: { country: `c${i}`, path: `/${i}` } }),
		);
		const { rows, overall } = run(asked("uniques", ["country", "path"], { maxGroups: 5000 }), list, 3000);
		expect(rows).toHaveLength(2500);
		expect(rows.every((row) => row.total === 1 && row.labels[0]?.slice(1) === row.labels[1]?.slice(1))).toBe(true);
		expect(overall).toBe(2500);
	});

	it("counts a session that began before the range in none of its buckets", () => {
		const at = (minute: number): TestEvent => ({ visitor: 1, ts: minute * 60_000, name: PAGEVIEW });
		const q = asked("sessions", [], { buckets: [HOUR], from: HOUR, to: 2 * HOUR, end: 2 * HOUR });
		expect(aggregateReads(q)).toEqual({ from: HOUR / 2, to: 26 * HOUR });
		expect(run(q, [at(50), at(70), at(115), at(130)]).overall).toBe(1);
		expect(run({ ...q, measure: "duration" }, [at(50), at(70), at(115), at(130)]).overall).toBe(15 * 60_000);
	});

	it("refuses what makes no sense", () => {
		expect(() => checkAggregate(asked("count", ["a", "b", "c"]))).toThrow("at most two");
		expect(() => checkAggregate(asked("count", ["value"]))).toThrow("is a number");
		expect(() => checkAggregate(asked("sessions", [], { event: "buy" }))).toThrow("all events of a session");
		expect(() => checkAggregate(asked("count", [], { where: { dim: "a", op: "in", values: [] } }))).toThrow(
			"give values",
		);
		checkAggregate(asked("count", ["country"]));
	});

	it("reads only what the question needs", () => {
		expect(aggregate.needs(asked("count"))).toEqual({ numbers: [], texts: [] });
		expect(aggregate.needs(asked("sum", ["traits.plan"], { event: "buy" }))).toEqual({
			numbers: ["value"],
			texts: ["name", "props.plan", "currency"],
		});
		expect(aggregate.needs(asked("duration", ["entry"]))).toEqual({
			numbers: ["received_at"],
			texts: ["path", "name"],
		});
		expect(aggregate.run(asked("count"), rowsOf([])).rowsRead).toBe(0);
	});
});
