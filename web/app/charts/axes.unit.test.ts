import { expect, test } from "vitest";
import { axisLabel, bucketLabel, soFar, steps, timeLabel, top } from "./axes.ts";

test("counts have whole steps, durations go by minutes", () => {
	expect(steps("number").every(Number.isInteger)).toBe(true);
	expect(steps("duration")).toContain(60_000);
	expect(axisLabel(120_000, "duration", null)).toBe("2m");
});

test("the axis has room above the line, and a share never passes 100 %", () => {
	expect(top(100, "number")).toBeCloseTo(112);
	expect(top(0.98, "percent")).toBe(1);
	expect(top(0, "number")).toBe(4);
	expect(top(null, "percent")).toBe(1);
});

test("times are told in the site's zone, not the browser's", () => {
	const at = Date.parse("2026-11-22T10:00:00Z") / 1000;
	expect(timeLabel(at, "1m", "Asia/Kathmandu")).toBe("15:45");
	expect(bucketLabel(at, "1h", "Europe/Berlin")).toBe("Sun 22 Nov, 11:00");
	expect(bucketLabel(at, "1d", "Pacific/Auckland")).toBe("Sun 22 Nov");
});

test("midnight shows the date", () => {
	expect(timeLabel(Date.parse("2026-11-21T23:00:00Z") / 1000, "15m", "Europe/Berlin")).toBe("22 Nov");
});

test("the bucket that still counts is named, in the site's zone", () => {
	const at = Date.UTC(2026, 10, 22, 10, 45) / 1000;
	expect(["1m", "1h", "1d", "1M"].map((interval) => soFar(at, interval, "UTC"))).toEqual([
		"this minute so far",
		"this hour so far",
		"today so far",
		"this month so far",
	]);
	expect(soFar(at, "15m", "Europe/Berlin")).toBe("since 11:45, so far");
});
