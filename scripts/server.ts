/**
 * Nowcast on one machine: the same Worker under workerd, by Miniflare started directly (no proxying dev server), with
 * Durable Objects, D1 and R2 kept under `dataDir` and Queues in memory. `npm start`, the end-to-end tests and the
 * benchmarks all start it here.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_splitSqlQuery } from "wrangler";
import { ROOT, WEB_DIR, WORKER_FILE } from "./paths.ts";

const MIGRATIONS = join(ROOT, "schema/d1/migrations");
/** The Worker that has the files of the dashboard, and no code to speak of. */
const FILES = "files";
const FILES_WORKER = "export default { fetch: (request, env) => env.FILES.fetch(request) };";
/** Cron triggers do not fire by themselves under Miniflare. */
const CRON_MS = 60_000;

export interface ServerOptions {
	/** 127.0.0.1 only. 0: a free one. */
	port: number;
	dataDir: string;
	/** Further variables of the Worker. */
	vars?: Record<string, string>;
	/** Where to find the built Worker; default: what scripts/build.ts made. */
	workerFile?: string;
	/** Through Miniflare's entry proxy instead of workerd's own socket: slower, but with `request.cf`. */
	proxy?: boolean;
	/** Opens workerd to a debugger or profiler. */
	inspectorPort?: number;
	/** Lets the caller look into objects' storage (benchmarks). */
	inspectObjects?: boolean;
}

export interface RunningServer {
	url: string;
	/** The workerd process. */
	pid: number;
	miniflare: Miniflare;
	stop(): Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<RunningServer> {
	const dataDir = resolve(options.dataDir);
	mkdirSync(dataDir, { recursive: true });
	const lock = takeLock(dataDir);
	// A workerd that crashed is started again.
	const others = new Set(workerds());
	const pid = () => workerds().find((found) => !others.has(found)) ?? 0;
	const restarted = () => lock.write(pid());
	const miniflare = new Miniflare(miniflareOptions(options, dataDir, restarted));
	try {
		await miniflare.ready;
		lock.write(pid());
		await migrate(miniflare);
	} catch (error) {
		await miniflare.dispose();
		lock.release();
		throw error;
	}
	const url = options.proxy ? await miniflare.ready : await miniflare.unsafeGetDirectURL("nowcast");
	const cron = setInterval(() => void runCron(miniflare).catch(report), CRON_MS);
	let stopping = false;
	function report(error: unknown) {
		if (!stopping) console.error("The scheduled run failed:", error);
	}
	return {
		url: url.origin,
		pid: pid(),
		miniflare,
		async stop() {
			stopping = true;
			clearInterval(cron);
			await miniflare.dispose();
			lock.release();
		},
	};
}

function miniflareOptions(options: ServerOptions, dataDir: string, restarted: () => void) {
	const { workerOptions } = unstable_getMiniflareWorkerOptions(join(ROOT, "wrangler.toml"));
	const { assets, ...worker } = workerOptions;
	const script = options.workerFile ?? WORKER_FILE;
	const socket = { host: "127.0.0.1", port: options.port };
	return {
		...convertV4MiniflareOptions({
			log: new Log(LogLevel.WARN),
			...(options.proxy ? socket : { host: "127.0.0.1", port: 0 }),
			resourcePersistencePath: join(dataDir, "v1"),
			cf: false,
			unsafeHandleRuntimeRestart: restarted,
			unsafeInspectDurableObjects: options.inspectObjects ?? false,
			...(options.inspectorPort === undefined ? {} : { inspectorPort: options.inspectorPort }),
			workers: [
				{
					...worker,
					name: "nowcast",
					modulesRoot: dirname(script),
					modules: [{ type: "ESModule", path: script, contents: readFileSync(script, "utf8") }],
					bindings: { LOCAL: "1", SECRET: secret(dataDir), ...options.vars },
					serviceBindings: Object.assign({}, worker.serviceBindings, { ASSETS: FILES }),
					unsafeDirectSockets: options.proxy ? [] : [socket],
				},
				// The files are a Worker of their own: a router goes ahead of every request to a Worker that has some, and
				// costs as much as taking in 25 events (docs/decisions/0008).
				{
					name: FILES,
					modulesRoot: ROOT,
					modules: [{ type: "ESModule", path: join(ROOT, "files.js"), contents: FILES_WORKER }],
					assets: Object.assign({}, assets, { directory: WEB_DIR, binding: "FILES" }),
				},
			],
		}),
	};
}

/** The long-lived secret of cookieless visitors: made once, kept beside the data. */
function secret(dataDir: string): string {
	const file = join(dataDir, "secret");
	if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600 });
	return readFileSync(file, "utf8");
}

/** Applies what is new of schema/d1/migrations, in the table that `wrangler d1 migrations apply` uses. */
async function migrate(miniflare: Miniflare): Promise<void> {
	const db = await miniflare.getD1Database("DB", "nowcast");
	await db
		.prepare(
			"CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
		)
		.run();
	const applied = new Set(
		(await db.prepare("SELECT name FROM d1_migrations").all<{ name: string }>()).results.map((r) => r.name),
	);
	const files = readdirSync(MIGRATIONS)
		.filter((f) => f.endsWith(".sql"))
		.sort();
	for (const file of files.filter((f) => !applied.has(f))) {
		const statements = unstable_splitSqlQuery(readFileSync(join(MIGRATIONS, file), "utf8"));
		await db.batch([
			...statements.map((sql) => db.prepare(sql)),
			db.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(file),
		]);
	}
}

async function runCron(miniflare: Miniflare): Promise<void> {
	const worker = await miniflare.getWorker("nowcast");
	await worker.scheduled({ cron: "* * * * *", scheduledTime: new Date() });
}

/** A process, and when it started: an id alone may by now be somebody else's. */
interface ProcessId {
	pid: number;
	started: string;
}

/**
 * One server a data folder: two workerds on the same SQLite files would spoil them. A server that was killed with -9
 * leaves its workerd behind; the next start ends that process, by its own id, before it opens the files.
 */
function takeLock(dataDir: string) {
	const file = join(dataDir, "lock");
	const me = { pid: process.pid, started: startOf(process.pid) };
	if (existsSync(file)) {
		const { server, workerd } = JSON.parse(readFileSync(file, "utf8")) as { server: ProcessId; workerd: ProcessId };
		if (server.pid !== me.pid && isRunning(server)) {
			throw new Error(
				`Another Nowcast (process ${server.pid}) uses ${dataDir}. Stop it, or set DATA_DIR to another folder.`,
			);
		}
		if (isRunning(workerd)) process.kill(workerd.pid, "SIGKILL");
		for (let i = 0; i < 100 && isRunning(workerd); i++) sleep(50);
	}
	const write = (pid: number) =>
		writeFileSync(file, JSON.stringify({ server: me, workerd: { pid, started: startOf(pid) } }));
	write(0);
	const release = () => rmSync(file, { force: true });
	// Also where a signal ends the process before `stop` is through.
	process.once("exit", release);
	return { write, release };
}

const sleep = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const isRunning = ({ pid, started }: ProcessId) => pid > 0 && started !== "" && startOf(pid) === started;

/** When a process started, as `ps` says it; "" if it is gone. */
function startOf(pid: number): string {
	const found = processes().find((p) => p.pid === pid);
	return found === undefined || found.zombie ? "" : found.started;
}

function workerds(): number[] {
	return processes()
		.filter((p) => p.parent === process.pid && basename(p.command).startsWith("workerd"))
		.map((p) => p.pid);
}

function processes() {
	return execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat=,lstart=,comm="], {
		encoding: "utf8",
		env: { ...process.env, LC_ALL: "C" },
	})
		.split("\n")
		.map((line) => line.trim().split(/\s+/))
		.filter((parts) => parts.length >= 9)
		.map(([pid, parent, stat, ...rest]) => ({
			pid: Number(pid),
			parent: Number(parent),
			zombie: stat?.startsWith("Z") ?? false,
			// "Sun Nov 22 07:21:33 2026", then the command.
			started: rest.slice(0, 5).join(" "),
			command: rest.slice(5).join(" "),
		}));
}
