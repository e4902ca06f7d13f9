/** Believable visitors for the demo site: `npm run traffic -- --rate 200 --minutes 5`. */
import { run } from "./command.ts";
import { generate, type TimedEvent } from "./traffic/generate.ts";
import { type Options, readOptions, USAGE } from "./traffic/options.ts";
import { quantile, Sender } from "./traffic/sender.ts";

/** Requests in flight. Enough to keep a local server busy, few enough to feel its back-pressure. */
const LANES = 16;
/** A batch that is not full leaves after this (ms). */
const FLUSH_MS = 250;
const REPORT_MS = 5000;

/** Retries would outlast the patience of somebody who only forgot to start the server. */
async function assertThere(url: string): Promise<void> {
	const there = await fetch(`${url}/v1/health`, { signal: AbortSignal.timeout(REPORT_MS) }).catch(() => null);
	if (!there) throw new Error(`${url} does not answer: npm start serves it, and PORT or --url say where else it is`);
}

async function main(options: Options): Promise<void> {
	await assertThere(options.url);
	const sender = new Sender({ url: options.url, key: options.key, lanes: LANES });
	const startedAt = Date.now();
	const date = new Date(startedAt);
	const events = generate({ ...options, hour: date.getUTCHours() + date.getUTCMinutes() / 60 });
	console.log(`${options.rate} events/s for ${options.minutes} min to ${options.url}, seed ${options.seed}`);
	if (options.backfill > 0) console.log(`first ${options.backfill} h of history at ${options.backfillRate} events/s`);

	const stop = report(sender);
	let stopped = false;
	process.once("SIGINT", () => {
		stopped = true;
	});
	await drive(events, sender, options.batch, () => stopped);
	await sender.drain();
	stop();
	summarize(sender, (Date.now() - startedAt) / 1000);
	if (sender.totals.accepted < sender.totals.sent) process.exitCode = 1;
}

/** Sends history as fast as the server takes it, then each event when it happens. */
async function drive(
	events: Iterable<TimedEvent>,
	sender: Sender,
	size: number,
	stopped: () => boolean,
): Promise<void> {
	const historyAt = Date.now();
	/** When the live part began: once the history is sent. History is told by its distance from now, too. */
	let liveAt: number | undefined;
	let batch: Omit<TimedEvent, "at">[] = [];
	let flushAt = 0;
	const flush = async () => {
		if (batch.length > 0) await sender.send(batch);
		batch = [];
	};
	for (const { at, ...event } of events) {
		if (stopped()) break;
		if (at >= 0 && liveAt === undefined) {
			await flush();
			await sender.drain();
			liveAt = Date.now();
		}
		const due = (liveAt ?? historyAt) + at;
		while (at >= 0 && due > Date.now()) {
			const wait = Math.min(due, batch.length > 0 ? flushAt : due) - Date.now();
			if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
			if (batch.length > 0 && Date.now() >= flushAt) await flush();
		}
		if (batch.length === 0) flushAt = Date.now() + FLUSH_MS;
		batch.push({ ...event, ts: due });
		if (batch.length >= size) await flush();
	}
	await flush();
}

/** Prints a line every few seconds, until the returned function is called. */
function report(sender: Sender): () => void {
	let last = { at: performance.now(), accepted: 0 };
	const timer = setInterval(() => {
		const { accepted, rejected, retries } = sender.totals;
		const now = performance.now();
		const rate = ((accepted - last.accepted) / (now - last.at)) * 1000;
		last = { at: now, accepted };
		const latencies = sender.takeLatencies();
		all.push(...latencies);
		console.log(
			`${rate.toFixed(0).padStart(6)} events/s  accepted ${accepted}  rejected ${rejected}  retries ${retries}  ${latency(latencies)}`,
		);
	}, REPORT_MS);
	return () => clearInterval(timer);
}

const all: number[] = [];
const latency = (values: number[]): string =>
	`p50 ${quantile(values, 0.5).toFixed(1)} ms  p99 ${quantile(values, 0.99).toFixed(1)} ms`;

function summarize(sender: Sender, seconds: number): void {
	all.push(...sender.takeLatencies());
	const { sent, accepted, rejected, requests, retries, lost } = sender.totals;
	console.log(`
sent      ${sent} events in ${requests} requests, ${seconds.toFixed(1)} s
accepted  ${accepted} (${(accepted / seconds).toFixed(0)}/s)
rejected  ${rejected}, given up ${lost}, retries ${retries}
latency   ${latency(all)}`);
	if (sender.complaint) console.log(`first complaint: ${sender.complaint}`);
}

await run(USAGE, () => main(readOptions(process.argv.slice(2), Date.now())));
