/** The SQL of docs/archive.md, run: DuckDB, ClickHouse and our own scan give the same answers of the same files. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import { Session } from "chdb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AggregateQuestion, aggregate } from "../core/scan/aggregate.ts";
import { finishAggregate } from "../core/scan/aggregate-answer.ts";
import { type FunnelScan, funnel } from "../core/scan/funnel.ts";
import { finishFunnel } from "../core/scan/funnel-answer.ts";
import { ALWAYS, gather } from "../core/scan/gather.ts";
import { finishRetention, type RetentionScan, retention, retentionEdges } from "../core/scan/retention.ts";
import type { Batch, NumberColumn, ScanKind } from "../core/scan/rows.ts";
import { bucketEdges, DAY, zoneOf } from "../core/zone.ts";
import { type EventRow, FLAG } from "../event.ts";
import { mergeSegments } from "./merge.ts";
import type { Segment } from "./read.ts";
import { eventRow, events, openBytes, random, sourcesOf } from "./testing.ts";
import { writeSegment } from "./write.ts";

const UTC = zoneOf("UTC");
const BERLIN = zoneOf("Europe/Berlin");
const at = (date: string) => Date.parse(`${date}T00:00:00Z`);
const SITE = "v1/shop/segments";

/** Blocks of SQL by engine and what they ask, as their first line says. */
const blocks = new Map(
	[
		...new TextDecoder()
			.decode(readFileSync("docs/archive.md"))
			.matchAll(/```sql\n-- (DuckDB|ClickHouse): ([^\n]+)\n([^`]*(?:`[^`]+`[^`]*)*)```/g),
	].map(([, engine, title, sql]) => [`${engine}: ${title}`, sql as string]),
);

const directory = mkdtempSync("/tmp/nowcast-handover-");
let duckdb: Awaited<ReturnType<DuckDBInstance["connect"]>>;
let clickhouse: Session;
/** What the catalogue has. */
const segments: Segment[] = [];
let rows: EventRow[] = [];

beforeAll(async () => {
	rows = eventsOfAFortnight();
	await store(rows);
	duckdb = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
	await duckdb.run(sqlOf("DuckDB: events"));
	clickhouse = new Session();
	clickhouse.query(sqlOf("ClickHouse: events"));
}, 60_000);
afterAll(() => {
	duckdb.closeSync();
	clickhouse.cleanup();
	rmSync(directory, { recursive: true });
});

/** Some of bots, some late; the same visitors in all segments; a prop of numbers in one and of texts in another. */
function eventsOfAFortnight(): EventRow[] {
	const next = random(5);
	const flagged = events({ rows: 6_000, eventsPerVisitor: 20, spanMs: 14 * DAY }).map((row) => {
		const dice = next();
		return { ...row, flags: row.flags | (dice < 0.05 ? FLAG.bot : dice < 0.1 ? FLAG.late : 0) };
	});
	const odd = { id: "odd", visitor: "visitor 1", name: "click", ts: at("2026-11-03"), country: "" };
	const first = eventRow({ ...odd, id: "first", props: '{"plan":""}' });
	return [first, ...flagged, eventRow({ ...odd, props: '{"plan":true,"price":"free"}' })];
}

/** Sealed before a dimension was declared and compacted since, sealed after it, and not yet compacted. */
async function store(all: readonly EventRow[]): Promise<void> {
	const old = [all.slice(0, 1_000), all.slice(1_000, 2_000)].map((part, i) =>
		writeSegment(sourcesOf(part, 50, 1 + 20 * i), []),
	);
	const replaced = await Promise.all(old.map(({ bytes }) => openBytes(bytes)));
	old.forEach(({ bytes }, i) => {
		put(`2026-11-01/00/${20 * i}-${20 * i + 20}`, bytes);
	});
	for await (const { bytes } of mergeSegments(replaced, { maxRows: 250_000 })) {
		put("2026-11-01/00/c-0-40-00000000000000ff.0", bytes);
		segments.push(await openBytes(bytes));
	}
	for (const [name, part] of [
		["2026-11-05/01/40-80", all.slice(2_000, 4_000)],
		["2026-11-09/03/80-120", all.slice(4_000)],
	] as const) {
		const { bytes } = writeSegment(sourcesOf(part, 50, 41), ["plan", "price"]);
		put(name, bytes);
		segments.push(await openBytes(bytes));
	}
}

function put(name: string, bytes: Uint8Array): void {
	const path = `${directory}/${SITE}/${name}.parquet`;
	mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
	writeFileSync(path, bytes);
}

/** As it stands in the docs, but for where the files are. */
function sqlOf(block: string): string {
	const sql = blocks.get(block);
	if (sql === undefined) throw new Error(`docs/archive.md has no block "${block}"`);
	return sql
		.replace("r2://nowcast-archive/v1/SITE/segments", `${directory}/${SITE}`)
		.replace("s3(", "file(")
		.replace(/https:\S+\/nowcast-archive\/v1\/SITE\/segments(\S+'), 'KEY_ID', 'SECRET'/, `${directory}/${SITE}$1`)
		.trim();
}

type Cells = string[][];
const cellsOf = (found: readonly (readonly unknown[])[]): Cells => found.map((row) => row.map(String));

async function inDuckdb(sql: string): Promise<Cells> {
	return cellsOf((await duckdb.runAndReadAll(sql)).getRowsJson());
}

function inClickhouse(sql: string): Cells {
	const lines = clickhouse.query(sql.replace(/;$/, ""), "JSONCompactEachRow").trim().split("\n");
	return cellsOf(lines.map((line) => JSON.parse(line) as unknown[]));
}

/** Both engines' answer to a block, which must be the same. */
async function answerOf(title: string, edit = (sql: string) => sql): Promise<Cells> {
	const found = await inDuckdb(edit(sqlOf(`DuckDB: ${title}`)));
	expect(inClickhouse(edit(sqlOf(`ClickHouse: ${title}`)))).toEqual(found);
	expect(found.length).toBeGreaterThan(0);
	return found;
}

/** Our own: all of the catalogued segments as one task, bots left out as a scan does. */
async function scan<Question, Partial>(kind: ScanKind<Question, Partial>, question: Question): Promise<Partial> {
	const { numbers, texts } = kind.needs(question);
	const asked: NumberColumn[] = [...new Set([...ALWAYS, ...numbers])];
	const batches: Batch[] = [];
	for (const segment of segments) {
		for (let group = 0; group < segment.groups.length; group++)
			batches.push(await segment.read(group, asked, [...new Set(["name", ...texts])]));
	}
	const isHuman = ({ numbers: { flags = new Uint8Array(0) } }: Batch) =>
		Uint8Array.from(flags, (bits) => ((bits & FLAG.bot) === 0 ? 1 : 0));
	return kind.run(question, gather(batches, numbers, [...new Set(["name", ...texts])], isHuman));
}

const inOrder = (cells: Cells): Cells => cells.sort((a, b) => (a.join("\t") < b.join("\t") ? -1 : 1));
const event = (name: string | null) => ({ event: name, where: null, label: name ?? "" });

describe("the SQL of docs/archive.md", () => {
	it("has each event once, though replaced files are still there", async () => {
		const humans = rows.filter(({ flags }) => (flags & FLAG.bot) === 0);
		const sql = "SELECT count(*), count(DISTINCT id) FROM events";
		expect(await inDuckdb(sql)).toEqual([[`${humans.length}`, `${humans.length}`]]);
		expect(inClickhouse(sql)).toEqual([[`${humans.length}`, `${humans.length}`]]);
	});

	const aggregated = (question: Partial<AggregateQuestion>): AggregateQuestion => ({
		kind: "aggregate",
		event: null,
		where: null,
		groupBy: [],
		buckets: [0],
		end: Number.MAX_SAFE_INTEGER,
		from: 0,
		to: Number.MAX_SAFE_INTEGER,
		measure: "count",
		currency: null,
		maxGroups: 1_000,
		...question,
	});

	it("daily active users by country", async () => {
		const [from, to] = [Date.parse("2026-11-02T00:00:00+01:00"), Date.parse("2026-11-09T00:00:00+01:00")];
		const buckets = bucketEdges(BERLIN, "1d", from, to).slice(0, 7);
		const question = aggregated({ groupBy: ["country"], buckets, from, to, end: to, measure: "uniques" });
		const { rows: series } = finishAggregate(question, await scan(aggregate, question), 1_000);
		const ours = series.flatMap(({ labels: [country = ""], points }) =>
			points.map((visitors, i) => [BERLIN.iso(buckets[i] as number).slice(0, 10), country, String(visitors)]),
		);
		expect(inOrder(await answerOf("daily active users by country"))).toEqual(
			inOrder(ours.filter(([, , visitors]) => visitors !== "0")),
		);
	});

	it("funnel", async () => {
		const question: FunnelScan = {
			kind: "funnel",
			steps: ["pageview", "signup", "purchase"].map(event),
			exclusions: [],
			windowMs: 7 * DAY,
			order: "ordered",
			reentry: "any",
			count: "visitors",
			from: at("2026-11-02"),
			to: at("2026-11-09"),
			where: null,
			now: at("2026-12-01"),
			breakdown: null,
			limit: 10,
			buckets: [],
		};
		const { steps } = finishFunnel(question, await scan(funnel, question), UTC);
		expect(await answerOf("funnel")).toEqual([steps.map(({ count }) => String(count))]);
		expect(new Set(steps.map(({ count }) => count)).size).toBe(3);
	});

	it("retention", async () => {
		const [from, to] = [at("2026-11-02"), at("2026-11-05")];
		const question: RetentionScan = {
			kind: "retention",
			start: event("signup"),
			return: event(null),
			mode: "first",
			on: "on",
			periods: 7,
			edges: retentionEdges(UTC, "day", { from, to }, 7),
			now: at("2026-12-01"),
			from,
			to,
			where: null,
		};
		const { cohorts } = finishRetention(question, await scan(retention, question), UTC);
		const ours = cohorts.flatMap(({ t, values }) =>
			values.map((value, period) => [t.slice(0, 10), String(period), String(value?.count ?? 0)]),
		);
		expect(await answerOf("retention")).toEqual(ours.filter(([, period, count]) => period !== "0" && count !== "0"));
	});

	it("a prop, with a column and without", async () => {
		const question = aggregated({ event: "click", groupBy: ["props.plan"] });
		const { rows: groups } = finishAggregate(question, await scan(aggregate, question), 1_000);
		const ours = groups.map(({ labels: [plan = ""], total }) => [plan, String(total)]);
		expect(await answerOf("a prop")).toEqual(inOrder(ours));
		expect(ours.map(([plan]) => plan)).toContain("true");
	});

	it("a visitor, by the digits that the API writes", async () => {
		const hex = (word: number) => word.toString(16).padStart(8, "0");
		for (const isHigh of [true, false]) {
			const { visitor_hi, visitor_lo } = rows.find((row) => row.visitor_hi > 0x7fffffff === isHigh) as EventRow;
			const count = rows.filter((row) => row.visitor_lo === visitor_lo && (row.flags & FLAG.bot) === 0).length;
			const digits = `${hex(visitor_hi)}${hex(visitor_lo)}`;
			expect(await answerOf("a visitor", (sql) => sql.replace("0123456789abcdef", digits))).toEqual([[`${count}`]]);
		}
	});

	it("is all run", () => {
		const titles = ["events", "daily active users by country", "funnel", "retention", "a prop", "a visitor"];
		const known = ["DuckDB", "ClickHouse"].flatMap((engine) => titles.map((title) => `${engine}: ${title}`));
		// Reaches the network.
		expect([...blocks.keys()].sort()).toEqual([...known, "DuckDB: access"].sort());
	});
});
