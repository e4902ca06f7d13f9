/** Event → frame: how long after it is sent an event is seen by a live viewer, while the server is under load. */
import { performance } from "node:perf_hooks";
import { bodiesOf } from "./bodies.ts";
import { type NowcastContender, startNowcast } from "./contenders.ts";

const PROBES = 100;
const PROBE_EVERY_MS = 100;

export interface FrameLatency {
	"load requests/s": number;
	probes: number;
	p50: number;
	p95: number;
	p99: number;
	max: number;
}

/** @param requestsPerSecond background load in batches of 50. */
export async function measureFrames(requestsPerSecond: number): Promise<FrameLatency> {
	const nowcast = await startNowcast();
	const load = paced(nowcast, requestsPerSecond);
	try {
		const latencies: number[] = [];
		const probe = (i: number) =>
			post(
				nowcast,
				JSON.stringify({ v: 1, events: [{ id: `probe-${i}`, name: "probe", age: 0, visitor_id: `p${i}` }] }),
			);
		// A metric is there to be watched once it was sent.
		await probe(1);
		const { seen, close } = await watch(nowcast, "probe");
		await seen(1);
		for (let i = 2; i <= PROBES + 1; i++) {
			const sent = performance.now();
			await probe(i);
			await seen(i);
			latencies.push(performance.now() - sent);
			await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS * Math.random()));
		}
		close();
		latencies.sort((a, b) => a - b);
		const at = (q: number) =>
			Math.round(latencies[Math.min(latencies.length - 1, Math.floor(q * latencies.length))] ?? Number.NaN);
		return {
			"load requests/s": Math.round(load.sent() / load.seconds()),
			probes: PROBES,
			p50: at(0.5),
			p95: at(0.95),
			p99: at(0.99),
			max: at(1),
		};
	} finally {
		await load.stop();
		await nowcast.stop();
	}
}

/** Sends batches of 50 at a steady rate, as far as this process can. */
function paced(nowcast: NowcastContender, perSecond: number) {
	const bodies = bodiesOf(50);
	const started = performance.now();
	let n = 0;
	const inFlight = new Set<Promise<unknown>>();
	/** Fine enough to be smooth, coarse enough to leave the cores to the server. */
	const TICK_MS = 10;
	const timer = setInterval(() => {
		const due = Math.floor(((performance.now() - started) / 1000) * perSecond);
		while (n < due && inFlight.size < 64) {
			const body = (bodies[n % bodies.length] ?? "").replaceAll(
				"@ID@",
				() => `load-${n}-${Math.random().toString(36).slice(2)}`,
			);
			n++;
			const request = post(nowcast, body)
				.catch(() => undefined)
				.finally(() => inFlight.delete(request));
			inFlight.add(request);
		}
	}, TICK_MS);
	return {
		sent: () => n,
		seconds: () => (performance.now() - started) / 1000,
		async stop() {
			clearInterval(timer);
			await Promise.all(inFlight);
		},
	};
}

async function post({ url, key }: NowcastContender, body: string): Promise<void> {
	const response = await fetch(`${url}/v1/events`, {
		method: "POST",
		headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
		body,
	});
	if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
	await response.arrayBuffer();
}

/** A viewer of a metric's count: `seen(n)` resolves when its frames add up to at least n. */
async function watch({ url, readKey }: NowcastContender, metric: string) {
	const minutes = new Map<string, number>();
	let wake = () => {};
	const socket = new WebSocket(`${url.replace("http", "ws")}/v1/live?metric=${metric}`, ["nowcast.v1", readKey]);
	socket.addEventListener("message", (event) => {
		const frame = JSON.parse(String(event.data)) as { t: string; series?: { points: [string, number][] }[] };
		for (const [minute, count] of frame.series?.[0]?.points ?? []) minutes.set(minute, count);
		wake();
	});
	await new Promise((resolve, reject) => {
		socket.addEventListener("open", resolve);
		socket.addEventListener("error", reject);
	});
	const sum = () => [...minutes.values()].reduce((a, b) => a + b, 0);
	return {
		close: () => socket.close(),
		async seen(n: number) {
			while (sum() < n) await new Promise<void>((resolve) => (wake = resolve));
		},
	};
}
