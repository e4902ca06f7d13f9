/** How far the object may be behind its logs, and when they are to come next. Pure; forgotten at eviction. */

/** With viewers, or queries in the last minute. Four frames a second read as live. */
export const WATCHED_MS = 250;
/** When nobody looks: each coming is a request, a row and some milliseconds. */
export const IDLE_MS = 5_000;
/** A query keeps a metric watched this long: dashboards ask again within a minute. */
export const INTEREST_MS = 60_000;
/** Spans a second that one object hears at most, over all partitions. */
const SPANS_PER_SECOND = 300;

/** While frames go, logs that sent nothing are asked this often: one may have failed to come and be waiting to try again. */
const HEAR_EVERY_MS = 5_000;
/** What logs were told is believed this long after they were all heard: until the next asking, which takes at most 1 s. */
const TRUST_MS = HEAR_EVERY_MS + 2_000;

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
	/** Everything that any log had taken by this moment is in. */
	#freshAt: number;
	/** A log could not be reached: what it was told means nothing. */
	#failed = false;
	/** Logs there are; not known before they were asked. */
	#partitions = Number.POSITIVE_INFINITY;
	/** Everything that a log had taken by this moment is in, by what it sent: its spans leave nothing out. */
	readonly #heard = new Map<number, number>();

	constructor(now: number) {
		this.#freshAt = now - IDLE_MS;
	}

	/** A log was told to come within this. Shorter waits hold for all only after a pull. */
	told(ms: number): void {
		this.#promised = Math.max(this.#promised, ms);
	}

	/** A partition's span is in whose newest event was received then. One that catches up says so by an old one. */
	heard(partition: number, receivedAt: number, now: number): void {
		this.#heard.set(partition, Math.max(this.#heard.get(partition) ?? 0, Math.min(receivedAt, now)));
		if (this.#heard.size < this.#partitions) return;
		const all = Math.min(...this.#heard.values());
		if (all <= this.#freshAt) return;
		this.#freshAt = all;
		this.#failed = false;
	}

	/** Every log was asked, at `now`, and had been told `every`; `false`: one did not answer in time. */
	pulled(now: number, ok: boolean, every: number, partitions: number): void {
		this.#failed = !ok;
		this.#partitions = partitions;
		if (!ok) return;
		this.#freshAt = Math.max(this.#freshAt, now);
		this.#promised = every;
	}

	/** Nothing was heard of all logs for so long that they should be asked: they may have failed to come. */
	isQuiet(now: number): boolean {
		return now - this.#freshAt >= HEAR_EVERY_MS;
	}

	/** Upper bound, ms. What logs were told counts as long as they are heard: one that fails to come cannot say so. */
	behindMs(now: number): number {
		const since = Math.max(0, now - this.#freshAt);
		return this.#failed || since > TRUST_MS ? since : Math.min(since, this.#promised);
	}
}
