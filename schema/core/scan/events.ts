/** The newest events as they were received: at most some of each second, so that a busy site can still be watched. */
import type { Zone } from "../zone.ts";
import { joinNeeds } from "./fields.ts";
import { fieldsOf } from "./match.ts";
import { type Asked, checkMatches, chosenRows, type Reads } from "./question.ts";
import { type EventRecordAnswer, eventAt, finishEvent, RECORD_NEEDS, type ScanEvent } from "./record.ts";
import type { Numbers, ScanKind, VisitorRows } from "./rows.ts";

/** Events shown of those received in one second. */
export const EVENTS_A_SECOND = 20;
/** Events looked at before those that cannot be shown are dropped. */
const BUFFER = 10_000;

export interface EventsScan extends Asked {
	kind: "events";
	/** Only those received after this, epoch ms; null: all. */
	after: number | null;
	limit: number;
}

export interface EventsPartial {
	rowsRead: number;
	/** Events that were meant. */
	matched: number;
	/** When the newest of them was received; 0 where there is none. */
	newest: number;
	/** As the question has it: merging needs it. */
	limit: number;
	/** Newest first. */
	events: ScanEvent[];
}

export const events: ScanKind<EventsScan, EventsPartial> = {
	needs: ({ where }) => joinNeeds(RECORD_NEEDS, fieldsOf(where)),
	run: runEvents,
	merge: (x, y) => ({
		rowsRead: x.rowsRead + y.rowsRead,
		matched: x.matched + y.matched,
		newest: Math.max(x.newest, y.newest),
		limit: x.limit,
		events: shown([...x.events, ...y.events].sort(newestFirst), (event) => event.received_at, x.limit),
	}),
};

/** @throws RangeError that says what to change. */
export const checkEvents = (question: EventsScan): void => checkMatches(question, []);
export const eventsReads = ({ from, to }: EventsScan): Reads[] => [{ from, to, names: null }];

/** A total order, so that what is shown does not depend on how events were split. */
function newestFirst(a: ScanEvent, b: ScanEvent): number {
	return b.received_at - a.received_at || b.t - a.t || (a.hash < b.hash ? -1 : 1);
}

/** The first ones of a list in order: at most EVENTS_A_SECOND of a second, and `limit` in all. */
function shown<T>(sorted: readonly T[], receivedAt: (item: T) => number, limit: number): T[] {
	const out: T[] = [];
	let [second, count] = [Number.NaN, 0];
	for (const item of sorted) {
		if (out.length === limit) break;
		const its = Math.floor(receivedAt(item) / 1000);
		count = its === second ? count + 1 : 1;
		second = its;
		if (count <= EVENTS_A_SECOND) out.push(item);
	}
	return out;
}

function runEvents(question: EventsScan, rows: VisitorRows): EventsPartial {
	const { from, to, limit } = question;
	const after = question.after ?? Number.NEGATIVE_INFINITY;
	const chosen = chosenRows(question, rows);
	const [ts, received] = [rows.number("ts"), rows.number("received_at")];
	let [matched, newest] = [0, 0];
	let kept: number[] = [];
	for (let row = 0; row < rows.rows; row++) {
		const [t, at] = [ts[row] as number, received[row] as number];
		if (t < from || t >= to || at <= after || (chosen !== null && chosen[row] === 0)) continue;
		matched++;
		if (at > newest) newest = at;
		kept.push(row);
		if (kept.length >= BUFFER + limit) kept = newestRows(rows, received, kept, limit);
	}
	const records = newestRows(rows, received, kept, limit).map((row) => eventAt(rows, row));
	return { rowsRead: rows.rows, matched, newest, limit, events: records.sort(newestFirst) };
}

/** As `newestFirst` has them, told by columns. */
function newestRows(rows: VisitorRows, received: Numbers, among: number[], limit: number): number[] {
	const ts = rows.number("ts");
	const [hi, lo] = [rows.number("id_hi"), rows.number("id_lo")];
	const of = (column: Numbers, row: number) => column[row] as number;
	among.sort(
		(a, b) =>
			of(received, b) - of(received, a) || of(ts, b) - of(ts, a) || of(hi, a) - of(hi, b) || of(lo, a) - of(lo, b),
	);
	return shown(among, (row) => of(received, row), limit);
}

export interface EventsScanAnswer {
	events: EventRecordAnswer[];
	left_out: number;
	cursor: number;
}

/** `cursor`: the `after` of the next question. */
export function finishEvents({ after }: EventsScan, partial: EventsPartial, zone: Zone): EventsScanAnswer {
	return {
		events: partial.events.map((event) => finishEvent(event, zone)),
		left_out: partial.matched - partial.events.length,
		cursor: Math.max(partial.newest, after ?? 0),
	};
}
