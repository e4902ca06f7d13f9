/**
 * A cell: everything that is kept of the events of one metric, minute and dimension value.
 *
 * Counts are exact. Sums are floating point: a merge order can change the last bits of sums of fractions (never of
 * integers below 2^53), so equality of sums means equality up to rounding.
 */
import { DDSketch } from "./ddsketch.ts";
import { Hll } from "./hll.ts";

export class Cell {
	/** Events; on the metric `session`, sessions. */
	count = 0;
	/** Events that had a value. */
	values = 0;
	/** Sum of values; on the metric `session`, of durations in ms. */
	sum = 0;
	/** Least value, or +Infinity if there was none. */
	min = Number.POSITIVE_INFINITY;
	/** Greatest value, or -Infinity if there was none. */
	max = Number.NEGATIVE_INFINITY;
	/** Page views, on the metric `session` only. */
	views = 0;
	/** Bounced sessions, on the metric `session` only. */
	bounces = 0;
	/** Distinct visitors; null in signed cells, and where the column was not fetched. */
	uniques: Hll | null;
	/** Distribution of values; null until there is one, in signed cells, and where the column was not fetched. */
	quantiles: DDSketch | null = null;

	/** `p`: precision of `uniques`, or null for the signed cell of a derived metric, which has no sketches. */
	constructor(p: number | null) {
		this.uniques = p === null ? null : new Hll(p);
	}

	/** Adds an event. `value` NaN: it has none. A cell without uniques keeps no quantiles either: it must subtract. */
	add(value: number, visitorHi: number, visitorLo: number): void {
		this.count++;
		const uniques = this.uniques;
		if (uniques !== null) uniques.add(visitorHi, visitorLo);
		if (Number.isNaN(value)) return;
		this.values++;
		this.sum += value;
		if (value < this.min) this.min = value;
		if (value > this.max) this.max = value;
		if (uniques === null) return;
		this.quantiles ??= new DDSketch();
		this.quantiles.add(value);
	}

	/** Adds (or, negative, takes back) sessions. `duration` in ms. */
	addSigned(count: number, duration: number, views: number, bounces: number): void {
		this.count += count;
		this.sum += duration;
		this.views += views;
		this.bounces += bounces;
	}

	/** Takes in what `other` has, which stays as it is. Uniques fold to the lower precision. */
	merge(other: Cell): void {
		this.count += other.count;
		this.values += other.values;
		this.sum += other.sum;
		if (other.min < this.min) this.min = other.min;
		if (other.max > this.max) this.max = other.max;
		this.views += other.views;
		this.bounces += other.bounces;
		if (other.uniques !== null) {
			if (this.uniques === null) this.uniques = other.uniques.clone();
			else this.uniques.merge(other.uniques);
		}
		if (other.quantiles !== null) {
			this.quantiles ??= new DDSketch();
			this.quantiles.merge(other.quantiles);
		}
	}

	clone(): Cell {
		const copy = new Cell(null);
		copy.merge(this);
		return copy;
	}

	/** Whether nothing was added, or all of it was taken back. */
	isEmpty(): boolean {
		return (
			this.count === 0 &&
			this.values === 0 &&
			this.sum === 0 &&
			this.views === 0 &&
			this.bounces === 0 &&
			(this.uniques === null || this.uniques.isEmpty())
		);
	}
}
