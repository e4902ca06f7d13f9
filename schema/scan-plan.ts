/**
 * Series from raw events: whether a question needs them, and what a scan then has to count. Windows and rollups are
 * cheaper by orders of magnitude, so that a scan is only planned where they cannot answer.
 */
import type { SeriesFilter } from "./core/filter.ts";
import { ruleOf } from "./core/measure.ts";
import { autoStep, previousRange, type RangeContext, type TimeRange } from "./core/range.ts";
import { type Condition, type Expression, MAX_CONDITIONS } from "./core/scan/expression.ts";
import { checkExpression } from "./core/scan/match.ts";
import type { SeriesPlan } from "./core/series.ts";
import { bucketStart, DAY, nextBucket, STEP_MS, type Step } from "./core/zone.ts";
import type { Filter } from "./expression.ts";
import { ENTRY, fieldNames, isText, scanField, windowField } from "./fields.ts";
import { ALL, type Definitions, INGEST, isFunnel, MAX_METRICS, type Measure, OTHER, SESSION } from "./metric.ts";
import {
	checkMeasure,
	closest,
	cutRange,
	type PlanConfig,
	type PlanQuery,
	rangeContext,
	rangeOf,
	shapeOf,
	storedMetric,
} from "./plan.ts";
import { Problem } from "./problem.ts";

/** A question about series as it comes, filters of any kind in it. Saved segments are already in place. */
export interface RawPlanQuery extends Omit<PlanQuery, "filters"> {
	filters: readonly Filter[];
	exact?: boolean | undefined;
}

/** What a scan counts. Fields are named as a scan knows them. */
export interface ScanSpec {
	/** Null: events of any name. */
	event: string | null;
	where: Expression | null;
	groupBy: string[];
	/** `rate` is counted as `count`, and sessions however they were asked for as `sessions`. */
	measure: Measure;
}

const PLAIN: readonly string[] = ["eq", "neq", "in", "nin"];

/** The filters as windows know them, or null where one is more than that. */
export function plainFilters(filters: readonly Filter[], config: Definitions): SeriesFilter[] | null {
	const plain: SeriesFilter[] = [];
	for (const filter of filters) {
		const found = "and" in filter ? plainFilters(filter.and, config) : plainFilter(filter, config);
		if (found === null) return null;
		plain.push(...found);
	}
	return plain;
}

function plainFilter(filter: Filter, config: Definitions): SeriesFilter[] | null {
	if (!("dim" in filter)) return null;
	const { dim, op, values } = filter;
	if (!isPlain(op) || values.length === 0) return null;
	return [{ dim: windowField(dim, config), op, values: values.map(String) }];
}

const isPlain = (op: string): op is SeriesFilter["op"] => PLAIN.includes(op);

/** Refused events are counted and not kept, and a live funnel's steps are told by the log. */
export const hasRawEvents = (metric: string): boolean => metric !== INGEST && !isFunnel(metric);

/** Why windows cannot answer; null: they can, or nothing else could. */
export function whyScan(query: RawPlanQuery, config: Definitions): string | null {
	const metric = storedMetric(query, config);
	if (!hasRawEvents(metric)) return null;
	const filters = plainFilters(query.filters, config);
	if (filters === null) return "Windows filter by whole values of their dimensions only.";
	if (query.exact && ruleOf(query.measure).field === "uniques")
		return "Windows estimate uniques, and exact ones were asked for.";
	const { cube, hits } = shapeOf(metric, config);
	const filtered = filters.map((filter) => filter.dim);
	const dims = [...query.groupBy.map((dim) => windowField(dim, config)), ...filtered];
	const unknown = dims.find((dim) => !cube.includes(dim) && !hits.includes(dim));
	if (unknown !== undefined) return `${unknown} is no dimension of the windows.`;
	const open = filtered.find((dim) => hits.includes(dim));
	if (open !== undefined) return `${open} is an open dimension, which windows cannot filter by.`;
	const grouped = dims.find((dim) => hits.includes(dim));
	if (grouped === undefined || dims.length === 1) return null;
	return `${grouped} is an open dimension, which windows can only group by alone.`;
}

/** What a scan counts for a question. Problem 422 `metric`, `measure`, `dimension`, `filter`. */
export function scanSpec(query: RawPlanQuery, config: Definitions): ScanSpec {
	checkMeasure(query, config);
	const metric = storedMetric(query, config);
	const where = expressionOf([...query.filters, ...otherNames(metric, config)], config, metric === SESSION);
	return {
		event: metric === ALL || metric === SESSION || metric === OTHER ? null : metric,
		where,
		groupBy: groupFields(query.groupBy, config, metric === SESSION),
		measure: countedAs(metric, query.measure),
	};
}

/** `(other)`: events of the names that came after the first 200. */
const otherNames = (metric: string, { metrics }: Definitions): Filter[] =>
	metric === OTHER ? [{ dim: "name", op: "nin", values: metrics }] : [];

function countedAs(metric: string, measure: Measure): Measure {
	if (measure !== "count" && measure !== "rate") return measure;
	return metric === SESSION ? "sessions" : "count";
}

function groupFields(groupBy: readonly string[], config: Definitions, ofSessions: boolean): string[] {
	const fields = groupBy.map((name) => fieldOf(name, config, ofSessions));
	if (new Set(fields).size < fields.length) throw new Problem(422, "dimension", "groupBy names a dimension twice.");
	const number = fields.find((field) => !isText(field));
	if (number === undefined) return fields;
	throw new Problem(
		422,
		"dimension",
		`${number} is a number: filter by it, or choose a measure of it. Groups are of text.`,
	);
}

/** Problem 422 `dimension` where events (or sessions, which have their own) have no such field. */
export function fieldOf(name: string, config: Definitions, ofSessions = false): string {
	const field = ofSessions && name === ENTRY ? ENTRY : scanField(name, config);
	if (field !== null) return field;
	const near = closest(name, fieldNames(config));
	const hint = near.length === 0 ? "" : ` Close names: ${near.join(", ")}.`;
	throw new Problem(
		422,
		"dimension",
		`Events have no field ${JSON.stringify(name)}.${hint} A prop is props.<name>, a trait traits.<name>; GET /v1/fields lists the others.`,
		{ extra: { close: near } },
	);
}

/** Problem 422 `metric` for an event that nobody has sent. `*` is any; past the cap on names nobody knows them all. */
export function checkEvent(name: string, { metrics }: Definitions): void {
	if (name === ALL || metrics.includes(name) || metrics.length >= MAX_METRICS) return;
	const near = closest(name, metrics);
	const hint = near.length === 0 ? "" : ` Close names: ${near.join(", ")}.`;
	const detail = `There is no event ${JSON.stringify(name)} yet.${hint} GET /v1/metrics lists them.`;
	throw new Problem(422, "metric", detail, { extra: { close: near } });
}

/** Filters as one expression over a scan's fields; null: none. Problem 422 `dimension`, `metric`, `filter`. */
export function expressionOf(filters: readonly Filter[], config: Definitions, ofSessions = false): Expression | null {
	const parts = filters.map((filter) => inScan(filter, config, ofSessions));
	try {
		for (const part of parts) checkExpression(part);
	} catch (error) {
		if (error instanceof RangeError) throw new Problem(422, "filter", `${error.message}.`);
		throw error;
	}
	if (filters.reduce((sum, filter) => sum + conditionsOf(filter), 0) > MAX_CONDITIONS)
		throw new Problem(422, "filter", `A question has at most ${MAX_CONDITIONS} conditions.`);
	const [first] = parts;
	return parts.length > 1 ? { and: parts } : (first ?? null);
}

function inScan(filter: Filter, config: Definitions, ofSessions: boolean): Expression {
	const inside = (part: Filter) => inScan(part, config, ofSessions);
	if ("and" in filter) return { and: filter.and.map(inside) };
	if ("or" in filter) return { or: filter.or.map(inside) };
	if ("not" in filter) return { not: inside(filter.not) };
	if ("segment" in filter) throw new Error(`segment ${filter.segment} was not put in place`);
	if ("dim" in filter) return { ...listed(filter), dim: fieldOf(filter.dim, config, ofSessions) };
	checkEvent(filter.did, config);
	const { where, ...did } = filter;
	return where === undefined ? did : { ...did, where: inScan(where, config, false) };
}

/** Windows take `eq` with several values for `in`, and so does everything else. */
function listed(condition: Condition): Condition {
	if (condition.values.length < 2) return condition;
	if (condition.op === "eq") return { ...condition, op: "in" };
	return condition.op === "neq" ? { ...condition, op: "nin" } : condition;
}

function conditionsOf(filter: Filter): number {
	const inner = "and" in filter ? filter.and : "or" in filter ? filter.or : "not" in filter ? [filter.not] : [];
	const where = "did" in filter && filter.where !== undefined ? [filter.where] : [];
	const own = "dim" in filter || "did" in filter ? 1 : 0;
	return [...inner, ...where].reduce((sum, part) => sum + conditionsOf(part), own);
}

/**
 * The plan of a series from raw events, kept for so many days. Any step and any zone will do, and `to` is cut to the
 * millisecond. Problem 422 `zone`, `range`, `points`.
 */
export function planScan(query: RawPlanQuery, config: PlanConfig, now: number, keptDays: number): SeriesPlan {
	const context = rangeContext(query, config, now);
	return planStretch(query, context, rangeOf(query, context), keptDays);
}

/** The same of the period before, cut at the same time of day. */
export function planScanPrevious(query: RawPlanQuery, config: PlanConfig, now: number, keptDays: number): SeriesPlan {
	const context = rangeContext(query, config, now);
	const range = rangeOf(query, context);
	const interval = stepOf(query, range, now);
	const previous = previousRange({ ...range, to: Math.min(range.to, now) }, context);
	return planStretch({ ...query, interval }, context, previous, keptDays);
}

function planStretch(query: RawPlanQuery, context: RangeContext, range: TimeRange, keptDays: number): SeriesPlan {
	const { now, zone, weekStart } = context;
	const step = stepOf(query, range, now);
	const kept = keptFrom(range, context, keptDays);
	const grain: Step = STEP_MS[step] < DAY ? step : "1d";
	const floored = bucketStart(zone, grain, Math.max(range.from, kept), weekStart);
	const from = floored < kept ? nextBucket(zone, grain, floored) : floored;
	const open = range.to >= now;
	const to = open ? now : range.to;
	const stretch = { step, from: Math.min(from, to), to, open, cutFrom: from > range.from ? range.from : null };
	const { groupBy, metric, measure, kind = "timeseries" } = query;
	const counted = { kind, metric, measure, groupBy, filters: [], part: "events", dims: groupBy, parts: [] };
	return { ...counted, whole: false, fields: [], ...cutRange({ ...query, filters: [] }, context, stretch) };
}

function stepOf({ interval, maxDataPoints = 500 }: RawPlanQuery, { from, to }: TimeRange, now: number): Step {
	return interval === "auto" ? autoStep(from, Math.min(to, now), maxDataPoints, "1m") : interval;
}

/** Where raw events begin to be kept. Problem 422 `range` where all of a range lies before it. */
export function keptFrom({ to }: Pick<TimeRange, "to">, { now, zone }: RangeContext, keptDays: number): number {
	const kept = now - keptDays * DAY;
	if (to > kept) return kept;
	throw new Problem(
		422,
		"range",
		`Raw events are kept for ${keptDays} days, since ${zone.iso(kept)}. Ask for a later range.`,
	);
}
