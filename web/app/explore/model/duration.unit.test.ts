import fc from "fast-check";
import { expect, test } from "vitest";
import { Duration } from "../../../../schema/questions.ts";
import { durationName, readDuration, span, UNITS, writeDuration } from "./duration.ts";

test("what is written is a duration of the API, and reads back", () => {
	const amount = fc.record({
		count: fc.integer({ min: 1, max: 999_999 }),
		unit: fc.constantFrom(...UNITS.map((u) => u[0])),
	});
	fc.assert(
		fc.property(amount, (a) => {
			expect(readDuration(Duration.parse(writeDuration(a)))).toEqual(a);
		}),
	);
});

test("whatever is typed becomes a duration", () => {
	for (const count of [0, -3, Number.NaN, 1.5, 1e9, Number.POSITIVE_INFINITY])
		expect(Duration.safeParse(writeDuration({ count, unit: "h" })).success).toBe(true);
});

test("durations in words", () => {
	expect(durationName("7d")).toBe("7 days");
	expect(durationName("1h")).toBe("1 hour");
});

test("times to convert in their two largest units", () => {
	expect([0, 420, 1_000, 59_600, 3_600_000, 5_400_000, 100 * 3_600_000].map(span)).toEqual([
		"0.0s",
		"0.4s",
		"1s",
		"1m",
		"1h",
		"1h 30m",
		"4d 4h",
	]);
});
