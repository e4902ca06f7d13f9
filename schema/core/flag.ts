/** What the data path says of an event: bits of its column `flags`, and the names that mean something to it. */

/** The name of a page view. */
export const PAGEVIEW = "pageview";
/** The name of the event whose props are the visitor's traits. */
export const IDENTIFY = "identify";

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
/** Events with one of these take no part in a session. */
export const NO_SESSION = FLAG.late | FLAG.bot | FLAG.server | FLAG.apart;
