/** Saved segments (cohorts): filters by a name, which any filter may name as `{segment: id}`. */
import { Hono } from "hono";
import type { Filter } from "../../schema/expression.ts";
import type { TenantId } from "../../schema/ids.ts";
import { filtersOf, NewSegment, SegmentChange, Segments } from "../../schema/saved.ts";
import type { Env } from "../env.ts";
import { funnelShelf, type Saved, segmentProblem, segmentShelf } from "../store/saved.ts";
import { type ApiEnv, requireScope, tenantConfig } from "./auth.ts";
import { assertAnswerable, assertFound, assertUnused, siteOf, stale, tooMany, toResource } from "./saved.ts";
import { randomId } from "./secrets.ts";
import { configureFunnels } from "./tenant.ts";
import { readBody } from "./validate.ts";

const toSegment = (row: Saved<Filter>) => toResource("filter", row);

/**
 * Problem 422 where the filter cannot be what this segment means, or where what refers to it would become too large.
 * Whatever else is saved was right before, so what is wrong now is so by this change.
 */
async function assertUsable(env: Env, tenant: TenantId, id: string, filter: Filter): Promise<void> {
	const [all, funnels] = await Promise.all([segmentShelf.list(env, tenant), funnelShelf.list(env, tenant)]);
	const others = all.filter((row) => row.id !== id);
	const segments = new Segments(new Map([...others.map((row) => [row.id, row.body] as const), [id, filter]]));
	assertInline(segments, filter, id);
	assertAnswerable([filter], segments, await tenantConfig(env, tenant));
	for (const { id: other, name, body } of others) assertInline(segments, body, other, `segment ${name}`);
	for (const { name, body } of funnels) {
		for (const part of filtersOf(body)) assertInline(segments, part, undefined, `funnel ${name}`);
	}
}

function assertInline(segments: Segments, filter: Filter, id?: string, user?: string): void {
	try {
		segments.check(filter, id);
	} catch (error) {
		if (user === undefined || !(error instanceof RangeError)) throw segmentProblem(error);
		throw segmentProblem(new RangeError(`The ${user} uses this segment: ${error.message}`));
	}
}

/** GET, POST /v1/segments; GET, PUT, DELETE /v1/segments/:id. Problem 400, 401, 403, 404, 409, 422. */
export const segments = new Hono<ApiEnv>()
	.get("/v1/segments", requireScope("read"), async (c) => {
		const rows = await segmentShelf.list(c.env, c.get("principal").tenant);
		return c.json({ segments: rows.map(toSegment) });
	})
	.post("/v1/segments", requireScope("edit"), async (c) => {
		const tenant = siteOf(c.get("principal"));
		const { name, filter } = await readBody(c, NewSegment);
		const now = Date.now();
		const row = { id: randomId("seg_"), name, body: filter, createdAt: now, updatedAt: now };
		await assertUsable(c.env, tenant, row.id, filter);
		if (!(await segmentShelf.insert(c.env, tenant, row))) throw tooMany("segment", segmentShelf.limit);
		c.set("audit", { detail: name });
		return c.json({ segment: toSegment({ ...row, version: 1 }) }, 201);
	})
	.get("/v1/segments/:id", requireScope("read"), async (c) => {
		const id = c.req.param("id");
		const row = assertFound(await segmentShelf.find(c.env, c.get("principal").tenant, id), "segment", id);
		return c.json({ segment: toSegment(row) });
	})
	.put("/v1/segments/:id", requireScope("edit"), async (c) => {
		const tenant = siteOf(c.get("principal"));
		const id = c.req.param("id");
		const { name, filter, version } = await readBody(c, SegmentChange);
		const current = async () => assertFound(await segmentShelf.find(c.env, tenant, id), "segment", id);
		await current();
		await assertUsable(c.env, tenant, id, filter);
		const change = { id, name, body: filter, version, updatedAt: Date.now() };
		const changed = await segmentShelf.update(c.env, tenant, change);
		const segment = toSegment(await current());
		if (!changed) throw stale("segment", version, segment);
		await configureFunnels(c.env, tenant);
		c.set("audit", { detail: name });
		return c.json({ segment });
	})
	.delete("/v1/segments/:id", requireScope("edit"), async (c) => {
		const tenant = siteOf(c.get("principal"));
		const id = c.req.param("id");
		const { name } = assertFound(await segmentShelf.find(c.env, tenant, id), "segment", id);
		await assertUnused(c.env, tenant, "segment", id);
		await segmentShelf.delete(c.env, tenant, id);
		c.set("audit", { detail: name });
		return c.json({ id, deleted: true });
	});
