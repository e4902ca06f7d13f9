/**
 * Our HyperLogLog beside Redis's, on the same visitors: error of the estimate, and bytes stored. Run with
 * `node bench/hll-redis.ts`; needs Debian's `redis-server` on the PATH. Redis has 16,384 registers too (p = 14, 0.81 %),
 * a sparse form up to 3,000 bytes, then 12 KiB. It runs on a free loopback port with nothing on disk, for this run only.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Redis } from "ioredis";
import { ByteWriter } from "../schema/core/bytes.ts";
import { hash64 } from "../schema/core/hash.ts";
import { Hll, P_CELL, P_TOTAL } from "../schema/core/hll.ts";

const SIZES = [10, 100, 1000, 10_000, 100_000, 1_000_000];
/** Different sets per size, so that one lucky draw does not decide; fewer where they are large, to end in seconds. */
const setsOf = (n: number) => (n <= 10_000 ? 20 : n <= 100_000 ? 12 : 3);
/** Bytes of clones that memory is measured with: far more than what the heap grows by on its own. */
const CLONED_BYTES = 20_000_000;
/** Ids in one PFADD. */
const BATCH = 10_000;

interface Measured {
	/** Of the estimate, relative; one per set. */
	errors: number[];
	/** Of the serialized form, mean. */
	bytes: number;
	/** Of one sketch in memory: heap and buffers; for Redis, MEMORY USAGE. */
	memory: number;
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("no loopback port");
	server.close();
	return address.port;
}

async function startRedis(port: number): Promise<ChildProcess> {
	const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
	const redis = spawn("redis-server", args, { stdio: "ignore" });
	try {
		await once(redis, "spawn");
	} catch (error) {
		throw new Error("redis-server is not on the PATH: apt install redis-server", { cause: error });
	}
	return redis;
}

async function measureOurs(p: number, sets: string[][]): Promise<Measured> {
	const measured: Measured = { errors: [], bytes: 0, memory: 0 };
	for (const ids of sets) {
		const hll = new Hll(p);
		for (const id of ids) {
			const { hi, lo } = hash64(id);
			hll.add(hi, lo);
		}
		const w = new ByteWriter();
		hll.encode(w);
		measured.errors.push(hll.count() / ids.length - 1);
		measured.bytes += w.length / sets.length;
		if (ids === sets[0]) measured.memory = await memoryOf(hll, w.length);
	}
	return measured;
}

/** Bytes of one sketch, by what many clones take. */
async function memoryOf(hll: Hll, encodedBytes: number): Promise<number> {
	const clones = new Array<Hll>(Math.ceil(CLONED_BYTES / (encodedBytes + 200)));
	const before = await usedMemory();
	for (let i = 0; i < clones.length; i++) clones[i] = hll.clone();
	return ((await usedMemory()) - before) / clones.length;
}

async function usedMemory(): Promise<number> {
	// Buffers are freed by another thread, after the collection that found them.
	for (let i = 0; i < 2; i++) {
		collectGarbage();
		await setTimeout(50);
	}
	const { heapUsed, arrayBuffers } = process.memoryUsage();
	return heapUsed + arrayBuffers;
}

async function measureRedis(client: Redis, sets: string[][]): Promise<Measured> {
	const measured: Measured = { errors: [], bytes: 0, memory: 0 };
	for (const ids of sets) {
		await client.del("visitors");
		for (let i = 0; i < ids.length; i += BATCH) await client.pfadd("visitors", ...ids.slice(i, i + BATCH));
		measured.errors.push((await client.pfcount("visitors")) / ids.length - 1);
		measured.bytes += (await client.strlen("visitors")) / sets.length;
		measured.memory += Number(await client.memory("USAGE", "visitors")) / sets.length;
	}
	return measured;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const rms = (errors: number[]) => Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length);
const percent = (x: number) => `${(100 * x).toFixed(3)} %`;

async function compare(client: Redis): Promise<void> {
	const rows = [];
	for (const n of SIZES) {
		const sets = Array.from({ length: setsOf(n) }, (_, set) =>
			Array.from({ length: n }, (_, i) => `visitor-${set}-${i}`),
		);
		const total = await measureOurs(P_TOTAL, sets);
		const cell = await measureOurs(P_CELL, sets);
		const redis = await measureRedis(client, sets);
		rows.push({
			visitors: n,
			sets: sets.length,
			"error p14": percent(rms(total.errors)),
			"error p12": percent(rms(cell.errors)),
			"error redis": percent(rms(redis.errors)),
			"bytes p14": Math.round(total.bytes),
			"bytes p12": Math.round(cell.bytes),
			"bytes redis": Math.round(redis.bytes),
			"memory p14": Math.round(total.memory),
			"memory p12": Math.round(cell.memory),
			"memory redis": Math.round(redis.memory),
		});
	}
	console.table(rows);
	console.log("error: root mean square over the sets; expected 1 σ 0.81 % (p14, redis), 1.63 % (p12).");
}

const port = await freePort();
const server = await startRedis(port);
// ioredis retries until the server listens.
const client = new Redis({ port, host: "127.0.0.1", maxRetriesPerRequest: 50, retryStrategy: () => 100 });
client.on("error", () => {});
try {
	await compare(client);
} finally {
	client.disconnect();
	server.kill();
}
