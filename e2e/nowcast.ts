/** The whole product as its user has it: `npm start` in a process of its own, on a data folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IngestAnswer } from "../schema/event.ts";
import type { Answer, QueryInput } from "../schema/query.ts";
import { ROOT } from "../scripts/paths.ts";

/** A client gives up on a request after this, as every real one does. */
const REQUEST_MS = 5_000;
/** A start that takes longer than this has failed. */
const START_MS = 60_000;

export async function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer().on("error", reject);
		server.listen(0, "127.0.0.1", () => {
			const address = server.address();
			server.close(() =>
				address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
			);
		});
	});
}

/** Resolves with what `probe` gives once it is neither undefined nor false; fails with the last error or value. */
export async function until<T>(
	what: string,
	probe: () => Promise<T | undefined | false>,
	withinMs = 20_000,
): Promise<T> {
	const deadline = Date.now() + withinMs;
	let last: unknown;
	while (Date.now() < deadline) {
		try {
			const found = await probe();
			if (found !== undefined && found !== false) return found;
		} catch (error) {
			last = error;
		}
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(`Not within ${withinMs} ms: ${what}${last ? ` (${String(last)})` : ""}`);
}

export class Nowcast {
	readonly url: string;
	readonly port: number;
	readonly dataDir: string;
	private readonly script: string;
	private child: ChildProcess | undefined;
	private log = "";

	private constructor(port: number, dataDir: string, script: string) {
		this.port = port;
		this.dataDir = dataDir;
		this.script = script;
		this.url = `http://127.0.0.1:${port}`;
	}

	/** Starts on a fresh data folder and a free port. */
	static async start(script = "scripts/start.ts"): Promise<Nowcast> {
		const nowcast = new Nowcast(await freePort(), mkdtempSync(join(tmpdir(), "nowcast-e2e-")), script);
		await nowcast.boot();
		return nowcast;
	}

	async boot(): Promise<void> {
		const child = spawn(process.execPath, [join(ROOT, this.script), "--no-build"], {
			env: { ...process.env, PORT: String(this.port), DATA_DIR: this.dataDir },
			cwd: ROOT,
			stdio: ["ignore", "pipe", "pipe", "ipc"],
		});
		this.child = child;
		this.log = "";
		for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (this.log += String(chunk)));
		await until(
			"health",
			async () => {
				if (child.exitCode !== null) throw new Error(this.log);
				return (await fetch(`${this.url}/v1/health`)).ok && this.log.includes("Nowcast is ready");
			},
			START_MS,
		);
	}

	/** The server's process: a script may take messages. */
	get process(): ChildProcess {
		if (this.child === undefined) throw new Error("not started");
		return this.child;
	}

	/** What the server printed. */
	get output(): string {
		return this.log;
	}

	/** kill -9 of server and workerd, by their own ids, as a power cut would. The server first, or it would start another workerd. */
	async kill(): Promise<void> {
		await this.exit("SIGKILL");
		process.kill(this.workerd, "SIGKILL");
	}

	private get workerd(): number {
		const lock = JSON.parse(readFileSync(join(this.dataDir, "lock"), "utf8")) as { workerd: { pid: number } };
		return lock.workerd.pid;
	}

	/** Processor time that workerd has used, ms. Linux tells it, in hundredths of a second. */
	cpuMs(): number {
		const fields = readFileSync(`/proc/${this.workerd}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
		return (Number(fields[11]) + Number(fields[12])) * 10;
	}

	async stop(): Promise<void> {
		await this.exit("SIGTERM");
		rmSync(this.dataDir, { recursive: true, force: true });
	}

	private async exit(signal: NodeJS.Signals): Promise<void> {
		const { child } = this;
		if (!child || child.exitCode !== null || child.signalCode !== null) return;
		const gone = new Promise((resolve) => child.once("exit", resolve));
		child.kill(signal);
		await gone;
	}

	async post(path: string, body: unknown, key: string): Promise<Response> {
		return fetch(`${this.url}${path}`, {
			method: "POST",
			headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
			body: JSON.stringify(body),
			signal: AbortSignal.timeout(REQUEST_MS),
		});
	}

	async send(events: unknown[], key = "sk_demo", batchId?: string): Promise<IngestAnswer> {
		const response = await this.post("/v1/events", { v: 1, ...(batchId ? { batch_id: batchId } : {}), events }, key);
		if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
		return (await response.json()) as IngestAnswer;
	}

	async query(query: QueryInput, key = "rk_demo"): Promise<Answer> {
		const response = await this.post("/v1/query", query, key);
		if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
		return (await response.json()) as Answer;
	}

	/** The total of one measure over a range. */
	async total(query: QueryInput, key?: string): Promise<number | null> {
		const answer = await this.query({ kind: "total", ...query }, key);
		return answer.series?.[0]?.total ?? null;
	}
}
