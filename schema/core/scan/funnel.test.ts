import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FunnelAnswer } from "../../questions.ts";
import cases from "../funnel.cases.json" with { type: "json" };
import {
	bruteForceFunnel,
	CASE_START,
	type CaseMatch,
	type FunnelCase,
	type ReadCase,
	readCase,
	streamOf,
	unitsOf,
} from "../funnel.testing.ts";
import { attributedEvent, outcomeOf } from "../funnel.ts";
import { DAY, zoneOf } from "../zone.ts";
import { checkFunnelScan, type FunnelScan, funnel, funnelReads } from "./funnel.ts";
import { finishFunnel } from "./funnel-answer.ts";
import { rowsFor, splits } from "./laws.testing.ts";
import type { ScanMatch } from "./question.ts";
import { batchOf, type TestEvent } from "./testing.ts";

const MINUTE = 60_000;
const UTC = zoneOf("UTC");

const matchOf = ({ event, plan }: CaseMatch): ScanMatch => ({
	event,
	label: event ?? "any",
	where: plan === null ? null : { dim: "props.plan", op: "eq", values: [plan] },
});

function scanOf(c: ReadCase): FunnelScan {
	return {
		kind: "funnel",
		from: c.from,
		to: c.to,
		now: c.now,
		where: null,
		steps: c.steps.map(matchOf),
		exclusions: c.exclusions.map((exclusion) => ({ ...matchOf(exclusion), after: exclusion.after })),
		windowMs: c.rules.windowMs,
		order: c.rules.order,
		reentry: c.rules.reentry,
		count: c.sessions ? "sessions" : "visitors",
		breakdown: c.attribution === null ? null : { field: "props.plan", attribution: c.attribution },
		limit: 10,
		buckets: [],
	};
}

const eventsOf = (c: ReadCase): TestEvent[] =>
	c.events.flat().map(({ plan, ...event }) => ({ ...event, texts: { "props.plan": plan } }));
const FIELDS = ["name", "props.plan", "country"];

/** The answer, as the results of single visitors (or sessions) add up to it. */
function expectedAnswer(c: ReadCase, results: ReadCase["expected"]) {
	return c.steps.map((_, k) => {
		const here = results.filter(({ level }) => level === k + 1);
		const count = results.filter(({ level }) => level > k).length;
		const before = results.filter(({ level }) => level >= Math.max(1, k)).length;
		const entered = results.filter(({ level }) => level > 0).length;
		return {
			count,
			dropped: here.filter(({ outcome }) => outcome === "dropped").length,
			in_progress: here.filter(({ outcome }) => outcome === "in_progress").length,
			conversion: entered === 0 ? null : count / entered,
			step_conversion: before === 0 ? null : count / before,
		};
	});
}

describe("funnel.cases.json, as a scan", () => {
	const suite: readonly FunnelCase[] = cases;
	for (const c of suite)
		it(c.name, () => {
			const read = readCase(c);
			const question = scanOf(read);
			checkFunnelScan(question);
			const rows = rowsFor(funnel, question, batchOf(eventsOf(read), FIELDS));
			const answer = FunnelAnswer.parse(finishFunnel(question, funnel.run(question, rows), UTC));
			expect(answer.steps).toMatchObject(expectedAnswer(read, read.expected));
			for (const [k, { times }] of answer.steps.entries()) {
				const reached = read.expected.filter(({ level }) => level > k);
				if (k === 0 || reached.length === 0) expect(times).toBe(null);
				else if (reached.length === 1)
					expect(times?.median_ms).toBe((reached[0]?.times[k] ?? 0) - (reached[0]?.times[0] ?? 0));
			}
			const group = read.expected[0]?.group ?? null;
			expect(answer.groups?.map((each) => each.group)).toEqual(group === null ? undefined : [{ "props.plan": group }]);
		});
});

const caseEvent = fc.record({
	visitor: fc.integer({ min: 1, max: 6 }),
	name: fc.constantFrom("A", "B", "C", "X"),
	minute: fc.integer({ min: 0, max: 120 }),
	plan: fc.constantFrom("", "pro", "free"),
});
const asked = fc.record({
	order: fc.constantFrom<FunnelScan["order"]>("ordered", "strict", "any"),
	reentry: fc.constantFrom<FunnelScan["reentry"]>("any", "first"),
	sessions: fc.boolean(),
	window: fc.constantFrom(10, 60),
	filtered: fc.boolean(),
	attribution: fc.constantFrom<"first" | "last" | number>("first", "last", 1, 2),
	now: fc.integer({ min: 60, max: 200 }),
});
const given = fc.tuple(asked, fc.array(caseEvent, { maxLength: 40 })).map(([a, list]): ReadCase => {
	const events = list.map(({ minute, ...event }) => {
		const ts = CASE_START + minute * MINUTE;
		return { ...event, ts, received_at: ts, flags: 0 };
	});
	return {
		rules: { steps: 3, windowMs: a.window * MINUTE, order: a.order, reentry: a.reentry },
		steps: [
			{ event: "A", plan: null },
			{ event: "B", plan: a.filtered ? "pro" : null },
			{ event: null, plan: a.filtered ? null : "free" },
		],
		exclusions: a.order === "any" ? [] : [{ event: "X", plan: null, after: 1 }],
		sessions: a.sessions,
		from: CASE_START + 20 * MINUTE,
		to: CASE_START + 80 * MINUTE,
		now: CASE_START + a.now * MINUTE,
		attribution: a.attribution,
		events: [1, 2, 3, 4, 5, 6].map((visitor) => events.filter((event) => event.visitor === visitor)),
		expected: [],
	};
});

describe("funnel", () => {
	it("I3: counts, groups and trend are those of every visitor by brute force, however visitors are split", () => {
		fc.assert(
			fc.property(given, fc.integer({ min: 1, max: 4 }), (c, parts) => {
				const buckets = [20, 40, 60].map((minute) => CASE_START + minute * MINUTE);
				const question = { ...scanOf(c), buckets };
				const results = unitsOf(c).map((events) => {
					const { level, at, times } = bruteForceFunnel(c.rules, streamOf(c, events), c.from, c.to);
					const isOver = c.sessions && c.now >= (events.at(-1)?.ts ?? 0) + 30 * MINUTE;
					const outcome = outcomeOf(c.rules, level, times[0] ?? 0, isOver ? Number.POSITIVE_INFINITY : c.now);
					const event = attributedEvent(c.attribution ?? 1, level, at, (i) => events[i]?.plan !== "");
					return { level, times, outcome, group: events[event]?.plan || "(none)" };
				});
				const reached = results.filter(({ level }) => level > 0);
				for (const partial of splits(funnel, question, batchOf(eventsOf(c), FIELDS), parts)) {
					const answer = finishFunnel(question, partial, UTC);
					expect(answer.steps).toMatchObject(expectedAnswer(c, results));
					for (const { group, steps } of answer.groups ?? []) {
						const ofGroup = results.filter((result) => result.group === group["props.plan"]);
						expect(steps).toMatchObject(expectedAnswer(c, ofGroup));
					}
					const sizes = answer.groups?.map(({ steps }) => steps[0]?.count ?? 0) ?? [];
					expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(reached.length);
					const trend = buckets.map((start) => {
						const inBucket = reached.filter(({ times: [t = 0] }) => t >= start && t < start + 20 * MINUTE);
						return [inBucket.length, inBucket.filter(({ level }) => level === 3).length];
					});
					expect(answer.trend?.map(({ entered, converted }) => [entered, converted])).toEqual(trend);
				}
			}),
			{ numRuns: 400 },
		);
	});

	const simple = (more: Partial<FunnelScan> = {}): FunnelScan => ({
		kind: "funnel",
		from: 0,
		to: 10 * DAY,
		now: 20 * DAY,
		where: null,
		steps: [
			{ event: "A", label: "Seen", where: null },
			{ event: "B", label: "Bought", where: null },
		],
		exclusions: [],
		windowMs: DAY,
		order: "ordered",
		reentry: "any",
		count: "visitors",
		breakdown: null,
		limit: 2,
		buckets: [],
		...more,
	});
	const finish = (question: FunnelScan, events: TestEvent[]) => {
		const rows = rowsFor(funnel, question, batchOf(events, FIELDS));
		return FunnelAnswer.parse(finishFunnel(question, funnel.run(question, rows), UTC));
	};

	it("tells times to convert: median, p90, and how many took how long", () => {
		const minutes = [1, 3, 4, 8, 90];
		const events = minutes.flatMap((minute, i) => [
			{ visitor: i, ts: 0, name: "A" },
			{ visitor: i, ts: minute * MINUTE, name: "B" },
		]);
		expect(finish(simple(), events).steps[1]?.times).toEqual({
			median_ms: 4 * MINUTE,
			p90_ms: 8 * MINUTE,
			step_median_ms: 4 * MINUTE,
			histogram: [
				{ from_ms: MINUTE, to_ms: 2 * MINUTE, count: 1 },
				{ from_ms: 2 * MINUTE, to_ms: 5 * MINUTE, count: 2 },
				{ from_ms: 5 * MINUTE, to_ms: 10 * MINUTE, count: 1 },
				{ from_ms: 10 * MINUTE, to_ms: 30 * MINUTE, count: 0 },
				{ from_ms: 30 * MINUTE, to_ms: 60 * MINUTE, count: 0 },
				{ from_ms: 60 * MINUTE, to_ms: 120 * MINUTE, count: 1 },
			],
		});
	});

	it("of many, tells quantiles within 1 %, and the same however they are split", () => {
		const events = Array.from({ length: 3000 }, (_, i) => [
			{ visitor: i, ts: 0, name: "A" },
			{ visitor: i, ts: (i + 1) * 1000, name: "B" },
		]).flat();
		const answers = splits(funnel, simple(), batchOf(events, FIELDS), 20).map((p) => finishFunnel(simple(), p, UTC));
		expect(answers[1]).toEqual(answers[0]);
		expect(answers[2]).toEqual(answers[0]);
		const median = answers[0]?.steps[1]?.times?.median_ms ?? 0;
		expect(Math.abs(median / 1_500_000 - 1)).toBeLessThan(0.01);
	});

	it("groups past the limit are summed into (other)", () => {
		const question = simple({ breakdown: { field: "country", attribution: 1 }, limit: 2 });
		const events = ["DE", "DE", "DE", "FR", "FR", "IT", ""].flatMap((country, visitor) => [
			{ visitor, ts: 0, name: "A", texts: { country } },
			{ visitor, ts: visitor % 2 === 0 ? 1 : 2 * DAY, name: "B" },
		]);
		const { groups } = finish(question, events);
		expect(groups?.map(({ group, steps }) => [group.country, ...steps.map(({ count }) => count)])).toEqual([
			["DE", 3, 2],
			["FR", 2, 1],
			["(other)", 2, 1],
		]);
	});

	it("events that the filters leave out do not come between the steps of a strict funnel", () => {
		const question = simple({ order: "strict", where: { dim: "country", op: "eq", values: ["DE"] } });
		const events = [
			{ visitor: 1, ts: 0, name: "A", texts: { country: "DE" } },
			{ visitor: 1, ts: 1, name: "X", texts: { country: "FR" } },
			{ visitor: 1, ts: 2, name: "B", texts: { country: "DE" } },
		];
		expect(finish(question, events).steps[1]?.count).toBe(1);
	});

	it("reads the steps' events up to the end of the last window; all events for a strict one", () => {
		expect(funnelReads(simple())).toEqual([{ from: 0, to: 11 * DAY, names: ["A", "B"] }]);
		expect(funnelReads(simple({ order: "strict" }))).toEqual([{ from: 0, to: 11 * DAY, names: null }]);
	});

	it("refuses a breakdown that there is not", () => {
		const at = (attribution: number) => simple({ breakdown: { field: "country", attribution } });
		expect(() => checkFunnelScan(at(2))).not.toThrow();
		expect(() => checkFunnelScan(at(3))).toThrow("there are 2");
		expect(() => checkFunnelScan(simple({ breakdown: { field: "value", attribution: 1 } }))).toThrow("number");
	});
});
