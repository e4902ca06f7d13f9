/** Visitors: a list of them (of a step of a funnel, too), one of them with its events, and the newest events of all. */

import { IDENTIFY } from "../flag.ts";
import type { Zone } from "../zone.ts";
import { joinNeeds, newestIdentify } from "./fields.ts";
import { checkFunnelScan, eachFunnel, type FunnelSteps, funnelNeeds, funnelReads, outcomeAt } from "./funnel.ts";
import { fieldsOf } from "./match.ts";
import {
	finishProfile,
	PROFILE_NEEDS,
	type Profile,
	type ProfileAnswer,
	type ProfileSource,
	profileOf,
} from "./profile.ts";
import { ARCHIVE_START, type Asked, checkMatches, chosenRows, type Reads } from "./question.ts";
import { type EventRecordAnswer, eventAt, finishEvent, RECORD_NEEDS, type ScanEvent } from "./record.ts";
import type { ScanKind, VisitorRows } from "./rows.ts";
import { SESSION_NEEDS, sessionsOf } from "./sessions.ts";

/** What profiles are made with. */
interface AskedOfVisitors extends Asked {
	/** The site's currency. */
	currency: string | null;
}

export type VisitorSort = "last_seen" | "first_seen" | "events";

/** Who did an event that the filters choose, in the range. What is said of a visitor, is said of those events. */
export interface VisitorsScan extends AskedOfVisitors {
	kind: "visitors";
	/** Only who reached a step of a funnel, dropped after it, or may still go on from it at `now`. */
	funnel: (FunnelSteps & { step: number; outcome: "reached" | "dropped" | "in_progress" }) | null;
	/** The newest, or the most, first. */
	sort: VisitorSort;
	limit: number;
	now: number;
}

export interface VisitorsPartial {
	rowsRead: number;
	total: number;
	/** As the question has them: merging needs them. */
	sort: VisitorSort;
	limit: number;
	/** The first ones, in order. */
	visitors: Profile[];
}

export const visitors: ScanKind<VisitorsScan, VisitorsPartial> = {
	needs: ({ where, funnel, from, to }) =>
		joinNeeds(
			PROFILE_NEEDS,
			SESSION_NEEDS,
			fieldsOf(where),
			funnel === null ? { numbers: [], texts: [] } : funnelNeeds({ ...funnel, where, from, to }),
		),
	run: runVisitors,
	merge: (x, y) => ({
		rowsRead: x.rowsRead + y.rowsRead,
		total: x.total + y.total,
		sort: x.sort,
		limit: x.limit,
		visitors: firstOf([...x.visitors, ...y.visitors], inOrderOf(x.sort), x.limit),
	}),
};

/** @throws RangeError that says what to change. */
export function checkVisitors({ funnel, where, from, to }: VisitorsScan): void {
	checkMatches({ where, from, to }, []);
	if (funnel === null) return;
	checkFunnelScan({ ...funnel, where, from, to });
	if (funnel.step > funnel.steps.length)
		throw new RangeError(`there is no step ${funnel.step}: the funnel has ${funnel.steps.length}`);
}

/** All events of the range; what was said of a visitor at any time; and the funnel's steps after the range. */
export function visitorsReads({ from, to, where, funnel }: VisitorsScan): Reads[] {
	const reads = profileReads({ from, to, where });
	return funnel === null ? reads : [...reads, ...funnelReads({ ...funnel, from, to, where })];
}

const profileReads = ({ from, to }: Asked): Reads[] => [
	{ from, to, names: null },
	{ from: ARCHIVE_START, to, names: [IDENTIFY] },
];

const inOrderOf =
	(sort: VisitorSort) =>
	(a: Profile, b: Profile): number =>
		b[sort] - a[sort] || (a.visitor < b.visitor ? -1 : 1);

function firstOf<T>(list: T[], order: (a: T, b: T) => number, limit: number): T[] {
	return list.sort(order).slice(0, limit);
}

function runVisitors(question: VisitorsScan, rows: VisitorRows): VisitorsPartial {
	const { sort, limit } = question;
	const source = profileSource(question, rows);
	const isMeant = question.funnel === null ? null : whoOf(question, question.funnel, rows);
	const found: Found[] = [];
	let total = 0;
	for (let visitor = 0; visitor + 1 < rows.starts.length; visitor++) {
		if (isMeant !== null && isMeant[visitor] === 0) continue;
		const one = find(source, visitor);
		if (one === null) continue;
		total++;
		found.push(one);
		// Sorting now and then keeps the list short, however many visitors there are.
		if (found.length >= 4 * limit + 1000) found.length = cut(found, sort, limit);
	}
	cut(found, sort, limit);
	const profiles = found.slice(0, limit).map(({ visitor }) => profileOf(source, visitor));
	// Sorted again: whose sort is equal goes by hash.
	return { rowsRead: rows.rows, total, sort, limit, visitors: firstOf(profiles, inOrderOf(sort), limit) };
}

/** As much of a visitor as tells its place. */
interface Found {
	visitor: number;
	hi: number;
	lo: number;
	first_seen: number;
	last_seen: number;
	events: number;
}

function find({ rows, counts }: ProfileSource, visitor: number): Found | null {
	const ts = rows.number("ts");
	const begin = rows.starts[visitor] as number;
	let [first, last, events] = [-1, -1, 0];
	for (let row = begin; row < (rows.starts[visitor + 1] as number); row++) {
		if (counts[row] === 0) continue;
		if (first < 0) first = row;
		last = row;
		events++;
	}
	if (events === 0) return null;
	const [hi, lo] = [rows.number("visitor_hi")[begin] as number, rows.number("visitor_lo")[begin] as number];
	return { visitor, hi, lo, first_seen: ts[first] as number, last_seen: ts[last] as number, events };
}

function cut(found: Found[], sort: VisitorSort, limit: number): number {
	found.sort((a, b) => b[sort] - a[sort] || a.hi - b.hi || a.lo - b.lo);
	return Math.min(limit, found.length);
}

/** By visitor: 1 where it, or one of its sessions, stands at the step as asked. */
function whoOf(asked: VisitorsScan, funnel: NonNullable<VisitorsScan["funnel"]>, rows: VisitorRows): Uint8Array {
	const who = new Uint8Array(rows.starts.length - 1);
	const { from, to, where, now } = asked;
	const { step, outcome } = funnel;
	eachFunnel({ ...funnel, from, to, where }, rows, (visitor, run, _, endsAt) => {
		const isMeant =
			outcome === "reached" ? run.level >= step : run.level === step && outcomeAt(run, endsAt, now) === outcome;
		if (isMeant) who[visitor] = 1;
	});
	return who;
}

function profileSource(asked: AskedOfVisitors, rows: VisitorRows): ProfileSource {
	const { to, currency } = asked;
	return {
		rows,
		counts: countedRows(asked, rows),
		sessions: sessionsOf(rows).of,
		identified: newestIdentify(rows, to),
		to,
		currency,
	};
}

/** 1 for each row of the range that the filters choose. */
function countedRows(asked: Asked, rows: VisitorRows): Uint8Array {
	const chosen = chosenRows(asked, rows) ?? new Uint8Array(rows.rows).fill(1);
	const ts = rows.number("ts");
	for (let row = 0; row < chosen.length; row++) {
		const t = ts[row] as number;
		if (t < asked.from || t >= asked.to) chosen[row] = 0;
	}
	return chosen;
}

export interface VisitorsScanAnswer {
	visitors: ProfileAnswer[];
	total: number;
}

export function finishVisitors(_: VisitorsScan, partial: VisitorsPartial, zone: Zone): VisitorsScanAnswer {
	return { visitors: partial.visitors.map((profile) => finishProfile(profile, zone)), total: partial.total };
}

/** One visitor, and its newest events in the range that the filters choose. */
export interface VisitorScan extends AskedOfVisitors {
	kind: "visitor";
	visitor: { hi: number; lo: number };
	limit: number;
}

export interface VisitorPartial {
	rowsRead: number;
	profile: Profile | null;
	/** Newest first. */
	events: ScanEvent[];
	more: boolean;
}

export const visitor: ScanKind<VisitorScan, VisitorPartial> = {
	needs: ({ where }) => joinNeeds(PROFILE_NEEDS, RECORD_NEEDS, SESSION_NEEDS, fieldsOf(where)),
	run: runVisitor,
	// All events of a visitor are in one task.
	merge: (x, y) => {
		const found = x.profile === null ? y : x;
		return { ...found, rowsRead: x.rowsRead + y.rowsRead };
	},
};

/** @throws RangeError that says what to change. */
export const checkVisitor = (question: VisitorScan): void => checkMatches(question, []);
export const visitorReads = (question: VisitorScan): Reads[] => profileReads(question);

function runVisitor(question: VisitorScan, rows: VisitorRows): VisitorPartial {
	const source = profileSource(question, rows);
	const nothing = { rowsRead: rows.rows, profile: null, events: [], more: false };
	const at = indexOf(rows, question.visitor);
	const found = at < 0 ? null : find(source, at);
	if (found === null) return nothing;
	const newest: number[] = [];
	for (let row = (rows.starts[at + 1] as number) - 1; row >= (rows.starts[at] as number); row--)
		if (source.counts[row] === 1 && newest.length < question.limit) newest.push(row);
	return {
		rowsRead: rows.rows,
		profile: profileOf(source, at),
		events: newest.map((row) => eventAt(rows, row)),
		more: found.events > newest.length,
	};
}

function indexOf(rows: VisitorRows, { hi, lo }: { hi: number; lo: number }): number {
	const [his, los] = [rows.number("visitor_hi"), rows.number("visitor_lo")];
	for (let visitor = 0; visitor + 1 < rows.starts.length; visitor++) {
		const row = rows.starts[visitor] as number;
		if (los[row] === lo && his[row] === hi) return visitor;
	}
	return -1;
}

export interface VisitorScanAnswer {
	visitor: ProfileAnswer | null;
	events: EventRecordAnswer[];
	more: boolean;
}

export function finishVisitor(
	_: VisitorScan,
	{ profile, events, more }: VisitorPartial,
	zone: Zone,
): VisitorScanAnswer {
	return {
		visitor: profile === null ? null : finishProfile(profile, zone),
		events: events.map((event) => finishEvent(event, zone)),
		more,
	};
}
