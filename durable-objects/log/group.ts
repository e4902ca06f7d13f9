/** The open group: what waits for the next commit, and the promise of all who wait for it. */
import type { EventTable } from "../../schema/event.ts";
import type { Reason } from "../../schema/metric.ts";
import type { Counts } from "./journal.ts";

export class Group {
	readonly tables: EventTable[] = [];
	bytes = 0;
	counts: Counts | null = null;
	/** Resolves when everything in the group is committed; rejects if it is not, and then the object is gone. */
	readonly done: Promise<void>;
	readonly #settle: { resolve: () => void; reject: (reason: unknown) => void };

	constructor() {
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		this.done = promise;
		this.#settle = { resolve, reject };
	}

	add(table: EventTable | null, counts: Counts): void {
		if (table !== null) {
			this.tables.push(table);
			this.bytes += table.bytes.length;
		}
		for (const [reason, count] of Object.entries(counts) as [Reason, number][]) {
			this.counts ??= {};
			this.counts[reason] = (this.counts[reason] ?? 0) + count;
		}
	}

	committed(): void {
		this.#settle.resolve();
	}

	failed(error: unknown): void {
		this.#settle.reject(error);
	}
}
