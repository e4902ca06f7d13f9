/** Saved segments and funnels: what a site's people named, with a version that changes are compared by. */
import { type SQL, sql } from "drizzle-orm";
import { savedFunnels, savedSegments } from "../../schema/d1/tables.ts";
import type { Filter } from "../../schema/expression.ts";
import type { TenantId } from "../../schema/ids.ts";
import { Problem } from "../../schema/problem.ts";
import type { FunnelDefinition } from "../../schema/questions.ts";
import { Segments } from "../../schema/saved.ts";
import { database, type StoreBindings } from "./db.ts";

/** A row of either table; `body` is the filter or the definition. */
export interface Saved<Body> {
	id: string;
	name: string;
	body: Body;
	version: number;
	createdAt: number;
	updatedAt: number;
}

interface Row extends Omit<Saved<unknown>, "body"> {
	body: string;
}

/** The statements of one of the two tables, which differ in the name of one column. */
class Shelf<Body> {
	/** Most of them a site has (I8). */
	readonly limit: number;
	readonly #table: SQL;
	readonly #body: SQL;
	readonly #columns: SQL;

	constructor(table: typeof savedSegments | typeof savedFunnels, body: "filter" | "definition", limit: number) {
		this.limit = limit;
		this.#table = sql`${table}`;
		this.#body = sql`${sql.identifier(body)}`;
		this.#columns = sql`id, name, ${this.#body} AS body, version, created_at AS createdAt, updated_at AS updatedAt`;
	}

	async list(env: StoreBindings, tenant: TenantId): Promise<Saved<Body>[]> {
		const rows = await database(env).all<Row>(
			sql`SELECT ${this.#columns} FROM ${this.#table} WHERE tenant = ${tenant} ORDER BY name, id`,
		);
		return rows.map((row) => this.#read(row));
	}

	async find(env: StoreBindings, tenant: TenantId, id: string): Promise<Saved<Body> | undefined> {
		const [row] = await database(env).all<Row>(
			sql`SELECT ${this.#columns} FROM ${this.#table} WHERE tenant = ${tenant} AND id = ${id}`,
		);
		return row && this.#read(row);
	}

	/** Answers false where the site has `limit` of them already. */
	async insert(env: StoreBindings, tenant: TenantId, row: Omit<Saved<Body>, "version">): Promise<boolean> {
		const { id, name, createdAt, updatedAt } = row;
		const body = JSON.stringify(row.body);
		const { meta } = await database(env).run(
			sql`INSERT INTO ${this.#table} (tenant, id, name, ${this.#body}, created_at, updated_at)
				SELECT ${tenant}, ${id}, ${name}, ${body}, ${createdAt}, ${updatedAt}
				WHERE (SELECT count(*) FROM ${this.#table} WHERE tenant = ${tenant}) < ${this.limit}`,
		);
		return meta.changes > 0;
	}

	/** Changes it if it is still at `version`; answers whether it was. */
	async update(
		env: StoreBindings,
		tenant: TenantId,
		row: Pick<Saved<Body>, "id" | "name" | "body" | "version" | "updatedAt">,
	): Promise<boolean> {
		const { id, name, version, updatedAt } = row;
		const { meta } = await database(env).run(
			sql`UPDATE ${this.#table} SET name = ${name}, ${this.#body} = ${JSON.stringify(row.body)},
				version = version + 1, updated_at = ${updatedAt}
				WHERE tenant = ${tenant} AND id = ${id} AND version = ${version}`,
		);
		return meta.changes > 0;
	}

	/** Answers whether it was there. */
	async delete(env: StoreBindings, tenant: TenantId, id: string): Promise<boolean> {
		const { meta } = await database(env).run(sql`DELETE FROM ${this.#table} WHERE tenant = ${tenant} AND id = ${id}`);
		return meta.changes > 0;
	}

	/** Deletes all of a site's; answers how many. */
	async deleteAll(env: StoreBindings, tenant: TenantId): Promise<number> {
		const { meta } = await database(env).run(sql`DELETE FROM ${this.#table} WHERE tenant = ${tenant}`);
		return meta.changes;
	}

	/** Only what the API's schemas let in is ever stored. */
	#read(row: Row): Saved<Body> {
		return { ...row, body: JSON.parse(row.body) as Body };
	}
}

export const segmentShelf = new Shelf<Filter>(savedSegments, "filter", 200);
export const funnelShelf = new Shelf<FunnelDefinition>(savedFunnels, "definition", 50);

/** All of a site's segments, ready to be put in the place of references. */
export async function segmentsOf(env: StoreBindings, tenant: TenantId): Promise<Segments> {
	const all = await segmentShelf.list(env, tenant);
	return new Segments(new Map(all.map(({ id, body }) => [id, body])));
}

/** What a caller is told of references that cannot be replaced. Other errors come back as they are. */
export function segmentProblem(error: unknown): unknown {
	return error instanceof RangeError
		? new Problem(422, "segment", `${error.message}. GET /v1/segments lists the saved ones.`)
		: error;
}
