import { expect, test } from "vitest";
import { answerOf, hours, panelOf, resultOf } from "../testing.ts";
import { isEmpty, sheetOf } from "./sheet.ts";
import { heatOf } from "./spread.ts";

const around = { zone: "UTC", currency: "EUR", weekStart: "monday", now: Date.UTC(2026, 10, 22, 3) } as const;
const low = hours([1, 0, 3], { from: "10", to: "20" });
const high = hours([0, 2, 0], { from: "2000", to: "20000" });

test("a heat map of values has a series a range, named by it in the panel's unit, and counts in its cells", () => {
	const panel = panelOf("heatmap", { by: "value", queries: [{ ref: "A", hidden: true }, { ref: "B" }, { ref: "C" }] });
	const answer = answerOf(
		resultOf("A", { series: [hours([9])] }),
		resultOf("B", { series: [low, high] }),
		resultOf("C", { series: [low] }),
	);
	const { series } = heatOf(panel, answer, around);
	expect(series.map(({ label, style, values }) => [label, style.unit, values])).toEqual([
		["€10 – €20", "number", [1, 0, 3]],
		["€2,000 – €20K", "number", [0, 2, 0]],
	]);
	const seconds = heatOf({ ...panel, unit: "duration" }, answer, around);
	expect(seconds.series[1]?.label).toBe("2s – 20s");
	expect(sheetOf(panel, answer, around).columns.map(({ name }) => name)).toEqual([
		"Time",
		"€10 – €20",
		"€2,000 – €20K",
	]);
});

test("without values there is nothing to draw", () => {
	const panel = panelOf("heatmap", { by: "value" });
	expect(isEmpty(panel, answerOf(resultOf("A", { series: [] })))).toBe(true);
	expect(isEmpty(panel, answerOf(resultOf("A", { series: [low] })))).toBe(false);
});
