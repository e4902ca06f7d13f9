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
import { beginDeletion } from "../jobs/delete-site.ts";
import { insertSite, listSites, type SiteChanges, siteById, updateSite } from "../store/sites.ts";
import { type ApiEnv, forgetKeys, type Principal, refresh, requireScope } from "./auth.ts";
import { makeKeys, SCOPES } from "./keys.ts";
import { randomId } from "./secrets.ts";
import { available, configure, noSuchSite, type Site, tenantConfig, toSite } from "./tenant.ts";
import { readBody } from "./validate.ts";

/** scheme://host[:port], and nothing else: what a browser sends in Origin. */
const isOrigin = (text: string) => /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;

const TAKEN: ReadonlySet<string> = new Set([...CUBE_DIMENSIONS, ...OPEN_DIMENSIONS, SLOT_DIMENSION, "reason"]);

const name = z.string().trim().min(1).max(100);
const zone = z.string().refine(isZone, "an IANA time zone, such as Europe/Berlin");
const weekStart = z.enum(["monday", "sunday"]);
const currency = z
	.string()
	.refine((code) => Intl.supportedValuesOf("currency").includes(code), "an ISO 4217 code, such as EUR")
	.nullable();
const origins = z.array(z.string().refine(isOrigin, "scheme://host[:port], in lower case, without a path")).max(50);
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
	/** Names of props to keep as dimensions beside country and device. */
	dimensions: dimensions.default([]),
	/** See "Where it must scale" in docs: appends a second / 500. */
	partitions: partitions.default(4),
	/** Events a second. */
	quota: quota.default(null),
	/** Days that raw events are kept. */
	retention_days: retentionDays.default(90),
});

export const SiteChange = z.strictObject({
	/** The version that the change started from. */
	version: z.int().positive(),
	name: name.optional(),
	week_start: weekStart.optional(),
	currency: currency.optional(),
	origins: origins.optional(),
	dimensions: dimensions.optional(),
	quota: quota.optional(),
	retention_days: retentionDays.optional(),
	zone: zone.optional(),
	partitions: partitions.optional(),
});

/** Problem 403: a site-bound key made or listed sites. */
function assertRoot(principal: Principal): void {
	if (!principal.root) throw new Problem(403, "scope", "Only a root admin manages sites.");
}

/** The site with this id, if the caller may see it. To others it does not exist: Problem 404 (I7). */
async function visibleSite(env: ApiEnv["Bindings"], principal: Principal, id: string): Promise<Site> {
	const row = principal.root || principal.tenant === id ? await siteById(env, id) : undefined;
	if (!row) throw noSuchSite(id);
	return toSite(row);
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
	const { name, week_start, currency, origins, dimensions, quota, retention_days } = change;
	return {
		...(name !== undefined && { name }),
		...(week_start !== undefined && { weekStart: week_start }),
		...(currency !== undefined && { currency }),
		...(origins !== undefined && { origins }),
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
		assertRoot(c.get("principal"));
		const { week_start: weekStart, retention_days: retentionDays, ...settings } = await readBody(c, NewSite);
		const id = tenantId(randomId("s_"));
		const now = Date.now();
		await insertSite(c.env, { ...settings, id, weekStart, retentionDays, createdAt: now });
		await configure(c.env, id);
		const made = await makeKeys(
			c.env,
			id,
			SCOPES.map((scope) => ({ scope, name: "first" })),
			now,
		);
		const site = await visibleSite(c.env, c.get("principal"), id);
		return c.json({ site, keys: Object.fromEntries(made.map(({ scope, key }) => [scope, key])) }, 201);
	})
	.get("/v1/sites", requireScope("admin"), async (c) => {
		const principal = c.get("principal");
		const rows = principal.root ? await listSites(c.env) : [];
		return c.json({ sites: principal.root ? rows.map(toSite) : [principal.site] });
	})
	.get("/v1/sites/:id", requireScope("admin"), async (c) =>
		c.json({ site: await visibleSite(c.env, c.get("principal"), c.req.param("id")) }),
	)
	.patch("/v1/sites/:id", requireScope("admin"), async (c) => {
		const principal = c.get("principal");
		const change = await readBody(c, SiteChange);
		const site = await visibleSite(c.env, principal, c.req.param("id"));
		assertChangeable(site, change);
		if (!(await updateSite(c.env, site.id, change.version, changesOf(change)))) {
			const current = await visibleSite(c.env, principal, site.id);
			const detail = `The site is at version ${current.version}, the change started from ${change.version}.`;
			throw new Problem(409, "version", detail, { extra: { current } });
		}
		await configure(c.env, site.id);
		refresh(site.id);
		return c.json({ site: await visibleSite(c.env, principal, site.id) });
	})
	.post("/v1/sites/:id/rollups", requireScope("admin"), async (c) => {
		const site = await visibleSite(c.env, c.get("principal"), c.req.param("id"));
		const { metrics, funnels = [] } = await tenantConfig(c.env, site.id);
		const announced = await Promise.all(
			[ALL, SESSION, INGEST, OTHER, ...metrics, ...funnels.map(funnelWindows)].map((metric) =>
				metricStub(c.env, site.id, metric).announceAll(),
			),
		);
		return c.json({ windows: announced.reduce((sum, n) => sum + n, 0) }, 202);
	})
	.post("/v1/sites/:id/seal", requireScope("admin"), async (c) => {
		const { id, partitions } = await visibleSite(c.env, c.get("principal"), c.req.param("id"));
		const logs = Array.from({ length: partitions }, (_, partition) => logStub(c.env, id, partition));
		const sealed = await available(Promise.all(logs.map((log) => log.seal())));
		return c.json({ segments: sealed.reduce((sum, { segments }) => sum + segments, 0) });
	})
	.delete("/v1/sites/:id", requireScope("admin"), async (c) => {
		const site = await visibleSite(c.env, c.get("principal"), c.req.param("id"));
		const job = await beginDeletion(c.env, site.id, Date.now());
		forgetKeys();
		return c.json({ job: { id: job, status: `/v1/jobs/${job}` } }, 202);
	});
