/** What a panel asks of the server, and is answered: resolved, cached and labelled there (workers/panels). */
import * as z from "zod";
import { Dashboard, Formula, Panel, REFS, Variable } from "./dashboard.ts";
import { Subscription } from "./live.ts";
import { Answer, RAW_ANSWERS } from "./query.ts";

const Values = z.record(z.string().max(32), z.array(z.string().max(256)).max(200));
/** Values of variables by name; `["$__all"]`: every one. A name that is left out has its default. */
export type VariableValues = z.infer<typeof Values>;

const time = z.strictObject({ from: z.string().max(64), to: z.string().max(64) });

/** POST /v1/dashboards/:uid/panels/:panel/query. */
export const PanelRequest = z.strictObject({
	/** Default: the dashboard's. */
	time: time.optional(),
	/** IANA. Default: the dashboard's, or the site's. */
	timezone: z.string().max(64).optional(),
	variables: Values.default({}),
	/** Panel pixels / what a point takes. */
	maxDataPoints: z.int().min(1).max(2000).default(300),
	explain: z.boolean().default(false),
	/** Of raw events: what can be read in time will do. */
	partial: z.boolean().default(false),
	/** The version of the dashboard that the viewer has: never answer by an older one. */
	version: z.int().positive().optional(),
	/** A person pressed "again": not from the cache, though still once for all who ask at the time. */
	fresh: z.boolean().default(false),
});
export type PanelRequest = z.infer<typeof PanelRequest>;
export type PanelRequestInput = z.input<typeof PanelRequest>;

/** POST /v1/panels/query: a panel that is not saved (yet), with what it needs of its dashboard. */
export const PanelPreview = PanelRequest.omit({ version: true }).extend({
	panel: Panel,
	context: Dashboard.pick({ variables: true, time: true, timezone: true }).partial().default({}),
});
export type PanelPreview = z.infer<typeof PanelPreview>;
export type PanelPreviewInput = z.input<typeof PanelPreview>;

export const CacheState = z.object({
	/** When the answer was computed, epoch ms. */
	at: z.number(),
	/** fresh: within its time to live. stale: older, and being computed anew: ask again in a second. failed: the newest try failed, this is what was known before. */
	state: z.enum(["fresh", "stale", "failed"]),
	/** Of `failed`: what went wrong, in words for the panel. */
	warning: z.string().optional(),
});
export type CacheState = z.infer<typeof CacheState>;

/** What is usual for a series, bucket by bucket, and the buckets that are not (core/anomaly.ts). */
export const Anomalies = z.object({
	/** Index of the series in the answer. */
	series: z.int(),
	band: z.array(z.object({ t: z.string(), low: z.number(), high: z.number() })),
	points: z.array(z.object({ t: z.string(), value: z.number(), sigmas: z.number() })),
});
export type Anomalies = z.infer<typeof Anomalies>;

/** A query's answer, or why it has none: the other queries of the panel may have theirs. */
export const PanelResult = z.object({
	/** `A`, …; of funnel and retention panels `A`. */
	ref: z.enum(REFS),
	/** The query's label with variables in place; empty where it has none. */
	label: z.string().optional(),
	answer: z.union([Answer, ...Object.values(RAW_ANSWERS)]).optional(),
	problem: z.looseObject({ status: z.number(), detail: z.string() }).optional(),
	cache: CacheState.optional(),
	/** What brings the newest buckets by socket; null: nothing does. */
	live: Subscription.nullable(),
	anomalies: z.array(Anomalies).optional(),
});
export type PanelResult = z.infer<typeof PanelResult>;

export const PanelAnswer = z.object({
	/** The title and description (of text panels the Markdown) with variables in place. */
	title: z.string(),
	description: z.string(),
	markdown: z.string().optional(),
	results: z.array(PanelResult),
	/** The panel's formulas with variables in place; `schema/formulas.ts` computes them. */
	formulas: z.array(Formula).optional(),
	/** The range as it was asked, epoch ms. */
	from: z.number(),
	to: z.number(),
	timezone: z.string(),
});
export type PanelAnswer = z.infer<typeof PanelAnswer>;

/** POST /v1/dashboards/:uid/variables/:name, and of one that is not saved POST /v1/panels/variable. */
export const VariableRequest = z.strictObject({ time: time.optional(), variables: Values.default({}) });
export const VariablePreview = VariableRequest.extend({ variable: Variable, context: PanelPreview.shape.context });
export const VariableAnswer = z.object({
	options: z.array(z.object({ value: z.string(), label: z.string() })),
	/** There are more than the limit. */
	more: z.boolean(),
});
export type VariableAnswer = z.infer<typeof VariableAnswer>;
