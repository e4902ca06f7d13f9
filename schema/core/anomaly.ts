/**
 * What is usual for a series, and which of its buckets are not (semantics: "Anomalies"). A bucket is judged by what came
 * before it only, so that a judgement never changes when time goes on:
 *
 * - the same time of the week, ±1 bucket, in each of the 4 weeks before, where at least 3 of them are there;
 * - else an exponentially weighted mean and variance over the last 60 buckets.
 *
 * Points that were called anomalous stay out of both, or a spike would make the next one usual. A deviation has a floor,
 * or a series that hardly moves would cry at every step. A level that has held for 60 buckets is the new usual. The
 * nothing before a site was there is no level that its first weeks could leave: a series that has begun is told from
 * its first value on. (That is the one judgement that later buckets change.)
 */
import { bucketStart, nextBucket, STEP_MS, type Step, type Zone } from "./zone.ts";

export interface Bucket {
	/** Start, epoch ms. */
	t: number;
	/** Null: an average of nothing. It is not judged, and tells nothing. */
	value: number | null;
}

export interface JudgeOptions {
	step: Step;
	/** In which hours and days are cut, and weeks repeat. */
	zone: Zone;
	/** Epoch ms: buckets that end later are not over, and are never judged. */
	now: number;
	/** Epoch ms: what starts before is history, told from, and not judged itself. */
	from: number;
	/** Of things that are counted: chance alone makes n into n ± √n. */
	counts: boolean;
	/** Standard deviations from the baseline that are usual. */
	k?: number;
}

export interface Judgement {
	/** Of every bucket from `from` on whose baseline is known, the open one too. */
	band: { t: number; low: number; high: number }[];
	/** `sigmas`: how many deviations above (below: negative) the baseline. */
	points: { t: number; value: number; sigmas: number }[];
}

const SIGMAS = 2;
const WEEKS = 4;
/** Weeks that must be there to be believed, and values in them. */
const LEAST_WEEKS = 3;
const LEAST_VALUES = 6;
/** Buckets of the moving baseline, and how many it must have seen. */
const SPAN = 60;
const LEAST_SEEN = 12;
/** Consecutive anomalies to one side after which they are the new level. */
const SETTLED = 60;
/** Mean absolute deviations from the median at which a value is a stray: 4 σ of a normal, and up to 2 of 12 values are found. */
const STRAY = 5;
/** Of what is not counted, a deviation is at least this share of the mean. */
const FLOOR_SHARE = 0.01;
/** And at least this, so that dividing by it is always a number. */
const FLOOR = 1e-9;

interface Baseline {
	mean: number;
	deviation: number;
}
interface Judging extends Baseline {
	weekly: boolean;
}

/** `buckets`: in order, without gaps, history first. */
export function judge(all: readonly Bucket[], options: JudgeOptions): Judgement {
	const buckets = begun(all);
	const { step, zone, now, from, k = SIGMAS } = options;
	const judgement: Judgement = { band: [], points: [] };
	const memory = new Memory(buckets, options);
	for (const [i, { t, value }] of buckets.entries()) {
		const baseline = memory.baseline(i);
		if (baseline !== null && t >= from) judgement.band.push({ t, ...bandOf(baseline, k, options.counts) });
		if (value === null || nextBucket(zone, step, t) > now) continue;
		const sigmas = baseline === null ? 0 : (value - baseline.mean) / baseline.deviation;
		const anomalous = Math.abs(sigmas) > k;
		if (anomalous && t >= from) judgement.points.push({ t, value, sigmas });
		memory.learn(i, value, anomalous ? Math.sign(sigmas) : 0, baseline?.weekly ?? false);
	}
	return judgement;
}

const isSomething = ({ value }: Bucket) => value !== null && value !== 0;

/** Without the nothing before it began. What is rare has not begun: its zeros are what is usual. */
function begun(buckets: readonly Bucket[]): readonly Bucket[] {
	const rest = buckets.slice(Math.max(0, buckets.findIndex(isSomething)));
	const steady = rest.length >= LEAST_SEEN && 2 * rest.filter(isSomething).length >= rest.length;
	return steady ? rest : buckets;
}

function bandOf({ mean, deviation }: Baseline, k: number, counts: boolean) {
	const low = mean - k * deviation;
	return { low: counts ? Math.max(0, low) : low, high: mean + k * deviation };
}

/** What is known of a series while it is gone through. */
class Memory {
	readonly #buckets: readonly Bucket[];
	readonly #options: JudgeOptions;
	readonly #index: ReadonlyMap<number, number>;
	/** Of each bucket: whether it tells what is usual at this time of the week. */
	readonly #usual: boolean[];
	/** A sample that was cut at k deviations spreads less than what it was cut from. */
	readonly #spread: number;
	#moving = new Moving();
	/** What came before is not believed any more. */
	#since = 0;
	/** Side and length of the anomalies just before. */
	#side = 0;
	#run: number[] = [];

	constructor(buckets: readonly Bucket[], options: JudgeOptions) {
		this.#buckets = buckets;
		this.#options = options;
		this.#index = new Map(buckets.map(({ t }, i) => [t, i]));
		this.#usual = buckets.map(() => false);
		this.#spread = 1 / cutDeviation(options.k ?? SIGMAS);
	}

	/** Null: too little came before. Floors are applied. */
	baseline(i: number): Judging | null {
		const weekly = this.#weekly(i);
		const found = weekly ?? this.#moving.baseline();
		if (found === null) return null;
		const { mean } = found;
		const least = this.#options.counts ? Math.sqrt(Math.max(1, mean)) : Math.abs(mean) * FLOOR_SHARE;
		return { mean, deviation: Math.max(found.deviation * this.#spread, least, FLOOR), weekly: weekly !== null };
	}

	/**
	 * `side`: 0 where the value was usual, else the sign of its distance. What is unusual for the last hour may be what
	 * every Monday morning is: the weeks leave out only what they themselves called so.
	 */
	learn(i: number, value: number, side: number, weekly: boolean): void {
		this.#usual[i] = side === 0 || !weekly;
		if (side === 0) this.#moving.add(value);
		if (side === 0 || side !== this.#side) this.#run = [];
		this.#side = side;
		if (side !== 0) this.#run.push(i);
		if (this.#run.length >= SETTLED) this.#settle(weekly);
	}

	#settle(weekly: boolean): void {
		if (weekly) this.#since = this.#run[0] ?? 0;
		this.#moving = new Moving();
		for (const i of this.#run) {
			this.#usual[i] = true;
			this.#moving.add(this.#buckets[i]?.value ?? 0);
		}
		this.#side = 0;
		this.#run = [];
	}

	/** Steps of a week and more do not repeat within it. */
	#weekly(i: number): Baseline | null {
		const { step, zone } = this.#options;
		const t = this.#buckets[i]?.t ?? 0;
		if (STEP_MS[step] > STEP_MS["1d"]) return null;
		const values: number[] = [];
		let weeks = 0;
		for (let week = 1; week <= WEEKS; week++) {
			const at = this.#index.get(bucketStart(zone, step, zone.add(t, "week", -week)));
			if (at === undefined || at < this.#since) continue;
			const near = [at - 1, at, at + 1].flatMap((n) => this.#told(n));
			values.push(...near);
			if (near.length > 0) weeks++;
		}
		if (weeks < LEAST_WEEKS) return null;
		const kept = withoutStrays(values);
		return kept.length < LEAST_VALUES ? null : sampleOf(kept);
	}

	#told(i: number): number[] {
		const value = this.#buckets[i]?.value ?? null;
		return value !== null && this.#usual[i] === true && i >= this.#since ? [value] : [];
	}
}

/** Without what lies far off the others: an old spike that nothing was there to judge by. */
function withoutStrays(values: readonly number[]): number[] {
	const middle = medianOf(values);
	const spread = meanOf(values.map((value) => Math.abs(value - middle)));
	return values.filter((value) => Math.abs(value - middle) <= Math.max(STRAY * spread, FLOOR));
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function medianOf(values: readonly number[]): number {
	const sorted = values.toSorted((a, b) => a - b);
	return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}

/** The next value is further off than the sample's own: its mean is an estimate too. */
function sampleOf(values: readonly number[]): Baseline {
	const n = values.length;
	const mean = meanOf(values);
	const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
	return { mean, deviation: Math.sqrt(variance * (1 + 1 / n)) };
}

/** Exponentially weighted mean and variance (Finch 2009); plain ones until there are as many values as it spans. */
class Moving {
	#seen = 0;
	#mean = 0;
	#variance = 0;

	add(value: number): void {
		const weight = Math.max(2 / (SPAN + 1), 1 / ++this.#seen);
		const off = value - this.#mean;
		this.#mean += weight * off;
		this.#variance = (1 - weight) * (this.#variance + weight * off * off);
	}

	baseline(): Baseline | null {
		if (this.#seen < LEAST_SEEN) return null;
		return { mean: this.#mean, deviation: Math.sqrt(this.#variance * (1 + 1 / Math.min(this.#seen, SPAN))) };
	}
}

/** Standard deviation of a standard normal that is cut at ±k. */
function cutDeviation(k: number): number {
	const density = Math.exp((-k * k) / 2) / Math.sqrt(2 * Math.PI);
	return Math.sqrt(1 - (2 * k * density) / within(k));
}

/** Share of a standard normal within ±k: erf(k / √2), by Abramowitz and Stegun 7.1.26, to 2e-7. */
function within(k: number): number {
	const x = k / Math.SQRT2;
	const t = 1 / (1 + 0.3275911 * x);
	const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
	return 1 - series * Math.exp(-x * x);
}
