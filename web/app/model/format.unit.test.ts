import { describe, expect, test } from "vitest";
import { brief, change, duration, full, interval95, isRough, lag, margin, short, wait } from "./format.ts";

describe("short numbers", () => {
	test.each([
		[0, "0"],
		[7, "7"],
		[1.234, "1.23"],
		[9999, "9,999"],
		[10_000, "10K"],
		[12_345, "12.3K"],
		[999_499, "999K"],
		[999_500, "1M"],
		[4_560_000, "4.56M"],
		[-12_345, "-12.3K"],
	])("%d reads %s", (value, text) => expect(short(value)).toBe(text));
});

test("durations keep two units at most", () => {
	expect([0, 800, 45_000, 83_000, 7_500_000].map(duration)).toEqual(["0s", "0.8s", "45s", "1m 23s", "2h 05m"]);
});

test("a value that does not exist is not shown as zero", () => {
	expect(brief(null, "number")).toBe("–");
	expect(full(null, "duration")).toBe("–");
});

test("money follows the site's currency, and is a plain number without one", () => {
	expect(brief(59.9, "money", "EUR")).toBe("€59.9");
	expect(brief(1_234_567, "money", "EUR")).toBe("€1.2M");
	expect(brief(12_345, "money", null)).toBe("12.3K");
	expect(full(1234.5, "money", "EUR")).toBe("€1,234.50");
});

test("an estimate carries its 95 % interval", () => {
	expect(interval95(1000, 0.0081)).toBe("between 984 and 1,016 (95 %)");
	expect(interval95(1000, null)).toBe("");
});

test("an estimate that can be one whole number only is not marked", () => {
	expect([0, 2, 31, 32, null].map((value) => isRough(value, 0.0081))).toEqual([false, false, false, true, false]);
	expect(isRough(2, null)).toBe(true);
	expect(margin(0.0081)).toBe("1.6 %");
});

test("a small share is not shown as none", () => {
	expect([0, 0.00002, 0.0007, 0.05, 0.126, 1].map((share) => brief(share, "percent"))).toEqual([
		"0%",
		"<0.1%",
		"0.1%",
		"5%",
		"13%",
		"100%",
	]);
});

describe("change", () => {
	test("is relative for counts", () => {
		expect(change(112, 100, "number")).toEqual({ text: "+12%", direction: "up" });
		expect(change(95.5, 100, "number")).toEqual({ text: "−4.5%", direction: "down" });
		expect(change(100, 100, "number")).toEqual({ text: "0%", direction: "same" });
	});
	test("is in percentage points for shares", () => {
		expect(change(0.42, 0.4, "percent")).toEqual({ text: "+2 pp", direction: "up" });
	});
	test("from nothing is new, never infinite", () => {
		expect(change(5, 0, "number")).toEqual({ text: "new", direction: "up" });
		expect(change(5, null, "number")).toBeNull();
	});
});

test("lag is told in the unit that fits", () => {
	expect([0, 180, 4200, 200_000, 9_000_000].map(lag)).toEqual(["0.0 s", "0.2 s", "4 s", "3 min", "3 h"]);
});

test("an estimate of visitors is told in whole people", () => {
	expect(brief(50.08, "number")).toBe("50");
	expect(full(3347.4, "number")).toBe("3,347");
	expect(full(2.345, "ratio")).toBe("2.345");
});

test("a wait is told in words, and never too short", () => {
	expect([0, 400, 1_000, 59_500, 119_000, 120_000, 121_000, 7_200_001].map(wait)).toEqual([
		"1 second",
		"1 second",
		"1 second",
		"60 seconds",
		"119 seconds",
		"2 minutes",
		"3 minutes",
		"3 hours",
	]);
});
