import * as z from "zod";
import { Filter as AnyFilter } from "./expression.ts";
import { MEASURES } from "./metric.ts";
import {
	EventsAnswer,
	FunnelAnswer,
	LifecycleAnswer,
	PathsAnswer,
	RawQuestion,
	type RawQuestionInput,
	RetentionAnswer,
	VisitorAnswer,
	VisitorsAnswer,
} from "./questions.ts";

export const INTERVALS = ["1m", "5m", "15m", "1h", "1d", "1w", "1M", "auto"] as const;
export type Interval = (typeof INTERVALS)[number];

/** What windows can be filtered by: values of a dimension of their cube. A live series takes no other. */
export const Filter = z.strictObject({
	dim: z.string().min(1).max(64),
	op: z.enum(["eq", "neq", "in", "nin"]).default("in"),
	values: z.array(z.string().max(256)).min(1).max(100),
});
export type Filter = z.infer<typeof Filter>;

/** Ranges of values that a histogram may have. */
export const RANGES = { least: 2, most: 50 } as const;

const fields = {
	metric: z.string().min(1).max(64).default("*"),
	measure: z.enum(MEASURES).default("count"),
	/** Grafana-style (`now-24h`, `now/d`), ISO 8601 or epoch ms. Half open [from, to). */
	from: z.union([z.string(), z.number()]).default("now-24h"),
	to: z.union([z.string(), z.number()]).default("now"),
	interval: z.enum(INTERVALS).default("auto"),
	/** All must hold (expression.ts). What windows cannot filter by is answered from the archive. */
	filters: z.array(AnyFilter).max(20).default([]),
	/** Dimensions, or fields of raw events: columns, `props.*`, `traits.*`. */
	groupBy: z.array(z.string().min(1).max(80)).max(2).default([]),
	limit: z.int().min(1).max(1000).default(10),
	/** IANA zone; default: the site's. */
	timezone: z.string().max(64).optional(),
	compare: z.enum(["previous"]).optional(),
	explain: z.boolean().default(false),
	/** Estimates will not do: uniques are counted, and what passed a cap of the windows is read from raw events. */
	exact: z.boolean().default(false),
	/** Of raw events: answer with what was read when the budget ran out (`meta.partial`), instead of 504. */
	partial: z.boolean().default(false),
	/** For `auto`: at most this many points (panel pixels). */
	maxDataPoints: z.int().min(1).max(11_000).default(500),
	/** For `ratio`: the series that divides. */
	divideBy: z
		.strictObject({ metric: z.string().min(1).max(64), measure: z.enum(MEASURES).default("count") })
		.optional(),
};

export const Query = z.strictObject({
	/**
	 * histogram: how many events had a `value` in each range of values, bucket by bucket: a series a range, ascending, its
	 * group `{ from, to }`. At most `limit` ranges (2 to 50), chosen by the values. Has no measure and no groups.
	 */
	kind: z.enum(["timeseries", "total", "breakdown", "histogram"]).default("timeseries"),
	...fields,
});
export type Query = z.infer<typeof Query>;
export type QueryInput = z.input<typeof Query>;

/** The body of POST /v1/query: by `kind` a question about series, or one that only raw events answer. */
export const Question = z.union([Query, RawQuestion]);
export type Question = z.infer<typeof Question>;
export type QuestionInput = QueryInput | RawQuestionInput;

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
	sources: z.array(z.enum(["window", "d1", "engine", "archive", "log"])),
	/** How far behind live, ms. */
	behind_ms: z.number(),
	exact: z.boolean(),
	/** Relative standard error (1 σ) where not exact: 0.0081 for totals of uniques; null where exact or unknown. */
	error: z.number().nullable(),
	sampled: z.boolean(),
	partial: z.boolean(),
	/** The budget ran out: which share of the visitors was read, 0 to 1. */
	coverage: z.number().optional(),
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

/** Of an answer from raw events: without `interval` where the question has none. */
export const RawMeta = Meta.extend({ interval: z.string().optional() });
export type RawMeta = z.infer<typeof RawMeta>;

const meta = { meta: RawMeta };
/** The answer to each kind of raw question (questions.ts). */
export const RAW_ANSWERS = {
	funnel: FunnelAnswer.extend(meta),
	retention: RetentionAnswer.extend(meta),
	paths: PathsAnswer.extend(meta),
	lifecycle: LifecycleAnswer.extend(meta),
	visitors: VisitorsAnswer.extend(meta),
	visitor: VisitorAnswer.extend(meta),
	events: EventsAnswer.extend(meta),
} as const satisfies Record<RawQuestion["kind"], z.ZodType>;
/** `RawAnswer<"funnel">`; without a kind: any of them. */
export type RawAnswer<Kind extends RawQuestion["kind"] = RawQuestion["kind"]> = {
	[K in Kind]: z.infer<(typeof RAW_ANSWERS)[K]>;
}[Kind];
