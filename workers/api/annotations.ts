/** Annotations: what happened when. Answers are Annotations themselves; lists have the newest 1,000 first. */
import { Hono } from "hono";
import * as z from "zod";
import { type Annotation, AnnotationChange, NewAnnotation } from "../../schema/annotation.ts";
import { parseRange, type RangeContext } from "../../schema/core/range.ts";
import { zoneOf } from "../../schema/core/zone.ts";
import type { TenantId } from "../../schema/ids.ts";
import { Problem } from "../../schema/problem.ts";
import type { Env } from "../env.ts";
import {
	type AnnotationQuery,
	type AnnotationRow,
	annotationById,
	annotationsIn,
	deleteAnnotation,
	insertAnnotation,
	MAX_ANNOTATIONS,
	updateAnnotation,
} from "../store/annotations.ts";
import { dashboardByUid } from "../store/dashboards.ts";
import { type ApiEnv, requireScope, type Site } from "./auth.ts";
import { siteOf } from "./saved.ts";
import { randomId } from "./secrets.ts";
import { check, readBody } from "./validate.ts";

const instant = z.string().max(64);
/** Times as in questions: ISO 8601, epoch ms, or `now-24h`, `now/d` in the site's zone. */
export const AnnotationParams = z.object({
	from: instant.default("now-24h"),
	to: instant.default("now"),
	dashboard: z.string().max(40).optional(),
});
type Times = Pick<z.output<typeof AnnotationParams>, "from" | "to">;

const toAnnotation = ({ tenant: _, createdAt, ...row }: AnnotationRow): Annotation => ({
	...row,
	created_at: createdAt,
});

/** Those of the site, and of the dashboard where one is named, that overlap [from, to): newest first, at most 1,000. */
export async function listAnnotations(env: Env, tenant: TenantId, query: AnnotationQuery): Promise<Annotation[]> {
	return (await annotationsIn(env, tenant, query)).map(toAnnotation);
}

/** From and to in epoch ms. Problem 422 `range`. */
export function annotationRange({ from, to }: Times, site: Pick<Site, "zone" | "week_start">, now: number) {
	const context: RangeContext = { now, zone: zoneOf(site.zone), weekStart: site.week_start };
	try {
		return parseRange(from, to, context);
	} catch (error) {
		throw new Problem(422, "range", `${error instanceof Error ? error.message : error}.`);
	}
}

type Span = Pick<z.output<typeof AnnotationChange>, "at" | "until">;
const epoch = (time: number | string): number => (typeof time === "number" ? time : Date.parse(time));

/** Problem 422 `range` where it ends before it begins. */
function span({ at, until }: Span): { at: number; until: number | null } {
	const [start, end] = [epoch(at), until === null ? null : epoch(until)];
	if (end !== null && end < start) throw new Problem(422, "range", "until must not be before at.");
	return { at: start, until: end };
}

/** Problem 422 `no_dashboard`. */
async function assertDashboard(env: Env, tenant: TenantId, uid: string | null): Promise<void> {
	if (uid === null || (await dashboardByUid(env, tenant, uid))) return;
	throw new Problem(422, "no_dashboard", `There is no dashboard ${JSON.stringify(uid)} here.`);
}

const noAnnotation = (id: string) =>
	new Problem(404, "no_annotation", `There is no annotation ${JSON.stringify(id)} here.`);

/** Reading: scope `read`, changing: `edit`. Problem 400, 401, 403, 404, 409, 422. */
export const annotations = new Hono<ApiEnv>()
	.get("/v1/annotations", requireScope("read"), async (c) => {
		const { tenant, site } = c.get("principal");
		const { dashboard = null, ...times } = check(AnnotationParams, c.req.query(), "The parameters");
		const { from, to } = annotationRange(times, site, Date.now());
		const query = { from, to, dashboard, tags: c.req.queries("tag") ?? [] };
		return c.json({ annotations: await listAnnotations(c.env, tenant, query) });
	})
	.post("/v1/annotations", requireScope("edit"), async (c) => {
		const principal = c.get("principal");
		const tenant = siteOf(principal);
		const now = Date.now();
		const { at = now, until, ...rest } = await readBody(c, NewAnnotation);
		await assertDashboard(c.env, tenant, rest.dashboard);
		const made = { id: randomId("an_"), version: 1, by: principal.actor, createdAt: now };
		const row = { tenant, ...made, ...rest, ...span({ at, until }) };
		if (!(await insertAnnotation(c.env, row))) {
			throw new Problem(422, "too_many", `A site has at most ${MAX_ANNOTATIONS} annotations: delete old ones first.`);
		}
		c.set("audit", { detail: row.text });
		return c.json(toAnnotation(row), 201);
	})
	.put("/v1/annotations/:id", requireScope("edit"), async (c) => {
		const tenant = siteOf(c.get("principal"));
		const id = c.req.param("id");
		const { version, at, until, ...rest } = await readBody(c, AnnotationChange);
		await assertDashboard(c.env, tenant, rest.dashboard);
		const changed = await updateAnnotation(c.env, tenant, id, version, { ...rest, ...span({ at, until }) });
		if (changed) {
			c.set("audit", { detail: changed.text });
			return c.json(toAnnotation(changed));
		}
		const current = await annotationById(c.env, tenant, id);
		if (!current) throw noAnnotation(id);
		const detail = `The annotation is at version ${current.version}, the change started from ${version}.`;
		throw new Problem(409, "version", detail, { extra: { current: toAnnotation(current) } });
	})
	.delete("/v1/annotations/:id", requireScope("edit"), async (c) => {
		const id = c.req.param("id");
		const tenant = siteOf(c.get("principal"));
		const annotation = await annotationById(c.env, tenant, id);
		if (!annotation) throw noAnnotation(id);
		await deleteAnnotation(c.env, tenant, id);
		c.set("audit", { detail: annotation.text });
		return c.json({ id, deleted: true });
	});
