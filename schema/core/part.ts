/**
 * The byte form of one part of a window: a table of cells by labels, in three columns (stats, uniques, quantiles) that
 * are read alone, so that a question about counts never touches a sketch. `window.ts` puts parts into sections and
 * spans.
 *
 * stats: u8 flags (alone if the part is empty) · varint rows · varint undercount if any · labels · a row's numbers, each · other's numbers if any
 *   labels: for each dimension its distinct values, sorted, each as what it shares with the one before it; with more
 *   than one dimension, then an index per row and dimension. No dimension has one row and no label.
 *   numbers: varint count · [varint values · number sum, min, max (sum alone for one value; nothing for none)];
 *   signed: zigzag count · number sum · zigzag views · zigzag bounces · [values · min · max].
 * uniques, quantiles: the sketches in the order of the rows, other's last; a zero byte where a cell has none.
 */
import { type ByteReader, ByteWriter } from "./bytes.ts";
import { Cell } from "./cell.ts";
import { DDSketch } from "./ddsketch.ts";
import { Hll } from "./hll.ts";

const VALUES = 1;
const SIGNED = 2;
const WITH_OTHER = 4;
const WITH_UNDERCOUNT = 8;
const WITH_UNIQUES = 16;
const WITH_QUANTILES = 32;
/** Nothing follows. */
const EMPTY = 64;
/** In a column of sketches: this cell has none. No sketch starts with this byte. */
const NO_SKETCH = 0;

/** A cell and its labels, one per dimension. */
export interface PartRow {
	labels: readonly string[];
	cell: Cell;
}

/** A part as the codec sees it. */
export interface Part {
	/** Number of dimensions. */
	width: number;
	rows: PartRow[];
	/** What passed a cap. */
	other: Cell | null;
	undercount: number;
}

/** Encoded columns. A column that would say nothing is empty. */
export interface Columns {
	stats: Uint8Array;
	uniques: Uint8Array;
	quantiles: Uint8Array;
}

/** Encodes a part as pages whose columns together stay under `pageBytes`; `other` goes with the first. */
export function encodePart(part: Part, pageBytes: number): Columns[] {
	const rows = [...part.rows].sort(byLabels);
	const cells = rows.map((row) => row.cell);
	const flags = flagsOf(part.other === null ? cells : [...cells, part.other]);
	const pages: Columns[] = [];
	let at = 0;
	do {
		const first = at === 0;
		const page = new PageWriter(flags, first ? part.other : null, first ? part.undercount : 0);
		const from = at;
		while (at < rows.length && page.add(rows[at] as PartRow, pageBytes)) at++;
		pages.push(page.finish(part.width, rows.slice(from, at)));
	} while (at < rows.length);
	return pages;
}

/** Encodes rows one by one, and knows how many bytes they take together. */
class PageWriter {
	private readonly numbers = new ByteWriter();
	private readonly uniques = new ByteWriter();
	private readonly quantiles = new ByteWriter();
	private readonly flags: number;
	private readonly other: Cell | null;
	private readonly undercount: number;
	private labelBytes = 0;
	private rows = 0;
	private otherBytes = 0;

	constructor(flags: number, other: Cell | null, undercount: number) {
		this.flags = flags | (other === null ? 0 : WITH_OTHER) | (undercount === 0 ? 0 : WITH_UNDERCOUNT);
		this.other = other;
		this.undercount = undercount;
		if (other !== null) {
			const alone = new PageWriter(flags, null, 0);
			alone.write(other);
			this.otherBytes = alone.bytes();
		}
	}

	/** Adds a row unless it would take the page over the limit. A page takes at least one. */
	add(row: PartRow, limit: number): boolean {
		const marks = [this.numbers.length, this.uniques.length, this.quantiles.length] as const;
		const labelBytes = boundOf(row.labels);
		this.write(row.cell);
		if (this.rows > 0 && this.bytes() + labelBytes > limit) {
			this.numbers.truncate(marks[0]);
			this.uniques.truncate(marks[1]);
			this.quantiles.truncate(marks[2]);
			return false;
		}
		this.labelBytes += labelBytes;
		this.rows++;
		return true;
	}

	finish(width: number, rows: PartRow[]): Columns {
		if (rows.length === 0 && this.other === null && this.undercount === 0) return EMPTY_COLUMNS;
		if (this.other !== null) this.write(this.other);
		const stats = new ByteWriter(this.numbers.length + this.labelBytes + 16);
		stats.u8(this.flags);
		stats.varint(rows.length);
		if (this.undercount !== 0) stats.varint(this.undercount);
		writeLabels(stats, width, rows);
		stats.raw(this.numbers.slice());
		return { stats: stats.slice(), uniques: this.uniques.slice(), quantiles: this.quantiles.slice() };
	}

	private bytes(): number {
		return (
			this.numbers.length +
			this.uniques.length +
			this.quantiles.length +
			this.labelBytes +
			this.otherBytes +
			HEADER_BOUND
		);
	}

	private write(cell: Cell): void {
		writeNumbers(this.numbers, cell, this.flags);
		if ((this.flags & WITH_UNIQUES) !== 0) {
			if (cell.uniques === null) this.uniques.u8(NO_SKETCH);
			else cell.uniques.encode(this.uniques);
		}
		if ((this.flags & WITH_QUANTILES) !== 0) {
			if (cell.quantiles === null) this.quantiles.u8(NO_SKETCH);
			else cell.quantiles.encode(this.quantiles);
		}
	}
}

const NO_BYTES = new Uint8Array(0);
const EMPTY_COLUMNS: Columns = { stats: Uint8Array.of(EMPTY), uniques: NO_BYTES, quantiles: NO_BYTES };

/** Bytes that a page's flags, counts and version bytes take at most. */
const HEADER_BOUND = 64;

/** Bytes that labels take at most: UTF-8, a shared length and an own length, and an index. */
const boundOf = (labels: readonly string[]) => labels.reduce((sum, label) => sum + label.length * 3 + 8, 0);

function flagsOf(cells: Cell[]): number {
	let flags = 0;
	for (const cell of cells) {
		if (cell.values !== 0 || cell.min <= cell.max) flags |= VALUES;
		if (cell.count < 0 || cell.views !== 0 || cell.bounces !== 0 || (cell.sum !== 0 && cell.values === 0))
			flags |= SIGNED;
		if (cell.uniques !== null) flags |= WITH_UNIQUES;
		if (cell.quantiles !== null) flags |= WITH_QUANTILES;
	}
	return flags;
}

function writeNumbers(w: ByteWriter, cell: Cell, flags: number): void {
	if ((flags & SIGNED) !== 0) {
		w.zigzag(cell.count);
		w.number(cell.sum);
		w.zigzag(cell.views);
		w.zigzag(cell.bounces);
	} else w.varint(cell.count);
	if ((flags & VALUES) === 0) return;
	w.varint(cell.values);
	if (cell.values === 0) return;
	if ((flags & SIGNED) === 0) w.number(cell.sum);
	if (cell.values === 1 && (flags & SIGNED) === 0) return;
	w.number(cell.min);
	w.number(cell.max);
}

function readNumbers(r: ByteReader, flags: number): Cell {
	const cell = new Cell(null);
	if ((flags & SIGNED) !== 0) cell.addSigned(r.zigzag(), r.number(), r.zigzag(), r.zigzag());
	else cell.count = r.varint();
	if ((flags & VALUES) === 0) return cell;
	cell.values = r.varint();
	if (cell.values === 0) return cell;
	if ((flags & SIGNED) === 0) cell.sum = r.number();
	const alone = cell.values === 1 && (flags & SIGNED) === 0;
	cell.min = alone ? cell.sum : r.number();
	cell.max = alone ? cell.sum : r.number();
	return cell;
}

/** What a page decodes to. `labels` is one list per dimension, each in the order of `cells`. */
export interface DecodedPage {
	labels: string[][];
	cells: Cell[];
	other: Cell | null;
	undercount: number;
}

/** Reads a page; a sketch column that is null is left alone, and the cells' sketches are null. */
export function decodePage(
	width: number,
	stats: ByteReader,
	uniques: ByteReader | null,
	quantiles: ByteReader | null,
): DecodedPage {
	const flags = stats.u8();
	if (flags === EMPTY)
		return { labels: Array.from({ length: width }, () => []), cells: [], other: null, undercount: 0 };
	const rows = stats.count();
	const undercount = (flags & WITH_UNDERCOUNT) === 0 ? 0 : stats.varint();
	const labels = readLabels(stats, width, rows);
	const cells = Array.from({ length: rows }, () => readNumbers(stats, flags));
	const other = (flags & WITH_OTHER) === 0 ? null : readNumbers(stats, flags);
	const all = other === null ? cells : [...cells, other];
	if (uniques !== null && (flags & WITH_UNIQUES) !== 0) {
		for (const cell of all) cell.uniques = hasSketch(uniques) ? Hll.decode(uniques) : null;
	}
	if (quantiles !== null && (flags & WITH_QUANTILES) !== 0) {
		for (const cell of all) cell.quantiles = hasSketch(quantiles) ? DDSketch.decode(quantiles) : null;
	}
	return { labels, cells, other, undercount };
}

function hasSketch(r: ByteReader): boolean {
	if (r.peek() !== NO_SKETCH) return true;
	r.u8();
	return false;
}

function byLabels(a: PartRow, b: PartRow): number {
	for (let d = 0; d < a.labels.length; d++) {
		const x = a.labels[d] as string;
		const y = b.labels[d] as string;
		if (x !== y) return x < y ? -1 : 1;
	}
	return 0;
}

function writeLabels(w: ByteWriter, width: number, rows: PartRow[]): void {
	const indices: Map<string, number>[] = [];
	for (let d = 0; d < width; d++) {
		const distinct = [...new Set(rows.map((row) => row.labels[d] as string))].sort();
		writeSorted(w, distinct);
		indices.push(new Map(distinct.map((label, i) => [label, i])));
	}
	if (width < 2) return;
	for (const row of rows) {
		for (let d = 0; d < width; d++) w.varint(indices[d]?.get(row.labels[d] as string) as number);
	}
}

function readLabels(r: ByteReader, width: number, rows: number): string[][] {
	const distinct = Array.from({ length: width }, () => readSorted(r));
	if (width < 2) {
		if (width === 1 && distinct[0]?.length !== rows) throw new RangeError("a part has other labels than rows");
		return distinct;
	}
	const labels = distinct.map(() => [] as string[]);
	for (let i = 0; i < rows; i++) {
		for (let d = 0; d < width; d++) {
			const label = distinct[d]?.[r.varint()];
			if (label === undefined) throw new RangeError("a part has an unknown label");
			labels[d]?.push(label);
		}
	}
	return labels;
}

/** Front coding: paths and referrers share their beginnings. */
function writeSorted(w: ByteWriter, sorted: string[]): void {
	w.varint(sorted.length);
	let previous = "";
	for (const label of sorted) {
		const shared = sharedPrefix(previous, label);
		w.varint(shared);
		w.string(label.slice(shared));
		previous = label;
	}
}

function readSorted(r: ByteReader): string[] {
	let previous = "";
	return Array.from({ length: r.count() }, () => {
		previous = previous.slice(0, r.varint()) + r.string();
		return previous;
	});
}

/** Code units that two labels share, never cutting a surrogate pair: halves have no UTF-8. */
function sharedPrefix(a: string, b: string): number {
	let i = 0;
	while (i < a.length && i < b.length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
	const last = a.charCodeAt(i - 1);
	return last >= 0xd800 && last < 0xdc00 ? i - 1 : i;
}
