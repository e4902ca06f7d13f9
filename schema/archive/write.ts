/** Journal tables into a segment: what sealing writes. Pure: the same tables give the same bytes. */
import type { TextColumn } from "../core/scan/rows.ts";
import type { EventTable } from "../event.ts";
import { type EventText, GROUP_ROWS, type RowNumber } from "./columns.ts";
import { type EncodedSegment, type GroupRows, SegmentEncoder } from "./encode.ts";
import { orderRows } from "./order.ts";
import { PropKinds, splitColumn, TextBuilder } from "./props.ts";

export type { EncodedSegment, SegmentStats } from "./encode.ts";

/** A table of journal rows, with the offset of all its events, or of each in ascending order. */
export interface SegmentSource {
	table: Pick<EventTable, "rows" | "columns" | "strings">;
	offset: number | Float64Array;
}

/**
 * Writes the rows of these tables, sorted. `props`: the declared props, which get columns of their own. About 100,000
 * rows at a time keep it below 64 MB.
 */
export function writeSegment(sources: readonly SegmentSource[], props: readonly string[]): EncodedSegment {
	const rows = new SourceRows(sources);
	const encoder = new SegmentEncoder(propKinds(sources, props).columns());
	const groups = Math.ceil(rows.length / GROUP_ROWS);
	// Groups of one size rather than full ones and a small last one.
	const size = Math.ceil(rows.length / Math.max(groups, 1));
	for (let from = 0; from < rows.length; from += size) {
		encoder.write(rows.slice(from, Math.min(from + size, rows.length)));
	}
	return encoder.finish();
}

function propKinds(sources: readonly SegmentSource[], props: readonly string[]): PropKinds {
	const kinds = new PropKinds(props);
	if (props.length === 0) return kinds;
	for (const { table } of sources) {
		for (const index of new Set(table.columns.props)) kinds.add(table.strings[index] as string);
	}
	return kinds;
}

/** The rows of all tables, in the order of a segment. */
class SourceRows {
	readonly length: number;
	readonly #sources: readonly SegmentSource[];
	/** Of each row in order: its number in the order of arrival. */
	readonly #order: Uint32Array;
	readonly #texts = new Map<EventText, TextColumn>();
	readonly #numbers = new Map<RowNumber, Float64Array>();

	constructor(sources: readonly SegmentSource[]) {
		this.#sources = [...sources].sort((a, b) => firstOf(a) - firstOf(b));
		this.length = this.#sources.reduce((sum, { table }) => sum + table.rows, 0);
		const keys = {
			slot: this.#arrived("slot"),
			visitorHi: this.#arrived("visitor_hi"),
			visitorLo: this.#arrived("visitor_lo"),
			ts: this.#arrived("ts"),
			offset: this.#arrived("offset"),
		};
		this.#order = orderRows(keys, this.length);
	}

	slice(from: number, to: number): GroupRows {
		return {
			rows: to - from,
			number: (column) => this.#number(column).subarray(from, to),
			text: (column) => slice(this.#text(column), from, to),
			props: (columns) => splitColumn(slice(this.#text("props"), from, to), columns),
		};
	}

	#number(column: RowNumber): Float64Array {
		let sorted = this.#numbers.get(column);
		if (sorted === undefined) {
			const arrived = this.#arrived(column);
			sorted = new Float64Array(this.length);
			for (let i = 0; i < sorted.length; i++) sorted[i] = arrived[this.#order[i] as number] as number;
			this.#numbers.set(column, sorted);
		}
		return sorted;
	}

	/** A number column in the order of arrival. */
	#arrived(column: RowNumber): Float64Array {
		const out = new Float64Array(this.length);
		let at = 0;
		for (const { table, offset } of this.#sources) {
			if (column !== "offset") out.set(table.columns[column], at);
			else if (typeof offset === "number") out.fill(offset, at, at + table.rows);
			else out.set(offset, at);
			at += table.rows;
		}
		return out;
	}

	#text(column: EventText): TextColumn {
		let sorted = this.#texts.get(column);
		if (sorted === undefined) {
			const { values, index: arrived } = this.#arrivedText(column);
			const index = new Uint32Array(this.length);
			for (let i = 0; i < index.length; i++) index[i] = arrived[this.#order[i] as number] as number;
			sorted = { values, index };
			this.#texts.set(column, sorted);
		}
		return sorted;
	}

	/** A text column in the order of arrival, all tables' under one dictionary. */
	#arrivedText(column: EventText): TextColumn {
		const text = new TextBuilder(this.length);
		let at = 0;
		for (const { table } of this.#sources) {
			const codes = new Int32Array(table.strings.length).fill(-1);
			const index = table.columns[column];
			for (let i = 0; i < table.rows; i++) {
				const from = index[i] as number;
				let code = codes[from] as number;
				if (code < 0) {
					// UTF-8 can't hold a lone surrogate: it is U+FFFD there, so it must be here, or two entries were the same.
					code = text.code((table.strings[from] as string).toWellFormed());
					codes[from] = code;
				}
				text.index[at++] = code;
			}
		}
		return text;
	}
}

const firstOf = ({ offset }: SegmentSource) => (typeof offset === "number" ? offset : (offset[0] ?? 0));

const slice = ({ values, index }: TextColumn, from: number, to: number): TextColumn => ({
	values,
	index: index.subarray(from, to),
});
