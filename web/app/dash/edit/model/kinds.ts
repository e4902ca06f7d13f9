/** The kinds of panels as the gallery shows them. */
import type { PanelKind } from "../../../../../schema/dashboard.ts";

export interface KindInfo {
	kind: PanelKind;
	/** What it is good for, in a line. */
	hint: string;
}

export const KINDS: readonly KindInfo[] = [
	{ kind: "line", hint: "Figures over time" },
	{ kind: "area", hint: "Parts of a whole over time" },
	{ kind: "bar", hint: "By time, or the largest groups" },
	{ kind: "stat", hint: "One number and where it came from" },
	{ kind: "table", hint: "Groups and their figures" },
	{ kind: "pie", hint: "Shares of a few groups" },
	{ kind: "heatmap", hint: "Hours of the week, groups or values over time" },
	{ kind: "map", hint: "Countries of the world" },
	{ kind: "funnel", hint: "From one step to the next" },
	{ kind: "retention", hint: "Who comes back, by cohort" },
	{ kind: "text", hint: "Notes in Markdown" },
];
