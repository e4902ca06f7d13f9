// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how variables are written
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EVERY } from "../../schema/core/template.ts";
import { DAY } from "../../schema/core/zone.ts";
import { Panel, type PanelInput, Variable } from "../../schema/dashboard.ts";
import type { FilterInput } from "../../schema/expression.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import type { VariableValues } from "../../schema/panel.ts";
import { Problem } from "../../schema/problem.ts";
import { Query, type Question } from "../../schema/query.ts";
import { keyOf, normalise } from "./key.ts";
import { type PanelContext, type Resolved, resolvePanel } from "./resolve.ts";

const now = Date.parse("2026-11-22T09:23:45Z");
const config: TenantConfig = {
	version: 1,
	metrics: ["purchase", "signup"],
	dimensions: ["plan"],
	epoch: 0,
	partitions: 1,
	zone: "UTC",
	week_start: "monday",
	currency: null,
};
const variables = [
	{ kind: "query", name: "country", dim: "country", multi: true, all: true },
	{ kind: "list", name: "event", options: [{ value: "purchase" }, { value: "signup" }] },
	{
		kind: "list",
		name: "device",
		multi: true,
		all: true,
		value: ["mobile"],
		options: [{ value: "mobile" }, { value: "desktop" }],
	},
	{ kind: "text", name: "search" },
	{ kind: "interval", name: "step", options: ["1h", "1d"] },
].map((each) => Variable.parse(each));

const grid = { x: 0, y: 0, w: 12, h: 8 };
type Given = { kind: PanelInput["kind"] } & Record<string, unknown>;
const panelOf = (given: Given) => Panel.parse({ id: "p", grid, ...given });
const numbers = (query: Record<string, unknown> = {}, more: Record<string, unknown> = {}) =>
	panelOf({ kind: "line", queries: [{ ref: "A", ...query }], ...more });

function resolve(panel: Panel, values: VariableValues = {}, more: Partial<PanelContext> = {}): Resolved {
	const context = { time: { from: "now-24h", to: "now" }, timezone: "UTC", variables, values, config, ...more };
	return resolvePanel(panel, context, now);
}
function question(panel: Panel, values?: VariableValues, more?: Partial<PanelContext>): Question {
	const [query] = resolve(panel, values, more).queries;
	if (query === undefined || "problem" in query) throw query?.problem ?? new Error("no query");
	return query.question;
}
const filtersOf = (filters: FilterInput[], values: VariableValues = {}) =>
	question(numbers({ filters }), values).filters;
const problemOf = (act: () => unknown): Problem => {
	try {
		act();
	} catch (error) {
		if (error instanceof Problem) return error;
		throw error;
	}
	throw new Error("no problem");
};

describe("variables in filters", () => {
	const country: FilterInput = { dim: "country", op: "in", values: ["$country"] };

	it("a value that is a variable becomes the list of its values", () => {
		expect(filtersOf([country], { country: ["FR", "DE"] })).toEqual([{ ...country, values: ["DE", "FR"] }]);
		expect(filtersOf([{ ...country, values: ["IT", "${country}"] }], { country: ["DE"] })).toEqual([
			{ ...country, values: ["DE", "IT"] },
		]);
	});

	it("a longer text becomes one text for each of them", () => {
		const paths: FilterInput = { dim: "path", op: "starts_with", values: ["/$country/$device"] };
		expect(filtersOf([paths], { country: ["de", "fr"], device: ["mobile", "desktop"] })).toEqual([
			{ dim: "path", op: "starts_with", values: ["/de/desktop", "/de/mobile", "/fr/desktop", "/fr/mobile"] },
		]);
	});

	it("a pattern gets a pattern of them, which means these letters only", () => {
		const search: FilterInput = { dim: "path", op: "matches", values: ["^/$country/"] };
		expect(filtersOf([search], { country: ["a.b", "c|d"] })).toEqual([{ ...search, values: ["^/(a\\.b|c\\|d)/"] }]);
	});

	it("All, and a text that nobody wrote, hold nothing back, wherever they stand", () => {
		const device: FilterInput = { dim: "device", op: "eq", values: ["tv"] };
		expect(filtersOf([country], { country: [EVERY] })).toEqual([]);
		expect(filtersOf([country])).toEqual([]);
		expect(filtersOf([{ dim: "path", op: "contains", values: ["x$search"] }, device], { search: [""] })).toEqual([
			device,
		]);
		expect(filtersOf([{ and: [country, device] }])).toEqual([{ and: [device] }]);
		expect(filtersOf([{ or: [country, device] }])).toEqual([]);
		expect(filtersOf([{ not: country }])).toEqual([]);
		expect(filtersOf([{ did: "$event", where: country }])).toEqual([
			{ did: "purchase", at_least: 1, within_days: undefined, where: undefined },
		]);
	});

	it("what looks like a query is a text like any other", () => {
		const evil = "'; DROP TABLE rollups; --$country{}";
		expect(filtersOf([{ dim: "path", op: "eq", values: ["$search"] }], { search: [evil] })).toEqual([
			{ dim: "path", op: "eq", values: [evil] },
		]);
	});

	it("stand for at most 1,000 values", () => {
		const many = Array.from({ length: 200 }, (_, i) => `v${i}`);
		const product: FilterInput = { dim: "path", op: "in", values: ["$country $country2"] };
		const more = [...variables, Variable.parse({ kind: "query", name: "country2", dim: "country", multi: true })];
		const values = { country: many, country2: many };
		const resolved = resolve(numbers({ filters: [product] }), values, { variables: more });
		expect(resolved.queries[0]).toMatchObject({ problem: { status: 422, code: "variable" } });
	});
});

describe("variables elsewhere", () => {
	it("in titles, names, steps, groups and formulas", () => {
		const panel = numbers(
			{ metric: "$event", groupBy: ["$search", "device"], label: "${event}s" },
			{ title: "$event in $country", interval: "$step", formulas: [{ label: "x $event", expression: "A * $search" }] },
		);
		const resolved = resolve(panel, { event: ["signup"], search: ["country"], step: ["1d"] });
		expect(resolved.title).toBe("signup in All");
		expect(resolved.formulas).toEqual([{ label: "x signup", expression: "A * country" }]);
		expect(resolved.queries[0]).toMatchObject({
			label: "signups",
			question: { metric: "signup", groupBy: ["country", "device"], interval: "1d" },
		});
	});

	it("have the stored value, else the first option, else All", () => {
		expect(resolve(panelOf({ kind: "text", markdown: "$event, $device, $step, $country, $search, $$" })).markdown).toBe(
			"purchase, mobile, 1h, All, , $",
		);
	});

	it.each<[string, VariableValues, string]>([
		["an option that is not there", { device: ["tv"] }, 'Variable device has no option "tv". It has: mobile, desktop.'],
		["All where there is none", { event: [EVERY] }, "Variable event has no option"],
		["several where it takes one", { event: ["purchase", "signup"] }, "Variable event takes one value, not 2."],
		["a step that is not offered", { step: ["1m"] }, 'Variable step has no option "1m"'],
	])("refuse %s", (_, values, words) => {
		const problem = problemOf(() => resolve(numbers(), values));
		expect(problem).toMatchObject({ status: 422, code: "variable" });
		expect(problem.message).toContain(words);
	});

	it("pass over names that the dashboard does not have, whatever they are", () => {
		expect(resolve(numbers(), { nobody: ["x"], constructor: ["y"] }).queries).toHaveLength(1);
		const named = [Variable.parse({ kind: "text", name: "constructor" })];
		expect(resolve(numbers({}, { title: "<$constructor>" }), {}, { variables: named }).title).toBe("<>");
	});

	it("a query that they make nonsense of has a problem; the others have none", () => {
		const panel = panelOf({
			kind: "line",
			queries: [{ ref: "A", measure: "$event" }, { ref: "B" }, { ref: "C", metric: "$country" }],
		});
		const resolved = resolve(panel, { country: ["DE", "FR"] });
		expect(resolved.queries.map((query) => "problem" in query && query.problem.code)).toEqual([
			"question",
			false,
			"variable",
		]);
	});
});

describe("what a kind asks", () => {
	it.each<[string, Given, object]>([
		["line", { kind: "line", compare: true }, { kind: "timeseries", compare: "previous", interval: "5m", limit: 10 }],
		["stat", { kind: "stat" }, { kind: "timeseries", compare: "previous" }],
		["bar over time", { kind: "bar" }, { kind: "timeseries" }],
		["bar by group", { kind: "bar", by: "group" }, { kind: "breakdown", groupBy: ["path", "device"] }],
		["pie", { kind: "pie" }, { kind: "breakdown" }],
		["table", { kind: "table", compare: true }, { kind: "breakdown", compare: "previous" }],
		["table over time", { kind: "table", by: "time" }, { kind: "timeseries" }],
		["heatmap of the week", { kind: "heatmap" }, { kind: "timeseries", interval: "1h", groupBy: [] }],
		["heatmap of values", { kind: "heatmap", by: "value" }, { kind: "histogram", groupBy: [], limit: 10 }],
		["heatmap over time", { kind: "heatmap", by: "time" }, { kind: "timeseries", groupBy: ["path"] }],
		["map", { kind: "map" }, { kind: "breakdown", groupBy: ["country"], limit: 300 }],
	])("%s", (_, given, expected) => {
		expect(question(panelOf({ queries: [{ ref: "A", groupBy: ["path", "device"] }], ...given }))).toMatchObject(
			expected,
		);
	});

	it("funnel and retention, with variables in their steps", () => {
		const steps = [
			{ event: "$event" },
			{ event: "signup", filters: [{ dim: "device", op: "in", values: ["$device"] }] },
		];
		expect(question(panelOf({ kind: "funnel", funnel: { steps }, breakdown: "country" }))).toMatchObject({
			kind: "funnel",
			from: "now-24h",
			steps: [{ event: "purchase" }, { filters: [{ dim: "device", op: "in", values: ["mobile"] }] }],
			breakdown: { dim: "country", attribution: "step:1" },
		});
		const retention = panelOf({
			kind: "retention",
			start: { event: "*" },
			return: { event: "$event" },
			period: "week",
		});
		expect(question(retention)).toMatchObject({ kind: "retention", return: { event: "purchase" }, period: "week" });
	});

	it("figures and breakdowns begin at the same instant, however wide they are", () => {
		const of = (kind: "stat" | "pie", maxDataPoints: number) =>
			question(panelOf({ kind, queries: [{ ref: "A" }] }), {}, { time: { from: "now-7d", to: "now" }, maxDataPoints });
		expect(of("stat", 20)).toMatchObject({ kind: "timeseries", interval: "1h" });
		expect(of("pie", 20)).toMatchObject({ kind: "breakdown", interval: "1h" });
		expect(of("stat", 1000)).toEqual(of("stat", 20));
	});

	it("its own range before the dashboard's", () => {
		const resolved = resolve(numbers({}, { time: { from: "now-7d", to: "now-1d" } }));
		expect(resolved).toMatchObject({ from: now - 7 * DAY, to: now - DAY });
		expect(resolved.queries[0]).toMatchObject({ question: { from: "now-7d", to: "now-1d" } });
	});
});

describe("limits, before anything runs", () => {
	it.each<[string, Panel, Partial<PanelContext>, string]>([
		["over 400 days", numbers(), { time: { from: "now-2y", to: "now" } }, "range"],
		["no time", numbers(), { time: { from: "yesterday", to: "now" } }, "range"],
		["no zone", numbers(), { timezone: "Mars/Olympus" }, "zone"],
		[
			"too many cells",
			numbers({ groupBy: ["path"], limit: 100 }, { interval: "1m" }),
			{ time: { from: "now-7d", to: "now" } },
			"cells",
		],
	])("%s", (_, panel, more, code) => {
		expect(problemOf(() => resolve(panel, {}, more))).toMatchObject({ status: 422, code });
	});

	it("say what to change", () => {
		const panel = numbers({ groupBy: ["path"], limit: 100 }, { interval: "1m", compare: true });
		expect(problemOf(() => resolve(panel, {}, { time: { from: "now-2d", to: "now" } })).message).toContain(
			"longer interval",
		);
	});
});

describe("one question for all who ask the same", () => {
	const key = (panel: Panel, more?: Partial<PanelContext>, values?: VariableValues) =>
		keyOf(question(panel, values, more));

	it("whatever their screens are wide, mostly", async () => {
		const all = [290, 300, 333, 800].map((maxDataPoints) => key(numbers(), { maxDataPoints }));
		expect(new Set(await Promise.all(all)).size).toBe(1);
		const pies = [100, 2000].map((maxDataPoints) =>
			key(panelOf({ kind: "pie", queries: [{ ref: "A" }] }), { maxDataPoints }),
		);
		expect(new Set(await Promise.all(pies)).size).toBe(1);
	});

	it("in whatever order filters and values come", async () => {
		const device: FilterInput = { dim: "device", op: "in", values: ["a", "b", "a"] };
		const plan: FilterInput = { dim: "plan", op: "neq", values: ["pro"] };
		const one = key(numbers({ filters: [device, plan, device] }));
		expect(await key(numbers({ filters: [plan, { ...device, values: ["b", "a"] }] }))).toBe(await one);
		expect(await key(numbers({ filters: [plan, { ...device, values: ["b"] }] }))).not.toBe(await one);
		const between: FilterInput = { dim: "value", op: "between", values: [9, 1] };
		expect(filtersOf([between])).toEqual([between]);
	});

	it("whichever millisecond of a bucket they brushed to, in whatever way it is written", async () => {
		const at = (from: string, to: string) => key(numbers({}, { interval: "5m" }), { time: { from, to } });
		const one = at("2026-11-21T10:01:02Z", "2026-11-21T12:03:00Z");
		expect(await at("2026-11-21T11:00:59.123+01:00", String(Date.parse("2026-11-21T12:04:59Z")))).toBe(await one);
		expect(await at("2026-11-21T10:05:00Z", "2026-11-21T12:03:00Z")).not.toBe(await one);
	});

	it("but not with another measure, zone, range, or with its plan", async () => {
		const all = [
			key(numbers()),
			key(numbers({ measure: "uniques" })),
			key(numbers(), { timezone: "Asia/Kathmandu" }),
			key(numbers(), { time: { from: "now-23h", to: "now" } }),
			key(numbers(), { explain: true }),
		];
		expect(new Set(await Promise.all(all)).size).toBe(all.length);
	});

	it("the order of fields means nothing, and a normal form is its own", async () => {
		const leaf = fc.record({
			dim: fc.constantFrom("country", "device"),
			op: fc.constantFrom("in" as const, "nin" as const),
			values: fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 }),
		});
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.oneof(leaf, fc.record({ or: fc.array(leaf, { minLength: 1, maxLength: 3 }) })), { maxLength: 4 }),
				async (filters) => {
					const one = normalise(Query.parse({ filters, limit: 5 }));
					const other = normalise(Query.parse({ limit: 5, filters: filters.toReversed() }));
					expect(await keyOf(other)).toBe(await keyOf(one));
					expect(normalise(one)).toEqual(one);
				},
			),
		);
	});
});

describe("what comes by socket", () => {
	const live = (panel: Panel, more?: Partial<PanelContext>) => {
		const [query] = resolve(panel, {}, more).queries;
		return query !== undefined && "live" in query ? query.live : undefined;
	};

	it("is the tail of a series of windows", () => {
		const filters = [{ dim: "country", op: "in", values: ["DE"] }];
		expect(live(numbers({ metric: "purchase", measure: "sum", filters, groupBy: ["device"], limit: 5 }))).toEqual({
			metric: "purchase",
			measure: "sum",
			from: "now-3h",
			interval: "5m",
			filters,
			groupBy: ["device"],
			limit: 5,
		});
		expect(live(numbers(), { time: { from: "now-1h", to: "now" } })).toMatchObject({
			interval: "1m",
			// As it was written: the same subscription a minute later.
			from: "now-1h",
		});
		expect(live(numbers(), { time: { from: "now/d", to: "now/d" } })).not.toBeNull();
	});

	it.each<[string, Panel, Partial<PanelContext>?]>([
		["a range that is over", numbers(), { time: { from: "now-2d", to: "now-1d" } }],
		["days", numbers({}, { interval: "1d" })],
		["what only raw events know", numbers({ filters: [{ dim: "path", op: "contains", values: ["x"] }] })],
		["an exact count", numbers({ measure: "uniques", exact: true })],
		["a metric that nobody has sent", numbers({ metric: "refund" })],
		["a measure that it does not have", numbers({ metric: "session", measure: "p99" })],
		["hours in another zone", numbers({}, { interval: "1h" }), { timezone: "Asia/Kathmandu" }],
		["a breakdown", panelOf({ kind: "pie", queries: [{ ref: "A" }] })],
		["a group that windows cannot make", numbers({ groupBy: ["path", "device"] })],
	])("is not %s", (_, panel, more) => {
		expect(live(panel, more)).toBeNull();
	});

	it("minutes are the same in every zone", () => {
		expect(live(numbers(), { timezone: "Asia/Kathmandu" })).not.toBeNull();
	});
});
