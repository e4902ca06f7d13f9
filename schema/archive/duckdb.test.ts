/** The files are an open format: another engine reads the same rows in them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventRow } from "../event.ts";
import { anyEvent } from "./arbitrary.ts";
import { events, inOrder, sourcesOf, withoutMark } from "./testing.ts";
import { writeSegment } from "./write.ts";

const directory = mkdtempSync("/tmp/nowcast-archive-");
/** One a segment: DuckDB remembers what it read of a file. */
let file = "";
let files = 0;
let duckdb: Awaited<ReturnType<DuckDBInstance["connect"]>>;

beforeAll(async () => {
	duckdb = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
});
afterAll(() => {
	duckdb.closeSync();
	rmSync(directory, { recursive: true });
});

async function ask(sql: string): Promise<unknown[][]> {
	return (await duckdb.runAndReadAll(sql.replace("FILE", `read_parquet('${file}')`))).getRows();
}

const signed = (hi: number, lo: number) => BigInt.asIntN(64, (BigInt(hi) << 32n) | BigInt(lo));
function store(rows: readonly EventRow[], props: readonly string[]) {
	file = `${directory}/${files++}.parquet`;
	writeFileSync(file, writeSegment(sourcesOf(rows), props).bytes);
}

describe("a segment in DuckDB", () => {
	it("has the same rows", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(anyEvent, { minLength: 1, maxLength: 40 }), async (rows) => {
				store(rows, ["plan"]);
				const read = await ask(
					"SELECT epoch_ms(ts), visitor, id, slot, flags, value, name, city, event_id, title FROM FILE",
				);
				expect(read).toEqual(
					inOrder(rows).map((row) => [
						BigInt(row.ts),
						signed(row.visitor_hi, row.visitor_lo),
						signed(row.id_hi, row.id_lo),
						row.slot,
						row.flags,
						Number.isNaN(row.value) ? null : row.value,
						...[row.name, row.city, row.id, row.title].map((text) => withoutMark(text) || null),
					]),
				);
			}),
			{ numRuns: 40, endOnFailure: true },
		);
	}, 30_000);

	it("gives the same counts, distinct visitors and sums", async () => {
		const rows = events({ rows: 40_000 });
		store(rows, ["plan", "price"]);
		const visitors = new Set(rows.map(({ visitor_hi, visitor_lo }) => signed(visitor_hi, visitor_lo)));
		const sum = rows.reduce((total, { value }) => total + (Number.isNaN(value) ? 0 : value), 0);
		const [[count, distinct, total]] = (await ask(
			"SELECT count(*), count(DISTINCT visitor), sum(value) FROM FILE",
		)) as [[bigint, bigint, number]];
		expect([count, distinct]).toEqual([BigInt(rows.length), BigInt(visitors.size)]);
		expect(total).toBeCloseTo(sum, 4);
		const countries = new Map<string, number>();
		for (const { country = "" } of rows) countries.set(country, (countries.get(country) ?? 0) + 1);
		expect(await ask("SELECT country, count(*) FROM FILE GROUP BY country ORDER BY country")).toEqual(
			[...countries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([country, n]) => [country, BigInt(n)]),
		);
		const withPrice = rows.filter(({ props }) => props?.includes('"price"')).length;
		expect(await ask(`SELECT count("props.price"), count(props), typeof(any_value("props.price")) FROM FILE`)).toEqual([
			[BigInt(withPrice), BigInt(withPrice), "DOUBLE"],
		]);
		const hour = Date.UTC(2026, 10, 1, 5);
		const inHour = rows.filter(({ ts }) => ts >= hour && ts < hour + 3_600_000).length;
		expect(
			await ask("SELECT count(*) FROM FILE WHERE date_trunc('hour', ts) = TIMESTAMP '2026-11-01 05:00:00'"),
		).toEqual([[BigInt(inHour)]]);
	});

	it("is read where it is empty", async () => {
		store([], []);
		expect(await ask("SELECT count(*) FROM FILE")).toEqual([[0n]]);
	});
});
