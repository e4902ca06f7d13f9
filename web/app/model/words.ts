import type { PAGEVIEW as Pageview } from "../../../schema/event.ts";
import type { LIVE_PROTOCOL, PING, PONG } from "../../../schema/live.ts";
import type { INGEST as Ingest, NONE as None, OTHER as Other, SESSION as Session } from "../../../schema/metric.ts";
import type { CSRF_HEADER as Csrf } from "../../../schema/people.ts";

// The schema's words, checked against it by the compiler but not imported: its modules would bring the validator along.
export const PROTOCOL: typeof LIVE_PROTOCOL = "nowcast.v1";
export const PING_WORD: typeof PING = "ping";
export const PONG_WORD: typeof PONG = "pong";
export const INGEST: typeof Ingest = "ingest";
export const NONE: typeof None = "(none)";
export const OTHER: typeof Other = "(other)";
export const SESSION: typeof Session = "session";
export const PAGEVIEW: typeof Pageview = "pageview";
export const CSRF: typeof Csrf = "x-nowcast-csrf";
