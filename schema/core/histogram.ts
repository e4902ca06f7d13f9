/**
 * How values spread over ranges of values, bucket by bucket of time, from the quantile sketches that windows keep anyway.
 * A sketch knows a value to its bin, 2 % wide: the ranges' round edges are that blurred, and the counts are exact for
 * edges within it.
 */
import { type DDSketch, RELATIVE_ACCURACY } from "./ddsketch.ts";

/** How far off an edge may be, relative: a bin's width. */
export const EDGE_ERROR = 2 * RELATIVE_ACCURACY;
/** The bulk of the values, between these shares of them: what lies outside has one range at each end. */
const BULK = [0.01, 0.99] as const;
/** The bulk is cut by powers of ten where its ends are so many times apart and its median is in the lowest fifth; else evenly. */
const WIDE = 20;
const SKEWED = 0.2;

/** Ranges [from, to) of values, ascending, without gaps. */
export type Edges = readonly number[];

export interface HistogramRow {
	/** The range: `["10", "20"]`, from (inclusive) and to. */
	labels: string[];
	/** How many values were in it, one number a bucket. */
	points: number[];
	total: number;
}

/** One sketch a bucket (null: nothing) as at most so many ranges, ascending. Without values: no rows. */
export function histogramOf(
	sketches: readonly (DDSketch | null)[],
	whole: DDSketch | null,
	most: number,
): HistogramRow[] {
	if (whole === null || whole.count === 0) return [];
	const edges = edgesOf(whole, most);
	const counts = sketches.map((sketch) => (sketch === null ? [] : countsOf(sketch, edges)));
	return edges.slice(1).map((to, i) => {
		const points = counts.map((of) => of[i] ?? 0);
		return { labels: [String(edges[i]), String(to)], points, total: points.reduce((sum, n) => sum + n, 0) };
	});
}

/** Round edges, at most `most` ranges (2 or more), that hold every value of the sketch. */
export function edgesOf(sketch: DDSketch, most: number): Edges {
	const bins = [...sketch.bins()];
	const [least, highest] = [topOf(bins[0]), topOf(bins.at(-1))];
	// Too few to set the ends apart.
	if (most < 4) return evenly(least, highest, most);
	const at = (share: number) => topOf(binAt(bins, share * sketch.count));
	const [low, high] = [at(BULK[0]), at(BULK[1])];
	const spread = low > 0 && high / low > WIDE && at(0.5) - low < SKEWED * (high - low);
	const edges = spread ? byTens(low, high, most - 2) : evenly(low, high, most - 2);
	const below = least < (edges[0] as number) ? evenly(least, least, 1).slice(0, 1) : [];
	const above = highest >= (edges.at(-1) as number) ? evenly(highest, highest, 1).slice(1) : [];
	return [...below, ...edges, ...above];
}

type Bin = readonly [top: number, count: number];
const topOf = (bin: Bin | undefined) => bin?.[0] ?? 0;

/** The bin in which so many values are reached. */
function binAt(bins: readonly Bin[], rank: number): Bin | undefined {
	let seen = 0;
	return bins.find(([, count]) => {
		seen += count;
		return seen > rank;
	});
}

/**
 * A value that stands on an edge is in the range above it, and so is all of its bin, whose top it may be: prices are
 * round numbers more often than they lie just under one.
 */
function countsOf(sketch: DDSketch, edges: Edges): number[] {
	const counts = new Array<number>(edges.length - 1).fill(0);
	let at = 0;
	for (const [top, count] of sketch.bins()) {
		while (at < counts.length - 1 && (edges[at + 1] as number) <= top) at++;
		counts[at] = (counts[at] as number) + count;
	}
	return counts;
}

/** 1, 2 and 5 times powers of ten. */
const STEPS = [1, 2, 5] as const;
/** `12e-1` rather than `12 * 0.1`, which is not the number that one would write. */
const tens = (digits: number, power: number) => Number(`${digits}e${power}`);
const powerOf = (value: number) => Math.floor(Math.log10(value) + 1e-9);

/** 1, 2, 5, 10, …, or only the powers of ten, or every few of them, whichever fit. */
function byTens(low: number, high: number, most: number): number[] {
	const series = (digits: readonly number[], every: number) => {
		const first = Math.floor(powerOf(low) / every) * every;
		const all: number[] = [];
		for (let power = first; all.length === 0 || (all.at(-1) as number) <= high; power += every)
			for (const digit of digits) all.push(tens(digit, power));
		const from = all.findLastIndex((edge) => edge <= low);
		const to = all.findIndex((edge) => edge > high);
		return all.slice(Math.max(0, from), to + 1);
	};
	const fine = series(STEPS, 1);
	if (fine.length - 1 <= most) return fine;
	for (let every = 1; ; every++) {
		const coarse = series([1], every);
		if (coarse.length - 1 <= most) return coarse;
	}
}

/** Multiples of 1, 2 or 5 times a power of ten. */
function evenly(low: number, high: number, most: number): number[] {
	const width = high > low ? high / most - low / most : (Math.abs(high) || most) / most;
	for (let i = 0; ; i++) {
		const [digits, power] = [STEPS[i % STEPS.length] as number, powerOf(width) + Math.floor(i / STEPS.length)];
		const step = tens(digits, power);
		const [from, to] = [Math.floor(low / step + 1e-9), Math.floor(high / step + 1e-9) + 1];
		if (to - from > most) continue;
		return Array.from({ length: to - from + 1 }, (_, n) => tens((from + n) * digits, power));
	}
}
