import { expect, test } from "vitest";
import { metaOf } from "../../../../schema/query.testing.ts";
import type { Answer } from "../../../../schema/query.ts";
import { chartOf } from "./series.ts";

const HOUR = 3_600_000;
const at = (hour: number) => new Date(hour * HOUR).toISOString();
const answer: Answer = {
	series: [
		{
			group: { country: "DE" },
			points: [
				[at(0), 3],
				[at(1), 4],
			],
			total: 7,
		},
		{
			group: { country: "(other)" },
			points: [
				[at(1), 1],
				[at(2), 2],
			],
			total: 3,
		},
		{ group: { country: "FR" }, points: [], total: 0 },
	],
	compare: [
		{
			group: { country: "DE" },
			points: [
				[at(-2), 1],
				[at(-1), 2],
			],
			total: 3,
		},
	],
	meta: metaOf({ from: at(0), to: at(3) }),
};

test("all groups share one axis; what passed the limit takes no colour from the others", () => {
	const { times, partial, groups } = chartOf(answer, { empty: 0, now: 2.5 * 3_600, whole: "All" });
	expect(times).toEqual([0, 3_600, 7_200]);
	expect(partial).toBe(2);
	expect(groups.map(({ label, colour, values }) => [label, colour, values])).toEqual([
		["Germany", 0, [3, 4, 0]],
		["All others", null, [0, 1, 2]],
		["France", 1, [0, 0, 0]],
	]);
	expect(groups.map((group) => group.before)).toEqual([3, null, null]);
});

test("an average of nothing is a gap, and without groups the line has the whole's name", () => {
	const { groups } = chartOf(
		{ ...answer, series: [{ group: {}, points: [[at(0), null]], total: null }] },
		{
			empty: null,
			now: 0,
			whole: "Visitors",
		},
	);
	expect(groups).toMatchObject([{ label: "Visitors", values: [null] }]);
});
