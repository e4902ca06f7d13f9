/** What earlier versions wrote must stay readable: the fixtures are as they were, and are never written anew. */
import { describe, expect, it } from "vitest";
import { Dashboard, DashboardFile } from "./dashboard.ts";
import { faultsOf } from "./dashboard-check.ts";
import { decodeDashboard, upgrade, upgradeInside } from "./dashboard-upgrade.ts";
import v1 from "./fixtures/dashboard.v1.json" with { type: "json" };
import { Problem } from "./problem.ts";

describe("an exported dashboard", () => {
	it("of version 1 reads with every kind of panel and of variable", () => {
		const { uid, dashboard } = DashboardFile.parse(upgradeInside(v1));
		expect(uid).toBe("d_fixture00001");
		expect(dashboard.panels.map(({ id, kind }) => [id, kind])).toEqual([
			["p1", "line"],
			["p2", "area"],
			["p3", "bar"],
			["p4", "pie"],
			["p5", "heatmap"],
			["p6", "table"],
			["p7", "stat"],
			["p8", "map"],
			["p9", "funnel"],
			["p10", "retention"],
			["p11", "text"],
		]);
		expect(dashboard.variables.map(({ kind }) => kind)).toEqual(["query", "list", "text", "interval"]);
		expect(faultsOf(dashboard)).toEqual([]);
		expect(dashboard).toEqual(v1.dashboard);
	});

	it("is read from the store the same way", () => {
		expect(decodeDashboard(JSON.stringify(v1.dashboard))).toEqual(v1.dashboard);
		expect(decodeDashboard('{"title":"short"}')).toEqual(Dashboard.parse({ title: "short" }));
	});

	it("of a newer version is refused in words that say what to do", () => {
		expect(() => upgrade({ ...v1.dashboard, schema_version: 2 })).toThrow(Problem);
		expect(() => upgradeInside({ ...v1, dashboard: { schema_version: 7, title: "x" } })).toThrow(
			"made by a newer Nowcast",
		);
	});

	it("that is none comes back as it is, for the schema to tell", () => {
		for (const none of [null, 1, "x", [], { schema_version: "1" }, { schema_version: 0 }]) {
			expect(upgrade(none)).toBe(none);
			expect(Dashboard.safeParse(none).success).toBe(false);
		}
	});
});
