import { expect, test } from "vitest";
import { cubeChoices } from "./choices.ts";
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
	const row = (dim: string, value: string, count: number) => ({ group: { [dim]: value }, value: count });
	const data = [
		{ dim: "country", rows: [row("country", "DE", 5), row("country", "FR", 9), row("country", "(other)", 50)] },
		{ dim: "device", rows: [row("device", "mobile", 7)] },
	];
	expect(cubeChoices(data, "").map((c) => c.value)).toEqual(["FR", "mobile", "DE"]);
	expect(cubeChoices(data, "germ").map((c) => c.value)).toEqual(["DE"]);
	expect(cubeChoices(data, "country fr").map((c) => c.value)).toEqual(["FR"]);
});
