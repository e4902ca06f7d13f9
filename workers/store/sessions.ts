import { and, eq, gt, inArray, lt, ne, sql } from "drizzle-orm";
import { sessions, users } from "../../schema/d1/tables.ts";
import { database, type StoreBindings } from "./db.ts";
import type { UserRow } from "./users.ts";

export type SessionRow = typeof sessions.$inferSelect;

export async function insertSession(env: StoreBindings, row: SessionRow): Promise<void> {
	await database(env).insert(sessions).values(row);
}

/** The session and whose it is; undefined where it was ended or is over. */
export function sessionById(
	env: StoreBindings,
	id: string,
	now: number,
): Promise<{ session: SessionRow; user: UserRow } | undefined> {
	return database(env)
		.select({ session: sessions, user: users })
		.from(sessions)
		.innerJoin(users, eq(users.id, sessions.user))
		.where(and(eq(sessions.id, id), gt(sessions.expiresAt, now)))
		.get();
}

export async function deleteSession(env: StoreBindings, id: string): Promise<void> {
	await database(env).delete(sessions).where(eq(sessions.id, id));
}

/** Ends all of a user's sessions, but for one where it is named. */
export async function deleteSessionsOf(env: StoreBindings, user: string, except?: string): Promise<void> {
	await database(env)
		.delete(sessions)
		.where(and(eq(sessions.user, user), except === undefined ? undefined : ne(sessions.id, except)));
}

/** The newest `most` sessions of a user stay (I8). */
export async function deleteOldestSessions(env: StoreBindings, user: string, most: number): Promise<void> {
	const old = sql`SELECT id FROM ${sessions} WHERE ${eq(sessions.user, user)}
		ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ${most}`;
	await database(env).run(sql`DELETE FROM ${sessions} WHERE id IN (${old})`);
}

/** Deletes up to `limit` sessions that are over; answers how many. */
export async function deleteSessionsBefore(env: StoreBindings, now: number, limit: number): Promise<number> {
	const db = database(env);
	const old = db.select({ id: sessions.id }).from(sessions).where(lt(sessions.expiresAt, now)).limit(limit);
	const { meta } = await db.delete(sessions).where(inArray(sessions.id, old));
	return meta.changes;
}
