/**
 * From windows to a series, the same for history (workers/query) and for live frames (the metric object):
 *
 *   const plan = planSeries(query, config, now);        // schema/plan.ts
 *   const fold = new SeriesFold(plan);
 *   for (…) fold.addWindow(start, window);              // a live Window, or addSections(start, sections) of a stored one
 *   const result = fold.finish();                       // if result.again: feed everything once more, into SeriesFold(plan, result.again)
 *   formatSeries(plan, result)                          // schema/query.ts Series[]
 *
 * Windows come in the order of time. Each may be of any grain, as long as it lies within one bucket. A bucket's partial
 * aggregates are merged (never finished numbers); when the next bucket begins it is finished into two numbers, and only
 * one union a group is kept for the total: 90 days of 200 countries take the memory of one.
 */
import type { DDSketch } from "./ddsketch.ts";
import type { SeriesFilter } from "./filter.ts";
import { compileFilters, type LabelTest } from "./filter.ts";
import { EDGE_ERROR, histogramOf } from "./histogram.ts";
import { Aggregate, type CellNumbers, errorOf, ruleOf, type SeriesField, type SeriesMeasure } from "./measure.ts";
import { type DecodedPart, decodePart, type Section, type Window } from "./window.ts";
import { type Step, zoneOf } from "./zone.ts";

export interface SeriesPlan {
	/** histogram: of `p50`, whose sketches it is made of, without groups. */
	kind: "timeseries" | "total" | "breakdown" | "histogram";
	/** The metric whose windows are read: `session` where `*` was asked for a session measure. */
	metric: string;
	measure: SeriesMeasure;
	groupBy: readonly string[];
	filters: readonly SeriesFilter[];
	/** The part whose cells are the rows: `total`, `dim:<d>`, `hit:<d>` or `cube`; its dimensions, in order. */
	part: string;
	dims: readonly string[];
	/** What to read: `part`, and `total` where it is needed beside it. */
	parts: readonly string[];
	/** The overall number comes from the total row. */
	whole: boolean;
	fields: readonly SeriesField[];
	/** Effective range [from, to), epoch ms: `from` floored, `to` no later than now. */
	from: number;
	to: number;
	/** The range reaches now: open windows belong to it. */
	open: boolean;
	/** Starts of the buckets, ascending (one for totals and breakdowns), and the end of the last one. */
	buckets: readonly number[];
	end: number;
	step: Step;
	zone: string;
	limit: number;
	/** The `from` that was asked for, epoch ms, where less than that is kept; else null. */
	cutFrom: number | null;
}

/** Are there points, one a bucket? */
export const isOverTime = ({ kind }: { kind?: SeriesPlan["kind"] | undefined }): boolean =>
	kind === undefined || kind === "timeseries" || kind === "histogram";

/** The range holds now, cuts one of its edge buckets, or begins where less is kept than was asked for. */
export const isPartial = ({ cutFrom, open, buckets, from, to, end }: SeriesPlan): boolean =>
	cutFrom !== null || open || (buckets[0] ?? from) < from || to < end;

export interface SeriesRow {
	/** One label a grouped dimension. */
	labels: string[];
	/** One value a bucket. */
	points: (number | null)[];
	total: number | null;
}

export interface SeriesResult {
	/** By total, highest first; `(other)` last. Without groupBy exactly one. Of a histogram its ranges, ascending. */
	rows: SeriesRow[];
	/** Over all groups: from the total row where there are no filters, else the union of what the filters let through. */
	overall: number | null;
	exact: boolean;
	/** Relative standard error, null where exact or unknown. */
	error: number | null;
	/** Groups to keep in a second pass: the points of `(other)` need the sketches of what is past the limit. Null: done. */
	again: string[][] | null;
}

const OTHER = "(other)";
const SEPARATOR = "\x1f";
/** Groups kept at once, twice that between prunings. A p 12 sketch is up to 4 KB, a quantile sketch up to 16 KB: tens of MB. */
const MAX_GROUPS = 2_000;
/** Finished buckets of all groups kept at once, 24 bytes each. */
const MAX_POINTS = 1_000_000;

/** One part of a window, however it is stored. */
export interface Part {
	rows: readonly (readonly [labels: readonly string[], cell: CellNumbers])[];
	other: CellNumbers | null;
	/** False where a cap was touched. */
	exact: boolean;
}

interface Group {
	labels: string[];
	/** Finished buckets: index, a, b, one after another. */
	points: number[];
	range: Aggregate;
}

export class SeriesFold {
	readonly #plan: SeriesPlan;
	readonly #field: SeriesField;
	readonly #keep: LabelTest;
	/** Positions of the grouped dimensions among the part's. */
	readonly #at: number[];
	readonly #only: ReadonlySet<string> | null;
	readonly #otherKey: string;
	readonly #groups = new Map<string, Group>();
	readonly #overall = new Aggregate();
	#open = new Map<string, Aggregate>();
	#bucket = 0;
	#points = 0;
	#exact = true;
	/** Of a histogram, by bucket. */
	readonly #sketches: (DDSketch | null)[] = [];

	/** `only`: exactly these groups, in this order, everything else is `(other)` (second pass, previous period, divisor). */
	constructor(plan: SeriesPlan, only?: readonly (readonly string[])[]) {
		this.#plan = plan;
		this.#field = ruleOf(plan.measure).field;
		this.#keep = compileFilters(plan.filters, plan.dims);
		this.#at = plan.groupBy.map((dim) => plan.dims.indexOf(dim));
		this.#otherKey = plan.groupBy.map(() => OTHER).join(SEPARATOR);
		this.#only = only === undefined ? null : new Set(only.map((labels) => labels.join(SEPARATOR)));
		if (plan.groupBy.length === 0) this.#group("");
		for (const key of this.#only ?? []) if (key !== this.#otherKey) this.#group(key);
	}

	/** A stored window. Sections of parts that were not asked for are passed over. */
	addSections(start: number, sections: readonly Section[]): void {
		const read = (name: string) => {
			const pages = sections.filter((section) => section.part === name);
			return pages.length === 0 ? null : decodedPart(decodePart(pages));
		};
		this.#addParts(start, read);
	}

	/** A window in memory. It is not changed, but must not change before `finish`. */
	addWindow(start: number, window: Window): void {
		this.#addParts(start, (name) => partOf(window, name));
	}

	/** The cells of one part of a window, however they were come by. Parts other than the plan's are refused. */
	addPart(start: number, part: Part): void {
		this.#turn(start);
		for (const [labels, cell] of part.rows) if (this.#keep(labels)) this.#merge(this.#key(labels), cell);
		if (!part.exact) this.#exact = false;
		if (part.other === null || part.other.count === 0) return;
		this.#exact = false;
		// What passed a cap may be anything: it is in what a filter excludes nothing of, and in nothing that names values.
		if (this.#keep(this.#plan.dims.map(() => OTHER))) this.#merge(this.#otherKey, part.other);
	}

	#addParts(start: number, read: (name: string) => Part | null): void {
		const { part, parts, whole } = this.#plan;
		const rows = read(part);
		const total = parts.includes("total") && part !== "total" ? read("total") : null;
		if (rows !== null) this.addPart(start, rows);
		// The dimension was declared after this window: all of it is "(none)".
		else if (total !== null && part.startsWith("dim:")) this.addPart(start, { ...total, rows: asNone(total) });
		if (whole && total !== null) this.addTotal(start, total);
	}

	/** The total of a window whose part was added; only where the plan takes the overall number from it (`whole`). */
	addTotal(start: number, total: Part): void {
		this.#turn(start);
		for (const [, cell] of total.rows) this.#overall.merge(cell, this.#field);
	}

	#key(labels: readonly string[]): string {
		if (this.#at.length === 0) return "";
		const key = this.#at.map((i) => labels[i] ?? "(none)").join(SEPARATOR);
		return this.#only === null || this.#only.has(key) ? key : this.#otherKey;
	}

	#merge(key: string, cell: CellNumbers): void {
		let aggregate = this.#open.get(key);
		if (aggregate === undefined) {
			if (this.#open.size >= 2 * MAX_GROUPS) this.#pruneOpen();
			aggregate = new Aggregate();
			this.#open.set(key, aggregate);
		}
		aggregate.merge(cell, this.#field);
	}

	/** Moves on to the bucket of `start`, finishing the one before. */
	#turn(start: number): void {
		const { buckets, end } = this.#plan;
		let at = this.#bucket;
		while (at + 1 < buckets.length && (buckets[at + 1] ?? end) <= start) at++;
		if (start < (buckets[at] ?? end) || start >= end)
			throw new RangeError(`window ${start} is out of order or out of range`);
		if (at !== this.#bucket) this.#flush();
		this.#bucket = at;
	}

	#flush(): void {
		const { a, b } = ruleOf(this.#plan.measure);
		for (const [key, aggregate] of this.#open) {
			const group = this.#group(key);
			group.points.push(this.#bucket, a(aggregate), b(aggregate));
			this.#points++;
			if (this.#plan.kind === "histogram") this.#sketches[this.#bucket] = aggregate.quantiles;
			group.range.merge(aggregate, this.#field);
		}
		this.#open = new Map();
		if (this.#groups.size > 2 * MAX_GROUPS || this.#points > MAX_POINTS) this.#prune();
	}

	#group(key: string): Group {
		let group = this.#groups.get(key);
		if (group === undefined) {
			group = { labels: this.#at.length === 0 ? [] : key.split(SEPARATOR), points: [], range: new Aggregate() };
			this.#groups.set(key, group);
		}
		return group;
	}

	/** Too many groups for memory: the smallest become `(other)`. Their names may come again, so the answer is not exact. */
	#prune(): void {
		const keep = Math.max(this.#plan.limit, Math.min(MAX_GROUPS, this.#groups.size >> 1));
		const gone = smallest(this.#groups, (group) => group.range.count, keep, this.#otherKey);
		for (const [key] of gone) this.#groups.delete(key);
		this.#intoOther(gone.map(([, group]) => group));
		this.#points = [...this.#groups.values()].reduce((sum, group) => sum + group.points.length / 3, 0);
		this.#exact = false;
	}

	/** The same within one bucket, which may hold many windows. */
	#pruneOpen(): void {
		const gone = smallest(this.#open, (aggregate) => aggregate.count, MAX_GROUPS, this.#otherKey);
		for (const [key, aggregate] of gone) {
			this.#open.delete(key);
			this.#merge(this.#otherKey, aggregate);
		}
		this.#exact = false;
	}

	#intoOther(groups: readonly Group[]): void {
		const other = this.#group(this.#otherKey);
		other.points = sumPoints(
			[other, ...groups].map((g) => g.points),
			this.#plan,
		);
		for (const { range } of groups) other.range.merge(range, this.#field);
	}

	/** The result. The fold is used up by it. */
	finish(): SeriesResult {
		this.#flush();
		if (this.#plan.kind === "histogram") {
			const sketches = this.#plan.buckets.map((_, i) => this.#sketches[i] ?? null);
			return histogramResult(sketches, this.#group("").range.quantiles, this.#plan.limit);
		}
		const { kind, whole, measure, limit, buckets } = this.#plan;
		if (!whole) for (const { range } of this.#groups.values()) this.#overall.merge(range, this.#field);
		const errors = [
			errorOf(measure, this.#overall),
			...[...this.#groups.values()].map((g) => errorOf(measure, g.range)),
		];
		const error = errors.reduce<number | null>((most, e) => (e === null ? most : Math.max(most ?? 0, e)), null);
		const { top, rest } = this.#rank(limit);
		if (rest.length > 0) this.#intoOther(rest);
		const other = this.#at.length > 0 ? this.#groups.get(this.#otherKey) : undefined;
		const sketched = ruleOf(measure).combine === null;
		const twice = kind === "timeseries" && buckets.length > 1 && sketched && rest.length > 0;
		return {
			rows: [...top, ...(other === undefined ? [] : [other])].map((group) => this.#row(group)),
			overall: this.#value(this.#overall),
			exact: this.#exact && error === null,
			error,
			again: twice ? top.map((g) => g.labels) : null,
		};
	}

	/** The groups to show, and those past the limit. */
	#rank(limit: number): { top: Group[]; rest: Group[] } {
		const named = [...this.#groups]
			.filter(([key]) => key !== this.#otherKey || this.#at.length === 0)
			.map(([, g]) => g);
		if (this.#only !== null || this.#at.length === 0) return { top: named, rest: [] };
		const ranked = named.map((group) => ({ group, value: this.#value(group.range) ?? Number.NEGATIVE_INFINITY }));
		ranked.sort((x, y) => y.value - x.value || (x.group.labels.join() < y.group.labels.join() ? -1 : 1));
		return { top: ranked.slice(0, limit).map((r) => r.group), rest: ranked.slice(limit).map((r) => r.group) };
	}

	#row({ labels, points, range }: Group): SeriesRow {
		const { kind, measure, buckets, end } = this.#plan;
		const total = this.#value(range);
		if (kind !== "timeseries") return { labels, points: [], total };
		const { value } = ruleOf(measure);
		const empty = this.#value(new Aggregate());
		const row: SeriesRow = { labels, points: new Array(buckets.length).fill(empty), total };
		for (let i = 0; i < points.length; i += 3) {
			const at = points[i] ?? 0;
			const seconds = this.#seconds(buckets[at] ?? end, buckets[at + 1] ?? end);
			row.points[at] = value(points[i + 1] ?? 0, points[i + 2] ?? 0, seconds);
		}
		return row;
	}

	#value(x: CellNumbers): number | null {
		const { a, b, value } = ruleOf(this.#plan.measure);
		return value(a(x), b(x), this.#seconds(this.#plan.from, this.#plan.to));
	}

	/** Seconds of [start, end) that the range has seen: the bucket that holds now has only begun. */
	#seconds(start: number, end: number): number {
		return Math.max(0, Math.min(end, this.#plan.to) - Math.max(start, this.#plan.from)) / 1000;
	}
}

/** A histogram as a result: ranges for groups. */
export function histogramResult(
	sketches: readonly (DDSketch | null)[],
	whole: DDSketch | null,
	limit: number,
): SeriesResult {
	const rows = histogramOf(sketches, whole, limit);
	const some = rows.length > 0;
	return { rows, overall: whole?.count ?? 0, exact: !some, error: some ? EDGE_ERROR : null, again: null };
}

/** All but the `keep` largest entries, the key `except` left out. */
function smallest<T>(
	all: ReadonlyMap<string, T>,
	size: (value: T) => number,
	keep: number,
	except: string,
): [string, T][] {
	return [...all]
		.filter(([key]) => key !== except)
		.sort(([, x], [, y]) => size(y) - size(x))
		.slice(keep);
}

/** Adds up finished buckets of several groups. Sketched measures cannot: their points come from a second pass. */
function sumPoints(all: readonly number[][], plan: SeriesPlan): number[] {
	const { combine } = ruleOf(plan.measure);
	const sums = new Map<number, [number, number]>();
	for (const points of all) {
		for (let i = 0; i < points.length; i += 3) {
			const [at, a, b] = [points[i] ?? 0, points[i + 1] ?? 0, points[i + 2] ?? 0];
			const sum = sums.get(at);
			if (sum === undefined) sums.set(at, [a, b]);
			else sums.set(at, [combine === null ? Number.NaN : combine(sum[0], a), sum[1] + b]);
		}
	}
	return [...sums].sort(([x], [y]) => x - y).flatMap(([at, [a, b]]) => [at, a, b]);
}

const asNone = (total: Part): Part["rows"] => total.rows.map(([, cell]) => [["(none)"], cell] as const);

function decodedPart({ labels, cells, other, exact }: DecodedPart): Part {
	return { rows: cells.map((cell, i) => [labels.map((column) => column[i] ?? "(none)"), cell] as const), other, exact };
}

/** A part of a window in memory; null where the window has no such dimension. */
function partOf(window: Window, name: string): Part | null {
	if (name === "total") return { rows: [[[], window.total]], other: null, exact: true };
	if (name.startsWith("hit:")) {
		const hits = window.hits.get(name.slice(4));
		if (hits === undefined) return null;
		return {
			rows: [...hits.cells].map(([label, cell]) => [[label], cell]),
			other: hits.other,
			exact: hits.undercount === 0,
		};
	}
	const cells = name === "cube" ? window.cube : window.dims.get(name.slice(4));
	if (cells === undefined) return null;
	const overflow = name === "cube" ? window.shape.cube.map(() => OTHER).join(SEPARATOR) : OTHER;
	const other = cells.get(overflow) ?? null;
	const rows = [...cells]
		.filter(([key]) => key !== overflow)
		.map(([key, cell]) => [key.split(SEPARATOR), cell] as const);
	return { rows, other, exact: other === null };
}

/** A row's group as the wire has it: `{ country: "DE" }`. */
export function groupOf(plan: SeriesPlan, labels: readonly string[]): Record<string, string> {
	return Object.fromEntries(plan.groupBy.map((dim, i) => [dim, labels[i] ?? "(none)"]));
}

/** `Series` of schema/query.ts. */
export function formatSeries(plan: SeriesPlan, rows: readonly SeriesRow[]) {
	const zone = zoneOf(plan.zone);
	const stamps = isOverTime(plan) ? plan.buckets.map((start) => zone.iso(start)) : [];
	const last = stamps.at(-1);
	const partial = last !== undefined && (plan.open || plan.to < plan.end);
	return rows.map((row) => ({
		group: groupOf(plan, row.labels),
		points: stamps.map((at, i): [string, number | null] => [at, row.points[i] ?? null]),
		total: row.total,
		...(partial ? { partial_from: last } : {}),
	}));
}
