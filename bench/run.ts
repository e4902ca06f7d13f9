/**
 * `npm run bench`: in one run and on one machine the ceiling, ourselves and a classic stack on the same bodies,
 * interleaved and repeated, because differences under 1.5x are noise on a shared machine. Rates are ratios to the ceiling.
 * Prints tables and writes bench/results/latest.json. Options: --seconds 3 --rounds 3.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { buildWorker } from "../scripts/build.ts";
import { ROOT } from "../scripts/paths.ts";
import { measureBill } from "./bill.ts";
import { bodiesOf } from "./bodies.ts";
import { type Contender, startCeiling, startClassic, startNowcast } from "./contenders.ts";
import { measureFrames } from "./frames.ts";
import { measureQueries } from "./queries.ts";
import { type LoadResult, requireProgram, wrk } from "./wrk.ts";

const { values } = parseArgs({
	options: { seconds: { type: "string", default: "3" }, rounds: { type: "string", default: "3" } },
});
const SECONDS = Number(values.seconds);
const ROUNDS = Number(values.rounds);
const BATCHES = [1, 50, 500];
/** Enough to keep one thread busy, few enough that waiting in line does not become the latency. */
const CONNECTIONS = 32;

requireProgram("wrk");
requireProgram("redis-server");
await buildWorker();

const contenders: Contender[] = [await startCeiling(), await startNowcast(), await startClassic()];
const runs = new Map<string, LoadResult[]>();
try {
	for (let round = 1; round <= ROUNDS; round++) {
		for (const batch of BATCHES) {
			for (const contender of contenders) {
				const load = {
					bodies: bodiesOf(batch),
					seconds: SECONDS,
					connections: CONNECTIONS,
					run: `${round}-${batch}`,
					key: "sk_demo",
				};
				const result = await wrk(`${contender.url}/v1/events`, load);
				const key = `${batch} ${contender.name}`;
				runs.set(key, [...(runs.get(key) ?? []), result]);
				process.stderr.write(
					`round ${round} batch ${batch} ${contender.name}: ${Math.round(result.requestsPerSecond)}/s\n`,
				);
			}
		}
	}
} finally {
	for (const contender of contenders) await contender.stop();
}

const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
const rate = (batch: number, name: string) =>
	median((runs.get(`${batch} ${name}`) ?? []).map((r) => r.requestsPerSecond));
const ingest = BATCHES.flatMap((batch) =>
	contenders.map(({ name }) => {
		const results = runs.get(`${batch} ${name}`) ?? [];
		return {
			batch,
			contender: name,
			"requests/s": Math.round(rate(batch, name)),
			"events/s": Math.round(rate(batch, name) * batch),
			"to ceiling": Number((rate(batch, name) / rate(batch, "ceiling")).toFixed(3)),
			"p50 ms": median(results.map((r) => r.p50)),
			"p99 ms": median(results.map((r) => r.p99)),
		};
	}),
);
console.log("\nIngest (durable, deduplicated, windowed; medians of the rounds)");
console.table(ingest);

const bill = await measureBill();
console.log("\nThe bill, per 1,000 events");
console.table(bill);

const frames = await measureFrames(rate(50, "nowcast") / 2);
console.log("\nEvent → frame at half of our maximum (batch 50), ms");
console.table([frames]);

const queries = await measureQueries();
console.log("\nPOST /v1/query on prepared data, ms");
console.table(queries);

mkdirSync(`${ROOT}bench/results`, { recursive: true });
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
writeFileSync(
	`${ROOT}bench/results/latest.json`,
	JSON.stringify({ at: new Date().toISOString(), machine, ingest, bill, frames, queries }, null, "\t"),
);
