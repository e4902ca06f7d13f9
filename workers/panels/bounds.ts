/** What one viewer may cause, and how much runs at once. */

/** Executions that a caller may cause at once: a dashboard of 60 panels with several queries each, over 8 objects. */
const BURST = 60;
/** And a second, from then on. */
const A_SECOND = 2;
/** Callers that are remembered; past it those who asked longest ago start anew. */
const MAX_CALLERS = 2_000;

/** A token bucket for each caller. Only executions take from it: what is answered from memory costs nothing. */
export class Callers {
	readonly #buckets = new Map<string, { tokens: number; at: number }>();

	/** Takes one; or answers after how many ms there will be one. 0: taken. `now` in epoch ms. */
	take(caller: string, now: number): number {
		const { tokens, at } = this.#buckets.get(caller) ?? { tokens: BURST, at: now };
		const filled = Math.min(BURST, tokens + (Math.max(0, now - at) / 1000) * A_SECOND);
		const left = filled >= 1 ? filled - 1 : filled;
		this.#buckets.delete(caller);
		this.#buckets.set(caller, { tokens: left, at: now });
		if (this.#buckets.size > MAX_CALLERS) this.#dropOldest();
		return filled >= 1 ? 0 : ((1 - filled) / A_SECOND) * 1000;
	}

	#dropOldest(): void {
		const oldest = this.#buckets.keys().next();
		if (!oldest.done) this.#buckets.delete(oldest.value);
	}
}

/** Lets so many run at once; the others wait in the order in which they came. */
export class Lanes {
	#free: number;
	readonly #waiting: (() => void)[] = [];

	constructor(lanes: number) {
		this.#free = lanes;
	}

	async run<T>(work: () => Promise<T>): Promise<T> {
		if (this.#free > 0) this.#free--;
		else await new Promise<void>((go) => this.#waiting.push(go));
		try {
			return await work();
		} finally {
			// Whoever goes next takes this lane over.
			const next = this.#waiting.shift();
			if (next === undefined) this.#free++;
			else next();
		}
	}
}
