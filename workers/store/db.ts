import { drizzle } from "drizzle-orm/d1";
import type { Env } from "../env.ts";

export type StoreBindings = Pick<Env, "DB">;

/**
 * The database that holds a row. Sites name their shard from day one (`sites.d1_shard`); there is one shard so far,
 * and this function is where a second binding would be chosen.
 */
export const database = (env: StoreBindings) => drizzle(env.DB);
export type Database = ReturnType<typeof database>;
