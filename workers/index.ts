/** The Worker: what the platform calls. Ingest goes ahead of the router, files to the assets, the rest to the API. */
import { app } from "./app.ts";
import { collect } from "./edge/collect.ts";
import { pixel } from "./edge/pixel.ts";
import type { Env } from "./env.ts";
import { queue, scheduled } from "./rollup/index.ts";

export * from "../durable-objects/index.ts";

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
