/**
 * What an isolate remembers of the stores, so that a hot route does not ask D1 for every request. Fresh entries are
 * answered at once; where the store then fails, an entry may serve until `staleMs`. A store that answers is believed:
 * a Problem below 500 is its answer. That something was not there is not remembered against a store that fails. No
 * promise is shared between requests: an object of one request's I/O cannot be awaited by another.
 */
import { Problem } from "../../schema/problem.ts";

export interface CacheOptions {
	freshMs: number;
	staleMs: number;
	/** After a failure, how long before the store is asked again for an entry that may serve. */
	retryMs: number;
	entries: number;
	now?: () => number;
}

export class IsolateCache<T> {
	readonly #options: CacheOptions;
	readonly #entries = new Map<string, { value: T; at: number; askAt: number }>();

	constructor(options: CacheOptions) {
		this.#options = options;
	}

	async get(key: string, load: () => Promise<T>): Promise<T> {
		const { now = Date.now, staleMs, retryMs } = this.#options;
		const held = this.#entries.get(key);
		const asked = now();
		if (held && asked < held.askAt && asked - held.at < staleMs) return held.value;
		try {
			const value = await load();
			this.#put(key, value, asked);
			return value;
		} catch (error) {
			if (error instanceof Problem && error.status < 500) this.forget(key);
			// Not `held`: what was forgotten meanwhile serves no more.
			const kept = this.#entries.get(key);
			if (!kept || kept.value === null || now() - kept.at >= staleMs) throw error;
			kept.askAt = now() + retryMs;
			return kept.value;
		}
	}

	forget(key: string): void {
		this.#entries.delete(key);
	}

	/** Asks anew next time; what is held serves on only where the store then fails. */
	expire(key: string): void {
		const held = this.#entries.get(key);
		if (held) held.askAt = 0;
	}

	clear(): void {
		this.#entries.clear();
	}

	/** Dated by when it was asked for, not answered: the age of a value is never understated. */
	#put(key: string, value: T, at: number): void {
		this.#entries.delete(key);
		if (this.#entries.size >= this.#options.entries) {
			const oldest = this.#entries.keys().next();
			if (!oldest.done) this.#entries.delete(oldest.value);
		}
		this.#entries.set(key, { value, at, askAt: at + this.#options.freshMs });
	}
}
