/** Sorts facts (rows that count) into groups by the labels of up to a few fields. */
import { cutValue, NONE, OTHER, VALUE_CHARS } from "../label.ts";
import { textField } from "./fields.ts";
import type { TextColumn, VisitorRows } from "./rows.ts";

export interface Grouping {
	/** By group: a label for each field. `(other)` is last, where there is one. */
	labels: string[][];
	/** By fact: its group. */
	of: Uint32Array;
	/** By group: its facts. */
	counts: Float64Array;
	/** False where groups were given up to `(other)`. */
	exact: boolean;
}

export interface GroupLimits {
	/** Groups kept, the largest by facts. */
	most: number;
	/** Exactly these, everything else is `(other)`. */
	only?: readonly (readonly string[])[] | undefined;
}

const SEPARATOR = "\x1f";
export const keyOf = (labels: readonly string[]): string => labels.join(SEPARATOR);
/** Combinations of labels up to which they are numbered in an array, 4 bytes each. */
const MAX_TABLE = 1 << 22;

/** Groups the facts at those rows by those fields. `end`: when traits are told as of. */
export function groupFacts(
	rows: VisitorRows,
	fields: readonly string[],
	facts: Uint32Array,
	end: number,
	limits: GroupLimits,
): Grouping {
	if (fields.length === 0)
		return { labels: [[]], of: new Uint32Array(facts.length), counts: Float64Array.of(facts.length), exact: true };
	const columns = fields.map((field) => labelled(textField(rows, field, end)));
	const { keys, of, counts } = numberFacts(columns, facts);
	const labels = (group: number) => labelsOf(columns, keys[group] as number);
	if (limits.only !== undefined)
		return withOther(labels, of, counts, named(columns, keys, limits.only), fields.length, true);
	if (keys.length <= limits.most) return { labels: keys.map((_, group) => labels(group)), of, counts, exact: true };
	return withOther(labels, of, counts, largest(counts, limits.most, labels), fields.length, false);
}

/** A column whose dictionary holds labels, each once: cut, and `(none)` for what is missing. */
function labelled(column: TextColumn): TextColumn {
	const { values, index } = column;
	const isOdd = (text: string, i: number) => text.length > VALUE_CHARS || text === NONE || (text === "" && i > 0);
	if (!values.some(isOdd)) return { values: values.map((text) => (text === "" ? NONE : text)), index };
	const known = new Map<string, number>();
	const labels: string[] = [];
	const to = Uint32Array.from(values, (text) => {
		const label = text === "" ? NONE : cutValue(text);
		const at = known.get(label) ?? labels.push(label) - 1;
		known.set(label, at);
		return at;
	});
	const mapped = new Uint32Array(index.length);
	for (let row = 0; row < mapped.length; row++) mapped[row] = to[index[row] as number] as number;
	return { values: labels, index: mapped };
}

interface Numbered {
	/** By group, in the order of their first facts: the indices of its labels, as one number. */
	keys: number[];
	of: Uint32Array;
	counts: Float64Array;
}

function numberFacts(columns: readonly TextColumn[], facts: Uint32Array): Numbered {
	const size = columns.reduce((product, { values }) => product * values.length, 1);
	const { keys, of } = size <= MAX_TABLE ? numberByTable(columns, facts, size) : numberByMap(columns, facts);
	const counts = new Float64Array(keys.length);
	for (let fact = 0; fact < of.length; fact++) {
		const group = of[fact] as number;
		counts[group] = (counts[group] as number) + 1;
	}
	return { keys, of, counts };
}

function numberByTable(columns: readonly TextColumn[], facts: Uint32Array, size: number): Omit<Numbered, "counts"> {
	const keyAt = keysOf(columns);
	const table = new Uint32Array(size);
	const keys: number[] = [];
	const of = new Uint32Array(facts.length);
	for (let fact = 0; fact < of.length; fact++) {
		const key = keyAt(facts[fact] as number);
		if (table[key] === 0) table[key] = keys.push(key);
		of[fact] = (table[key] as number) - 1;
	}
	return { keys, of };
}

function numberByMap(columns: readonly TextColumn[], facts: Uint32Array): Omit<Numbered, "counts"> {
	const keyAt = keysOf(columns);
	const known = new Map<number, number>();
	const keys: number[] = [];
	const of = new Uint32Array(facts.length);
	for (let fact = 0; fact < of.length; fact++) {
		const key = keyAt(facts[fact] as number);
		const at = known.get(key) ?? keys.push(key) - 1;
		if (at === keys.length - 1) known.set(key, at);
		of[fact] = at;
	}
	return { keys, of };
}

/** By row: the indices of its labels, as one number. */
function keysOf([first, second]: readonly TextColumn[]): (row: number) => number {
	const high = first?.index ?? new Uint32Array(0);
	if (second === undefined) return (row) => high[row] as number;
	const { index: low, values } = second;
	const width = values.length;
	return (row) => (high[row] as number) * width + (low[row] as number);
}

function labelsOf(columns: readonly TextColumn[], key: number): string[] {
	const [first, second] = columns as [TextColumn, TextColumn | undefined];
	if (second === undefined) return [first.values[key] as string];
	const width = second.values.length;
	return [first.values[Math.floor(key / width)] as string, second.values[key % width] as string];
}

/** The groups of those labels, as far as there are any, in the order given. */
function named(
	columns: readonly TextColumn[],
	keys: readonly number[],
	only: readonly (readonly string[])[],
): number[] {
	const places = columns.map(({ values }) => new Map(values.map((label, at) => [label, at])));
	const [, second] = columns;
	const wanted = only.map((labels) => {
		const [high = Number.NaN, low = 0] = places.map((place, i) => place.get(labels[i] ?? "") ?? Number.NaN);
		return high * (second?.values.length ?? 1) + low;
	});
	const groups = new Map(wanted.map((key) => [key, -1]));
	keys.forEach((key, group) => {
		if (groups.has(key)) groups.set(key, group);
	});
	return [...groups.values()].filter((group) => group >= 0);
}

/** The groups with the most facts, among equals the first; `(other)` is none of them. */
export function largest(counts: Float64Array, most: number, labels: (group: number) => readonly string[]): number[] {
	const least = counts.slice().sort()[Math.max(0, counts.length - most)] ?? 0;
	const kept: number[] = [];
	const take = (fits: (count: number) => boolean) => {
		for (let group = 0; group < counts.length && kept.length < most; group++)
			if (fits(counts[group] as number) && !isOther(labels(group))) kept.push(group);
	};
	take((count) => count > least);
	take((count) => count === least);
	return kept;
}

export const isOther = (labels: readonly string[]): boolean =>
	labels.length > 0 && labels.every((label) => label === OTHER);

/** Everything but the groups kept becomes one, the last. */
function withOther(
	labels: (group: number) => string[],
	of: Uint32Array,
	counts: Float64Array,
	kept: readonly number[],
	width: number,
	exact: boolean,
): Grouping {
	const to = new Uint32Array(counts.length).fill(kept.length);
	kept.forEach((group, at) => {
		to[group] = at;
	});
	const newCounts = new Float64Array(kept.length + 1);
	counts.forEach((count, group) => {
		const at = to[group] as number;
		newCounts[at] = (newCounts[at] as number) + count;
	});
	for (let fact = 0; fact < of.length; fact++) of[fact] = to[of[fact] as number] as number;
	return { labels: [...kept.map(labels), new Array<string>(width).fill(OTHER)], of, counts: newCounts, exact };
}
