import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, parseFormula, refsOf } from "./formula.ts";

const values = { A: 10, B: 4, C: 0, D: null, E: -2.5 };
const value = (text: string) => evaluate(parseFormula(text), values);

describe("a formula", () => {
	it.each([
		["A / B * 100", 250],
		["A + B * 2", 18],
		["(A + B) * 2", 28],
		["A - B - 1", 5],
		["A / B / 2", 1.25],
		["-A + +B", -6],
		["--A", 10],
		["2 * -B", -8],
		["min(A, B, 7)", 4],
		["max(A,B)-abs(E)", 7.5],
		["round(A / 3)", 3],
		["ROUND(A / 3, 2)", 3.33],
		[".5 + 1e2 + 1.", 101.5],
	])("%s is %d", (text, result) => {
		expect(value(text)).toBe(result);
	});

	it("has no value where a part has none, or would be divided by 0", () => {
		for (const text of ["A + D", "min(A, D)", "A / C", "(A / C) * 0", "abs(D)", "F", "1e308 * 10", "-D"])
			expect(value(text), text).toBeNull();
	});

	it("says which queries it needs", () => {
		expect(refsOf(parseFormula("B / (A + B) * max(D, 2)"))).toEqual(["A", "B", "D"]);
		expect(refsOf(parseFormula("100"))).toEqual([]);
	});

	it.each([
		["", "At character 1 of the formula: expected a number, A to F, min, max, abs, round or (, it ends here"],
		["A +", "At character 4 of the formula"],
		["A B", "At character 3 of the formula: expected + - * / or the end, found B"],
		["A / G", "At character 5 of the formula: expected a number, A to F"],
		["(A", "At character 3 of the formula: expected ), it ends here"],
		["A ^ 2", "At character 3 of the formula: expected a number, A to F, or + - * / ( ), found ^"],
		["abs(A, B)", "At character 1 of the formula: expected abs of 1 numbers"],
		["min()", "At character 5 of the formula"],
		["alert(1)", "At character 1 of the formula"],
		["(".repeat(60), "nests over 50 levels deep"],
		["-".repeat(60), "nests over 50 levels deep"],
	])("that is broken says where: %s", (text, words) => {
		expect(() => parseFormula(text)).toThrow(RangeError);
		expect(() => parseFormula(text)).toThrow(words);
	});
});

describe("laws", () => {
	const expression = fc.letrec<{ sum: string }>((tie) => ({
		sum: fc.oneof(
			{ maxDepth: 4 },
			fc.constantFrom("A", "B", "3", "0.5"),
			fc.tuple(tie("sum"), fc.constantFrom("+", "-", "*"), tie("sum")).map(([a, op, b]) => `(${a} ${op} ${b})`),
			tie("sum").map((a) => `-${a}`),
		),
	})).sum;
	const number = fc.integer({ min: -1000, max: 1000 });

	it("a formula is what JavaScript makes of it", () => {
		fc.assert(
			fc.property(expression, number, number, (text, a, b) => {
				// "--" is an operator there.
				const js = text.replaceAll("-", "- ").replaceAll("A", `(${a})`).replaceAll("B", `(${b})`);
				expect(evaluate(parseFormula(text), { A: a, B: b })).toBeCloseTo(Number(new Function(`return ${js}`)()), 3);
			}),
		);
	});

	it("any text is parsed or refused in words, never anything else", () => {
		fc.assert(
			fc.property(fc.string({ unit: fc.constantFrom(..."AB12.()+-*/, minabsx") }), (text) => {
				try {
					parseFormula(text);
				} catch (error) {
					expect(error).toBeInstanceOf(RangeError);
				}
			}),
		);
	});
});
