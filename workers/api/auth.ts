/**
 * Who calls: keys, shared links and people, and their scopes. With `tenant.ts` the only place that mints a TenantId from
 * a request (I7).
 */
import type { Context, MiddlewareHandler } from "hono";
import type { Author } from "../../schema/dashboard.ts";
import type { TenantId } from "../../schema/ids.ts";
import { ROLES, type Role } from "../../schema/people.ts";
import { Problem } from "../../schema/problem.ts";
import type { NewShare } from "../../schema/share.ts";
import { Lru } from "../edge/lru.ts";
import type { Env } from "../env.ts";
import { forgetPeople, type Person, personOf } from "../people/person.ts";
import { IsolateCache } from "../store/cache.ts";
import { keyByHash, noteUsed } from "../store/keys.ts";
import { organisationById } from "../store/organisations.ts";
import { noteSeen } from "../store/users.ts";
import type { AuditNote } from "./audit.ts";
import { DEMO_KEYS } from "./demo.ts";
import { sameSecret, sha256Hex } from "./secrets.ts";
import { sharePrincipal } from "./share-principal.ts";
import {
	available,
	CACHE,
	DEFAULT_ORG,
	ensureDemoSite,
	forgetTenants,
	INSTANCE,
	noSuchSite,
	type Site,
	siteOf,
	toSite,
} from "./tenant.ts";

export { sha256Hex } from "./secrets.ts";
export { DEFAULT_ORG, ensureDemoSite, refresh, type Site, tenantConfig } from "./tenant.ts";

/** Keys: pk_, sk_, rk_, ek_, ak_. `admin` may all that `edit` may, and that all that `read` may. `share`: a shared link. */
export type Scope = "write" | "server" | "read" | "edit" | "admin" | "share";

export interface Principal {
	tenant: TenantId;
	scope: Scope;
	/** Of a key, a session (`ses_…`), a person of Access (`acc_…`) or a share (`shr_…`): what sockets are checked by. */
	keyId: string;
	/** Who that is, for what is kept of who did what. */
	actor: Author;
	/** The organisation of the site; of a root key that named no site the one it named, or the first. */
	org: string;
	/** Of scope `share`: what it opens. */
	share?: { id: string; dashboard: string; options: NewShare; expiresAt: number | null };
	/** Who signed in; none for keys and shares. */
	person?: Person;
	/** A root key that named no site, and a person who has none, have INSTANCE here, which owns nothing. */
	site: Site;
	/** Instance admin: manages every site, and picks one with `?site=`. */
	root: boolean;
}

export interface ApiEnv {
	Bindings: Env;
	Variables: { principal: Principal; audit?: AuditNote };
}

/** Where work goes on after the answer; an ExecutionContext is one. */
export interface Background {
	waitUntil(work: Promise<unknown>): void;
}

const principals = new IsolateCache<Principal | null>(CACHE);

/** Longer is no key of ours, and not worth hashing. */
const KEY_CHARS = 256;

/**
 * Who has this key. A root key acts on the site with the id `site` where one is named.
 * Problem 401 for none or an unknown one, 404 for a site that is not there or not the key's, 503 while D1 does not answer.
 */
export async function authenticate(
	env: Env,
	key: string | null,
	site?: string,
	background?: Background,
): Promise<Principal> {
	if (!key) throw new Problem(401, "no_key", "Send a key: Authorization: Bearer <key>.");
	const principal = key.length > KEY_CHARS ? null : await principalOf(env, key);
	if (!principal) throw new Problem(401, "unknown_key", "This key is not known here, or was revoked: use another one.");
	if (principal.keyId.startsWith("key_")) noteNow(principal.keyId, background, noteUsed, env);
	if (site === undefined || site === principal.site.id) return principal;
	const chosen = principal.root ? await siteOf(env, site) : null;
	if (!chosen) throw noSuchSite(site);
	return { ...principal, tenant: chosen.id, site: chosen, org: chosen.org };
}

async function principalOf(env: Env, key: string): Promise<Principal | null> {
	const demo = DEMO_KEYS.get(key);
	if (demo) return demoPrincipal(env, key, demo);
	if (await isRoot(env, key))
		return {
			tenant: INSTANCE.id,
			scope: "admin",
			keyId: "root",
			actor: { kind: "key", id: "root", name: "root key" },
			org: DEFAULT_ORG,
			site: INSTANCE,
			root: true,
		};
	return available(principals.get(key, () => storedPrincipal(env, key)));
}

async function storedPrincipal(env: Env, key: string): Promise<Principal | null> {
	const found = await keyByHash(env, await sha256Hex(key));
	if (!found) return null;
	const site = found.site ? toSite(found.site) : INSTANCE;
	const { id, name, prefix, scope } = found.key;
	const actor: Author = { kind: "key", id, name: name || `${prefix}…` };
	return { tenant: site.id, scope, keyId: id, actor, org: site.org, site, root: found.key.site === null };
}

async function demoPrincipal(env: Env, keyId: string, scope: Scope): Promise<Principal | null> {
	const site = await ensureDemoSite(env);
	const actor: Author = { kind: "key", id: keyId, name: keyId };
	return site && { tenant: site.id, scope, keyId, actor, org: site.org, site, root: scope === "admin" };
}

/** The other scopes' prefixes are let by without a comparison, because ingest pays for it. */
async function isRoot(env: Env, key: string): Promise<boolean> {
	return Boolean(env.ADMIN_KEY) && !/^[psr]k_/.test(key) && (await sameSecret(key, env.ADMIN_KEY ?? ""));
}

/** When somebody was here last is told to within this, ms: a write of D1 for every request would cost more than it. */
const SEEN_MS = 5 * 60_000;
/** What this isolate noted last, by key or user. */
const noted = new Lru<number>(5_000);

type Note = (env: Env, id: string, now: number, since: number) => Promise<void>;

/** Notes the use of a key or a user's visit, at most every 5 min. Never waited for: the request goes on. */
function noteNow(id: string, background: Background | undefined, note: Note, env: Env): void {
	const now = Date.now();
	const last = noted.get(id);
	if (last !== undefined && now - last < SEEN_MS) return;
	noted.set(id, now);
	const work = note(env, id, now, now - SEEN_MS).catch((error: unknown) => {
		console.error("when a key or a person was here last could not be noted", error);
	});
	background?.waitUntil(work);
}

/** The key of an `Authorization: Bearer` header: the only way for query and admin keys (sockets: subprotocol or ticket). */
export function bearer(header: string | null | undefined): string | null {
	return /^Bearer +(\S+)$/i.exec(header ?? "")?.[1] ?? null;
}

/** The site and the organisation that a caller named. */
interface Chosen {
	site?: string | undefined;
	org?: string | undefined;
}

const SCOPE_OF: Record<Role, Scope> = { viewer: "read", editor: "edit", admin: "admin" };

/** Of the organisations and sites that are the person's; others do not exist to it: Problem 404 (I7). */
export function principalOfPerson(person: Person, { site, org }: Chosen = {}): Principal {
	const sites = person.sites.filter((one) => org === undefined || one.site.org === org);
	const chosen = site === undefined ? sites[0] : sites.find((one) => one.site.id === site);
	if (site !== undefined && !chosen) throw noSuchSite(site);
	const at = chosen?.site ?? INSTANCE;
	const inOrg = chosen?.site.org ?? org;
	const member = person.organisations.find(({ id }) => inOrg === undefined || id === inOrg);
	if (!member) throw noSuchOrganisation(inOrg);
	const { user, via, session } = person;
	return {
		tenant: at.id,
		scope: SCOPE_OF[member.role],
		keyId: via === "password" ? session : `acc_${user.id}.${member.id}`,
		actor: { kind: "user", id: user.id, name: user.name },
		org: member.id,
		person,
		site: at,
		root: false,
	};
}

export const noSuchOrganisation = (id: string | undefined) =>
	id === undefined
		? new Problem(403, "not_member", "You are a member of no organisation: ask an admin to invite you.")
		: new Problem(404, "no_organisation", `There is no organisation ${JSON.stringify(id)}.`);

/**
 * The person who signed in, on the site `site` (default: the first). Changes, and sockets, of other sites' pages are
 * refused. Problem 401, 403, 404, 503.
 */
export async function viewerPrincipal(
	env: Env,
	request: Request,
	site: string | undefined,
	background?: Background,
): Promise<Principal> {
	return principalOfPerson(await viewerOf(env, request, background), { site });
}

/** Who signed in. Problem 401, 403, 503. */
async function viewerOf(env: Env, request: Request, background: Background | undefined): Promise<Person> {
	const person = await personOf(env, request);
	if (!person) throw new Problem(401, "no_key", "Sign in, or send a key: Authorization: Bearer <key>.");
	noteNow(person.user.id, background, noteSeen, env);
	return person;
}

/** For routes of the account, which every person may use, whatever the role and the site. Problem 401, 403, 503. */
export const personHere = (c: Context<ApiEnv>): Promise<Person> => viewerOf(c.env, c.req.raw, backgroundOf(c));

async function callerOf(c: Context<ApiEnv>, chosen: Chosen): Promise<Principal> {
	const background = backgroundOf(c);
	const key = bearer(c.req.header("authorization"));
	if (key?.startsWith("sh_")) return assertSite(await sharePrincipal(c.env, key), chosen.site);
	if (key !== null) return inOrganisation(c.env, await authenticate(c.env, key, chosen.site, background), chosen);
	return principalOfPerson(await personHere(c), chosen);
}

function assertSite(principal: Principal, site: string | undefined): Principal {
	if (site === undefined || site === principal.site.id) return principal;
	throw noSuchSite(site);
}

/** A root key that names no site may name an organisation; other keys are in their site's. Problem 404. */
async function inOrganisation(env: Env, principal: Principal, { site, org }: Chosen): Promise<Principal> {
	if (org === undefined || org === principal.org) return principal;
	const isFree = principal.root && site === undefined;
	if (!isFree || !(await available(organisationById(env, org)))) throw noSuchOrganisation(org);
	return { ...principal, tenant: INSTANCE.id, site: INSTANCE, org };
}

/** Where work of a request may go on after its answer; undefined outside of a Worker's event (tests). */
export function backgroundOf(c: Context<ApiEnv>): Background | undefined {
	try {
		return c.executionCtx;
	} catch {
		return undefined;
	}
}

/**
 * Lets these scopes in and sets `principal`; a scope lets those above it in too. A root key names a site with `?site=`,
 * and must where the route is not an admin's; a person may. Problem 401, 403, 404, 422.
 */
export function requireScope(...scopes: Scope[]): MiddlewareHandler<ApiEnv> {
	return letIn(scopes, (c) => ({ site: c.req.query("site"), org: c.req.query("org") }));
}

/** The same where the path says the site: `/v1/sites/:id`. What `?site=` says does not matter there. */
export function requireScopeAt(...scopes: Scope[]): MiddlewareHandler<ApiEnv> {
	return letIn(scopes, (c) => ({ site: c.req.param("id") }));
}

/** The same where the path says the organisation: `/v1/organisations/:id`. */
export function requireScopeIn(...scopes: Scope[]): MiddlewareHandler<ApiEnv> {
	return letIn(scopes, (c) => ({ org: c.req.param("id") }));
}

function letIn(scopes: Scope[], chosen: (c: Context<ApiEnv>) => Chosen): MiddlewareHandler<ApiEnv> {
	return async (c, next) => {
		const principal = await callerOf(c, chosen(c));
		assertScope(principal, scopes);
		if (!scopes.includes("admin")) assertSiteNamed(principal);
		c.set("principal", principal);
		await next();
		// What a cookie opened must not be there for the next one at the same browser.
		if (principal.person) c.header("cache-control", "no-store");
	};
}

/** Each may what those before it may. */
const LADDER: readonly Scope[] = ["read", "edit", "admin"];
const covers = (has: Scope, wanted: Scope) =>
	has === wanted || (LADDER.includes(wanted) && LADDER.indexOf(has) > LADDER.indexOf(wanted));

/** Problem 403 unless the caller's scope is among these, or above one of them. */
export function assertScope(principal: Principal, scopes: Scope[]): void {
	if (scopes.some((scope) => covers(principal.scope, scope))) return;
	throw new Problem(403, "scope", whyNot(principal, scopes));
}

/** In the words of whoever asks: a person has a role, a key a scope, and a link is for one dashboard. */
function whyNot({ person, share, org, scope }: Principal, scopes: Scope[]): string {
	if (share) return "A shared link shows its dashboard and nothing else: sign in for more.";
	const among = SCOPES.filter((has) => scopes.some((wanted) => covers(has, wanted)));
	if (among.length === 0) return "This is for shared links only: send the link's token.";
	if (!person) return `This needs a key of scope ${either(among)}; the scope of this key is ${scope}.`;
	const roles = ROLES.filter((role) => among.some((has) => has === SCOPE_OF[role]));
	if (roles.length === 0) return `No role may do this: send a key of scope ${either(among)}.`;
	const role = person.organisations.find(({ id }) => id === org)?.role ?? "viewer";
	const mine = role === "viewer" ? "a viewer" : `an ${role}`;
	const who = roles.map((one) => `${one}s`).join(" and ");
	return `Only ${who} may do this, and you are ${mine} here: ask an admin for another role.`;
}

const SCOPES = ["write", "server", "read", "edit", "admin"] as const;
const either = (words: readonly string[]) => new Intl.ListFormat("en-GB", { type: "disjunction" }).format(words);

/** Problem 422 for a root key that named no site, and for a person who has none. */
export function assertSiteNamed(principal: Principal): void {
	if (principal.site !== INSTANCE) return;
	const detail = principal.root
		? "This key manages every site: say which one with ?site=ID."
		: "Your organisation has no site yet: an admin makes one.";
	throw new Problem(422, "site_required", detail);
}

/** Forgets what this isolate holds of a key that was just revoked here, and of people. */
export function forgetKeys(): void {
	principals.clear();
	forgetPeople();
	forgetTenants();
}
