/** The servers that are compared, each started fresh on loopback and stopped by its own process. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { freePort, until } from "../e2e/nowcast.ts";
import { ROOT } from "../scripts/paths.ts";
import { type RunningServer, startServer } from "../scripts/server.ts";

export interface Contender {
	name: "ceiling" | "nowcast" | "classic";
	url: string;
	/** Whom it lets in. */
	key: string;
	stop(): Promise<void>;
}

/** A bare Worker under workerd, on the same kind of socket as ours. */
export async function startCeiling(): Promise<Contender> {
	const port = await freePort();
	const path = join(ROOT, "bench/peers/ceiling.js");
	const miniflare = new Miniflare(
		convertV4MiniflareOptions({
			cf: false,
			workers: [
				{
					name: "ceiling",
					compatibilityDate: "2026-10-19",
					modules: [{ type: "ESModule", path, contents: readFileSync(path, "utf8") }],
					modulesRoot: join(ROOT, "bench/peers"),
					unsafeDirectSockets: [{ host: "127.0.0.1", port }],
				},
			],
		}),
	);
	await miniflare.ready;
	return { name: "ceiling", key: "", url: `http://127.0.0.1:${port}`, stop: () => miniflare.dispose() };
}

export interface NowcastContender extends Contender {
	server: RunningServer;
	site: string;
	/** Reads what `key` writes. */
	readKey: string;
	dataDir: string;
}

/** Ours, with a site of as many partitions as its traffic wants: one for servers' batches (docs/scaling.md). */
export async function startNowcast(partitions: 1 | 4 = 1): Promise<NowcastContender> {
	const dataDir = mkdtempSync(join(tmpdir(), "nowcast-bench-"));
	const server = await startServer({ port: 0, dataDir, inspectObjects: true });
	const response = await fetch(`${server.url}/v1/sites`, {
		method: "POST",
		headers: { authorization: "Bearer ak_demo", "content-type": "application/json" },
		body: JSON.stringify({ name: "bench", partitions }),
	});
	const { site, keys } = (await response.json()) as { site: { id: string }; keys: { server: string; read: string } };
	return {
		name: "nowcast",
		site: site.id,
		key: keys.server,
		readKey: keys.read,
		url: server.url,
		server,
		dataDir,
		async stop() {
			await server.stop();
			rmSync(dataDir, { recursive: true, force: true });
		},
	};
}

/** fastify and Redis (AOF everysec), see peers/classic.ts. */
export async function startClassic(): Promise<Contender> {
	const [port, redisPort] = [await freePort(), await freePort()];
	const dir = mkdtempSync(join(tmpdir(), "nowcast-redis-"));
	const redis = spawn(
		"redis-server",
		[
			"--port",
			String(redisPort),
			"--bind",
			"127.0.0.1",
			"--dir",
			dir,
			"--appendonly",
			"yes",
			"--appendfsync",
			"everysec",
			"--save",
			"",
		],
		{ stdio: "ignore" },
	);
	const app = spawn(process.execPath, [join(ROOT, "bench/peers/classic.ts"), String(port), String(redisPort)], {
		stdio: ["ignore", "ignore", "inherit"],
	});
	const url = `http://127.0.0.1:${port}`;
	await until("the classic stack", async () => (await fetch(url)).status === 404);
	return {
		name: "classic",
		key: "",
		url,
		async stop() {
			await Promise.all([end(app), end(redis)]);
			rmSync(dir, { recursive: true, force: true });
		},
	};
}

function end(child: ChildProcess): Promise<unknown> {
	const gone = new Promise((resolve) => child.once("exit", resolve));
	child.kill("SIGTERM");
	return gone;
}
