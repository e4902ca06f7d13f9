/** What a panel draws: its visible queries and its formulas, each with what it is called and how it is written. */
import { evaluate, parseFormula } from "../../../../../schema/core/formula.ts";
import type { Formula, NumbersPanel, PanelQuery, Ref } from "../../../../../schema/dashboard.ts";
import { countedRefs, formulaSeries } from "../../../../../schema/formulas.ts";
import type { Measure } from "../../../../../schema/metric.ts";
import type { Anomalies, PanelAnswer, PanelResult } from "../../../../../schema/panel.ts";
import type { Answer, BreakdownRow, Series } from "../../../../../schema/query.ts";
import { MEASURE_INFO } from "../../../explore/model/measures.ts";
import { OTHER } from "../../../model/words.ts";
import { goodOf, measureOf, type Style, styleOf } from "./figures.ts";

export interface Source {
	/** Stays while values change: `A`, or `=0` of the first formula. */
	id: string;
	label: string;
	style: Style;
	measure: Measure | null;
	series: readonly Series[];
	compare: readonly Series[];
	table: readonly BreakdownRow[];
	/** Of all groups together, where the answer has it. */
	total: number | null;
	/** Relative standard error of an estimate, null where it is one of unknown error; undefined: exact. */
	error: number | null | undefined;
	/** Has a bucket without events no value (and not 0)? */
	gaps: boolean;
	good: "up" | "down" | null;
	anomalies: readonly Anomalies[];
}

export interface Sources {
	sources: Source[];
	/** What could not be drawn, in words: a formula that is none. */
	notes: string[];
	interval: string;
	/** The end of the effective range, epoch ms. */
	to: number;
}

/** Where the panel's answer is of raw events it has one of these; panels of numbers never do. */
const RAW = ["steps", "cohorts", "nodes", "points", "visitors", "visitor", "events"] as const;
const isNumbers = (answer: NonNullable<PanelResult["answer"]>): answer is Answer => !RAW.some((name) => name in answer);

/** A query's own name, else of its event and measure. */
export function queryLabel({ label, metric, measure }: PanelQuery, known: Measure | null): string {
	if (label !== "") return label;
	const what = known === null ? measure : MEASURE_INFO[known].label;
	if (metric === "*" || metric === "session") return what;
	return known === "count" ? metric : `${metric} · ${what}`;
}

/** All groups but those that passed the limit, unless the panel shows them. */
const shown = (panel: NumbersPanel) => {
	const other = !("other" in panel) || panel.other;
	return ({ group }: { group: Series["group"] }) => other || !isOther(group);
};
export const isOther = (group: Series["group"]): boolean => Object.values(group).includes(OTHER);

export function sourcesOf(panel: NumbersPanel, answer: PanelAnswer, currency: string | null): Sources {
	const answers = new Map<Ref, Answer>();
	const sources: Source[] = [];
	for (const query of panel.queries) {
		const result = answer.results.find(({ ref }) => ref === query.ref);
		if (result?.answer === undefined || !isNumbers(result.answer)) continue;
		answers.set(query.ref, result.answer);
		if (!query.hidden) sources.push(ofQuery(panel, query, result, result.answer, currency));
	}
	const { formulas: written = panel.formulas } = answer;
	const formulas = written.map((formula, i) => ofFormula(panel, formula, i, answers, currency));
	const [first] = answers.values();
	return {
		sources: [...sources, ...formulas.flatMap((one) => (typeof one === "string" ? [] : [one]))],
		notes: formulas.filter((one) => typeof one === "string"),
		interval: first?.meta.interval ?? "1h",
		to: first ? Date.parse(first.meta.to) : answer.to,
	};
}

function ofQuery(
	panel: NumbersPanel,
	query: PanelQuery,
	result: PanelResult,
	{ series = [], compare = [], table = [], total, meta }: Answer,
	currency: string | null,
): Source {
	const measure = measureOf(query, result);
	return {
		id: query.ref,
		// The server has put variables in place.
		label: queryLabel({ ...query, label: result.label ?? query.label }, measure),
		style: styleOf(panel, measure, currency),
		measure,
		series: series.filter(shown(panel)),
		compare,
		table: table.filter(shown(panel)),
		total: total ?? (series.length === 1 ? (series[0]?.total ?? null) : null),
		error: !meta.exact && measure === "uniques" ? meta.error : undefined,
		gaps: measure !== null && MEASURE_INFO[measure].gaps,
		good: goodOf(measure),
		anomalies: result.anomalies ?? [],
	};
}

/** A text where the expression is none: why. */
function ofFormula(
	panel: NumbersPanel,
	{ label, expression }: Formula,
	index: number,
	answers: ReadonlyMap<Ref, Answer>,
	currency: string | null,
): Source | string {
	try {
		const { series, compare = [], table = [] } = formulaSeries(expression, answers, countedRefs(panel.queries));
		const visible = series.filter(shown(panel));
		return {
			id: `=${index}`,
			label: label || expression,
			style: styleOf(panel, null, currency),
			measure: null,
			series: visible,
			compare,
			table: table.filter(shown(panel)),
			total: totalOf(expression, answers) ?? (series.length === 1 ? (series[0]?.total ?? null) : null),
			error: undefined,
			gaps: true,
			good: null,
			anomalies: [],
		};
	} catch (error) {
		if (error instanceof RangeError) return `${label || expression}: ${error.message}`;
		throw error;
	}
}

/** Of breakdowns: the formula of their overall numbers. Null where one has none. */
function totalOf(expression: string, answers: ReadonlyMap<Ref, Answer>): number | null {
	const totals = Object.fromEntries([...answers].map(([ref, { total }]) => [ref, total ?? null]));
	return evaluate(parseFormula(expression), totals);
}
