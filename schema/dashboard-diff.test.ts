import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyDashboard, stat } from "./dashboard.testing.ts";
import { Dashboard, type DashboardInput, type Panel } from "./dashboard.ts";
import { differences, merge } from "./dashboard-diff.ts";

const dashboard = (more: Partial<DashboardInput> = {}): Dashboard =>
	Dashboard.parse({ title: "Web", panels: [stat("p1"), stat("p2")], ...more });
const base = dashboard();
const withPanel = (from: Dashboard, id: string, change: (panel: Panel) => Panel): Dashboard => ({
	...from,
	panels: from.panels.map((panel) => (panel.id === id ? change(panel) : panel)),
});
const titled =
	(title: string) =>
	(panel: Panel): Panel => ({ ...panel, title });
const paths = (before: Dashboard, after: Dashboard) =>
	differences(before, after).map(({ kind, path }) => `${kind} ${path}`);

describe("differences", () => {
	it("are none of the same, and some of others, whatever the order of keys", () => {
		fc.assert(
			fc.property(anyDashboard, anyDashboard, (a, b) => {
				const shuffled = JSON.parse(JSON.stringify(a, Object.keys(a).toReversed().concat(keysIn(a))));
				expect(differences(a, shuffled)).toEqual([]);
				expect(differences(a, b).length === 0).toBe(JSON.stringify(a) === JSON.stringify(b));
			}),
		);
	});

	it("name panels by id, variables by name, and other fields", () => {
		const after = dashboard({
			title: "Web 2",
			variables: [{ kind: "text", name: "q" }],
			panels: [stat("p2", { title: "Two" }), stat("p3")],
		});
		expect(paths(base, after)).toEqual([
			"changed /title",
			"added /variables/q",
			"removed /panels/p1",
			"changed /panels/p2/title",
			"added /panels/p3",
		]);
	});

	it("tell a panel that only moved from one that changed, too", () => {
		const moved = withPanel(base, "p1", (panel) => ({ ...panel, grid: { x: 6, y: 2, w: 6, h: 4 } }));
		expect(differences(base, moved)).toEqual([
			{ path: "/panels/p1/grid", kind: "moved", before: base.panels[0]?.grid, after: moved.panels[0]?.grid },
		]);
		expect(paths(base, withPanel(moved, "p1", titled("x")))).toEqual([
			"changed /panels/p1/title",
			"changed /panels/p1/grid",
		]);
	});

	it("tell the order, and a panel that became one of another kind as a whole", () => {
		expect(differences(base, { ...base, panels: base.panels.toReversed() })).toEqual([
			{ path: "/panels", kind: "moved", before: ["p1", "p2"], after: ["p2", "p1"] },
		]);
		const text = dashboard({ panels: [stat("p1"), { kind: "text", id: "p2", grid: { x: 0, y: 0, w: 6, h: 4 } }] });
		expect(paths(base, text)).toEqual(["changed /panels/p2"]);
	});
});

describe("a merge", () => {
	it("of one change is that change", () => {
		fc.assert(
			fc.property(anyDashboard, anyDashboard, (b, a) => {
				expect(merge(b, a, b)).toEqual({ merged: a, conflicts: [] });
				expect(merge(b, b, a)).toEqual({ merged: a, conflicts: [] });
			}),
		);
	});

	it("of the same change twice is that change", () => {
		fc.assert(
			fc.property(anyDashboard, anyDashboard, (b, a) => {
				expect(merge(b, a, a)).toEqual({ merged: a, conflicts: [] });
			}),
		);
	});

	it("does not depend on whose is mine, but where there are conflicts; then every choice of all is one side's", () => {
		fc.assert(
			fc.property(anyDashboard, anyDashboard, anyDashboard, (b, mine, theirs) => {
				const [one, other] = [merge(b, mine, theirs), merge(b, theirs, mine)];
				expect(one.conflicts.map(({ path }) => path).sort()).toEqual(other.conflicts.map(({ path }) => path).sort());
				if (one.conflicts.length === 0) expect(one.merged).toEqual(other.merged);
				expect(merge(b, mine, theirs, () => "theirs").merged).toEqual(other.merged);
			}),
			{ numRuns: 300 },
		);
	});

	it("is always a dashboard", () => {
		fc.assert(
			fc.property(anyDashboard, anyDashboard, anyDashboard, (b, mine, theirs) => {
				const { merged } = merge(b, mine, theirs);
				expect(Dashboard.parse(merged)).toEqual(merged);
			}),
		);
	});

	it("has no conflict where different panels changed, or different fields of one", () => {
		const grid = { x: 12, y: 0, w: 6, h: 4 };
		const mine = withPanel(base, "p1", titled("One"));
		const theirs = withPanel(withPanel(base, "p2", titled("Two")), "p1", (panel) => ({ ...panel, grid }));
		const { merged, conflicts } = merge(base, { ...mine, title: "Mine" }, { ...theirs, tags: ["theirs"] });
		expect(conflicts).toEqual([]);
		expect(merged).toMatchObject({
			title: "Mine",
			tags: ["theirs"],
			panels: [
				{ id: "p1", title: "One", grid },
				{ id: "p2", title: "Two" },
			],
		});
	});

	it("keeps the panels that both sides added, in one order for both", () => {
		const mine = dashboard({ panels: [stat("p1"), stat("p9"), stat("p2")] });
		const theirs = dashboard({ panels: [stat("p1"), stat("p8"), stat("p2"), stat("p7")] });
		const { merged, conflicts } = merge(base, mine, theirs);
		expect(conflicts).toEqual([]);
		expect(merged.panels.map(({ id }) => id)).toEqual(["p1", "p8", "p9", "p2", "p7"]);
	});

	it("shows what both did where both changed the same, and takes whose is chosen", () => {
		const mine = withPanel(base, "p1", titled("Mine"));
		const theirs = withPanel(base, "p1", titled("Theirs"));
		const { merged, conflicts } = merge(base, mine, theirs);
		expect(conflicts).toEqual([
			{
				path: "/panels/p1/title",
				mine: { path: "/panels/p1/title", kind: "changed", before: "", after: "Mine" },
				theirs: { path: "/panels/p1/title", kind: "changed", before: "", after: "Theirs" },
			},
		]);
		expect(merged.panels[0]?.title).toBe("Mine");
		expect(merge(base, mine, theirs, () => "theirs").merged.panels[0]?.title).toBe("Theirs");
	});

	it("asks about a panel that one side deleted and the other changed", () => {
		const mine = dashboard({ panels: [stat("p2")] });
		const theirs = withPanel(base, "p1", titled("Theirs"));
		const { merged, conflicts } = merge(base, mine, theirs);
		expect(conflicts.map(({ path, mine: m, theirs: t }) => [path, m.kind, t.kind])).toEqual([
			["/panels/p1", "removed", "changed"],
		]);
		expect(merged.panels.map(({ id }) => id)).toEqual(["p2"]);
		expect(merge(base, mine, theirs, () => "theirs").merged.panels.map(({ id }) => id)).toEqual(["p1", "p2"]);
	});
});

/** Every key at any depth, so that JSON.stringify with a list of keys leaves none out. */
function keysIn(value: unknown): string[] {
	if (typeof value !== "object" || value === null) return [];
	return Object.entries(value).flatMap(([key, inner]) => [key, ...keysIn(inner)]);
}
