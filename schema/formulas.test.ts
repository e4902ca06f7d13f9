import { describe, expect, it } from "vitest";
import type { Ref } from "./dashboard.ts";
import { countedRefs, formulaSeries } from "./formulas.ts";
import { metaOf } from "./query.testing.ts";
import type { Answer, Series } from "./query.ts";

const meta = metaOf();

const time = (hour: number) => `2026-11-22T${String(hour).padStart(2, "0")}:00:00+00:00`;

function series(values: (number | null)[], total: number | null, label?: string, from = 0): Series {
	return {
		group: label === undefined ? {} : { country: label },
		points: values.map((value, i) => [time(from + i), value]),
		total,
	};
}
const answer = (...all: Series[]): Answer => ({ series: all, meta });
const table = (rows: Record<string, number | null>): Answer => ({
	table: Object.entries(rows).map(([country, value]) => ({ group: { country }, value })),
	meta,
});
const answers = (all: Partial<Record<Ref, Answer>>) =>
	new Map((["A", "B", "C"] as const).flatMap((ref) => (all[ref] ? [[ref, all[ref]] as const] : [])));

describe("a formula over series", () => {
	it("is computed bucket by bucket, and of the totals, not of the sum of buckets", () => {
		const given = answers({ A: answer(series([1, 2, 3], 6)), B: answer(series([2, 0, 4], 5)) });
		expect(formulaSeries("A / B", given)).toEqual({ series: [series([0.5, null, 0.75], 1.2)] });
	});

	it("joins series by group, whichever order they come in, with (other) last", () => {
		const given = answers({
			A: answer(series([1], 1, "DE"), series([2], 2, "FR"), series([9], 9, "(other)")),
			B: answer(series([10], 10, "FR"), series([5], 5, "DE"), series([18], 18, "(other)")),
		});
		expect(formulaSeries("A / B", given).series).toEqual([
			series([0.2], 0.2, "DE"),
			series([0.2], 0.2, "FR"),
			series([0.5], 0.5, "(other)"),
		]);
	});

	it("has no (other) where the queries name different groups: what is in it differs", () => {
		const given = answers({
			A: answer(series([1], 1, "DE"), series([9], 9, "(other)")),
			B: answer(series([1], 1, "FR"), series([9], 9, "(other)")),
		});
		expect(formulaSeries("A / B", given, countedRefs([{ ref: "A", measure: "count" }])).series).toEqual([
			series([null], null, "DE"),
			series([null], null, "FR"),
		]);
	});

	it("takes a series without groups for every group: a share of the whole", () => {
		const given = answers({ A: answer(series([1], 2, "DE"), series([3], 4, "FR")), B: answer(series([4], 8)) });
		expect(formulaSeries("A / B * 100", given).series).toEqual([series([25], 25, "DE"), series([75], 50, "FR")]);
	});

	it("takes a group that is missing from a whole list for 0 of a count, and for nothing of an average", () => {
		const given = answers({ A: answer(series([2], 2, "DE")), B: answer(series([4], 4, "DE"), series([5], 5, "FR")) });
		const measured = (measure: string) => countedRefs([{ ref: "A", measure }]);
		expect(formulaSeries("A / B", given, measured("count")).series[1]).toEqual(series([0], 0, "FR"));
		expect(formulaSeries("A / B", given, measured("avg")).series[1]).toEqual(series([null], null, "FR"));
	});

	it("has every bucket of either, in order", () => {
		const given = answers({ A: answer(series([1, 2], 3, undefined, 1)), B: answer(series([3, 4], 7)) });
		expect(formulaSeries("A + B", given).series).toEqual([
			{
				group: {},
				points: [
					[time(0), null],
					[time(1), 5],
					[time(2), null],
				],
				total: 10,
			},
		]);
	});

	it("is partial from where the first of them is, and compares where all do", () => {
		const one = { ...series([1], 1), partial_from: time(0) };
		const given = answers({
			A: { series: [one], compare: [series([4], 4)], meta },
			B: { series: [series([2], 2)], compare: [series([2], 2)], meta },
		});
		expect(formulaSeries("A / B", given)).toEqual({
			series: [{ ...series([0.5], 0.5), partial_from: time(0) }],
			compare: [series([2], 2)],
		});
	});

	it("of numbers only is a line over the buckets there are", () => {
		expect(formulaSeries("100", answers({ A: answer(series([1, 2], 3)) })).series).toEqual([series([100, 100], 100)]);
	});

	it("of a query that has no answer is nothing", () => {
		expect(formulaSeries("A / B", answers({ A: answer(series([1], 1)) }))).toEqual({ series: [] });
	});

	it("that is broken says so", () => {
		expect(() => formulaSeries("A /", new Map())).toThrow(RangeError);
	});
});

describe("a formula over tables", () => {
	it("is computed row by row", () => {
		const given = answers({ A: table({ DE: 1, FR: 3 }), B: table({ FR: 6, DE: 4, IT: null }) });
		expect(formulaSeries("A / B", given).table).toEqual([
			{ group: { country: "DE" }, value: 0.25 },
			{ group: { country: "FR" }, value: 0.5 },
			{ group: { country: "IT" }, value: null },
		]);
	});

	it("divides by a total without groups", () => {
		const whole: Answer = { table: [{ group: {}, value: 10 }], meta };
		const rows = formulaSeries("A / B", answers({ A: table({ DE: 1, FR: 3 }), B: whole })).table;
		expect(rows?.map(({ value }) => value)).toEqual([0.1, 0.3]);
	});
});
