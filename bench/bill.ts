/**
 * What 1,000 events cost on the platform: rows written, requests to objects, bytes to disk, over more than a minute of
 * steady traffic, so that minutes close and are folded. Queue operations follow from the announcements' schedule.
 */
import { readFileSync } from "node:fs";
import { bodiesOf } from "./bodies.ts";
import { type NowcastContender, startNowcast } from "./contenders.ts";

const EVENTS_PER_SECOND = 200;
/** A minute, and what its closing takes. */
const SECONDS = 75;
/** Open hours and days are announced every 5 minutes, and each message is written, read and deleted. */
const QUEUE_OPERATIONS_PER_METRIC_HOUR = 2 * 12 * 3;

const KINDS = [
	{ traffic: "browsers (1 event a request, 4 partitions)", batch: 1, partitions: 4 },
	{ traffic: "servers (50 events a request, 1 partition)", batch: 50, partitions: 1 },
] as const;

export async function measureBill() {
	const [browsers, servers] = [await startNowcast(4), await startNowcast(1)];
	return Promise.all([measure(browsers, KINDS[0]), measure(servers, KINDS[1])]);
}

async function measure(nowcast: NowcastContender, { traffic, batch, partitions }: (typeof KINDS)[number]) {
	try {
		const writtenBefore = bytesWritten(nowcast.server.pid);
		const requests = await steady(nowcast, batch);
		const events = requests * batch;
		const logs = await inObjects(nowcast, "EventLog", "SELECT total_changes() AS n");
		const metrics = await inObjects(nowcast, "MetricWindow", "SELECT total_changes() AS n");
		const ticks = await inObjects(
			nowcast,
			"MetricWindow",
			"SELECT MAX(n) AS n FROM (SELECT n FROM pending UNION SELECT n FROM state)",
		);
		const journal = await inObjects(nowcast, "EventLog", "SELECT SUM(LENGTH(bytes)) AS n FROM journal");
		const per1000 = (n: number) => Number(((n / events) * 1000).toFixed(2));
		const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
		const queueOperations = metrics.length * QUEUE_OPERATIONS_PER_METRIC_HOUR * (events / EVENTS_PER_SECOND / 3600);
		return {
			traffic,
			"HTTP requests": per1000(requests),
			// Every append, and at most one span of each partition a tick.
			"object requests": per1000(requests + sum(ticks) * partitions),
			"rows written, logs": per1000(sum(logs)),
			"rows written, metrics": per1000(sum(metrics)),
			"journal bytes": Math.round(per1000(sum(journal))),
			"bytes to disk": Math.round(per1000(bytesWritten(nowcast.server.pid) - writtenBefore)),
			"queue operations": per1000(queueOperations),
		};
	} finally {
		await nowcast.stop();
	}
}

/** Sends at a steady rate; answers the number of requests. */
async function steady(nowcast: NowcastContender, batch: number): Promise<number> {
	const bodies = bodiesOf(batch);
	const headers = { authorization: `Bearer ${nowcast.key}`, "content-type": "application/json" };
	const every = (batch / EVENTS_PER_SECOND) * 1000;
	const started = Date.now();
	let n = 0;
	while (Date.now() - started < SECONDS * 1000) {
		const body = (bodies[n % bodies.length] ?? "").replaceAll("@ID@", () => crypto.randomUUID());
		const response = await fetch(`${nowcast.url}/v1/events`, { method: "POST", headers, body });
		if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
		await response.arrayBuffer();
		n++;
		const wait = started + n * every - Date.now();
		if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
	}
	return n;
}

/** One number of every object of a class. */
async function inObjects({ server }: NowcastContender, className: string, sql: string): Promise<number[]> {
	const ids = await server.miniflare.listDurableObjectIds(className, "nowcast");
	return Promise.all(
		ids.map(async (id) => {
			const storage = await server.miniflare.unsafeGetDurableObjectStorage("nowcast", className, { id });
			return (await storage.exec<{ n: number | null }>(sql))[0]?.n ?? 0;
		}),
	);
}

/** Bytes a process has caused to be written to storage (Linux), else NaN. */
function bytesWritten(pid: number): number {
	try {
		return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
	} catch {
		return Number.NaN;
	}
}
