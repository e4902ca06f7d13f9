/** Shared links of dashboards, and what their page needs. A link opens one dashboard's panels, and nothing else. */
import { type Context, Hono } from "hono";
import { EVERY } from "../../schema/core/template.ts";
import type { Dashboard } from "../../schema/dashboard.ts";
import { decodeDashboard } from "../../schema/dashboard-upgrade.ts";
import type { TenantId } from "../../schema/ids.ts";
import { rangeContext, rangeOf } from "../../schema/plan.ts";
import { Problem } from "../../schema/problem.ts";
import { NewShare, type Share, type Shared } from "../../schema/share.ts";
import type { Env } from "../env.ts";
import { chosenUnder } from "../panels/limits.ts";
import { placeNames } from "../panels/place.ts";
import { currentValues } from "../panels/values.ts";
import { type DashboardRow, dashboardByUid } from "../store/dashboards.ts";
import { insertShare, listShares, MAX_SHARES, revokeShare, type ShareRow, shareById } from "../store/shares.ts";
import { AnnotationParams, annotationRange, listAnnotations } from "./annotations.ts";
import { type ApiEnv, type Principal, requireScope, tenantConfig } from "./auth.ts";
import { siteOf } from "./saved.ts";
import { randomId } from "./secrets.ts";
import { forgetShare, shareSignature, unknownShare } from "./share-principal.ts";
import { available } from "./tenant.ts";
import { check, readBody } from "./validate.ts";

const DAY_MS = 86_400_000;

function toShare(row: ShareRow): Share {
	const { days: _, ...options } = NewShare.parse(JSON.parse(row.options));
	return {
		...options,
		id: row.id,
		dashboard: row.dashboard,
		created_at: row.createdAt,
		created_by: row.createdBy,
		expires_at: row.expiresAt,
		revoked_at: row.revokedAt,
	};
}

/** With the links, which hold the signature where no server sees it. */
async function withLinks(env: Env, row: ShareRow): Promise<Share> {
	const share = toShare(row);
	const rest = `${row.id}#${await shareSignature(env, row)}`;
	return { ...share, link: `/share/${rest}`, ...(share.embed && { embed_link: `/embed/${rest}` }) };
}

/** Problem 404. */
async function dashboardHere(env: Env, tenant: TenantId, uid: string): Promise<DashboardRow> {
	const row = await dashboardByUid(env, tenant, uid);
	if (row) return row;
	throw new Problem(404, "no_dashboard", `There is no dashboard ${JSON.stringify(uid)} here.`);
}

async function create(c: Context<ApiEnv>, uid: string): Promise<Share> {
	const principal = c.get("principal");
	const tenant = siteOf(principal);
	const { title } = await dashboardHere(c.env, tenant, uid);
	const options = await readBody(c, NewShare);
	const now = Date.now();
	// Problem 422 for a range that cannot be shown.
	if (options.time) rangeOf(options.time, rangeContext({}, await tenantConfig(c.env, tenant), now));
	const row: ShareRow = {
		id: randomId("shr_"),
		tenant,
		dashboard: uid,
		options: JSON.stringify(options),
		createdAt: now,
		createdBy: principal.actor,
		expiresAt: options.days === null ? null : now + options.days * DAY_MS,
		revokedAt: null,
	};
	if (!(await insertShare(c.env, row)))
		throw new Problem(422, "too_many", `A site has at most ${MAX_SHARES} open links: revoke some first.`);
	c.set("audit", { target: row.id, detail: shareWords(title, options.name) });
	return withLinks(c.env, row);
}

const shareWords = (title: string, name: string): string => (name === "" ? title : `${title}: ${name}`);

/** Editors revoke the links that they made, admins any. Problem 403, 404. */
async function revoke(c: Context<ApiEnv>, id: string): Promise<void> {
	const principal = c.get("principal");
	const tenant = siteOf(principal);
	const row = await shareById(c.env, id);
	if (row?.tenant !== tenant) throw new Problem(404, "no_share", `There is no link ${JSON.stringify(id)} here.`);
	const { actor, scope } = principal;
	const isMine = row.createdBy.kind === actor.kind && row.createdBy.id === actor.id;
	if (!isMine && scope !== "admin")
		throw new Problem(403, "share", `${row.createdBy.name} made this link: an admin may revoke it, or who made it.`);
	await revokeShare(c.env, tenant, id, Date.now());
	forgetShare(id);
	const { name } = toShare(row);
	const title = (await dashboardByUid(c.env, tenant, row.dashboard))?.title ?? "a dashboard that is gone";
	c.set("audit", { target: id, detail: shareWords(title, name) });
}

type Opened = NonNullable<Principal["share"]>;

/** What a share opens, as it is now. Problem 401 where the dashboard is gone, 503. */
export async function sharedDashboard(env: Env, tenant: TenantId, { dashboard: uid }: Opened) {
	const row = await available(dashboardByUid(env, tenant, uid));
	if (!row) throw unknownShare();
	return { version: row.version, dashboard: decodeDashboard(row.body) };
}

/** The principal of a link. The routes let nobody else in. */
function linkOf({ share }: Principal): Opened {
	if (share) return share;
	throw new Problem(403, "scope", "This is for shared links only: send the link's token.");
}

async function shared(env: Env, principal: Principal): Promise<Shared> {
	const share = linkOf(principal);
	const { name, choose_time, choose_variables, time, variables } = share.options;
	const { site, tenant } = principal;
	const opened = await sharedDashboard(env, tenant, share);
	return {
		share: { name, expires_at: share.expiresAt, choose_time, choose_variables, time, variables },
		site: { name: site.name, zone: site.zone, currency: site.currency, week_start: site.week_start },
		uid: share.dashboard,
		...opened,
	};
}

/**
 * Those that the layers of the dashboard show, in the range asked for where the link lets choose one, else within its own.
 * Who made them is not told.
 */
async function sharedAnnotations(c: Context<ApiEnv>) {
	const principal = c.get("principal");
	const share = linkOf(principal);
	const { tenant, site } = principal;
	const { dashboard } = await sharedDashboard(c.env, tenant, share);
	const now = Date.now();
	const { from, to } = check(AnnotationParams.pick({ from: true, to: true }), c.req.query());
	const asked = annotationRange({ from, to }, site, now);
	const own = annotationRange(share.options.time ?? dashboard.time, site, now);
	const range = share.options.choose_time
		? asked
		: { from: Math.max(asked.from, own.from), to: Math.min(asked.to, own.to) };
	const tags = shownTags(dashboard, principal);
	if (tags === null || range.from >= range.to) return [];
	const found = await listAnnotations(c.env, tenant, { ...range, dashboard: share.dashboard, tags });
	return found.map((one) => ({ ...one, by: { kind: one.by.kind, id: "", name: "" } }));
}

/** Tags of which an annotation needs one to be shown; none: all are; null: none is. */
function shownTags(dashboard: Dashboard, principal: Principal): string[] | null {
	const stored = dashboard.annotations.filter((layer) => layer.kind === "stored");
	if (stored.length === 0) return null;
	const { variables } = chosenUnder(principal, { variables: {} }, dashboard);
	const values = currentValues(dashboard.variables, variables);
	// A viewer who chooses may choose any.
	if (principal.share?.options.choose_variables) for (const name of values.keys()) values.set(name, [EVERY]);
	const tags = stored.map((layer) => placeNames(layer.tags, values));
	return tags.some((list) => list.length === 0) ? [] : tags.flat();
}

/** Reading: scope `read`, making and revoking: `edit`. Problem 400, 401, 403, 404, 422. */
export const shares = new Hono<ApiEnv>()
	.get("/v1/dashboards/:uid/shares", requireScope("read"), async (c) => {
		const { tenant } = c.get("principal");
		const { uid } = await dashboardHere(c.env, tenant, c.req.param("uid"));
		return c.json({ shares: (await listShares(c.env, tenant, uid)).map(toShare) });
	})
	.post("/v1/dashboards/:uid/shares", requireScope("edit"), async (c) =>
		c.json(await create(c, c.req.param("uid")), 201),
	)
	.get("/v1/shares", requireScope("read"), async (c) =>
		c.json({ shares: (await listShares(c.env, c.get("principal").tenant, null)).map(toShare) }),
	)
	.delete("/v1/shares/:id", requireScope("edit"), async (c) => {
		const id = c.req.param("id");
		await revoke(c, id);
		return c.json({ id, revoked: true });
	})
	.get("/v1/shared", requireScope("share"), async (c) =>
		c.json(await shared(c.env, c.get("principal")), 200, { "cache-control": "no-store" }),
	)
	.get("/v1/shared/annotations", requireScope("share"), async (c) =>
		c.json({ annotations: await sharedAnnotations(c) }, 200, { "cache-control": "no-store" }),
	);
