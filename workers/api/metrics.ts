/** GET /v1/metrics: what can be asked. */
import { Hono } from "hono";
import * as z from "zod";
import type { TenantId } from "../../schema/ids.ts";
import { ALL, funnelMetric, INGEST, MEASURES, SESSION, type TenantConfig } from "../../schema/metric.ts";
import { measuresOf, metricsOf, shapeOf } from "../../schema/plan.ts";
import type { Env } from "../env.ts";
import { type ApiEnv, refresh, requireScope, tenantConfig } from "./auth.ts";

export const MetricInfo = z.object({
	name: z.string(),
	/** `all`: every event. `event`: one event name. `session` and `ingest` are made by the system, a `funnel` was saved. */
	kind: z.enum(["all", "event", "session", "ingest", "funnel"]),
	/** Of a funnel: what it is called, and its steps. */
	label: z.string().optional(),
	steps: z.array(z.string()).optional(),
	measures: z.array(z.enum(MEASURES)),
	/** Where `filter` is false the dimension is open: windows group by it alone. The rest is answered from raw events. */
	dimensions: z.array(z.object({ name: z.string(), filter: z.boolean() })),
});
export type MetricInfo = z.infer<typeof MetricInfo>;
export const MetricList = z.object({
	metrics: z.array(MetricInfo),
	/** IANA zone in which hours, days and weeks are cut; the site's. */
	zone: z.string(),
	week_start: z.enum(["monday", "sunday"]),
	/** Of sums and values; null: plain numbers. */
	currency: z.string().nullable(),
});
export type MetricList = z.infer<typeof MetricList>;

const KINDS: Record<string, MetricInfo["kind"]> = { [ALL]: "all", [SESSION]: "session", [INGEST]: "ingest" };

export function metricInfo(name: string, config: TenantConfig): MetricInfo {
	const { cube, marginals, hits } = shapeOf(name, config);
	const declared = [...cube, ...marginals].map((dim) => ({ name: dim, filter: true }));
	const funnel = config.funnels?.find((each) => funnelMetric(each) === name);
	return {
		name,
		kind: funnel === undefined ? (KINDS[name] ?? "event") : "funnel",
		...(funnel && { label: funnel.name, steps: funnel.steps.map(({ label }) => label) }),
		measures: [...measuresOf(name)],
		dimensions: [...declared, ...hits.map((dim) => ({ name: dim, filter: false }))],
	};
}

/** A site without names may just have had its first event, and its dashboard waits for that: what is remembered is not good enough. */
async function knownMetrics(env: Env, tenant: TenantId): Promise<TenantConfig> {
	const config = await tenantConfig(env, tenant);
	if (config.metrics.length > 0) return config;
	refresh(tenant);
	return tenantConfig(env, tenant);
}

/** Scope `read`. Event names that passed the cap of 200 are together the metric `(other)`. */
export const metrics = new Hono<ApiEnv>().get("/v1/metrics", requireScope("read"), async (c) => {
	const config = await knownMetrics(c.env, c.get("principal").tenant);
	const { zone, week_start, currency } = config;
	const list: MetricList = {
		metrics: metricsOf(config).map((name) => metricInfo(name, config)),
		zone,
		week_start,
		currency,
	};
	// One browser may hold the keys of two sites, and a cache does not look at keys (I7).
	return c.json(list, 200, { "cache-control": "no-store" });
});
