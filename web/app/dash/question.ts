/** What a panel asks: how finely, and what of it changes the answer. Pure. */
import type { Panel, PanelKind } from "../../../schema/dashboard.ts";
import type { PanelAnswer, VariableValues } from "../../../schema/panel.ts";
import type { PanelSource } from "./api.ts";
import type { Time } from "./view.ts";

/** What all panels of a view are asked for. */
export interface Asking {
	time: Time;
	/** IANA. */
	timezone: string;
	/** Those that the address says; others have their defaults. */
	variables: VariableValues;
}

/** Few steps, so that screens of about the same size ask the same question and are answered from one cache. */
const STEPS = [100, 200, 300, 500, 1000];

/** Pixels that a point takes at least, to be told from its neighbour. */
const POINT_PX: Partial<Record<PanelKind, number>> = { line: 2, area: 2, bar: 7, heatmap: 12, table: 4, stat: 4 };

/** At most this many points for a panel as wide as this, px. */
export function pointsFor(kind: PanelKind, width: number): number {
	const wanted = width / (POINT_PX[kind] ?? 4);
	return STEPS.findLast((step) => step <= wanted) ?? STEPS[0] ?? 100;
}

/** Says only how it looks, and where it stands: no reason to ask again. */
const LOOKS = new Set([
	"id",
	"title",
	"description",
	"grid",
	"unit",
	"decimals",
	"thresholds",
	"legend",
	"other",
	"min",
	"max",
	"stacking",
	"donut",
	"bars",
	"spark",
	"show",
]);

/** Does the server put anything in place in this text? */
export const hasVariables = (text: string): boolean => text.includes("$");

function substance(panel: Panel): unknown {
	const texts = hasVariables(panel.title + panel.description) ? [panel.title, panel.description] : [];
	return [Object.fromEntries(Object.entries(panel).filter(([name]) => !LOOKS.has(name))), texts];
}

/** Names a question: equal names have equal answers. */
export function questionOf(panel: Panel, source: PanelSource, asking: Asking, points: number): string {
	const what = "preview" in source ? [substance(panel), source.preview.variables ?? []] : [source, panel.id];
	return JSON.stringify([what, asking, points]);
}

/** The answer of a panel for which nobody has to be asked; null where somebody has. */
export function ownAnswer(panel: Panel, timezone: string): PanelAnswer | null {
	const { kind, title, description } = panel;
	if (kind !== "text" || hasVariables(title + description + panel.markdown)) return null;
	return { title, description, markdown: panel.markdown, results: [], from: 0, to: 0, timezone };
}
