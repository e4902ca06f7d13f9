/** From a question to a plan of a series: which metric, part and fields, which buckets. Used by history and live alike. */
import type { SeriesFilter } from "./core/filter.ts";
import { ruleOf } from "./core/measure.ts";
import { autoStep, parseRange, previousRange, type RangeContext, type TimeRange } from "./core/range.ts";
import { isOverTime, type SeriesPlan } from "./core/series.ts";
import {
	bucketEdges,
	bucketStart,
	DAY,
	HOUR,
	isZone,
	nextBucket,
	STEP_MS,
	type Step,
	type Zone,
	zoneOf,
} from "./core/zone.ts";
import {
	ALL,
	cubeDimensions,
	type Definitions,
	EVENT_HITS,
	EVENT_MEASURES,
	funnelMetric,
	funnelWindows,
	INGEST,
	isFunnel,
	MAX_METRICS,
	type Measure,
	OTHER,
	SESSION,
	SESSION_HITS,
	SESSION_MEASURES,
	STEP_DIMENSION,
	type TenantConfig,
} from "./metric.ts";
import { Problem } from "./problem.ts";

/** How long each grain is kept, ms before now. Minutes: 8 days in the window object. Hours and days: in D1. */
export const KEPT = { minute: 8 * DAY, hour: 90 * DAY, day: 400 * DAY } as const;
/** Most points a series has. */
export const MAX_POINTS = 11_000;
/** And of a histogram, which keeps a sketch for each while it is made. */
export const MAX_HISTOGRAM_POINTS = 1_000;
/** Most points an answer has, all its series together: some 10 MB of JSON. */
export const MAX_ANSWER_POINTS = 220_000;

/** A `Query` or a live `Subscription`, as far as a plan needs it. */
export interface PlanQuery {
	kind?: SeriesPlan["kind"];
	metric: string;
	measure: Measure;
	from: string | number;
	to?: string | number;
	interval: Step | "auto";
	filters: readonly SeriesFilter[];
	groupBy: readonly string[];
	limit: number;
	timezone?: string | undefined;
	maxDataPoints?: number;
}

export type PlanConfig = Pick<TenantConfig, "zone" | "week_start" | keyof Definitions>;

/**
 * Checks a question and makes its plan.
 * Problem 422: `zone`, `range`, `interval`, `metric`, `measure`, `dimension`, `filter`, `points`; each says what to do.
 */
export function planSeries(query: PlanQuery, config: PlanConfig, now: number): SeriesPlan {
	const context = rangeContext(query, config, now);
	return planRange(query, config, context, rangeOf(query, context));
}

/** The plan of the period before (`compare: previous`), cut at the same time of day. */
export function planPrevious(query: PlanQuery, config: PlanConfig, now: number): SeriesPlan {
	const context = rangeContext(query, config, now);
	const range = rangeOf(query, context);
	const { step } = effective(query, range, context, config);
	const previous = previousRange({ ...range, to: Math.min(range.to, now) }, context);
	return planRange({ ...query, interval: step }, config, context, previous);
}

/** Problem 422 `zone`. */
export function rangeContext(
	query: Pick<PlanQuery, "timezone">,
	config: Pick<PlanConfig, "zone" | "week_start">,
	now: number,
): RangeContext {
	const name = query.timezone ?? config.zone;
	if (!isZone(name))
		throw new Problem(422, "zone", `${JSON.stringify(name)} is not an IANA zone such as Europe/Berlin.`);
	return { now, zone: zoneOf(name), weekStart: config.week_start };
}

/** Problem 422 `range`: no time, empty, or in the future. */
export function rangeOf(query: Pick<PlanQuery, "from" | "to">, context: RangeContext): TimeRange {
	let range: TimeRange;
	try {
		range = parseRange(query.from, query.to ?? "now", context);
	} catch (error) {
		throw new Problem(422, "range", `${error instanceof Error ? error.message : error}.`);
	}
	if (range.from < range.to && range.from < context.now) return range;
	const iso = (t: number) => context.zone.iso(t);
	if (range.from >= range.to)
		throw new Problem(422, "range", `from (${iso(range.from)}) must be before to (${iso(range.to)}).`);
	throw new Problem(422, "range", `from (${iso(range.from)}) is in the future.`);
}

function planRange(query: PlanQuery, config: PlanConfig, context: RangeContext, range: TimeRange): SeriesPlan {
	const rows = planRows(query, config);
	const kind = query.kind ?? "timeseries";
	const start = effective(query, range, context, config);
	const open = range.to >= context.now;
	const to = open ? context.now : floorTo(range.to, context.now, context, start.from);
	return { kind, ...rows, ...cutRange(query, context, { ...start, to, open }) };
}

/** Where a plan begins and ends, and what `from` was asked for if less is kept. */
export interface Stretch extends Pick<SeriesPlan, "from" | "to" | "open" | "cutFrom"> {
	step: Step;
}

/** Cuts a range into the buckets of its step; totals and breakdowns have one. Problem 422 `points`. */
export function cutRange(query: PlanQuery, { zone, weekStart }: RangeContext, stretch: Stretch) {
	const { from, to, open, step } = stretch;
	const series = isOverTime(query);
	// A total that reaches now ends with the day, so that the open hour or day is read as one window.
	const end = open ? zone.next("day", zone.startOf("day", to)) : to;
	const edges = series ? bucketEdges(zone, step, from, to, weekStart) : [from, end];
	const points = edges.length - 1;
	const groups = query.groupBy.length === 0 && query.kind !== "histogram" ? 1 : query.limit + 1;
	const most = query.kind === "histogram" ? MAX_HISTOGRAM_POINTS : MAX_POINTS;
	if (points > most) throw tooManyPoints(points, most);
	if (series && points * groups > MAX_ANSWER_POINTS) throw tooManyPoints(points * groups, MAX_ANSWER_POINTS);
	return { ...stretch, buckets: edges.slice(0, -1), end: edges.at(-1) ?? to, zone: zone.name, limit: query.limit };
}

const tooManyPoints = (points: number, most: number) =>
	new Problem(
		422,
		"points",
		`That would be ${points} points, and an answer has at most ${most}. Ask for a longer interval, a shorter range, or a lower limit.`,
	);

/**
 * The step, and `from` floored to what is kept. Under a day `from` floors to the step, so that the first point is whole;
 * for days, weeks and months to the day. A total floors like the series beside it, so that both show one number.
 */
function effective(query: PlanQuery, range: TimeRange, context: RangeContext, config: PlanConfig) {
	const { now, zone, weekStart } = context;
	const age = now - range.from;
	const finest: Step = age <= KEPT.minute ? "1m" : age <= KEPT.hour ? "1h" : "1d";
	const to = Math.min(range.to, now);
	const points = query.maxDataPoints ?? 500;
	const step = query.interval === "auto" ? autoStep(range.from, to, points, finest) : query.interval;
	const grain: Step = STEP_MS[step] < DAY ? step : "1d";
	const kept = now - keptFor(step, () => sameDays(zone, zoneOf(config.zone), range.from, now));
	if (to <= kept) throw nothingKept(step, Math.round((now - kept) / DAY), config.zone);
	const floored = bucketStart(zone, grain, Math.max(range.from, kept), weekStart);
	const from = floored < kept ? nextBucket(zone, grain, floored) : floored;
	return { step, from, cutFrom: from > range.from ? range.from : null };
}

/** How far back a step can be answered, ms: its own windows, or in a zone with other days the hours they are made of. */
function keptFor(step: Step, ownDays: () => boolean): number {
	if (STEP_MS[step] < HOUR) return KEPT.minute;
	return STEP_MS[step] < DAY || !ownDays() ? KEPT.hour : KEPT.day;
}

/** Whether two zones have the same days from `from`, as far back as days are kept. Zones may agree in winter only. */
function sameDays(a: Zone, b: Zone, from: number, now: number): boolean {
	if (a.name === b.name) return true;
	const first = Math.max(from, now - KEPT.day);
	for (let t = now; t > first; t -= DAY) if (a.offset(t) !== b.offset(t)) return false;
	return a.offset(first) === b.offset(first);
}

const nothingKept = (step: Step, days: number, zone: string) =>
	new Problem(
		422,
		"range",
		`Nothing of this range is kept for interval ${step} in this zone: it reaches ${days} days back. Ask for a later range, a longer interval, or in ${zone}.`,
	);

/**
 * A `to` in the past floors to the finest grain that is kept there, so that adjacent ranges never count twice. Finer
 * windows must reach back to the start of the hour (or day, in any zone) that it cuts.
 */
function floorTo(to: number, now: number, { zone }: RangeContext, from: number): number {
	const age = now - to;
	const grain: Step = age + HOUR < KEPT.minute ? "1m" : age + 25 * HOUR < KEPT.hour ? "1h" : "1d";
	const floored = bucketStart(zone, grain, to);
	return floored > from ? floored : nextBucket(zone, grain, floored);
}

/** The shape of a metric's windows: which dimensions are in which part. */
export interface MetricShape {
	/** Dimensions of the cube, which also have exact marginals. */
	cube: readonly string[];
	marginals: readonly string[];
	hits: readonly string[];
	/** Counts can go down, and there are no sketches and no values. */
	signed: boolean;
}

/** What can be asked of a metric (the internal slot marginal is left out). */
export function shapeOf(metric: string, definitions: Definitions): MetricShape {
	if (metric === INGEST) return { cube: [], marginals: ["reason"], hits: [], signed: true };
	if (isFunnel(metric)) return { cube: [], marginals: [STEP_DIMENSION], hits: [], signed: true };
	const cube = cubeDimensions(definitions);
	if (metric === SESSION) return { cube, marginals: [], hits: SESSION_HITS, signed: true };
	return { cube, marginals: [], hits: EVENT_HITS, signed: false };
}

/** Of metrics that are counts of something else than events. */
const COUNT_MEASURES: readonly Measure[] = ["count", "rate"];

/** Measures that a metric answers; `*` also answers those of sessions. */
export function measuresOf(metric: string): readonly Measure[] {
	if (metric === INGEST || isFunnel(metric)) return COUNT_MEASURES;
	if (metric === SESSION) return ["count", "rate", ...SESSION_MEASURES];
	return metric === ALL ? [...EVENT_MEASURES, ...SESSION_MEASURES] : EVENT_MEASURES;
}

/** Every metric that can be asked for. Once all names are used up there may be others (I8). */
export const metricsOf = ({ metrics, funnels = [] }: Definitions): string[] => [
	ALL,
	SESSION,
	INGEST,
	...metrics,
	...(metrics.length >= MAX_METRICS ? [OTHER] : []),
	...funnels.map(funnelMetric),
];

type Rows = Pick<
	SeriesPlan,
	"metric" | "measure" | "groupBy" | "filters" | "part" | "dims" | "parts" | "whole" | "fields"
>;

function planRows(query: PlanQuery, config: PlanConfig): Rows {
	const { measure, groupBy } = query;
	checkMeasure(query, config);
	const metric = storedMetric(query, config);
	const shape = shapeOf(metric, config);
	checkDimensions(query.metric, shape, groupBy, query.filters);
	const filters = isFunnel(metric) ? stepFilters(query) : query.filters;
	const { part, dims } = partFor(shape, groupBy, filters);
	const whole = query.kind === "breakdown" && filters.length === 0 && part !== "total";
	// A dimension declared by the tenant may be younger than a window, whose total then is its "(none)".
	const declared = dims.some((dim) => config.dimensions.includes(dim));
	const { field } = ruleOf(measure);
	return {
		metric,
		measure,
		groupBy,
		filters,
		part,
		dims,
		parts: whole || (declared && part !== "cube") ? ["total", part] : [part],
		whole,
		fields: field === "stats" ? ["stats"] : ["stats", field],
	};
}

/** The smallest part that holds all the dimensions: marginals and totals are exact where a cube may overflow. */
function partFor(shape: MetricShape, groupBy: readonly string[], filters: readonly SeriesFilter[]) {
	const dims = [...new Set([...groupBy, ...filters.map((f) => f.dim)])];
	const [only] = dims;
	if (only === undefined) return { part: "total", dims: [] };
	if (dims.length > 1) return { part: "cube", dims: shape.cube };
	return { part: `${shape.hits.includes(only) ? "hit" : "dim"}:${only}`, dims: [only] };
}

/** A funnel by itself is who reached step 1. By steps, because what was given up is told there: `(other)`. */
function stepFilters({ groupBy, filters }: PlanQuery): readonly SeriesFilter[] {
	return groupBy.length > 0 || filters.length > 0 ? filters : [{ dim: STEP_DIMENSION, op: "in", values: ["1"] }];
}

/** Whose windows are read: `*` has those of sessions in another metric, a funnel those of its generation. */
export function storedMetric(
	{ metric, measure }: { metric: string; measure: string },
	{ funnels = [] }: Pick<Definitions, "funnels">,
): string {
	if (metric === ALL && SESSION_MEASURES.some((own) => own === measure)) return SESSION;
	const funnel = isFunnel(metric) ? funnels.find((each) => funnelMetric(each) === metric) : undefined;
	return funnel === undefined ? metric : funnelWindows(funnel);
}

/** Problem 422 `metric`, `measure`. */
export function checkMeasure({ metric, measure }: Pick<PlanQuery, "metric" | "measure">, config: Definitions): void {
	checkMetric(metric, config);
	const measures = measuresOf(metric);
	if (measures.includes(measure)) return;
	throw new Problem(422, "measure", `Metric ${metric} has no ${measure}. It has: ${measures.join(", ")}.`);
}

function checkMetric(metric: string, config: Definitions): void {
	const names = metricsOf(config);
	if (names.includes(metric) || metric === OTHER) return;
	const near = closest(metric, names);
	const hint = near.length === 0 ? "" : ` Close names: ${near.join(", ")}.`;
	throw new Problem(
		422,
		"metric",
		`There is no metric ${JSON.stringify(metric)} yet.${hint} GET /v1/metrics lists them.`,
		{ extra: { close: near } },
	);
}

function checkDimensions(
	metric: string,
	shape: MetricShape,
	groupBy: readonly string[],
	filters: readonly SeriesFilter[],
): void {
	const declared = [...shape.cube, ...shape.marginals];
	const known = [...declared, ...shape.hits];
	for (const dim of [...groupBy, ...filters.map((f) => f.dim)]) {
		if (known.includes(dim)) continue;
		const near = closest(dim, known);
		throw new Problem(
			422,
			"dimension",
			`Metric ${metric} has no dimension ${JSON.stringify(dim)}. It has: ${known.join(", ")}.`,
			{ extra: { close: near } },
		);
	}
	if (new Set(groupBy).size < groupBy.length) throw new Problem(422, "dimension", "groupBy names a dimension twice.");
	const open = filters.find((f) => shape.hits.includes(f.dim));
	if (open !== undefined) {
		throw new Problem(
			422,
			"filter",
			`Filtering by ${open.dim} reads raw events, which POST /v1/query does. Windows filter by: ${declared.join(", ")}.`,
		);
	}
	const openGroup = groupBy.find((dim) => shape.hits.includes(dim));
	if (openGroup === undefined || (groupBy.length === 1 && filters.length === 0)) return;
	throw new Problem(
		422,
		"dimension",
		`Grouping by ${openGroup} together with another dimension or a filter reads raw events, which POST /v1/query does.`,
	);
}

/** Names within an edit distance of a third of their length, nearest first, or that contain the word. */
export function closest(word: string, names: readonly string[]): string[] {
	const wanted = word.toLowerCase();
	return names
		.map((name) => ({ name, far: name.toLowerCase().includes(wanted) ? 0 : distance(wanted, name.toLowerCase()) }))
		.filter(({ name, far }) => far <= Math.max(1, Math.floor(name.length / 3)))
		.sort((a, b) => a.far - b.far)
		.slice(0, 5)
		.map(({ name }) => name);
}

/** Levenshtein. */
function distance(a: string, b: string): number {
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 0; i < a.length; i++) {
		const next = [i + 1];
		for (let j = 0; j < b.length; j++) {
			const swap = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
			next.push(Math.min(swap, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
		}
		row = next;
	}
	return row[b.length] ?? 0;
}
