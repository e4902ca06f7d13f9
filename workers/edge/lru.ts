/**
 * A bounded memory of what was computed before, in two generations: what is asked for again survives, the rest goes
 * when the young generation is full. It never holds more than twice `capacity`, and a hit costs one or two map reads
 * (an exact LRU would rewrite its order on each).
 */
export class Lru<V extends NonNullable<unknown>> {
	readonly #capacity: number;
	#young = new Map<string, V>();
	#old = new Map<string, V>();

	constructor(capacity: number) {
		this.#capacity = capacity;
	}

	get(key: string): V | undefined {
		const value = this.#young.get(key);
		if (value !== undefined) return value;
		const older = this.#old.get(key);
		if (older !== undefined) this.set(key, older);
		return older;
	}

	set(key: string, value: V): void {
		if (this.#young.size >= this.#capacity) {
			this.#old = this.#young;
			this.#young = new Map();
		}
		this.#young.set(key, value);
	}

	/** The remembered value, or what `compute` makes of the key. */
	of(key: string, compute: (key: string) => V): V {
		const known = this.get(key);
		if (known !== undefined) return known;
		const value = compute(key);
		this.set(key, value);
		return value;
	}

	get size(): number {
		return this.#young.size + this.#old.size;
	}
}
