/**
 * DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees",
 * VLDB 2019): counts by logarithmic bin, so that a quantile is within 1 % of a value that has exactly that rank.
 *
 * Values > 0, values < 0 (by magnitude) and zeros are kept apart. Each sign has at most 2,048 bins, which at 1 % span
 * 17 powers of ten. Beyond that the bins of the *smallest magnitudes* are counted in the lowest bin kept, for both
 * signs, as in sketches-js (`LogCollapsingLowestDenseDDSketch`): high quantiles of large values stay right. What is
 * collapsed depends only on the highest bin of all, so merges are commutative and associative (I3).
 *
 *   u8 version · varint zeros · positive bins · negative bins
 *   bins: varint how many are not empty, then zigzag lowest index · varint count, then each varint gap - 1 · varint count
 */
import type { ByteReader, ByteWriter } from "./bytes.ts";

const VERSION = 1;
export const RELATIVE_ACCURACY = 0.01;
/** Bins of one sign. */
export const MAX_BINS = 2048;
const GAMMA = (1 + RELATIVE_ACCURACY) / (1 - RELATIVE_ACCURACY);
const LOG_GAMMA = Math.log(GAMMA);
/** Smaller magnitudes count as zero: their bin's value would not be a normal number. */
const SMALLEST = 2 ** -1022 * GAMMA;
/** Larger magnitudes count as this: the values of higher bins would be infinite. */
const LARGEST = Number.MAX_VALUE / GAMMA ** 2;
/** Bins left free, at least, on the side where an array grows. */
const HEADROOM = 8;

/** The last value binned: an event's value goes into some fifteen cells in a row, the logarithm is taken once. */
let lastMagnitude = 1;
let lastIndex = 0;

function indexOf(magnitude: number): number {
	if (magnitude === lastMagnitude) return lastIndex;
	lastMagnitude = magnitude;
	lastIndex = Math.ceil(Math.log(Math.min(magnitude, LARGEST)) / LOG_GAMMA);
	return lastIndex;
}

/** The value that is within 1 % of everything in the bin. */
const binValue = (index: number) => Math.exp(index * LOG_GAMMA) * (2 / (1 + GAMMA));

/** The largest magnitude in a bin. */
const binTop = (index: number) => Math.exp(index * LOG_GAMMA);

export class DDSketch {
	/** Values added. */
	count = 0;
	private zeros = 0;
	private readonly positive = new Bins();
	private readonly negative = new Bins();

	/** Adds a value n times. NaN is not a value; infinities count as the largest number there is a bin for. */
	add(value: number, n = 1): void {
		if (Number.isNaN(value)) return;
		this.count += n;
		if (value >= SMALLEST) this.positive.add(indexOf(value), n);
		else if (value <= -SMALLEST) this.negative.add(indexOf(-value), n);
		else this.zeros += n;
	}

	merge(other: DDSketch): void {
		this.count += other.count;
		this.zeros += other.zeros;
		this.positive.merge(other.positive);
		this.negative.merge(other.negative);
	}

	/** The value of rank ⌊q (count - 1)⌋, q in [0, 1], within 1 %; null where there are no values. */
	quantile(q: number): number | null {
		if (this.count === 0) return null;
		const rank = Math.floor(Math.min(1, Math.max(0, q)) * (this.count - 1));
		const negatives = this.negative.count;
		// Negatives are kept by magnitude: the smallest value is the one of the highest rank.
		if (rank < negatives) return -binValue(this.negative.indexAt(negatives - 1 - rank));
		if (rank < negatives + this.zeros) return 0;
		return binValue(this.positive.indexAt(rank - negatives - this.zeros));
	}

	/** Bins that are not empty, ascending: the largest value that each may hold, and how many it has. */
	*bins(): Generator<[top: number, count: number]> {
		// Of negative values the largest is the one of the least magnitude, which ends the bin before.
		for (const [index, n] of this.negative.filled().reverse()) yield [-binTop(index - 1), n];
		if (this.zeros > 0) yield [0, this.zeros];
		for (const [index, n] of this.positive.filled()) yield [binTop(index), n];
	}

	isEmpty(): boolean {
		return this.count === 0;
	}

	clone(): DDSketch {
		const copy = new DDSketch();
		copy.merge(this);
		return copy;
	}

	encode(w: ByteWriter): void {
		w.u8(VERSION);
		w.varint(this.zeros);
		this.positive.encode(w);
		this.negative.encode(w);
	}

	static decode(r: ByteReader): DDSketch {
		r.version(VERSION, "DDSketch");
		const sketch = new DDSketch();
		sketch.zeros = r.varint();
		sketch.positive.decode(r);
		sketch.negative.decode(r);
		sketch.count = sketch.zeros + sketch.positive.count + sketch.negative.count;
		return sketch;
	}
}

const NO_COUNTS = new Float64Array(0);

/** Counts of neighbouring bins: `counts[i]` is of bin `offset + i`. Empty bins at both ends are allowed. */
class Bins {
	count = 0;
	private offset = 0;
	private counts = NO_COUNTS;
	/** Highest bin that is not empty; what lies MAX_BINS or more below it is collapsed. */
	private highest = Number.NEGATIVE_INFINITY;

	add(index: number, n: number): void {
		const i = index - this.offset;
		if (i >= 0 && i < this.counts.length && index <= this.highest) {
			this.counts[i] = (this.counts[i] as number) + n;
			this.count += n;
			return;
		}
		this.raiseTo(index);
		const kept = Math.max(index, this.highest - MAX_BINS + 1);
		this.cover(kept);
		this.counts[kept - this.offset] = (this.counts[kept - this.offset] as number) + n;
		this.count += n;
	}

	merge(other: Bins): void {
		if (other.count === 0) return;
		this.raiseTo(other.highest);
		for (let i = 0; i < other.counts.length; i++) {
			const n = other.counts[i] as number;
			if (n !== 0) this.add(other.offset + i, n);
		}
	}

	/** The bin of the value of this rank, counted from the lowest, 0 first. */
	indexAt(rank: number): number {
		let seen = 0;
		for (let i = 0; i < this.counts.length; i++) {
			seen += this.counts[i] as number;
			if (seen > rank) return this.offset + i;
		}
		return this.highest;
	}

	/** Bins that are not empty and their counts, by magnitude. */
	filled(): [index: number, count: number][] {
		const found: [number, number][] = [];
		this.counts.forEach((n, i) => {
			if (n !== 0) found.push([this.offset + i, n]);
		});
		return found;
	}

	encode(w: ByteWriter): void {
		let filled = 0;
		for (const n of this.counts) if (n !== 0) filled++;
		w.varint(filled);
		let previous: number | null = null;
		for (let i = 0; i < this.counts.length; i++) {
			const n = this.counts[i] as number;
			if (n === 0) continue;
			const index = this.offset + i;
			if (previous === null) w.zigzag(index);
			else w.varint(index - previous - 1);
			w.varint(n);
			previous = index;
		}
	}

	decode(r: ByteReader): void {
		const filled = r.count();
		if (filled > MAX_BINS) throw new RangeError("a DDSketch has too many bins");
		let index = 0;
		for (let i = 0; i < filled; i++) {
			index = i === 0 ? r.zigzag() : index + r.varint() + 1;
			this.add(index, r.varint());
		}
	}

	/** Notes a new highest bin, and collapses what it leaves too far below. */
	private raiseTo(index: number): void {
		if (index <= this.highest) return;
		this.highest = index;
		const lowest = index - MAX_BINS + 1;
		if (this.counts.length === 0 || this.offset >= lowest) return;
		let collapsed = 0;
		const fallen = Math.min(this.counts.length, lowest - this.offset);
		for (let i = 0; i < fallen; i++) collapsed += this.counts[i] as number;
		this.counts = this.counts.slice(fallen);
		this.offset = lowest;
		if (collapsed === 0) return;
		this.cover(lowest);
		this.counts[0] = (this.counts[0] as number) + collapsed;
	}

	/** Makes room for a bin that is within MAX_BINS of the highest. */
	private cover(index: number): void {
		const end = this.offset + this.counts.length;
		if (index >= this.offset && index < end) return;
		if (this.counts.length === 0) {
			this.counts = new Float64Array(1);
			this.offset = index;
			return;
		}
		const room = HEADROOM + (this.counts.length >> 3);
		const from = Math.min(this.offset, Math.max(this.highest - MAX_BINS + 1, index - room));
		const grown = new Float64Array(Math.max(end, index + 1 + room) - from);
		grown.set(this.counts, this.offset - from);
		this.counts = grown;
		this.offset = from;
	}
}
