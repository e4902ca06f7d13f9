/** The order of a segment's rows: slot, visitor, time, arrival. */

import { SLOTS } from "../ids.ts";

/** What rows are ordered by, in columns. Rows must already be in the order of their arrival where the offset is the same. */
export interface RowKeys {
	readonly slot: ArrayLike<number>;
	readonly visitorHi: ArrayLike<number>;
	readonly visitorLo: ArrayLike<number>;
	readonly ts: ArrayLike<number>;
	/** Journal offsets. */
	readonly offset: ArrayLike<number>;
}

const at = (column: ArrayLike<number>, i: number) => column[i] as number;

/** The rows' numbers in that order: dealt out to their slots first, and then the few of each slot compared. */
export function orderRows(keys: RowKeys, rows: number): Uint32Array {
	const { slot, visitorHi, visitorLo, ts, offset } = keys;
	const starts = slotStarts(slot, rows);
	const order = new Uint32Array(rows);
	const next = starts.slice();
	for (let i = 0; i < rows; i++) {
		const to = at(next, at(slot, i));
		order[to] = i;
		next[at(slot, i)] = to + 1;
	}
	for (let s = 0; s < SLOTS; s++) {
		order
			.subarray(starts[s], starts[s + 1])
			.sort(
				(a, b) =>
					at(visitorHi, a) - at(visitorHi, b) ||
					at(visitorLo, a) - at(visitorLo, b) ||
					at(ts, a) - at(ts, b) ||
					at(offset, a) - at(offset, b) ||
					a - b,
			);
	}
	return order;
}

/** Where the rows of each slot begin, and the end. */
function slotStarts(slot: ArrayLike<number>, rows: number): Uint32Array {
	const starts = new Uint32Array(SLOTS + 1);
	for (let i = 0; i < rows; i++) starts[at(slot, i) + 1] = at(starts, at(slot, i) + 1) + 1;
	for (let s = 0; s < SLOTS; s++) starts[s + 1] = at(starts, s) + at(starts, s + 1);
	return starts;
}

/**
 * Marks the rows that repeat an event: same id, same visitor. The one that arrived first stays, because it is the one
 * that the log counted.
 */
export function repeatedRows(keys: RowKeys, ids: { hi: ArrayLike<number>; lo: ArrayLike<number> }, rows: number) {
	const { visitorHi, visitorLo, offset } = keys;
	const compareEvents = (a: number, b: number) =>
		at(ids.hi, a) - at(ids.hi, b) ||
		at(ids.lo, a) - at(ids.lo, b) ||
		at(visitorHi, a) - at(visitorHi, b) ||
		at(visitorLo, a) - at(visitorLo, b);
	const order = rowNumbers(rows).sort((a, b) => compareEvents(a, b) || at(offset, a) - at(offset, b) || a - b);
	const repeated = new Uint8Array(rows);
	for (let i = 1; i < rows; i++) {
		if (compareEvents(at(order, i - 1), at(order, i)) === 0) repeated[at(order, i)] = 1;
	}
	return repeated;
}

function rowNumbers(rows: number): Uint32Array {
	const numbers = new Uint32Array(rows);
	for (let i = 0; i < rows; i++) numbers[i] = i;
	return numbers;
}
