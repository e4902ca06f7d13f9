/** SQLite as an object's storage has it, in Node: for tests of what only needs SQL. */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

export interface TestStorage {
	sql: Pick<SqlStorage, "exec">;
	transactionSync<T>(closure: () => T): T;
	getAlarm(): Promise<number | null>;
	setAlarm(at: number): Promise<void>;
	deleteAlarm(): Promise<void>;
	/** The one alarm. */
	alarm: number | null;
	schema(): unknown[];
}

export function testStorage(): TestStorage {
	const db = new DatabaseSync(":memory:");
	const exec = (query: string, ...bindings: SQLInputValue[]) => {
		if (bindings.length === 0 && !/^\s*(SELECT|INSERT)/.test(query)) {
			db.exec(query);
			return Object.assign([], { one: () => ({}), toArray: () => [] });
		}
		const rows = db.prepare(query).all(...bindings);
		for (const row of rows) {
			for (const [name, value] of Object.entries(row)) {
				if (value instanceof Uint8Array) row[name] = value.slice().buffer;
			}
		}
		return Object.assign(rows, { one: () => rows[0], toArray: () => rows });
	};
	const storage: TestStorage = {
		sql: { exec: exec as unknown as SqlStorage["exec"] },
		transactionSync(closure) {
			db.exec("SAVEPOINT test");
			try {
				const result = closure();
				db.exec("RELEASE test");
				return result;
			} catch (error) {
				db.exec("ROLLBACK TO test; RELEASE test");
				throw error;
			}
		},
		async getAlarm() {
			return storage.alarm;
		},
		async setAlarm(at) {
			storage.alarm = at;
		},
		async deleteAlarm() {
			storage.alarm = null;
		},
		alarm: null,
		schema: () => db.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all(),
	};
	return storage;
}
