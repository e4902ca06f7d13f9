import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyDashboard } from "./dashboard.testing.ts";
import { Dashboard, type DashboardInput, EVERY, type PanelInput } from "./dashboard.ts";
import { faultsOf } from "./dashboard-check.ts";

const grid = { x: 0, y: 0, w: 6, h: 4 };
const faults = (input: Partial<DashboardInput>) =>
	faultsOf(Dashboard.parse({ title: "x", ...input })).map(({ path, message }) => `${path}: ${message}`);
type Numbers = Extract<PanelInput, { kind: "line" }>;
const line = (more: Partial<Numbers>): PanelInput => ({
	kind: "line",
	id: "p3",
	grid,
	queries: [{ ref: "A" }],
	...more,
});
const oneLine = (more: Partial<Numbers>, rest: Partial<DashboardInput> = {}) =>
	faults({ ...rest, panels: [line(more)] });
const query = (name: string, uses: string[]) => ({
	kind: "query" as const,
	name,
	dim: "city",
	filters: uses.map((use) => ({ dim: "country", op: "in" as const, values: [`$${use}`] })),
});

describe("what is wrong with a dashboard", () => {
	it("is nothing with those that people can make", () => {
		fc.assert(
			fc.property(anyDashboard, (dashboard) => {
				expect(faultsOf(dashboard)).toEqual([]);
			}),
		);
	});

	it("is a formula that is none, or names a query that is not there", () => {
		expect(oneLine({ formulas: [{ expression: "A / B" }] })).toEqual(["panels.p3.formulas.0: there is no query B"]);
		const [broken] = oneLine({ formulas: [{ expression: "A / " }] });
		expect(broken).toMatch(/^panels\.p3\.formulas\.0: At character \d+ of the formula/);
		expect(oneLine({ formulas: [{ expression: "A * $factor" }] })[0]).toContain("there is no variable factor");
		const factor = { kind: "list" as const, name: "factor", options: [{ value: "2" }] };
		expect(oneLine({ formulas: [{ expression: "A * $factor" }] }, { variables: [factor] })).toEqual([]);
	});

	it("is two queries of one name, or none that would be drawn", () => {
		expect(oneLine({ queries: [{ ref: "A" }, { ref: "A" }] })[0]).toContain(
			"panels.p3.queries: two queries are called A",
		);
		expect(oneLine({ queries: [{ ref: "A", hidden: true }] })[0]).toContain("nothing would be drawn");
		expect(oneLine({ queries: [{ ref: "A", hidden: true }], formulas: [{ expression: "A" }] })).toEqual([]);
	});

	it("is a variable that is not there, wherever a filter may stand", () => {
		const filters = [
			{ not: { or: [{ did: "purchase", where: { dim: "country", op: "in" as const, values: ["$land"] } }] } },
		];
		const message = "there is no variable land: add it, or write $$land for the text";
		expect(oneLine({ queries: [{ ref: "A", filters }] })).toEqual([`panels.p3.queries.0.filters: ${message}`]);
		expect(faults({ annotations: [{ kind: "stored", tags: ["$land"] }] })).toEqual([`annotations.0.tags: ${message}`]);
		const funnel = { steps: [{ event: "a", filters }, { event: "b" }] };
		expect(faults({ panels: [{ kind: "funnel", id: "f", grid, funnel }] })).toEqual([`panels.f.funnel: ${message}`]);
		const events = { start: { event: "a", filters }, return: { event: "b" } };
		expect(faults({ panels: [{ kind: "retention", id: "r", grid, ...events }] })).toEqual([
			`panels.r.start.filters: ${message}`,
		]);
		const texts = ["$$land", "100$", "$5", EVERY].map((value) => ({ dim: "os", op: "eq" as const, values: [value] }));
		expect(oneLine({ title: "for $land", queries: [{ ref: "A", filters: texts }] })).toEqual([]);
	});

	it("is an interval or a measure that a variable cannot be", () => {
		expect(oneLine({ interval: "$step" })[0]).toContain("panels.p3.interval: there is no variable step");
		const text = { kind: "text" as const, name: "step" };
		expect(oneLine({ interval: "$step" }, { variables: [text] })[0]).toContain(
			"$step must be a variable whose options",
		);
		const interval = { kind: "interval" as const, name: "step", options: ["1h" as const, "1d" as const] };
		expect(oneLine({ interval: ["$", "{step}"].join("") }, { variables: [interval] })).toEqual([]);
		const list = { kind: "list" as const, name: "m", options: [{ value: "count" }, { value: "revenue" }] };
		expect(oneLine({ queries: [{ ref: "A", measure: "$m" }] }, { variables: [list] })[0]).toContain(
			"panels.p3.queries.0.measure: $m must be",
		);
	});

	it("is a variable that depends on itself", () => {
		const chain = [query("a", ["b"]), query("b", ["c"]), query("c", [])];
		expect(faults({ variables: chain })).toEqual([]);
		const circle = faults({ variables: [query("a", ["b"]), query("b", ["c"]), query("c", ["b"])] });
		expect(circle).toEqual([
			"variables.b: depends on itself, by way of b → c → b",
			"variables.c: depends on itself, by way of c → b → c",
		]);
		expect(faults({ variables: [query("a", ["gone"])] })[0]).toContain(
			"variables.a.filters: there is no variable gone",
		);
	});

	it("is thresholds that do not rise, and times and zones that are none", () => {
		const thresholds = [
			{ value: 1, tone: "good" as const },
			{ value: 1, tone: "bad" as const },
		];
		expect(oneLine({ thresholds })[0]).toContain("panels.p3.thresholds.1: thresholds rise");
		expect(oneLine({ time: { from: "yesterday", to: "now" } })[0]).toContain(
			'panels.p3.time.from: "yesterday" is not a time',
		);
		expect(faults({ time: { from: "now-90d/d", to: "now+1d" }, timezone: "Mars/Base" })).toEqual([
			'timezone: "Mars/Base" is not an IANA zone such as Europe/Berlin',
		]);
	});

	it("is an exclusion behind the last step of a funnel", () => {
		const funnel = { steps: [{ event: "a" }, { event: "b" }], exclusions: [{ event: "x", after: 2 }] };
		expect(faults({ panels: [{ kind: "funnel", id: "f", grid, funnel }] })).toEqual([
			"panels.f.funnel.exclusions.0.after: stands before the last step",
		]);
	});
});
