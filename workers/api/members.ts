/** Organisations, their members, and the invitations that make some. */
import { type Context, Hono } from "hono";
import * as z from "zod";
import { Acceptance, type Invitation, type Member, MemberChange, NewInvitation } from "../../schema/people.ts";
import { Problem } from "../../schema/problem.ts";
import { assertSameOrigin } from "../people/csrf.ts";
import { goneInvitation, type Invited, invite, join, joinAsNew, mayReset } from "../people/invite.ts";
import { hashPassword } from "../people/password.ts";
import { forgetPeople } from "../people/person.ts";
import {
	deleteInvitation,
	deleteInvitationsTo,
	type InvitationRow,
	kindOf,
	listInvitations,
	openInvitation,
	useInvitation,
} from "../store/invitations.ts";
import { changeRole, deleteMember, listMembers, type MemberRow, memberOf, membershipsOf } from "../store/members.ts";
import { insertOrganisation, listOrganisations, renameOrganisation } from "../store/organisations.ts";
import { deleteSessionsOf } from "../store/sessions.ts";
import { deleteUserOfNobody, type UserRow, updateUser, userByEmail } from "../store/users.ts";
import { type ApiEnv, noSuchOrganisation, type Principal, requireScope, requireScopeIn } from "./auth.ts";
import { notOfASite, requireOrgAdmin } from "./org-admin.ts";
import { randomId, sha256Hex } from "./secrets.ts";
import { proven, signedIn } from "./session.ts";
import { readBody } from "./validate.ts";

/** Open invitations of an organisation (I8). */
const INVITATIONS = 500;

export const NewOrganisation = z.strictObject({ name: z.string().trim().min(1).max(100) });

const toMember = ({ user: { id, email, name, lastSeenAt }, role, createdAt }: MemberRow): Member => ({
	user: { id, email, name },
	role,
	joined_at: createdAt,
	last_seen_at: lastSeenAt,
});

const toInvitation = ({ id, email, role, createdAt, expiresAt }: InvitationRow): Invitation => ({
	id,
	email,
	role,
	created_at: createdAt,
	expires_at: expiresAt,
});

const withLink = ({ row, link }: Invited): Invitation => ({ ...toInvitation(row), link });

/** Problem 404. */
async function memberHere(c: Context<ApiEnv>, user: string): Promise<MemberRow> {
	const found = await memberOf(c.env, c.get("principal").org, user);
	if (found) return found;
	throw new Problem(404, "no_member", `There is no member ${JSON.stringify(user)} here.`);
}

const lastAdmin = () =>
	new Problem(409, "last_admin", "This is the organisation's last admin: make another member an admin first.");

/** Whoever sets a password is that person everywhere: no other organisation's admin may be surprised. Problem 403. */
async function assertMayReset(c: Context<ApiEnv>, { root, person }: Principal, user: string): Promise<void> {
	const admin = new Set(person?.organisations.filter(({ role }) => role === "admin").map(({ id }) => id));
	const memberships = await membershipsOf(c.env, user);
	if (root || memberships.every(({ org }) => admin.has(org))) return;
	const detail = "This person is a member of another organisation too: only who administers all of them may do this.";
	throw new Problem(403, "reset", detail);
}

const hasAccount = () =>
	new Problem(403, "has_account", "This email has an account here already: give the password of that account.");

/** The member that an invitation made. An account that is there is proven by its own password. Problem 403, 404, 429. */
async function joined(c: Context<ApiEnv>, row: InvitationRow, wanted: z.output<typeof Acceptance>): Promise<UserRow> {
	const { name, password } = wanted;
	if (await userByEmail(c.env, row.email)) {
		const user = await proven(c, row.email, password, hasAccount);
		return join(c.env, row, user, Date.now());
	}
	return joinAsNew(c.env, row, { name, password: await hashPassword(password) }, Date.now());
}

/** The member whose password was set anew, and whose sessions have ended. Problem 404. */
async function reset(c: Context<ApiEnv>, row: InvitationRow, wanted: z.output<typeof Acceptance>): Promise<UserRow> {
	const user = await userByEmail(c.env, row.email);
	if (!user || !(await mayReset(c.env, row, user))) throw goneInvitation();
	const password = await hashPassword(wanted.password);
	if (!(await useInvitation(c.env, row.id, Date.now()))) throw goneInvitation();
	await updateUser(c.env, user.id, { name: wanted.name, password });
	await deleteSessionsOf(c.env, user.id);
	return { ...user, name: wanted.name, password };
}

/**
 * GET, POST /v1/organisations; PATCH /v1/organisations/:id; GET /v1/members; PATCH, DELETE /v1/members/:user;
 * POST /v1/members/:user/reset; GET, POST /v1/invitations; DELETE /v1/invitations/:id; POST /v1/invitations/accept.
 * Problem 400, 401, 403, 404, 409, 422, 429.
 */
export const members = new Hono<ApiEnv>()
	.get("/v1/organisations", requireScope("read", "admin"), notOfASite, async (c) => {
		const { person } = c.get("principal");
		if (person) return c.json({ organisations: person.organisations });
		const all = await listOrganisations(c.env);
		return c.json({ organisations: all.map(({ id, name }) => ({ id, name, role: "admin" as const })) });
	})
	.post("/v1/organisations", requireOrgAdmin(), async (c) => {
		if (!c.get("principal").root)
			throw new Problem(403, "scope", "Only a root key makes organisations: ask whoever runs this Nowcast.");
		const { name } = await readBody(c, NewOrganisation);
		const organisation = { id: randomId("org_"), name };
		await insertOrganisation(c.env, { ...organisation, createdAt: Date.now() });
		c.set("audit", { orgs: [organisation.id], target: organisation.id, detail: name });
		return c.json(organisation, 201);
	})
	.patch("/v1/organisations/:id", requireScopeIn("admin"), notOfASite, async (c) => {
		const { name } = await readBody(c, NewOrganisation);
		const id = c.req.param("id");
		if (!(await renameOrganisation(c.env, id, name))) throw noSuchOrganisation(id);
		forgetPeople();
		c.set("audit", { detail: name });
		return c.json({ id, name });
	})
	.get("/v1/members", requireOrgAdmin(), async (c) => {
		const rows = await listMembers(c.env, c.get("principal").org);
		return c.json({ members: rows.map(toMember) });
	})
	.patch("/v1/members/:user", requireOrgAdmin(), async (c) => {
		const { user } = await memberHere(c, c.req.param("user"));
		const { role } = await readBody(c, MemberChange);
		if (!(await changeRole(c.env, c.get("principal").org, user.id, role))) throw lastAdmin();
		forgetPeople();
		c.set("audit", { detail: `${user.email}: ${role}` });
		return c.json(toMember(await memberHere(c, user.id)));
	})
	.delete("/v1/members/:user", requireOrgAdmin(), async (c) => {
		const { user, org } = await memberHere(c, c.req.param("user"));
		if (!(await deleteMember(c.env, org, user.id))) throw lastAdmin();
		await deleteInvitationsTo(c.env, org, user.email);
		// Everywhere, so that open sockets end too: one who is a member elsewhere signs in again.
		await deleteSessionsOf(c.env, user.id);
		await deleteUserOfNobody(c.env, user.id);
		forgetPeople();
		c.set("audit", { detail: user.email });
		return c.json({ id: user.id, removed: true });
	})
	.post("/v1/members/:user/reset", requireOrgAdmin(), async (c) => {
		const { user, org, role } = await memberHere(c, c.req.param("user"));
		await assertMayReset(c, c.get("principal"), user.id);
		c.set("audit", { detail: user.email });
		return c.json(withLink(await invite(c.env, "rst", { org, email: user.email, role }, Date.now())), 201);
	})
	.get("/v1/invitations", requireOrgAdmin(), async (c) => {
		const rows = await listInvitations(c.env, c.get("principal").org, Date.now());
		return c.json({ invitations: rows.map(toInvitation) });
	})
	.post("/v1/invitations", requireOrgAdmin(), async (c) => {
		const { org } = c.get("principal");
		const wanted = await readBody(c, NewInvitation);
		const user = await userByEmail(c.env, wanted.email);
		if (user && (await memberOf(c.env, org, user.id)))
			throw new Problem(409, "member", `${wanted.email} is a member already: change the role, or reset the password.`);
		const open = await listInvitations(c.env, org, Date.now());
		if (open.length >= INVITATIONS)
			throw new Problem(422, "too_many", `At most ${INVITATIONS} invitations are open at a time: take some back.`);
		c.set("audit", { detail: `${wanted.email}: ${wanted.role}` });
		return c.json(withLink(await invite(c.env, "inv", { org, ...wanted }, Date.now())), 201);
	})
	.delete("/v1/invitations/:id", requireOrgAdmin(), async (c) => {
		const id = c.req.param("id");
		const { org } = c.get("principal");
		const open = (await listInvitations(c.env, org, Date.now())).find((one) => one.id === id);
		if (!(await deleteInvitation(c.env, org, id)))
			throw new Problem(404, "no_invitation", `There is no invitation ${JSON.stringify(id)} here.`);
		if (open) c.set("audit", { detail: `${open.email}: ${open.role}` });
		return c.json({ id, deleted: true });
	})
	.post("/v1/invitations/accept", async (c) => {
		assertSameOrigin(c.req.raw);
		const wanted = await readBody(c, Acceptance);
		const row = await openInvitation(c.env, await sha256Hex(wanted.token), Date.now());
		if (!row) throw goneInvitation();
		const isReset = kindOf(row) === "rst";
		const user = isReset ? await reset(c, row, wanted) : await joined(c, row, wanted);
		forgetPeople();
		c.set(
			"audit",
			isReset
				? { orgs: [row.org], detail: row.email, action: "account.reset" }
				: { orgs: [row.org], detail: `${row.email}: ${row.role}` },
		);
		return signedIn(c, user, false);
	});
