/** Who a browser's request is from: by the session's cookie, else by Cloudflare Access. */
import type { Role, User } from "../../schema/people.ts";
import { Problem } from "../../schema/problem.ts";
import { available, CACHE, type Site, toSite } from "../api/tenant.ts";
import type { Env } from "../env.ts";
import { IsolateCache } from "../store/cache.ts";
import { membershipsOf, sitesOfUser } from "../store/members.ts";
import { sessionById } from "../store/sessions.ts";
import { type UserRow, userByEmail } from "../store/users.ts";
import { type AccessIdentity, accessIdentity } from "./access.ts";
import { readCookie, type SessionToken, sentCookie } from "./cookie.ts";
import { assertNotForged, assertSameOrigin } from "./csrf.ts";
import { acceptAllTo } from "./invite.ts";

export interface Person {
	user: User;
	via: "password" | "access";
	/** `ses_…`; of one whom Access let in the user's id. What its csrf is made of. */
	session: string;
	/** Epoch ms. */
	expiresAt: number;
	/** By name. */
	organisations: { id: string; name: string; role: Role }[];
	/** By name. */
	sites: { site: Site; role: Role }[];
}

type Known = Omit<Person, "via" | "session" | "expiresAt"> | null;

/** By session, and by email of those whom Access lets in. */
const known = new IsolateCache<Known>(CACHE);

/** Forgets what this isolate holds of people: somebody signed out, or what somebody may was changed here. */
export const forgetPeople = (): void => known.clear();

async function knownOf(env: Env, user: UserRow): Promise<Known> {
	const [memberships, rows] = await Promise.all([membershipsOf(env, user.id), sitesOfUser(env, user.id)]);
	const roles = new Map(memberships.map(({ org, role }) => [org, role]));
	const sites = rows.flatMap((row) => {
		const role = roles.get(row.org);
		return role === undefined ? [] : [{ site: toSite(row), role }];
	});
	const organisations = memberships.map(({ org, name, role }) => ({ id: org, name, role }));
	return { user: { id: user.id, email: user.email, name: user.name }, organisations, sites };
}

async function byCookie(env: Env, value: string, now: number): Promise<Person | null> {
	const token = await readCookie(env, value, now);
	return token && personBySession(env, token, now);
}

/** Whose session this is; null where it was ended. */
export async function personBySession(env: Env, token: SessionToken, now: number): Promise<Person | null> {
	const load = async () => {
		const found = await sessionById(env, token.id, now);
		return found ? knownOf(env, found.user) : null;
	};
	const person = await available(known.get(token.id, load));
	return person && { ...person, via: "password", session: token.id, expiresAt: token.expiresAt };
}

/** Whoever is a member somewhere, or was invited: Access has checked the email. Problem 403 for others. */
async function byAccess(env: Env, { email, expiresAt }: AccessIdentity, now: number): Promise<Person> {
	const load = async () => {
		await acceptAllTo(env, email, now);
		const user = await userByEmail(env, email);
		return user ? knownOf(env, user) : null;
	};
	const person = await available(known.get(`access:${email}`, load));
	if (!person || person.organisations.length === 0) {
		// An invitation may come any moment, and the next request should see it.
		known.forget(`access:${email}`);
		throw new Problem(403, "not_member", `${email} is a member of no organisation here: ask an admin to invite it.`);
	}
	return { ...person, via: "access", session: person.user.id, expiresAt };
}

/**
 * The person, or null where the request has neither. Changes are checked not to be another site's doing, and so is
 * every request of a socket, which a page may read. Problem 401, 403, 503.
 */
export async function personOf(env: Env, request: Request, now = Date.now()): Promise<Person | null> {
	const cookie = sentCookie(request);
	const identified = cookie === null ? null : await byCookie(env, cookie, now);
	const person = identified ?? (await throughAccess(env, request, now));
	if (person) {
		if (request.headers.has("upgrade")) assertSameOrigin(request);
		await assertNotForged(env, request, person.session);
		return person;
	}
	if (cookie !== null) throw new Problem(401, "session", "This session is over: sign in again.");
	return null;
}

async function throughAccess(env: Env, request: Request, now: number): Promise<Person | null> {
	const identity = await accessIdentity(env, request);
	return identity && byAccess(env, identity, now);
}
