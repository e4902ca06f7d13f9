/** Asks a few at a time, so that what stands first on the screen is drawn first. */

/** A browser holds six connections to a host under HTTP/1.1; a seventh would only wait out of sight. */
const AT_ONCE = 6;

export class Queue {
	#running = 0;
	readonly #waiting: (() => void)[] = [];
	readonly #atOnce: number;

	constructor(atOnce = AT_ONCE) {
		this.#atOnce = atOnce;
	}

	/** Runs the work when its turn comes. Work that is called off while it waits takes no turn. @throws what it throws */
	async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
		if (this.#running >= this.#atOnce) await this.#turn();
		else this.#running++;
		try {
			signal.throwIfAborted();
			return await work();
		} finally {
			this.#next();
		}
	}

	/** Until somebody hands over their place. */
	#turn(): Promise<void> {
		return new Promise((resolve) => this.#waiting.push(resolve));
	}

	#next(): void {
		const next = this.#waiting.shift();
		if (next) next();
		else this.#running--;
	}
}
