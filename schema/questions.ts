/**
 * Questions about raw events: `kind` of POST /v1/query beside timeseries, total and breakdown (query.ts), and their
 * answers. Every answer carries `meta` (I6).
 */
import * as z from "zod";
import { Filter } from "./expression.ts";

/** What every question has. Times as in query.ts. */
const common = {
	from: z.union([z.string(), z.number()]).default("now-30d"),
	to: z.union([z.string(), z.number()]).default("now"),
	/** All must hold. On an event's fields they choose events; `did`, `segment` and `traits.*` choose visitors. */
	filters: z.array(Filter).max(20).default([]),
	/** IANA zone; default: the site's. */
	timezone: z.string().max(64).optional(),
	explain: z.boolean().default(false),
	/** Answer with what was read when the budget ran out (`meta.partial`), instead of 504. */
	partial: z.boolean().default(false),
};

/** An event of a name, all of whose filters hold. `*`: of any name. */
export const EventMatch = z.strictObject({
	event: z.string().min(1).max(64),
	/** What to call it; default: the event's name. */
	label: z.string().max(100).optional(),
	filters: z.array(Filter).max(20).default([]),
});
export type EventMatch = z.infer<typeof EventMatch>;

/** `30m`, `24h`, `7d`, `4w`. */
export const Duration = z.string().regex(/^[1-9]\d{0,5}[smhdw]$/, "write a duration such as 30m, 24h or 7d");

export const FunnelDefinition = z.strictObject({
	steps: z.array(EventMatch).min(2).max(10),
	/** From step 1, inclusive. At most 90 days. */
	window: Duration.default("7d"),
	order: z.enum(["ordered", "strict", "any"]).default("ordered"),
	/** first: only a visitor's first step 1 counts. */
	reentry: z.enum(["any", "first"]).default("any"),
	/** An event that must not come between steps `after` and `after + 1` (1-based). */
	exclusions: z
		.array(EventMatch.extend({ after: z.int().min(1).max(9) }))
		.max(10)
		.default([]),
	count: z.enum(["visitors", "sessions"]).default("visitors"),
});
export type FunnelDefinition = z.infer<typeof FunnelDefinition>;

export const FunnelQuestion = z.strictObject({
	kind: z.literal("funnel"),
	...common,
	...FunnelDefinition.shape,
	/** Split by a field's value at the first, the last or the n-th step's event. */
	breakdown: z
		.strictObject({
			dim: z.string().min(1).max(80),
			attribution: z
				.string()
				.regex(/^(first|last|step:([1-9]|10))$/, "first, last or step:n")
				.default("step:1"),
		})
		.optional(),
	limit: z.int().min(1).max(100).default(10),
	/** Also the conversion by the bucket of step 1. */
	interval: z.enum(["1h", "1d", "1w", "1M"]).optional(),
});

export const RetentionQuestion = z.strictObject({
	kind: z.literal("retention"),
	...common,
	start: EventMatch,
	return: EventMatch,
	/** first: cohorts by the visitor's first start event ever archived; recurring: by each period with one. */
	mode: z.enum(["first", "recurring"]).default("first"),
	period: z.enum(["day", "week", "month"]).default("day"),
	/** Periods after period 0. */
	periods: z.int().min(1).max(90).default(14),
	on: z.enum(["on", "on_or_after"]).default("on"),
});

export const PathsQuestion = z.strictObject({
	kind: z.literal("paths"),
	...common,
	/** Where paths begin (next) or end (previous). */
	anchor: EventMatch,
	direction: z.enum(["next", "previous"]).default("next"),
	/** What a step is: the page of a page view (other events by name), or only event names, or only pages. */
	by: z.enum(["page_or_event", "page", "event"]).default("page_or_event"),
	depth: z.int().min(1).max(10).default(4),
	/** Nodes kept at each step; the rest are `(other)`. */
	limit: z.int().min(1).max(20).default(6),
	/** Steps of one session only. */
	within: z.enum(["session", "visitor"]).default("session"),
});

export const LifecycleQuestion = z.strictObject({
	kind: z.literal("lifecycle"),
	...common,
	event: z.string().min(1).max(64).default("*"),
	interval: z.enum(["1d", "1w", "1M"]).default("1d"),
});

export const VisitorsQuestion = z.strictObject({
	kind: z.literal("visitors"),
	...common,
	/** Visitors of a step of a funnel: who reached it, dropped after it, or are still inside the window after it. */
	funnel: FunnelDefinition.extend({
		step: z.int().min(1).max(10),
		outcome: z.enum(["reached", "dropped", "in_progress"]).default("reached"),
	}).optional(),
	sort: z.enum(["last_seen", "first_seen", "events"]).default("last_seen"),
	limit: z.int().min(1).max(500).default(50),
});

export const VisitorQuestion = z.strictObject({
	kind: z.literal("visitor"),
	...common,
	/** 16 hex digits, as `visitors` gives them. */
	visitor: z.string().regex(/^[0-9a-f]{16}$/, "16 hex digits"),
	limit: z.int().min(1).max(1000).default(200),
});

/** The newest events as they come: at most `limit`, and 20 for each second; more are left out and counted. */
export const EventsQuestion = z.strictObject({
	kind: z.literal("events"),
	...common,
	from: z.union([z.string(), z.number()]).default("now-15m"),
	/** Only those received after this, epoch ms: the `cursor` of the answer before. */
	after: z.number().optional(),
	limit: z.int().min(1).max(500).default(100),
});

/** Questions that only raw events answer. */
export const RawQuestion = z.discriminatedUnion("kind", [
	FunnelQuestion,
	RetentionQuestion,
	PathsQuestion,
	LifecycleQuestion,
	VisitorsQuestion,
	VisitorQuestion,
	EventsQuestion,
]);
export type RawQuestion = z.infer<typeof RawQuestion>;
export type RawQuestionInput = z.input<typeof RawQuestion>;

const Group = z.record(z.string(), z.string());

/** Times from step 1 (and `step_`: from the step before), of those who reached the step, ms. */
export const StepTimes = z.object({
	median_ms: z.number(),
	p90_ms: z.number(),
	step_median_ms: z.number(),
	/** At most 20 buckets [from_ms, to_ms) of the time from step 1. */
	histogram: z.array(z.object({ from_ms: z.number(), to_ms: z.number(), count: z.int() })),
});
export const FunnelStep = z.object({
	label: z.string(),
	/** Visitors (or sessions) that reached the step. */
	count: z.int(),
	/** Reached it, not the next, and their window is over; or not over yet. Both 0 at the last step. */
	dropped: z.int(),
	in_progress: z.int(),
	/** Of step 1, and of the step before: 0 to 1, null of nothing. */
	conversion: z.number().nullable(),
	step_conversion: z.number().nullable(),
	/** Null at step 1, and where nobody reached it. */
	times: StepTimes.nullable(),
});
export type FunnelStep = z.infer<typeof FunnelStep>;
export const FunnelAnswer = z.object({
	steps: z.array(FunnelStep),
	/** The largest by step 1, then `(other)`. */
	groups: z.array(z.object({ group: Group, steps: z.array(FunnelStep) })).optional(),
	trend: z
		.array(z.object({ t: z.string(), entered: z.int(), converted: z.int(), conversion: z.number().nullable() }))
		.optional(),
});
export type FunnelAnswer = z.infer<typeof FunnelAnswer>;

export const RetentionAnswer = z.object({
	/** A row for each period of the range with its start, and the visitors that began in it. */
	cohorts: z.array(
		z.object({
			t: z.string(),
			size: z.int(),
			/** Period 0, 1, …; `complete` false: the period is not over. Null: it has not begun. */
			values: z.array(z.object({ count: z.int(), rate: z.number(), complete: z.boolean() }).nullable()),
		}),
	),
	/** Weighted by size, over the complete ones; null where there is none. */
	mean: z.array(z.number().nullable()),
});
export type RetentionAnswer = z.infer<typeof RetentionAnswer>;

export const PathsAnswer = z.object({
	/** Occurrences of the anchor. */
	total: z.int(),
	/** Level 0 is the anchor. `(end)` (or `(start)`): nothing follows; `(other)`: past the limit. */
	nodes: z.array(z.object({ id: z.int(), level: z.int(), label: z.string(), count: z.int() })),
	links: z.array(z.object({ source: z.int(), target: z.int(), count: z.int() })),
});
export type PathsAnswer = z.infer<typeof PathsAnswer>;

export const LifecycleAnswer = z.object({
	points: z.array(
		z.object({
			t: z.string(),
			new: z.int(),
			returning: z.int(),
			resurrecting: z.int(),
			/** Active in the bucket before, not in this one. */
			dormant: z.int(),
			/** The bucket contains now. */
			partial: z.boolean(),
		}),
	),
});
export type LifecycleAnswer = z.infer<typeof LifecycleAnswer>;

export const VisitorRow = z.object({
	visitor: z.string(),
	user_id: z.string().nullable(),
	first_seen: z.string(),
	last_seen: z.string(),
	events: z.int(),
	sessions: z.int(),
	country: z.string(),
	city: z.string(),
	device: z.string(),
	browser: z.string(),
	os: z.string(),
	/** Where the first visit came from: channel, or the referring host. */
	channel: z.string(),
	referrer: z.string(),
	last_path: z.string(),
	/** Sum of `value` in the site's currency. */
	value: z.number(),
	traits: z.record(z.string(), z.unknown()),
});
export type VisitorRow = z.infer<typeof VisitorRow>;
export const VisitorsAnswer = z.object({ visitors: z.array(VisitorRow), total: z.int() });
export type VisitorsAnswer = z.infer<typeof VisitorsAnswer>;

/** An event as it is shown: what is missing is left out. */
export const EventRecord = z.object({
	id: z.string(),
	t: z.string(),
	received_at: z.string(),
	name: z.string(),
	visitor: z.string(),
	/** `late`, `bot`, `server`, … */
	flags: z.array(z.string()),
	value: z.number().nullable(),
	/** Further columns that are not empty (path, host, country, browser, …). */
	fields: z.record(z.string(), z.string()),
	props: z.record(z.string(), z.unknown()),
});
export type EventRecord = z.infer<typeof EventRecord>;
/** `visitor` null: nothing is kept of that visitor in this range. Events newest first. */
export const VisitorAnswer = z.object({
	visitor: VisitorRow.nullable(),
	events: z.array(EventRecord),
	more: z.boolean(),
});
export type VisitorAnswer = z.infer<typeof VisitorAnswer>;
/** Newest first. `left_out`: matched, but past the limit or 20 a second. */
export const EventsAnswer = z.object({ events: z.array(EventRecord), left_out: z.int(), cursor: z.number() });
export type EventsAnswer = z.infer<typeof EventsAnswer>;
