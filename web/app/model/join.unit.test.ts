import { expect, test } from "vitest";
import type { Point } from "../../../schema/query.ts";
import { join, liveTotal, seconds } from "./join.ts";

const at = (minute: number) => `2026-11-22T10:${String(minute).padStart(2, "0")}:00+01:00`;
const t = (minute: number) => seconds(at(minute));
const history: Point[] = [
	[at(0), 5],
	[at(1), 6],
	[at(2), 1],
];
const options = { interval: "1m", empty: 0, now: t(4) + 10 } as const;

test("the live value of a bucket replaces history's, it is never added to it (I4)", () => {
	const line = join(history, new Map([[t(2), 3]]), { ...options, now: t(2) + 30 });
	expect(line.values).toEqual([5, 6, 3]);
	expect(line.partial).toBe(2);
});

test("live buckets extend the line, and quiet minutes between are zero", () => {
	const line = join(history, new Map([[t(4), 9]]), options);
	expect(line.times).toEqual([0, 1, 2, 3, 4].map(t));
	expect(line.values).toEqual([5, 6, 1, 0, 9]);
	expect(line.partial).toBe(4);
});

test("quiet minutes of an average are gaps, not zero", () => {
	expect(join(history, new Map([[t(4), 9]]), { ...options, empty: null }).values).toEqual([5, 6, 1, null, 9]);
});

test("live buckets before the range are not drawn", () => {
	const line = join(history.slice(1), new Map([[t(0), 99]]), options);
	expect(line.times[0]).toBe(t(1));
});

test("a repeated frame changes nothing", () => {
	const live = new Map([[t(2), 3]]);
	const once = join(history, live, options);
	expect(join(history, new Map([...live, [t(2), 3]]), options)).toEqual(once);
});

test("a range in the past has no partial bucket", () => {
	expect(join(history, new Map(), { ...options, now: t(59) }).partial).toBe(3);
});

test("days of 23 hours are told apart", () => {
	const days: Point[] = [
		["2026-03-29T00:00:00+01:00", 1],
		["2026-03-30T00:00:00+02:00", 2],
	];
	const now = seconds("2026-03-30T12:00:00+02:00");
	expect(join(days, new Map(), { interval: "1d", empty: 0, now }).partial).toBe(1);
});

test("a live total moves by what live buckets add, once", () => {
	const line = join(
		history,
		new Map([
			[t(2), 3],
			[t(3), 4],
		]),
		options,
	);
	expect(liveTotal(12, history, line)).toBe(18);
	expect(liveTotal(null, history, line)).toBeNull();
});

test("no history and no live is an empty line", () => {
	expect(join([], new Map(), options)).toEqual({ times: [], values: [], partial: 0 });
});
