import { describe, expect, it } from "vitest";
import { Dashboard } from "../../../../../schema/dashboard.ts";
import { differences } from "../../../../../schema/dashboard-diff.ts";
import { differenceWords } from "./words.ts";

const grid = { x: 0, y: 0, w: 12, h: 8 };
const panel = { kind: "line" as const, id: "p1", title: "Visitors", grid, queries: [{ ref: "A" as const }] };
const base = Dashboard.parse({
	title: "Site",
	panels: [panel],
	variables: [{ kind: "text", name: "page" }],
});

const said = (change: object): string[] => {
	const after = Dashboard.parse({ ...base, ...change });
	return differences(base, after).map((one) => differenceWords(one, [after, base]));
};

describe("differences in words", () => {
	it.each<[string, object, string]>([
		["a title", { title: "Shop" }, "Dashboard: title changed from “Site” to “Shop”"],
		[
			"a range",
			{ time: { from: "now-7d", to: "now" } },
			"Dashboard: time range changed from now-24h to now to now-7d to now",
		],
		["tags", { tags: ["a", "b"] }, "Dashboard: tags changed from nothing to a, b"],
		[
			"a panel's title",
			{ panels: [{ ...panel, title: "People" }] },
			"Panel “People”: title changed from “Visitors” to “People”",
		],
		["its place", { panels: [{ ...panel, grid: { ...grid, x: 4 } }] }, "Panel “Visitors”: moved or resized"],
		["a switch", { panels: [{ ...panel, compare: true }] }, "Panel “Visitors”: comparison changed from off to on"],
		["its queries", { panels: [{ ...panel, queries: [{ ref: "B" }] }] }, "Panel “Visitors”: queries changed"],
		["a removed panel", { panels: [] }, "Panel “Visitors” was removed"],
		["a removed variable", { variables: [] }, "Variable $page was removed"],
	])("name %s", (_, change, words) => {
		expect(said(change)).toEqual([words]);
	});

	it("name an added panel by its own title", () => {
		expect(said({ panels: [panel, { ...panel, id: "p2", title: "Sales", grid: { ...grid, y: 8 } }] })).toContain(
			"Panel “Sales” was added",
		);
	});
});
