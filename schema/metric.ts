import * as z from "zod";

/** Every event. */
export const ALL = "*";
/** Sessions, emitted by the log's automaton. Its cells carry signed counts and no sketches, so corrections subtract. */
export const SESSION = "session";
/** What did not count, and why: dimension `reason`. */
export const INGEST = "ingest";
/** What passed a cap: metric names past 200, dimension values past their cap. */
export const OTHER = "(other)";
/** A dimension value that is missing. */
export const NONE = "(none)";
/** Metrics a tenant may have (I8), synthetic ones not counted. */
export const MAX_METRICS = 200;

/** Every reason an event did not count; each is a value of dimension `reason` of metric `ingest`. */
export const REASONS = ["duplicate", "late", "bot", "invalid", "origin", "quota", "clamped", "blocked"] as const;
export type Reason = (typeof REASONS)[number];

/** Dimensions kept exactly, in the cube and as marginals, for every tenant. */
export const CUBE_DIMENSIONS = ["country", "device"] as const;
/** Open dimensions: kept as heavy hitters, at most 100 values a window. */
export const OPEN_DIMENSIONS = [
	"path",
	"entry",
	"referrer",
	"channel",
	"browser",
	"os",
	"utm_source",
	"utm_medium",
	"utm_campaign",
] as const;
/** Those of them that windows of events keep, and of sessions, in the order of a window's hitters. */
export const EVENT_HITS = OPEN_DIMENSIONS.filter((dimension) => dimension !== "entry");
export const SESSION_HITS = OPEN_DIMENSIONS.filter((dimension) => dimension !== "path");
export type OpenDimension = (typeof OPEN_DIMENSIONS)[number];
/** Synthetic marginal of `*`: the 10-second slot ("0".."5") within the minute. *Active now* is read from it. */
export const SLOT_DIMENSION = "slot10";

/** How a tenant's windows are cut. Kept by the directory, and in the journal where it changes (spans are pure). */
export const Definitions = z.object({
	/** Grows by one with every change of anything below. */
	version: z.int().nonnegative(),
	/** Admitted event names, in the order of admission. */
	metrics: z.array(z.string()),
	/** Declared dimensions beside country and device: names of props. At most 3. */
	dimensions: z.array(z.string()).max(3),
});
export type Definitions = z.infer<typeof Definitions>;

/** What the directory knows of a tenant: the part of a site's settings that the data path needs. */
export const TenantConfig = Definitions.extend({
	/** Raised when slot ranges move; `append` with an older one is answered `moved`. */
	epoch: z.int().nonnegative(),
	partitions: z.union([z.literal(1), z.literal(4), z.literal(16), z.literal(64)]),
	/** IANA zone in which hours, days and weeks are cut. */
	zone: z.string(),
	week_start: z.enum(["monday", "sunday"]),
	/** The site's one currency, or null: values then are plain numbers. */
	currency: z.string().nullable(),
});
export type TenantConfig = z.infer<typeof TenantConfig>;

/** The dimensions of a metric's cube, in the order of its keys. */
export function cubeDimensions(definitions: Definitions): string[] {
	return [...CUBE_DIMENSIONS, ...definitions.dimensions];
}

/** Measures of every metric whose windows have sketches and values. */
export const EVENT_MEASURES = [
	"count",
	"rate",
	"uniques",
	"sum",
	"avg",
	"min",
	"max",
	"p50",
	"p75",
	"p90",
	"p95",
	"p99",
] as const;
export const MEASURES = [
	...EVENT_MEASURES,
	"sessions",
	"bounce_rate",
	"views",
	"views_per_session",
	"duration",
] as const;
export type Measure = (typeof MEASURES)[number];
/** Measures of `session`; where `*` is asked for one of them, it is read from there. */
export const SESSION_MEASURES: readonly Measure[] = [
	"sessions",
	"bounce_rate",
	"views",
	"views_per_session",
	"duration",
];

export const GRAINS = ["minute", "hour", "day"] as const;
export type Grain = (typeof GRAINS)[number];
