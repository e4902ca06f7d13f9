/** Counted sequences of labels as a tree of their prefixes: plain data that adds up, of bounded size. */

/** By node; node 0 is the empty prefix. A parent comes before its children. */
export interface TriePartial {
	labels: string[];
	/** Index into `labels`; 0 for node 0, where it means nothing. */
	label: number[];
	parent: number[];
	/** Sequences that begin with this prefix. */
	count: number[];
	/** False where rare prefixes were given up; what they counted is missing among their parent's children. */
	exact: boolean;
}

/** Labels that a key has room for beside the node: 2^26 of them, and 2^27 nodes. */
const LABELS = 2 ** 26;

export class Trie {
	exact = true;
	readonly #labels: string[] = [];
	readonly #byName = new Map<string, number>();
	readonly #children = new Map<number, number>();
	#label: number[] = [0];
	#parent: number[] = [-1];
	#count: number[] = [0];

	get size(): number {
		return this.#count.length;
	}

	/** The number of a label. */
	intern(name: string): number {
		let at = this.#byName.get(name);
		if (at === undefined) {
			at = this.#labels.push(name) - 1;
			this.#byName.set(name, at);
		}
		return at;
	}

	/** Counts `n` more at a node. */
	add(node: number, n: number): void {
		this.#count[node] = (this.#count[node] as number) + n;
	}

	/** The node of a prefix and one label more. */
	child(node: number, label: number): number {
		const key = node * LABELS + label;
		let at = this.#children.get(key);
		if (at === undefined) {
			at = this.#count.push(0) - 1;
			this.#label.push(label);
			this.#parent.push(node);
			this.#children.set(key, at);
		}
		return at;
	}

	addAll({ labels, label, parent, count, exact }: TriePartial): void {
		const to = labels.map((name) => this.intern(name));
		const nodes = new Uint32Array(count.length);
		for (let i = 0; i < count.length; i++) {
			if (i > 0) nodes[i] = this.child(nodes[parent[i] as number] as number, to[label[i] as number] as number);
			this.add(nodes[i] as number, count[i] as number);
		}
		this.exact &&= exact;
	}

	/** At most `most` nodes: the largest. A child counts no more than its parent, so what is kept stays a tree. */
	partial(most: number): TriePartial {
		const kept = this.#largest(most);
		const nodes = new Map<number, number>();
		const out: TriePartial = { labels: [], label: [], parent: [], count: [], exact: this.exact && kept === null };
		const names = new Map<number, number>();
		for (let i = 0; i < this.size; i++) {
			if (kept !== null && kept[i] === 0) continue;
			nodes.set(i, nodes.size);
			const label = this.#label[i] as number;
			if (i > 0 && !names.has(label)) names.set(label, out.labels.push(this.#labels[label] as string) - 1);
			out.label.push(names.get(label) ?? 0);
			out.parent.push(nodes.get(this.#parent[i] as number) ?? -1);
			out.count.push(this.#count[i] as number);
		}
		return out;
	}

	/** 1 for each node that is kept, null where all are. */
	#largest(most: number): Uint8Array | null {
		if (this.size <= most) return null;
		const order = Uint32Array.from({ length: this.size }, (_, i) => i);
		// Among equals the older node: a parent is older than its children.
		order.sort((a, b) => (this.#count[b] as number) - (this.#count[a] as number) || a - b);
		const kept = new Uint8Array(this.size);
		for (const node of order.subarray(0, most)) kept[node] = 1;
		return kept;
	}
}
