/** The caller's site and its settings, from D1 and its directory, as an isolate remembers them for 30 s. */
import { directory } from "../../durable-objects/stubs.ts";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import { Problem } from "../../schema/problem.ts";
import type { Env } from "../env.ts";
import { syncFunnels } from "../funnels/live.ts";
import { IsolateCache } from "../store/cache.ts";
import { insertMember } from "../store/members.ts";
import { insertSite, type SiteRow, siteById } from "../store/sites.ts";
import { insertUser } from "../store/users.ts";

export interface Site {
	id: TenantId;
	name: string;
	/** IANA zone. */
	zone: string;
	week_start: "monday" | "sunday";
	currency: string | null;
	origins: string[];
	dimensions: string[];
	partitions: 1 | 4 | 16 | 64;
	/** Events a second; null: no limit. */
	quota: number | null;
	d1_shard: string;
	/** Days that raw events are kept. */
	retention_days: number;
	/** The organisation that owns it. */
	org: string;
	/** Origins whose pages may show embedded dashboards in a frame. */
	embed_origins: string[];
	version: number;
	created_at: number;
}

/** There from the start; sites that name no other are its. */
export const DEFAULT_ORG = "org_default";

/**
 * Where somebody acts who named no site: a root key, or a person whose organisation has none. No site can get this id:
 * made ids have no underscore in front.
 */
export const INSTANCE: Site = {
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
	org: DEFAULT_ORG,
	embed_origins: [],
	version: 0,
	created_at: 0,
};

/**
 * What is revoked or deleted is gone within 60 s wherever the store answers: entries live 30 s. Where it fails they
 * serve for up to 10 min, so that a site's events and dashboards outlive a short outage; it is asked again every 5 s.
 */
export const CACHE = { freshMs: 30_000, staleMs: 600_000, retryMs: 5_000, entries: 10_000 };
const sites = new IsolateCache<Site | null>(CACHE);
const configs = new IsolateCache<TenantConfig>(CACHE);

export const noSuchSite = (id: string) => new Problem(404, "no_site", `There is no site ${JSON.stringify(id)}.`);

/** From a row that only we write. */
export function toSite(row: SiteRow): Site {
	return {
		id: tenantId(row.id),
		name: row.name,
		zone: row.zone,
		week_start: row.weekStart,
		currency: row.currency,
		origins: row.origins,
		dimensions: row.dimensions,
		partitions: row.partitions,
		quota: row.quota,
		d1_shard: row.d1Shard,
		retention_days: row.retentionDays,
		org: row.org,
		embed_origins: row.embedOrigins,
		version: row.version,
		created_at: row.createdAt,
	};
}

/** A store that fails is not the caller's fault: Problem 503, not 401 or 404. */
export async function available<T>(answer: Promise<T>): Promise<T> {
	try {
		return await answer;
	} catch (error) {
		if (error instanceof Problem) throw error;
		console.error("store unavailable", error);
		throw new Problem(503, "store_unavailable", "The database does not answer. Try again.", { retryAfter: 2 });
	}
}

/** The site, or null; up to 30 s old. */
export function siteOf(env: Env, id: string): Promise<Site | null> {
	return available(
		sites.get(id, async () => {
			const row = await siteById(env, id);
			return row ? toSite(row) : null;
		}),
	);
}

/** What the data path needs of the tenant, from its directory; up to 30 s old. Problem 404, 503. */
export function tenantConfig(env: Env, tenant: TenantId): Promise<TenantConfig> {
	const load = async () => {
		const config = await directory(env, tenant).config();
		if (config) return config;
		// It was lost, or destroyed with its site: what is remembered of it no longer holds.
		configs.forget(tenant);
		return configure(env, tenant);
	};
	return available(configs.get(tenant, load));
}

/** Asks anew next time: a log answered `moved`, or the site was changed here. */
export function refresh(tenant: TenantId): void {
	configs.expire(tenant);
	sites.expire(tenant);
}

/** Brings the directory of a site to what D1 says of it. Repeats are harmless. Problem 404. */
export async function configure(env: Env, tenant: TenantId): Promise<TenantConfig> {
	const row = await siteById(env, tenant);
	if (!row) throw noSuchSite(tenant);
	const { zone, week_start, currency, dimensions, partitions } = toSite(row);
	const config = await directory(env, tenant).configure({ zone, week_start, currency, dimensions, partitions });
	return syncFunnels(env, tenant, config, Date.now());
}

/** Brings the live funnels of a site to what is saved. Repeats are harmless. */
export async function configureFunnels(env: Env, tenant: TenantId): Promise<TenantConfig> {
	const config = await directory(env, tenant).config();
	const next = await (config ? syncFunnels(env, tenant, config, Date.now()) : configure(env, tenant));
	configs.expire(tenant);
	return next;
}

/** Forgets everything that this isolate holds of sites. */
export function forgetTenants(): void {
	sites.clear();
	configs.clear();
}

export const DEMO_SITE_ID = tenantId("demo");

/** One machine only: a site that is there at once. */
const DEMO_SITE = {
	id: DEMO_SITE_ID,
	name: "Demo shop",
	zone: "UTC",
	weekStart: "monday",
	currency: "EUR",
	origins: [],
	dimensions: [],
	partitions: 4,
} as const;

/** The demo site, made where it is not there; null when deployed. Idempotent. */
export async function ensureDemoSite(env: Env, now: () => number = Date.now): Promise<Site | null> {
	if (env.LOCAL !== "1") return null;
	const { id } = DEMO_SITE;
	const found = await siteOf(env, id);
	if (found) return found;
	await available(insertSite(env, { ...DEMO_SITE, origins: [], dimensions: [], createdAt: now() }));
	await available(configure(env, id));
	await available(ensureDemoUser(env, now()));
	refresh(id);
	return siteOf(env, id);
}

/** One machine only: who is signed in without a password, by POST /v1/session/demo. */
export const DEMO_USER = "usr_demo";

/** The demo site's admin, made where it is not there. Has no password, so no login is it. */
export async function ensureDemoUser(env: Env, now: number): Promise<void> {
	await insertUser(env, {
		id: DEMO_USER,
		email: "demo@nowcast.invalid",
		name: "Demo",
		password: null,
		createdAt: now,
	});
	await insertMember(env, { org: DEFAULT_ORG, user: DEMO_USER, role: "admin", createdAt: now });
}
