/** GET /v1/metrics: what can be asked. */
import { Hono } from "hono";
import * as z from "zod";
import { ALL, INGEST, MEASURES, SESSION, type TenantConfig } from "../../schema/metric.ts";
import { measuresOf, metricsOf, shapeOf } from "../../schema/plan.ts";
import { type ApiEnv, requireScope, tenantConfig } from "./auth.ts";

export const MetricInfo = z.object({
	name: z.string(),
	/** `all`: every event. `event`: one event name. `session` and `ingest` are made by the system. */
	kind: z.enum(["all", "event", "session", "ingest"]),
	measures: z.array(z.enum(MEASURES)),
	/** Where `filter` is false the dimension is open: it can be grouped by alone, and not filtered. */
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
	return {
		name,
		kind: KINDS[name] ?? "event",
		measures: [...measuresOf(name)],
		dimensions: [...declared, ...hits.map((dim) => ({ name: dim, filter: false }))],
	};
}

/** Scope `read`. Event names that passed the cap of 200 are together the metric `(other)`. */
export const metrics = new Hono<ApiEnv>().get("/v1/metrics", requireScope("read"), async (c) => {
	const config = await tenantConfig(c.env, c.get("principal").tenant);
	const { zone, week_start, currency } = config;
	const list: MetricList = {
		metrics: metricsOf(config).map((name) => metricInfo(name, config)),
		zone,
		week_start,
		currency,
	};
	return c.json(list, 200, { "cache-control": "private, max-age=10" });
});
