/** Invitations: links that make a member of whoever follows them, and links that set a member's password anew. */

import type { Role } from "../../schema/people.ts";
import { Problem } from "../../schema/problem.ts";
import { randomId, randomKey, sha256Hex } from "../api/secrets.ts";
import type { StoreBindings } from "../store/db.ts";
import {
	type InvitationRow,
	insertInvitation,
	invitationsTo,
	type LinkKind,
	useInvitation,
} from "../store/invitations.ts";
import { insertMember, membershipsOf } from "../store/members.ts";
import { deleteUserOfNobody, insertUser, type UserRow, userByEmail, userById } from "../store/users.ts";

/** A week: longer than a holiday weekend, and a link that was lost in a mailbox is soon worth nothing. */
export const INVITATION_MS = 7 * 86_400_000;

/** What secrets begin with, so that nobody takes an id (`inv_…`, `rst_…`) for one. Those of before began as ids do. */
const SECRETS: Record<LinkKind, string> = { inv: "invite", rst: "reset" };

export interface Invited {
	row: InvitationRow;
	/** Path with the secret after the #, which browsers send to no server. Shown once: only its hash is kept. */
	link: string;
}

export async function invite(
	env: StoreBindings,
	kind: LinkKind,
	to: { org: string; email: string; role: Role },
	now: number,
): Promise<Invited> {
	const token = randomKey(SECRETS[kind]);
	const row = {
		...to,
		id: randomId(`${kind}_`),
		hash: await sha256Hex(token),
		createdAt: now,
		expiresAt: now + INVITATION_MS,
		usedAt: null,
	};
	await insertInvitation(env, row);
	return { row, link: `/invite#${token}` };
}

export const goneInvitation = () =>
	new Problem(404, "invitation", "This link was used, is older than 7 days, or was taken back. Ask for a new one.");

/** Uses the invitation up, then makes the member. Problem 404 where it was used meanwhile. */
export async function join(env: StoreBindings, row: InvitationRow, user: UserRow, now: number): Promise<UserRow> {
	if (!(await useInvitation(env, row.id, now))) throw goneInvitation();
	await insertMember(env, { org: row.org, user: user.id, role: row.role, createdAt: now });
	return user;
}

/**
 * Makes the user of an invitation, and the member. Problem 409 where somebody else made that user meanwhile: that this
 * caller may be the same one is not proven.
 */
export async function joinAsNew(
	env: StoreBindings,
	row: InvitationRow,
	made: Pick<UserRow, "name" | "password">,
	now: number,
): Promise<UserRow> {
	const id = randomId("usr_");
	await insertUser(env, { ...made, id, email: row.email, createdAt: now });
	const user = await userById(env, id);
	if (!user) throw new Problem(409, "has_account", "This email got an account just now: open the link again.");
	try {
		return await join(env, row, user, now);
	} catch (error) {
		await deleteUserOfNobody(env, id);
		throw error;
	}
}

/** Accepts every open invitation of an email whose owner Cloudflare Access has checked. */
export async function acceptAllTo(env: StoreBindings, email: string, now: number): Promise<void> {
	const open = await invitationsTo(env, email, now);
	if (open.length === 0) return;
	const name = email.split("@", 1)[0] ?? email;
	await insertUser(env, { id: randomId("usr_"), email, name, password: null, createdAt: now });
	const user = await userByEmail(env, email);
	if (!user) return;
	for (const row of open) {
		if (await useInvitation(env, row.id, now))
			await insertMember(env, { org: row.org, user: user.id, role: row.role, createdAt: now });
	}
}

/**
 * Whether a reset may set this user's password: not where the user joined another organisation since it was made, whose
 * admins did not agree to it.
 */
export async function mayReset(env: StoreBindings, row: InvitationRow, user: Pick<UserRow, "id">): Promise<boolean> {
	const memberships = await membershipsOf(env, user.id);
	return memberships.some(({ org }) => org === row.org) && memberships.every((m) => m.createdAt <= row.createdAt);
}
