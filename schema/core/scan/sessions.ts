/** Sessions over raw events: what the automaton (session.ts) gives live, of rows that are in order already. */
import { FLAG, NO_SESSION, PAGEVIEW } from "../flag.ts";
import { SESSION_GAP, SESSION_LATENESS } from "../session.ts";
import type { Needs } from "./fields.ts";
import type { Numbers, VisitorRows } from "./rows.ts";

/** What `sessionsOf` reads, beside what is always there. */
export const SESSION_NEEDS: Needs = { numbers: ["received_at"], texts: ["name"] };

export interface VisitorSessions {
	/** How many there are. They are in the order of the rows. */
	readonly count: number;
	/** Where each visitor's sessions begin, and the end: one entry more than there are visitors. */
	readonly starts: Uint32Array;
	/** By session: the row of its first event (its dimensions, its start) and of its last. */
	readonly first: Uint32Array;
	readonly last: Uint32Array;
	/** From the first to the last event, ms. */
	readonly duration: Float64Array;
	readonly views: Uint32Array;
	/** 1: one page view and no interactive event. */
	readonly bounced: Uint8Array;
	/** By row: its session, -1 where it takes part in none. */
	readonly of: Int32Array;
}

/** Splits each visitor's events at silences. Events of servers, and those received too late, take no part. */
export function sessionsOf(rows: VisitorRows): VisitorSessions {
	const starts = new Uint32Array(rows.starts.length);
	const { of, count } = assign(rows, starts);
	const sessions = {
		count,
		starts,
		first: new Uint32Array(count),
		last: new Uint32Array(count),
		duration: new Float64Array(count),
		views: new Uint32Array(count),
		bounced: new Uint8Array(count),
		of,
	};
	measure(rows, sessions);
	return sessions;
}

/** Gives each row its session, and each visitor its first. */
function assign(rows: VisitorRows, starts: Uint32Array): { of: Int32Array; count: number } {
	const ts = rows.number("ts");
	const received = rows.number("received_at");
	const flags = rows.number("flags");
	const of = new Int32Array(rows.rows).fill(-1);
	let count = 0;
	for (let visitor = 0; visitor + 1 < starts.length; visitor++) {
		starts[visitor] = count;
		let before = Number.NEGATIVE_INFINITY;
		const end = rows.starts[visitor + 1] as number;
		for (let row = rows.starts[visitor] as number; row < end; row++) {
			if (!takesPart(row, ts, received, flags)) continue;
			const t = ts[row] as number;
			if (t - before >= SESSION_GAP) count++;
			before = t;
			of[row] = count - 1;
		}
	}
	starts[starts.length - 1] = count;
	return { of, count };
}

const takesPart = (row: number, ts: Numbers, received: Numbers, flags: Numbers) =>
	((flags[row] as number) & NO_SESSION) === 0 && (received[row] as number) - (ts[row] as number) <= SESSION_LATENESS;

function measure(rows: VisitorRows, { of, first, last, duration, views, bounced }: VisitorSessions): void {
	const ts = rows.number("ts");
	const flags = rows.number("flags");
	const name = rows.text("name");
	const pageview = name.values.indexOf(PAGEVIEW);
	const interactive = new Uint8Array(first.length);
	let current = -1;
	for (let row = 0; row < of.length; row++) {
		const session = of[row] as number;
		if (session < 0) continue;
		if (session !== current) first[session] = row;
		current = session;
		last[session] = row;
		if (name.index[row] === pageview) views[session] = (views[session] as number) + 1;
		else if (((flags[row] as number) & FLAG.passive) === 0) interactive[session] = 1;
	}
	for (let s = 0; s < first.length; s++) {
		duration[s] = (ts[last[s] as number] as number) - (ts[first[s] as number] as number);
		bounced[s] = views[s] === 1 && interactive[s] === 0 ? 1 : 0;
	}
}
