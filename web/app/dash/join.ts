/**
 * Joins the live tail to a panel's answer: both are absolute, so for a bucket that both have the live value, being
 * newer, wins. Pure: the same answer and tails give the same panel.
 */
import type { Subscription } from "../../../schema/live.ts";
import type { PanelAnswer, PanelResult } from "../../../schema/panel.ts";
import type { Answer, Point, Series } from "../../../schema/query.ts";
import { seconds, stepOf } from "../model/join.ts";
import { OTHER } from "../model/words.ts";

type Group = Record<string, string>;
type Value = number | null;
type Values = ReadonlyMap<number, Value>;

/** What a subscription has brought: groups by their key, values by the bucket's start in epoch seconds. */
export type Tail = ReadonlyMap<string, { group: Group; values: Values }>;

/** Seconds that a tail reaches back behind its newest bucket: a subscription has at most 24 h, and an open page never stops. */
const KEPT = 26 * 3600;

/** Measures whose buckets add up to the range: those totals live buckets bring forward, others have to be asked again. */
const ADDS = new Set<Subscription["measure"]>(["count", "sum", "sessions", "views"]);
/** Of nothing these are 0; an average of nothing is not. */
const ZERO = new Set<Subscription["measure"]>([...ADDS, "rate", "uniques", "active"]);

export const adds = (measure: Subscription["measure"]): boolean => ADDS.has(measure);

export function groupKey(group: Group): string {
	const entries = Object.entries(group).sort(([a], [b]) => (a < b ? -1 : 1));
	return entries.map((entry) => entry.map(encodeURIComponent).join("=")).join("&");
}

const isOther = (group: Group): boolean => Object.values(group).includes(OTHER);

/** The tail after a frame. `whole`: a snapshot, that stands for all that was told before. */
export function advance(tail: Tail | null, series: readonly Series[], whole: boolean): Tail {
	const next = new Map(whole ? [] : tail);
	let newest = 0;
	for (const { group, points } of series) {
		const key = groupKey(group);
		const values = new Map(next.get(key)?.values);
		for (const [at, value] of points) {
			values.set(seconds(at), value);
			newest = Math.max(newest, seconds(at));
		}
		next.set(key, { group, values });
	}
	for (const [key, { group, values }] of next) {
		const first = values.keys().next().value ?? newest;
		if (first < newest - KEPT)
			next.set(key, { group, values: new Map([...values].filter(([at]) => at >= newest - KEPT)) });
	}
	return next;
}

interface Joining {
	measure: Subscription["measure"];
	limit: number;
	/** Epoch seconds. */
	now: number;
	/** Where the range begins by now, epoch seconds; null: where it began. */
	from: number | null;
}

/** Of points that many frames are joined to: their times are read once. */
const KNOWN = new WeakMap<readonly Point[], ReadonlyMap<number, Point>>();
function byTime(points: readonly Point[]): ReadonlyMap<number, Point> {
	let found = KNOWN.get(points);
	if (!found) {
		found = new Map(points.map((point) => [seconds(point[0]), point]));
		KNOWN.set(points, found);
	}
	return found;
}

/** The buckets of the joined series, oldest first; without gaps, and up to the one that contains now. */
function axis(series: readonly Series[], tail: Tail, step: number, { now, from }: Joining): number[] {
	const known = new Set<number>();
	for (const { points } of series) for (const at of byTime(points).keys()) known.add(at);
	const first = known.size > 0 ? Math.min(...known) : (from ?? 0);
	for (const { values } of tail.values()) for (const at of values.keys()) if (at >= first) known.add(at);
	if (known.size === 0) return [];
	let last = Math.max(...known);
	for (let at = first; at < last; at += step) known.add(at);
	while (last + step <= now) {
		last += step;
		known.add(last);
	}
	return [...known].filter((at) => from === null || at + step > from).sort((a, b) => a - b);
}

/** What stands in for a series whose history or tail is missing. */
const NONE: Values = new Map();

/**
 * Values of `(other)` by bucket: what live groups outside of the answer had, less what groups of the answer had that
 * live folded into its own `(other)`. Only of measures that add up.
 */
function others(series: readonly Series[], tail: Tail): Values {
	const named = new Set(series.filter(({ group }) => !isOther(group)).map(({ group }) => groupKey(group)));
	const sums = new Map<number, number>();
	let folded = false;
	for (const [key, { group, values }] of tail) {
		folded ||= isOther(group);
		// A bucket that only the answer's groups had leaves the others with 0.
		for (const [at, value] of values) sums.set(at, (sums.get(at) ?? 0) + (named.has(key) ? 0 : (value ?? 0)));
	}
	if (!folded) return sums;
	for (const { group, points } of series) {
		if (isOther(group) || tail.has(groupKey(group))) continue;
		for (const [at, [, value]] of byTime(points)) {
			const sum = sums.get(at);
			if (sum !== undefined) sums.set(at, Math.max(0, sum - (value ?? 0)));
		}
	}
	return sums;
}

/** Groups that live has and the answer not, where no `(other)` holds them and the limit has room. */
function newcomers(series: readonly Series[], tail: Tail, { limit, measure }: Joining): Series[] {
	if (series.some(({ group }) => isOther(group))) return [];
	const known = new Set(series.map(({ group }) => groupKey(group)));
	const total = ADDS.has(measure) ? 0 : null;
	return [...tail.values()]
		.filter(({ group }) => !isOther(group) && !known.has(groupKey(group)))
		.slice(0, Math.max(0, limit - series.length))
		.map(({ group }) => ({ group, points: [], total }));
}

function joinSeries(series: Series, live: Values, times: readonly number[], filler: Value, adding: boolean): Series {
	const history = byTime(series.points);
	const kept = new Set(times);
	let total = series.total;
	const grow = (by: number) => {
		if (total !== null && adding) total += by;
	};
	for (const [at, [, value]] of history) if (!kept.has(at)) grow(-(value ?? 0));
	const points = times.map((at): Point => {
		const old = history.get(at);
		const value = live.get(at);
		if (value === undefined) return old ?? [new Date(at * 1000).toISOString(), filler];
		grow((value ?? 0) - (old?.[1] ?? 0));
		return [old?.[0] ?? new Date(at * 1000).toISOString(), value];
	});
	return { ...series, points, total };
}

/** One query's answer with its tail. An answer of another step than the tail's stays as it is. */
export function joinAnswer(answer: Answer, tail: Tail, step: string, joining: Joining): Answer {
	const history = answer.series;
	if (!history || answer.meta.interval !== step || tail.size === 0) return answer;
	const { measure, now } = joining;
	const adding = ADDS.has(measure);
	const width = stepOf(step);
	const all = [...history, ...newcomers(history, tail, joining)];
	const times = axis(all, tail, width, joining);
	const folded = [...tail.values()].some(({ group }) => isOther(group));
	const open = times.find((at) => at + width > now);
	const series = all.map((one) => {
		const other = isOther(one.group);
		const live = other ? (adding ? others(all, tail) : NONE) : (tail.get(groupKey(one.group))?.values ?? NONE);
		// Of a group that live folded into its `(other)`, and of `(other)` itself where it cannot be added up, nobody knows.
		const unknown = (other && !adding) || (folded && !other && live === NONE);
		const joined = joinSeries(one, live, times, ZERO.has(measure) && !unknown ? 0 : null, adding);
		const { partial_from: _, ...rest } = joined;
		return open === undefined ? rest : { ...rest, partial_from: new Date(open * 1000).toISOString() };
	});
	const gone = droppedOf(history, times[0]);
	const compare = answer.compare?.map((one) => ({ ...one, points: one.points.slice(gone) }));
	const meta = { ...answer.meta, to: new Date(now * 1000).toISOString() };
	return { ...answer, series, ...(compare && { compare }), meta };
}

/** How many buckets left the range at its start: the period compared with loses as many. */
function droppedOf(series: readonly Series[], first: number | undefined): number {
	const [longest] = series.toSorted((a, b) => b.points.length - a.points.length);
	if (!longest || first === undefined) return 0;
	return [...byTime(longest.points).keys()].filter((at) => at < first).length;
}

function joinResult(result: PanelResult, tail: Tail | undefined, now: number, from: number | null): PanelResult {
	const { answer, live } = result;
	if (!answer || !live || !tail || !isSeries(answer)) return result;
	const { measure, limit, interval } = live;
	const joined = joinAnswer(answer, tail, interval, { measure, limit, now, from });
	if (joined === answer) return result;
	const anomalies = result.anomalies?.map((one) => ({
		...one,
		band: one.band.filter(({ t }) => from === null || seconds(t) + stepOf(interval) > from),
		points: one.points.filter(({ t }) => from === null || seconds(t) + stepOf(interval) > from),
	}));
	return { ...result, answer: joined, ...(anomalies && { anomalies }) };
}

/** Is it series or a table, and no answer from raw events? */
export const isSeries = (answer: NonNullable<PanelResult["answer"]>): answer is Answer =>
	"series" in answer && Array.isArray(answer.series) && !("steps" in answer) && !("cohorts" in answer);

/**
 * The panel's answer with what sockets brought since.
 *
 * @param tails by the index of the result
 * @param now the server's clock, epoch ms
 * @param sliding does the range's start move on with its end?
 */
export function joinPanel(
	answer: PanelAnswer,
	tails: ReadonlyMap<number, Tail>,
	now: number,
	sliding: boolean,
): PanelAnswer {
	if (tails.size === 0) return answer;
	const passed = Math.max(0, now - answer.to);
	const from = sliding ? answer.from + passed : answer.from;
	const start = sliding ? from / 1000 : null;
	const results = answer.results.map((result, i) => joinResult(result, tails.get(i), now / 1000, start));
	return { ...answer, results, from, to: answer.to + passed };
}

/** Do sockets bring all that the panel shows? Distinct counts of ranges and ranks of groups have to be asked again. */
export const isWhollyLive = ({ results }: PanelAnswer): boolean =>
	results.length > 0 &&
	results.every(({ live }) => live !== null && ADDS.has(live.measure) && live.groupBy.length === 0);
