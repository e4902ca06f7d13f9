/**
 * I2, I4: 100,000 events with duplicates, retries and late ones mixed in. The sum over minutes of the live frames, the
 * answer over windows, the rows of D1 after the rollup, and the number of events accepted are one number.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodePart } from "../schema/core/window.ts";
import type { IngestAnswer } from "../schema/event.ts";
import type { Frame } from "../schema/live.ts";
import type { Answer } from "../schema/query.ts";
import { type RunningServer, startServer } from "../scripts/server.ts";
import { randomFrom } from "../scripts/traffic/random.ts";
import { until } from "./nowcast.ts";

const EVENTS = 100_000;
const VISITORS = 20_000;
const BATCH = 500;
const HOUR = 3_600_000;

let server: RunningServer;
let dataDir: string;
beforeAll(async () => {
	dataDir = mkdtempSync(join(tmpdir(), "nowcast-exact-"));
	server = await startServer({ port: 0, dataDir });
	await fetch(`${server.url}/v1/health`);
});
afterAll(async () => {
	await server?.stop();
	rmSync(dataDir, { recursive: true, force: true });
});

interface Sent {
	id: string;
	name: string;
	ts: number;
	visitor_id: string;
	value?: number;
	url: string;
}

function generate(now: number): { events: Sent[]; tooLate: Set<string> } {
	const next = randomFrom(42);
	const tooLate = new Set<string>();
	const events = Array.from({ length: EVENTS }, (_, i): Sent => {
		const lateness = next();
		const age =
			lateness < 0.01 ? 49 * HOUR + next() * HOUR : lateness < 0.06 ? next() * 20 * HOUR : next() * 0.8 * HOUR;
		const id = `exact-${i}`;
		if (lateness < 0.01) tooLate.add(id);
		const purchase = next() < 0.05;
		return {
			id,
			name: purchase ? "purchase" : "pageview",
			ts: Math.round(now - age),
			visitor_id: `v${Math.floor(next() * VISITORS)}`,
			url: `https://shop.example/p/${Math.floor(100 ** next())}`,
			...(purchase ? { value: 1 + Math.floor(next() * 100) } : {}),
		};
	});
	return { events, tooLate };
}

async function post(path: string, body: unknown, key: string) {
	return fetch(`${server.url}${path}`, {
		method: "POST",
		headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
		body: JSON.stringify(body),
	});
}

async function ask(query: object): Promise<Answer> {
	const response = await post("/v1/query", query, "rk_demo");
	expect(response.status).toBe(200);
	return (await response.json()) as Answer;
}

/** A viewer that adds up what its frames say of each minute. */
function watch(metric: string) {
	const minutes = new Map<string, number>();
	const socket = new WebSocket(
		`${server.url.replace("http", "ws")}/v1/live?metric=${encodeURIComponent(metric)}&from=now-24h`,
		["nowcast.v1", "rk_demo"],
	);
	let ready = false;
	socket.addEventListener("message", (message) => {
		const frame = JSON.parse(String(message.data)) as Frame;
		if (frame.t === "error") throw new Error(JSON.stringify(frame));
		if (frame.t !== "snapshot" && frame.t !== "delta") return;
		ready = true;
		for (const [minute, count] of frame.series[0]?.points ?? []) minutes.set(minute, count ?? 0);
	});
	return {
		ready: () => until("a snapshot", async () => ready),
		sum: () => [...minutes.values()].reduce((a, b) => a + b, 0),
		close: () => socket.close(),
	};
}

test(`I2, I4: live frames = windows = D1 = accepted, for ${EVENTS} events with duplicates, retries and late ones`, async () => {
	const now = Date.now();
	const { events, tooLate } = generate(now);
	const viewer = watch("*");
	await viewer.ready();
	const next = randomFrom(7);
	const accepted = new Set<string>();
	const sendBatch = async (batch: Sent[], number: number) => {
		const response = await post("/v1/events", { v: 1, batch_id: `b${number}`, events: batch }, "sk_demo");
		expect(response.status).toBe(202);
		const answer = (await response.json()) as IngestAnswer;
		expect(answer.accepted).toBe(batch.length);
		for (const note of answer.notes)
			if (note.code === "late") expect(tooLate.has(batch[note.index]?.id ?? "")).toBe(true);
		for (const event of batch) accepted.add(event.id);
	};
	const jobs: (() => Promise<void>)[] = [];
	for (let at = 0, number = 0; at < events.length; at += BATCH - 25, number++) {
		const fresh = events.slice(at, at + BATCH - 25);
		// 5 % duplicates: events sent before, and some of this very batch.
		const repeated = Array.from(
			{ length: 25 },
			() => events[Math.floor(next() * Math.min(events.length, at + fresh.length))],
		).filter((e) => e !== undefined);
		const batch = [...fresh, ...repeated].slice(0, BATCH);
		jobs.push(() => sendBatch(batch, number));
		if (next() < 0.05) jobs.push(() => sendBatch(batch, number));
	}
	const IN_FLIGHT = 8;
	await Promise.all(
		Array.from({ length: IN_FLIGHT }, async () => {
			for (let job = jobs.shift(); job; job = jobs.shift()) await job();
		}),
	);
	const counted = events.filter((event) => !tooLate.has(event.id));
	expect(accepted.size).toBe(EVENTS);

	const range = { from: now - 23 * HOUR, to: now + HOUR, kind: "total" };
	const total = async (query: object) => (await ask({ ...range, ...query })).series?.[0]?.total;
	const windows = await until("the windows", async () => {
		const found = await total({ metric: "*" });
		return found !== undefined && found !== null && found >= counted.length ? found : undefined;
	});
	expect(windows).toBe(counted.length);
	const live = await until("the frames", async () => (viewer.sum() >= counted.length ? viewer.sum() : undefined));
	expect(live).toBe(counted.length);
	viewer.close();

	const purchases = counted.filter((event) => event.name === "purchase");
	expect(await total({ metric: "purchase" })).toBe(purchases.length);
	expect(await total({ metric: "purchase", measure: "sum" })).toBe(
		purchases.reduce((sum, event) => sum + (event.value ?? 0), 0),
	);
	const visitors = new Set(counted.map((event) => event.visitor_id)).size;
	const uniques = (await total({ metric: "*", measure: "uniques" })) ?? 0;
	expect(Math.abs(uniques / visitors - 1)).toBeLessThan(0.02);
	const byMinute = await ask({ ...range, kind: "timeseries", metric: "*", interval: "1m" });
	expect(byMinute.series?.[0]?.points.reduce((sum, [, count]) => sum + (count ?? 0), 0)).toBe(counted.length);

	expect((await post("/v1/sites/demo/rollups", {}, "ak_demo")).status).toBe(202);
	const db = await server.miniflare.getD1Database("DB", "nowcast");
	const inD1 = async () => {
		const { results } = await db
			.prepare(
				"SELECT bucket, stats FROM rollups WHERE tenant = 'demo' AND metric = '*' AND grain = 'hour' AND part = 'total'",
			)
			.all<{ bucket: number; stats: number[] }>();
		return results.reduce((sum, row) => {
			const empty = new Uint8Array();
			const part = decodePart([
				{ part: "total", page: 0, stats: new Uint8Array(row.stats), uniques: empty, quantiles: empty },
			]);
			return sum + (part.cells[0]?.count ?? 0);
		}, 0);
	};
	const rolledUp = await until(
		"the rollup",
		async () => ((await inD1()) >= counted.length ? await inD1() : undefined),
		90_000,
	);
	expect(rolledUp).toBe(counted.length);
	console.log(
		`exactness: ${EVENTS} accepted, ${tooLate.size} of them late (archived only): live frames ${live} = windows ${windows} = D1 ${rolledUp}; uniques ${Math.round(uniques)} of ${visitors} (${((uniques / visitors - 1) * 100).toFixed(2)} %)`,
	);
}, 300_000);
