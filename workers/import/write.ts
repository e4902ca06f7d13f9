/**
 * Writes imported events as segments of the archive, at once and without the log: history is nobody's present.
 *
 * A file is cut at fixed numbers of lines, and a segment is named by what its lines say. So the same file again, whole
 * or after it broke off, finds each of its segments there, or noted (mark.ts).
 */
import { type SegmentSource, writeSegment } from "../../schema/archive/write.ts";
import { decodeTable, encodeTable } from "../../schema/core/columns.ts";
import { EVENT_LAYOUT, type EventRow } from "../../schema/event.ts";
import { segmentKey, type TenantId } from "../../schema/ids.ts";
import type { Env } from "../env.ts";
import { addSegment, putSegment } from "../store/archive.ts";
import { type Importing, type LineError, rowOf } from "./events.ts";
import { importName, isImported, noteImported } from "./mark.ts";
import type { ImportRecord } from "./records.ts";

/** Lines of a table: with 26 texts each, all different, they stay below the 65,535 that its dictionary holds. */
const BLOCK_LINES = 2_000;
/** Tables of a segment: some 60 MB while it is written, of an isolate's 128. */
const SEGMENT_BLOCKS = 25;
/** Errors that are listed; more are only counted. */
const LISTED = 1_000;

export interface Imported {
	/** Events that are in the archive now; `known` of them were before, from an earlier import of the same lines. */
	accepted: number;
	known: number;
	rejected: number;
	errors: LineError[];
	segments: number;
	/** Event names, and times of the oldest and newest event. */
	names: Set<string>;
	from: number;
	to: number;
}

export interface Target {
	tenant: TenantId;
	/** Declared props. */
	dimensions: readonly string[];
	now: number;
}

export async function importRecords(
	env: Env,
	target: Target,
	records: AsyncIterable<ImportRecord[]>,
	importing: Importing,
): Promise<Imported> {
	const writer = new Writer(env, target, importing);
	for await (const some of records) for (const record of some) await writer.add(record);
	return writer.finish();
}

class Writer {
	readonly #env: Env;
	readonly #target: Target;
	readonly #importing: Importing;
	readonly #imported: Imported = {
		accepted: 0,
		known: 0,
		rejected: 0,
		errors: [],
		segments: 0,
		names: new Set(),
		from: Number.POSITIVE_INFINITY,
		to: Number.NEGATIVE_INFINITY,
	};
	#lines: ImportRecord[] = [];
	#tables: SegmentSource[] = [];
	#digests: string[] = [];

	constructor(env: Env, target: Target, importing: Importing) {
		this.#env = env;
		this.#target = target;
		this.#importing = importing;
	}

	async add(record: ImportRecord): Promise<void> {
		this.#lines.push(record);
		if (this.#lines.length === BLOCK_LINES) await this.#endBlock();
		if (this.#digests.length === SEGMENT_BLOCKS) await this.#endSegment();
	}

	async finish(): Promise<Imported> {
		if (this.#lines.length > 0) await this.#endBlock();
		if (this.#digests.length > 0) await this.#endSegment();
		return this.#imported;
	}

	/** Makes a table of the lines. Two lines that are the same are two events: ids are of the place in the block. */
	async #endBlock(): Promise<void> {
		const lines = this.#lines;
		this.#lines = [];
		const digest = await digestOf(lines.map((line) => ("text" in line ? line.text : "")).join("\n"));
		const rows: EventRow[] = [];
		for (const [i, line] of lines.entries()) {
			const row = rowOf(line, `${digest} ${i}`, this.#importing);
			if ("code" in row) this.#reject(row);
			else rows.push(row);
		}
		this.#digests.push(digest);
		if (rows.length === 0) return;
		for (const { ts, name } of rows) this.#seen(ts, name ?? "");
		const table = decodeTable(EVENT_LAYOUT, encodeTable(EVENT_LAYOUT, rows));
		this.#tables.push({ table, offset: this.#digests.length });
	}

	#reject(error: LineError): void {
		this.#imported.rejected++;
		if (this.#imported.errors.length < LISTED) this.#imported.errors.push(error);
	}

	#seen(ts: number, name: string): void {
		const imported = this.#imported;
		imported.accepted++;
		imported.names.add(name);
		imported.from = Math.min(imported.from, ts);
		imported.to = Math.max(imported.to, ts);
	}

	async #endSegment(): Promise<void> {
		const [tables, digests] = [this.#tables, this.#digests];
		this.#tables = [];
		this.#digests = [];
		if (tables.length === 0) return;
		this.#imported.segments++;
		const digest = await digestOf(digests.join(" "));
		const { tenant } = this.#target;
		if (await isImported(this.#env, tenant, digest)) {
			for (const { table } of tables) this.#imported.known += table.rows;
			return;
		}
		await storeSegment(this.#env, this.#target, tables, digest);
		await noteImported(this.#env, tenant, digest);
	}
}

async function storeSegment(
	env: Env,
	{ tenant, dimensions, now }: Target,
	tables: readonly SegmentSource[],
	digest: string,
): Promise<void> {
	const encoded = writeSegment(tables, dimensions);
	const day = new Date(encoded.stats.minTs).toISOString().slice(0, 10);
	// Its rows are of every slot: the partition is only a place in the name and in the order of compaction.
	const partition = 0;
	const key = segmentKey(tenant, day, partition, importName(digest));
	const place = { key, tenant, partition, day, afterOffset: 0, lastOffset: 0, props: [...dimensions] };
	await addSegment(env, await putSegment(env, { ...place, source: "import", createdAt: now }, encoded));
}

/** Of SHA-256 the first 128 bits, hex. */
async function digestOf(text: string): Promise<string> {
	const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
	return new Uint8Array(hash, 0, 16).toHex();
}
