/**
 * What a measure needs of a window's cells, and how its number comes out at the end. Aggregates are merged, never
 * finished numbers; once a bucket is complete it is kept as two numbers (`a`, `b`), which for every measure but the
 * sketched ones still add up, so that groups past the limit can be summed into `(other)` later.
 */
import type { DDSketch } from "./ddsketch.ts";
import type { Hll } from "./hll.ts";

export type SeriesMeasure =
	| "count"
	| "rate"
	| "uniques"
	| "sum"
	| "avg"
	| "min"
	| "max"
	| "p50"
	| "p75"
	| "p90"
	| "p95"
	| "p99"
	| "sessions"
	| "bounce_rate"
	| "views"
	| "views_per_session"
	| "duration";

/** Columns of a stored section (durable-objects/rpc.ts has the same names). */
export type SeriesField = "stats" | "uniques" | "quantiles";

/** The numbers of a `Cell`: a live one, a decoded one, or an `Aggregate` of several. */
export interface CellNumbers {
	count: number;
	values: number;
	sum: number;
	min: number;
	max: number;
	views: number;
	bounces: number;
	uniques: Hll | null;
	quantiles: DDSketch | null;
}

interface Rule {
	field: SeriesField;
	a: (x: CellNumbers) => number;
	b: (x: CellNumbers) => number;
	/** How two buckets' `a` become one; null: only their sketches could. */
	combine: ((x: number, y: number) => number) | null;
	/** The value; `seconds` is how long the bucket has lasted so far. */
	value: (a: number, b: number, seconds: number) => number | null;
}

const zero = () => 0;
const plus = (x: number, y: number) => x + y;
const finite = (a: number) => (Number.isFinite(a) ? a : null);

const additive = (a: Rule["a"]): Rule => ({ field: "stats", a, b: zero, combine: plus, value: (x) => x });
const quotient = (a: Rule["a"], b: Rule["b"]): Rule => ({
	field: "stats",
	a,
	b,
	combine: plus,
	value: (x, y) => (y === 0 ? null : x / y),
});
const quantile = (q: number): Rule => ({
	field: "quantiles",
	a: (x) => x.quantiles?.quantile(q) ?? Number.NaN,
	b: zero,
	combine: null,
	value: finite,
});

const RULES: Record<SeriesMeasure, Rule> = {
	count: additive((x) => x.count),
	rate: { ...additive((x) => x.count), value: (a, _, seconds) => (seconds > 0 ? a / seconds : 0) },
	uniques: { field: "uniques", a: (x) => x.uniques?.count() ?? 0, b: zero, combine: null, value: (a) => a },
	sum: additive((x) => x.sum),
	avg: quotient(
		(x) => x.sum,
		(x) => x.values,
	),
	min: { field: "stats", a: (x) => x.min, b: zero, combine: Math.min, value: finite },
	max: { field: "stats", a: (x) => x.max, b: zero, combine: Math.max, value: finite },
	p50: quantile(0.5),
	p75: quantile(0.75),
	p90: quantile(0.9),
	p95: quantile(0.95),
	p99: quantile(0.99),
	sessions: additive((x) => x.count),
	bounce_rate: quotient(
		(x) => x.bounces,
		(x) => x.count,
	),
	views: additive((x) => x.views),
	views_per_session: quotient(
		(x) => x.views,
		(x) => x.count,
	),
	duration: quotient(
		(x) => x.sum,
		(x) => x.count,
	),
};

export const ruleOf = (measure: SeriesMeasure): Rule => RULES[measure];

/** Relative error that DDSketch promises, for every quantile. */
const QUANTILE_ERROR = 0.01;

/** Relative standard error of a finished aggregate by that measure; null: exact. */
export function errorOf(measure: SeriesMeasure, x: CellNumbers): number | null {
	const { field } = RULES[measure];
	if (field === "uniques") return x.uniques === null || x.uniques.isEmpty() ? null : x.uniques.error();
	if (field === "quantiles") return x.quantiles === null || x.quantiles.count === 0 ? null : QUANTILE_ERROR;
	return null;
}

/** Several cells as one. Takes only the sketch that the measure needs, and copies it only when a second one comes. */
export class Aggregate implements CellNumbers {
	count = 0;
	values = 0;
	sum = 0;
	min = Number.POSITIVE_INFINITY;
	max = Number.NEGATIVE_INFINITY;
	views = 0;
	bounces = 0;
	uniques: Hll | null = null;
	quantiles: DDSketch | null = null;
	/** The sketch is ours; until then it is another cell's, and must not be written to. */
	#owned = false;

	merge(x: CellNumbers, field: SeriesField): void {
		this.count += x.count;
		this.values += x.values;
		this.sum += x.sum;
		if (x.min < this.min) this.min = x.min;
		if (x.max > this.max) this.max = x.max;
		this.views += x.views;
		this.bounces += x.bounces;
		if (field === "uniques" && x.uniques !== null) this.#mergeUniques(x.uniques);
		if (field === "quantiles" && x.quantiles !== null) this.#mergeQuantiles(x.quantiles);
	}

	#mergeUniques(other: Hll): void {
		if (this.uniques === null) {
			this.uniques = other;
			return;
		}
		if (!this.#owned) this.uniques = this.uniques.clone();
		this.#owned = true;
		this.uniques.merge(other);
	}

	#mergeQuantiles(other: DDSketch): void {
		if (this.quantiles === null) {
			this.quantiles = other;
			return;
		}
		if (!this.#owned) this.quantiles = this.quantiles.clone();
		this.#owned = true;
		this.quantiles.merge(other);
	}
}
