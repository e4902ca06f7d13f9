/** Dashboards for tests. */
import fc from "fast-check";
import { COLUMNS, Dashboard, type DashboardInput, type PanelInput } from "./dashboard.ts";
import type { FilterInput } from "./expression.ts";

/** The least that can be on a dashboard. */
export const stat = (id: string, more: Partial<Extract<PanelInput, { kind: "stat" }>> = {}): PanelInput => ({
	kind: "stat",
	id,
	grid: { x: 0, y: 0, w: 6, h: 4 },
	queries: [{ ref: "A" }],
	...more,
});

const word = fc.constantFrom("", "Visitors", "Umsätze 東京", 'a "quoted" one', "$country", "100 %_\\ off", "🦊");
const filter: fc.Arbitrary<FilterInput> = fc.oneof(
	fc.constant<FilterInput>({ dim: "country", op: "in" as const, values: ["$country"] }),
	fc.constant<FilterInput>({
		not: {
			or: [
				{ dim: "path", op: "contains" as const, values: ["/shop"] },
				{ did: "purchase", at_least: 2 },
			],
		},
	}),
	fc.constant<FilterInput>({ dim: "value", op: "between" as const, values: [1.5, 20] }),
);
const grid = fc
	.tuple(
		fc.integer({ min: 0, max: COLUMNS - 2 }),
		fc.nat(20),
		fc.integer({ min: 2, max: COLUMNS }),
		fc.integer({ min: 2, max: 12 }),
	)
	.map(([x, y, w, h]) => ({ x, y, w: Math.min(w, COLUMNS - x), h }));
const query = fc.record(
	{
		label: word,
		metric: fc.constantFrom("*", "pageview", "purchase"),
		measure: fc.constantFrom("count" as const, "uniques" as const, "sum" as const),
		filters: fc.array(filter, { maxLength: 2 }),
		groupBy: fc.constantFrom<string[][]>([], ["device"], ["props.plan", "country"]),
		limit: fc.integer({ min: 1, max: 100 }),
	},
	{ requiredKeys: [] },
);
const queries = fc
	.array(query, { minLength: 1, maxLength: 3 })
	.map((all) => all.map((one, i) => ({ ...one, ref: (["A", "B", "C"] as const)[i] ?? "A" })));
const common = { title: word, description: word, grid };
type Numbers = Extract<PanelInput, { kind: "line" }>;
type Funnel = Extract<PanelInput, { kind: "funnel" }>["funnel"];
const formulas = fc.constantFrom<Numbers["formulas"][]>([], [{ expression: "A * 2", label: "twice" }]);
const thresholds = fc.constantFrom<Numbers["thresholds"][]>(
	[],
	[
		{ value: 0, tone: "good" as const },
		{ value: 10.5, tone: "bad" as const },
	],
);

const unnamed: fc.Arbitrary<PanelInput> = fc.oneof(
	fc.record({
		kind: fc.constant("line" as const),
		...common,
		queries,
		formulas,
		thresholds,
		compare: fc.boolean(),
		id: fc.constant("x"),
	}),
	fc.record({
		kind: fc.constant("stat" as const),
		...common,
		queries,
		formulas,
		thresholds,
		spark: fc.boolean(),
		id: fc.constant("x"),
	}),
	fc.record({ kind: fc.constant("text" as const), ...common, markdown: word, id: fc.constant("x") }),
	fc.record({
		kind: fc.constant("funnel" as const),
		...common,
		id: fc.constant("x"),
		funnel: fc.constant<Funnel>({ steps: [{ event: "pageview" }, { event: "purchase", label: "Buys" }] }),
		filters: fc.array(filter, { maxLength: 1 }),
	}),
);
const named = <T>(names: readonly string[], one: fc.Arbitrary<T>): fc.Arbitrary<[string, T][]> =>
	fc.uniqueArray(fc.tuple(fc.constantFrom(...names), one), { selector: ([name]) => name, maxLength: names.length });

const panels = named(["p1", "p2", "p3", "p4"], unnamed).map((all) =>
	all.map(([id, panel]): PanelInput => ({ ...panel, id })),
);
const options = fc.constantFrom<{ value: string; label?: string }[][]>(
	[{ value: "pro" }],
	[{ value: "free", label: "Free" }, { value: "pro" }],
);
type VariableInput = NonNullable<DashboardInput["variables"]>[number];
const unnamedVariable: fc.Arbitrary<VariableInput> = fc.oneof(
	fc.record({ kind: fc.constant("list" as const), name: fc.constant("x"), label: word, options, multi: fc.boolean() }),
	fc.record({ kind: fc.constant("text" as const), name: fc.constant("x"), label: word }),
	fc.record({
		kind: fc.constant("query" as const),
		name: fc.constant("x"),
		dim: fc.constantFrom("path", "os"),
		all: fc.boolean(),
	}),
);
const country: VariableInput = { kind: "query", name: "country", dim: "country", all: true };
const variables = named(["v1", "v2", "v3"], unnamedVariable).map((all) =>
	all.map(([name, one]): VariableInput => ({ ...one, name })),
);

const optional = fc.record(
	{
		description: word,
		tags: fc.uniqueArray(fc.constantFrom("web", "shop", "Ärger"), { maxLength: 3 }),
		timezone: fc.constantFrom("site", "browser", "Europe/Berlin"),
		time: fc.constantFrom({ from: "now-7d", to: "now" }, { from: "now/d", to: "now/d" }),
		refresh: fc.constantFrom("off" as const, "live" as const, "1m" as const),
		annotations: fc.constantFrom<DashboardInput["annotations"][]>(
			[],
			[{ kind: "anomalies" as const }],
			[{ kind: "stored" as const, tags: ["deploy"] }],
		),
	},
	{ requiredKeys: [] },
);

/**
 * Any that can be saved, with the defaults said: it has the variable that its panels may name. Of small alphabets, so
 * that changes of two sides meet.
 */
export const anyDashboard: fc.Arbitrary<Dashboard> = fc
	.tuple(fc.constantFrom("Web", "Shop", "Größe"), optional, variables, panels)
	.map(([title, rest, own, all]) => Dashboard.parse({ title, ...rest, variables: [country, ...own], panels: all }));
