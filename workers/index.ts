/** The Worker: what the platform calls. Ingest goes ahead of the router, files to the assets, the rest to the API. */
import { DurableObject } from "cloudflare:workers";
import { objectName } from "../durable-objects/name.ts";
import { parseName, tenantId } from "../schema/ids.ts";
import { app } from "./app.ts";
import { collect } from "./edge/collect.ts";
import { pixel } from "./edge/pixel.ts";
import type { Env } from "./env.ts";
import { scanStores } from "./query/deps.ts";
import type { KindName } from "./query/scan/kinds.ts";
import { runTask, type ScanRpc, type ScanTask, type TaskAnswer } from "./query/scan/task.ts";
import { queue, scheduled } from "./rollup/index.ts";

export * from "../durable-objects/index.ts";

/** Runs tasks of a tenant's scans; its name says whose (I7). Holds nothing: an object for its thread and connections. */
export class Scanner extends DurableObject<Env> implements ScanRpc {
	run<K extends KindName>(task: ScanTask<K>): Promise<TaskAnswer<K>> {
		const [tenant = ""] = parseName(objectName(this.ctx)).parts;
		return runTask(scanStores(this.env, tenantId(tenant)), task);
	}
}

export default {
	async fetch(request, env, ctx) {
		const path = pathOf(request.url);
		if (path === "/v1/events") return collect(request, env, ctx);
		if (path === "/v1/events.gif") return pixel(request, env, ctx);
		if (path.startsWith("/v1/") || !env.ASSETS) return app.fetch(request, env, ctx);
		return env.ASSETS.fetch(request);
	},
	queue,
	scheduled,
} satisfies ExportedHandler<Env>;

/** Cheaper than parsing the URL, which only the routes behind need. */
function pathOf(url: string): string {
	const start = url.indexOf("/", url.indexOf("//") + 2);
	const end = url.indexOf("?", start);
	return end === -1 ? url.slice(start) : url.slice(start, end);
}
