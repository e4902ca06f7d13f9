import { Session } from "chdb";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { SeriesFold, type SeriesResult } from "../../../schema/core/series.ts";
import { HOUR, zoneOf } from "../../../schema/core/zone.ts";
import type { TenantConfig } from "../../../schema/metric.ts";
import { type PlanQuery, planSeries } from "../../../schema/plan.ts";
import { POINT_COLUMNS, type PointRow, toPoint } from "../../../schema/points.ts";
import { DATASET, engineCan, engineSource, engineSql } from "./engine.ts";

const NOW = Date.parse("2026-11-22T09:23:45Z");
const config: TenantConfig = {
	version: 1,
	metrics: ["purchase", "it's"],
	dimensions: [],
	epoch: 0,
	partitions: 4,
	zone: "Asia/Kathmandu",
	week_start: "monday",
	currency: null,
};
const question = (q: Partial<PlanQuery> = {}): PlanQuery => ({
	metric: "purchase",
	measure: "count",
	from: "now-24h",
	interval: "1h",
	filters: [],
	groupBy: [],
	limit: 10,
	...q,
});

/** A dataset's columns, in a database of the same dialect. */
const database = new Session();
const numbered = (kind: string, type: string) => Array.from({ length: 20 }, (_, i) => `${kind}${i + 1} ${type}`);
const columns = [
	"timestamp DateTime",
	"_sample_interval UInt32",
	"index1 String",
	...numbered("blob", "String"),
	...numbered("double", "Float64"),
];
database.query(`CREATE TABLE ${DATASET} (${columns.join(", ")}) ENGINE = Memory`);
afterAll(() => database.cleanup());

interface Stored {
	row: PointRow;
	/** How many points it stands for. */
	interval: number;
}

function write(points: readonly Stored[]): void {
	database.query(`TRUNCATE TABLE ${DATASET}`);
	const lines = points.map(({ row, interval }) => {
		const { indexes, blobs, doubles } = toPoint(row);
		const cells: Record<string, unknown> = {
			timestamp: row.hour + 3_700,
			_sample_interval: interval,
			index1: indexes[0],
		};
		blobs.forEach((blob, i) => {
			cells[`blob${i + 1}`] = blob;
		});
		doubles.forEach((double, i) => {
			cells[`double${i + 1}`] = double;
		});
		return JSON.stringify(cells);
	});
	if (lines.length > 0) database.query(`INSERT INTO ${DATASET} FORMAT JSONEachRow ${lines.join("\n")}`);
}

/** Its HTTP API, answered by that database. */
const http: typeof fetch = async (_, init) => new Response(database.query(String(init?.body)));
const source = engineSource({ ANALYTICS_ACCOUNT_ID: "a", ANALYTICS_TOKEN: "t" }, "shop", http);

async function ask(q: PlanQuery): Promise<SeriesResult> {
	const plan = planSeries(q, config, NOW);
	expect(engineCan(plan, config.zone)).toBe(true);
	const fold = new SeriesFold(plan);
	await source?.(plan, fold);
	return fold.finish();
}

const stored: fc.Arbitrary<Stored> = fc.record({
	interval: fc.integer({ min: 1, max: 20 }),
	row: fc.record({
		tenant: fc.constantFrom("shop", "shop", "shop", "other"),
		metric: fc.constantFrom("purchase", "purchase", "signup"),
		part: fc.constantFrom("total", "dim", "hit"),
		dimension: fc.constantFrom("country", "path", ""),
		value: fc.constantFrom("DE", "FR", "(other)", "it's"),
		zone: fc.constant(config.zone),
		hour: fc.integer({ min: 0, max: 30 }).map((n) => (zoneOf(config.zone).startOf("hour", NOW) - n * HOUR) / 1000),
		count: fc.integer({ min: 1, max: 100 }),
		values: fc.integer({ min: 0, max: 2 }),
		sum: fc.integer({ min: -50, max: 50 }),
		min: fc.integer({ min: 1, max: 5 }),
		max: fc.integer({ min: 5, max: 9 }),
		views: fc.integer({ min: 0, max: 9 }),
		bounces: fc.integer({ min: 0, max: 1 }),
		uniques: fc.constant(3),
	}),
});

const weigh = (points: Stored[], field: "count" | "sum" | "values") =>
	points.reduce((sum, { row, interval }) => sum + row[field] * interval, 0);

describe("the SQL of Analytics Engine", () => {
	it("answers as the points say, each weighed by its sample interval", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(stored, { maxLength: 40 }), async (points) => {
				write(points);
				const plan = planSeries(question(), config, NOW);
				const inside = points.filter(
					({ row }) => row.tenant === "shop" && row.metric === "purchase" && row.hour * 1000 >= plan.from,
				);
				const totals = inside.filter(({ row }) => row.part === "total" && row.dimension === "");
				const byCountry = inside.filter(({ row }) => row.part === "dim" && row.dimension === "country");
				const count = await ask(question());
				expect(count.overall).toBe(weigh(totals, "count"));
				plan.buckets.forEach((start, i) => {
					const hour = totals.filter(({ row }) => row.hour * 1000 === start);
					expect(count.rows[0]?.points[i]).toBe(weigh(hour, "count"));
				});
				const table = await ask(question({ kind: "breakdown", measure: "sum", groupBy: ["country"] }));
				for (const { labels, total } of table.rows) {
					expect(total).toBe(
						weigh(
							byCountry.filter(({ row }) => row.value === labels[0]),
							"sum",
						),
					);
				}
				expect(table.overall).toBe(weigh(totals, "sum"));
				const valued = totals.filter(({ row }) => row.values > 0).map(({ row }) => row.min);
				expect((await ask(question({ measure: "min" }))).overall).toBe(
					valued.length === 0 ? null : Math.min(...valued),
				);
			}),
			{ numRuns: 25 },
		);
	});

	it("names columns only by the mapping", () => {
		const sql = engineSql("shop", planSeries(question({ groupBy: ["country"] }), config, NOW), "dim:country");
		const used = new Set(sql.match(/\b(?:blob|double|index)\d+\b/g));
		const mapped = new Set<string>(Object.values(POINT_COLUMNS));
		expect([...used].filter((column) => !mapped.has(column))).toEqual([]);
		expect(sql).toContain("index1 = 'shop'");
	});

	it("is not tried for sketches, cubes, parts of hours, or names that need quoting", () => {
		const can = (q: Partial<PlanQuery>) => engineCan(planSeries(question(q), config, NOW), config.zone);
		expect(can({})).toBe(true);
		expect(can({ measure: "uniques" })).toBe(false);
		expect(can({ measure: "p95" })).toBe(false);
		expect(can({ groupBy: ["country", "device"] })).toBe(false);
		expect(can({ interval: "5m" })).toBe(false);
		expect(can({ metric: "it's" })).toBe(false);
		// Points are hours of the site's zone, which no whole hour of UTC is.
		expect(can({ timezone: "UTC" })).toBe(false);
		expect(can({ from: "now-3h", to: "now-90m" })).toBe(false);
		expect(() => engineSql("x' OR '1'='1", planSeries(question(), config, NOW), "total")).toThrow(RangeError);
	});

	it("is not configured without an account and a token, and says when it does not answer", async () => {
		expect(engineSource({}, "shop")).toBeNull();
		const refused = engineSource(
			{ ANALYTICS_ACCOUNT_ID: "a", ANALYTICS_TOKEN: "t" },
			"shop",
			async () => new Response("", { status: 403 }),
		);
		const plan = planSeries(question(), config, NOW);
		const asked = async () => refused?.(plan, new SeriesFold(plan));
		await expect(asked()).rejects.toMatchObject({ status: 503 });
	});
});
