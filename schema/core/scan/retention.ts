/** Retention over raw events: each visitor's start and return events by period, counted as ../retention.ts says. */
import { addVisitor, cohortsOf, meanOf, type RetentionRules, retentionCells } from "../retention.ts";
import type { WeekStart, Zone } from "../zone.ts";
import { joinNeeds } from "./fields.ts";
import { fieldsOf } from "./match.ts";
import {
	ARCHIVE_START,
	type Asked,
	checkMatches,
	edgeBefore,
	matchedRows,
	namesIn,
	needsOfMatches,
	type Reads,
	type ScanMatch,
} from "./question.ts";
import type { ScanKind, VisitorRows } from "./rows.ts";

export interface RetentionScan extends Asked {
	kind: "retention";
	start: ScanMatch;
	return: ScanMatch;
	mode: RetentionRules["mode"];
	on: RetentionRules["on"];
	/** Periods after period 0. */
	periods: number;
	/** When periods begin: as `retentionEdges` gives them. The first `edges.length - 1 - periods` are cohorts. */
	edges: readonly number[];
	/** Tells which periods are over. */
	now: number;
}

export interface RetentionPartial {
	rowsRead: number;
	/** By cohort × (periods + 1). */
	counts: number[];
}

export type RetentionPeriod = "day" | "week" | "month";

/** Begins of all periods that touch [from, to), of those after them that are told of the last, and their end. */
export function retentionEdges(
	zone: Zone,
	period: RetentionPeriod,
	range: { from: number; to: number },
	periods: number,
	weekStart: WeekStart = "monday",
): number[] {
	const edges = [zone.startOf(period, range.from, weekStart)];
	const next = () => edges.push(zone.next(period, edges.at(-1) as number));
	while (next() && (edges.at(-1) as number) < range.to);
	for (let i = 0; i < periods; i++) next();
	return edges;
}

export const retention: ScanKind<RetentionScan, RetentionPartial> = {
	needs: ({ start, return: back, where }) => joinNeeds(needsOfMatches([start, back]), fieldsOf(where)),
	run: runRetention,
	merge: (x, y) => ({
		rowsRead: x.rowsRead + y.rowsRead,
		counts: x.counts.map((count, cell) => count + (y.counts[cell] ?? 0)),
	}),
};

/** @throws RangeError that says what to change. */
export function checkRetention(question: RetentionScan): void {
	checkMatches(question, [question.start, question.return]);
}

/** A first start may have been at any time: of all of the archive. Up to the end of the last period. */
export function retentionReads({ edges, mode, start, return: back }: RetentionScan): Reads[] {
	const [from, to] = [edges[0] as number, edges.at(-1) as number];
	return [
		{ from: mode === "first" ? ARCHIVE_START : from, to, names: namesIn([start]) },
		{ from, to, names: namesIn([back]) },
	];
}

const rulesOf = ({ edges, periods, mode, on }: RetentionScan): RetentionRules => ({
	cohorts: edges.length - 1 - periods,
	periods,
	mode,
	on,
});

function runRetention(question: RetentionScan, rows: VisitorRows): RetentionPartial {
	const rules = rulesOf(question);
	const counts = new Array<number>(retentionCells(rules)).fill(0);
	const edges = Float64Array.from(question.edges);
	const isStart = matchedRows(question, question.start, rows);
	const isReturn = matchedRows(question, question.return, rows);
	const ts = rows.number("ts");
	for (let visitor = 0; visitor + 1 < rows.starts.length; visitor++) {
		const [first, after] = [rows.starts[visitor] as number, rows.starts[visitor + 1] as number];
		const starts = periodsOf(isStart, ts, first, after, edges);
		if (starts.length > 0) addVisitor(rules, counts, starts, periodsOf(isReturn, ts, first, after, edges));
	}
	return { rowsRead: rows.rows, counts };
}

/** The periods of the rows that are meant, ascending, each once; -1 for what came before the first. */
function periodsOf(
	isMeant: Uint8Array,
	ts: ArrayLike<number>,
	first: number,
	after: number,
	edges: Float64Array,
): number[] {
	const periods: number[] = [];
	const end = edges[edges.length - 1] as number;
	let until = Number.NEGATIVE_INFINITY;
	for (let row = first; row < after; row++) {
		const t = ts[row] as number;
		if (isMeant[row] === 0 || t < until) continue;
		if (t >= end) break;
		const period = edgeBefore(edges, t);
		periods.push(period);
		until = edges[period + 1] as number;
	}
	return periods;
}

export interface RetentionScanAnswer {
	cohorts: { t: string; size: number; values: ({ count: number; rate: number; complete: boolean } | null)[] }[];
	mean: (number | null)[];
}

export function finishRetention(
	question: RetentionScan,
	{ counts }: RetentionPartial,
	zone: Zone,
): RetentionScanAnswer {
	const rules = rulesOf(question);
	const begins = (period: number) => question.edges[period] as number;
	const cohorts = cohortsOf(rules, counts, begins, question.now);
	return {
		cohorts: cohorts.map((cohort, i) => ({ t: zone.iso(begins(i)), ...cohort })),
		mean: meanOf(rules, cohorts),
	};
}
