/** What each kind of panel asks: from a panel with variables in place to questions of POST /v1/query. */
import type * as z from "zod";
import { autoStep } from "../../schema/core/range.ts";
import { interpolate, type TemplateValues } from "../../schema/core/template.ts";
import { STEP_MS, type Step } from "../../schema/core/zone.ts";
import type { NumbersPanel, Panel, PanelOf, PanelQuery, Ref } from "../../schema/dashboard.ts";
import { ALL } from "../../schema/metric.ts";
import { KEPT } from "../../schema/plan.ts";
import { Problem } from "../../schema/problem.ts";
import { INTERVALS, type Interval, Query, type Question, RANGES } from "../../schema/query.ts";
import { RawQuestion } from "../../schema/questions.ts";
import { parseInWords } from "../api/issues.ts";
import { detailOf } from "../api/validate.ts";
import { placeFilters, placeMatch, placeNames, placeWord } from "./place.ts";

/** What all questions of a panel have. */
export interface Frame {
	/** As it was asked: text, or epoch ms. */
	from: string | number;
	to: string | number;
	/** The same as instants, epoch ms; `until` no later than now. */
	since: number;
	until: number;
	now: number;
	/** IANA. */
	timezone: string;
	values: TemplateValues;
	maxDataPoints: number;
	explain: boolean;
	partial: boolean;
}

/** One query of a panel, by what formulas call it; the problem where its words make no question. */
export type Asked = { ref: Ref; label: string; hidden: boolean } & ({ question: Question } | { problem: Problem });

/** A map shows all countries. */
const COUNTRIES = 300;
/**
 * Points by which `auto` chooses what a breakdown or a figure is floored to. One number for all viewers: the width of their screens
 * must not make their questions different.
 */
const PLAIN_POINTS = 300;

export function questionsOf(panel: Panel, frame: Frame): Asked[] {
	if (panel.kind === "text") return [];
	const asked = (query: Pick<PanelQuery, "ref" | "label" | "hidden">, make: () => Question): Asked => {
		const one = { ref: query.ref, label: interpolate(query.label, frame.values), hidden: query.hidden };
		try {
			return { ...one, question: make() };
		} catch (error) {
			if (error instanceof Problem) return { ...one, problem: error };
			throw error;
		}
	};
	const only = { ref: "A", label: "", hidden: false } as const;
	if (panel.kind === "funnel") return [asked(only, () => funnelOf(panel, frame))];
	if (panel.kind === "retention") return [asked(only, () => retentionOf(panel, frame))];
	return panel.queries.map((query) => asked(query, () => queryOf(panel, query, frame)));
}

const common = ({ from, to, timezone, explain, partial }: Frame) => ({ from, to, timezone, explain, partial });

function queryOf(panel: NumbersPanel, query: PanelQuery, frame: Frame): Question {
	const { values } = frame;
	const overTime = isOverTime(panel);
	return valid(Query, {
		...common(frame),
		kind: isOfValues(panel) ? "histogram" : overTime ? "timeseries" : "breakdown",
		metric: placeWord(query.metric, values, "A metric", ALL),
		measure: placeWord(query.measure, values, "A measure"),
		filters: placeFilters(query.filters, values),
		groupBy: groupsOf(panel, query, values),
		limit: limitOf(panel, query),
		exact: query.exact,
		interval: overTime ? intervalOf(panel, frame) : stepFor(frame, PLAIN_POINTS),
		...("compare" in panel && panel.compare && { compare: "previous" }),
	});
}

/** Is it about how the values of events spread? */
const isOfValues = (panel: NumbersPanel): boolean => panel.kind === "heatmap" && panel.by === "value";

function limitOf(panel: NumbersPanel, { limit }: PanelQuery): number {
	if (panel.kind === "map") return COUNTRIES;
	return isOfValues(panel) ? Math.min(RANGES.most, Math.max(RANGES.least, limit)) : limit;
}

/** Do its queries have a point a bucket, or a number a group? */
export function isOverTime(panel: NumbersPanel): boolean {
	if (panel.kind === "pie" || panel.kind === "map") return false;
	return panel.kind === "bar" || panel.kind === "table" ? panel.by === "time" : true;
}

function groupsOf(panel: NumbersPanel, { groupBy }: PanelQuery, values: TemplateValues): string[] {
	if (panel.kind === "map") return ["country"];
	const names = placeNames(groupBy, values);
	if (panel.kind !== "heatmap") return names;
	return panel.by === "time" ? names.slice(0, 1) : [];
}

/**
 * The step that `auto` stands for, so that screens of different widths mostly ask the same. Problem 422 `interval`.
 */
function intervalOf(panel: NumbersPanel, frame: Frame): Step {
	if (panel.kind === "heatmap" && panel.by === "week") return "1h";
	const text = "interval" in panel ? panel.interval : "auto";
	const word = placeWord(text, frame.values, "An interval", "auto");
	const known = INTERVALS.find((interval): interval is Interval => interval === word);
	if (known === undefined)
		throw new Problem(422, "interval", `${JSON.stringify(word)} is no interval. There are: ${INTERVALS.join(", ")}.`);
	if (known !== "auto") return known;
	// A figure begins where the breakdowns beside it do, however small it is drawn: they show the same total.
	return stepFor(frame, panel.kind === "stat" ? PLAIN_POINTS : frame.maxDataPoints);
}

/** As schema/plan.ts chooses it: no finer than what is kept. */
function stepFor({ since, until, now }: Frame, points: number): Step {
	const age = now - since;
	const finest: Step = age <= KEPT.minute ? "1m" : age <= KEPT.hour ? "1h" : "1d";
	return autoStep(since, until, points, finest);
}

/** How long a bucket is, ms: of questions over time. */
export const stepMs = ({ interval }: Query): number => STEP_MS[interval === "auto" ? "1m" : interval];

function funnelOf({ funnel, filters, breakdown }: PanelOf<"funnel">, frame: Frame): Question {
	const { values } = frame;
	const [dim] = breakdown === null ? [] : placeNames([breakdown], values);
	return valid(RawQuestion, {
		kind: "funnel",
		...common(frame),
		...funnel,
		steps: funnel.steps.map((step) => placeMatch(step, values)),
		exclusions: funnel.exclusions.map((exclusion) => placeMatch(exclusion, values)),
		filters: placeFilters(filters, values),
		...(dim !== undefined && { breakdown: { dim } }),
	});
}

function retentionOf(panel: PanelOf<"retention">, frame: Frame): Question {
	const { start, filters, mode, period, periods, on } = panel;
	const { values } = frame;
	return valid(RawQuestion, {
		kind: "retention",
		...common(frame),
		start: placeMatch(start, values),
		return: placeMatch(panel.return, values),
		filters: placeFilters(filters, values),
		mode,
		period,
		periods,
		on,
	});
}

/** What variables made of a question may be none: Problem 422 `question`, with the field. */
function valid<T extends z.ZodType<Question>>(schema: T, value: unknown): Question {
	const result = parseInWords(schema, value);
	if (result.faults === undefined) return result.data;
	const detail = `With its variables in place: ${detailOf(result.faults, "the question")}`;
	throw new Problem(422, "question", detail, { extra: { errors: result.faults } });
}
