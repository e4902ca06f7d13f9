import * as z from "zod";
import { layout, type Row, type Table } from "./core/columns.ts";

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

export const EventNote = z.object({ index: z.int(), code: z.enum(["late", "bot", "clamped", "blocked"]) });
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

/** The name of a page view. */
export const PAGEVIEW = "pageview";

/** Bits of the column `flags`. */
export const FLAG = {
	/** Not windowed: older than the dedupe horizon when it arrived. Set by the log. */
	late: 1,
	/** Not windowed: a bot's. */
	bot: 2,
	/** `ts` was in the future and became the receive time. */
	clamped: 4,
	/** Not interactive (see Bounce). Page views are never interactive. */
	passive: 8,
	/** Server-side: never opens, extends or joins a session. */
	server: 16,
	/** Cookieless: `yesterday_*` hold the visitor's hash by yesterday's salt. */
	cookieless: 32,
	/** Reached the log too late for a session: takes no part in one, like one of a server. Set by the log. */
	apart: 64,
} as const;

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
export const EVENT_LAYOUT = layout(1, EVENT_COLUMNS);
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
export const SESSION_LAYOUT = layout(2, SESSION_COLUMNS);
export type SessionRow = Row<typeof SESSION_COLUMNS>;
export type SessionTable = Table<typeof SESSION_COLUMNS>;
