import { and, desc, eq, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import { deadLetters } from "../../schema/d1/tables.ts";
import { database, type StoreBindings } from "./db.ts";

export type DeadLetter = typeof deadLetters.$inferSelect;

/** A repeated id is the same letter: queues deliver at least once. */
export async function insertDeadLetter(env: StoreBindings, letter: typeof deadLetters.$inferInsert): Promise<void> {
	await database(env).insert(deadLetters).values(letter).onConflictDoNothing();
}

const ofTenant = (tenant: string | null): SQL | undefined =>
	tenant === null ? undefined : eq(deadLetters.tenant, tenant);

/** Newest first; `before` pages on (at, then id, of the last one seen). Null: of every tenant and of none. */
export function listDeadLetters(
	env: StoreBindings,
	tenant: string | null,
	limit: number,
	before?: { at: number; id: string },
): Promise<DeadLetter[]> {
	const older =
		before && or(lt(deadLetters.at, before.at), and(eq(deadLetters.at, before.at), lt(deadLetters.id, before.id)));
	return database(env)
		.select()
		.from(deadLetters)
		.where(and(ofTenant(tenant), older))
		.orderBy(desc(deadLetters.at), desc(deadLetters.id))
		.limit(limit)
		.all();
}

/** Letters not replayed yet; one by id, else the oldest `limit`. */
export function waitingDeadLetters(
	env: StoreBindings,
	tenant: string | null,
	id: string | undefined,
	limit: number,
): Promise<DeadLetter[]> {
	return database(env)
		.select()
		.from(deadLetters)
		.where(and(ofTenant(tenant), isNull(deadLetters.replayedAt), id === undefined ? undefined : eq(deadLetters.id, id)))
		.orderBy(deadLetters.at)
		.limit(limit)
		.all();
}

export async function markReplayed(env: StoreBindings, id: string, now: number): Promise<void> {
	await database(env).update(deadLetters).set({ replayedAt: now }).where(eq(deadLetters.id, id));
}

async function deleteLetters(env: StoreBindings, where: SQL, limit: number): Promise<number> {
	const result = await database(env).run(
		sql`DELETE FROM ${deadLetters} WHERE rowid IN (SELECT rowid FROM ${deadLetters} WHERE ${where} LIMIT ${limit})`,
	);
	return result.meta.changes;
}

/** Deletes up to `limit` letters; answers how many. */
export const deleteDeadLettersBefore = (env: StoreBindings, before: number, limit: number): Promise<number> =>
	deleteLetters(env, lt(deadLetters.at, before), limit);

export const deleteDeadLettersOf = (env: StoreBindings, tenant: string, limit: number): Promise<number> =>
	deleteLetters(env, eq(deadLetters.tenant, tenant), limit);
