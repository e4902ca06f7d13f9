/** Which rows of a batch a task wants: of its slots, in reach, and no bot's. Those alone are kept in memory. */
import type { Batch, NumberColumn, Numbers, TextColumn } from "../../../schema/core/scan/rows.ts";
import { FLAG } from "../../../schema/event.ts";
import type { Reach } from "./tasks.ts";

export interface Wanted {
	reaches: readonly Reach[];
	/** Both ends inclusive. Null: the batch holds no other slots. */
	slots: readonly [first: number, last: number] | null;
	/** Events of bots too. */
	bots: boolean;
	/** Only this visitor's. */
	visitor: readonly [hi: number, lo: number] | null;
}

/** With a smaller share kept than this the rows are copied out, so that the others' memory goes. */
const COPY_BELOW = 0.4;

/** A batch, and which of its rows count: null, all of them. */
export interface Selected {
	batch: Batch;
	keep: Uint8Array | null;
}

/** The wanted rows; null where there are none. Needs ts, flags, `name` where a reach names events, slot for slots. */
export function selectRows(batch: Batch, wanted: Wanted): Selected | null {
	const keep = keepOf(batch, wanted);
	let count = 0;
	for (let row = 0; row < keep.length; row++) count += keep[row] as number;
	if (count === 0) return null;
	if (count === batch.rows) return { batch, keep: null };
	return count < batch.rows * COPY_BELOW
		? { batch: copyRows(batch, rowsOf(keep, count)), keep: null }
		: { batch, keep };
}

function keepOf(batch: Batch, { reaches, slots, bots, visitor }: Wanted): Uint8Array {
	const keep = new Uint8Array(batch.rows);
	for (const reach of reaches) markReach(batch, reach, keep);
	if (!bots) dropBots(column(batch, "flags"), keep);
	if (slots !== null) dropOutside(column(batch, "slot"), slots[0], slots[1], keep);
	if (visitor !== null) {
		dropOutside(column(batch, "visitor_hi"), visitor[0], visitor[0], keep);
		dropOutside(column(batch, "visitor_lo"), visitor[1], visitor[1], keep);
	}
	return keep;
}

function markReach(batch: Batch, { from, to, names }: Reach, keep: Uint8Array): void {
	const ts = column(batch, "ts");
	const named = names === null ? null : namesOf(batch, names);
	for (let row = 0; row < keep.length; row++) {
		const t = ts[row] as number;
		if (t < from || t >= to) continue;
		if (named === null || named.holds[named.index[row] as number] === 1) keep[row] = 1;
	}
}

/** Whether each entry of the dictionary is one of these names. */
function namesOf({ texts }: Batch, names: readonly string[]): { holds: Uint8Array; index: TextColumn["index"] } {
	const { name } = texts;
	if (name === undefined) throw new RangeError("a batch lacks the column name");
	const wanted = new Set(names);
	return { holds: Uint8Array.from(name.values, (text) => (wanted.has(text) ? 1 : 0)), index: name.index };
}

function dropBots(flags: Numbers, keep: Uint8Array): void {
	for (let row = 0; row < keep.length; row++) if (((flags[row] as number) & FLAG.bot) !== 0) keep[row] = 0;
}

function dropOutside(values: Numbers, least: number, most: number, keep: Uint8Array): void {
	for (let row = 0; row < keep.length; row++) {
		const value = values[row] as number;
		if (value < least || value > most) keep[row] = 0;
	}
}

function column({ numbers }: Batch, name: NumberColumn): Numbers {
	const found = numbers[name];
	if (found === undefined) throw new RangeError(`a batch lacks the column ${name}`);
	return found;
}

/** The places of the rows that are kept. */
function rowsOf(keep: Uint8Array, count: number): Uint32Array {
	const rows = new Uint32Array(count);
	let at = 0;
	for (let row = 0; row < keep.length; row++) if (keep[row] === 1) rows[at++] = row;
	return rows;
}

function copyRows({ numbers, texts }: Batch, rows: Uint32Array): Batch {
	const copied: Partial<Record<NumberColumn, Numbers>> = {};
	for (const name of Object.keys(numbers) as NumberColumn[]) {
		const from = numbers[name];
		if (from !== undefined) copied[name] = copyOf(from, rows);
	}
	const columns = Object.entries(texts).map(([name, { values, index }]): [string, TextColumn] => [
		name,
		{ values, index: index instanceof Uint16Array ? pickWords(index, rows) : pickInts(index, rows) },
	]);
	return { rows: rows.length, numbers: copied, texts: Object.fromEntries(columns) };
}

/** One loop for each width: a loop over any of them is several times slower. */
function copyOf(column: Numbers, rows: Uint32Array): Numbers {
	if (column instanceof Float64Array) return pickDoubles(column, rows);
	if (column instanceof Uint32Array) return pickInts(column, rows);
	return column instanceof Uint16Array ? pickWords(column, rows) : pickBytes(column, rows);
}

function pickDoubles(from: Float64Array, rows: Uint32Array): Float64Array {
	const out = new Float64Array(rows.length);
	for (let i = 0; i < out.length; i++) out[i] = from[rows[i] as number] as number;
	return out;
}

function pickInts(from: Uint32Array, rows: Uint32Array): Uint32Array {
	const out = new Uint32Array(rows.length);
	for (let i = 0; i < out.length; i++) out[i] = from[rows[i] as number] as number;
	return out;
}

function pickWords(from: Uint16Array, rows: Uint32Array): Uint16Array {
	const out = new Uint16Array(rows.length);
	for (let i = 0; i < out.length; i++) out[i] = from[rows[i] as number] as number;
	return out;
}

function pickBytes(from: Uint8Array, rows: Uint32Array): Uint8Array {
	const out = new Uint8Array(rows.length);
	for (let i = 0; i < out.length; i++) out[i] = from[rows[i] as number] as number;
	return out;
}
