/** The stores of a tenant, as deployed. */
import { logStub, metricStub, scannerStub } from "../../durable-objects/stubs.ts";
import type { TenantId } from "../../schema/ids.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import type { Env } from "../env.ts";
import { snapshot } from "../store/segments.ts";
import type { QueryDeps } from "./index.ts";
import type { ScanStores } from "./scan/task.ts";
import { d1Source } from "./sources/d1.ts";
import { engineSource } from "./sources/engine.ts";
import { windowSource } from "./sources/window.ts";

/** Tasks of a scan under way at once, each in an object of its own: 24 × 500,000 rows are a few seconds (docs/scaling.md). */
const LANES = 24;
/** One machine has one thread for all of them, and their memory together. */
const LOCAL_LANES = 4;

export interface Asker {
	tenant: TenantId;
	config: TenantConfig;
	/** Days that raw events are kept. */
	keptDays: number;
	/** Stretches whose windows are to be rebuilt. */
	rebuilding: readonly { from: number; to: number }[];
	/** Ends a scan where the caller goes away. */
	signal: AbortSignal | null;
}

export function queryDeps(env: Env, asker: Asker, now: () => number = Date.now): QueryDeps {
	const { tenant, config, keptDays, rebuilding, signal } = asker;
	const engine = engineSource(env, tenant);
	return {
		config,
		keptDays,
		rebuilding,
		now,
		sources: (metric) => ({
			window: windowSource(metricStub(env, tenant, metric)),
			d1: d1Source(env, tenant, metric),
			engine,
		}),
		scans: {
			partitions: config.partitions,
			snapshot: (range) => snapshot(env, tenant, range),
			run: (task, lane) => scannerStub(env, tenant, lane).run(task),
			lanes: env.LOCAL === "1" ? LOCAL_LANES : LANES,
			now,
			signal,
		},
	};
}

/** Where a task reads: the tenant's objects on R2, and its logs. */
export const scanStores = (env: Env, tenant: TenantId): ScanStores => ({
	archive: env.ARCHIVE,
	tail: (partition, request) => logStub(env, tenant, partition).readTail(request),
});
