/** From the merged partial result of a scan to what windows give for the same question (series.ts). */
import { DDSketch } from "../ddsketch.ts";
import { Aggregate, ruleOf } from "../measure.ts";
import { histogramResult, type SeriesResult, type SeriesRow } from "../series.ts";
import { type AggregatePartial, type AggregateQuestion, folded, mergedSketch } from "./aggregate.ts";
import { isOther, keyOf } from "./groups.ts";

/** Relative error that DDSketch promises, for every quantile. */
const QUANTILE_ERROR = 0.01;

/**
 * The groups to show, largest first, and `(other)`. `again`: groups to ask once more for as `only`, where a second pass
 * says more: the distinct visitors of `(other)` cannot be added up from those of its groups, and what a task gave up to
 * `(other)` may have been a part of a group that is shown. Without it the answer stands, not exact.
 */
export function finishAggregate(question: AggregateQuestion, partial: AggregatePartial, limit: number): SeriesResult {
	const { top, rest } = rank(question, partial, limit);
	const shown = rest.length > 0 ? folded(partial, top, true) : partial;
	const order = rest.length > 0 ? [...top.map((_, i) => i), top.length] : top;
	const finish = new Finish(question, shown);
	const rows = order.map((group) => finish.row(group));
	const isSummed =
		question.measure !== "uniques" ||
		question.only !== undefined ||
		!rest.some((g) => !isOther(partial.labels[g] ?? []));
	const isQuantile = ruleOf(question.measure).field === "quantiles";
	const error = isQuantile && partial.sketches.some((sketch) => sketch !== null) ? QUANTILE_ERROR : null;
	return {
		rows: question.only === undefined ? rows : inOrder(question.only, rows, finish),
		overall: finish.overall(),
		exact: partial.exact && isSummed && error === null,
		error,
		again: partial.exact && isSummed ? null : top.map((group) => partial.labels[group] as string[]),
	};
}

/** The sketches of a question without groups, as ranges of values. */
export function finishHistogram(_: AggregateQuestion, { sketches }: AggregatePartial, limit: number): SeriesResult {
	const decoded = sketches.map((sketch) => mergedSketch([sketch]));
	const whole = new DDSketch();
	for (const sketch of decoded) if (sketch !== null) whole.merge(sketch);
	return histogramResult(decoded, whole, limit);
}

/** The groups to show, by total, and those that become `(other)`. */
function rank(
	question: AggregateQuestion,
	partial: AggregatePartial,
	limit: number,
): { top: number[]; rest: number[] } {
	const all = partial.labels.map((_, group) => group);
	const named = all.filter((group) => !isOther(partial.labels[group] ?? []));
	const finish = new Finish(question, partial);
	const label = (group: number) => partial.labels[group]?.join() ?? "";
	const value = new Map(named.map((group) => [group, finish.total(group) ?? Number.NEGATIVE_INFINITY]));
	const byTotal = (x: number, y: number) => (value.get(y) ?? 0) - (value.get(x) ?? 0) || (label(x) < label(y) ? -1 : 1);
	const top = question.only === undefined ? named.sort(byTotal).slice(0, limit) : named;
	const shown = new Set(top);
	return { top, rest: all.filter((group) => !shown.has(group) && (partial.counts[group] ?? 0) > 0) };
}

/** Rows in the order asked for, those without events too, `(other)` last. */
function inOrder(only: readonly (readonly string[])[], rows: readonly SeriesRow[], finish: Finish): SeriesRow[] {
	const known = new Map(rows.map((row) => [keyOf(row.labels), row]));
	const wanted = only.map((labels) => known.get(keyOf(labels)) ?? finish.empty([...labels]));
	const listed = new Set(only.map(keyOf));
	return [...wanted, ...rows.filter((row) => !listed.has(keyOf(row.labels)))];
}

class Finish {
	readonly #question: AggregateQuestion;
	readonly #partial: AggregatePartial;

	constructor(question: AggregateQuestion, partial: AggregatePartial) {
		this.#question = question;
		this.#partial = partial;
	}

	row(group: number): SeriesRow {
		const first = group * this.#question.buckets.length;
		return {
			labels: this.#partial.labels[group] ?? [],
			points: this.#points((i) => this.#value(first + i, first + i + 1, this.#bucketSeconds(i))),
			total: this.total(group),
		};
	}

	empty(labels: string[]): SeriesRow {
		return { labels, points: this.#points((i) => this.#value(0, 0, this.#bucketSeconds(i))), total: this.#sum(0, 0) };
	}

	total(group: number): number | null {
		const { measure, buckets } = this.#question;
		if (measure === "uniques") return this.#partial.ranges[group] ?? 0;
		return this.#sum(group * buckets.length, (group + 1) * buckets.length);
	}

	overall(): number | null {
		const { measure, buckets } = this.#question;
		if (measure === "uniques") return this.#partial.overall;
		return this.#sum(0, this.#partial.labels.length * buckets.length);
	}

	#points(value: (bucket: number) => number | null): (number | null)[] {
		return this.#question.buckets.map((_, i) => value(i));
	}

	/** Over the whole range. */
	#sum(first: number, after: number): number | null {
		return this.#value(first, after, (this.#question.to - this.#question.from) / 1000);
	}

	/** Some cells as one number. */
	#value(first: number, after: number, seconds: number): number | null {
		const rule = ruleOf(this.#question.measure);
		const sum = new Aggregate();
		let a = rule.a(sum);
		let b = 0;
		if (rule.field === "quantiles") {
			sum.quantiles = mergedSketch(this.#partial.sketches.slice(first, after));
			a = rule.a(sum);
		} else {
			for (let cell = first; cell < after; cell++) {
				const amount = this.#partial.a[cell] as number;
				a = rule.combine === null ? a + amount : rule.combine(a, amount);
				b += this.#partial.b[cell] as number;
			}
		}
		return rule.value(a, b, seconds);
	}

	/** Seconds of a bucket that the range has seen: the one that contains now has only begun. */
	#bucketSeconds(i: number): number {
		const { buckets, end, from, to } = this.#question;
		const start = buckets[i] ?? end;
		return Math.max(0, Math.min(buckets[i + 1] ?? end, to) - Math.max(start, from)) / 1000;
	}
}
