/** Rows of the archive into windows, by the very fold that the logs use. Pure. */
import {
	type Buckets,
	type Cut,
	type FoldableEvents,
	type FoldableSessions,
	foldEvents,
	foldSessions,
	type Into,
} from "../../durable-objects/log/fold.ts";
import { cutValue } from "../../schema/core/label.ts";
import type { NumberColumn, TextColumn, VisitorRows } from "../../schema/core/scan/rows.ts";
import { sessionsOf, type VisitorSessions } from "../../schema/core/scan/sessions.ts";
import { FLAG } from "../../schema/event.ts";
import { EVENT_HITS, SESSION, SESSION_HITS } from "../../schema/metric.ts";

/** What `refold` reads of rows, beside what is always there. */
export const REFOLD_NUMBERS: readonly NumberColumn[] = ["received_at", "value"];
/** The currency comes first: its index is looked for among all texts. */
const TEXTS = ["currency", "name", "country", "device", ...EVENT_HITS] as const;
/** Props are JSON that has to be joined and read: only where dimensions are declared. */
export const refoldTexts = (cut: Cut): string[] => [...TEXTS, ...(cut.declared.length > 0 ? ["props"] : [])];

/** Times [from, to), epoch ms. */
export interface Range {
	from: number;
	to: number;
}

/**
 * Folds what the range has into the windows wanted: its events, and the sessions that begin in it. Rows before the
 * range tell which sessions began earlier, and those after it how long sessions went on.
 */
export function refold(rows: VisitorRows, range: Range, cut: Cut, buckets: Buckets, into: Into): void {
	const strings = new Strings(rows, cut);
	foldEvents(eventsOf(rows, range, strings), cut, into, buckets);
	const sessions = into(SESSION);
	if (sessions !== null) foldSessions(sessionsIn(rows, range, strings), cut, sessions, buckets);
}

/** Texts of several columns under one dictionary, as a table has them. */
class Strings {
	readonly values: string[] = [""];
	readonly #columns = new Map<string, Uint32Array>();
	readonly #rows: VisitorRows;

	constructor(rows: VisitorRows, cut: Cut) {
		this.#rows = rows;
		for (const text of refoldTexts(cut)) this.#columns.set(text, this.#add(rows.text(text)));
	}

	column(name: string): Uint32Array {
		return this.#columns.get(name) ?? new Uint32Array(this.#rows.rows);
	}

	/** 0 is missing in each. */
	#add({ values, index }: TextColumn): Uint32Array {
		const base = this.values.length - 1;
		for (let i = 1; i < values.length; i++) this.values.push(values[i] as string);
		return Uint32Array.from(index, (at) => (at === 0 ? 0 : base + at));
	}
}

function eventsOf(rows: VisitorRows, { from, to }: Range, strings: Strings): FoldableEvents {
	const ts = rows.number("ts");
	// What is not in the range is left out like what is late.
	const flags = Uint8Array.from(rows.number("flags"), (bits, i) => {
		const t = ts[i] as number;
		return t >= from && t < to ? bits : FLAG.late;
	});
	const columns = {
		ts,
		flags,
		value: rows.number("value"),
		visitor_hi: rows.number("visitor_hi"),
		visitor_lo: rows.number("visitor_lo"),
		props: strings.column("props"),
		...columnsOf(["name", "country", "device", "currency", ...EVENT_HITS], (name) => strings.column(name)),
	};
	return { rows: rows.rows, strings: strings.values, columns };
}

function columnsOf<K extends string, V>(names: readonly K[], of: (name: K) => V): Record<K, V> {
	return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<K, V>;
}

/** The sessions that begin in the range, with the dimensions of their first event; its path is their entry. */
function sessionsIn(rows: VisitorRows, { from, to }: Range, strings: Strings): FoldableSessions {
	const sessions = sessionsOf(rows);
	const ts = rows.number("ts");
	const those = indexesOf(sessions, (row) => (ts[row] as number) >= from && (ts[row] as number) < to);
	const pick = (values: ArrayLike<number>) => Float64Array.from(those, (s) => values[s] as number);
	const atFirst = (column: ArrayLike<number>) =>
		Uint32Array.from(those, (s) => column[sessions.first[s] as number] as number);
	const columns = {
		start: Float64Array.from(those, (s) => ts[sessions.first[s] as number] as number),
		count: new Uint8Array(those.length).fill(1),
		duration: pick(sessions.duration),
		views: pick(sessions.views),
		bounces: pick(sessions.bounced),
		props: atFirst(strings.column("props")),
		...columnsOf(["country", "device", ...SESSION_HITS], (name) =>
			atFirst(strings.column(name === "entry" ? "path" : name)),
		),
	};
	return { rows: those.length, strings: strings.values.map(cutValue), columns };
}

function indexesOf({ count, first }: VisitorSessions, isWanted: (row: number) => boolean): Uint32Array {
	const out = new Uint32Array(count);
	let found = 0;
	for (let s = 0; s < count; s++) if (isWanted(first[s] as number)) out[found++] = s;
	return out.slice(0, found);
}
