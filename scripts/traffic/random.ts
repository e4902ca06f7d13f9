/** A seeded stream of random numbers (mulberry32): the same seed gives the same traffic on every machine. */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	/** Uniform in [0, 1). */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) | 0;
		let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	}

	/** True with probability p. */
	chance(p: number): boolean {
		return this.next() < p;
	}

	/** Whole number in [0, n). */
	below(n: number): number {
		return Math.floor(this.next() * n);
	}

	/** Time to the next of `rate` arrivals a second (Poisson), ms. */
	gap(rate: number): number {
		return (-Math.log(1 - this.next()) / rate) * 1000;
	}

	/** Log-normal: how long people look at a page. `median` in the unit of the result. */
	around(median: number, spread: number): number {
		const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
		return median * Math.exp(spread * radius * Math.cos(2 * Math.PI * this.next()));
	}

	/** One of `items`, by weight. */
	pick<T>(items: readonly Weighted<T>[]): T {
		const total = items.reduce((sum, [, weight]) => sum + weight, 0);
		let left = this.next() * total;
		for (const [item, weight] of items) {
			left -= weight;
			if (left < 0) return item;
		}
		const last = items.at(-1);
		if (!last) throw new RangeError("nothing to pick from");
		return last[0];
	}
}

export type Weighted<T> = readonly [item: T, weight: number];

/** Weights 1, 1/2, 1/3, …: how popular the first, second, third thing is (Zipf, s = 1). */
export const zipf = <T>(items: readonly T[]): Weighted<T>[] => items.map((item, index) => [item, 1 / (index + 1)]);

/** The bare stream, for tests and benchmarks. */
export function randomFrom(seed: number): () => number {
	const random = new Random(seed);
	return () => random.next();
}
