/** Test support. An archive in memory: real segments and journal tables, read by real tasks, with no platform beneath. */

import { sourcesOf } from "../../../schema/archive/testing.ts";
import { writeSegment } from "../../../schema/archive/write.ts";
import { encodeTable } from "../../../schema/core/columns.ts";
import { EVENT_LAYOUT, type EventRow } from "../../../schema/event.ts";
import { partitionOf } from "../../../schema/ids.ts";
import type { Bucket } from "./r2.ts";
import type { ArchiveSnapshot, ScanDeps } from "./run.ts";
import { runTask, type ScanStores } from "./task.ts";
import type { SegmentInfo } from "./tasks.ts";

/** Rows of a journal row, and journal rows of a segment. */
const TABLE_ROWS = 20;
const SEGMENT_TABLES = 5;

interface Journal {
	rows: EventRow[][];
	sealed: number;
}

/** Keys are never used twice: segments are remembered by them. */
let archives = 0;

export class MemoryArchive {
	readonly partitions: number;
	/** Tasks that were run. */
	tasks = 0;
	readonly #name = `archive${archives++}`;
	readonly #journals: Journal[];
	readonly #objects = new Map<string, Uint8Array>();
	#segments: (SegmentInfo & { partition: number })[] = [];

	/** Events in the order of arrival. */
	constructor(events: readonly EventRow[], partitions = 4) {
		this.partitions = partitions;
		this.#journals = Array.from({ length: partitions }, (_, partition) => {
			const mine = events.filter((event) => partitionOf(event.slot, partitions) === partition);
			const tables = Math.ceil(mine.length / TABLE_ROWS);
			const rows = Array.from({ length: tables }, (_, i) => mine.slice(i * TABLE_ROWS, (i + 1) * TABLE_ROWS));
			return { rows, sealed: 0 };
		});
	}

	/** Seals the next segment of each partition. */
	seal(props: readonly string[] = []): this {
		for (const [partition, journal] of this.#journals.entries()) {
			const rows = journal.rows.slice(journal.sealed, journal.sealed + SEGMENT_TABLES);
			if (rows.length === 0) continue;
			const { bytes, stats } = writeSegment(sourcesOf(rows.flat(), TABLE_ROWS, journal.sealed + 1), props);
			journal.sealed += rows.length;
			const key = `${this.#name}/${partition}/${journal.sealed}`;
			this.#objects.set(key, bytes);
			this.#segments.push({ key, partition, bytes: bytes.length, createdAt: 0, ...stats });
		}
		return this;
	}

	sealAll(props: readonly string[] = []): this {
		while (this.#journals.some(({ rows, sealed }) => sealed < rows.length)) this.seal(props);
		return this;
	}

	/** What a compaction does: other objects take the place of all there are, which go. */
	replace(): this {
		this.#segments = this.#segments.map((segment) => {
			const key = `${segment.key}'`;
			this.#objects.set(key, this.#objects.get(segment.key) ?? new Uint8Array());
			this.#objects.delete(segment.key);
			return { ...segment, key };
		});
		return this;
	}

	snapshot(range: { from: number; to: number }): ArchiveSnapshot {
		const segments = this.#segments.filter(({ minTs, maxTs }) => maxTs >= range.from && minTs < range.to);
		return { segments, sealed: new Map(this.#journals.map(({ sealed }, partition) => [partition, sealed])) };
	}

	readonly stores: ScanStores = {
		archive: { get: (key: string, options?: R2GetOptions) => this.#get(key, options) } as Bucket,
		tail: async (partition, { after }) => {
			const { rows, sealed } = this.#journals[partition] as Journal;
			const tables = rows
				.slice(after)
				.map((row, i) => ({ offset: after + i + 1, bytes: encodeTable(EVENT_LAYOUT, row) }));
			return { tables: after < sealed ? [] : tables, next: null, trimmed: sealed };
		},
	};

	async #get(key: string, options?: R2GetOptions) {
		const bytes = this.#objects.get(key);
		if (bytes === undefined) return null;
		const { offset = 0, length = bytes.length } = (options?.range ?? {}) as { offset?: number; length?: number };
		return { arrayBuffer: async () => bytes.slice(offset, offset + length).buffer };
	}

	deps(more: Partial<ScanDeps> = {}): ScanDeps {
		return {
			lanes: 6,
			partitions: this.partitions,
			snapshot: async (range) => this.snapshot(range),
			run: (task) => {
				this.tasks++;
				return runTask(this.stores, structuredClone(task));
			},
			now: Date.now,
			signal: null,
			...more,
		};
	}
}
