/** What a field (expression.ts) needs to be read, and its column. */
import { IDENTIFY } from "../flag.ts";
import type { NumberColumn, TextColumn, VisitorRows } from "./rows.ts";

/** Fields that hold numbers. */
export const NUMBER_FIELDS = ["value", "ts", "received_at"] as const;
export type NumberField = (typeof NUMBER_FIELDS)[number];
const TRAITS = "traits.";

export interface Needs {
	numbers: NumberColumn[];
	texts: string[];
}

export const isNumberField = (field: string): field is NumberField => NUMBER_FIELDS.some((name) => name === field);
export const isTrait = (field: string): boolean => field.startsWith(TRAITS);

/** The columns that those fields need. A trait is a prop of `identify` events. */
export function needsOf(fields: Iterable<string>): Needs {
	const numbers = new Set<NumberColumn>();
	const texts = new Set<string>();
	for (const field of fields) {
		if (isNumberField(field)) numbers.add(field);
		else if (isTrait(field)) texts.add("name").add(`props.${field.slice(TRAITS.length)}`);
		else texts.add(field);
	}
	return { numbers: [...numbers], texts: [...texts] };
}

/** Several needs as one. */
export function joinNeeds(...all: readonly Needs[]): Needs {
	return {
		numbers: [...new Set(all.flatMap((needs) => needs.numbers))],
		texts: [...new Set(all.flatMap((needs) => needs.texts))],
	};
}

/** A text field's value at each row; a trait's is the visitor's at `end`, spread over its rows. */
export function textField(rows: VisitorRows, field: string, end: number): TextColumn {
	return isTrait(field) ? traitColumn(rows, field.slice(TRAITS.length), end) : rows.text(field);
}

/** What each visitor's newest `identify` event before `end` says of a trait. */
function traitColumn(rows: VisitorRows, trait: string, end: number): TextColumn {
	const { values, index: said } = rows.text(`props.${trait}`);
	const newest = newestIdentify(rows, end);
	const index = new Uint32Array(rows.rows);
	for (let visitor = 0; visitor < newest.length; visitor++) {
		const row = newest[visitor] as number;
		if (row >= 0) index.fill(said[row] as number, rows.starts[visitor], rows.starts[visitor + 1]);
	}
	return { values, index };
}

/** By visitor: the row of its newest `identify` event before `end`, -1 where there is none. Needs the text `name`. */
export function newestIdentify(rows: VisitorRows, end: number): Int32Array {
	const { starts } = rows;
	const name = rows.text("name");
	const ts = rows.number("ts");
	const identify = name.values.indexOf(IDENTIFY);
	const newest = new Int32Array(starts.length - 1).fill(-1);
	if (identify < 0) return newest;
	for (let visitor = 0; visitor < newest.length; visitor++) {
		const start = starts[visitor] as number;
		let row = (starts[visitor + 1] as number) - 1;
		while (row >= start && (name.index[row] !== identify || (ts[row] as number) >= end)) row--;
		if (row >= start) newest[visitor] = row;
	}
	return newest;
}
