/** The only SQL of a log object. Row writes are the bill: one journal row a group commit, the rest at checkpoints. */
import { funnelWindows, type TenantConfig } from "../../schema/metric.ts";
import { ALARMS_TABLE } from "../alarms.ts";
import { type MigrationStorage, type Migrations, migrate } from "../migrate.ts";
import { ANY_BUCKET, bucketOf, IdBlob } from "./dedupe.ts";
import type { StoredFunnel } from "./funnels.ts";

/** Append only: a step that was released never changes. */
export const MIGRATIONS: Migrations = [
	ALARMS_TABLE,
	`CREATE TABLE journal (offset INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
	CREATE TABLE definitions (offset INTEGER PRIMARY KEY, config TEXT NOT NULL) STRICT;
	CREATE TABLE ids (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
	CREATE TABLE sessions (page INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
	CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`,
	`CREATE TABLE funnels (
		metric TEXT NOT NULL, page INTEGER NOT NULL, head TEXT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (metric, page)
	) STRICT;`,
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

/** How far the journal is sealed into segments, and trimmed. */
export interface Sealed {
	/** Journal offset up to which all events are in catalogued segments. */
	offset: number;
	/** Bytes of the rows up to there that are still in the journal. */
	bytes: number;
	/** Last offset of the newest segment: rows between it and `offset` have no events. */
	archived: number;
	/** End of the span that is being sealed, or null: whoever tries again writes the same object. */
	next: number | null;
	/** Where the next trim ends: was sealed when its time was set. */
	trimTo: number;
	/** Offset up to which rows were deleted. */
	trimmed: number;
}

export interface StoredRow {
	offset: number;
	bytes: Uint8Array;
}

const NO_CHECKPOINT: Checkpoint = { offset: 0, at: 0, journalBytes: 0, idBytes: 0, idsFrom: 0 };
const NOT_FORWARDED: Forwarded = { offset: 0, lanes: {} };
const NOT_SEALED: Sealed = { offset: 0, bytes: 0, archived: 0, next: null, trimTo: 0, trimmed: 0 };

/** An id, and the period of commit (of ID_PERIOD_MS) from which on it is looked for. */
export interface SoughtId {
	hi: number;
	lo: number;
	from: number;
}

/** An id blob's key orders by period, then bucket, then age: period · 2^21 + bucket · 2^16 + sequence. */
const PERIOD_KEYS = 2 ** 21;
const BUCKET_KEYS = 2 ** 16;
const keyOf = (period: number, bucket: number) => period * PERIOD_KEYS + bucket * BUCKET_KEYS;
const placeOf = (key: number) => ({
	period: Math.floor(key / PERIOD_KEYS),
	bucket: Math.floor((key % PERIOD_KEYS) / BUCKET_KEYS),
});

/** The buckets are a bit mask; a blob of another one is passed over by its key, without being read. */
const FIND_IDS = `SELECT key, bytes FROM ids WHERE key >= ? AND key < ? AND (? >> ((key >> 16) & 31)) & 1
	ORDER BY key DESC`;

/** What is stored of a funnel beside its pages, as JSON. */
type FunnelHead = Omit<StoredFunnel, "pages">;

const PUT_FUNNEL = "INSERT OR REPLACE INTO funnels (metric, page, head, bytes) VALUES (?, ?, ?, ?)";

const ROW_SIZES = "SELECT offset, LENGTH(bytes) AS n FROM journal WHERE offset <= ? ORDER BY offset";

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

	/** The first row after an offset, or null at the end. */
	rowAfter(offset: number): StoredRow | null {
		for (const row of this.rowsAfter(offset)) return row;
		return null;
	}

	/** Deletes the oldest rows up to an offset, about `limit` bytes of them; answers how far it came, and the bytes. */
	trimRows(to: number, limit: number): { to: number; bytes: number } {
		const trimmed = { to, bytes: 0 };
		for (const row of this.#sql.exec(ROW_SIZES, to)) {
			trimmed.to = Number(row.offset);
			trimmed.bytes += Number(row.n);
			if (trimmed.bytes >= limit) break;
		}
		this.#sql.exec("DELETE FROM journal WHERE offset <= ?", trimmed.to);
		return trimmed;
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

	readSealed(): Sealed {
		return this.#read("sealed", NOT_SEALED);
	}

	putSealed(sealed: Sealed): void {
		this.#write("sealed", sealed);
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

	readFunnels(): StoredFunnel[] {
		const funnels: StoredFunnel[] = [];
		for (const row of this.#sql.exec("SELECT page, head, bytes FROM funnels ORDER BY metric, page")) {
			if (row.page === 0) funnels.push({ ...(JSON.parse(String(row.head)) as FunnelHead), pages: [] });
			funnels.at(-1)?.pages.push(blob(row.bytes));
		}
		return funnels;
	}

	/** Of all there are, or beside the others one that begins. */
	putFunnels(funnels: readonly StoredFunnel[], isAll: boolean): void {
		if (isAll) this.#sql.exec("DELETE FROM funnels");
		for (const { pages, ...head } of funnels) {
			for (const [page, bytes] of pages.entries()) {
				const json = page === 0 ? JSON.stringify(head satisfies FunnelHead) : "";
				this.#sql.exec(PUT_FUNNEL, funnelWindows(head.config), page, json, bytes);
			}
		}
	}

	putIds(period: number, bucket: number, bytes: Uint8Array): void {
		const first = keyOf(period, bucket);
		const last = this.#sql
			.exec("SELECT MAX(key) AS last FROM ids WHERE key >= ? AND key < ?", first, first + BUCKET_KEYS)
			.one().last;
		this.#sql.exec("INSERT INTO ids (key, bytes) VALUES (?, ?)", last === null ? first : Number(last) + 1, bytes);
	}

	/** Deletes the ids of periods before `period`; answers the bytes that were freed. */
	dropIdsBefore(period: number): number {
		const key = keyOf(period, 0);
		const freed = this.#sql.exec("SELECT COALESCE(SUM(LENGTH(bytes)), 0) AS n FROM ids WHERE key < ?", key).one().n;
		if (freed !== 0) this.#sql.exec("DELETE FROM ids WHERE key < ?", key);
		return Number(freed);
	}

	oldestIdPeriod(): number | null {
		const key = this.#sql.exec("SELECT MIN(key) AS key FROM ids").one().key;
		return key === null ? null : placeOf(Number(key)).period;
	}

	/**
	 * Whether each of some ids is in a blob of its `from` period to `to`; null where `bytes` of blobs were read before
	 * that was known. Reads each blob that could hold one, once, the newest first: the youngest events are the ones known.
	 */
	findIds(ids: readonly SoughtId[], to: number, bytes: number): (boolean | null)[] {
		const found: (boolean | null)[] = ids.map(() => false);
		const first = ids.reduce((oldest, { from }) => Math.min(oldest, from), to);
		const buckets = ids.reduce((mask, { hi }) => mask | (1 << bucketOf(hi)), 1 << ANY_BUCKET);
		let left = bytes;
		for (const row of this.#sql.exec(FIND_IDS, keyOf(first, 0), keyOf(to + 1, 0), buckets)) {
			const { period, bucket } = placeOf(Number(row.key));
			if (left <= 0) return found.map((is, i) => is || ((ids[i] as SoughtId).from <= period ? null : false));
			const bytesOfIds = blob(row.bytes);
			const blobOfIds = new IdBlob(bytesOfIds);
			left -= bytesOfIds.length;
			ids.forEach(({ hi, lo }, i) => {
				found[i] ||= (bucket === ANY_BUCKET || bucket === bucketOf(hi)) && blobOfIds.has(hi, lo);
			});
		}
		return found;
	}

	/**
	 * The ids of the newest whole periods, as many as fit into `bytes` and at least one, oldest first, read one by one.
	 * `since`: the period they begin with, or null where these are all ids there are.
	 */
	newestIds(bytes: number): { since: number | null; blobs: Iterable<{ period: number; ids: IdBlob }> } {
		const since = this.#sinceOf(bytes);
		return { since, blobs: this.#idBlobs(keyOf(since ?? 0, 0)) };
	}

	#sinceOf(bytes: number): number | null {
		let left = bytes;
		let newest: number | null = null;
		for (const row of this.#sql.exec("SELECT key, LENGTH(bytes) AS n FROM ids ORDER BY key DESC")) {
			const { period } = placeOf(Number(row.key));
			newest ??= period;
			left -= Number(row.n);
			if (left < 0 && period < newest) return period + 1;
		}
		return null;
	}

	*#idBlobs(from: number): Generator<{ period: number; ids: IdBlob }> {
		for (const row of this.#sql.exec("SELECT key, bytes FROM ids WHERE key >= ? ORDER BY key", from)) {
			yield { period: placeOf(Number(row.key)).period, ids: new IdBlob(blob(row.bytes)) };
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
