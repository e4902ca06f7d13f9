/** What the editor does to panels: new ones, copies, another kind, queries more and less. Nothing is changed in place. */
import type * as z from "zod";
import {
	AreaPanel,
	BarPanel,
	type Dashboard,
	FunnelPanel,
	HeatmapPanel,
	LinePanel,
	MapPanel,
	type NumbersPanel,
	Panel,
	type PanelKind,
	PanelQuery,
	PiePanel,
	REFS,
	type Ref,
	RetentionPanel,
	StatPanel,
	TablePanel,
	TextPanel,
} from "../../../../../schema/dashboard.ts";
import { DEFAULT_SIZE } from "../../../../../schema/panel-place.ts";
import { KIND_NAMES } from "../../titles.ts";
import { type Box, compact, freePlace } from "./layout.ts";

const SCHEMAS: Record<PanelKind, { shape: Record<string, z.ZodType> }> = {
	line: LinePanel,
	area: AreaPanel,
	bar: BarPanel,
	pie: PiePanel,
	heatmap: HeatmapPanel,
	table: TablePanel,
	stat: StatPanel,
	map: MapPanel,
	funnel: FunnelPanel,
	retention: RetentionPanel,
	text: TextPanel,
};

const ANY = { event: "*", filters: [] };
const PAGEVIEW = { event: "pageview", filters: [] };

/** What a kind cannot do without, and good first values. */
function firstValues(kind: PanelKind): Record<string, unknown> {
	switch (kind) {
		case "funnel":
			return { funnel: { steps: [PAGEVIEW, ANY] } };
		case "retention":
			return { start: ANY, return: ANY };
		case "text":
			return { markdown: "## Notes\n\nWhat these figures are about." };
		case "table":
		case "pie":
			return { queries: [{ ref: "A", measure: "uniques", groupBy: ["country"] }] };
		case "map":
			return { queries: [{ ref: "A", measure: "uniques", groupBy: ["country"] }] };
		default:
			return { queries: [{ ref: "A", measure: "uniques" }] };
	}
}

export const isNumbers = (panel: Panel): panel is NumbersPanel => "queries" in panel;

export const boxesOf = (panels: readonly Panel[]): Box[] => panels.map(({ id, grid }) => ({ id, ...grid }));

/** The panels in the places of a layout. */
export const placed = (panels: readonly Panel[], boxes: readonly Box[]): Panel[] =>
	panels.map((panel) => {
		const box = boxes.find(({ id }) => id === panel.id);
		if (!box) return panel;
		const { x, y, w, h } = box;
		const { grid } = panel;
		return grid.x === x && grid.y === y && grid.w === w && grid.h === h ? panel : { ...panel, grid: { x, y, w, h } };
	});

/** `p1`, `p2`, …: the first that no panel has. */
export function freeId(panels: readonly Panel[]): string {
	const taken = new Set(panels.map(({ id }) => id));
	for (let n = panels.length + 1; ; n++) if (!taken.has(`p${n}`)) return `p${n}`;
}

/** A new panel of a kind at the first free place. */
export function newPanel(kind: PanelKind, panels: readonly Panel[]): Panel {
	const size = DEFAULT_SIZE[kind];
	const grid = { ...size, ...freePlace(boxesOf(panels), size) };
	return Panel.parse({ kind, id: freeId(panels), grid, ...firstValues(kind) });
}

/** A copy beside or under the first one: at the first place that is free. */
export function copyOf(panel: Panel, panels: readonly Panel[]): Panel {
	const size = { w: panel.grid.w, h: panel.grid.h };
	return { ...panel, id: freeId(panels), grid: { ...size, ...freePlace(boxesOf(panels), size) } };
}

const withPanels = (dashboard: Dashboard, panels: Panel[]): Dashboard => ({ ...dashboard, panels });

export const addPanel = (dashboard: Dashboard, panel: Panel): Dashboard =>
	withPanels(dashboard, [...dashboard.panels, panel]);

export const replacePanel = (dashboard: Dashboard, panel: Panel): Dashboard =>
	withPanels(
		dashboard,
		dashboard.panels.map((old) => (old.id === panel.id ? panel : old)),
	);

/** What stood under it falls up. */
export function removePanel(dashboard: Dashboard, id: string): Dashboard {
	const rest = dashboard.panels.filter((panel) => panel.id !== id);
	return withPanels(dashboard, placed(rest, compact(boxesOf(rest))));
}

export const layOut = (dashboard: Dashboard, boxes: readonly Box[]): Dashboard =>
	withPanels(dashboard, placed(dashboard.panels, boxes));

/** What one kind's figures are asked by, in the words of another: its event and what narrows it. */
function translated(panel: Panel, kind: PanelKind): Record<string, unknown> {
	const numbers = isNumbers(panel) ? panel.queries[0] : undefined;
	if (numbers && kind === "funnel")
		return { filters: numbers.filters, funnel: { steps: [{ event: numbers.metric, filters: [] }, ANY] } };
	if (numbers && kind === "retention") {
		const match = { event: numbers.metric, filters: [] };
		return { filters: numbers.filters, start: match, return: match };
	}
	if (panel.kind === "funnel" || panel.kind === "retention") {
		const event = panel.kind === "funnel" ? panel.funnel.steps[0]?.event : panel.start.event;
		return { queries: [{ ref: "A", metric: event ?? "*", measure: "uniques", filters: panel.filters }] };
	}
	return {};
}

/** Words that mean another thing in another kind: what such a field said is not taken along. */
const OWN = new Set(["kind", "by"]);

/**
 * The same panel as another kind. Fields that both kinds have stay, where their values fit; `before` is what the panel
 * was when it last was of that kind, so that looking at another kind loses nothing.
 */
export function asKind(panel: Panel, kind: PanelKind, before?: Panel): Panel {
	if (panel.kind === kind) return panel;
	const { shape } = SCHEMAS[kind];
	const said = { ...firstValues(kind), ...translated(panel, kind), ...before };
	const fields: Record<string, unknown> = { kind };
	for (const [name, value] of Object.entries(said)) if (shape[name] && name !== "kind") fields[name] = value;
	for (const [name, value] of Object.entries(panel)) {
		const field = shape[name];
		if (field && !OWN.has(name) && field.safeParse(value).success) fields[name] = value;
	}
	return Panel.parse(fields);
}

/** The first letter that no query has; null where all are taken. */
export const freeRef = (queries: readonly PanelQuery[]): Ref | null =>
	REFS.find((ref) => !queries.some((query) => query.ref === ref)) ?? null;

/** A further query: like the one given, or a new one. */
export function addQuery<P extends NumbersPanel>(panel: P, like?: PanelQuery): P {
	const ref = freeRef(panel.queries);
	if (ref === null) return panel;
	const [first] = panel.queries;
	const query = like ? { ...like, ref } : PanelQuery.parse({ ref, measure: "uniques", groupBy: first?.groupBy ?? [] });
	return { ...panel, queries: [...panel.queries, query] };
}

/**
 * A further formula: of two queries the share of the first in the second. Where that is all the panel is about, and its
 * unit was left open, the share alone is drawn, in percent; but the columns of a table are left as they are.
 */
export function addFormula<P extends NumbersPanel>(panel: P): P {
	const { queries, formulas, unit } = panel;
	const [first, second] = queries;
	const expression = first && second ? `${first.ref} / ${second.ref}` : (first?.ref ?? "A");
	const added = { ...panel, formulas: [...formulas, { label: "", expression }] };
	const isShare = queries.length === 2 && formulas.length === 0 && unit === "auto" && panel.kind !== "table";
	return isShare ? { ...added, unit: "percent", queries: queries.map((query) => ({ ...query, hidden: true })) } : added;
}

/** The list with the item at `from` at `to`. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
	const rest = list.filter((_, at) => at !== from);
	const item = from < 0 ? undefined : list[from];
	if (item === undefined || to < 0 || to > rest.length) return [...list];
	return [...rest.slice(0, to), item, ...rest.slice(to)];
}

/** What a panel without a title is called in lists. */
export const panelName = (panel: Pick<Panel, "title" | "kind">): string =>
	panel.title.trim() === "" ? `Untitled ${KIND_NAMES[panel.kind].toLowerCase()}` : panel.title;
