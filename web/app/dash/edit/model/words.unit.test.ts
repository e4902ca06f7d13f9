import { describe, expect, it } from "vitest";
import { Dashboard } from "../../../../../schema/dashboard.ts";
import { differences, merge } from "../../../../../schema/dashboard-diff.ts";
import { changeLines, choices, differenceWords } from "./words.ts";

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

describe("lists of changes", () => {
	const panelAt = (id: string, y: number) => ({ ...panel, id, title: `Chart ${id}`, grid: { ...grid, y } });
	const board = (title: string, ...ys: number[]) =>
		Dashboard.parse({ title, panels: ys.map((y, i) => panelAt(`p${i + 1}`, y)) });

	it("say in one line that panels moved, with their names behind it", () => {
		const [before, after] = [board("Site", 0, 8, 16), board("Shop", 8, 0, 16)];
		expect(changeLines(differences(before, after), [after, before])).toEqual([
			{ text: "Dashboard: title changed from “Site” to “Shop”", names: [] },
			{ text: "2 panels moved or resized", names: ["Panel “Chart p1”", "Panel “Chart p2”"] },
		]);
	});

	it("count a panel that moved among others also where more of it changed", () => {
		const before = board("Site", 0, 8);
		const [one, other] = board("Site", 8, 0).panels;
		const after = Dashboard.parse({ ...before, panels: [{ ...one, title: "New" }, other] });
		expect(changeLines(differences(before, after), [after, before]).map(({ text }) => text)).toEqual([
			"Panel “New”: title changed from “Chart p1” to “New”",
			"2 panels moved or resized",
		]);
	});

	it("name a single one that moved", () => {
		const [before, after] = [board("Site", 0, 8), board("Site", 0, 12)];
		expect(changeLines(differences(before, after), [after, before])).toEqual([
			{ text: "Panel “Chart p2”: moved or resized", names: [] },
		]);
	});

	it("tell another order from another place", () => {
		const before = board("Site", 0, 8);
		const after = { ...before, panels: before.panels.toReversed() };
		expect(changeLines(differences(before, after), [after, before]).map(({ text }) => text)).toEqual([
			"Dashboard: order of panels changed",
		]);
	});

	it("let one choose once whose places stand", () => {
		const [base, mine, theirs] = [board("Site", 0, 8, 16), board("Mine", 8, 0, 16), board("Theirs", 16, 24, 0)];
		const { conflicts } = merge(base, mine, theirs);
		expect(choices(conflicts, [mine, theirs, base])).toEqual([
			{
				paths: ["/title"],
				mine: "Dashboard: title changed from “Site” to “Mine”",
				theirs: "Dashboard: title changed from “Site” to “Theirs”",
			},
			{
				paths: ["/panels/p1/grid", "/panels/p2/grid"],
				mine: "2 panels moved or resized",
				theirs: "2 panels moved or resized",
			},
		]);
	});
});
