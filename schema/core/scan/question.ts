/** What the kinds of questions about visitors have in common: resolved times, filters, matches. */

import { cutValue, NONE } from "../label.ts";
import type { Expression } from "./expression.ts";
import { joinNeeds, type Needs, needsOf, textField } from "./fields.ts";
import { checkExpression, fieldsOf, matchEvents, matchRows } from "./match.ts";
import type { VisitorRows } from "./rows.ts";

/** Events of a name (null: any) for which an expression holds. */
export interface ScanMatch {
	event: string | null;
	where: Expression | null;
	/** What to call it in the answer. */
	label: string;
}

/** What every question has: the range [from, to) that it is about, epoch ms, and which events it is about. */
export interface Asked {
	from: number;
	to: number;
	where: Expression | null;
}

/** Events that have to be read, beside what filters and fields look at: those of [from, to) of these names (null: any). */
export interface Reads {
	from: number;
	to: number;
	names: string[] | null;
}
/** Before every event there is. */
export const ARCHIVE_START = 0;

/** Names of the events that are one of those matches. */
export function namesIn(matches: readonly ScanMatch[]): string[] | null {
	const names = new Set<string>();
	for (const { event } of matches) {
		if (event === null) return null;
		names.add(event);
	}
	return [...names];
}

export const needsOfMatches = (matches: readonly ScanMatch[]): Needs =>
	joinNeeds(needsOf(["name"]), ...matches.map((match) => fieldsOf(match.where)));

/** @throws RangeError that says what to change. */
export function checkMatches(asked: Asked, matches: readonly ScanMatch[]): void {
	checkExpression(asked.where);
	for (const { where } of matches) checkExpression(where);
}

/** 1 for each row that the question's filters choose; null: all. */
export function chosenRows({ from, to, where }: Asked, rows: VisitorRows): Uint8Array | null {
	return where === null ? null : matchRows(where, rows, to, from);
}

/** 1 for each row that is meant, of those the question is about, at whatever time. */
export function matchedRows(asked: Asked, match: ScanMatch, rows: VisitorRows): Uint8Array {
	const matched = matchEvents(match.event, match.where, rows, asked.to, asked.from);
	const chosen = chosenRows(asked, rows);
	if (chosen !== null) for (let row = 0; row < matched.length; row++) if (chosen[row] === 0) matched[row] = 0;
	return matched;
}

/** By row, the bits of the matches that it is one of. Matches by name alone cost one look-up a row, all together. */
export function matchBits(
	asked: Asked,
	matches: readonly (ScanMatch & { bit: number })[],
	rows: VisitorRows,
): Uint16Array {
	const { values, index } = rows.text("name");
	const byName = new Uint16Array(values.length);
	for (const { event, where, bit } of matches)
		if (where === null)
			for (let i = 0; i < byName.length; i++)
				if (event === null || values[i] === event) byName[i] = (byName[i] as number) | bit;
	const bits = new Uint16Array(rows.rows);
	for (let row = 0; row < bits.length; row++) bits[row] = byName[index[row] as number] as number;
	for (const { event, where, bit } of matches) {
		if (where === null) continue;
		const matched = matchEvents(event, where, rows, asked.to, asked.from);
		for (let row = 0; row < bits.length; row++) if (matched[row] === 1) bits[row] = (bits[row] as number) | bit;
	}
	return bits;
}

/** The label of a field's value at each row, and whether it has one. */
export function labelsOf(
	rows: VisitorRows,
	field: string,
	end: number,
): { label(row: number): string; has(row: number): boolean } {
	const { values, index } = textField(rows, field, end);
	const labels = values.map((text) => (text === "" ? NONE : cutValue(text)));
	return {
		label: (row) => labels[index[row] as number] as string,
		has: (row) => values[index[row] as number] !== "",
	};
}

/** The last of ascending edges that is not after `t`; -1 where all are. */
export function edgeBefore(edges: ArrayLike<number>, t: number): number {
	let low = -1;
	let above = edges.length;
	while (above - low > 1) {
		const middle = (low + above) >>> 1;
		if ((edges[middle] as number) <= t) low = middle;
		else above = middle;
	}
	return low;
}
