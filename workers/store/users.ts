import { and, eq, isNull, lt, or, sql } from "drizzle-orm";
import { members, users } from "../../schema/d1/tables.ts";
import { database, type StoreBindings } from "./db.ts";

export type UserRow = typeof users.$inferSelect;

export const userById = (env: StoreBindings, id: string): Promise<UserRow | undefined> =>
	database(env).select().from(users).where(eq(users.id, id)).get();

/** `email` in lower case, as it is kept. */
export const userByEmail = (env: StoreBindings, email: string): Promise<UserRow | undefined> =>
	database(env).select().from(users).where(eq(users.email, email)).get();

/** Inserts the user unless there is one with that email (or id). */
export async function insertUser(env: StoreBindings, row: typeof users.$inferInsert): Promise<void> {
	await database(env).insert(users).values(row).onConflictDoNothing();
}

export async function updateUser(
	env: StoreBindings,
	id: string,
	changes: Partial<Pick<UserRow, "name" | "password">>,
): Promise<void> {
	await database(env).update(users).set(changes).where(eq(users.id, id));
}

/** Notes that the user was here, unless that was noted after `since`. */
export async function noteSeen(env: StoreBindings, id: string, now: number, since: number): Promise<void> {
	await database(env)
		.update(users)
		.set({ lastSeenAt: now })
		.where(and(eq(users.id, id), or(isNull(users.lastSeenAt), lt(users.lastSeenAt, since))));
}

/** Forgets the user if no organisation has it as a member. */
export async function deleteUserOfNobody(env: StoreBindings, id: string): Promise<void> {
	const somewhere = sql`EXISTS (SELECT 1 FROM ${members} WHERE ${members.user} = ${users.id})`;
	await database(env)
		.delete(users)
		.where(and(eq(users.id, id), sql`NOT ${somewhere}`));
}
