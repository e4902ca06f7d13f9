import type { EventLog, MetricWindow } from "../durable-objects/index.ts";
import type { ObjectName } from "../schema/ids.ts";
import type { OverflowMessage, RollupMessage } from "../schema/rollup.ts";
import type { ProxyRpc } from "./panels/proxy.ts";
import type { ScanRpc } from "./query/scan/task.ts";

/** Queue message of a job: a step of the job named (a row of D1's `jobs`) is due. */
export interface JobMessage {
	v: 1;
	job: string;
}

/** Every binding, secret and variable of the Worker (wrangler.toml; scripts/start.ts gives the same on one machine). */
export interface Env {
	LOG: DurableObjectNamespace<EventLog>;
	METRIC: DurableObjectNamespace<MetricWindow>;
	/** Reached through `directory()` only: itty-durable speaks fetch, not RPC. */
	DIRECTORY: DurableObjectNamespace;
	DB: D1Database;
	ARCHIVE: R2Bucket;
	/** Objects without storage, of which a scan takes several at once. */
	SCAN: { getByName(name: ObjectName): ScanRpc };
	/** Runs panel queries, each once for all who ask. */
	PROXY: { getByName(name: ObjectName): ProxyRpc };
	ROLLUPS: Queue<RollupMessage>;
	OVERFLOW: Queue<OverflowMessage>;
	JOBS: Queue<JobMessage>;
	POINTS?: AnalyticsEngineDataset;
	ASSETS?: Fetcher;
	/** Secret. The instance's first admin key. */
	ADMIN_KEY?: string;
	/** Secret. Long-lived: cookieless slots are HMACs with it. */
	SECRET: string;
	/** Where Cloudflare Access stands in front: `https://TEAM.cloudflareaccess.com`, and the application's audience tag. */
	ACCESS_TEAM?: string;
	ACCESS_AUDIENCE?: string;
	/** "1" on one machine: demo keys work, Queues are not durable. */
	LOCAL?: string;
	/** Where configured, Analytics Engine can be read. */
	ANALYTICS_ACCOUNT_ID?: string;
	ANALYTICS_TOKEN?: string;
}
