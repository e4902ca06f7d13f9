/** Who calls: keys and scopes, and with `tenant.ts` the only place that mints a TenantId from a request (I7). */
import type { MiddlewareHandler } from "hono";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import { Problem } from "../../schema/problem.ts";
import type { Env } from "../env.ts";
import { IsolateCache } from "../store/cache.ts";
import { keyByHash } from "../store/keys.ts";
import { DEMO_KEYS } from "./demo.ts";
import { available, CACHE, ensureDemoSite, forgetTenants, noSuchSite, type Site, siteOf, toSite } from "./tenant.ts";

export { ensureDemoSite, refresh, type Site, tenantConfig } from "./tenant.ts";

/** pk_, sk_, rk_, ak_ */
export type Scope = "write" | "server" | "read" | "admin";

export interface Principal {
	tenant: TenantId;
	scope: Scope;
	keyId: string;
	/** A root key that named no site has INSTANCE here, which owns nothing. */
	site: Site;
	/** Instance admin: manages every site, and picks one with `?site=`. */
	root: boolean;
}

export interface ApiEnv {
	Bindings: Env;
	Variables: { principal: Principal };
}

/** Where a root key acts that named no site. No site can get this id: made ids have no underscore in front. */
const INSTANCE: Site = {
	id: tenantId("_instance"),
	name: "instance",
	zone: "UTC",
	week_start: "monday",
	currency: null,
	origins: [],
	dimensions: [],
	partitions: 1,
	quota: 0,
	d1_shard: "main",
	retention_days: 0,
	version: 0,
	created_at: 0,
};

const principals = new IsolateCache<Principal | null>(CACHE);

/** Longer is no key of ours, and not worth hashing. */
const KEY_CHARS = 256;

/**
 * Who has this key. A root key acts on the site with the id `site` where one is named.
 * Problem 401 for none or an unknown one, 404 for a site that is not there or not the key's, 503 while D1 does not answer.
 */
export async function authenticate(env: Env, key: string | null, site?: string): Promise<Principal> {
	if (!key) throw new Problem(401, "no_key", "Send a key: Authorization: Bearer <key>.");
	const principal = key.length > KEY_CHARS ? null : await principalOf(env, key);
	if (!principal) throw new Problem(401, "unknown_key", "This key is not known, or was revoked.");
	if (site === undefined || site === principal.site.id) return principal;
	const chosen = principal.root ? await siteOf(env, site) : null;
	if (!chosen) throw noSuchSite(site);
	return { ...principal, tenant: chosen.id, site: chosen };
}

async function principalOf(env: Env, key: string): Promise<Principal | null> {
	const demo = DEMO_KEYS.get(key);
	if (demo) return demoPrincipal(env, key, demo);
	if (await isRoot(env, key)) return { tenant: INSTANCE.id, scope: "admin", keyId: "root", site: INSTANCE, root: true };
	return available(principals.get(key, () => storedPrincipal(env, key)));
}

async function storedPrincipal(env: Env, key: string): Promise<Principal | null> {
	const found = await keyByHash(env, await sha256Hex(key));
	if (!found) return null;
	const site = found.site ? toSite(found.site) : INSTANCE;
	return { tenant: site.id, scope: found.key.scope, keyId: found.key.id, site, root: found.key.site === null };
}

async function demoPrincipal(env: Env, keyId: string, scope: Scope): Promise<Principal | null> {
	const site = await ensureDemoSite(env);
	return site && { tenant: site.id, scope, keyId, site, root: scope === "admin" };
}

/** The other scopes' prefixes are let by without a comparison, because ingest pays for it. */
async function isRoot(env: Env, key: string): Promise<boolean> {
	return Boolean(env.ADMIN_KEY) && !/^[psr]k_/.test(key) && (await sameSecret(key, env.ADMIN_KEY ?? ""));
}

const sha256 = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));

/** Takes a time that does not depend on where the two differ: both are hashed to one length first. */
async function sameSecret(a: string, b: string): Promise<boolean> {
	return crypto.subtle.timingSafeEqual(...(await Promise.all([sha256(a), sha256(b)])));
}

/** SHA-256, hex: the form in which keys and tickets are stored. */
export async function sha256Hex(text: string): Promise<string> {
	return Array.from(new Uint8Array(await sha256(text)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The key of an `Authorization: Bearer` header: the only way for query and admin keys (sockets: subprotocol or ticket). */
export function bearer(header: string | null | undefined): string | null {
	return /^Bearer +(\S+)$/i.exec(header ?? "")?.[1] ?? null;
}

/**
 * Lets these scopes in and sets `principal`; `read` lets `admin` in too. A root key names a site with `?site=`,
 * and must where the route is not an admin's. Problem 401, 403, 404, 422.
 */
export function requireScope(...scopes: Scope[]): MiddlewareHandler<ApiEnv> {
	return async (c, next) => {
		const key = bearer(c.req.header("authorization"));
		const principal = await authenticate(c.env, key, c.req.query("site"));
		assertScope(principal, scopes);
		if (!scopes.includes("admin")) assertSiteNamed(principal);
		c.set("principal", principal);
		await next();
	};
}

/** Problem 403 unless the key's scope is among these; `read` lets `admin` in too. */
export function assertScope(principal: Principal, scopes: Scope[]): void {
	if (scopes.includes(principal.scope)) return;
	if (principal.scope === "admin" && scopes.includes("read")) return;
	const wanted = scopes.join(" or ");
	throw new Problem(403, "scope", `This needs a key of scope ${wanted}; the scope of this key is ${principal.scope}.`);
}

/** Problem 422 for a root key that named no site. */
export function assertSiteNamed(principal: Principal): void {
	if (principal.site !== INSTANCE) return;
	throw new Problem(422, "site_required", "This key manages every site: say which one with ?site=ID.");
}

/** Forgets what this isolate holds of a key that was just revoked here. */
export function forgetKeys(): void {
	principals.clear();
	forgetTenants();
}
