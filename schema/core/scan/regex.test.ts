import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { growth, LINEAR } from "../growth.testing.ts";
import { compileRegex } from "./regex.ts";

const leaf = fc.constantFrom(
	..."abcB 0-_".split(""),
	...[".", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\.", "\\u0062", "ä", "😀", "\\u{1f600}"],
	...["[ab]", "[^ab]", "[a-c0-9]", "[\\d_]", "[^\\w]", "[-a]", "[ä-ü😀]"],
);
const place = fc.constantFrom("^", "$", "\\b", "\\B");
const times = fc.constantFrom("*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "{1,3}?");
const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
	part: fc.oneof(
		{ maxDepth: 4, withCrossShrink: true },
		leaf,
		place,
		fc.tuple(leaf, times).map(([part, n]) => part + n),
		tie("pattern").map((inner) => `(${inner})`),
		fc.tuple(tie("pattern"), times).map(([inner, n]) => `(?:${inner})${n}`),
		fc.tuple(tie("pattern"), tie("pattern")).map(([a, b]) => `(?:${a}|${b})`),
	),
	pattern: fc.array(tie("part"), { maxLength: 4 }).map((parts) => parts.join("")),
}));
const text = fc
	.array(fc.constantFrom(..."abcB 0-_.\n", "ä", "😀", "é"), { maxLength: 12 })
	.map((chars) => chars.join(""));

describe("a regular expression", () => {
	it("finds a match where RegExp does", () => {
		fc.assert(
			fc.property(
				pattern,
				fc.array(text, { minLength: 1, maxLength: 5 }),
				fc.constantFrom("", "s"),
				(source, texts, flags) => {
					const regex = compileRegex(flags === "" ? source : `(?${flags})${source}`);
					const reference = new RegExp(source, `u${flags}`);
					for (const t of texts) expect([source, t, regex.test(t)]).toEqual([source, t, reference.test(t)]);
				},
			),
			{ numRuns: 3000 },
		);
	});

	it("ignores case where asked to", () => {
		const letters = fc.array(fc.constantFrom(..."aBcÄäσςΣ1"), { maxLength: 6 }).map((chars) => chars.join(""));
		fc.assert(
			fc.property(letters, letters, fc.constantFrom("", "[^", "["), (source, t, bracket) => {
				const pattern = bracket === "" || source === "" ? source : `${bracket}${source}]`;
				expect(compileRegex(`(?i)${pattern}`).test(t)).toBe(new RegExp(pattern, "iu").test(t));
			}),
			{ numRuns: 1000 },
		);
	});

	it("takes linear time for patterns that are catastrophic elsewhere", () => {
		for (const pattern of ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){12}$", "^(\\w+\\s?)*$", "(x+x+)+y"]) {
			const regex = compileRegex(pattern);
			regex.test(`${"a".repeat(255)}!`);
			expect(growth((n) => regex.test("x".repeat(n)), 20_000)).toBeLessThan(LINEAR);
		}
	});

	it("keeps a bounded number of states, and ends what takes too long", () => {
		const regex = compileRegex("[ab]*a[ab]{300}c");
		const random = (i: number) => ((Math.imul(i, 0x9e3779b1) >>> 13) & 1 ? "a" : "b");
		const texts = Array.from({ length: 1000 }, (_, n) =>
			Array.from({ length: 250 }, (_, i) => random(n * 250 + i)).join(""),
		);
		expect(() => texts.map((t) => regex.test(`${t}${t}`))).toThrow("takes too long");
	}, 30_000);

	it.each([
		["(a", "not closed"],
		["a)", "too many"],
		["[a", "not closed"],
		["*a", "nothing to repeat"],
		["a**", "two quantifiers"],
		["a++", "possessive"],
		["a{3,2}", "at least more than at most"],
		["a{1001}", "more than 1000"],
		["((a{50}){50}){50}", "too large"],
		["((((){1000}){1000}){1000}){1000}", "too large"],
		["(a)\\1", "refers back"],
		["(?<n>a)\\k<n>", "refers back"],
		["(?=a)", "ahead or behind"],
		["(?!a)", "ahead or behind"],
		["(?<=a)b", "ahead or behind"],
		["(?>a)", "unknown kind"],
		["\\p{L}", "unknown escape"],
		["a\\Z", "use ^ and $"],
		["a\\", "ends with a backslash"],
		["[z-a]", "range"],
		["^*", "stand for a place"],
	])("refuses %s", (pattern, why) => {
		expect(() => compileRegex(pattern)).toThrow(RangeError);
		expect(() => compileRegex(pattern)).toThrow(why);
	});

	it("reads what people write", () => {
		expect(compileRegex("^/(blog|docs)/.+\\.html$").test("/docs/a/b.html")).toBe(true);
		expect(compileRegex("(?i)^GOOGLE\\.(com|de)$").test("google.de")).toBe(true);
		expect(compileRegex("(?<year>20\\d{2})-[01]\\d").test("on 2026-11-22")).toBe(true);
		expect(compileRegex("a{,2}").test("a{,2}")).toBe(true);
		expect(compileRegex("").test("")).toBe(true);
	});
});
