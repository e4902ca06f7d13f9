/** Latencies of POST /v1/query on prepared data: 8 days of minutes in a metric object, 90 days in D1. */
import { performance } from "node:perf_hooks";
import type { Answer, QueryInput } from "../schema/query.ts";
import { type NowcastContender, startNowcast } from "./contenders.ts";
import { prepareDays, prepareMinutes } from "./prepare.ts";

const REPEATS = 20;
const DAYS_OF_MINUTES = 8;
const EVENTS_PER_MINUTE = 200;
const DAYS_IN_D1 = 90;
const DAILY_VISITORS = 50_000;

const QUESTIONS: Record<string, QueryInput> = {
	"24 h of minutes, count": { from: "now-24h", interval: "1m" },
	"24 h of minutes, uniques": { measure: "uniques", from: "now-24h", interval: "1m" },
	"24 h of minutes, count by country": { from: "now-24h", interval: "1m", groupBy: ["country"] },
	"8 d of hours, uniques": { measure: "uniques", from: "now-8d", interval: "1h" },
	"8 d of hours, uniques by country": { measure: "uniques", from: "now-8d", interval: "1h", groupBy: ["country"] },
	"90 d, daily actives": { measure: "uniques", from: "now-90d", interval: "1d" },
	"90 d, daily actives by country": {
		measure: "uniques",
		from: "now-90d",
		interval: "1d",
		groupBy: ["country"],
		limit: 200,
	},
};

export async function measureQueries() {
	const nowcast = await startNowcast();
	try {
		process.stderr.write("preparing history …\n");
		await prepareMinutes(nowcast.server.miniflare, nowcast.site, DAYS_OF_MINUTES, EVENTS_PER_MINUTE);
		await prepareDays(
			await nowcast.server.miniflare.getD1Database("DB", "nowcast"),
			nowcast.site,
			DAYS_IN_D1,
			DAILY_VISITORS,
		);
		const rows = [];
		for (const [question, query] of Object.entries(QUESTIONS))
			rows.push({ question, ...(await measure(nowcast, query)) });
		return rows;
	} finally {
		await nowcast.stop();
	}
}

async function measure({ url, readKey }: NowcastContender, query: QueryInput) {
	const times: number[] = [];
	let answer: Answer | undefined;
	for (let i = 0; i < REPEATS; i++) {
		const started = performance.now();
		const response = await fetch(`${url}/v1/query`, {
			method: "POST",
			headers: { authorization: `Bearer ${readKey}`, "content-type": "application/json" },
			body: JSON.stringify(query),
		});
		answer = (await response.json()) as Answer;
		if (!response.ok) throw new Error(JSON.stringify(answer));
		times.push(performance.now() - started);
	}
	times.sort((a, b) => a - b);
	return {
		p50: Math.round(times[Math.floor(REPEATS / 2)] ?? Number.NaN),
		max: Math.round(times.at(-1) ?? Number.NaN),
		sources: answer?.meta.sources.join("+"),
		rows_read: answer?.meta.rows_read,
		points: answer?.series?.reduce((sum, series) => sum + series.points.length, 0),
	};
}
