import type { SavedSegment } from "../../../schema/saved.ts";
import { dimLabel, valueLabel } from "./label.ts";
import { OTHER } from "./words.ts";

/** Something to filter by: a value of a dimension, or a saved segment. */
export type Choice =
	| { kind: "value"; dim: string; value: string; label: string; count: number }
	| { kind: "segment"; id: string; label: string };

/** Values that a dimension has, and how often. */
export interface DimensionValues {
	dim: string;
	values: readonly { value: string; count: number }[];
	/** There are others, which only the server finds. */
	more: boolean;
}

const MOST = 60;
const SEGMENT = "Segment";

const wordsOf = (search: string): string[] => search.toLowerCase().split(/\s+/).filter(Boolean);
const holds = (text: string, words: readonly string[]): boolean =>
	words.every((word) => text.toLowerCase().includes(word));

/** What the server is to look for among the values of a dimension: its name is no part of them. Null: nothing. */
export function searchWithin(dim: string, search: string): string | null {
	const name = dimLabel(dim).toLowerCase();
	const words = wordsOf(search).filter((word) => !name.includes(word));
	return words.sort((a, b) => b.length - a.length)[0] ?? null;
}

/** Values to filter by, largest first; with words typed, those that hold every word in dimension, label or code. */
export function choicesOf(found: readonly DimensionValues[], search: string): Choice[] {
	const words = wordsOf(search);
	const byName = new Map<string, Extract<Choice, { kind: "value" }>>();
	for (const { dim, values } of found) {
		for (const { value, count } of values) {
			const label = valueLabel(dim, value);
			// What passed a cap is no value that a filter could name.
			if (value === OTHER || value === "" || count <= 0) continue;
			if (holds(`${dimLabel(dim)} ${label} ${value}`, words))
				byName.set(`${dim}.${value}`, { kind: "value", dim, value, label, count });
		}
	}
	return [...byName.values()].sort((a, b) => b.count - a.count).slice(0, MOST);
}

export const segmentChoices = (segments: readonly SavedSegment[], search: string): Choice[] =>
	segments
		.filter(({ name }) => holds(`${SEGMENT} ${name}`, wordsOf(search)))
		.map(({ id, name }) => ({ kind: "segment", id, label: name }));

/** What a choice is one of. */
export const choiceKind = (choice: Choice): string => (choice.kind === "segment" ? SEGMENT : dimLabel(choice.dim));
