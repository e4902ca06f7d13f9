import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LifecycleAnswer } from "../../questions.ts";
import { DAY, HOUR, zoneOf } from "../zone.ts";
import { rowsFor, splits } from "./laws.testing.ts";
import { finishLifecycle, type LifecycleScan, lifecycle, lifecycleEdges, lifecycleReads } from "./lifecycle.ts";
import { batchOf, type TestEvent } from "./testing.ts";

const UTC = zoneOf("UTC");
const RANGE = { from: 4 * DAY, to: 8 * DAY };
const questionAt = (now: number): LifecycleScan => ({
	kind: "lifecycle",
	...RANGE,
	where: null,
	event: { event: "visit", label: "visit", where: null },
	edges: lifecycleEdges(UTC, "1d", RANGE, now),
	now,
});
const visits = (visitor: number, ...days: number[]): TestEvent[] =>
	days.map((day) => ({ visitor, name: "visit", ts: day * DAY + 5 * HOUR }));
const numbers = ({ points }: LifecycleAnswer) =>
	points.map((point) => [point.new, point.returning, point.resurrecting, point.dormant]);

function answer(question: LifecycleScan, events: TestEvent[]): LifecycleAnswer {
	const rows = rowsFor(lifecycle, question, batchOf(events, ["name"]));
	return LifecycleAnswer.parse(finishLifecycle(question, lifecycle.run(question, rows), UTC));
}

describe("lifecycle", () => {
	it("tells new, returning, resurrecting and dormant visitors", () => {
		const events = [
			...visits(1, 4, 5),
			...visits(2, 3, 4),
			...visits(3, 1, 5),
			...visits(4, 3),
			...visits(5, 7),
			...visits(6, 1),
			{ visitor: 7, name: "other", ts: 4 * DAY },
		];
		expect(numbers(answer(questionAt(100 * DAY), events))).toEqual([
			[1, 1, 0, 1],
			[0, 1, 1, 1],
			[0, 0, 0, 2],
			[1, 0, 0, 0],
		]);
	});

	it("the bucket of now is partial, and later ones are not told", () => {
		const { points } = answer(questionAt(5 * DAY + HOUR), visits(1, 4));
		expect(points.map(({ t, partial }) => [t, partial])).toEqual([
			["1970-01-05T00:00:00+00:00", false],
			["1970-01-06T00:00:00+00:00", true],
		]);
	});

	it("reads from the archive's start", () => {
		expect(lifecycleReads(questionAt(100 * DAY))).toEqual([{ from: 0, to: 8 * DAY, names: ["visit"] }]);
	});

	it("buckets are those of the zone", () => {
		const zone = zoneOf("Europe/Berlin");
		const at = (iso: string) => Date.parse(iso);
		const range = { from: at("2026-03-28T23:00:00Z"), to: at("2026-03-30T22:00:00Z") };
		expect(lifecycleEdges(zone, "1d", range, range.to).map((edge) => zone.iso(edge))).toEqual([
			"2026-03-28T00:00:00+01:00",
			"2026-03-29T00:00:00+01:00",
			"2026-03-30T00:00:00+02:00",
			"2026-03-31T00:00:00+02:00",
		]);
	});

	it("I3: is what the definition says of each visitor's days, however visitors are split", () => {
		const event = fc.record({
			visitor: fc.integer({ min: 1, max: 8 }),
			name: fc.constantFrom("visit", "visit", "other"),
			ts: fc.integer({ min: 0, max: 10 * 24 }).map((hour) => hour * HOUR),
		});
		fc.assert(
			fc.property(fc.array(event, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), (events, parts) => {
				const activeOn = [1, 2, 3, 4, 5, 6, 7, 8].map((visitor) => {
					const own = events.filter((e) => e.visitor === visitor && e.name === "visit");
					return new Set(own.map((e) => Math.floor(e.ts / DAY)));
				});
				const count = (test: (days: Set<number>) => boolean) => activeOn.filter(test).length;
				const earlier = (days: Set<number>, day: number) => [...days].some((other) => other < day);
				const expected = [4, 5, 6, 7].map((day) => [
					count((days) => days.has(day) && !earlier(days, day)),
					count((days) => days.has(day) && days.has(day - 1)),
					count((days) => days.has(day) && !days.has(day - 1) && earlier(days, day)),
					count((days) => !days.has(day) && days.has(day - 1)),
				]);
				const question = questionAt(100 * DAY);
				for (const partial of splits(lifecycle, question, batchOf(events, ["name"]), parts))
					expect(numbers(finishLifecycle(question, partial, UTC))).toEqual(expected);
			}),
			{ numRuns: 300 },
		);
	});
});
