/** How far the object may be behind its logs, and when they are to come next. Pure; forgotten at eviction. */

/** With viewers, or queries in the last minute. Four frames a second read as live. */
export const WATCHED_MS = 250;
/** When nobody looks: each coming is a request, a row and some milliseconds. */
export const IDLE_MS = 5_000;
/** A query keeps a metric watched this long: dashboards ask again within a minute. */
export const INTEREST_MS = 60_000;
/** Spans a second that one object hears at most, over all partitions. */
const SPANS_PER_SECOND = 300;

/** How often each log is to come. */
export function interval(watched: boolean, partitions: number): number {
	return watched ? Math.max(WATCHED_MS, (partitions / SPANS_PER_SECOND) * 1000) : IDLE_MS;
}

/**
 * When a log is to come next, in ms: on a grid that all partitions share, so that their spans arrive in one tick and
 * make one pending row instead of one each. Between a quarter and five quarters of the interval, and at most 5 s, which
 * is the longest that a log keeps a timer for.
 */
export function nextMs(every: number, now: number): number {
	const left = every - (now % every);
	return Math.min(IDLE_MS, Math.ceil(left < every / 4 ? left + every : left));
}

export class Freshness {
	/** The longest wait that a log may still be keeping to. */
	#promised = IDLE_MS;
	/** All logs were heard out at this moment. */
	#freshAt: number;
	/** A log could not be reached: what it was told means nothing. */
	#failed = false;

	constructor(now: number) {
		this.#freshAt = now - IDLE_MS;
	}

	/** A log was told to come within this. Shorter waits hold for all only after a pull. */
	told(ms: number): void {
		this.#promised = Math.max(this.#promised, ms);
	}

	/** Every log was asked, at `now`, and had been told `every`; `false`: one did not answer in time. */
	pulled(now: number, ok: boolean, every: number): void {
		this.#failed = !ok;
		if (!ok) return;
		this.#freshAt = now;
		this.#promised = every;
	}

	/** Upper bound, ms. */
	behindMs(now: number): number {
		const since = Math.max(0, now - this.#freshAt);
		return this.#failed ? since : Math.min(since, this.#promised);
	}
}
