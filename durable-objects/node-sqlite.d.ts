/** The part of Node's SQLite that tests use. Node's own types would bring its globals into the Worker's code. */
declare module "node:sqlite" {
	export type SQLInputValue = null | number | bigint | string | Uint8Array;
	export class DatabaseSync {
		constructor(path: string);
		exec(sql: string): void;
		prepare(sql: string): { all(...bindings: SQLInputValue[]): Record<string, unknown>[] };
	}
}
