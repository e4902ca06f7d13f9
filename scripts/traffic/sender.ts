import type { IngestAnswer, WireEvent } from "../../schema/event.ts";

export interface SenderOptions {
	url: string;
	key: string;
	/** Requests in flight at once. */
	lanes: number;
	now?: () => number;
	wait?: (ms: number) => Promise<void>;
	fetch?: typeof globalThis.fetch;
}

export interface Totals {
	sent: number;
	accepted: number;
	rejected: number;
	requests: number;
	retries: number;
	/** Events of batches that were given up. */
	lost: number;
}

/** A batch that is refused this often is given up: with the backoff below that is about two minutes. */
const MAX_ATTEMPTS = 10;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 20_000;
/** A request without an answer is a failed one. */
const TIMEOUT_MS = 30_000;

/** Posts batches, at most `lanes` at once; a retry has the same ids, so that it counts once (I2). */
export class Sender {
	readonly totals: Totals = { sent: 0, accepted: 0, rejected: 0, requests: 0, retries: 0, lost: 0 };
	/** Latencies (ms) of answered requests since `takeLatencies`. */
	#latencies: number[] = [];
	#open = new Set<Promise<void>>();
	#options: Required<SenderOptions>;
	/** The first rejection or error, for the summary. */
	complaint: string | undefined;

	constructor(options: SenderOptions) {
		const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
		this.#options = { now: () => performance.now(), wait, fetch: globalThis.fetch, ...options };
	}

	/** Resolves once a lane is free and has taken the batch. */
	async send(events: WireEvent[]): Promise<void> {
		while (this.#open.size >= this.#options.lanes) await Promise.race(this.#open);
		const sending = this.#deliver(events).finally(() => this.#open.delete(sending));
		this.#open.add(sending);
	}

	async drain(): Promise<void> {
		await Promise.all(this.#open);
	}

	takeLatencies(): number[] {
		const taken = this.#latencies;
		this.#latencies = [];
		return taken;
	}

	async #deliver(events: WireEvent[]): Promise<void> {
		this.totals.sent += events.length;
		const body = JSON.stringify({ v: 1, events });
		for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
			if (attempt > 0) this.totals.retries++;
			const retryMs = await this.#post(body, events.length);
			if (retryMs === null) return;
			const backoff = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt);
			await this.#options.wait(retryMs + backoff * (0.5 + Math.random() / 2));
		}
		this.totals.lost += events.length;
	}

	/** One attempt: null once the batch is settled, else how long (ms) the server wants us to wait. */
	async #post(body: string, count: number): Promise<number | null> {
		const started = this.#options.now();
		try {
			const response = await this.#options.fetch(`${this.#options.url}/v1/events`, {
				method: "POST",
				headers: { authorization: `Bearer ${this.#options.key}`, "content-type": "application/json" },
				body,
				signal: AbortSignal.timeout(TIMEOUT_MS),
			});
			const text = await response.text();
			this.totals.requests++;
			this.#latencies.push(this.#options.now() - started);
			if (response.ok) return this.#count(JSON.parse(text));
			this.complaint ??= `${response.status} ${text.slice(0, 300)}`;
			if (response.status === 429 || response.status >= 500) {
				return (Number(response.headers.get("retry-after")) || 0) * 1000;
			}
			this.totals.rejected += count;
			return null;
		} catch (error) {
			this.complaint ??= String(error);
			return 0;
		}
	}

	#count(answer: IngestAnswer): null {
		this.totals.accepted += answer.accepted;
		this.totals.rejected += answer.rejected.length;
		const [first] = answer.rejected;
		if (first) this.complaint ??= `${first.code}: ${first.message}`;
		return null;
	}
}

/** The q-quantile of the values, or 0 where there are none. */
export function quantile(values: readonly number[], q: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}
