/**
 * Segments into fewer, larger ones: compaction, erasure of visitors, other declared props. What is in memory at once is
 * bounded however many segments there are: the keys of a range of slots, and the rows of two row groups.
 *
 * Of a range of slots all keys are read first, sorted and deduplicated; then rows are gathered in that order, a few row
 * groups' worth at a time, from one row group of one source after another. A source's row group is so decoded once for
 * every range it overlaps: with more than about 32 sources, merge them in several rounds.
 */
import type { Numbers, TextColumn } from "../core/scan/rows.ts";
import { SLOTS } from "../ids.ts";
import {
	EVENT_TEXTS,
	type EventText,
	GROUP_ROWS,
	type PropColumn,
	propColumn,
	propOf,
	type RowNumber,
} from "./columns.ts";
import { type EncodedSegment, type GroupRows, SegmentEncoder } from "./encode.ts";
import { orderRows, type RowKeys, repeatedRows } from "./order.ts";
import { PropKinds, type SplitColumns, splitColumn, TextBuilder } from "./props.ts";
import type { GroupChunks, LazyText, Segment } from "./read.ts";

export interface MergeOptions {
	/** Rows of a segment that comes out. A quarter of a million is about 20 MB of bytes. */
	maxRows: number;
	/** Declared props of the segments that come out; without it, all that the sources have. */
	props?: readonly string[];
	/** Which visitors stay; without it, all. */
	keep?: (visitorHi: number, visitorLo: number) => boolean;
}

/** Rows whose keys (44 bytes each) are in memory at once, about: one slot's rows are never apart. */
const KEY_ROWS = 131_072;
/** Rows that are gathered at once: with their strings, some 25 MB. */
const GATHERED_ROWS = 2 * GROUP_ROWS;
/** Row groups that are fetched ahead of the one being decoded. */
const FETCHED_AHEAD = 2;

/** Sorted, each event once. Sources in the order of their journal offsets. Nothing comes out where nothing is kept. */
export async function* mergeSegments(
	sources: readonly Segment[],
	options: MergeOptions,
): AsyncGenerator<EncodedSegment> {
	const props = await propColumns(sources, options.props);
	const split = sources.every((source) => isSplitSo(source, props)) ? props : null;
	const output = new Output(props, options.maxRows);
	for (const slots of slotRanges(sources)) {
		const keys = await readKeys(sources, slots);
		const order = keys.order(options.keep);
		for (let from = 0; from < order.length; from += GATHERED_ROWS) {
			// In no variable, which would hold them while the next ones are gathered.
			output.write(await gather(keys, order.subarray(from, from + GATHERED_ROWS), split));
			yield* output.full();
		}
	}
	yield* output.rest();
}

/** Cuts rows into row groups and segments. */
class Output {
	readonly #props: readonly PropColumn[];
	readonly #maxRows: number;
	#encoder: SegmentEncoder;
	#full: EncodedSegment[] = [];

	constructor(props: readonly PropColumn[], maxRows: number) {
		this.#props = props;
		this.#maxRows = maxRows;
		this.#encoder = new SegmentEncoder(props);
	}

	write(rows: GatheredRows): void {
		for (let at = 0; at < rows.rows; ) {
			const end = Math.min(rows.rows, at + GROUP_ROWS, at + this.#maxRows - this.#encoder.rows);
			this.#encoder.write(rows.slice(at, end));
			at = end;
			if (this.#encoder.rows < this.#maxRows) continue;
			this.#full.push(this.#encoder.finish());
			this.#encoder = new SegmentEncoder(this.#props);
		}
	}

	/** Hands over the segments that have all their rows. */
	*full(): Generator<EncodedSegment> {
		for (let segment = this.#full.shift(); segment !== undefined; segment = this.#full.shift()) yield segment;
	}

	*rest(): Generator<EncodedSegment> {
		if (this.#encoder.rows > 0) yield this.#encoder.finish();
	}
}

/** The columns of declared props, for all segments that come out: what is text in one source is text in all. */
async function propColumns(sources: readonly Segment[], declared: readonly string[] | undefined) {
	const props = declared ?? [...new Set(sources.flatMap(({ props }) => props))];
	const kinds = new PropKinds(props);
	for (const source of sources) {
		for (const { name, kind } of source.propColumns) if (kind !== null && props.includes(name)) kinds.vote(name, kind);
		if (props.every((name) => source.props.includes(name))) continue;
		for (let group = 0; group < source.groups.length; group++) {
			const chunks = await source.chunks(group, [], ["props"]);
			for (const json of chunks.encoded("props").values()) kinds.add(json);
		}
	}
	return kinds.columns();
}

/** Has the source these columns of props, and no others with values? Then the rest of its props is the same too. */
function isSplitSo(source: Segment, props: readonly PropColumn[]): boolean {
	const kinds = new Map(source.propColumns.map(({ name, kind }) => [name, kind]));
	if (!props.every(({ name, kind }) => kinds.get(name) === kind || kinds.get(name) === null)) return false;
	return source.propColumns.every(({ name, kind }) => kind === null || props.some((prop) => prop.name === name));
}

/** Slots, both inclusive. */
interface SlotRange {
	readonly first: number;
	readonly last: number;
}

/** Ranges with about KEY_ROWS rows each, if the rows of each group are spread evenly over its slots. */
function slotRanges(sources: readonly Segment[]): SlotRange[] {
	const rows = new Float64Array(SLOTS);
	for (const { rows: count, minSlot, maxSlot } of sources.flatMap(({ groups }) => groups)) {
		for (let slot = minSlot; slot <= maxSlot; slot++) {
			rows[slot] = (rows[slot] as number) + count / (maxSlot - minSlot + 1);
		}
	}
	const ranges: SlotRange[] = [];
	let first = 0;
	let held = 0;
	for (let slot = 0; slot < SLOTS; slot++) {
		const more = rows[slot] as number;
		if (held > 0 && held + more > KEY_ROWS) {
			ranges.push({ first, last: slot - 1 });
			first = slot;
			held = 0;
		}
		held += more;
	}
	if (held > 0) ranges.push({ first, last: SLOTS - 1 });
	return ranges;
}

/** What rows are sorted and deduplicated by. */
const KEY_NUMBERS = ["slot", "visitor_hi", "visitor_lo", "ts", "offset", "id_hi", "id_lo"] as const;
type KeyNumber = (typeof KEY_NUMBERS)[number];

/** Neighbouring rows of a row group, with their keys. */
interface KeyPart {
	readonly source: Segment;
	readonly group: number;
	/** The first of them in the group. */
	readonly first: number;
	readonly rows: number;
}

type KeyNumbers = Record<KeyNumber, ArrayLike<number>>;

async function readKeys(sources: readonly Segment[], { first, last }: SlotRange): Promise<Keys> {
	const parts: KeyPart[] = [];
	const numbers: KeyNumbers[] = [];
	for (const source of sources) {
		for (const [group, { minSlot, maxSlot }] of source.groups.entries()) {
			if (maxSlot < first || minSlot > last) continue;
			const read = readPart(await source.chunks(group, KEY_NUMBERS, []), { first, last });
			if (read.rows === 0) continue;
			parts.push({ source, group, first: read.first, rows: read.rows });
			numbers.push(read.numbers);
		}
	}
	return new Keys(parts, numbers);
}

/** The keys of the group's rows in these slots. Copies: the rest of the group goes. */
function readPart(chunks: GroupChunks, { first, last }: SlotRange) {
	const slots = chunks.number("slot");
	const from = firstRow(slots, (slot) => slot >= first);
	const to = firstRow(slots, (slot) => slot > last);
	const read = (name: KeyNumber) => chunks.number(name).slice(from, to);
	const numbers = {
		slot: slots.slice(from, to),
		visitor_hi: read("visitor_hi"),
		visitor_lo: read("visitor_lo"),
		ts: read("ts"),
		offset: read("offset"),
		id_hi: read("id_hi"),
		id_lo: read("id_lo"),
	};
	return { first: from, rows: to - from, numbers };
}

/** The first row of sorted ones that is so, or their number. */
function firstRow(sorted: ArrayLike<number>, isSo: (x: number) => boolean): number {
	let [low, high] = [0, sorted.length];
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (isSo(sorted[middle] as number)) high = middle;
		else low = middle + 1;
	}
	return low;
}

/** The keys of a range of slots, one part after another. */
class Keys {
	readonly rows: number;
	readonly parts: readonly KeyPart[];
	readonly #numbers: KeyNumbers;
	/** Where each part begins. */
	readonly #starts: readonly number[];

	/** Copies the parts' numbers. */
	constructor(parts: readonly KeyPart[], numbers: readonly KeyNumbers[]) {
		this.parts = parts;
		const starts: number[] = [];
		let rows = 0;
		for (const part of parts) {
			starts.push(rows);
			rows += part.rows;
		}
		this.rows = rows;
		this.#starts = starts;
		const joined = <T extends Float64Array | Uint32Array | Uint16Array>(name: KeyNumber, out: T): T => {
			for (const [i, part] of numbers.entries()) out.set(part[name], starts[i]);
			return out;
		};
		this.#numbers = {
			slot: joined("slot", new Uint16Array(rows)),
			visitor_hi: joined("visitor_hi", new Uint32Array(rows)),
			visitor_lo: joined("visitor_lo", new Uint32Array(rows)),
			ts: joined("ts", new Float64Array(rows)),
			offset: joined("offset", new Float64Array(rows)),
			id_hi: joined("id_hi", new Uint32Array(rows)),
			id_lo: joined("id_lo", new Uint32Array(rows)),
		};
	}

	number(name: KeyNumber, row: number): number {
		return this.#numbers[name][row] as number;
	}

	/** The part a row is of. */
	partOf(row: number): number {
		return firstRow(this.#starts, (start) => start > row) - 1;
	}

	/** Its place in its row group. */
	placeOf(row: number, part: number): number {
		return row - (this.#starts[part] as number) + (this.parts[part] as KeyPart).first;
	}

	/** The rows that stay, in the order of a segment. */
	order(keep: MergeOptions["keep"]): Uint32Array {
		const { slot, visitor_hi, visitor_lo, ts, offset, id_hi, id_lo } = this.#numbers;
		const keys: RowKeys = { slot, visitorHi: visitor_hi, visitorLo: visitor_lo, ts, offset };
		const repeated = repeatedRows(keys, { hi: id_hi, lo: id_lo }, this.rows);
		const order = orderRows(keys, this.rows).filter((row) => repeated[row] === 0);
		if (keep === undefined) return order;
		return order.filter((row) => keep(this.number("visitor_hi", row), this.number("visitor_lo", row)));
	}
}

const isKey = (name: RowNumber): name is KeyNumber => (KEY_NUMBERS as readonly string[]).includes(name);

/** Numbers beside the keys. */
const GATHERED_NUMBERS = ["received_at", "value", "flags"] as const;
const TEXTS = [...EVENT_TEXTS] as EventText[];

async function gather(keys: Keys, order: Uint32Array, split: readonly PropColumn[] | null): Promise<GatheredRows> {
	const gathered = new GatheredRows(keys, order, split);
	const fetched = fetchAhead(rowsByPart(keys, order), ({ part }) => {
		const { source, group } = keys.parts[part] as KeyPart;
		return source.chunks(group, GATHERED_NUMBERS, TEXTS);
	});
	for await (const { item, result } of fetched) gathered.take(result, item);
	return gathered;
}

/** Runs a request for each item, a few at a time, and hands them over one by one, in order. */
async function* fetchAhead<T, R>(items: readonly T[], run: (item: T) => Promise<R>) {
	const running: Promise<R>[] = [];
	let next = 0;
	for (const item of items) {
		for (; next < items.length && running.length <= FETCHED_AHEAD; next++) {
			const request = run(items[next] as T);
			request.catch(() => {}); // It is told when its turn comes, or not at all after an earlier failure.
			running.push(request);
		}
		yield { item, result: await (running.shift() as Promise<R>) };
	}
}

/** Rows of one part: their places in its row group, and where they go. */
interface PartRows {
	readonly part: number;
	readonly places: number[];
	readonly to: number[];
}

function rowsByPart(keys: Keys, order: Uint32Array): PartRows[] {
	const byPart = new Map<number, PartRows>();
	for (let i = 0; i < order.length; i++) {
		const row = order[i] as number;
		const part = keys.partOf(row);
		let rows = byPart.get(part);
		if (rows === undefined) {
			rows = { part, places: [], to: [] };
			byPart.set(part, rows);
		}
		rows.places.push(keys.placeOf(row, part));
		rows.to.push(i);
	}
	return [...byPart.values()].sort((a, b) => a.part - b.part);
}

/** Rows out of many row groups, in their new order. */
class GatheredRows {
	readonly rows: number;
	readonly #keys: Keys;
	readonly #order: Uint32Array;
	/** The columns of props that all sources have alike and that stay as they are; null: props are joined and split anew. */
	readonly #split: readonly PropColumn[] | null;
	readonly #numbers = new Map<string, Float64Array>();
	readonly #texts = new Map<string, TextBuilder>();

	constructor(keys: Keys, order: Uint32Array, split: readonly PropColumn[] | null) {
		this.rows = order.length;
		this.#keys = keys;
		this.#order = order;
		this.#split = split;
		for (const name of GATHERED_NUMBERS) this.#numbers.set(name, new Float64Array(order.length));
		for (const name of TEXTS) this.#texts.set(name, new TextBuilder(order.length));
		for (const { name, kind } of split ?? []) {
			if (kind === "double") this.#numbers.set(propColumn(name), new Float64Array(order.length));
			else this.#texts.set(propColumn(name), new TextBuilder(order.length));
		}
	}

	take(chunks: GroupChunks, rows: PartRows): void {
		for (const [name, to] of this.#numbers) {
			const prop = propOf(name);
			takeNumbers(to, prop === null ? chunks.number(name as RowNumber) : chunks.propNumbers(prop), rows);
		}
		for (const [name, to] of this.#texts) {
			const isApart = name === "props" ? this.#split !== null : propOf(name) !== null;
			takeText(to, isApart ? chunks.encoded(name) : chunks.lazyText(name), rows);
		}
	}

	slice(from: number, to: number): GroupRows {
		return {
			rows: to - from,
			number: (column) => this.#number(column, from, to),
			text: (column) => this.#text(column, from, to),
			props: (columns) => this.#props(columns, from, to),
		};
	}

	#props(columns: readonly PropColumn[], from: number, to: number): SplitColumns {
		if (this.#split === null) return splitColumn(this.#text("props", from, to), columns);
		const names = ["props", ...columns.map(({ name }) => propColumn(name))];
		return new Map(
			names.map((name) => [name, this.#numbers.get(name)?.subarray(from, to) ?? this.#text(name, from, to)]),
		);
	}

	#text(name: string, from: number, to: number): TextColumn {
		const { values, index } = this.#texts.get(name) as TextBuilder;
		return { values, index: index.subarray(from, to) };
	}

	#number(column: RowNumber, from: number, to: number): Float64Array {
		if (!isKey(column)) return (this.#numbers.get(column) as Float64Array).subarray(from, to);
		const out = new Float64Array(to - from);
		for (let i = from; i < to; i++) out[i - from] = this.#keys.number(column, this.#order[i] as number);
		return out;
	}
}

function takeNumbers(to: Float64Array, numbers: Numbers, { places, to: rows }: PartRows): void {
	for (let i = 0; i < rows.length; i++) to[rows[i] as number] = numbers[places[i] as number] as number;
}

/** Makes only the strings that the rows have. */
function takeText(to: TextBuilder, text: LazyText, { places, to: rows }: PartRows): void {
	const codes = new Int32Array(text.size).fill(-1);
	for (let i = 0; i < rows.length; i++) {
		const from = text.code(places[i] as number);
		let code = codes[from] as number;
		if (code < 0) {
			code = to.code(text.value(from));
			codes[from] = code;
		}
		to.index[rows[i] as number] = code;
	}
}
