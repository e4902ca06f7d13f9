/** What a scan reads: events in columns, first as a store gives them, then gathered by visitor. */

/** Columns that hold numbers. `visitor_*` and `id_*` are the halves of 64-bit hashes; times are epoch ms. */
export type NumberColumn =
	| "ts"
	| "received_at"
	| "value"
	| "visitor_hi"
	| "visitor_lo"
	| "id_hi"
	| "id_lo"
	| "slot"
	| "flags";

/** Strings by a dictionary of their own: row `i` holds `values[index[i]]`. "" = missing. */
export interface TextColumn {
	readonly values: readonly string[];
	readonly index: Uint32Array | Uint16Array;
}

export type Numbers = Float64Array | Uint32Array | Uint16Array | Uint8Array;

/** Some events of one store (a row group of a segment, a table of the log's tail): the columns that were asked for. */
export interface Batch {
	readonly rows: number;
	readonly numbers: Readonly<Partial<Record<NumberColumn, Numbers>>>;
	/** By column (`name`, `country`, …); `props` is JSON text, `props.plan` a declared prop's own column. */
	readonly texts: Readonly<Record<string, TextColumn>>;
}

/**
 * All events of a slot range, visitor by visitor (in no order of their own), each by time, then arrival. No visitor is in two slot ranges, so what
 * is computed of one range adds up with what is computed of others.
 */
export interface VisitorRows {
	readonly rows: number;
	/** Where each visitor's rows begin, and the end: one entry more than there are visitors. No visitor has none. */
	readonly starts: Uint32Array;
	/** A column in that order. @throws RangeError for one that was not asked for. */
	number(name: NumberColumn): Numbers;
	/**
	 * A text column in that order: its dictionary begins with "" and holds each text once. `traits.*` are none, see
	 * fields.ts. @throws RangeError for one that was not asked for.
	 */
	text(field: string): TextColumn;
}

/**
 * A kind of question over raw events. `run` is pure and sees all events of a slot range; partial results are plain
 * data (they cross an RPC), and `merge` is commutative and associative (I3).
 */
export interface ScanKind<Question, Partial> {
	/** Number columns and text fields that `run` reads, beside visitor, ts and flags, which are always there. */
	needs(question: Question): { numbers: NumberColumn[]; texts: string[] };
	run(question: Question, rows: VisitorRows): Partial;
	merge(a: Partial, b: Partial): Partial;
}
