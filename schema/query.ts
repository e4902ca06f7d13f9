import * as z from "zod";
import { MEASURES } from "./metric.ts";

export const INTERVALS = ["1m", "5m", "15m", "1h", "1d", "1w", "1M", "auto"] as const;
export type Interval = (typeof INTERVALS)[number];

/** `in` and `neq` over a dimension of the cube. More operators come with the archive. */
export const Filter = z.strictObject({
	dim: z.string().min(1).max(64),
	op: z.enum(["eq", "neq", "in", "nin"]).default("in"),
	values: z.array(z.string().max(256)).min(1).max(100),
});
export type Filter = z.infer<typeof Filter>;

const fields = {
	metric: z.string().min(1).max(64).default("*"),
	measure: z.enum(MEASURES).default("count"),
	/** Grafana-style (`now-24h`, `now/d`), ISO 8601 or epoch ms. Half open [from, to). */
	from: z.union([z.string(), z.number()]).default("now-24h"),
	to: z.union([z.string(), z.number()]).default("now"),
	interval: z.enum(INTERVALS).default("auto"),
	filters: z.array(Filter).max(10).default([]),
	groupBy: z.array(z.string().min(1).max(64)).max(2).default([]),
	limit: z.int().min(1).max(1000).default(10),
	/** IANA zone; default: the site's. */
	timezone: z.string().max(64).optional(),
	compare: z.enum(["previous"]).optional(),
	explain: z.boolean().default(false),
	/** For `auto`: at most this many points (panel pixels). */
	maxDataPoints: z.int().min(1).max(11_000).default(500),
	/** For `ratio`: the series that divides. */
	divideBy: z
		.strictObject({ metric: z.string().min(1).max(64), measure: z.enum(MEASURES).default("count") })
		.optional(),
};

export const Query = z.strictObject({
	kind: z.enum(["timeseries", "total", "breakdown"]).default("timeseries"),
	...fields,
});
export type Query = z.infer<typeof Query>;
export type QueryInput = z.input<typeof Query>;

/** ISO 8601 with offset, and the value: null for averages and quantiles of nothing. */
export const Point = z.tuple([z.string(), z.number().nullable()]);
export type Point = z.infer<typeof Point>;

export const Series = z.object({
	group: z.record(z.string(), z.string()),
	points: z.array(Point),
	/** The measure over the whole range: for `uniques` the distinct count of the range, not the sum of its buckets. */
	total: z.number().nullable(),
	/** Start of the first bucket that is not complete (it contains now, or the range cuts it). */
	partial_from: z.string().optional(),
});
export type Series = z.infer<typeof Series>;

export const BreakdownRow = z.object({
	group: z.record(z.string(), z.string()),
	value: z.number().nullable(),
	/** The same group in the previous period, where asked. */
	previous: z.number().nullable().optional(),
});
export type BreakdownRow = z.infer<typeof BreakdownRow>;

export const Meta = z.object({
	/** Stores that answered. */
	sources: z.array(z.enum(["window", "d1", "engine"])),
	/** How far behind live, ms. */
	behind_ms: z.number(),
	exact: z.boolean(),
	/** Relative standard error (1 σ) where not exact: 0.0081 for totals of uniques; null where exact or unknown. */
	error: z.number().nullable(),
	sampled: z.boolean(),
	partial: z.boolean(),
	/** Served from a store that could not be refreshed. */
	stale: z.boolean().optional(),
	rows_read: z.int(),
	took_ms: z.number(),
	/** Effective range and interval. */
	from: z.string(),
	to: z.string(),
	interval: z.string(),
	timezone: z.string(),
	plan: z.array(z.record(z.string(), z.unknown())).optional(),
});
export type Meta = z.infer<typeof Meta>;

/** timeseries: `series` (and `compare`); total: `series` with no points; breakdown: `table`, with the total row apart. */
export const Answer = z.object({
	series: z.array(Series).optional(),
	compare: z.array(Series).optional(),
	table: z.array(BreakdownRow).optional(),
	total: z.number().nullable().optional(),
	meta: Meta,
});
export type Answer = z.infer<typeof Answer>;
