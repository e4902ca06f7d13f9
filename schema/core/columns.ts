/**
 * A table in columns: the one byte form of events and session changes, between edge and log, in the journal, and later
 * on the way into Parquet. Numbers are typed arrays over the buffer itself (no copy, no BigInt); strings are
 * indices into one JSON dictionary a table, because a batch repeats itself (visitor, browser, country, host …).
 *
 *   u8 version · u8 table kind · u16 rows · u32 dictionary bytes · columns, widest first, each aligned to its width · dictionary
 *
 * Columns are in the order of the spec, grouped by width (f64, u32, u16, u8); strings are u16 with 0 = missing.
 */
export type ColumnType = "f64" | "u32" | "u16" | "u8" | "str";
export type ColumnSpec = Readonly<Record<string, ColumnType>>;

type ArrayOf<T extends ColumnType> = T extends "f64"
	? Float64Array
	: T extends "u32"
		? Uint32Array
		: T extends "u8"
			? Uint8Array
			: Uint16Array;

/** `columns.visitor_hi[i]`; string columns hold indices into `strings` (0 = missing, and strings[0] is ""). */
export interface Table<S extends ColumnSpec> {
	rows: number;
	columns: { [K in keyof S]: ArrayOf<S[K]> };
	strings: string[];
	/** The encoded bytes; writing to a column writes here. */
	bytes: Uint8Array;
}

/** A row to be encoded: numbers for number columns, strings (or undefined/"" = missing) for string columns. */
export type Row<S extends ColumnSpec> = { -readonly [K in keyof S]: S[K] extends "str" ? string | undefined : number };

const HEADER = 8;
const VERSION = 1;
/** Rows, and strings, that a u16 can count. */
const MAX = 0xffff;
const WIDTH: Record<ColumnType, number> = { f64: 8, u32: 4, u16: 2, u8: 1, str: 2 };
const ORDER: ColumnType[][] = [["f64"], ["u32"], ["u16", "str"], ["u8"]];

/** Writes one row: numbers as they are, strings by the index that `at` gives. */
export type WriteRow<S extends ColumnSpec> = (
	to: Table<S>["columns"],
	i: number,
	row: Row<S>,
	at: (text: string | undefined) => number,
) => void;

/** A spec made ready: column names in the order of the bytes, and a row's width. */
export interface Layout<S extends ColumnSpec> {
	kind: number;
	spec: S;
	names: (keyof S & string)[];
	/** Bytes a row takes in all columns together. */
	rowWidth: number;
	write: WriteRow<S>;
}

/**
 * `write` names every column, one a line: a loop over the names reads each row by a key that is never the same, which
 * costs more than all the rest of encoding.
 */
export function layout<S extends ColumnSpec>(kind: number, spec: S, write?: WriteRow<S>): Layout<S> {
	const entries = Object.entries(spec);
	const names = ORDER.flatMap((types) => entries.filter(([, type]) => types.includes(type)).map(([name]) => name));
	const rowWidth = entries.reduce((sum, [, type]) => sum + WIDTH[type], 0);
	return { kind, spec, names, rowWidth, write: write ?? writeByName(spec, names) };
}

/** For tables that nobody waits for. */
function writeByName<S extends ColumnSpec>(spec: S, names: readonly (keyof S & string)[]): WriteRow<S> {
	return (to, i, row, at) => {
		for (const name of names) {
			const value = row[name] as number | string | undefined;
			(to[name] as { [i: number]: number })[i] =
				spec[name] === "str" ? at(value as string | undefined) : (value as number);
		}
	};
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Encodes rows. At most 65,535 rows and distinct strings; callers stay far below (500 events a batch). */
export function encodeTable<S extends ColumnSpec>(l: Layout<S>, rows: readonly Row<S>[]): Uint8Array {
	const fixedBytes = HEADER + l.rowWidth * rows.length;
	const fixed = new Uint8Array(fixedBytes);
	const columns = viewColumns(l, fixed.buffer, HEADER, rows.length);
	const strings = [""];
	const index = new Map<string, number>();
	const at = (text: string | undefined): number => {
		if (text === undefined || text === "") return 0;
		let found = index.get(text);
		if (found === undefined) {
			found = strings.push(text) - 1;
			index.set(text, found);
		}
		return found;
	};
	const { write } = l;
	for (let i = 0; i < rows.length; i++) write(columns, i, rows[i] as Row<S>, at);
	if (rows.length > MAX || strings.length > MAX) throw new RangeError("a table holds at most 65,535 rows and strings");
	const dictionary = encoder.encode(JSON.stringify(strings));
	const out = new Uint8Array(fixedBytes + dictionary.length);
	out.set(fixed);
	out.set(dictionary, fixedBytes);
	const view = new DataView(out.buffer);
	view.setUint8(0, VERSION);
	view.setUint8(1, l.kind);
	view.setUint16(2, rows.length, true);
	view.setUint32(4, dictionary.length, true);
	return out;
}

/** Decodes a table. The columns are views of `bytes` where it is aligned to 8, else of a copy (then `bytes` is the copy). */
export function decodeTable<S extends ColumnSpec>(l: Layout<S>, input: Uint8Array): Table<S> {
	const bytes = input.byteOffset % 8 === 0 ? input : input.slice();
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (bytes.length < HEADER) throw new RangeError("a table is cut short");
	if (view.getUint8(0) !== VERSION) throw new RangeError(`unknown table version ${view.getUint8(0)}`);
	if (view.getUint8(1) !== l.kind) throw new RangeError(`table kind ${view.getUint8(1)}, not ${l.kind}`);
	const rows = view.getUint16(2, true);
	const dictionaryBytes = view.getUint32(4, true);
	const end = HEADER + l.rowWidth * rows;
	if (bytes.length !== end + dictionaryBytes) throw new RangeError("a table has the wrong length");
	const columns = viewColumns(l, bytes.buffer, bytes.byteOffset + HEADER, rows);
	const strings = JSON.parse(decoder.decode(bytes.subarray(end))) as string[];
	return { rows, columns, strings, bytes };
}

/** How many rows an encoded table has, without decoding it. */
export function rowsIn(bytes: Uint8Array): number {
	return new DataView(bytes.buffer, bytes.byteOffset, HEADER).getUint16(2, true);
}

/** A table of rows that are all 0 and missing, to be written to. */
export function blankTable<S extends ColumnSpec>(l: Layout<S>, rows: number): Omit<Table<S>, "bytes"> {
	return { rows, columns: viewColumns(l, new ArrayBuffer(l.rowWidth * rows), 0, rows), strings: [""] };
}

function viewColumns<S extends ColumnSpec>(l: Layout<S>, buffer: ArrayBufferLike, start: number, rows: number) {
	const columns: Record<string, Float64Array | Uint32Array | Uint16Array | Uint8Array> = {};
	let at = start;
	for (const name of l.names) {
		const type = l.spec[name] as ColumnType;
		columns[name] =
			type === "f64"
				? new Float64Array(buffer, at, rows)
				: type === "u32"
					? new Uint32Array(buffer, at, rows)
					: type === "u8"
						? new Uint8Array(buffer, at, rows)
						: new Uint16Array(buffer, at, rows);
		at += rows * WIDTH[type];
	}
	return columns as Table<S>["columns"];
}

/** One row as an object, for tests, tails and the few that are looked at one by one. */
export function rowAt<S extends ColumnSpec>(l: Layout<S>, table: Table<S>, i: number): Row<S> {
	const row: Record<string, number | string | undefined> = {};
	for (const name of l.names) {
		const cell = (table.columns[name] as unknown as { [i: number]: number })[i] as number;
		row[name] = l.spec[name] === "str" ? (cell === 0 ? undefined : table.strings[cell]) : cell;
	}
	return row as Row<S>;
}
