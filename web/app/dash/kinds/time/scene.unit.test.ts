import { expect, test } from "vitest";
import { chartOf } from "../model/chart.ts";
import { answerOf, hours, panelOf, resultOf } from "../testing.ts";
import { axesOf, columnOf, leastStep, scaleOf, sceneOf, structure } from "./scene.ts";

const now = Date.UTC(2026, 10, 22, 2, 30);
const grouped = panelOf("area", { queries: [{ ref: "A", groupBy: ["device"] }] });
const two = (values: number[]) =>
	chartOf(
		grouped,
		answerOf(
			resultOf("A", {
				series: [hours(values, { device: "mobile" }), hours([10, 10, 10], { device: "tablet" })],
				compare: [hours([1, 2, 3], { device: "mobile" }, 21), hours([4, 5, 6], { device: "tablet" }, 21)],
			}),
		),
		{ zone: "UTC", currency: null, now },
	);

test("what is complete and what still counts are two parts that meet", () => {
	const { columns, before } = sceneOf(two([1, 2, 3]), "line", "none", null);
	expect(before).toHaveLength(2);
	expect(columns.slice(3, 5)).toEqual([
		[1, 2, null],
		[null, 2, 3],
	]);
});

test("bars do not meet, and what was before is drawn over them", () => {
	const scene = sceneOf(two([1, 2, 3]), "bar", "stacked", null);
	expect(scene.columns.slice(1, 3)).toEqual([
		[1, 2, null],
		[null, null, 3],
	]);
	expect(scene.columns.at(-1)).toEqual([5, 7, 9]);
	expect(columnOf(scene, scene.columns.length - 1)).toMatchObject({ series: null, part: "before" });
	expect(columnOf(scene, 4)).toMatchObject({ index: 1, part: "open" });
});

test("a series alone is drawn from the ground up, the others not at all", () => {
	const chart = two([1, 2, 3]);
	const scene = sceneOf(chart, "area", "stacked", chart.series[1]?.id ?? null);
	expect(scene.layers[1]?.top).toEqual([10, 10, 10]);
	expect(scene.layers[0]?.top).toEqual([null, null, null]);
	expect(sceneOf(chart, "area", "stacked", "gone").isolated).toBeNull();
});

test("new values are no new structure; another group is", () => {
	const of = (chart: ReturnType<typeof two>) => structure(sceneOf(chart, "area", "stacked", null));
	expect(of(two([7, 8, 9]))).toBe(of(two([1, 2, 3])));
	const one = { ...two([1]), series: two([1]).series.slice(1) };
	expect(of(one)).not.toBe(of(two([1])));
});

test("another unit has an axis of its own, but not in a stack", () => {
	const panel = panelOf("line", { queries: [{ ref: "A" }, { ref: "B", measure: "bounce_rate" }] });
	const answer = answerOf(resultOf("A", { series: [hours([9])] }), resultOf("B", { series: [hours([0.5])] }));
	const chart = chartOf(panel, answer, { zone: "UTC", currency: null, now });
	const axes = axesOf(sceneOf(chart, "line", "none", null));
	expect(axes.map(({ unit }) => unit)).toEqual(["number", "percent"]);
	expect(chart.series.map((series) => scaleOf(axes, series))).toEqual(["y", "y2"]);
	expect(axesOf(sceneOf(chart, "area", "stacked", null))).toHaveLength(1);
});

test("the least step is that of the shortest day", () => {
	expect(leastStep([0, 90, 170, 270], 1)).toBe(80);
	expect(leastStep([5], 60)).toBe(60);
});
