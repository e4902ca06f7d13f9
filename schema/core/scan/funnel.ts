/** Funnels over raw events: each visitor's (or session's) events through the automaton of ../funnel.ts, and counted. */
import {
	type Attribution,
	attributedEvent,
	checkFunnel,
	type FunnelRules,
	FunnelRun,
	outcomeOf,
	runFunnel,
} from "../funnel.ts";
import { NONE, OTHER } from "../label.ts";
import { SESSION_GAP } from "../session.ts";
import { Durations, type DurationsPartial, mergeDurations } from "./durations.ts";
import { isNumberField, joinNeeds, type Needs, needsOf } from "./fields.ts";
import { fieldsOf } from "./match.ts";
import {
	type Asked,
	checkMatches,
	chosenRows,
	edgeBefore,
	labelsOf,
	matchBits,
	namesIn,
	needsOfMatches,
	type Reads,
	type ScanMatch,
} from "./question.ts";
import type { ScanKind, VisitorRows } from "./rows.ts";
import { SESSION_NEEDS, sessionsOf, type VisitorSessions } from "./sessions.ts";

/** Groups that a task keeps, the largest; the rest are `(other)`. */
const MAX_GROUPS = 1_000;
/** Groups that a merged result keeps. */
const MAX_MERGED = 4_000;

/** The funnel itself, as it may be saved, with its filters in place. */
export interface FunnelSteps {
	steps: readonly ScanMatch[];
	exclusions: readonly (ScanMatch & { after: number })[];
	windowMs: number;
	order: FunnelRules["order"];
	reentry: FunnelRules["reentry"];
	count: "visitors" | "sessions";
}

/** Step 1 in [from, to), later steps up to the end of its window. */
export interface FunnelScan extends Asked, FunnelSteps {
	kind: "funnel";
	/** Tells who is still inside the window. */
	now: number;
	breakdown: { field: string; attribution: Attribution } | null;
	/** Groups shown, the largest by step 1. */
	limit: number;
	/** Starts of the buckets of the trend, ascending, the first not after `from`; none: no trend. */
	buckets: readonly number[];
}

/** What is counted of a group. By step: how many got exactly that far, how many of them may still go on. */
export interface FunnelCounts {
	reached: number[];
	open: number[];
	/** By step: times from step 1, and from the step before. */
	fromStart: (DurationsPartial | null)[];
	fromBefore: (DurationsPartial | null)[];
}

export interface FunnelPartial {
	rowsRead: number;
	/** False where groups were given up to `(other)`. */
	exact: boolean;
	/** By label; without a breakdown there is one, "". */
	groups: Map<string, FunnelCounts>;
	/** By bucket of step 1. */
	entered: number[];
	converted: number[];
}

export const funnel: ScanKind<FunnelScan, FunnelPartial> = {
	needs: (question) => {
		const { breakdown } = question;
		return joinNeeds(funnelNeeds(question), needsOf(breakdown === null ? [] : [breakdown.field]));
	},
	run: runFunnels,
	merge: mergeFunnels,
};

/** What telling a funnel's results needs to read. */
export function funnelNeeds({ steps, exclusions, count, where }: Asked & FunnelSteps): Needs {
	return joinNeeds(
		needsOfMatches([...steps, ...exclusions]),
		fieldsOf(where),
		count === "sessions" ? SESSION_NEEDS : needsOf([]),
	);
}

/** @throws RangeError that says what to change. */
export function checkFunnelScan(question: Asked & FunnelSteps & Partial<Pick<FunnelScan, "breakdown">>): void {
	checkMatches(question, [...question.steps, ...question.exclusions]);
	checkFunnel(
		rulesOf(question),
		question.exclusions.map(({ after }) => after),
	);
	const { breakdown } = question;
	if (breakdown === null || breakdown === undefined) return;
	if (isNumberField(breakdown.field))
		throw new RangeError(`${breakdown.field} is a number, which cannot be broken down by: filter by it`);
	if (typeof breakdown.attribution === "number" && !(breakdown.attribution <= question.steps.length))
		throw new RangeError(`the breakdown is at step ${breakdown.attribution}: there are ${question.steps.length}`);
}

/** Later steps up to the end of the window. A stranger, and what keeps a session open, may have any name. */
export function funnelReads(question: Asked & FunnelSteps): Reads[] {
	const { from, to, windowMs, steps, exclusions, order, count } = question;
	const names = order === "strict" || count === "sessions" ? null : namesIn([...steps, ...exclusions]);
	return [{ from, to: to + windowMs, names }];
}

const rulesOf = ({ steps, windowMs, order, reentry }: FunnelSteps): FunnelRules => ({
	steps: steps.length,
	windowMs,
	order,
	reentry,
});

/** Receives the result of a visitor, or of one of its sessions: `run.at` are places in `events.rows`. */
type Receive = (visitor: number, run: FunnelRun, events: StepEvents, endsAt: number) => void;

/** Evaluates every visitor, or session, that reaches step 1. `endsAt`: from then on nothing can join it, but its window. */
export function eachFunnel(question: Asked & FunnelSteps, rows: VisitorRows, receive: Receive): void {
	const events = new StepEvents(question, rows);
	const run = new FunnelRun(rulesOf(question));
	const { from, to } = question;
	for (const unit of question.count === "sessions" ? sessionUnits(events, rows) : visitorUnits(events, rows)) {
		runFunnel(run, events, unit.begin, unit.end, from, to);
		if (run.level > 0) receive(unit.visitor, run, events, unit.endsAt);
	}
}

/** The rows that matter to a funnel, visitor by visitor, in columns. */
class StepEvents {
	length = 0;
	readonly t: Float64Array;
	readonly steps: Uint16Array;
	readonly excluded: Uint16Array;
	readonly rows: Uint32Array;

	constructor(question: Asked & FunnelSteps, rows: VisitorRows) {
		const { steps, exclusions, from, to, windowMs } = question;
		const ts = rows.number("ts");
		const chosen = chosenRows(question, rows);
		const stepBits = matchBits(question, steps.map(withBit), rows);
		const excludedBits =
			exclusions.length === 0
				? null
				: matchBits(
						question,
						exclusions.map((match) => ({ ...match, bit: 1 << (match.after - 1) })),
						rows,
					);
		// A stranger between two steps ends a strict attempt; else only what matches something is of interest.
		const all = question.order === "strict";
		const count = new Uint8Array(rows.rows);
		for (let row = 0; row < rows.rows; row++) {
			const matters = all || stepBits[row] !== 0 || (excludedBits !== null && excludedBits[row] !== 0);
			const t = ts[row] as number;
			if (!matters || t < from || t >= to + windowMs || (chosen !== null && chosen[row] === 0)) continue;
			count[row] = 1;
			this.length++;
		}
		this.t = new Float64Array(this.length);
		this.steps = new Uint16Array(this.length);
		this.excluded = new Uint16Array(this.length);
		this.rows = new Uint32Array(this.length);
		let at = 0;
		for (let row = 0; row < rows.rows; row++) {
			if (count[row] === 0) continue;
			this.t[at] = ts[row] as number;
			this.steps[at] = stepBits[row] as number;
			if (excludedBits !== null) this.excluded[at] = excludedBits[row] as number;
			this.rows[at++] = row;
		}
	}
}

const withBit = (match: ScanMatch, k: number) => ({ ...match, bit: 1 << k });

/** What is evaluated apart: the events [begin, end). One object for all, in turn. */
interface Unit {
	visitor: number;
	begin: number;
	end: number;
	endsAt: number;
}

function* visitorUnits({ rows: at, length }: StepEvents, { starts }: VisitorRows): Generator<Unit> {
	const unit = { visitor: 0, begin: 0, end: 0, endsAt: Number.POSITIVE_INFINITY };
	while (unit.end < length) {
		unit.begin = unit.end;
		while ((starts[unit.visitor + 1] as number) <= (at[unit.begin] as number)) unit.visitor++;
		const after = starts[unit.visitor + 1] as number;
		while (unit.end < length && (at[unit.end] as number) < after) unit.end++;
		yield unit;
	}
}

function* sessionUnits(events: StepEvents, rows: VisitorRows): Generator<Unit> {
	const sessions = sessionsOf(rows);
	const inSessions = onlyInSessions(events, sessions);
	const ts = rows.number("ts");
	const { starts } = rows;
	const unit = { visitor: 0, begin: 0, end: 0, endsAt: 0 };
	while (unit.end < inSessions) {
		unit.begin = unit.end;
		const session = sessions.of[events.rows[unit.begin] as number] as number;
		while (unit.end < inSessions && sessions.of[events.rows[unit.end] as number] === session) unit.end++;
		while ((starts[unit.visitor + 1] as number) <= (events.rows[unit.begin] as number)) unit.visitor++;
		unit.endsAt = (ts[sessions.last[session] as number] as number) + SESSION_GAP;
		yield unit;
	}
}

/** Moves the events that take part in a session to the front; answers how many there are. */
function onlyInSessions({ length, t, steps, excluded, rows }: StepEvents, { of }: VisitorSessions): number {
	let count = 0;
	for (let i = 0; i < length; i++) {
		if ((of[rows[i] as number] as number) < 0) continue;
		t[count] = t[i] as number;
		steps[count] = steps[i] as number;
		excluded[count] = excluded[i] as number;
		rows[count++] = rows[i] as number;
	}
	return count;
}

/** The outcome of a result: a session that is over cannot go on, though its window could. */
export function outcomeAt(run: FunnelRun, endsAt: number, now: number) {
	return outcomeOf(run.rules, run.level, run.startedAt, now >= endsAt ? Number.POSITIVE_INFINITY : now);
}

/** A group while it is counted. */
class Group {
	readonly reached: number[];
	readonly open: number[];
	readonly fromStart: (Durations | null)[];
	readonly fromBefore: (Durations | null)[];

	constructor(steps: number) {
		this.reached = new Array<number>(steps).fill(0);
		this.open = new Array<number>(steps).fill(0);
		this.fromStart = new Array<null>(steps).fill(null);
		this.fromBefore = new Array<null>(steps).fill(null);
	}

	add({ level, at }: FunnelRun, t: Float64Array, isOpen: boolean): void {
		const last = level - 1;
		this.reached[last] = (this.reached[last] as number) + 1;
		if (isOpen) this.open[last] = (this.open[last] as number) + 1;
		const start = t[at[0] as number] as number;
		for (let k = 1; k < level; k++) {
			const time = t[at[k] as number] as number;
			addTo(this.fromStart, k, time - start);
			addTo(this.fromBefore, k, time - (t[at[k - 1] as number] as number));
		}
	}

	counts(): FunnelCounts {
		const { reached, open, fromStart, fromBefore } = this;
		const plain = (all: (Durations | null)[]) => all.map((durations) => durations?.encode() ?? null);
		return { reached, open, fromStart: plain(fromStart), fromBefore: plain(fromBefore) };
	}
}

function addTo(all: (Durations | null)[], k: number, ms: number): void {
	const durations = all[k] ?? new Durations();
	all[k] = durations;
	durations.add(ms);
}

function runFunnels(question: FunnelScan, rows: VisitorRows): FunnelPartial {
	const { buckets, now, steps } = question;
	const groups = new Map<string, Group>();
	const entered = new Array<number>(buckets.length).fill(0);
	const converted = new Array<number>(buckets.length).fill(0);
	const labelOf = grouping(question, rows);
	eachFunnel(question, rows, (_, run, events, endsAt) => {
		const outcome = outcomeAt(run, endsAt, now);
		const label = labelOf(run, events);
		const group = groups.get(label) ?? new Group(steps.length);
		groups.set(label, group);
		group.add(run, events.t, outcome === "in_progress");
		const bucket = edgeBefore(buckets, run.startedAt);
		if (bucket < 0) return;
		entered[bucket] = (entered[bucket] as number) + 1;
		if (outcome === "converted") converted[bucket] = (converted[bucket] as number) + 1;
	});
	const counted = new Map([...groups].map(([label, group]) => [label, group.counts()]));
	return { rowsRead: rows.rows, ...largestGroups(counted, MAX_GROUPS, true), entered, converted };
}

/** Which group a result is of. */
function grouping({ breakdown, to }: FunnelScan, rows: VisitorRows): (run: FunnelRun, events: StepEvents) => string {
	if (breakdown === null) return () => "";
	const values = labelsOf(rows, breakdown.field, to);
	return ({ level, at }, events) => {
		const event = attributedEvent(breakdown.attribution, level, at, (i) => values.has(events.rows[i] as number));
		return event < 0 ? NONE : values.label(events.rows[event] as number);
	};
}

function mergeFunnels(x: FunnelPartial, y: FunnelPartial): FunnelPartial {
	const groups = new Map(x.groups);
	for (const [label, counts] of y.groups) groups.set(label, mergeCounts(groups.get(label), counts));
	return {
		rowsRead: x.rowsRead + y.rowsRead,
		...largestGroups(groups, MAX_MERGED, x.exact && y.exact),
		entered: sum(x.entered, y.entered),
		converted: sum(x.converted, y.converted),
	};
}

const sum = (x: readonly number[], y: readonly number[]) => x.map((n, i) => n + (y[i] ?? 0));

/** The counts of two groups, or of the same group of other visitors. */
export function mergeCounts(x: FunnelCounts | undefined, y: FunnelCounts): FunnelCounts {
	if (x === undefined) return y;
	return {
		reached: sum(x.reached, y.reached),
		open: sum(x.open, y.open),
		fromStart: x.fromStart.map((each, k) => mergeDurations(each, y.fromStart[k] ?? null)),
		fromBefore: x.fromBefore.map((each, k) => mergeDurations(each, y.fromBefore[k] ?? null)),
	};
}

/** Labels by size, and among equals by name, so that what is kept does not depend on their order; `(other)` is none. */
export function bySize(groups: ReadonlyMap<string, FunnelCounts>): string[] {
	const size = new Map([...groups].map(([label, { reached }]) => [label, reached.reduce((all, n) => all + n, 0)]));
	const labels = [...groups.keys()].filter((label) => label !== OTHER);
	return labels.sort((a, b) => (size.get(b) ?? 0) - (size.get(a) ?? 0) || (a < b ? -1 : 1));
}

function largestGroups(groups: Map<string, FunnelCounts>, most: number, exact: boolean) {
	if (groups.size <= most) return { groups, exact };
	return { groups: withOther(groups, bySize(groups).slice(0, most)), exact: false };
}

/** Those labels in that order, then the sum of the others, if there are any, as `(other)`. */
export function withOther(
	groups: ReadonlyMap<string, FunnelCounts>,
	kept: readonly string[],
): Map<string, FunnelCounts> {
	const names = new Set(kept);
	const out = new Map<string, FunnelCounts>();
	let other: FunnelCounts | undefined;
	for (const [label, counts] of groups) if (!names.has(label)) other = mergeCounts(other, counts);
	for (const label of kept) {
		const counts = groups.get(label);
		if (counts !== undefined) out.set(label, counts);
	}
	if (other !== undefined) out.set(OTHER, other);
	return out;
}
