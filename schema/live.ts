import * as z from "zod";
import { MEASURES } from "./metric.ts";
import { Filter, Meta, Series } from "./query.ts";

/** Subprotocol; the key travels as a second one (`Sec-WebSocket-Protocol: nowcast.v1, rk_…`). */
export const LIVE_PROTOCOL = "nowcast.v1";
export const LIVE_VERSION = 1;
/** Auto-response pair: answered without waking the object. */
export const PING = "ping";
export const PONG = "pong";

/** What a socket watches. In the URL: metric, measure, from, interval, filter (JSON array of Filter), groupBy (comma-separated), limit. */
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

/** Active now, and what it will be at the coming slot expiries (epoch ms, count) if nothing more arrives. */
export const Active = z.object({ now: z.number(), expiries: z.array(z.tuple([z.number(), z.number()])) });
export type Active = z.infer<typeof Active>;

/** Server → client, JSON. Values are absolute, so a lost or repeated frame harms nothing. `cursor` goes back in `resume`. */
export const Frame = z.discriminatedUnion("t", [
	z.object({ t: z.literal("hello"), v: z.literal(LIVE_VERSION), cursor: z.string(), behind_ms: z.number() }),
	z.object({
		t: z.literal("snapshot"),
		cursor: z.string(),
		series: z.array(Series),
		active: Active.optional(),
		meta: Meta,
		at: z.number(),
	}),
	/** Changed buckets only. `at` = server time of the frame, epoch ms. */
	z.object({
		t: z.literal("delta"),
		cursor: z.string(),
		series: z.array(Series),
		active: Active.optional(),
		behind_ms: z.number(),
		at: z.number(),
	}),
	z.object({ t: z.literal("resync"), reason: z.string() }),
	z.object({ t: z.literal("error"), problem: z.record(z.string(), z.unknown()) }),
]);
export type Frame = z.infer<typeof Frame>;

/** Client → server, JSON; `ping` is the bare word. */
export const ClientMessage = z.object({ t: z.literal("resume"), cursor: z.string() });
export type ClientMessage = z.infer<typeof ClientMessage>;
