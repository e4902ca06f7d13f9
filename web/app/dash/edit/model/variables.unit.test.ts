import { describe, expect, it } from "vitest";
import { Dashboard, Variable } from "../../../../../schema/dashboard.ts";
import { isUsed, newVariable, optionsOf, textOfOptions, VARIABLE_KINDS } from "./variables.ts";

describe("new variables", () => {
	it("are whole, and never called as another one", () => {
		let variables: Variable[] = [];
		for (const [kind] of [...VARIABLE_KINDS, ...VARIABLE_KINDS]) {
			const made = newVariable(kind, variables);
			expect(Variable.parse(made)).toEqual(made);
			variables = [...variables, made];
		}
		expect(Dashboard.safeParse({ title: "T", variables }).success).toBe(true);
	});
});

describe("options of a list", () => {
	it("are a value a line, with a label where there is one, each once", () => {
		const options = optionsOf("de = Germany\nfr\n\n  de\nx=a=b");
		expect(options).toEqual([
			{ value: "de", label: "Germany" },
			{ value: "fr", label: "" },
			{ value: "x", label: "a=b" },
		]);
		expect(optionsOf(textOfOptions(options))).toEqual(options);
	});
});

describe("use of a variable", () => {
	const dashboard = (title: string) =>
		Dashboard.parse({
			title: "T",
			variables: [{ kind: "text", name: "page" }],
			panels: [{ kind: "text", id: "a", title, grid: { x: 0, y: 0, w: 4, h: 4 } }],
		});
	const braced = (inner: string) => `\${${inner}}`;
	it.each([
		["$page", true],
		[`of ${braced("page:csv")}`, true],
		[braced("page"), true],
		["$pages", false],
		["page", false],
	])("in %s: %s", (title, used) => {
		expect(isUsed(dashboard(title), "page")).toBe(used);
	});
});
