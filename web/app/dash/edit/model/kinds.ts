/** The kinds of panels as the gallery shows them, and how large a new one is. */
import type { PanelKind } from "../../../../../schema/dashboard.ts";

export interface KindInfo {
	kind: PanelKind;
	name: string;
	/** What it is good for, in a line. */
	hint: string;
	/** Columns and rows of a new one. */
	size: { w: number; h: number };
}

export const KINDS: readonly KindInfo[] = [
	{ kind: "line", name: "Lines", hint: "Figures over time", size: { w: 12, h: 8 } },
	{ kind: "area", name: "Areas", hint: "Parts of a whole over time", size: { w: 12, h: 8 } },
	{ kind: "bar", name: "Bars", hint: "By time, or the largest groups", size: { w: 12, h: 8 } },
	{ kind: "stat", name: "Figure", hint: "One number and where it came from", size: { w: 6, h: 4 } },
	{ kind: "table", name: "Table", hint: "Groups and their figures", size: { w: 12, h: 9 } },
	{ kind: "pie", name: "Pie", hint: "Shares of a few groups", size: { w: 8, h: 8 } },
	{ kind: "heatmap", name: "Heatmap", hint: "Hours of the week, groups or values over time", size: { w: 12, h: 9 } },
	{ kind: "map", name: "Map", hint: "Countries of the world", size: { w: 12, h: 10 } },
	{ kind: "funnel", name: "Funnel", hint: "From one step to the next", size: { w: 12, h: 9 } },
	{ kind: "retention", name: "Retention", hint: "Who comes back, by cohort", size: { w: 24, h: 10 } },
	{ kind: "text", name: "Text", hint: "Notes in Markdown", size: { w: 8, h: 5 } },
];

export function kindInfo(kind: PanelKind): KindInfo {
	const found = KINDS.find((info) => info.kind === kind);
	if (!found) throw new Error(`no kind ${kind}`);
	return found;
}
