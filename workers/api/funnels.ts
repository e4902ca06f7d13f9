/** Saved funnels: definitions by a name, most of them counted as events arrive. */
import { Hono } from "hono";
import { checkFunnel } from "../../schema/core/funnel.ts";
import type { TenantId } from "../../schema/ids.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import { Problem } from "../../schema/problem.ts";
import type { FunnelDefinition } from "../../schema/questions.ts";
import { FunnelChange, filtersOf, NewFunnel } from "../../schema/saved.ts";
import type { Env } from "../env.ts";
import { livenessOf } from "../funnels/live.ts";
import { windowMs } from "../query/raw.ts";
import { funnelShelf, type Saved, segmentsOf } from "../store/saved.ts";
import { type ApiEnv, requireScope, tenantConfig } from "./auth.ts";
import { assertAnswerable, assertFound, assertUnused, siteOf, stale, tooMany, toResource } from "./saved.ts";
import { randomId } from "./secrets.ts";
import { configureFunnels } from "./tenant.ts";
import { readBody } from "./validate.ts";

/** Funnels as the API answers them, as of this config: whether they are live is the directory's to say. */
async function describe(env: Env, tenant: TenantId, rows: Saved<FunnelDefinition>[], config: TenantConfig) {
	const segments = await segmentsOf(env, tenant);
	return rows.map((row) => ({ ...toResource("definition", row), ...livenessOf(row, segments, config) }));
}

async function toFunnel(env: Env, tenant: TenantId, row: Saved<FunnelDefinition>, config?: TenantConfig) {
	const [funnel] = await describe(env, tenant, [row], config ?? (await tenantConfig(env, tenant)));
	if (funnel === undefined) throw new Error("one row is one funnel");
	return funnel;
}

/** Problem 422 where the definition is no funnel, or its filters are none that a question may have. */
async function assertUsable(env: Env, tenant: TenantId, definition: FunnelDefinition): Promise<void> {
	const { steps, exclusions, window, order, reentry } = definition;
	const rules = { steps: steps.length, windowMs: windowMs(window), order, reentry };
	try {
		checkFunnel(
			rules,
			exclusions.map(({ after }) => after),
		);
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		throw new Problem(422, "funnel", `${error.message}.`);
	}
	const [segments, config] = await Promise.all([segmentsOf(env, tenant), tenantConfig(env, tenant)]);
	assertAnswerable(filtersOf(definition), segments, config);
}

/** GET, POST /v1/funnels; GET, PUT, DELETE /v1/funnels/:id. Problem 400, 401, 403, 404, 409, 422. */
export const funnels = new Hono<ApiEnv>()
	.get("/v1/funnels", requireScope("read"), async (c) => {
		const { tenant } = c.get("principal");
		const [rows, config] = await Promise.all([funnelShelf.list(c.env, tenant), tenantConfig(c.env, tenant)]);
		return c.json({ funnels: await describe(c.env, tenant, rows, config) });
	})
	.post("/v1/funnels", requireScope("edit"), async (c) => {
		const tenant = siteOf(c.get("principal"));
		const { name, definition } = await readBody(c, NewFunnel);
		await assertUsable(c.env, tenant, definition);
		const now = Date.now();
		const row = { id: randomId("fun_"), name, body: definition, createdAt: now, updatedAt: now };
		if (!(await funnelShelf.insert(c.env, tenant, row))) throw tooMany("funnel", funnelShelf.limit);
		const config = await configureFunnels(c.env, tenant);
		c.set("audit", { detail: name });
		return c.json({ funnel: await toFunnel(c.env, tenant, { ...row, version: 1 }, config) }, 201);
	})
	.get("/v1/funnels/:id", requireScope("read"), async (c) => {
		const { tenant } = c.get("principal");
		const id = c.req.param("id");
		const row = assertFound(await funnelShelf.find(c.env, tenant, id), "funnel", id);
		return c.json({ funnel: await toFunnel(c.env, tenant, row) });
	})
	.put("/v1/funnels/:id", requireScope("edit"), async (c) => {
		const tenant = siteOf(c.get("principal"));
		const id = c.req.param("id");
		const { name, definition, version } = await readBody(c, FunnelChange);
		const current = async () => assertFound(await funnelShelf.find(c.env, tenant, id), "funnel", id);
		await current();
		await assertUsable(c.env, tenant, definition);
		const change = { id, name, body: definition, version, updatedAt: Date.now() };
		const changed = await funnelShelf.update(c.env, tenant, change);
		const config = changed ? await configureFunnels(c.env, tenant) : await tenantConfig(c.env, tenant);
		const funnel = await toFunnel(c.env, tenant, await current(), config);
		if (!changed) throw stale("funnel", version, funnel);
		c.set("audit", { detail: name });
		return c.json({ funnel });
	})
	.delete("/v1/funnels/:id", requireScope("edit"), async (c) => {
		const tenant = siteOf(c.get("principal"));
		const id = c.req.param("id");
		const row = await funnelShelf.find(c.env, tenant, id);
		if (row) {
			await assertUnused(c.env, tenant, "funnel", id);
			await funnelShelf.delete(c.env, tenant, id);
			c.set("audit", { detail: row.name });
		}
		// In any case: the call before this one may have come no further.
		await configureFunnels(c.env, tenant);
		assertFound(row, "funnel", id);
		return c.json({ id, deleted: true });
	});
