/** GET /v1/dashboard.schema.json: what files of dashboards look like, for editors and other programs. */
import * as z from "zod";
import { AnnotationLayer, Dashboard, DashboardFile, Panel, PanelQuery, Variable } from "./dashboard.ts";
import { Filter } from "./expression.ts";

export const DASHBOARD_SCHEMA_PATH = "/v1/dashboard.schema.json";

const NAMED: readonly [z.ZodType, string, string][] = [
	[Dashboard, "Dashboard", "Panels on a grid of 24 columns, the variables they share, and what is drawn beside them."],
	[Panel, "Panel", "One drawing, by its kind."],
	[PanelQuery, "PanelQuery", "One series of a panel, or one for each group."],
	[Variable, "Variable", "What a viewer may choose; $name stands for it."],
	[AnnotationLayer, "AnnotationLayer", "Which annotations are drawn."],
	[Filter, "Filter", "Which events count: a condition, what visitors did, a saved segment, or and/or/not of them."],
];

/** JSON Schema, draft 2020-12, of what a file may say: what has a default may be left out. `id`: its address. */
export function dashboardSchema(id: string): Record<string, unknown> {
	const metadata = z.registry<{ id?: string; title?: string; description?: string }>();
	for (const [schema, title, description] of NAMED) metadata.add(schema, { id: title, title, description });
	metadata.add(DashboardFile, {
		title: "Nowcast dashboard",
		description: "What GET /v1/dashboards/:uid/export writes, and POST /v1/dashboards/import reads.",
	});
	const { $schema, ...schema } = z.toJSONSchema(DashboardFile, { io: "input", metadata });
	return { $schema, $id: id, ...schema };
}
