import { expect, test } from "vitest";
import { choicesOf, searchWithin } from "./choices.ts";
import { countryName, dimLabel, flag, valueLabel } from "./label.ts";

test("countries have names and flags, codes that are none stay as they are", () => {
	expect(countryName("DE")).toBe("Germany");
	expect(flag("DE")).toBe("🇩🇪");
	expect(countryName("zz9")).toBe("zz9");
	expect(flag("(none)")).toBe("");
});

test("missing and capped values are named, not shown in the server's words", () => {
	expect(valueLabel("referrer", "(none)")).toBe("Direct / none");
	expect(valueLabel("country", "(other)")).toBe("All others");
	expect(valueLabel("plan", "")).toBe("Not set");
	expect(valueLabel("path", "/pricing")).toBe("/pricing");
});

test("dimensions read as words", () => {
	expect([dimLabel("os"), dimLabel("plan_name"), dimLabel("path")]).toEqual(["OS", "Plan name", "Page"]);
});

test("values to filter by are found by name, code or dimension, largest first; (other) is none", () => {
	const data = [
		{
			dim: "country",
			values: [
				{ value: "DE", count: 5 },
				{ value: "FR", count: 9 },
				{ value: "(other)", count: 50 },
			],
			more: false,
		},
		{ dim: "device", values: [{ value: "mobile", count: 7 }], more: false },
		// What the server found for a search comes beside what was there.
		{ dim: "country", values: [{ value: "DE", count: 5 }], more: false },
	];
	const found = (search: string) => choicesOf(data, search).map((choice) => choice.label);
	expect(found("")).toEqual(["France", "Mobile", "Germany"]);
	expect(found("germ")).toEqual(["Germany"]);
	expect(found("country fr")).toEqual(["France"]);
});

test("the server is asked for the word that is not the dimension's name", () => {
	expect(searchWithin("path", "page boots")).toBe("boots");
	expect(searchWithin("path", "sale boots")).toBe("boots");
	expect(searchWithin("path", "page")).toBe(null);
	expect(searchWithin("path", "  ")).toBe(null);
});
