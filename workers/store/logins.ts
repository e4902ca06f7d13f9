import { eq, inArray, lt, sql } from "drizzle-orm";
import { loginFailures } from "../../schema/d1/tables.ts";
import { database, type StoreBindings } from "./db.ts";

export type Failures = typeof loginFailures.$inferSelect;

/**
 * Counts a failed login of each of these, in a window of `windowMs` that begins with the first one; answers the counts.
 * One statement, so that logins sent at once are all counted.
 */
export async function countFailures(
	env: StoreBindings,
	who: readonly string[],
	now: number,
	windowMs: number,
): Promise<Failures[]> {
	const isOver = sql`${loginFailures.since} <= ${now - windowMs}`;
	return database(env)
		.insert(loginFailures)
		.values(who.map((one) => ({ who: one, failures: 1, since: now })))
		.onConflictDoUpdate({
			target: loginFailures.who,
			set: {
				failures: sql`CASE WHEN ${isOver} THEN 1 ELSE ${loginFailures.failures} + 1 END`,
				since: sql`CASE WHEN ${isOver} THEN ${now} ELSE ${loginFailures.since} END`,
			},
		})
		.returning()
		.all();
}

export async function forgetFailures(env: StoreBindings, who: string): Promise<void> {
	await database(env).delete(loginFailures).where(eq(loginFailures.who, who));
}

/** Takes back one that was counted, and was none. */
export async function uncountFailure(env: StoreBindings, who: string): Promise<void> {
	await database(env)
		.update(loginFailures)
		.set({ failures: sql`max(0, ${loginFailures.failures} - 1)` })
		.where(eq(loginFailures.who, who));
}

/** Deletes up to `limit` whose window began before; answers how many. */
export async function deleteFailuresBefore(env: StoreBindings, before: number, limit: number): Promise<number> {
	const db = database(env);
	const old = db
		.select({ who: loginFailures.who })
		.from(loginFailures)
		.where(lt(loginFailures.since, before))
		.limit(limit);
	const { meta } = await db.delete(loginFailures).where(inArray(loginFailures.who, old));
	return meta.changes;
}
