import { expect, test } from "vitest";
import { histogramBars } from "./histogram.ts";

test("the highest bar fills the height, and all bars the width", () => {
	const bars = histogramBars([
		{ from_ms: 0, to_ms: 1_000, count: 5 },
		{ from_ms: 1_000, to_ms: 10_000, count: 20 },
		{ from_ms: 10_000, to_ms: 100_000, count: 0 },
		{ from_ms: 100_000, to_ms: 1_000_000, count: 10 },
	]);
	expect(bars.map((bar) => bar.height)).toEqual([0.25, 1, 0, 0.5]);
	expect(bars.map((bar) => bar.x)).toEqual([0, 0.25, 0.5, 0.75]);
	expect(bars.reduce((sum, bar) => sum + bar.width, 0)).toBe(1);
});

test("of nothing there are no bars", () => {
	expect(histogramBars([])).toEqual([]);
	expect(histogramBars([{ from_ms: 0, to_ms: 1, count: 0 }])).toEqual([]);
});
