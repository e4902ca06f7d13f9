/** The kinds of questions that scans answer, by name: what crosses to the Scanner is plain data. */
import {
	type AggregatePartial,
	type AggregateQuestion,
	aggregate,
	aggregateReads,
} from "../../../schema/core/scan/aggregate.ts";
import { type EventsPartial, type EventsScan, events, eventsReads } from "../../../schema/core/scan/events.ts";
import { type FunnelPartial, type FunnelScan, funnel, funnelReads } from "../../../schema/core/scan/funnel.ts";
import {
	type LifecyclePartial,
	type LifecycleScan,
	lifecycle,
	lifecycleReads,
} from "../../../schema/core/scan/lifecycle.ts";
import { type PathsPartial, type PathsScan, paths, pathsReads } from "../../../schema/core/scan/paths.ts";
import type { Asked, ScanMatch } from "../../../schema/core/scan/question.ts";
import {
	type RetentionPartial,
	type RetentionScan,
	retention,
	retentionReads,
} from "../../../schema/core/scan/retention.ts";
import type { ScanKind } from "../../../schema/core/scan/rows.ts";
import {
	type VisitorPartial,
	type VisitorScan,
	type VisitorsPartial,
	type VisitorsScan,
	visitor,
	visitorReads,
	visitors,
	visitorsReads,
} from "../../../schema/core/scan/visitors.ts";
import { SESSION_MEASURES } from "../../../schema/metric.ts";
import { expressionReaches, fieldReaches, namesOf } from "./reach.ts";
import type { Reach } from "./tasks.ts";

interface Shapes {
	aggregate: { question: AggregateQuestion; partial: AggregatePartial };
	funnel: { question: FunnelScan; partial: FunnelPartial };
	retention: { question: RetentionScan; partial: RetentionPartial };
	paths: { question: PathsScan; partial: PathsPartial };
	lifecycle: { question: LifecycleScan; partial: LifecyclePartial };
	visitors: { question: VisitorsScan; partial: VisitorsPartial };
	visitor: { question: VisitorScan; partial: VisitorPartial };
	events: { question: EventsScan; partial: EventsPartial };
}

export type KindName = keyof Shapes;
export type QuestionOf<K extends KindName> = Shapes[K]["question"];
export type PartialOf<K extends KindName> = Shapes[K]["partial"];

export interface Kind<Question, Partial> extends ScanKind<Question, Partial> {
	/** The events that `run` must see. Others may be left out. */
	reaches(question: Question): Reach[];
	/** Events of bots are part of the answer. */
	bots: boolean;
}

export const KINDS: { readonly [K in KindName]: Kind<QuestionOf<K>, PartialOf<K>> } = {
	aggregate: { ...aggregate, reaches: aggregateReaches, bots: false },
	funnel: { ...funnel, reaches: funnelReaches, bots: false },
	retention: {
		...retention,
		reaches: (asked) => [...retentionReads(asked), ...filterReaches(asked, [asked.start, asked.return])],
		bots: false,
	},
	paths: { ...paths, reaches: (asked) => [...pathsReads(asked), ...filterReaches(asked, [asked.anchor])], bots: false },
	lifecycle: {
		...lifecycle,
		reaches: (asked) => [...lifecycleReads(asked), ...filterReaches(asked, [asked.event])],
		bots: false,
	},
	visitors: { ...visitors, reaches: visitorsReaches, bots: false },
	visitor: { ...visitor, reaches: (asked) => [...visitorReads(asked), ...filterReaches(asked, [])], bots: false },
	// Somebody who looks for an event wants to see that it was taken for a bot's.
	events: { ...events, reaches: (asked) => [...eventsReads(asked), ...filterReaches(asked, [])], bots: true },
};

function aggregateReaches(question: AggregateQuestion): Reach[] {
	const { event, where, groupBy, from, to } = question;
	// A session is made of its visitor's events of any name, some of them beside the range.
	const ofSessions = SESSION_MEASURES.includes(question.measure);
	const around = ofSessions ? aggregateReads({ ...question, where: null }) : { from, to };
	const own = { ...around, names: ofSessions ? null : namesOf(event) };
	return [own, ...expressionReaches(where, from, to), ...fieldReaches(groupBy, to)];
}

/** What the filters of a question look at, beside the events that it is about. */
function filterReaches({ from, to, where }: Asked, matches: readonly ScanMatch[]): Reach[] {
	return [where, ...matches.map((match) => match.where)].flatMap((each) => expressionReaches(each, from, to));
}

function funnelReaches(question: FunnelScan): Reach[] {
	const { steps, exclusions, breakdown, to } = question;
	const field = breakdown === null ? [] : fieldReaches([breakdown.field], to);
	return [...funnelReads(question), ...filterReaches(question, [...steps, ...exclusions]), ...field];
}

function visitorsReaches(question: VisitorsScan): Reach[] {
	const { funnel: from } = question;
	return [
		...visitorsReads(question),
		...filterReaches(question, from === null ? [] : [...from.steps, ...from.exclusions]),
	];
}
