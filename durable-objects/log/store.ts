/** The only SQL of a log object. Row writes are the bill: one journal row a group commit, the rest at checkpoints. */
import type { TenantConfig } from "../../schema/metric.ts";
import { ALARMS_TABLE } from "../alarms.ts";
import { type MigrationStorage, type Migrations, migrate } from "../migrate.ts";
import { ANY_BUCKET, BUCKETS, bucketOf, IdBlob } from "./dedupe.ts";

/** Append only: a step that was released never changes. */
export const MIGRATIONS: Migrations = [
	ALARMS_TABLE,
	`CREATE TABLE journal (offset INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
	CREATE TABLE definitions (offset INTEGER PRIMARY KEY, config TEXT NOT NULL) STRICT;
	CREATE TABLE ids (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
	CREATE TABLE sessions (page INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
	CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`,
];

/** What a wake starts from; journal rows after `offset` are replayed. */
export interface Checkpoint {
	offset: number;
	/** When it was written, epoch ms. */
	at: number;
	journalBytes: number;
	idBytes: number;
	/** Ids committed before this are no longer known (byte cap), epoch ms; 0: none was dropped. */
	idsFrom: number;
}

/** What is known of the metric objects, as of a journal offset: offset held, and offset up to which nothing waits. */
export interface Forwarded {
	offset: number;
	lanes: Record<string, [held: number, clean: number]>;
}

export interface StoredRow {
	offset: number;
	bytes: Uint8Array;
}

const NO_CHECKPOINT: Checkpoint = { offset: 0, at: 0, journalBytes: 0, idBytes: 0, idsFrom: 0 };
const NOT_FORWARDED: Forwarded = { offset: 0, lanes: {} };

/** An id blob's key orders by hour, then bucket, then age: hour · 2^21 + bucket · 2^16 + sequence. */
const HOUR_KEYS = 2 ** 21;
const BUCKET_KEYS = 2 ** 16;
const keyOf = (hour: number, bucket: number) => hour * HOUR_KEYS + bucket * BUCKET_KEYS;
const hourOf = (key: number) => Math.floor(key / HOUR_KEYS);

export class LogStore {
	readonly #storage: MigrationStorage;
	readonly #sql: MigrationStorage["sql"];

	constructor(storage: MigrationStorage) {
		this.#storage = storage;
		this.#sql = storage.sql;
		migrate(storage, MIGRATIONS);
	}

	transaction<T>(write: () => T): T {
		return this.#storage.transactionSync(write);
	}

	appendRow(offset: number, bytes: Uint8Array): void {
		this.#sql.exec("INSERT INTO journal (offset, bytes) VALUES (?, ?)", offset, bytes);
	}

	/** Rows after an offset, in order, read one by one: do not write while reading. */
	*rowsAfter(offset: number): Generator<StoredRow> {
		const cursor = this.#sql.exec("SELECT offset, bytes FROM journal WHERE offset > ? ORDER BY offset", offset);
		for (const row of cursor) yield { offset: Number(row.offset), bytes: blob(row.bytes) };
	}

	/** Rows after an offset up to `limit` bytes, at least one where there is one. */
	chunkAfter(offset: number, limit: number): StoredRow[] {
		const rows: StoredRow[] = [];
		let bytes = 0;
		for (const row of this.rowsAfter(offset)) {
			rows.push(row);
			bytes += row.bytes.length;
			if (bytes >= limit) break;
		}
		return rows;
	}

	newestOffset(): number {
		return Number(this.#sql.exec("SELECT COALESCE(MAX(offset), 0) AS newest FROM journal").one().newest);
	}

	putConfig(offset: number, config: TenantConfig): void {
		const json = JSON.stringify(config);
		this.#sql.exec("INSERT OR REPLACE INTO definitions (offset, config) VALUES (?, ?)", offset, json);
	}

	/** The config that held for the row at `offset`, or null where there was none yet. */
	configAt(offset: number): TenantConfig | null {
		const found = this.#sql
			.exec("SELECT config FROM definitions WHERE offset <= ? ORDER BY offset DESC LIMIT 1", offset)
			.toArray();
		return found[0] === undefined ? null : (JSON.parse(String(found[0].config)) as TenantConfig);
	}

	readCheckpoint(): Checkpoint {
		return this.#read("checkpoint", NO_CHECKPOINT);
	}

	putCheckpoint(checkpoint: Checkpoint): void {
		this.#write("checkpoint", checkpoint);
	}

	readForwarded(): Forwarded {
		return this.#read("forwarded", NOT_FORWARDED);
	}

	putForwarded(forwarded: Forwarded): void {
		this.#write("forwarded", forwarded);
	}

	readSessions(): Uint8Array[] {
		return this.#sql
			.exec("SELECT bytes FROM sessions ORDER BY page")
			.toArray()
			.map((row) => blob(row.bytes));
	}

	putSessions(pages: readonly Uint8Array[]): void {
		pages.forEach((bytes, page) => {
			this.#sql.exec("INSERT OR REPLACE INTO sessions (page, bytes) VALUES (?, ?)", page, bytes);
		});
		this.#sql.exec("DELETE FROM sessions WHERE page >= ?", pages.length);
	}

	putIds(hour: number, bucket: number, bytes: Uint8Array): void {
		const first = keyOf(hour, bucket);
		const last = this.#sql
			.exec("SELECT MAX(key) AS last FROM ids WHERE key >= ? AND key < ?", first, first + BUCKET_KEYS)
			.one().last;
		this.#sql.exec("INSERT INTO ids (key, bytes) VALUES (?, ?)", last === null ? first : Number(last) + 1, bytes);
	}

	/** Deletes the ids of hours before `hour`; answers the bytes that were freed. */
	dropIdsBefore(hour: number): number {
		const key = keyOf(hour, 0);
		const freed = this.#sql.exec("SELECT COALESCE(SUM(LENGTH(bytes)), 0) AS n FROM ids WHERE key < ?", key).one().n;
		if (freed !== 0) this.#sql.exec("DELETE FROM ids WHERE key < ?", key);
		return Number(freed);
	}

	oldestIdHour(): number | null {
		const key = this.#sql.exec("SELECT MIN(key) AS key FROM ids").one().key;
		return key === null ? null : hourOf(Number(key));
	}

	/** Which of some ids are in blobs of `fromHour` or later. Reads each blob that could hold one once. */
	findIds(ids: readonly { hi: number; lo: number }[], fromHour: number): boolean[] {
		const found = ids.map(() => false);
		const buckets = new Set(ids.map(({ hi }) => bucketOf(hi)));
		const newest = this.#sql.exec("SELECT MAX(key) AS key FROM ids").one().key;
		if (newest === null) return found;
		for (let hour = Math.max(fromHour, this.oldestIdHour() ?? 0); hour <= hourOf(Number(newest)); hour++) {
			for (const bucket of [ANY_BUCKET, ...buckets]) {
				for (const blobOfIds of this.#idBlobs(keyOf(hour, bucket), keyOf(hour, bucket) + BUCKET_KEYS)) {
					ids.forEach(({ hi, lo }, i) => {
						found[i] ||= (bucket === ANY_BUCKET || bucket === bucketOf(hi)) && blobOfIds.has(hi, lo);
					});
				}
			}
		}
		return found;
	}

	/**
	 * The ids of the newest whole hours, as many as fit into `bytes`, oldest hour first. `since`: the hour they begin
	 * with, or null where these are all ids there are.
	 */
	newestIds(bytes: number): { since: number | null; hours: { hour: number; blobs: IdBlob[] }[] } {
		const hours: { hour: number; blobs: IdBlob[] }[] = [];
		let left = bytes;
		let before = Number.MAX_SAFE_INTEGER;
		for (;;) {
			const last = this.#sql.exec("SELECT MAX(key) AS key FROM ids WHERE key < ?", before).one().key;
			if (last === null) return { since: null, hours: hours.reverse() };
			const hour = hourOf(Number(last));
			const [from, to] = [keyOf(hour, 0), keyOf(hour, BUCKETS + 1)];
			left -= Number(
				this.#sql.exec("SELECT SUM(LENGTH(bytes)) AS n FROM ids WHERE key >= ? AND key < ?", from, to).one().n,
			);
			if (left < 0) return { since: hour + 1, hours: hours.reverse() };
			hours.push({ hour, blobs: [...this.#idBlobs(from, to)] });
			before = from;
		}
	}

	*#idBlobs(from: number, to: number): Generator<IdBlob> {
		for (const row of this.#sql.exec("SELECT bytes FROM ids WHERE key >= ? AND key < ?", from, to)) {
			yield new IdBlob(blob(row.bytes));
		}
	}

	#read<T>(name: string, missing: T): T {
		const found = this.#sql.exec("SELECT value FROM state WHERE name = ?", name).toArray()[0];
		return found === undefined ? missing : (JSON.parse(String(found.value)) as T);
	}

	#write(name: string, value: unknown): void {
		this.#sql.exec("INSERT OR REPLACE INTO state (name, value) VALUES (?, ?)", name, JSON.stringify(value));
	}
}

function blob(value: SqlStorageValue | undefined): Uint8Array {
	if (!(value instanceof ArrayBuffer)) throw new TypeError("not a blob");
	return new Uint8Array(value);
}
