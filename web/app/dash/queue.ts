/** Asks a few at a time, and what stands first on the screen first. */

/** A browser holds six connections to a host under HTTP/1.1; a seventh would only wait out of sight. */
const AT_ONCE = 6;
/** Under HTTP/2 and 3 all go by one: what most dashboards have is asked in one trip. */
const AT_ONCE_BY_ONE = 16;

/** How many requests may be on their way at once, by the protocol that brought the page. */
export function atOnce(): number {
	const [page] = performance.getEntriesByType("navigation");
	const protocol = page && "nextHopProtocol" in page ? page.nextHopProtocol : "";
	return protocol === "h2" || protocol === "h3" ? AT_ONCE_BY_ONE : AT_ONCE;
}

interface Waiting {
	rank: number;
	start: () => void;
}

export class Queue {
	#running = 0;
	readonly #waiting: Waiting[] = [];
	readonly #atOnce: number;

	constructor(most = AT_ONCE) {
		this.#atOnce = most;
	}

	/**
	 * Runs the work when its turn comes: the lowest rank first, and what came first among equals. Work that is called off
	 * while it waits takes no turn. @throws what it throws
	 */
	async run<T>(work: () => Promise<T>, signal: AbortSignal, rank = 0): Promise<T> {
		await this.#turn(rank);
		try {
			signal.throwIfAborted();
			return await work();
		} finally {
			this.#running--;
			this.#next();
		}
	}

	#turn(rank: number): Promise<void> {
		return new Promise((start) => {
			this.#waiting.push({ rank, start });
			// All that is asked in one go is ranked before the first of it starts.
			queueMicrotask(() => this.#next());
		});
	}

	#next(): void {
		while (this.#running < this.#atOnce && this.#waiting.length > 0) {
			const first = this.#waiting.reduce((best, one, i) => (one.rank < (this.#waiting[best]?.rank ?? 0) ? i : best), 0);
			const [next] = this.#waiting.splice(first, 1);
			this.#running++;
			next?.start();
		}
	}
}
