/** The kinds of panels as the gallery shows them. */
import type { PanelKind } from "../../../../../schema/dashboard.ts";

export interface KindInfo {
	kind: PanelKind;
	name: string;
	/** What it is good for, in a line. */
	hint: string;
}

export const KINDS: readonly KindInfo[] = [
	{ kind: "line", name: "Lines", hint: "Figures over time" },
	{ kind: "area", name: "Areas", hint: "Parts of a whole over time" },
	{ kind: "bar", name: "Bars", hint: "By time, or the largest groups" },
	{ kind: "stat", name: "Figure", hint: "One number and where it came from" },
	{ kind: "table", name: "Table", hint: "Groups and their figures" },
	{ kind: "pie", name: "Pie", hint: "Shares of a few groups" },
	{ kind: "heatmap", name: "Heatmap", hint: "Hours of the week, groups or values over time" },
	{ kind: "map", name: "Map", hint: "Countries of the world" },
	{ kind: "funnel", name: "Funnel", hint: "From one step to the next" },
	{ kind: "retention", name: "Retention", hint: "Who comes back, by cohort" },
	{ kind: "text", name: "Text", hint: "Notes in Markdown" },
];

export function kindInfo(kind: PanelKind): KindInfo {
	const found = KINDS.find((info) => info.kind === kind);
	if (!found) throw new Error(`no kind ${kind}`);
	return found;
}
