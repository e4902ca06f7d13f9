import * as z from "zod";
import { MAX_STEPS } from "./core/funnel.ts";
import type { Expression } from "./core/scan/expression.ts";

/** Every event. */
export const ALL = "*";
/** Sessions, emitted by the log's automaton. Its cells carry signed counts and no sketches, so corrections subtract. */
export const SESSION = "session";
/** What did not count, and why: dimension `reason`. */
export const INGEST = "ingest";
/** Begins the names of the metrics of live funnels. Their cells are signed, like those of sessions. */
export const FUNNEL = "funnel:";
export const isFunnel = (metric: string): boolean => metric.startsWith(FUNNEL);
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

/** Marginal of funnels: visitors (or sessions) that reached this step at least. `(other)`: what was given up (I8). */
export const STEP_DIMENSION = "step";
/** Funnels of a tenant that are counted as events arrive (I8). */
export const MAX_LIVE_FUNNELS = 20;

/** An event of a name (null: any) for which an expression holds, of fields that the event itself has. */
const FunnelMatch = z.object({
	event: z.string().nullable(),
	where: z.custom<Expression>().nullable(),
	label: z.string(),
});

/** A funnel that is counted as events arrive, ready to run: durations in ms, segments and dimensions put in place. */
export const FunnelConfig = z.object({
	id: z.string(),
	name: z.string(),
	/** Another one for every other definition: it counts anew. Grows. */
	generation: z.int().nonnegative(),
	steps: z.array(FunnelMatch).max(MAX_STEPS),
	exclusions: z.array(FunnelMatch.extend({ after: z.int() })),
	windowMs: z.number(),
	order: z.enum(["ordered", "strict", "any"]),
	reentry: z.enum(["any", "first"]),
	count: z.enum(["visitors", "sessions"]),
});
export type FunnelConfig = z.infer<typeof FunnelConfig>;

/** The metric of a funnel, as it is asked for. */
export const funnelMetric = ({ id }: Pick<FunnelConfig, "id">): string => FUNNEL + id;
/** The metric that has its windows: each generation has its own, so that two definitions never add up. */
export const funnelWindows = ({ id, generation }: Pick<FunnelConfig, "id" | "generation">): string =>
	`${FUNNEL}${id}.${generation.toString(36)}`;

/** How a tenant's windows are cut. Kept by the directory, and in the journal where it changes (spans are pure). */
export const Definitions = z.object({
	/** Grows by one with every change of anything below. */
	version: z.int().nonnegative(),
	/** Admitted event names, in the order of admission. */
	metrics: z.array(z.string()),
	/** Declared dimensions beside country and device: names of props. At most 3. */
	dimensions: z.array(z.string()).max(3),
	/** What was kept or journaled before there were any has none. */
	funnels: z.array(FunnelConfig).max(MAX_LIVE_FUNNELS).optional(),
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
