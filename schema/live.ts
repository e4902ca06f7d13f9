import * as z from "zod";
import { MEASURES } from "./metric.ts";
import { Filter, Meta, Series } from "./query.ts";

/** Subprotocol; the key travels as a second one (`Sec-WebSocket-Protocol: nowcast.v1, rk_…`). */
export const LIVE_PROTOCOL = "nowcast.v1";
export const LIVE_VERSION = 1;
/** Auto-response pair: answered without waking the object. */
export const PING = "ping";
export const PONG = "pong";

/**
 * What a socket watches. In the URL: `metric`, and for each subscription a `sub`, JSON of this without `metric`. One alone
 * may be written as measure, from, interval, filter (JSON array of Filter), groupBy (comma-separated) and limit.
 */
export const Subscription = z.strictObject({
	metric: z.string().min(1).max(64).default("*"),
	measure: z.enum([...MEASURES, "active"]).default("count"),
	/** At most 24 h back. */
	from: z.string().max(64).default("now-60m"),
	interval: z.enum(["1m", "5m", "15m", "1h"]).default("1m"),
	filters: z.array(Filter).max(10).default([]),
	groupBy: z.array(z.string().min(1).max(64)).max(2).default([]),
	limit: z.int().min(1).max(100).default(10),
});
export type Subscription = z.infer<typeof Subscription>;

/** Subscriptions that one socket may carry, all of one metric; a set that changes is another socket. */
export const MAX_SUBSCRIPTIONS = 8;

/** Active now, and what it will be at the coming slot expiries (epoch ms, count) if nothing more arrives. */
export const Active = z.object({ now: z.number(), expiries: z.array(z.tuple([z.number(), z.number()])) });
export type Active = z.infer<typeof Active>;

/**
 * Server → client, JSON. Values are absolute, so a lost or repeated frame harms nothing. `cursor` goes back in `resume`, or
 * in the URL of the next socket: one for all of its subscriptions, or one each in their order (empty: none).
 */
export const Frame = z.discriminatedUnion("t", [
	z.object({
		t: z.literal("hello"),
		v: z.literal(LIVE_VERSION),
		cursor: z.string(),
		behind_ms: z.number(),
		/** The names of the socket's subscriptions, in the order of the URL: frames say whose they are. */
		subs: z.array(z.string()),
	}),
	z.object({
		t: z.literal("snapshot"),
		sub: z.string(),
		cursor: z.string(),
		series: z.array(Series),
		active: Active.optional(),
		meta: Meta,
		at: z.number(),
	}),
	/** Changed buckets only. `at` = server time of the frame, epoch ms. */
	z.object({
		t: z.literal("delta"),
		sub: z.string(),
		cursor: z.string(),
		series: z.array(Series),
		active: Active.optional(),
		behind_ms: z.number(),
		at: z.number(),
	}),
	/** The cursor is not known any more; a snapshot follows. Of one subscription where `sub` says which. */
	z.object({ t: z.literal("resync"), sub: z.string().optional(), reason: z.string() }),
	/** The last frame of a socket. Where one subscription is at fault `sub` says which: the others may come again. */
	z.object({
		t: z.literal("error"),
		sub: z.string().optional(),
		/** As in hello, where none went before. */
		subs: z.array(z.string()).optional(),
		problem: z.record(z.string(), z.unknown()),
	}),
]);
export type Frame = z.infer<typeof Frame>;

/** Client → server, JSON; `ping` is the bare word. */
export const ClientMessage = z.object({ t: z.literal("resume"), cursor: z.string() });
export type ClientMessage = z.infer<typeof ClientMessage>;
