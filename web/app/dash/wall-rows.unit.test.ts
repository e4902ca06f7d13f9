import { expect, test } from "vitest";
import { rowsShown } from "./wall-rows.ts";

test("all rows where there is room for them, or else one fewer than there is room for: a line says how many more", () => {
	expect(rowsShown(8, Number.POSITIVE_INFINITY)).toBe(8);
	expect(rowsShown(8, 8)).toBe(8);
	expect(rowsShown(8, 7)).toBe(6);
	expect(rowsShown(8, 2)).toBe(1);
});

test("where there is hardly any room, one row", () => {
	expect(rowsShown(8, 1)).toBe(1);
	expect(rowsShown(8, 0)).toBe(1);
	expect(rowsShown(0, 0)).toBe(0);
});
