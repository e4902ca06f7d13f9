/** How long something took: quantiles, exact of few and by a sketch of many, and an exact histogram over times that people tell apart. */
import { ByteReader, ByteWriter } from "../bytes.ts";
import { DDSketch } from "../ddsketch.ts";
import { edgeBefore } from "./question.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Starts of the 20 buckets of a histogram, ms: fixed, so that histograms add up. The last ends with the longest window. */
export const DURATION_EDGES: readonly number[] = [
	0,
	SECOND,
	5 * SECOND,
	15 * SECOND,
	30 * SECOND,
	MINUTE,
	2 * MINUTE,
	5 * MINUTE,
	10 * MINUTE,
	30 * MINUTE,
	HOUR,
	2 * HOUR,
	4 * HOUR,
	8 * HOUR,
	DAY,
	2 * DAY,
	4 * DAY,
	7 * DAY,
	14 * DAY,
	30 * DAY,
];

/** Times that are kept as they are: up to here they take no more room than a sketch, and are exact. */
const FEW = 256;

export interface DurationsPartial {
	/** All of them, ascending; or, of more than FEW, an encoded DDSketch. */
	few: number[] | null;
	sketch: Uint8Array | null;
	/** By bucket of DURATION_EDGES. */
	histogram: number[];
}

export class Durations {
	#few: number[] | null = [];
	#sketch: DDSketch | null = null;
	readonly #histogram = new Array<number>(DURATION_EDGES.length).fill(0);

	add(ms: number): void {
		const bucket = edgeBefore(DURATION_EDGES, ms);
		this.#histogram[bucket] = (this.#histogram[bucket] as number) + 1;
		if (this.#sketch !== null) this.#sketch.add(ms);
		else if (this.#few !== null && this.#few.push(ms) > FEW) {
			this.#sketch = sketchOf(this.#few);
			this.#few = null;
		}
	}

	encode(): DurationsPartial {
		const few = this.#few?.sort((a, b) => a - b) ?? null;
		return { few, sketch: this.#sketch === null ? null : encoded(this.#sketch), histogram: this.#histogram };
	}
}

/** What comes out depends only on the times of both: how they were split before does not show. */
export function mergeDurations(x: DurationsPartial | null, y: DurationsPartial | null): DurationsPartial | null {
	if (x === null || y === null) return x ?? y;
	const histogram = x.histogram.map((n, i) => n + (y.histogram[i] ?? 0));
	if (x.few !== null && y.few !== null && x.few.length + y.few.length <= FEW)
		return { few: [...x.few, ...y.few].sort((a, b) => a - b), sketch: null, histogram };
	const sketch = decoded(x);
	sketch.merge(decoded(y));
	return { few: null, sketch: encoded(sketch), histogram };
}

function sketchOf(times: readonly number[]): DDSketch {
	const sketch = new DDSketch();
	for (const ms of times) sketch.add(ms);
	return sketch;
}

const decoded = ({ few, sketch }: DurationsPartial) =>
	sketch === null ? sketchOf(few ?? []) : DDSketch.decode(new ByteReader(sketch));

function encoded(sketch: DDSketch): Uint8Array {
	const w = new ByteWriter();
	sketch.encode(w);
	return w.slice();
}

/** The times of rank ⌊q (count - 1)⌋: exact of few, else within 1 %. */
export function quantilesOf(partial: DurationsPartial, ...qs: number[]): number[] {
	const { few } = partial;
	if (few !== null) return qs.map((q) => few[Math.floor(q * (few.length - 1))] ?? 0);
	const sketch = decoded(partial);
	return qs.map((q) => sketch.quantile(q) ?? 0);
}

/** From the first bucket that has something to the last. `longest`: where the last one of all ends. */
export function histogramOf({ histogram }: DurationsPartial, longest: number) {
	const buckets = histogram.map((count, i) => ({
		from_ms: DURATION_EDGES[i] as number,
		to_ms: DURATION_EDGES[i + 1] ?? Math.max(longest, 30 * DAY) + 1,
		count,
	}));
	const first = histogram.findIndex((count) => count > 0);
	return first < 0 ? [] : buckets.slice(first, histogram.findLastIndex((count) => count > 0) + 1);
}
