import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Dashboard, Panel, type PanelKind, PanelQuery, REFS } from "../../../../../schema/dashboard.ts";
import { panelProblems } from "./check.ts";
import { panelIn, textOfPanel } from "./clipboard.ts";
import { KINDS } from "./kinds.ts";
import { overlaps } from "./layout.ts";
import {
	addFormula,
	addPanel,
	addQuery,
	asKind,
	boxesOf,
	copyOf,
	freeRef,
	isNumbers,
	moved,
	newPanel,
	removePanel,
	replacePanel,
} from "./panels.ts";

const kinds = KINDS.map(({ kind }) => kind);
const anyKind = fc.constantFrom(...kinds);
const empty = Dashboard.parse({ title: "T" });
const dashboardOf = (list: readonly PanelKind[]): Dashboard =>
	list.reduce((dashboard, kind) => addPanel(dashboard, newPanel(kind, dashboard.panels)), empty);
const first = (dashboard: Dashboard): Panel => {
	const [panel] = dashboard.panels;
	if (!panel) throw new Error("no panel");
	return panel;
};
function numbers(kind: PanelKind) {
	const panel = newPanel(kind, []);
	if (!isNumbers(panel)) throw new Error(`${kind} has no queries`);
	return panel;
}

describe("new panels", () => {
	it("are whole, of every kind, and never stand over another", () => {
		fc.assert(
			fc.property(fc.array(anyKind, { maxLength: 12 }), (list) => {
				const dashboard = dashboardOf(list);
				expect(Dashboard.parse(dashboard)).toEqual(dashboard);
				const boxes = boxesOf(dashboard.panels);
				for (const one of boxes)
					for (const other of boxes) if (one.id !== other.id) expect(overlaps(one, other)).toBe(false);
			}),
		);
	});

	it("never take the id of another, also after some were removed", () => {
		const three = dashboardOf(["line", "bar", "stat"]);
		const two = removePanel(three, "p2");
		const again = addPanel(two, newPanel("pie", two.panels));
		expect(new Set(again.panels.map(({ id }) => id)).size).toBe(3);
	});
});

describe("copies", () => {
	it("are the same panel under another id in a free place", () => {
		const dashboard = dashboardOf(["line", "stat"]);
		const panel = first(dashboard);
		const copy = copyOf(panel, dashboard.panels);
		expect({ ...copy, id: panel.id, grid: panel.grid }).toEqual(panel);
		expect(Dashboard.safeParse(addPanel(dashboard, copy)).success).toBe(true);
	});

	it("go through the clipboard, also as a bare panel that somebody wrote", () => {
		const panel = newPanel("funnel", []);
		expect(panelIn(textOfPanel(panel))).toEqual(panel);
		expect(panelIn(JSON.stringify(panel))).toEqual(panel);
		for (const text of ["", "{}", "not JSON", '{"nowcast":"panel","panel":{}}']) expect(panelIn(text)).toBeNull();
	});
});

describe("another kind", () => {
	it("is a whole panel whatever it was, with its title, place and id", () => {
		fc.assert(
			fc.property(anyKind, anyKind, (from, to) => {
				const panel = { ...newPanel(from, []), title: "Visitors", description: "Why" };
				const other = asKind(panel, to);
				expect(Panel.parse(other)).toEqual(other);
				expect(other).toMatchObject({
					kind: to,
					id: panel.id,
					grid: panel.grid,
					title: "Visitors",
					description: "Why",
				});
			}),
		);
	});

	it("keeps queries, filters and formulas between kinds that have them", () => {
		const line = addQuery({ ...numbers("line"), formulas: [{ label: "", expression: "A / B" }] });
		const table = asKind(line, "table");
		expect(table).toMatchObject({ queries: line.queries, formulas: line.formulas, by: "group" });
	});

	it("asks a funnel for the event that a chart counted, and a chart for a funnel's first step", () => {
		const line = numbers("line");
		const chart = { ...line, queries: [PanelQuery.parse({ ref: "A", metric: "signup" })] };
		const funnel = asKind(chart, "funnel");
		expect(funnel).toMatchObject({ funnel: { steps: [{ event: "signup" }, { event: "*" }] } });
		expect(asKind(funnel, "line")).toMatchObject({ queries: [{ metric: "signup" }] });
	});

	it("loses nothing by looking at another kind and going back", () => {
		fc.assert(
			fc.property(anyKind, anyKind, (from, to) => {
				const panel = newPanel(from, []);
				expect(asKind(asKind(panel, to), from, panel)).toEqual(panel);
			}),
		);
	});
});

describe("queries", () => {
	it("are called by the first free letter, and six are all there are", () => {
		let panel = numbers("line");
		for (const ref of REFS.slice(1)) {
			expect(freeRef(panel.queries)).toBe(ref);
			panel = addQuery(panel);
		}
		expect(freeRef(panel.queries)).toBeNull();
		expect(addQuery(panel)).toBe(panel);
		expect(Panel.safeParse(panel).success).toBe(true);
	});

	it("are copied with all they say but their letter", () => {
		const panel = numbers("table");
		const [query] = panel.queries;
		expect(addQuery(panel, query).queries).toEqual([query, { ...query, ref: "B" }]);
	});
});

describe("formulas", () => {
	const expressions = (panel: { formulas: readonly { expression: string }[] }) =>
		panel.formulas.map(({ expression }) => expression);

	it("begin as the share of the first query in the second, drawn alone and in percent", () => {
		const panel = addFormula(addQuery(numbers("line")));
		expect(expressions(panel)).toEqual(["A / B"]);
		expect(panel.unit).toBe("percent");
		expect(panel.queries.map(({ hidden }) => hidden)).toEqual([true, true]);
		expect(panelProblems(panel).size).toBe(0);
	});

	it("leave the columns of a table, a unit that was chosen, and what else is drawn", () => {
		const chosen = { ...addQuery(numbers("line")), unit: "number" as const };
		for (const panel of [addQuery(numbers("table")), chosen, addQuery(addQuery(numbers("line")))])
			expect(addFormula(panel)).toEqual({ ...panel, formulas: [{ label: "", expression: "A / B" }] });
	});

	it("of one query are that query", () => {
		expect(expressions(addFormula(numbers("stat")))).toEqual(["A"]);
	});
});

describe("lists", () => {
	it("keep their items when one is moved", () => {
		fc.assert(
			fc.property(
				fc.uniqueArray(fc.integer()),
				fc.integer({ min: -2, max: 12 }),
				fc.integer({ min: -2, max: 12 }),
				(list, from, to) => {
					expect(moved(list, from, to).toSorted()).toEqual(list.toSorted());
				},
			),
		);
		expect(moved(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
	});
});

describe("a dashboard", () => {
	it("lets panels fall up where one was removed, and replaces one in its place", () => {
		const dashboard = dashboardOf(["retention", "retention"]);
		const [, second] = dashboard.panels;
		expect(removePanel(dashboard, "p1").panels).toEqual([{ ...second, grid: { ...second?.grid, y: 0 } }]);
		const named = { ...first(dashboard), title: "Cohorts" };
		expect(replacePanel(dashboard, named).panels).toEqual([named, second]);
	});
});
