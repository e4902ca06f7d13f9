/**
 * What an isolate remembers of the stores, so that a hot route does not ask D1 for every request. Fresh entries are
 * answered at once; where the store then fails, an entry may serve until `staleMs`. No promise is shared between
 * requests: an object of one request's I/O cannot be awaited by another.
 */
export interface CacheOptions {
	freshMs: number;
	staleMs: number;
	entries: number;
	now?: () => number;
}

export class IsolateCache<T> {
	readonly #options: CacheOptions;
	readonly #entries = new Map<string, { value: T; at: number }>();

	constructor(options: CacheOptions) {
		this.#options = options;
	}

	async get(key: string, load: () => Promise<T>): Promise<T> {
		const now = this.#options.now ?? Date.now;
		const held = this.#entries.get(key);
		if (held && now() - held.at < this.#options.freshMs) return held.value;
		const asked = now();
		try {
			const value = await load();
			this.#put(key, value, asked);
			return value;
		} catch (error) {
			if (held && now() - held.at < this.#options.staleMs) return held.value;
			throw error;
		}
	}

	forget(key: string): void {
		this.#entries.delete(key);
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
		this.#entries.set(key, { value, at });
	}
}
