/**
 * Migrations of an object's SQLite: append-only steps over a table that records which have run. Own code because
 * drizzle's migrator for objects hides the errors of a step, and SQLite's user_version is refused there.
 */

/** The part of `DurableObjectStorage` that is needed; tests in Node can stand in. */
export interface MigrationStorage {
	sql: Pick<SqlStorage, "exec">;
	transactionSync<T>(closure: () => T): T;
}

/** Steps in order, each one or more statements. Never edit or reorder one that has shipped: append. */
export type Migrations = readonly string[];

/** Runs the steps that have not run yet, each in its own transaction. Throws what SQLite throws; then no step is half done. */
export function migrate(storage: MigrationStorage, steps: Migrations): void {
	const { sql } = storage;
	sql.exec("CREATE TABLE IF NOT EXISTS migrations (step INTEGER PRIMARY KEY) STRICT");
	const done = Number(sql.exec("SELECT COUNT(*) AS done FROM migrations").one().done);
	if (done > steps.length) throw new Error(`storage is at step ${done}, this code knows ${steps.length}: a rollback?`);
	for (let step = done; step < steps.length; step++) {
		storage.transactionSync(() => {
			sql.exec(steps[step] as string);
			sql.exec("INSERT INTO migrations (step) VALUES (?)", step + 1);
		});
	}
}
