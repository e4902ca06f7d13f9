import { expect, test } from "vitest";
import { sparkPath, thin } from "./spark.ts";

test("the highest value touches the top, zero the bottom", () => {
	expect(sparkPath([0, 10])).toBe("M0.0 27.0L100.0 2.0");
});

test("an average is drawn between its own extremes", () => {
	expect(sparkPath([90, 100], false)).toBe("M0.0 14.5L100.0 2.0");
});

test("a gap lifts the pen", () => {
	expect(sparkPath([1, null, 1])).toBe("M0.0 2.0M100.0 2.0");
});

test("a line of zeros lies on the floor, and of nothing is nothing", () => {
	expect(sparkPath([0, 0])).toBe("M0.0 27.0L100.0 27.0");
	expect(sparkPath([])).toBe("");
});

test("many points become means of neighbours, few stay", () => {
	expect(thin([1, 3, null, 5, null, null], 3)).toEqual([2, 5, null]);
	expect(thin([1, 2], 3)).toEqual([1, 2]);
});
