import fc from "fast-check";
import { describe, expect, it } from "vitest";
import cases from "./funnel.cases.json" with { type: "json" };
import { bruteForceFunnel, type FunnelCase, type ReadCase, readCase, streamOf, unitsOf } from "./funnel.testing.ts";
import {
	attributedEvent,
	checkFunnel,
	evaluateFunnel,
	type FunnelEvents,
	type FunnelResult,
	type FunnelRules,
	FunnelRun,
	outcomeOf,
	runFunnel,
} from "./funnel.ts";
import { growth, LINEAR } from "./growth.testing.ts";
import { SESSION_GAP } from "./session.ts";

const rulesOf = (order: FunnelRules["order"], maxSteps: number) =>
	fc.record({
		steps: fc.integer({ min: 1, max: maxSteps }),
		windowMs: fc.constantFrom(1, 3, 6, 20),
		order: fc.constant(order),
		reentry: fc.constantFrom<FunnelRules["reentry"]>("any", "any", "first"),
	});

/** Few times and few steps, so that equal times, repeats and events of several steps are common. */
const stream = (rules: FunnelRules, maxLength: number) =>
	fc
		.array(
			fc.record({
				t: fc.integer({ min: 0, max: 14 }),
				steps: fc.oneof(
					fc.integer({ min: 0, max: rules.steps - 1 }).map((k) => 1 << k),
					fc.integer({ min: 0, max: (1 << rules.steps) - 1 }),
				),
				excluded:
					rules.order === "any"
						? fc.constant(0)
						: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: (1 << (rules.steps - 1)) - 1 })),
			}),
			{ maxLength },
		)
		.map((events): FunnelEvents => {
			events.sort((a, b) => a.t - b.t);
			return {
				length: events.length,
				t: Float64Array.from(events, (e) => e.t),
				steps: Uint16Array.from(events, (e) => e.steps),
				excluded: Uint16Array.from(events, (e) => e.excluded),
			};
		});
const range = fc.constantFrom<[number, number]>([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], [3, 9], [0, 5]);
const asked = (order: FunnelRules["order"], maxSteps: number, maxLength: number) =>
	rulesOf(order, maxSteps).chain((rules) => fc.tuple(fc.constant(rules), stream(rules, maxLength), range));

type Evaluate = (rules: FunnelRules, events: FunnelEvents, from: number, to: number) => FunnelResult;

/** The results of a case, in the form in which it tells what is expected. */
function resultsOf(c: ReadCase, evaluate: Evaluate): ReadCase["expected"] {
	return unitsOf(c).map((events) => {
		const { level, at, times } = evaluate(c.rules, streamOf(c, events), c.from, c.to);
		const isOver = c.sessions && c.now - (events.at(-1)?.ts ?? 0) >= SESSION_GAP;
		const outcome = outcomeOf(c.rules, level, times[0] ?? 0, isOver ? Number.POSITIVE_INFINITY : c.now);
		if (c.attribution === null) return { level, times, outcome, group: null };
		const event = attributedEvent(c.attribution, level, at, (i) => events[i]?.plan !== "");
		return { level, times, outcome, group: events[event]?.plan || "(none)" };
	});
}

describe("funnel.cases.json", () => {
	const suite: readonly FunnelCase[] = cases;
	for (const c of suite)
		it(c.name, () => {
			const read = readCase(c);
			expect(resultsOf(read, evaluateFunnel)).toEqual(read.expected);
			expect(resultsOf(read, bruteForceFunnel)).toEqual(read.expected);
		});
});

describe("evaluateFunnel", () => {
	for (const [order, steps, length] of [
		["ordered", 5, 11],
		["strict", 4, 12],
		["any", 4, 8],
	] as const)
		it(`${order}: reaches what the best of all assignments reaches, by the same events`, () => {
			fc.assert(
				fc.property(asked(order, steps, length), ([rules, events, [from, to]]) => {
					expect(evaluateFunnel(rules, events, from, to)).toEqual(bruteForceFunnel(rules, events, from, to));
				}),
				{ numRuns: order === "any" ? 1500 : 4000 },
			);
		});

	it("a run serves one visitor after the other and keeps nothing of the one before", () => {
		fc.assert(
			fc.property(
				fc
					.constantFrom<FunnelRules["order"]>("ordered", "strict", "any")
					.chain((order) =>
						rulesOf(order, 4).chain((rules) =>
							fc.tuple(fc.constant(rules), fc.array(stream(rules, 8), { maxLength: 5 })),
						),
					),
				([rules, streams]) => {
					const run = new FunnelRun(rules);
					for (const events of streams) {
						runFunnel(run, events, 0, events.length, 2, 12);
						const expected = evaluateFunnel(rules, events, 2, 12);
						expect([run.level, ...run.at.subarray(0, run.level)]).toEqual([expected.level, ...expected.at]);
						if (run.level === 0) continue;
						expect([run.startedAt, run.reachedAt]).toEqual([expected.times[0], expected.times.at(-1)]);
					}
				},
			),
			{ numRuns: 500 },
		);
	});

	it("refuses what has no meaning, and says what to change", () => {
		const rules: FunnelRules = { steps: 3, windowMs: 1000, order: "ordered", reentry: "any" };
		expect(() => checkFunnel(rules, [1, 2])).not.toThrow();
		expect(() => checkFunnel({ ...rules, steps: 11 })).toThrow("1 to 10 steps");
		expect(() => checkFunnel({ ...rules, windowMs: 0 })).toThrow("window");
		expect(() => checkFunnel(rules, [3])).toThrow("from 1 to 2");
		expect(() => checkFunnel({ ...rules, order: "any" }, [1])).toThrow("any order");
	});

	it.each(["ordered", "strict", "any"] as const)("takes time that grows as a visitor's events do: %s", (order) => {
		const eventsOf = (length: number): FunnelEvents => ({
			length,
			t: Float64Array.from({ length }, (_, i) => i * 1000),
			steps: Uint16Array.from({ length }, (_, i) => 1 << ((i * 7919) % 5)),
			excluded: new Uint16Array(length),
		});
		const rules = { steps: 5, windowMs: 3_600_000, order, reentry: "any" } as const;
		expect(growth((n) => evaluateFunnel(rules, eventsOf(n)), 40_000)).toBeLessThan(LINEAR);
	});
});
