/**
 * Answers that a proxy remembers: in memory, the least recently used going first, and in the object's SQLite, so that
 * they outlive evictions and restarts, when a hundred walls ask at once and stores may be down.
 */
import { type MigrationStorage, migrate } from "../../durable-objects/migrate.ts";

/** JSON of an answer, and when its computation began, epoch ms. */
export interface Kept {
	body: string;
	at: number;
}

export const DAY_MS = 24 * 3_600_000;
/** Characters of bodies in memory. An object has 128 MB, and what runs in it needs most of that. */
const MEMORY_CHARS = 24 * 1024 * 1024;
/** UTF-8 bytes of a body in a row: SQLite there takes 2 MB. */
const ROW_BYTES = 1024 * 1024;
const MAX_ROWS = 500;
/** Rows that are written before the oldest ones are looked for. */
const TRIM_EVERY = 50;

const MIGRATIONS = [
	"CREATE TABLE answers (key TEXT PRIMARY KEY, body TEXT NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID; CREATE INDEX answers_at ON answers (at)",
];

export class Answers {
	readonly #storage: MigrationStorage;
	readonly #memory = new Map<string, Kept>();
	readonly #memoryChars: number;
	#chars = 0;
	#written = 0;

	/** Brings the storage to the newest schema. */
	constructor(storage: MigrationStorage, memoryChars = MEMORY_CHARS) {
		this.#storage = storage;
		this.#memoryChars = memoryChars;
		migrate(storage, MIGRATIONS);
	}

	/** Null where there is none of the last day. */
	get(key: string, now: number): Kept | null {
		const kept = this.#memory.get(key) ?? this.#read(key);
		if (kept === null || now - kept.at > DAY_MS) return null;
		this.#remember(key, kept);
		return kept;
	}

	put(key: string, kept: Kept): void {
		this.#remember(key, kept);
		if (new TextEncoder().encode(kept.body).length > ROW_BYTES) {
			this.#storage.sql.exec("DELETE FROM answers WHERE key = ?", key);
			return;
		}
		this.#storage.sql.exec("INSERT OR REPLACE INTO answers (key, body, at) VALUES (?, ?, ?)", key, kept.body, kept.at);
		if (this.#written++ % TRIM_EVERY === 0) this.#trim(kept.at);
	}

	/** Forgets all of them, for good. */
	clear(): void {
		this.#memory.clear();
		this.#chars = 0;
		this.#storage.sql.exec("DELETE FROM answers");
	}

	#read(key: string): Kept | null {
		const [row] = this.#storage.sql.exec("SELECT body, at FROM answers WHERE key = ?", key).toArray();
		return row === undefined ? null : { body: String(row.body), at: Number(row.at) };
	}

	#trim(now: number): void {
		this.#storage.sql.exec(
			"DELETE FROM answers WHERE at < ? OR at < (SELECT at FROM answers ORDER BY at DESC LIMIT 1 OFFSET ?)",
			now - DAY_MS,
			MAX_ROWS - 1,
		);
	}

	/** Last in the order of use. */
	#remember(key: string, kept: Kept): void {
		const before = this.#memory.get(key);
		if (before !== undefined) this.#forget(key, before);
		if (kept.body.length > this.#memoryChars) return;
		this.#memory.set(key, kept);
		this.#chars += kept.body.length;
		for (const [oldest, old] of this.#memory) {
			if (this.#chars <= this.#memoryChars) return;
			this.#forget(oldest, old);
		}
	}

	#forget(key: string, kept: Kept): void {
		this.#memory.delete(key);
		this.#chars -= kept.body.length;
	}
}
