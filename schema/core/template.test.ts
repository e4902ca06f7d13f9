// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how variables are written
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileRegex } from "./scan/regex.ts";
import { EVERY, FORMATS, interpolate, onlyVariable, variablesIn } from "./template.ts";

const values = new Map([
	["country", ["DE", "FR"]],
	["plan", ["pro"]],
	["name", ["O'Hara"]],
	["any", [EVERY]],
	["none", []],
]);

describe("variables in a text", () => {
	it.each([
		["Visits in $country", "Visits in DE, FR"],
		["${plan}s of $plan.", "pros of pro."],
		["$plan$plan", "propro"],
		["${country:csv} ${country:pipe}", "DE,FR DE|FR"],
		["${country:json} ${plan:json}", '["DE","FR"] "pro"'],
		["${name:sqlstring}", "'O''Hara'"],
		["${country:regex} ${plan:regex}", "(DE|FR) pro"],
		["$any: ${any:regex}", "All: .*"],
		["costs $$5 or $5, $$plan", "costs $5 or $5, $plan"],
		["nothing: $none.", "nothing: ."],
	])("%s", (text, shown) => {
		expect(interpolate(text, values)).toBe(shown);
	});

	it("stay where nobody knows the name or the format", () => {
		for (const text of ["$unknown", "${unknown}", "${plan:yaml}", "$", "${", "$__all"])
			expect(interpolate(text, values)).toBe(text);
	});

	it("are put in once: a value that looks like a variable is a text", () => {
		expect(
			interpolate(
				"$a",
				new Map([
					["a", ["$b"]],
					["b", ["x"]],
				]),
			),
		).toBe("$b");
	});

	it("are told by name, each once; a dollar that stands for itself is none", () => {
		expect(variablesIn("$b of ${a:csv}, $$c and $b")).toEqual(["b", "a"]);
	});

	it("may be all that there is", () => {
		expect(["$a", "${a}", "$a!", "${a:csv}", "$$a", "a"].map(onlyVariable)).toEqual(["a", "a", null, null, null, null]);
	});
});

describe("laws", () => {
	const text = fc.string({ unit: "grapheme", maxLength: 20 });

	it("a pattern of values matches each of them and no other text", () => {
		const list = fc.array(fc.string({ maxLength: 8 }), { minLength: 1, maxLength: 4 });
		fc.assert(
			fc.property(list, fc.string({ maxLength: 8 }), (all, other) => {
				const regex = compileRegex(`^${interpolate("$v", new Map([["v", all]]), "regex")}$`);
				for (const value of all) expect(regex.test(value)).toBe(true);
				expect(regex.test(other)).toBe(all.includes(other));
			}),
		);
	});

	it("no value changes what is around it", () => {
		fc.assert(
			fc.property(
				text,
				text,
				fc.array(text, { maxLength: 3 }),
				fc.constantFrom(...FORMATS),
				(before, after, list, format) => {
					const plain = (s: string) => s.replaceAll("$", "");
					const shown = interpolate(`${plain(before)}\${v}${plain(after)}`, new Map([["v", list]]), format);
					expect(shown.startsWith(plain(before)) && shown.endsWith(plain(after))).toBe(true);
				},
			),
		);
	});
});
