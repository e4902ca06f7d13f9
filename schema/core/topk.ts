/**
 * Heavy hitters: the labels of an open dimension (path, referrer …) that count most, each with a whole cell, and one
 * cell for all others.
 *
 * Kept like a Misra-Gries summary, with two differences. While open it holds several times as many labels as are
 * stored, so that most windows never drop one and are exact. And a label is dropped *whole* into `other`, instead of
 * lowering every counter, because sketches cannot be lowered, and because labels that were never dropped stay exact.
 *
 * What holds (I3):
 * - Conservation: hitters + other = everything added, in count, sum, uniques, whatever was dropped and merged.
 * - Error: a label's count is at most `undercount` too low (in signed cells, off by at most that, either way). Each
 *   truncation can drop at most its largest dropped count from any one label; merges add what both sides may miss.
 * - Merging is commutative always: it is a union, then a cut that depends on counts and labels only (ties by label).
 * - It is associative while no union passes the capacity. Beyond, no bounded exact top-k can be: (A ∪ B) must drop some
 *   label x to stay bounded, and when C then brings enough of x to make it a hitter, what was dropped is gone, while
 *   A ∪ (B ∪ C) would have kept it. The two results then differ, each within its own `undercount`, and conserve
 *   the same total.
 */
import { Cell } from "./cell.ts";

/** Labels stored per dimension and window (I8). */
export const KEEP = 100;
/** Labels held while open, as a multiple of those kept: a truncation is rare, and sorts seldom. */
const OPEN_FACTOR = 4;
/** Labels that stay when an open summary overflows: half, so that a cut pays for many adds. */
const CUT_FACTOR = 2;
/** Label of whatever passed a cap (the same text as OTHER in schema/metric.ts). */
export const OTHER = "(other)";

export class HeavyHitters {
	/** Held labels. May be more than are kept until `truncate`. */
	readonly cells = new Map<string, Cell>();
	/** Everything that was dropped. */
	other: Cell;
	/** The most by which any label's count may be too low. 0: every label is here, and exact. */
	undercount = 0;
	readonly keep: number;
	private readonly p: number | null;

	/** `p`: precision of the cells' uniques, or null for signed cells. `keep`: labels that survive `truncate`. */
	constructor(p: number | null, keep = KEEP) {
		this.p = p;
		this.keep = keep;
		this.other = new Cell(p);
	}

	/** Labels that may be held at any moment. */
	get capacity(): number {
		return this.keep * OPEN_FACTOR;
	}

	/** The cell to add this label's event to, at once: the next new label may drop it. */
	cell(label: string): Cell {
		const held = this.cells.get(label);
		if (held !== undefined) return held;
		if (label === OTHER) return this.other;
		if (this.cells.size >= this.capacity) this.cut(this.keep * CUT_FACTOR);
		const cell = new Cell(this.p);
		this.cells.set(label, cell);
		return cell;
	}

	add(label: string, value: number, visitorHi: number, visitorLo: number): void {
		this.cell(label).add(value, visitorHi, visitorLo);
	}

	addSigned(label: string, count: number, duration: number, views: number, bounces: number): void {
		this.cell(label).addSigned(count, duration, views, bounces);
	}

	/** Takes in what `other` has, which stays as it is. */
	merge(other: HeavyHitters): void {
		for (const [label, cell] of other.cells) {
			const held = this.cells.get(label);
			if (held === undefined) this.cells.set(label, cell.clone());
			else held.merge(cell);
		}
		this.other.merge(other.other);
		this.undercount += other.undercount;
		if (this.cells.size > this.capacity) this.cut(this.keep * CUT_FACTOR);
	}

	/** Drops all but the `keep` labels that count most. Do it once, when a window is stored. */
	truncate(): void {
		this.cut(this.keep);
	}

	/** This, or what `truncate` would leave of it, sharing the cells that stay: to be read and encoded only. */
	truncated(): HeavyHitters {
		if (this.cells.size <= this.keep) return this;
		const copy = new HeavyHitters(this.p, this.keep);
		for (const [label, cell] of this.cells) copy.cells.set(label, cell);
		copy.other.merge(this.other);
		copy.undercount = this.undercount;
		copy.truncate();
		return copy;
	}

	clone(): HeavyHitters {
		const copy = new HeavyHitters(this.p, this.keep);
		copy.merge(this);
		return copy;
	}

	private cut(keep: number): void {
		if (this.p === null) dropEmpty(this.cells);
		const dropped = dropSmallest(this.cells, keep);
		if (dropped.length === 0) return;
		let largest = 0;
		for (const cell of dropped) {
			largest = Math.max(largest, Math.abs(cell.count));
			this.other.merge(cell);
		}
		this.undercount += largest;
	}
}

/** Removes signed cells that were taken back to nothing. */
export function dropEmpty(cells: Map<string, Cell>): void {
	for (const [label, cell] of cells) if (cell.isEmpty()) cells.delete(label);
}

/** Removes all but the `keep` largest cells, ties by label, so that the order of arrival does not matter; answers them. */
export function dropSmallest(cells: Map<string, Cell>, keep: number): Cell[] {
	if (cells.size <= keep) return [];
	const ranked = [...cells].sort(
		([labelA, a], [labelB, b]) => Math.abs(b.count) - Math.abs(a.count) || (labelA < labelB ? -1 : 1),
	);
	return ranked.slice(keep).map(([label, cell]) => {
		cells.delete(label);
		return cell;
	});
}
