/** The Worker: what the platform calls. Ingest goes ahead of the router, pages to the assets, the rest to the API. */
import { DurableObject } from "cloudflare:workers";
import { objectName } from "../durable-objects/name.ts";
import { parseName, tenantId } from "../schema/ids.ts";
import { askQuestion } from "./api/query.ts";
import { toProblem } from "./api/validate.ts";
import { app } from "./app.ts";
import { serveDocument } from "./documents.ts";
import { collect } from "./edge/collect.ts";
import { pixel } from "./edge/pixel.ts";
import type { Env } from "./env.ts";
import { Answers } from "./panels/answers.ts";
import type { ProxyAnswer, ProxyCounters, ProxyRequest, ProxyRpc } from "./panels/proxy.ts";
import { Singleflight } from "./panels/singleflight.ts";
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

/** Between the answer to `destroy` and the end of the object, ms. */
const FAREWELL_MS = 50;

/** Runs a tenant's panel queries, each once for all who ask (docs/decisions/0017); its name says whose (I7). */
export class QueryProxy extends DurableObject<Env> implements ProxyRpc {
	readonly #flights: Singleflight;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const [name = ""] = parseName(objectName(ctx)).parts;
		const tenant = tenantId(name);
		this.#flights = new Singleflight({
			answers: new Answers(ctx.storage),
			run: (question) => askQuestion(env, tenant, question),
			toProblem,
			now: Date.now,
		});
	}

	ask(request: ProxyRequest): Promise<ProxyAnswer> {
		return this.#flights.ask(request);
	}

	async counters(): Promise<ProxyCounters> {
		return this.#flights.counters;
	}

	async forget(): Promise<void> {
		this.#flights.forget();
	}

	/** Forgets all that it holds of the tenant. The object starts anew with the next call, once the answer is out. */
	async destroy(): Promise<void> {
		await this.ctx.storage.deleteAll();
		await this.ctx.storage.sync();
		setTimeout(() => this.ctx.abort("destroyed"), FAREWELL_MS);
	}
}

export default {
	async fetch(request, env, ctx) {
		const path = pathOf(request.url);
		if (path === "/v1/events") return collect(request, env, ctx);
		if (path === "/v1/events.gif") return pixel(request, env, ctx);
		if (path.startsWith("/v1/") || !env.ASSETS) return app.fetch(request, env, ctx);
		return serveDocument(request, env, env.ASSETS);
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
