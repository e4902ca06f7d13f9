/** A panel's figure of a period, beside that of the period before. */

import { OTHER } from "../../schema/core/label.ts";
import type { Dashboard, NumbersPanel, Panel, PanelQuery, Ref } from "../../schema/dashboard.ts";
import type { DigestPanel } from "../../schema/digest.ts";
import { countedRefs, formulaSeries } from "../../schema/formulas.ts";
import type { PanelAnswer, PanelResult } from "../../schema/panel.ts";
import { Problem } from "../../schema/problem.ts";
import type { Answer, BreakdownRow } from "../../schema/query.ts";

/** What a panel is answered of the period, and of the one before. */
export type Ask = (panel: Panel) => Promise<PanelAnswer>;

export interface Figure {
	value: number | null;
	previous: number | null;
	change: number | null;
}
type Row = Figure & { label: string };

const KINDS = ["stat", "line", "area", "bar", "table", "pie"] as const;
type Told = Extract<Panel, { kind: (typeof KINDS)[number] }>;
const isTold = (panel: Panel): panel is Told => KINDS.some((kind) => kind === panel.kind);

/** A digest is read in a minute. */
const MAX_PANELS = 20;
const MAX_ROWS = 5;

/** The panels that have figures, as they are read: from the top, left to right. */
export const toldPanels = ({ panels }: Pick<Dashboard, "panels">): Told[] =>
	panels
		.filter(isTold)
		.sort((a, b) => a.grid.y - b.grid.y || a.grid.x - b.grid.x)
		.slice(0, MAX_PANELS);

/** Never throws: a panel that cannot be answered says why, and the others are sent all the same. */
export async function figureOf(panel: Told, ask: Ask, currency: string | null): Promise<DigestPanel> {
	const { id, kind } = panel;
	const unit = unitOf(panel, currency);
	try {
		const total = await ask(asTotal(panel));
		const rows = seriesRows(panel, total);
		const [first = figure(null, null)] = rows;
		const { value, previous, change } = first;
		const further = isGrouped(panel) ? groupRows(panel, await ask(asTable(panel))) : rows.length > 1 ? rows : [];
		const problem = problemIn(total);
		return {
			id,
			title: total.title,
			kind,
			unit,
			value,
			previous,
			change,
			...(further.length > 0 && { rows: further.slice(0, MAX_ROWS) }),
			...(problem !== null && { problem }),
		};
	} catch (error) {
		if (!(error instanceof Problem)) console.error(`figure of panel ${id} failed`, error);
		const problem = error instanceof Problem ? error.message : "Something failed here.";
		return { id, title: panel.title, kind, unit, ...figure(null, null), problem };
	}
}

export function figure(value: number | null, previous: number | null): Figure {
	const known = value !== null && previous !== null && previous !== 0;
	return { value, previous, change: known ? (value - previous) / Math.abs(previous) : null };
}

const visible = ({ queries }: Pick<NumbersPanel, "queries">): PanelQuery[] => queries.filter(({ hidden }) => !hidden);
const isGrouped = (panel: Told): boolean => drawn(panel).some(({ groupBy }) => groupBy.length > 0);
/** What is drawn, or what is computed from where nothing else is. */
const drawn = (panel: Told): PanelQuery[] => (visible(panel).length > 0 ? visible(panel) : panel.queries);

/** What figures need of a panel, whatever it looks like. */
const common = ({ id, title, description, grid, unit, decimals }: Told) => ({
	id,
	title,
	description,
	grid,
	unit,
	decimals,
	thresholds: [],
	time: null,
	interval: "auto" as const,
	compare: true,
});

/** The same queries without their groups. */
const asTotal = (panel: Told): Panel => ({
	...common(panel),
	kind: "stat",
	queries: panel.queries.map((query) => ({ ...query, groupBy: [] })),
	formulas: panel.formulas,
	spark: false,
	value: "total",
});

/** The groups of its first query, or of its first formula where no query is drawn. */
const asTable = (panel: Told): Panel => {
	const [first] = visible(panel);
	return {
		...common(panel),
		kind: "table",
		queries: first ? [first] : panel.queries,
		formulas: first ? [] : panel.formulas.slice(0, 1),
		by: "group",
		bars: false,
		other: false,
	};
};

/** A row for each query that is drawn, then for each formula. */
function seriesRows(panel: Told, answer: PanelAnswer): Row[] {
	const answers = answersIn(answer);
	const queries = visible(panel).map((query) => {
		const label = resultOf(answer, query.ref)?.label || query.label || wordsFor(query);
		return row(label, answers.get(query.ref));
	});
	const formulas = (answer.formulas ?? []).map(({ label, expression }) =>
		row(label || expression, formulaSeries(expression, answers)),
	);
	return [...queries, ...formulas];
}

const row = (label: string, answer: Pick<Answer, "series" | "compare"> | undefined): Row => ({
	label,
	...figure(answer?.series?.[0]?.total ?? null, answer?.compare?.[0]?.total ?? null),
});

/** The largest groups. What passed the limit is no group. */
function groupRows(panel: Told, answer: PanelAnswer): Row[] {
	return tableOf(panel, answer)
		.filter(({ group }) => !Object.values(group).every((value) => value === OTHER))
		.sort((a, b) => (b.value ?? Number.NEGATIVE_INFINITY) - (a.value ?? Number.NEGATIVE_INFINITY))
		.map(({ group, value, previous = null }) => ({
			label: Object.values(group).join(" · "),
			...figure(value, previous),
		}));
}

function tableOf(panel: Told, answer: PanelAnswer): readonly BreakdownRow[] {
	const answers = answersIn(answer);
	const [first] = visible(panel);
	if (first) return answers.get(first.ref)?.table ?? [];
	const [formula] = answer.formulas ?? [];
	return formula ? (formulaSeries(formula.expression, answers, countedRefs(panel.queries)).table ?? []) : [];
}

/** Of queries that have an answer of series, or a table. */
function answersIn({ results }: PanelAnswer): Map<Ref, Answer> {
	const found = new Map<Ref, Answer>();
	for (const { ref, answer } of results) {
		if (answer && ("series" in answer || "table" in answer)) found.set(ref, answer);
	}
	return found;
}

const resultOf = ({ results }: PanelAnswer, ref: Ref): PanelResult | undefined =>
	results.find((result) => result.ref === ref);

const problemIn = ({ results }: PanelAnswer): string | null =>
	results.flatMap(({ problem }) => problem?.detail ?? [])[0] ?? null;

const wordsFor = ({ metric, measure }: PanelQuery): string =>
	`${metric === "*" ? "all events" : metric}, ${measure.replaceAll("_", " ")}`;

const DURATIONS: readonly string[] = ["duration"];
const COUNTS: readonly string[] = ["count", "uniques", "sessions", "views"];
const VALUES: readonly string[] = ["sum", "avg", "min", "max", "p50", "p75", "p90", "p95", "p99"];

/** Values of events are money where the site has a currency. A formula may be anything. */
export function unitOf(panel: Pick<Told, "unit" | "queries">, currency: string | null): DigestPanel["unit"] {
	if (panel.unit !== "auto") return panel.unit;
	const [first] = visible(panel);
	if (!first) return "number";
	if (COUNTS.includes(first.measure)) return "count";
	if (DURATIONS.includes(first.measure)) return "duration";
	if (first.measure === "bounce_rate") return "percent";
	return VALUES.includes(first.measure) && currency !== null ? "currency" : "number";
}
