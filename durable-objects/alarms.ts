/**
 * Named alarms over the one alarm that an object has. Which are pending is kept in a table, so that they survive
 * eviction; the platform's alarm always stands at the earliest.
 */

/** Step for an object's `Migrations`. */
export const ALARMS_TABLE = "CREATE TABLE alarms (name TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT";

export interface AlarmStorage {
	sql: Pick<SqlStorage, "exec">;
	getAlarm(): Promise<number | null>;
	setAlarm(at: number): Promise<void>;
	deleteAlarm(): Promise<void>;
}

/** Pause before an alarm whose handler threw is tried again, ms: the platform's own retries are only six. */
export const RETRY_MS = 10_000;

/** The earliest of the pending times, or null where none is pending. Pure. */
export function computeNext(pending: ReadonlyMap<string, number>): number | null {
	let next: number | null = null;
	for (const at of pending.values()) if (next === null || at < next) next = at;
	return next;
}

/** Names due at `now`, earliest first. Pure. */
export function due(pending: ReadonlyMap<string, number>, now: number): string[] {
	return [...pending]
		.filter(([, at]) => at <= now)
		.sort((a, b) => a[1] - b[1])
		.map(([name]) => name);
}

/** `set` and `clear` only issue writes, without awaiting: inside `transactionSync` they belong to its transaction. */
export class Alarms<Name extends string> {
	readonly #storage: AlarmStorage;
	readonly #pending = new Map<string, number>();
	/** The name whose handler runs, and when it was asked for again meanwhile. */
	#running: { name: string; again: number | null } | null = null;

	constructor(storage: AlarmStorage) {
		this.#storage = storage;
		for (const row of storage.sql.exec("SELECT name, at FROM alarms"))
			this.#pending.set(String(row.name), Number(row.at));
		if (this.#pending.size > 0) void this.#reassert();
	}

	/** When `name` is pending, epoch ms, else null. */
	get(name: Name): number | null {
		return this.#pending.get(name) ?? null;
	}

	/** Sets or moves an alarm. */
	set(name: Name, at: number): void {
		if (this.#running?.name === name) {
			this.#running.again = at;
			return;
		}
		if (this.#pending.get(name) === at) return;
		const before = computeNext(this.#pending);
		this.#storage.sql.exec(
			"INSERT INTO alarms (name, at) VALUES (?, ?) ON CONFLICT DO UPDATE SET at = excluded.at",
			name,
			at,
		);
		this.#pending.set(name, at);
		this.#follow(before);
	}

	/** Sets an alarm unless it is pending already, at whatever time. */
	arm(name: Name, at: number): void {
		const isSet = this.#running?.name === name ? this.#running.again !== null : this.#pending.has(name);
		if (!isSet) this.set(name, at);
	}

	clear(name: Name): void {
		if (!this.#pending.has(name)) return;
		const before = computeNext(this.#pending);
		this.#storage.sql.exec("DELETE FROM alarms WHERE name = ?", name);
		this.#pending.delete(name);
		this.#follow(before);
	}

	/**
	 * To be called by the object's `alarm()`. Runs what is due, one after the other. While a handler runs its name stays
	 * in the table, so that a crash runs it again; what it, or anyone, asks for under that name meanwhile comes after.
	 * One that throws is tried again after RETRY_MS, the others run all the same.
	 */
	async run(now: number, handlers: Record<Name, () => void | Promise<void>>): Promise<void> {
		for (const name of due(this.#pending, now) as Name[]) {
			const running = { name, again: null as number | null };
			this.#running = running;
			try {
				await handlers[name]();
			} catch (error) {
				console.error(`alarm ${name} failed`, error);
				running.again ??= now + RETRY_MS;
			}
			this.#running = null;
			if (running.again === null) this.clear(name);
			else this.set(name, running.again);
		}
		const next = computeNext(this.#pending);
		if (next !== null) void this.#storage.setAlarm(next);
	}

	/**
	 * The platform gives an alarm up whose handler failed too often, and `arm` would wait for it for ever: each wake sees
	 * to it that what is pending has one. Where storage does not answer, the next wake does.
	 */
	async #reassert(): Promise<void> {
		try {
			const at = await this.#storage.getAlarm();
			const next = computeNext(this.#pending); // Only now: it may have changed meanwhile.
			if (next !== null && (at === null || at > next)) await this.#storage.setAlarm(next);
		} catch (error) {
			console.error("alarms could not be asserted", error);
		}
	}

	#follow(before: number | null): void {
		const next = computeNext(this.#pending);
		if (next === before) return;
		if (next === null) void this.#storage.deleteAlarm();
		else void this.#storage.setAlarm(next);
	}
}
