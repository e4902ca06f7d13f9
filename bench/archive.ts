/**
 * `npm run bench:archive`: questions over raw events, beside DuckDB on the same Parquet files in the same run. Answers
 * must be equal; times are medians. Options: --rows 10000000 --days 30 --rounds 3.
 *
 * The segments are written by the code that seals them, a day and partition each, as compaction leaves them. One
 * machine's workerd is a single thread, DuckDB takes both cores: what parallel invocations would make of it is
 * computed from the rows of a task, and said.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { buildWorker } from "../scripts/build.ts";
import { ROOT } from "../scripts/paths.ts";
import { startServer } from "../scripts/server.ts";
import { prepareArchive } from "./archive/prepare.ts";
import { isSame, QUESTIONS } from "./archive/questions.ts";

const { values } = parseArgs({
	options: {
		rows: { type: "string", default: "10000000" },
		days: { type: "string", default: "30" },
		rounds: { type: "string", default: "3" },
	},
});
const ROUNDS = Number(values.rounds);
const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

await buildWorker();
const dir = mkdtempSync(join(tmpdir(), "nowcast-archive-"));
const server = await startServer({ port: 0, dataDir: join(dir, "data") });
const results: Record<string, unknown>[] = [];
let failed = 0;
try {
	const made = await post<{ site: { id: string }; keys: { read: string; server: string } }>("ak_demo", "/v1/sites", {
		name: "archive",
		partitions: 4,
		currency: "EUR",
		dimensions: ["plan"],
	});
	// A metric can be asked for once it was sent.
	const events = ["pageview", "click", "add_to_cart", "purchase"].map((name) => ({ name, visitor_id: "first" }));
	await post(made.keys.server, "/v1/events", { v: 1, events });
	const began = Date.now();
	const prepared = await prepareArchive(server.miniflare, made.site.id, {
		rows: Number(values.rows),
		days: Number(values.days),
		folder: join(dir, "parquet"),
	});
	console.log(
		`${prepared.rows} events in ${prepared.segments} segments, ${Math.round(prepared.bytes / 2 ** 20)} MiB, ` +
			`written in ${Math.round((Date.now() - began) / 1000)} s`,
	);
	const duck = await (await DuckDBInstance.create(":memory:")).connect();
	await duck.run(`CREATE VIEW events AS SELECT * FROM read_parquet('${join(dir, "parquet")}/*.parquet')`);
	for (const question of QUESTIONS) {
		const ask = question.ask(prepared);
		const sql = question.sql(prepared);
		const ours: number[] = [];
		const theirs: number[] = [];
		let answer: unknown;
		let expected: unknown;
		let meta: { rows_read: number; sources: string[] } | undefined;
		for (let round = 0; round < ROUNDS; round++) {
			let at = performance.now();
			const body = await post<{ meta: { rows_read: number; sources: string[] } }>(made.keys.read, "/v1/query", ask);
			ours.push(performance.now() - at);
			answer = question.ours(body);
			meta = body.meta;
			at = performance.now();
			const reader = await duck.runAndReadAll(sql);
			theirs.push(performance.now() - at);
			expected = question.theirs(reader.getRows());
		}
		const equal = isSame(answer, expected, question.tolerance ?? 0);
		if (!equal) {
			failed++;
			console.error(`${question.name}\n ours  ${JSON.stringify(answer)}\n duck  ${JSON.stringify(expected)}`);
		}
		const ms = median(ours);
		results.push({
			question: question.name,
			equal,
			"ours ms": Math.round(ms),
			"DuckDB ms": Math.round(median(theirs)),
			sources: meta?.sources.join("+"),
			"rows read": meta?.rows_read,
			"M rows/s": Number(((meta?.rows_read ?? 0) / ms / 1000).toFixed(2)),
		});
		console.log(JSON.stringify(results.at(-1)));
	}
} finally {
	await server.stop();
	rmSync(dir, { recursive: true, force: true });
}
console.table(results);
mkdirSync(`${ROOT}bench/results`, { recursive: true });
writeFileSync(
	`${ROOT}bench/results/archive.json`,
	JSON.stringify({ at: new Date().toISOString(), results }, null, "\t"),
);
process.exit(failed === 0 ? 0 : 1);

async function post<T>(key: string, path: string, body: unknown): Promise<T> {
	const response = await fetch(`${server.url}${path}`, {
		method: "POST",
		headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
		body: JSON.stringify(body),
	});
	const text = await response.text();
	if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
	return JSON.parse(text) as T;
}
