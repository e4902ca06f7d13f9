import { Hono } from "hono";
import * as z from "zod";
import { logStub, metricStub } from "../../durable-objects/stubs.ts";
import { isZone } from "../../schema/core/zone.ts";
import { tenantId } from "../../schema/ids.ts";
import {
	ALL,
	CUBE_DIMENSIONS,
	funnelWindows,
	INGEST,
	OPEN_DIMENSIONS,
	OTHER,
	SESSION,
	SLOT_DIMENSION,
} from "../../schema/metric.ts";
import { Problem } from "../../schema/problem.ts";
import type { Env } from "../env.ts";
import { beginDeletion } from "../jobs/delete-site.ts";
import { forgetPeople } from "../people/person.ts";
import { organisationById } from "../store/organisations.ts";
import { insertSite, listSites, type SiteChanges, siteById, updateSite } from "../store/sites.ts";
import {
	type ApiEnv,
	assertScope,
	forgetKeys,
	noSuchOrganisation,
	type Principal,
	principalOfPerson,
	refresh,
	requireScope,
	requireScopeAt,
} from "./auth.ts";
import { makeKeys, SCOPES } from "./keys.ts";
import { randomId } from "./secrets.ts";
import { available, configure, noSuchSite, type Site, tenantConfig, toSite } from "./tenant.ts";
import { readBody } from "./validate.ts";

/** scheme://host[:port], and nothing else: what a browser sends in Origin. */
const isOrigin = (text: string) => /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;

const TAKEN: ReadonlySet<string> = new Set([...CUBE_DIMENSIONS, ...OPEN_DIMENSIONS, SLOT_DIMENSION, "reason"]);

const name = z.string().trim().min(1).max(100);
const zone = z.string().refine(isZone, "expected an IANA time zone, such as Europe/Berlin");
const weekStart = z.enum(["monday", "sunday"]);
const currency = z
	.string()
	.refine((code) => Intl.supportedValuesOf("currency").includes(code), "expected an ISO 4217 code, such as EUR")
	.nullable();
const origins = z
	.array(
		z
			.string()
			.refine(isOrigin, "expected scheme://host[:port] in lower case and without a path, such as https://shop.example"),
	)
	.max(50);
const dimensions = z
	.array(
		z
			.string()
			.min(1)
			.max(64)
			.refine((d) => !TAKEN.has(d), "this dimension is there for every site"),
	)
	.max(3)
	.refine((list) => new Set(list).size === list.length, "each dimension once");
const partitions = z.union([z.literal(1), z.literal(4), z.literal(16), z.literal(64)]);
const quota = z.int().positive().nullable();
const retentionDays = z.int().min(1).max(400);

export const NewSite = z.strictObject({
	name,
	zone: zone.default("UTC"),
	week_start: weekStart.default("monday"),
	currency: currency.default(null),
	/** Origins whose pages may use the write key; none: any. */
	origins: origins.default([]),
	/** Origins whose pages may show embedded dashboards in a frame; none: nobody. */
	embed_origins: origins.default([]),
	/** Names of props to keep as dimensions beside country and device. */
	dimensions: dimensions.default([]),
	/** See "Where it must scale" in docs: appends a second / 500. */
	partitions: partitions.default(4),
	/** Events a second. */
	quota: quota.default(null),
	/** Days that raw events are kept. */
	retention_days: retentionDays.default(90),
	/** The organisation that owns it: a root key names one, a person's is that of the site it is on. */
	org: z.string().max(40).optional(),
});

export const SiteChange = z.strictObject({
	/** The version that the change started from. */
	version: z.int().positive(),
	name: name.optional(),
	week_start: weekStart.optional(),
	currency: currency.optional(),
	origins: origins.optional(),
	embed_origins: origins.optional(),
	dimensions: dimensions.optional(),
	quota: quota.optional(),
	retention_days: retentionDays.optional(),
	zone: zone.optional(),
	partitions: partitions.optional(),
});

/** The organisation of a site that is made. Problem 403 for who may make none there, 404. */
async function organisationFor(env: Env, { root, person, org }: Principal, named: string | undefined): Promise<string> {
	if (!root && !person)
		throw new Problem(403, "scope", "The key of one site makes no others: sign in as an admin, or use a root key.");
	const id = named ?? org;
	if (root && !(await available(organisationById(env, id)))) throw noSuchOrganisation(id);
	// Throws for an organisation that is not the person's, and tells the role in it.
	if (person) assertScope(principalOfPerson(person, { org: id }), ["admin"]);
	return id;
}

/** The site that the path names, as it is now. To those who may not see it, it does not exist: Problem 404 (I7). */
async function siteHere(env: Env, { tenant }: Principal): Promise<Site> {
	const row = await siteById(env, tenant);
	if (!row) throw noSuchSite(tenant);
	return toSite(row);
}

/** The sites that the caller administers. */
async function sitesOf(env: Env, { root, person, site }: Principal): Promise<Site[]> {
	if (root) return (await listSites(env)).map(toSite);
	return person ? person.sites.filter(({ role }) => role === "admin").map((one) => one.site) : [site];
}

/** Problem 422 for what is set once, or only grows. */
function assertChangeable(site: Site, change: z.infer<typeof SiteChange>): void {
	for (const field of ["zone", "partitions"] as const) {
		if (change[field] === undefined || change[field] === site[field]) continue;
		throw new Problem(422, "set_once", `${field} is set when a site is created: stored windows are cut by it.`);
	}
	const { dimensions: next } = change;
	if (next === undefined || site.dimensions.every((dimension, i) => next[i] === dimension)) return;
	throw new Problem(422, "append_only", `Dimensions only grow: begin with ${JSON.stringify(site.dimensions)}.`);
}

function changesOf(change: z.infer<typeof SiteChange>): SiteChanges {
	const { name, week_start, currency, origins, embed_origins, dimensions, quota, retention_days } = change;
	return {
		...(name !== undefined && { name }),
		...(week_start !== undefined && { weekStart: week_start }),
		...(currency !== undefined && { currency }),
		...(origins !== undefined && { origins }),
		...(embed_origins !== undefined && { embedOrigins: embed_origins }),
		...(dimensions !== undefined && { dimensions }),
		...(quota !== undefined && { quota }),
		...(retention_days !== undefined && { retentionDays: retention_days }),
	};
}

/**
 * POST, GET /v1/sites; GET, PATCH, DELETE /v1/sites/:id; POST /v1/sites/:id/rollups (writes every rollup anew);
 * POST /v1/sites/:id/seal (brings the journals to the archive now); GET /v1/site. Problem 400, 401, 403, 404, 409, 422, 503.
 */
export const sites = new Hono<ApiEnv>()
	.get("/v1/site", requireScope("read"), (c) => c.json({ site: c.get("principal").site }))
	.post("/v1/sites", requireScope("admin"), async (c) => {
		const wanted = await readBody(c, NewSite);
		const org = await organisationFor(c.env, c.get("principal"), wanted.org);
		const { week_start: weekStart, retention_days: retentionDays, embed_origins: embedOrigins, ...settings } = wanted;
		const id = tenantId(randomId("s_"));
		const now = Date.now();
		await insertSite(c.env, { ...settings, org, id, weekStart, retentionDays, embedOrigins, createdAt: now });
		await configure(c.env, id);
		const first = SCOPES.map((scope) => ({ scope, name: "first" }));
		const made = await makeKeys(c.env, id, first, now);
		const row = await siteById(c.env, id);
		if (!row) throw noSuchSite(id);
		// Its maker sees it at once.
		forgetPeople();
		c.set("audit", { orgs: [org], site: id, target: id, detail: row.name });
		return c.json({ site: toSite(row), keys: Object.fromEntries(made.map(({ scope, key }) => [scope, key])) }, 201);
	})
	.get("/v1/sites", requireScope("admin"), async (c) => {
		return c.json({ sites: await sitesOf(c.env, c.get("principal")) });
	})
	.get("/v1/sites/:id", requireScopeAt("admin"), async (c) =>
		c.json({ site: await siteHere(c.env, c.get("principal")) }),
	)
	.patch("/v1/sites/:id", requireScopeAt("admin"), async (c) => {
		const principal = c.get("principal");
		const change = await readBody(c, SiteChange);
		const site = await siteHere(c.env, principal);
		assertChangeable(site, change);
		if (!(await updateSite(c.env, site.id, change.version, changesOf(change)))) {
			const current = await siteHere(c.env, principal);
			const detail = `The site is at version ${current.version}, the change started from ${change.version}.`;
			throw new Problem(409, "version", detail, { extra: { current } });
		}
		await configure(c.env, site.id);
		refresh(site.id);
		forgetPeople();
		const { version: _, ...changed } = change;
		c.set("audit", { detail: `${site.name}: ${Object.keys(changed).join(", ").replaceAll("_", " ")}` });
		return c.json({ site: await siteHere(c.env, principal) });
	})
	.post("/v1/sites/:id/rollups", requireScopeAt("admin"), async (c) => {
		const site = await siteHere(c.env, c.get("principal"));
		const { metrics, funnels = [] } = await tenantConfig(c.env, site.id);
		const announced = await Promise.all(
			[ALL, SESSION, INGEST, OTHER, ...metrics, ...funnels.map(funnelWindows)].map((metric) =>
				metricStub(c.env, site.id, metric).announceAll(),
			),
		);
		c.set("audit", { detail: site.name });
		return c.json({ windows: announced.reduce((sum, n) => sum + n, 0) }, 202);
	})
	.post("/v1/sites/:id/seal", requireScopeAt("admin"), async (c) => {
		const { id, name, partitions } = await siteHere(c.env, c.get("principal"));
		const logs = Array.from({ length: partitions }, (_, partition) => logStub(c.env, id, partition));
		const sealed = await available(Promise.all(logs.map((log) => log.seal())));
		c.set("audit", { detail: name });
		return c.json({ segments: sealed.reduce((sum, { segments }) => sum + segments, 0) });
	})
	.delete("/v1/sites/:id", requireScopeAt("admin"), async (c) => {
		const site = await siteHere(c.env, c.get("principal"));
		const job = await beginDeletion(c.env, site.id, Date.now());
		forgetKeys();
		c.set("audit", { detail: site.name });
		return c.json({ job: { id: job, status: `/v1/jobs/${job}` } }, 202);
	});
