/** Brings the batches of a slot range into one order: visitor by visitor, each by time, then arrival. */
import type { Batch, NumberColumn, Numbers, TextColumn, VisitorRows } from "./rows.ts";

/** Target of a row that is left out. */
const NOWHERE = 0xffffffff;
const NO_TEXT = 0xffffffff;
/** Rows of a visitor up to which shifting them one by one is quicker than a sort with a comparator. */
const FEW = 32;

/** Columns that every scan has, asked for or not. */
export const ALWAYS: readonly NumberColumn[] = ["visitor_hi", "visitor_lo", "ts", "flags"];

/**
 * Gathers batches. They come in the order of arrival, and so do the rows that share a visitor and a time within one;
 * a batch that is sorted by visitor and time is taken in by runs, any other order costs a little more. Columns are
 * brought into order when they are first read. `keep`: 1 for each row of a batch that is wanted, null for all.
 */
export function gather(
	batches: readonly Batch[],
	numbers: readonly NumberColumn[],
	texts: readonly string[],
	keep: (batch: Batch) => Uint8Array | null = () => null,
): VisitorRows {
	const runs = new Runs(batches, keep);
	const { starts, order, ts, rows } = inOrder(batches, runs);
	const targets = inverse(
		order,
		batches.reduce((sum, batch) => sum + batch.rows, 0),
	);
	return new GatheredRows(batches, rows, starts, targets, ts, new Set([...ALWAYS, ...numbers]), new Set(texts));
}

class GatheredRows implements VisitorRows {
	readonly rows: number;
	readonly starts: Uint32Array;
	readonly #batches: readonly Batch[];
	/** Where each row of the batches, counted through, belongs. */
	readonly #targets: Uint32Array;
	readonly #numbers = new Map<NumberColumn, Numbers>();
	readonly #texts = new Map<string, TextColumn>();
	readonly #askedNumbers: ReadonlySet<NumberColumn>;
	readonly #askedTexts: ReadonlySet<string>;

	constructor(
		batches: readonly Batch[],
		rows: number,
		starts: Uint32Array,
		targets: Uint32Array,
		ts: Float64Array,
		numbers: ReadonlySet<NumberColumn>,
		texts: ReadonlySet<string>,
	) {
		this.#batches = batches;
		this.rows = rows;
		this.starts = starts;
		this.#targets = targets;
		this.#numbers.set("ts", ts);
		this.#askedNumbers = numbers;
		this.#askedTexts = texts;
	}

	number(name: NumberColumn): Numbers {
		if (!this.#askedNumbers.has(name)) throw new RangeError(`the column ${name} was not asked for`);
		let column = this.#numbers.get(name);
		if (column === undefined) {
			column = this.#gatherNumbers(name);
			this.#numbers.set(name, column);
		}
		return column;
	}

	text(field: string): TextColumn {
		if (!this.#askedTexts.has(field)) throw new RangeError(`the field ${field} was not asked for`);
		let column = this.#texts.get(field);
		if (column === undefined) {
			column = this.#gatherTexts(field);
			this.#texts.set(field, column);
		}
		return column;
	}

	#gatherNumbers(name: NumberColumn): Numbers {
		const out = emptyColumn(name, this.rows);
		let base = 0;
		for (const batch of this.#batches) {
			scatter(numbersOf(batch, name), this.#targets, base, batch.rows, out);
			base += batch.rows;
		}
		return out;
	}

	/** One dictionary of all: "" first, then each distinct text that a row has. */
	#gatherTexts(field: string): TextColumn {
		const values = [""];
		const known = new Map([["", 0]]);
		const index = new Uint32Array(this.rows);
		let base = 0;
		for (const batch of this.#batches) {
			const column = batch.texts[field];
			// A batch without the column has no value in it: 0 is missing.
			if (column !== undefined) scatterTexts(column, this.#targets, base, batch.rows, index, values, known);
			base += batch.rows;
		}
		return { values, index };
	}
}

function numbersOf(batch: Batch, name: NumberColumn): Numbers {
	const column = batch.numbers[name];
	if (column === undefined) throw new RangeError(`a batch lacks the column ${name}`);
	return column;
}

function emptyColumn(name: NumberColumn, rows: number): Numbers {
	if (name === "ts" || name === "received_at" || name === "value") return new Float64Array(rows);
	if (name === "slot") return new Uint16Array(rows);
	return name === "flags" ? new Uint8Array(rows) : new Uint32Array(rows);
}

function scatter(from: Numbers, targets: Uint32Array, base: number, rows: number, out: Numbers): void {
	for (let row = 0; row < rows; row++) {
		const target = targets[base + row] as number;
		if (target !== NOWHERE) out[target] = from[row] as number;
	}
}

/** The dictionary of a batch may hold more than the column has (a journal table has one for all): only what rows name is taken. */
function scatterTexts(
	from: TextColumn,
	targets: Uint32Array,
	base: number,
	rows: number,
	out: Uint32Array,
	values: string[],
	known: Map<string, number>,
): void {
	const merged = new Uint32Array(from.values.length).fill(NO_TEXT);
	for (let row = 0; row < rows; row++) {
		const target = targets[base + row] as number;
		if (target === NOWHERE) continue;
		const at = from.index[row] as number;
		let index = merged[at] as number;
		if (index === NO_TEXT) {
			const text = from.values[at] as string;
			index = known.get(text) ?? values.push(text) - 1;
			known.set(text, index);
			merged[at] = index;
		}
		out[target] = index;
	}
}

/** Rows of one visitor that follow each other in a batch. */
class Runs {
	count = 0;
	/** By run: its visitor (0, 1, … as they appear), its batch, first row and length. */
	visitor = new Uint32Array(1024);
	batch = new Uint32Array(1024);
	first = new Uint32Array(1024);
	length = new Uint32Array(1024);
	readonly visitors = new Visitors();

	constructor(batches: readonly Batch[], keep: (batch: Batch) => Uint8Array | null) {
		for (let at = 0; at < batches.length; at++) {
			const batch = batches[at] as Batch;
			this.#add(batch, at, keep(batch));
		}
	}

	#add(batch: Batch, at: number, kept: Uint8Array | null): void {
		const hi = numbersOf(batch, "visitor_hi");
		const lo = numbersOf(batch, "visitor_lo");
		for (let row = 0; row < batch.rows; ) {
			if (kept !== null && kept[row] === 0) {
				row++;
				continue;
			}
			const [h, l] = [hi[row] as number, lo[row] as number];
			const first = row++;
			while (row < batch.rows && hi[row] === h && lo[row] === l && (kept === null || kept[row] !== 0)) row++;
			this.#push(this.visitors.indexOf(h, l), at, first, row - first);
		}
	}

	#push(visitor: number, batch: number, first: number, length: number): void {
		if (this.count === this.visitor.length) {
			this.visitor = grown(this.visitor);
			this.batch = grown(this.batch);
			this.first = grown(this.first);
			this.length = grown(this.length);
		}
		this.visitor[this.count] = visitor;
		this.batch[this.count] = batch;
		this.first[this.count] = first;
		this.length[this.count] = length;
		this.count++;
	}
}

function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
	const copy = new Uint32Array(array.length * 2);
	copy.set(array);
	return copy;
}

/** Numbers visitors as they come: a hash table with open addressing, keyed by the halves of their hash. */
class Visitors {
	count = 0;
	#hi = new Uint32Array(1024);
	#lo = new Uint32Array(1024);
	/** Index + 1 of a visitor, 0 where there is none. Twice as long as the others, at least. */
	#table = new Uint32Array(2048);

	indexOf(hi: number, lo: number): number {
		const mask = this.#table.length - 1;
		let at = (lo ^ hi) & mask;
		for (let entry = this.#table[at] as number; entry !== 0; entry = this.#table[at] as number) {
			if (this.#lo[entry - 1] === lo && this.#hi[entry - 1] === hi) return entry - 1;
			at = (at + 1) & mask;
		}
		if (this.count === this.#hi.length) {
			this.#grow();
			return this.indexOf(hi, lo);
		}
		this.#hi[this.count] = hi;
		this.#lo[this.count] = lo;
		this.#table[at] = ++this.count;
		return this.count - 1;
	}

	#grow(): void {
		this.#hi = grown(this.#hi);
		this.#lo = grown(this.#lo);
		this.#table = new Uint32Array(this.#hi.length * 2);
		const mask = this.#table.length - 1;
		for (let i = 0; i < this.count; i++) {
			let at = ((this.#lo[i] as number) ^ (this.#hi[i] as number)) & mask;
			while (this.#table[at] !== 0) at = (at + 1) & mask;
			this.#table[at] = i + 1;
		}
	}
}

interface Order {
	rows: number;
	starts: Uint32Array;
	/** By place: the row, counted through all batches. */
	order: Uint32Array;
	ts: Float64Array;
}

function inOrder(batches: readonly Batch[], runs: Runs): Order {
	const starts = startsOf(runs);
	const rows = starts[runs.visitors.count] as number;
	const order = new Uint32Array(rows);
	const ts = new Float64Array(rows);
	const bases = basesOf(batches);
	const times = batches.map((batch) => numbersOf(batch, "ts"));
	const next = starts.slice();
	for (let run = 0; run < runs.count; run++) {
		const visitor = runs.visitor[run] as number;
		const batch = runs.batch[run] as number;
		const from = times[batch] as Numbers;
		const base = bases[batch] as number;
		let at = next[visitor] as number;
		const first = runs.first[run] as number;
		const end = first + (runs.length[run] as number);
		for (let row = first; row < end; row++, at++) {
			order[at] = base + row;
			ts[at] = from[row] as number;
		}
		next[visitor] = at;
	}
	for (let visitor = 0; visitor < runs.visitors.count; visitor++)
		sortByTime(order, ts, starts[visitor] as number, starts[visitor + 1] as number);
	return { rows, starts, order, ts };
}

function startsOf(runs: Runs): Uint32Array {
	const starts = new Uint32Array(runs.visitors.count + 1);
	for (let run = 0; run < runs.count; run++) {
		const after = (runs.visitor[run] as number) + 1;
		starts[after] = (starts[after] as number) + (runs.length[run] as number);
	}
	for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] as number) + (starts[i - 1] as number);
	return starts;
}

function basesOf(batches: readonly Batch[]): Uint32Array {
	const bases = new Uint32Array(batches.length);
	for (let i = 1; i < batches.length; i++) bases[i] = (bases[i - 1] as number) + (batches[i - 1] as Batch).rows;
	return bases;
}

/** Sorts a visitor's rows, which are in the order of arrival, by time. Mostly they are. */
function sortByTime(order: Uint32Array, ts: Float64Array, start: number, end: number): void {
	let at = start + 1;
	while (at < end && (ts[at] as number) >= (ts[at - 1] as number)) at++;
	if (at >= end) return;
	if (end - start <= FEW) insertInto(order, ts, start, at, end);
	else sortMany(order, ts, start, end);
}

/** Insertion sort of [start, end), of which [start, from) is in order. */
function insertInto(order: Uint32Array, ts: Float64Array, start: number, from: number, end: number): void {
	for (let i = from; i < end; i++) {
		const [t, row] = [ts[i] as number, order[i] as number];
		let at = i;
		for (; at > start && (ts[at - 1] as number) > t; at--) {
			ts[at] = ts[at - 1] as number;
			order[at] = order[at - 1] as number;
		}
		ts[at] = t;
		order[at] = row;
	}
}

function sortMany(order: Uint32Array, ts: Float64Array, start: number, end: number): void {
	const times = ts.slice(start, end);
	const rows = order.slice(start, end);
	const by = Uint32Array.from(times, (_, i) => i);
	by.sort((a, b) => (times[a] as number) - (times[b] as number));
	for (let i = 0; i < by.length; i++) {
		ts[start + i] = times[by[i] as number] as number;
		order[start + i] = rows[by[i] as number] as number;
	}
}

function inverse(order: Uint32Array, rows: number): Uint32Array {
	const targets = new Uint32Array(rows);
	if (order.length < rows) targets.fill(NOWHERE);
	for (let i = 0; i < order.length; i++) targets[order[i] as number] = i;
	return targets;
}
