/** A site's quota of events a second, as a token bucket in each isolate: against floods, not for billing. */
import { Lru } from "./lru.ts";

/** Seconds of quota that may come at once: a beacon's and a cron job's traffic is bursty. */
const BURST_S = 10;
/** A full batch always fits into a full bucket, however small the quota. */
const MIN_BURST = 500;
/** Seconds to wait where the quota is 0. */
const CLOSED_S = 60;

interface Bucket {
	tokens: number;
	/** When `tokens` held, ms. */
	at: number;
}

export class Quotas {
	readonly #buckets = new Lru<Bucket>(10_000);

	/** Takes `events` tokens. Answers 0, or, having taken none, the seconds after which to try again. */
	take(site: string, perSecond: number | null, events: number, now: number): number {
		if (perSecond === null) return 0;
		if (perSecond <= 0) return CLOSED_S;
		const burst = Math.max(perSecond * BURST_S, MIN_BURST);
		const bucket = this.#buckets.of(site, () => ({ tokens: burst, at: now }));
		const earned = (Math.max(0, now - bucket.at) / 1000) * perSecond;
		bucket.tokens = Math.min(burst, bucket.tokens + earned);
		bucket.at = now;
		if (bucket.tokens < events) return Math.ceil((events - bucket.tokens) / perSecond);
		bucket.tokens -= events;
		return 0;
	}
}
