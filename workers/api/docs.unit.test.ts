/** The tables of docs/dashboards.md say every option there is, with the default that it has. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type * as z from "zod";
import {
	AreaPanel,
	Dashboard,
	LinePanel,
	Panel,
	PanelQuery,
	StatPanel,
	TextPanel,
	Variable,
} from "../../schema/dashboard.ts";

const text = new TextDecoder().decode(readFileSync("docs/dashboards.md"));

/** Cells of the rows of the table that begins with this heading. */
function table(heading: string, nth = 0): string[][] {
	const [, ...after] = text.split(`\n| ${heading} `);
	const [first = "", ...lines] = (after[nth] ?? "").split("\n");
	const end = lines.findIndex((line) => !line.startsWith("|"));
	if (first === "" || end < 0) throw new Error(`no table of ${heading}`);
	return lines.slice(1, end).map((line) =>
		line
			.slice(1, -1)
			.split("|")
			.map((cell) => cell.trim()),
	);
}

const REQUIRED = "–";
type Options = Record<string, string>;

/** Options by name; the default as JSON, or REQUIRED. */
const optionsOf = (shape: Record<string, z.ZodType>): Options =>
	Object.fromEntries(
		Object.entries(shape).map(([name, schema]) => {
			const { success, data } = schema.safeParse(undefined);
			return [name, success ? JSON.stringify(data) : REQUIRED];
		}),
	);

const without = (options: Options, ...others: Options[]): Options =>
	Object.fromEntries(Object.entries(options).filter(([name]) => !others.some((other) => name in other)));

/** `"auto"` of a cell that is `` `"auto"` ``. */
const rows = (heading: string, nth?: number): Options =>
	Object.fromEntries(table(heading, nth).map(([name = "", value = ""]) => [unquoted(name), unquoted(value)]));
const unquoted = (cell: string) => cell.replace(/^`|`$/g, "");

/** `` `name` = `default` `` and `` `name`, required `` of what is told of a kind. */
const told = (cell: string): Options => ({
	...Object.fromEntries([...cell.matchAll(/`(\w+)` = `([^`]+)`/g)].map(([, name = "", value = ""]) => [name, value])),
	...Object.fromEntries(
		[...cell.matchAll(/`(\w+)`(?: and `(\w+)`)?, required/g)].flatMap(([, ...names]) =>
			names.filter(Boolean).map((name) => [name, REQUIRED]),
		),
	),
});

const every = rows("of every panel");
const numbers = rows("of panels made of queries");
const kind = { kind: "" };

describe("docs/dashboards.md", () => {
	it("has every field of the document", () => {
		expect(rows("field")).toEqual(optionsOf(Dashboard.shape));
	});

	it("has every option of panels, of panels of numbers, and of queries", () => {
		expect(every).toEqual(without(optionsOf(TextPanel.shape), kind, { markdown: "" }));
		const own = ["interval", "compare", "spark", "value"];
		expect(numbers).toEqual(without(optionsOf(StatPanel.shape), kind, every, ...own.map((name) => ({ [name]: "" }))));
		expect(rows("of a query")).toEqual(optionsOf(PanelQuery.shape));
	});

	it.each(Panel.options.map((option) => [option.shape.kind.value, option.shape] as const))(
		"has every option of %s",
		(name, shape) => {
			const [, cell = ""] = table("kind").find(([first]) => first === `\`${name}\``) ?? [];
			const before = { area: LinePanel.shape, bar: AreaPanel.shape, line: {} };
			const inherited = name in before ? optionsOf(before[name as keyof typeof before]) : {};
			expect(told(cell)).toEqual(without(optionsOf(shape), kind, every, numbers, inherited));
		},
	);

	it("has every option of variables", () => {
		const shared = rows("of every variable");
		expect(shared).toEqual(without(optionsOf(Variable.options[2].shape), kind));
		for (const { shape } of Variable.options) {
			const [, cell = ""] = table("kind", 1).find(([first]) => first === `\`${shape.kind.value}\``) ?? [];
			expect(told(cell)).toEqual(without(optionsOf(shape), kind, shared));
		}
	});
});
