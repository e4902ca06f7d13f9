/** The only SQL of a metric object. Row writes are the bill: a quiet minute is one row, one for its hour, one of state. */
import type { Grain } from "../../schema/metric.ts";
import type { Section } from "../../schema/rollup.ts";
import { COLUMNS, type Column, join, pages, toRows, unpackSections } from "./codec.ts";

/** Append only: a step that was released never changes. */
export const MIGRATIONS = [
	`CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 0), epoch INTEGER NOT NULL, n INTEGER NOT NULL, offsets TEXT NOT NULL, zone TEXT);
	INSERT INTO state VALUES (0, 0, 0, '[]', NULL);
	CREATE TABLE pending (n INTEGER NOT NULL, page INTEGER NOT NULL, spans BLOB NOT NULL, PRIMARY KEY (n, page)) WITHOUT ROWID;
	CREATE TABLE windows (
		grain INTEGER NOT NULL, bucket INTEGER NOT NULL, page INTEGER NOT NULL, n INTEGER NOT NULL,
		total BLOB, slots BLOB, marginals BLOB, rest BLOB,
		PRIMARY KEY (grain, bucket, page)
	) WITHOUT ROWID;
	CREATE TABLE dirty (
		grain INTEGER NOT NULL, bucket INTEGER NOT NULL, due INTEGER NOT NULL, tries INTEGER NOT NULL,
		closed INTEGER NOT NULL, PRIMARY KEY (grain, bucket)
	) WITHOUT ROWID;`,
];

/** Days are merged from their hours when asked, and never stored. */
export type StoredGrain = "minute" | "hour";
const GRAIN: Record<Grain, number> = { minute: 0, hour: 1, day: 2 };
const GRAIN_NAMES = ["minute", "hour", "day"] as const;

export interface StoredState {
	epoch: number;
	n: number;
	offsets: [partition: number, offset: number][];
	zone: string | null;
}

/** A window as its rows have it, with the columns that were asked for. */
export interface FoundWindow {
	bucket: number;
	n: number;
	sections: Section[];
}

/** A window that its store downstream has not confirmed yet. */
export interface Dirty {
	grain: "hour" | "day";
	bucket: number;
	/** When to announce it (again), epoch ms. */
	due: number;
	/** Announcements since it last changed, without an answer. */
	tries: number;
	/** The last announcement said that it is closed. */
	closed: boolean;
}

type Value = ArrayBuffer | string | number | null;

export class MetricStore {
	readonly #storage: DurableObjectStorage;
	readonly #sql: SqlStorage;

	constructor(storage: DurableObjectStorage) {
		this.#storage = storage;
		this.#sql = storage.sql;
	}

	/** All of it or nothing. */
	transaction(write: () => void): void {
		this.#storage.transactionSync(write);
	}

	state(): StoredState {
		const row = this.#sql
			.exec<{ epoch: number; n: number; offsets: string; zone: string | null }>("SELECT * FROM state")
			.one();
		return { epoch: row.epoch, n: row.n, offsets: JSON.parse(row.offsets) as [number, number][], zone: row.zone };
	}

	saveState(n: number, offsets: ReadonlyMap<number, number>): void {
		this.#sql.exec("UPDATE state SET n = ?, offsets = ?", n, JSON.stringify([...offsets]));
	}

	saveZone(zone: string): void {
		this.#sql.exec("UPDATE state SET zone = ?", zone);
	}

	appendPending(n: number, spans: Uint8Array): void {
		for (const [page, bytes] of pages(spans).entries())
			this.#sql.exec("INSERT INTO pending VALUES (?, ?, ?)", n, page, bytes);
	}

	/** Pending rows, oldest first. */
	pending(): { n: number; spans: Uint8Array }[] {
		const pieces = new Map<number, Uint8Array[]>();
		for (const row of this.#sql.exec<{ n: number; spans: ArrayBuffer }>(
			"SELECT n, spans FROM pending ORDER BY n, page",
		)) {
			const bytes = new Uint8Array(row.spans);
			const known = pieces.get(row.n);
			if (known === undefined) pieces.set(row.n, [bytes]);
			else known.push(bytes);
		}
		return [...pieces].map(([n, parts]) => ({ n, spans: join(parts) }));
	}

	deletePending(rows: readonly number[]): void {
		for (const n of rows) this.#sql.exec("DELETE FROM pending WHERE n = ?", n);
	}

	/** The n of one stored window, or 0. Reads no blob. */
	versionOf(grain: StoredGrain, bucket: number): number {
		const [row] = this.#sql
			.exec<{ n: number }>("SELECT n FROM windows WHERE grain = ? AND bucket = ? AND page = 0", GRAIN[grain], bucket)
			.toArray();
		return row?.n ?? 0;
	}

	/** The highest n of stored windows in [from, to), or 0. Reads no blob. */
	newest(grain: StoredGrain, from: number, to: number): number {
		const row = this.#sql
			.exec<{ n: number | null }>(
				"SELECT MAX(n) AS n FROM windows WHERE grain = ? AND bucket >= ? AND bucket < ? AND page = 0",
				GRAIN[grain],
				from,
				to,
			)
			.one();
		return row.n ?? 0;
	}

	/** Windows of [from, to) in order, with these columns only. */
	windows(grain: StoredGrain, from: number, to: number, columns: readonly Column[] = COLUMNS): FoundWindow[] {
		const rows = this.#sql.exec<Record<string, Value>>(
			`SELECT bucket, n, ${columns.join(", ")} FROM windows WHERE grain = ? AND bucket >= ? AND bucket < ?${onlyFirstPage(columns)} ORDER BY bucket, page`,
			GRAIN[grain],
			from,
			to,
		);
		const found: FoundWindow[] = [];
		let pieces: Record<string, Value>[] = [];
		for (const row of rows) {
			if (pieces.length > 0 && pieces[0]?.bucket !== row.bucket) {
				found.push(assemble(pieces, columns));
				pieces = [];
			}
			pieces.push(row);
		}
		if (pieces.length > 0) found.push(assemble(pieces, columns));
		return found;
	}

	window(grain: StoredGrain, bucket: number, columns: readonly Column[] = COLUMNS): FoundWindow | undefined {
		return this.windows(grain, bucket, bucket + 1, columns)[0];
	}

	/** Starts of the stored windows of [from, to) in order, with their n. Reads no blob. */
	versions(grain: StoredGrain, from: number, to: number): { bucket: number; n: number }[] {
		return this.#sql
			.exec<{ bucket: number; n: number }>(
				"SELECT bucket, n FROM windows WHERE grain = ? AND bucket >= ? AND bucket < ? AND page = 0 ORDER BY bucket",
				GRAIN[grain],
				from,
				to,
			)
			.toArray();
	}

	/** Replaces a window's rows. */
	putWindow(grain: StoredGrain, { bucket, n, sections }: FoundWindow): void {
		const rows = toRows(sections);
		for (const [page, { total = null, slots = null, marginals = null, rest = null }] of rows.entries()) {
			this.#sql.exec(
				"INSERT OR REPLACE INTO windows VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
				GRAIN[grain],
				bucket,
				page,
				n,
				total,
				slots,
				marginals,
				rest,
			);
		}
		this.#sql.exec(
			"DELETE FROM windows WHERE grain = ? AND bucket = ? AND page >= ?",
			GRAIN[grain],
			bucket,
			rows.length,
		);
	}

	/** Minutes of [from, to) that were folded with an n over this one. */
	changedMinutes(from: number, to: number, after: number): number[] {
		return this.#sql
			.exec<{ bucket: number }>(
				"SELECT bucket FROM windows WHERE grain = 0 AND bucket >= ? AND bucket < ? AND page = 0 AND n > ?",
				from,
				to,
				after,
			)
			.toArray()
			.map((row) => row.bucket);
	}

	oldest(grain: StoredGrain): number | null {
		return this.#sql
			.exec<{ bucket: number | null }>("SELECT MIN(bucket) AS bucket FROM windows WHERE grain = ?", GRAIN[grain])
			.one().bucket;
	}

	deleteBefore(grain: StoredGrain, bucket: number): void {
		this.#sql.exec("DELETE FROM windows WHERE grain = ? AND bucket < ?", GRAIN[grain], bucket);
	}

	deleteRange(grain: StoredGrain, from: number, to: number): void {
		this.#sql.exec("DELETE FROM windows WHERE grain = ? AND bucket >= ? AND bucket < ?", GRAIN[grain], from, to);
	}

	/** Starts of all stored windows of a grain. */
	buckets(grain: StoredGrain): number[] {
		const rows = this.#sql.exec<{ bucket: number }>(
			"SELECT DISTINCT bucket FROM windows WHERE grain = ?",
			GRAIN[grain],
		);
		return [...rows].map((row) => row.bucket);
	}

	/** One window's entry, or those that are due. */
	dirty(grain: "hour" | "day", bucket: number): Dirty | undefined {
		return this.#dirty("WHERE grain = ? AND bucket = ?", GRAIN[grain], bucket)[0];
	}

	due(now: number): Dirty[] {
		return this.#dirty("WHERE due <= ? ORDER BY grain, bucket", now);
	}

	nextDue(): number | null {
		return this.#sql.exec<{ due: number | null }>("SELECT MIN(due) AS due FROM dirty").one().due;
	}

	putDirty({ grain, bucket, due, tries, closed }: Dirty): void {
		this.#sql.exec(
			"INSERT OR REPLACE INTO dirty VALUES (?, ?, ?, ?, ?)",
			GRAIN[grain],
			bucket,
			due,
			tries,
			Number(closed),
		);
	}

	deleteDirty(grain: "hour" | "day", bucket: number): void {
		this.#sql.exec("DELETE FROM dirty WHERE grain = ? AND bucket = ?", GRAIN[grain], bucket);
	}

	deleteDirtyBefore(bucket: number): void {
		this.#sql.exec("DELETE FROM dirty WHERE bucket < ?", bucket);
	}

	#dirty(where: string, ...values: number[]): Dirty[] {
		return this.#sql
			.exec<{ grain: number; bucket: number; due: number; tries: number; closed: number }>(
				`SELECT * FROM dirty ${where}`,
				...values,
			)
			.toArray()
			.map((row) => ({ ...row, grain: GRAIN_NAMES[row.grain] === "hour" ? "hour" : "day", closed: row.closed === 1 }));
	}
}

/** Totals always start on the first page, and are far smaller than one: their readers skip the others. */
function onlyFirstPage(columns: readonly Column[]): string {
	return columns.every((c) => c === "total" || c === "slots") ? " AND page = 0" : "";
}

function assemble(rows: Record<string, Value>[], columns: readonly Column[]): FoundWindow {
	const sections = columns.flatMap((column) => {
		const pieces = rows.map((row) => row[column]).filter((piece) => piece instanceof ArrayBuffer);
		return unpackSections(join(pieces.map((piece) => new Uint8Array(piece))));
	});
	return { bucket: Number(rows[0]?.bucket), n: Number(rows[0]?.n), sections };
}
