/** People, keys and the site: what settings ask and change. Every call throws `Failure`, with words for the person. */
import type { AuditEntry, Invitation, Member, Role, Session } from "../../../schema/people.ts";
import { call, fetchSession, type Site } from "../api.ts";
import { enterSession } from "../key.ts";

const part = encodeURIComponent;

/** What the server says of the session now: a name or a role may have changed. */
export async function refreshSession(): Promise<void> {
	const now = await fetchSession();
	if (now) enterSession(now);
}

export async function rename(name: string): Promise<void> {
	await call("PATCH", "/v1/account", { name });
	await refreshSession();
}

/** Other sessions may end by it; this one goes on. */
export async function changePassword(current: string, next: string): Promise<void> {
	await call("POST", "/v1/account/password", { current, next });
	await refreshSession();
}

export const endSessions = () => call<unknown>("DELETE", "/v1/sessions");

export const members = async (signal: AbortSignal) =>
	(await call<{ members: Member[] }>("GET", "/v1/members", undefined, signal)).members;
export const changeRole = (user: string, role: Role) => call<unknown>("PATCH", `/v1/members/${part(user)}`, { role });
export const removeMember = (user: string) => call<unknown>("DELETE", `/v1/members/${part(user)}`);
/** A link with which the member chooses a new password. */
export const resetLink = (user: string) => call<Invitation>("POST", `/v1/members/${part(user)}/reset`);

export const invitations = async (signal: AbortSignal) =>
	(await call<{ invitations: Invitation[] }>("GET", "/v1/invitations", undefined, signal)).invitations;
export const invite = (email: string, role: Role) => call<Invitation>("POST", "/v1/invitations", { email, role });
export const revokeInvitation = (id: string) => call<unknown>("DELETE", `/v1/invitations/${part(id)}`);
export const accept = (token: string, name: string, password: string) =>
	call<Session>("POST", "/v1/invitations/accept", { token, name, password });

export interface Organisation {
	id: string;
	name: string;
}
export const organisations = async (signal: AbortSignal) =>
	(await call<{ organisations: Organisation[] }>("GET", "/v1/organisations", undefined, signal)).organisations;
export const renameOrganisation = (id: string, name: string) =>
	call<unknown>("PATCH", `/v1/organisations/${part(id)}`, { name });

export type KeyScope = "write" | "server" | "read" | "edit" | "admin";
/** A key as the server knows it: never the key itself. */
export interface ListedKey {
	id: string;
	scope: KeyScope;
	name: string;
	prefix: string;
	last4: string;
	created_at: number;
	last_used_at?: number | null;
	revoked_at: number | null;
}
/** One that nobody made and nobody can revoke: the demo site's, which is no secret. */
export interface BuiltInKey {
	key: string;
	scope: KeyScope;
}
export const keys = (signal: AbortSignal) =>
	call<{ keys: ListedKey[]; built_in: BuiltInKey[] }>("GET", "/v1/keys", undefined, signal);
export const makeKey = (scope: KeyScope, name: string) => call<{ key: string }>("POST", "/v1/keys", { scope, name });
export const revokeKey = (id: string) => call<unknown>("DELETE", `/v1/keys/${part(id)}`);

/** What an admin may change of a site. */
export type SiteChange = Partial<
	Pick<
		Site,
		"name" | "week_start" | "currency" | "origins" | "embed_origins" | "dimensions" | "quota" | "retention_days"
	>
>;
/** As it is stored, not as it was remembered for half a minute. */
export const siteNow = async (id: string) => (await call<{ site: Site }>("GET", `/v1/sites/${part(id)}`)).site;

/** @throws Failure 409 where somebody changed it since `version` */
export const changeSite = async (id: string, version: number, change: SiteChange) =>
	(await call<{ site: Site }>("PATCH", `/v1/sites/${part(id)}`, { version, ...change })).site;

/** Older than `before`, newest first; `next`: where older ones begin. */
export const audit = (before: string | null, signal: AbortSignal) =>
	call<{ entries: AuditEntry[]; next: string | null }>(
		"GET",
		`/v1/audit?limit=50${before === null ? "" : `&before=${part(before)}`}`,
		undefined,
		signal,
	);
