import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyDashboard } from "./dashboard.testing.ts";
import { Dashboard, DashboardFile, type Grid, type Panel } from "./dashboard.ts";
import { faultsOf } from "./dashboard-check.ts";
import { DASHBOARD_SCHEMA_PATH, dashboardSchema } from "./dashboard-schema.ts";
import { measuresOf } from "./plan.ts";
import { TEMPLATES, templateOf } from "./templates.ts";

const file = (dashboard: unknown) => ({ nowcast: "dashboard", uid: "d_1", dashboard });
const address = `https://nowcast.example${DASHBOARD_SCHEMA_PATH}`;
/** JSON Schema as others read it: nothing of zod decides here. */
const isFile = new Ajv2020({ strict: false, validateFormats: false }).compile(dashboardSchema(address));

const overlap = (a: Grid, b: Grid) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
const kindsIn = ({ panels }: Dashboard) => new Set(panels.map(({ kind }) => kind));

describe.each(TEMPLATES)("the template $id", ({ id, dashboard }) => {
	it("has 8 to 13 panels side by side, and nothing wrong with it", () => {
		expect(templateOf(id)?.dashboard).toBe(dashboard);
		expect(dashboard.panels.length).toBeGreaterThanOrEqual(8);
		expect(dashboard.panels.length).toBeLessThanOrEqual(13);
		expect(faultsOf(dashboard)).toEqual([]);
		const pairs = dashboard.panels.flatMap((a, i) => dashboard.panels.slice(i + 1).map((b) => [a, b] as const));
		expect(pairs.filter(([a, b]) => overlap(a.grid, b.grid)).map(([a, b]) => [a.id, b.id])).toEqual([]);
	});

	it("leaves no hole in the grid", () => {
		const cells = dashboard.panels.reduce((sum, { grid }) => sum + grid.w * grid.h, 0);
		const end = Math.max(...dashboard.panels.map(({ grid }) => grid.y + grid.h));
		expect(cells).toBe(24 * end);
	});

	it("asks metrics only for measures that they have", () => {
		const wrong = dashboard.panels.flatMap((panel: Panel) =>
			"queries" in panel
				? panel.queries.filter(({ metric, measure }) => !measuresOf(metric).some((known) => known === measure))
				: [],
		);
		expect(wrong).toEqual([]);
	});

	it("exports what the published JSON Schema describes", () => {
		const exported = JSON.parse(JSON.stringify(file(dashboard)));
		expect(isFile(exported), JSON.stringify(isFile.errors)).toBe(true);
		expect(DashboardFile.parse(exported).dashboard).toEqual(dashboard);
	});
});

describe("the templates together", () => {
	it("show every kind of panel", () => {
		const kinds = new Set(TEMPLATES.flatMap(({ dashboard }) => [...kindsIn(dashboard)]));
		expect([...kinds].sort()).toEqual(
			["area", "bar", "funnel", "heatmap", "line", "map", "pie", "retention", "stat", "table", "text"].sort(),
		);
	});
});

describe("the published JSON Schema", () => {
	it("says where it stands, and takes a document that says nothing but its title", () => {
		expect(dashboardSchema(address)).toMatchObject({
			$schema: "https://json-schema.org/draft/2020-12/schema",
			$id: address,
			title: "Nowcast dashboard",
		});
		expect(isFile({ nowcast: "dashboard", dashboard: { title: "x" } })).toBe(true);
	});

	it("takes every dashboard", () => {
		fc.assert(
			fc.property(anyDashboard, (dashboard) => {
				expect(isFile(file(JSON.parse(JSON.stringify(dashboard))))).toBe(true);
			}),
		);
	});

	it("refuses what an import would refuse", () => {
		const panel = { kind: "stat", id: "p1", grid: { x: 0, y: 0, w: 6, h: 4 }, queries: [{ ref: "A" }] };
		const bad: unknown[] = [
			{ dashboard: { title: "x" } },
			{ nowcast: "dashboard", dashboard: {} },
			file({ title: "x", colour: "red" }),
			file({ title: "x", panels: [{ ...panel, kind: "gauge" }] }),
			file({ title: "x", panels: [{ ...panel, queries: [{ ref: "Z" }] }] }),
			file({ title: "x", panels: [{ ...panel, grid: { x: 0, y: 0, w: 25, h: 4 } }] }),
			file({ title: "x", schema_version: 2 }),
		];
		expect(isFile(file({ title: "x", panels: [panel] }))).toBe(true);
		for (const each of bad) {
			expect([isFile(each), DashboardFile.safeParse(each).success], JSON.stringify(each)).toEqual([false, false]);
		}
		expect(Dashboard.safeParse({ title: "x", panels: [panel] }).success).toBe(true);
	});
});
