import { expect, test } from "vitest";
import { metaOf } from "../../../../../schema/query.testing.ts";
import { answerOf, hours, panelOf, resultOf } from "../testing.ts";
import { bucketAt, bucketEnd, chartOf } from "./chart.ts";

const around = { zone: "UTC", currency: "EUR", now: Date.UTC(2026, 10, 23) };

test("every group of a query is a series with the group's name, in the answer's order", () => {
	const panel = panelOf("line", { queries: [{ ref: "A", groupBy: ["device"] }] });
	const answer = answerOf(
		resultOf("A", { series: [hours([3, 4], { device: "mobile" }), hours([1, 2], { device: "tablet" })] }),
	);
	const { series, times } = chartOf(panel, answer, around);
	expect(series.map(({ label, values, total }) => [label, values, total])).toEqual([
		["Mobile", [3, 4], 7],
		["Tablet", [1, 2], 3],
	]);
	expect(times).toEqual([Date.UTC(2026, 10, 22) / 1000, Date.UTC(2026, 10, 22, 1) / 1000]);
});

test("several queries are named by what they measure, hidden ones are not drawn, formulas are", () => {
	const panel = panelOf("line", {
		queries: [
			{ ref: "A", metric: "purchase" },
			{ ref: "B", measure: "uniques", hidden: true },
		],
		formulas: [{ label: "per visitor", expression: "A / B" }],
	});
	const answer = answerOf(resultOf("A", { series: [hours([6, 8])] }), resultOf("B", { series: [hours([3, 0])] }));
	const { series, notes } = chartOf(panel, answer, around);
	expect(series.map(({ label, values }) => [label, values])).toEqual([
		["purchase", [6, 8]],
		["per visitor", [2, null]],
	]);
	expect(notes).toEqual([]);
});

test("a formula that is none is told, and what else there is is drawn", () => {
	const panel = panelOf("line", { formulas: [{ label: "odd", expression: "A +" }] });
	const { series, notes } = chartOf(panel, answerOf(resultOf("A", { series: [hours([1])] })), around);
	expect(series).toHaveLength(1);
	expect(notes[0]).toMatch(/^odd: /);
});

test("groups of several queries say which query they are of", () => {
	const grouped = { groupBy: ["device"] };
	const panel = panelOf("line", {
		queries: [
			{ ref: "A", ...grouped },
			{ ref: "B", measure: "uniques", ...grouped },
		],
	});
	const group = { device: "mobile" };
	const answer = answerOf(
		resultOf("A", { series: [hours([1], group)] }),
		resultOf("B", { series: [hours([1], group)] }),
	);
	expect(chartOf(panel, answer, around).series.map(({ label }) => label)).toEqual([
		"Mobile · Events",
		"Mobile · Visitors",
	]);
});

test("(other) is grey, and left out where the panel says so", () => {
	const answer = answerOf(resultOf("A", { series: [hours([3], { path: "/" }), hours([9], { path: "(other)" })] }));
	const queries = [{ ref: "A" as const, groupBy: ["path"] }];
	const [, other] = chartOf(panelOf("line", { queries }), answer, around).series;
	expect(other).toMatchObject({ label: "All others", colour: { slot: null } });
	expect(chartOf(panelOf("line", { queries, other: false }), answer, around).series).toHaveLength(1);
});

test("the previous period stands bucket beside bucket, of the same group", () => {
	const panel = panelOf("line", { compare: true });
	const compare = [hours([9, 9], { device: "tablet" }, 21), hours([5, 6], { device: "mobile" }, 21)];
	const answer = answerOf(resultOf("A", { series: [hours([3, 4], { device: "mobile" })], compare }));
	expect(chartOf(panel, answer, around).series[0]).toMatchObject({ previous: [5, 6], before: 11 });
});

test("a bucket that a series lacks is 0 of what is counted, and nothing of an average", () => {
	const two = (measure: "count" | "avg") => {
		const answer = answerOf(resultOf("A", { series: [hours([1, 2], { device: "a" }), hours([5], { device: "b" })] }));
		return chartOf(panelOf("line", { queries: [{ ref: "A", measure }] }), answer, around).series[1]?.values;
	};
	expect(two("count")).toEqual([5, 0]);
	expect(two("avg")).toEqual([5, null]);
});

test("buckets that have not ended by now, or by the end of the range, still count", () => {
	const answer = answerOf(resultOf("A", { series: [hours([1, 2, 3, 4])] }));
	const partial = (now: number) => chartOf(panelOf("line", {}), answer, { ...around, now }).partial;
	expect(partial(Date.UTC(2026, 10, 23))).toBe(4);
	expect(partial(Date.UTC(2026, 10, 22, 3, 30))).toBe(3);
	const cut = answerOf(resultOf("A", { series: [hours([1, 2])], meta: metaOf({ to: "2026-11-22T01:30:00Z" }) }));
	expect(chartOf(panelOf("line", {}), cut, around).partial).toBe(1);
});

test("a day ends where the next begins in the zone, also where clocks change", () => {
	const day = Date.parse("2026-10-25T00:00:00+02:00") / 1000;
	expect(bucketEnd(day, "1d", "Europe/Berlin") - day).toBe(25 * 3600);
	const month = Date.parse("2026-02-01T00:00:00Z") / 1000;
	expect(bucketEnd(month, "1M", "UTC") - month).toBe(28 * 86_400);
});

test("a moment is in the bucket that began last before it", () => {
	expect([5, 10, 19, 20, 99].map((at) => bucketAt([10, 20], at))).toEqual([-1, 0, 0, 1, 1]);
});

test("what is usual is placed by its buckets", () => {
	const [a, b] = hours([1, 9]).points.map(([t]) => t);
	const anomalies = [
		{ series: 0, band: [{ t: a ?? "", low: 0, high: 2 }], points: [{ t: b ?? "", value: 9, sigmas: 4 }] },
	];
	const answer = answerOf(resultOf("A", { series: [hours([1, 9])] }, { anomalies }));
	expect(chartOf(panelOf("line", { anomalies: true }), answer, around).series[0]).toMatchObject({
		band: [{ at: 0, low: 0, high: 2 }],
		marks: [{ at: 1, value: 9, sigmas: 4 }],
	});
});

test("numbers are written in the panel's unit, else the measure's", () => {
	const unit = (fields: Parameters<typeof panelOf<"line">>[1]) =>
		chartOf(panelOf("line", fields), answerOf(resultOf("A", { series: [hours([1])] })), around).series[0]?.style.unit;
	expect(unit({ queries: [{ ref: "A", measure: "bounce_rate" }] })).toBe("percent");
	expect(unit({ queries: [{ ref: "A", measure: "sum" }] })).toBe("money");
	expect(unit({ queries: [{ ref: "A", measure: "$m" }] })).toBe("ratio");
	expect(unit({ queries: [{ ref: "A", measure: "bounce_rate" }], unit: "duration" })).toBe("duration");
});
