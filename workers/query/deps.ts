/** The stores of a tenant, as deployed. */
import { metricStub } from "../../durable-objects/stubs.ts";
import type { TenantId } from "../../schema/ids.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import type { Env } from "../env.ts";
import type { QueryDeps } from "./index.ts";
import { d1Source } from "./sources/d1.ts";
import { engineSource } from "./sources/engine.ts";
import { windowSource } from "./sources/window.ts";

export function queryDeps(env: Env, tenant: TenantId, config: TenantConfig, now: () => number = Date.now): QueryDeps {
	const engine = engineSource(env, tenant);
	return {
		config,
		now,
		sources: (metric) => ({
			window: windowSource(metricStub(env, tenant, metric)),
			d1: d1Source(env, tenant, metric),
			engine,
		}),
	};
}
