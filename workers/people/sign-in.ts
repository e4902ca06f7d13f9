/** Signing in and out: rows of sessions, the cookies for them, and what a session tells its person. */
import type { Session } from "../../schema/people.ts";
import { randomId } from "../api/secrets.ts";
import type { Env } from "../env.ts";
import { deleteOldestSessions, insertSession } from "../store/sessions.ts";
import type { UserRow } from "../store/users.ts";
import { sessionCookie } from "./cookie.ts";
import { csrfToken } from "./csrf.ts";
import { type Person, personBySession } from "./person.ts";

/** A working day; with `remember` a month. */
const SESSION_MS = 12 * 3_600_000;
const REMEMBERED_MS = 30 * 86_400_000;
/** Sessions of one person: the oldest end (I8). */
const SESSIONS = 50;

export interface SignedIn {
	person: Person;
	/** Set-Cookie. */
	cookie: string;
}

/** Begins a session. The caller has made sure who it is. */
export async function beginSession(
	env: Env,
	request: Request,
	user: UserRow,
	remember: boolean,
	now: number,
): Promise<SignedIn> {
	const token = { id: randomId("ses_"), expiresAt: now + (remember ? REMEMBERED_MS : SESSION_MS) };
	await insertSession(env, { ...token, user: user.id, createdAt: now });
	await deleteOldestSessions(env, user.id, SESSIONS);
	const person = await personBySession(env, token, now);
	if (!person) throw new Error("a session is not there that was just made");
	return { person, cookie: await sessionCookie(env, request, token, { remember, now }) };
}

/** What GET /v1/session answers. */
export async function sessionOf(env: Env, person: Person): Promise<Session> {
	return {
		user: person.user,
		csrf: await csrfToken(env, person.session),
		expires_at: person.expiresAt,
		via: person.via,
		organisations: person.organisations,
		sites: person.sites.map(({ site, role }) => ({ id: site.id, name: site.name, org: site.org, role })),
	};
}
