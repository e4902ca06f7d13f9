/**
 * Timeseries, totals and breakdowns over raw events. A visitor's events are all in one slot range, so counts, and
 * distinct visitors too, add up over partial results: uniques are exact. A cell (group × bucket) is the two numbers
 * that measure.ts finishes a measure from, or the sketch of a quantile.
 */
import { ByteReader, ByteWriter } from "../bytes.ts";
import { DDSketch } from "../ddsketch.ts";
import { OTHER } from "../label.ts";
import { Aggregate, ruleOf, type SeriesMeasure } from "../measure.ts";
import { SESSION_GAP } from "../session.ts";
import type { Expression } from "./expression.ts";
import { isNumberField, joinNeeds, type Needs, needsOf } from "./fields.ts";
import { type Grouping, groupFacts, keyOf, largest } from "./groups.ts";
import { checkExpression, fieldsOf, matchEvents, readsFrom } from "./match.ts";
import type { Numbers, ScanKind, VisitorRows } from "./rows.ts";
import { SESSION_NEEDS, sessionsOf, type VisitorSessions } from "./sessions.ts";

const DAY = 86_400_000;
/** Cells of a partial result: 16 bytes each, and it has to cross an RPC. A sketch takes up to some KB. */
const MAX_CELLS = 400_000;
const MAX_SKETCHES = 20_000;
/** How much larger than one task's a merged result may grow. */
const MERGED = 4;

export interface AggregateQuestion {
	kind: "aggregate";
	/** Events of that name; null: all. A session measure is of all. */
	event: string | null;
	where: Expression | null;
	/** At most two fields. A session's are those of its first event. */
	groupBy: readonly string[];
	/** Starts of the buckets, ascending, and the end of the last. */
	buckets: readonly number[];
	end: number;
	/** Effective range [from, to), epoch ms, within [buckets[0], end). */
	from: number;
	to: number;
	measure: SeriesMeasure;
	/** Values of other currencies are not summed; those that name none are. */
	currency: string | null;
	/** Groups that a task keeps, the rest are `(other)`. */
	maxGroups: number;
	/** Exactly these groups, in this order (second pass, previous period). */
	only?: readonly (readonly string[])[] | undefined;
}

export interface AggregatePartial {
	rowsRead: number;
	measure: SeriesMeasure;
	/** How many buckets there are. */
	buckets: number;
	/** False where groups were given up to `(other)`. */
	exact: boolean;
	/** By group. `(other)` may be any of them. */
	labels: string[][];
	/** By group: events (sessions) counted. */
	counts: Float64Array;
	/** By group × bucket: what measure.ts calls a and b. */
	a: Float64Array;
	b: Float64Array;
	/** Uniques: distinct visitors of each group over the whole range, and of all groups. Else empty, and 0. */
	ranges: Float64Array;
	overall: number;
	/** Quantiles: by group × bucket, an encoded DDSketch. Else empty. */
	sketches: (Uint8Array | null)[];
}

const SESSION_MEASURES: readonly SeriesMeasure[] = [
	"sessions",
	"bounce_rate",
	"views",
	"views_per_session",
	"duration",
];
const isOfSessions = (measure: SeriesMeasure) => SESSION_MEASURES.includes(measure);
const isOfValues = (measure: SeriesMeasure) => /^(sum|avg|min|max|p\d\d)$/.test(measure);
const isQuantile = (measure: SeriesMeasure) => ruleOf(measure).field === "quantiles";

export const aggregate: ScanKind<AggregateQuestion, AggregatePartial> = {
	needs: aggregateNeeds,
	run: runAggregate,
	merge: mergeAggregates,
};

/** @throws RangeError that says what to change. */
export function checkAggregate({ where, groupBy, measure, event }: AggregateQuestion): void {
	checkExpression(where);
	if (groupBy.length > 2) throw new RangeError("group by at most two fields");
	const number = groupBy.find(isNumberField);
	if (number !== undefined) throw new RangeError(`${number} is a number, which cannot be grouped by: filter by it`);
	if (event !== null && isOfSessions(measure))
		throw new RangeError(`${measure} is measured over all events of a session, not those of ${event}`);
}

/**
 * What has to be read, [from, to): what filters look back to, and of sessions what tells that one began before the
 * range, and how it went on after it (a day, longer ones are cut).
 */
export function aggregateReads({ where, from, to, measure }: AggregateQuestion): { from: number; to: number } {
	const earliest = readsFrom(where, from, to);
	if (!isOfSessions(measure)) return { from: earliest, to };
	return { from: Math.min(earliest, from - SESSION_GAP), to: to + DAY };
}

function aggregateNeeds(question: AggregateQuestion): Needs {
	const { event, measure } = question;
	const { where, groupBy } = inColumns(question);
	return joinNeeds(
		fieldsOf(where),
		needsOf(groupBy),
		event === null ? needsOf([]) : needsOf(["name"]),
		isOfValues(measure) ? needsOf(["value", "currency"]) : needsOf([]),
		isOfSessions(measure) ? SESSION_NEEDS : needsOf([]),
	);
}

/** A session's entry page is the path of its first event. */
function inColumns({ where, groupBy, measure }: AggregateQuestion): Pick<AggregateQuestion, "where" | "groupBy"> {
	if (!isOfSessions(measure)) return { where, groupBy };
	const column = (field: string) => (field === "entry" ? "path" : field);
	return { where: where === null ? null : renamed(where, column), groupBy: groupBy.map(column) };
}

function renamed(expression: Expression, column: (field: string) => string): Expression {
	if ("and" in expression) return { and: expression.and.map((part) => renamed(part, column)) };
	if ("or" in expression) return { or: expression.or.map((part) => renamed(part, column)) };
	if ("not" in expression) return { not: renamed(expression.not, column) };
	return "did" in expression ? expression : { ...expression, dim: column(expression.dim) };
}

/** What counts: rows, and what each adds (NaN: nothing to add); null: one each. */
interface Facts {
	rows: Uint32Array;
	amounts: Float64Array | null;
}

function runAggregate(question: AggregateQuestion, rows: VisitorRows): AggregatePartial {
	const { measure, buckets, to, maxGroups, only } = question;
	const facts = isOfSessions(measure) ? sessionFacts(question, rows) : eventFacts(question, rows);
	const cells = isQuantile(measure) ? MAX_SKETCHES : MAX_CELLS;
	const most = Math.max(1, Math.min(maxGroups, Math.floor(cells / buckets.length) - 1));
	const grouping = groupFacts(rows, inColumns(question).groupBy, facts.rows, to, { most, only });
	const partial = emptyPartial(question, grouping, rows.rows);
	const at = cellsOf(question, grouping, facts.rows, rows);
	if (measure === "uniques") countVisitors(partial, grouping, facts.rows, at, rows);
	else if (isQuantile(measure)) sketchAmounts(partial, facts, at);
	else addAmounts(partial, facts, at);
	return partial;
}

function eventFacts(question: AggregateQuestion, rows: VisitorRows): Facts {
	const { event, where, from, to, measure } = question;
	const matched = matchEvents(event, where, rows, to, from);
	const ts = rows.number("ts");
	const picked = new Uint32Array(rows.rows);
	let count = 0;
	for (let row = 0; row < picked.length; row++) {
		const t = ts[row] as number;
		if (matched[row] === 1 && t >= from && t < to) picked[count++] = row;
	}
	const facts = picked.subarray(0, count);
	return { rows: facts, amounts: isOfValues(measure) ? amountsOf(question.currency, facts, rows) : null };
}

/** Values in the site's currency; an event that names another counts, without its value. */
function amountsOf(site: string | null, facts: Uint32Array, rows: VisitorRows): Float64Array {
	const value = rows.number("value");
	const currency = rows.text("currency");
	const missing = currency.values.indexOf("");
	const summed = site === null ? missing : currency.values.indexOf(site);
	const amounts = new Float64Array(facts.length);
	for (let fact = 0; fact < amounts.length; fact++) {
		const row = facts[fact] as number;
		const named = currency.index[row] as number;
		amounts[fact] = named === missing || named === summed ? (value[row] as number) : Number.NaN;
	}
	return amounts;
}

/** Sessions that begin in the range, each at the row of its first event, which the filters speak of. */
function sessionFacts(question: AggregateQuestion, rows: VisitorRows): Facts {
	const { from, to, measure } = question;
	const matched = matchEvents(null, inColumns(question).where, rows, to, from);
	const sessions = sessionsOf(rows);
	const ts = rows.number("ts");
	const amount = sessionAmounts(measure, sessions);
	const picked = new Uint32Array(sessions.count);
	const amounts = new Float64Array(sessions.count);
	let count = 0;
	for (let session = 0; session < sessions.count; session++) {
		const row = sessions.first[session] as number;
		const start = ts[row] as number;
		if (matched[row] !== 1 || start < from || start >= to) continue;
		amounts[count] = amount?.[session] ?? 1;
		picked[count++] = row;
	}
	return { rows: picked.subarray(0, count), amounts: amounts.subarray(0, count) };
}

/** By session; null: one each. */
function sessionAmounts(measure: SeriesMeasure, sessions: VisitorSessions): Numbers | null {
	if (measure === "duration") return sessions.duration;
	if (measure === "bounce_rate") return sessions.bounced;
	return measure === "sessions" ? null : sessions.views;
}

function emptyPartial(question: AggregateQuestion, grouping: Grouping, rowsRead: number): AggregatePartial {
	const { measure, buckets } = question;
	const { labels, counts, exact } = grouping;
	const cells = labels.length * buckets.length;
	return {
		rowsRead,
		measure,
		buckets: buckets.length,
		exact,
		labels,
		counts,
		a: new Float64Array(isQuantile(measure) ? 0 : cells).fill(ruleOf(measure).a(new Aggregate())),
		b: new Float64Array(isQuantile(measure) ? 0 : cells),
		ranges: new Float64Array(measure === "uniques" ? labels.length : 0),
		overall: 0,
		sketches: isQuantile(measure) ? new Array(cells).fill(null) : [],
	};
}

/** By fact: its cell. A visitor's facts are in the order of time, so the bucket is mostly the last one's or a next. */
function cellsOf(question: AggregateQuestion, { of }: Grouping, facts: Uint32Array, rows: VisitorRows): Uint32Array {
	const ts = rows.number("ts");
	const starts = Float64Array.from(question.buckets);
	const cells = new Uint32Array(facts.length);
	let bucket = 0;
	for (let fact = 0; fact < cells.length; fact++) {
		const t = ts[facts[fact] as number] as number;
		if (t < (starts[bucket] as number)) bucket = lastNotAfter(starts, t, bucket);
		else if (t >= (starts[bucket + 1] ?? Number.POSITIVE_INFINITY)) bucket = lastNotAfter(starts, t, starts.length);
		cells[fact] = (of[fact] as number) * starts.length + bucket;
	}
	return cells;
}

/** The last of the first `high` starts that is not after `t`; 0 if all are. */
function lastNotAfter(starts: Float64Array, t: number, high: number): number {
	let low = 0;
	let above = high;
	while (above - low > 1) {
		const middle = (low + above) >>> 1;
		if ((starts[middle] as number) <= t) low = middle;
		else above = middle;
	}
	return low;
}

function addAmounts({ measure, a, b }: AggregatePartial, { amounts }: Facts, cells: Uint32Array): void {
	if (amounts === null) {
		for (let fact = 0; fact < cells.length; fact++) a[cells[fact] as number] = (a[cells[fact] as number] as number) + 1;
		return;
	}
	const { combine } = ruleOf(measure);
	for (let fact = 0; fact < cells.length; fact++) {
		const amount = amounts[fact] as number;
		if (Number.isNaN(amount)) continue;
		const cell = cells[fact] as number;
		a[cell] = combine === null ? amount : combine(a[cell] as number, amount);
		b[cell] = (b[cell] as number) + 1;
	}
}

/** A visitor's facts follow each other: a cell that remembers its last visitor knows a new one. */
function countVisitors(
	partial: AggregatePartial,
	{ of, labels }: Grouping,
	facts: Uint32Array,
	cells: Uint32Array,
	{ starts }: VisitorRows,
): void {
	const { a, ranges } = partial;
	const lastOfCell = new Int32Array(a.length).fill(-1);
	const lastOfGroup = new Int32Array(labels.length).fill(-1);
	let last = -1;
	let visitor = 0;
	for (let fact = 0; fact < cells.length; fact++) {
		const row = facts[fact] as number;
		while ((starts[visitor + 1] as number) <= row) visitor++;
		const cell = cells[fact] as number;
		if (lastOfCell[cell] === visitor) continue;
		lastOfCell[cell] = visitor;
		a[cell] = (a[cell] as number) + 1;
		const group = of[fact] as number;
		if (lastOfGroup[group] !== visitor) ranges[group] = (ranges[group] as number) + 1;
		lastOfGroup[group] = visitor;
		if (last !== visitor) partial.overall++;
		last = visitor;
	}
}

function sketchAmounts({ sketches }: AggregatePartial, { amounts }: Facts, cells: Uint32Array): void {
	const open: (DDSketch | undefined)[] = new Array(sketches.length).fill(undefined);
	for (let fact = 0; fact < cells.length; fact++) {
		const amount = amounts?.[fact] ?? Number.NaN;
		if (Number.isNaN(amount)) continue;
		const cell = cells[fact] as number;
		const sketch = open[cell] ?? new DDSketch();
		open[cell] = sketch;
		sketch.add(amount);
	}
	open.forEach((sketch, cell) => {
		if (sketch !== undefined) sketches[cell] = encodeSketch(sketch);
	});
}

function encodeSketch(sketch: DDSketch): Uint8Array {
	const w = new ByteWriter(256);
	sketch.encode(w);
	return w.slice();
}

/** The sum of encoded sketches; null of none. */
export function mergedSketch(all: readonly (Uint8Array | null)[]): DDSketch | null {
	let sum: DDSketch | null = null;
	for (const bytes of all) {
		if (bytes === null) continue;
		const sketch = DDSketch.decode(new ByteReader(bytes));
		if (sum === null) sum = sketch;
		else sum.merge(sketch);
	}
	return sum;
}

function mergeSketches(x: Uint8Array | null, y: Uint8Array | null): Uint8Array | null {
	if (x === null || y === null) return x ?? y;
	const sum = mergedSketch([x, y]);
	return sum === null ? null : encodeSketch(sum);
}

/** Groups of both, under one name where they have the same. */
function mergeAggregates(x: AggregatePartial, y: AggregatePartial): AggregatePartial {
	const known = new Map(x.labels.map((labels, group) => [keyOf(labels), group]));
	const labels = [...x.labels];
	const to = y.labels.map((group) => known.get(keyOf(group)) ?? labels.push(group) - 1);
	const merged = emptyLike(x, labels);
	merged.exact = x.exact && y.exact;
	merged.rowsRead = x.rowsRead + y.rowsRead;
	merged.overall = x.overall + y.overall;
	addGroups(
		merged,
		x,
		x.labels.map((_, group) => group),
	);
	addGroups(merged, y, to);
	return limited(merged);
}

function emptyLike(x: AggregatePartial, labels: string[][]): AggregatePartial {
	const cells = labels.length * x.buckets;
	const quantile = isQuantile(x.measure);
	return {
		...x,
		labels,
		counts: new Float64Array(labels.length),
		a: new Float64Array(quantile ? 0 : cells).fill(ruleOf(x.measure).a(new Aggregate())),
		b: new Float64Array(quantile ? 0 : cells),
		ranges: new Float64Array(x.measure === "uniques" ? labels.length : 0),
		sketches: quantile ? new Array(cells).fill(null) : [],
	};
}

/** Adds groups of `from` to those of `into` that `to` names. Visitors of the two are others, so uniques add up. */
export function addGroups(into: AggregatePartial, from: AggregatePartial, to: readonly number[]): void {
	const { buckets } = into;
	const combine = ruleOf(into.measure).combine ?? ((p: number, q: number) => p + q);
	to.forEach((target, group) => {
		into.counts[target] = (into.counts[target] as number) + (from.counts[group] as number);
		if (into.ranges.length > 0) into.ranges[target] = (into.ranges[target] as number) + (from.ranges[group] as number);
		for (let i = 0; i < buckets; i++) {
			const [p, q] = [target * buckets + i, group * buckets + i];
			if (into.sketches.length > 0) {
				into.sketches[p] = mergeSketches(into.sketches[p] ?? null, from.sketches[q] ?? null);
				continue;
			}
			into.a[p] = combine(into.a[p] as number, from.a[q] as number);
			into.b[p] = (into.b[p] as number) + (from.b[q] as number);
		}
	});
}

/** Bounded (I8): the smallest groups become `(other)`, whose uniques then count some visitors twice. */
function limited(partial: AggregatePartial): AggregatePartial {
	const { labels, counts, measure, buckets } = partial;
	const cells = MERGED * (isQuantile(measure) ? MAX_SKETCHES : MAX_CELLS);
	if (labels.length * buckets <= cells) return partial;
	const kept = largest(counts, Math.max(1, Math.floor(cells / buckets / 2)), (group) => labels[group] ?? []);
	return folded(partial, kept, false);
}

/** Those groups in that order, then `(other)`: the sum of the others. */
export function folded(partial: AggregatePartial, kept: readonly number[], exact: boolean): AggregatePartial {
	const { labels } = partial;
	const other = new Array<string>(labels[0]?.length ?? 1).fill(OTHER);
	const to = new Array<number>(labels.length).fill(kept.length);
	kept.forEach((group, at) => {
		to[group] = at;
	});
	const into = emptyLike(partial, [...kept.map((group) => labels[group] as string[]), other]);
	addGroups(into, partial, to);
	return { ...into, exact: partial.exact && exact };
}
