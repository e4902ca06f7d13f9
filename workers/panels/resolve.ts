/** A panel with its variables in place: what it asks, of which range, and what brings its newest buckets by socket. */
import { parseFormula } from "../../schema/core/formula.ts";
import { interpolate } from "../../schema/core/template.ts";
import { zoneOf } from "../../schema/core/zone.ts";
import type { Dashboard, Formula, Panel, Ref, Variable } from "../../schema/dashboard.ts";
import type { Subscription } from "../../schema/live.ts";
import type { VariableValues } from "../../schema/panel.ts";
import { type PlanConfig, rangeContext, rangeOf } from "../../schema/plan.ts";
import { Problem } from "../../schema/problem.ts";
import type { Question } from "../../schema/query.ts";
import { whyScan } from "../../schema/scan-plan.ts";
import { aligned, normalise } from "./key.ts";
import { checkCells, checkRange } from "./limits.ts";
import { liveOf } from "./live.ts";
import { type Asked, type Frame, questionsOf } from "./questions.ts";
import { currentValues } from "./values.ts";

export interface PanelContext {
	/** The range, unless the panel has its own. */
	time: Dashboard["time"];
	/** IANA. */
	timezone: string;
	variables: readonly Variable[];
	values: VariableValues;
	config: PlanConfig;
	maxDataPoints?: number;
	explain?: boolean;
	partial?: boolean;
}

/** A query of a panel. `scan`: only raw events can answer, which is dear. */
export type ResolvedQuery = { ref: Ref; label: string; hidden: boolean } & (
	| { question: Question; live: Subscription | null; scan: boolean }
	| { problem: Problem }
);

export interface Resolved {
	title: string;
	description: string;
	/** Of text panels. */
	markdown: string | null;
	queries: ResolvedQuery[];
	formulas: Formula[];
	/** The range as it was asked, epoch ms. */
	from: number;
	to: number;
	timezone: string;
}

/**
 * Problem 422 where the whole panel cannot be asked: `range`, `zone`, `variable`, `cells`. What is wrong with one query
 * is that query's problem.
 */
export function resolvePanel(panel: Panel, context: PanelContext, now: number): Resolved {
	const values = currentValues(context.variables, context.values);
	const range = rangeFor(panel, context, now);
	const frame: Frame = { ...range, values, now, timezone: context.timezone, ...optionsOf(context) };
	const asked = questionsOf(panel, frame);
	const questions = asked.flatMap((each) => ("question" in each ? [each.question] : []));
	checkCells(questions, frame.since, frame.until);
	const say = (text: string) => interpolate(text, values);
	return {
		title: say(panel.title),
		description: say(panel.description),
		markdown: panel.kind === "text" ? say(panel.markdown) : null,
		queries: asked.map((each) => resolved(each, frame, context.config)),
		formulas: "formulas" in panel ? panel.formulas.map((one) => placedFormula(one, say)) : [],
		from: range.since,
		to: range.asked,
		timezone: context.timezone,
	};
}

const optionsOf = ({ maxDataPoints = 300, explain = false, partial = false }: PanelContext) => ({
	maxDataPoints,
	explain,
	partial,
});

function rangeFor(panel: Panel, { time, timezone, config }: PanelContext, now: number) {
	const own = "time" in panel ? panel.time : null;
	const { from, to } = own ?? time;
	const range = rangeOf({ from, to }, rangeContext({ timezone }, config, now));
	checkRange(range.from, range.to);
	return { from, to, since: range.from, until: Math.min(range.to, now), asked: range.to };
}

/** A formula that is broken is told by who computes it; here only its variables are put in place. */
const placedFormula = ({ label, expression }: Formula, say: (text: string) => string): Formula => ({
	label: say(label),
	expression: say(expression),
});

/** Problem 422 `formula`, in the words of the parser. */
export function checkFormula({ expression }: Formula): void {
	try {
		parseFormula(expression);
	} catch (error) {
		if (error instanceof RangeError) throw new Problem(422, "formula", `${error.message}.`);
		throw error;
	}
}

function resolved(asked: Asked, frame: Frame, config: PlanConfig): ResolvedQuery {
	if ("problem" in asked) return asked;
	const question = normalise({ ...asked.question, ...timesOf(asked.question, frame) });
	if (!isSeries(question)) return { ...asked, question, live: null, scan: true };
	const scan = question.exact || whyScan(question, config) !== null;
	return { ...asked, question, live: liveOf(question, config, frame.now), scan };
}

const isSeries = (question: Question): question is Extract<Question, { measure: unknown }> => "measure" in question;

const isRelative = (time: string | number) => typeof time === "string" && time.startsWith("now");

/** Relative ends stay words, others go out to whole steps. */
function timesOf(question: Question, { from, to, since, until, timezone }: Frame) {
	const step = isSeries(question) && question.interval !== "auto" ? question.interval : "1m";
	const out = aligned(since, until, step, zoneOf(timezone));
	return { from: isRelative(from) ? from : out.from, to: isRelative(to) ? to : out.to };
}
