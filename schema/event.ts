import * as z from "zod";
import { layout, type Row, type Table, type WriteRow } from "./core/columns.ts";

export { FLAG, PAGEVIEW } from "./core/flag.ts";

/** Limits of the wire format (UTF-8 bytes). */
export const LIMITS = {
	batchEvents: 500,
	batchBytes: 512 * 1024,
	/** One event, enriched. */
	eventBytes: 32 * 1024,
	props: 64,
	stringBytes: 1024,
	nameChars: 64,
	idBytes: 64,
} as const;

const utf8Length = (s: string) => new TextEncoder().encode(s).length;
const text = z.string().refine((s) => utf8Length(s) <= LIMITS.stringBytes, "at most 1 KiB");
const PRINTABLE = /^[\x21-\x7e]{1,64}$/;

/** What a prop may be. Nested values are refused: a prop is something one can filter by. */
export const PropValue = z.union([text, z.number(), z.boolean(), z.null()]);

/** Server keys only: about whom the event is. Used for enrichment, never stored. */
export const Context = z.strictObject({
	ip: text.optional(),
	user_agent: text.optional(),
	country: z
		.string()
		.regex(/^[A-Z]{2}$/, "an ISO 3166-1 alpha-2 code")
		.optional(),
});

/** An event as the wire has it (semantics: "Events"). The hot path checks it with `workers/edge/validate.ts`, proven equal. */
export const WireEvent = z.object({
	id: z.string().regex(PRINTABLE, "1-64 printable ASCII bytes without spaces").optional(),
	name: z.string().min(1).max(LIMITS.nameChars),
	/** Milliseconds before the request was sent. */
	age: z.number().nonnegative().optional(),
	/** Server keys only: event time, epoch ms or ISO 8601. */
	ts: z.union([z.number().nonnegative(), z.string()]).optional(),
	visitor_id: text.optional(),
	user_id: text.optional(),
	session_id: text.optional(),
	url: text.optional(),
	referrer: text.optional(),
	title: text.optional(),
	screen: text.optional(),
	lang: text.optional(),
	value: z.number().optional(),
	currency: z
		.string()
		.regex(/^[A-Z]{3}$/, "an ISO 4217 code")
		.optional(),
	/** false: does not make a visit with one page view more than a bounce. */
	interactive: z.boolean().optional(),
	props: z
		.record(text, PropValue)
		.refine((p) => Object.keys(p).length <= LIMITS.props, "at most 64 props")
		.optional(),
	context: Context.optional(),
});
export type WireEvent = z.infer<typeof WireEvent>;

/** A batch. Events are checked one by one, so that one bad event never sinks its batch. */
export const WireBatch = z.object({
	v: z.literal(1),
	batch_id: text.optional(),
	/** Cookieless: the slot that the first answer returned, repeated for the life of the page. */
	slot: z.int().min(0).max(4095).optional(),
	events: z.array(z.unknown()).min(1).max(LIMITS.batchEvents),
});
export type WireBatch = z.infer<typeof WireBatch>;

/** `currency`: its value is of another currency than the site's (or of any, where the site has none): kept, not summed. */
export const EventNote = z.object({ index: z.int(), code: z.enum(["late", "bot", "clamped", "blocked", "currency"]) });
export type EventNote = z.infer<typeof EventNote>;
export const EventRejection = z.object({ index: z.int(), code: z.string(), message: z.string() });
export type EventRejection = z.infer<typeof EventRejection>;
/** The 202. `slot` is there for cookieless batches only. */
export const IngestAnswer = z.object({
	accepted: z.int(),
	rejected: z.array(EventRejection),
	notes: z.array(EventNote),
	slot: z.int().optional(),
});
export type IngestAnswer = z.infer<typeof IngestAnswer>;

/** Every physical column of an enriched event, one a line. The journal, and later Parquet, hold exactly these. */
export const EVENT_COLUMNS = {
	/** Event time and server receive time, epoch ms. */
	ts: "f64",
	received_at: "f64",
	/** NaN where the event has no value. */
	value: "f64",
	/** 64-bit hash of the event id. */
	id_hi: "u32",
	id_lo: "u32",
	/** 64-bit hash of the visitor. */
	visitor_hi: "u32",
	visitor_lo: "u32",
	/** Cookieless: the same visitor by yesterday's salt, else 0. The log picks one and writes it to `visitor_*`. */
	yesterday_hi: "u32",
	yesterday_lo: "u32",
	slot: "u16",
	flags: "u8",
	id: "str",
	name: "str",
	user_id: "str",
	session_id: "str",
	host: "str",
	path: "str",
	/** Query string, as far as the beacon kept it. */
	search: "str",
	title: "str",
	/** Host of the referrer, where it is another site. */
	referrer: "str",
	referrer_url: "str",
	channel: "str",
	utm_source: "str",
	utm_medium: "str",
	utm_campaign: "str",
	utm_term: "str",
	utm_content: "str",
	country: "str",
	region: "str",
	city: "str",
	browser: "str",
	browser_version: "str",
	os: "str",
	device: "str",
	screen: "str",
	lang: "str",
	currency: "str",
	/** JSON object. */
	props: "str",
} as const;
const writeEvent: WriteRow<typeof EVENT_COLUMNS> = (to, i, row, at) => {
	to.ts[i] = row.ts;
	to.received_at[i] = row.received_at;
	to.value[i] = row.value;
	to.id_hi[i] = row.id_hi;
	to.id_lo[i] = row.id_lo;
	to.visitor_hi[i] = row.visitor_hi;
	to.visitor_lo[i] = row.visitor_lo;
	to.yesterday_hi[i] = row.yesterday_hi;
	to.yesterday_lo[i] = row.yesterday_lo;
	to.slot[i] = row.slot;
	to.flags[i] = row.flags;
	to.id[i] = at(row.id);
	to.name[i] = at(row.name);
	to.user_id[i] = at(row.user_id);
	to.session_id[i] = at(row.session_id);
	to.host[i] = at(row.host);
	to.path[i] = at(row.path);
	to.search[i] = at(row.search);
	to.title[i] = at(row.title);
	to.referrer[i] = at(row.referrer);
	to.referrer_url[i] = at(row.referrer_url);
	to.channel[i] = at(row.channel);
	to.utm_source[i] = at(row.utm_source);
	to.utm_medium[i] = at(row.utm_medium);
	to.utm_campaign[i] = at(row.utm_campaign);
	to.utm_term[i] = at(row.utm_term);
	to.utm_content[i] = at(row.utm_content);
	to.country[i] = at(row.country);
	to.region[i] = at(row.region);
	to.city[i] = at(row.city);
	to.browser[i] = at(row.browser);
	to.browser_version[i] = at(row.browser_version);
	to.os[i] = at(row.os);
	to.device[i] = at(row.device);
	to.screen[i] = at(row.screen);
	to.lang[i] = at(row.lang);
	to.currency[i] = at(row.currency);
	to.props[i] = at(row.props);
};
export const EVENT_LAYOUT = layout(1, EVENT_COLUMNS, writeEvent);
export type EventRow = Row<typeof EVENT_COLUMNS>;
export type EventTable = Table<typeof EVENT_COLUMNS>;

/**
 * A change to one session, emitted in the journal row of its cause. `count`, `duration` (ms), `views` and `bounces`
 * are signed differences; the dimensions are those of the session's first event, and `start` its minute's time.
 */
export const SESSION_COLUMNS = {
	start: "f64",
	duration: "f64",
	/** +1 a session begins, -1 it was merged into another or moved (int8 in two's complement would do; f64 keeps it plain). */
	count: "f64",
	views: "f64",
	bounces: "f64",
	visitor_hi: "u32",
	visitor_lo: "u32",
	entry: "str",
	referrer: "str",
	channel: "str",
	utm_source: "str",
	utm_medium: "str",
	utm_campaign: "str",
	country: "str",
	browser: "str",
	os: "str",
	device: "str",
	/** JSON object of the declared dimensions' values, where there are any. */
	props: "str",
} as const;
const writeSession: WriteRow<typeof SESSION_COLUMNS> = (to, i, row, at) => {
	to.start[i] = row.start;
	to.duration[i] = row.duration;
	to.count[i] = row.count;
	to.views[i] = row.views;
	to.bounces[i] = row.bounces;
	to.visitor_hi[i] = row.visitor_hi;
	to.visitor_lo[i] = row.visitor_lo;
	to.entry[i] = at(row.entry);
	to.referrer[i] = at(row.referrer);
	to.channel[i] = at(row.channel);
	to.utm_source[i] = at(row.utm_source);
	to.utm_medium[i] = at(row.utm_medium);
	to.utm_campaign[i] = at(row.utm_campaign);
	to.country[i] = at(row.country);
	to.browser[i] = at(row.browser);
	to.os[i] = at(row.os);
	to.device[i] = at(row.device);
	to.props[i] = at(row.props);
};
export const SESSION_LAYOUT = layout(2, SESSION_COLUMNS, writeSession);
export type SessionRow = Row<typeof SESSION_COLUMNS>;
export type SessionTable = Table<typeof SESSION_COLUMNS>;

/**
 * A change to how many reached a level of a live funnel, emitted in the journal row of its cause: signed, and summed
 * over visitors. Level 0: that many were given up (I8).
 */
export const FUNNEL_COLUMNS = {
	/** The minute of their step 1, epoch ms. */
	start: "f64",
	count: "f64",
	level: "u8",
	/** The metric that has the funnel's windows (`funnelWindows`). */
	metric: "str",
} as const;
export const FUNNEL_LAYOUT = layout(3, FUNNEL_COLUMNS);
export type FunnelRow = Row<typeof FUNNEL_COLUMNS>;
export type FunnelTable = Table<typeof FUNNEL_COLUMNS>;
