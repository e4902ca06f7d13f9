/** A past for the demo site: believable visitors of the last days. */
import { generate } from "../scripts/traffic/generate.ts";
import { until } from "./nowcast.ts";

const HOUR_MS = 3_600_000;
/** The whole days of a month are rebuilt within this on a busy machine (ms). */
const REBUILT_MS = 180_000;

export interface History {
	days: number;
	/** Events a second, on average. All must fit one import of 50 MiB: some 100,000 events. */
	rate: number;
	seed: number;
	/** Hours before now that it leaves out. */
	recentHours?: number;
}

/** Imports it, and resolves with how many events it has once the windows of all days that are over have them. */
export async function importHistory(url: string, history: History): Promise<number> {
	const { days, rate, seed, recentHours = 0 } = history;
	const now = new Date();
	const hour = now.getUTCHours() + now.getUTCMinutes() / 60;
	const options = { seed, rate, minutes: 0, backfill: days * 24, backfillRate: rate, hour, run: "history" };
	const events = [...generate(options)].filter(({ at }) => at < -recentHours * HOUR_MS);
	const lines = events.map(({ at, ...event }) => JSON.stringify({ ...event, ts: now.getTime() + at }));
	const response = await fetch(`${url}/v1/import`, {
		method: "POST",
		headers: { authorization: "Bearer sk_demo", "content-type": "application/x-ndjson" },
		body: lines.join("\n"),
	});
	if (response.status !== 202) throw new Error(`import: ${response.status} ${await response.text()}`);
	await until("the rebuild", () => isRebuilt(url), REBUILT_MS);
	return lines.length;
}

/** Whole days become windows by a rebuild, which for the newest waits for late events, and says so. */
async function isRebuilt(url: string): Promise<boolean> {
	const response = await fetch(`${url}/v1/jobs?site=demo`, { headers: { authorization: "Bearer ak_demo" } });
	if (!response.ok) throw new Error(`jobs: ${response.status} ${await response.text()}`);
	const { jobs } = (await response.json()) as { jobs: { status: string; progress: { note?: string | null } }[] };
	const isOver = ({ status, progress }: (typeof jobs)[number]) =>
		status === "done" || (status === "waiting" && Boolean(progress.note));
	return jobs.length > 0 && jobs.every(isOver);
}
