import { and, asc, desc, eq, gt, inArray, isNull, lt, sql } from "drizzle-orm";
import { invitations } from "../../schema/d1/tables.ts";
import { database, type StoreBindings } from "./db.ts";

export type InvitationRow = typeof invitations.$inferSelect;

/**
 * An invitation makes a member; a reset sets a member's password anew. The id tells them apart, because only a reset
 * may change a password that is there.
 */
export type LinkKind = "inv" | "rst";
const isKind = (kind: LinkKind) => sql`substr(${invitations.id}, 1, 4) = ${`${kind}_`}`;
export const kindOf = ({ id }: Pick<InvitationRow, "id">): LinkKind => (id.startsWith("rst_") ? "rst" : "inv");

const isOpen = (now: number) => and(isNull(invitations.usedAt), gt(invitations.expiresAt, now));

/** Takes the place of what the email was sent before of the same kind, so that one link is good at a time. */
export async function insertInvitation(env: StoreBindings, row: typeof invitations.$inferInsert): Promise<void> {
	const db = database(env);
	const { org, email } = invitations;
	const before = and(eq(org, row.org), eq(email, row.email), isKind(kindOf(row)));
	await db.batch([db.delete(invitations).where(before), db.insert(invitations).values(row)]);
}

/** Invitations of an organisation that can still be accepted, without resets. */
export const listInvitations = (env: StoreBindings, org: string, now: number): Promise<InvitationRow[]> =>
	database(env)
		.select()
		.from(invitations)
		.where(and(eq(invitations.org, org), isKind("inv"), isOpen(now)))
		.orderBy(desc(invitations.createdAt), asc(invitations.id))
		.all();

/** The invitation or reset by the hash of its secret, if it can still be used. */
export const openInvitation = (env: StoreBindings, hash: string, now: number): Promise<InvitationRow | undefined> =>
	database(env)
		.select()
		.from(invitations)
		.where(and(eq(invitations.hash, hash), isOpen(now)))
		.get();

/** Invitations to this email, in every organisation, that can still be accepted. */
export const invitationsTo = (env: StoreBindings, email: string, now: number): Promise<InvitationRow[]> =>
	database(env)
		.select()
		.from(invitations)
		.where(and(eq(invitations.email, email), isKind("inv"), isOpen(now)))
		.orderBy(asc(invitations.createdAt))
		.limit(20)
		.all();

/** Uses it up; answers whether this call was the one that did. */
export async function useInvitation(env: StoreBindings, id: string, now: number): Promise<boolean> {
	const { meta } = await database(env)
		.update(invitations)
		.set({ usedAt: now })
		.where(and(eq(invitations.id, id), isOpen(now)));
	return meta.changes > 0;
}

/** Answers whether it was there. */
export async function deleteInvitation(env: StoreBindings, org: string, id: string): Promise<boolean> {
	const { meta } = await database(env)
		.delete(invitations)
		.where(and(eq(invitations.org, org), eq(invitations.id, id)));
	return meta.changes > 0;
}

/** Invitations and resets of this email in an organisation: it is no member any more. */
export async function deleteInvitationsTo(env: StoreBindings, org: string, email: string): Promise<void> {
	await database(env)
		.delete(invitations)
		.where(and(eq(invitations.org, org), eq(invitations.email, email)));
}

/** Deletes up to `limit` that expired before; answers how many. */
export async function deleteInvitationsBefore(env: StoreBindings, before: number, limit: number): Promise<number> {
	const db = database(env);
	const old = db.select({ id: invitations.id }).from(invitations).where(lt(invitations.expiresAt, before)).limit(limit);
	const { meta } = await db.delete(invitations).where(inArray(invitations.id, old));
	return meta.changes;
}
