/** Builds everything that is served or deployed: the Worker's bundle (one machine), the web app, the beacon, the demo shop. */
import { mkdirSync } from "node:fs";
import { build } from "esbuild";
import { buildApp } from "../web/app/build.ts";
import { buildBeacon } from "../web/beacon/build.ts";
import { buildShop } from "../web/shop/build.ts";
import { ROOT, WEB_DIR, WORKER_FILE } from "./paths.ts";

/** The Worker as one module, as `wrangler deploy` would bundle it. */
export async function buildWorker(): Promise<string> {
	await build({
		entryPoints: [`${ROOT}workers/index.ts`],
		outfile: WORKER_FILE,
		bundle: true,
		format: "esm",
		target: "es2024",
		conditions: ["workerd", "worker", "browser"],
		external: ["cloudflare:*", "node:*"],
		sourcemap: "linked",
		logLevel: "warning",
	});
	return WORKER_FILE;
}

export async function buildWeb(): Promise<void> {
	mkdirSync(WEB_DIR, { recursive: true });
	await buildApp(WEB_DIR);
	await buildBeacon(WEB_DIR);
	await buildShop(`${WEB_DIR}/shop`);
}

if (import.meta.main) await Promise.all([buildWorker(), buildWeb()]);
