/**
 * Analytics Engine: sampled closed hours, the fallback when D1 is down. This is the one module that writes its SQL,
 * in the dialect of its HTTP API (a ClickHouse dialect: the test runs it on one). Every row stands for
 * `_sample_interval` points. Sketches are not in it: only measures of counts and sums can be answered.
 */
import type { CellNumbers } from "../../../schema/core/measure.ts";
import { ruleOf } from "../../../schema/core/measure.ts";
import type { Part, SeriesFold, SeriesPlan } from "../../../schema/core/series.ts";
import { bucketStart, zoneOf } from "../../../schema/core/zone.ts";
import { POINT_COLUMNS as C } from "../../../schema/points.ts";
import { Problem } from "../../../schema/problem.ts";
import { within } from "./source.ts";

export const DATASET = "nowcast";
const TIMEOUT_MS = 10_000;

/** Whether Analytics Engine could answer: whole hours of the site's zone, one dimension, no sketches, nothing that needs quoting. */
export function engineCan(plan: SeriesPlan, siteZone: string): boolean {
	if (ruleOf(plan.measure).combine === null || plan.part === "cube") return false;
	if (![plan.metric, ...plan.dims].every(isPlain)) return false;
	const zone = zoneOf(siteZone);
	const cuts = [plan.from, ...plan.buckets.slice(1), ...(plan.open ? [] : [plan.to])];
	return cuts.every((t) => bucketStart(zone, "1h", t) === t);
}

/** One row of the SQL's answer. */
export interface EngineRow {
	hour: number;
	value: string;
	count: number;
	values: number;
	sum: number;
	min: number;
	max: number;
	views: number;
	bounces: number;
	/** Points that the row was made of. */
	points: number;
}

/**
 * The SQL for the rows of a plan's part (or of `total`), by hour and value, in the order of time. `timestamp` is when a
 * point was written, which is never before its hour: a lower bound is all that can be said of it.
 */
export function engineSql(tenant: string, plan: SeriesPlan, part: string): string {
	const [kind = "total", dimension = ""] = part.split(":");
	const [from, to] = [plan.from / 1000, Math.ceil(plan.to / 1000)];
	const weighted = (column: string) => `SUM(_sample_interval * ${column})`;
	return `SELECT ${C.hour} AS hour, ${C.value} AS value,
	${weighted(C.count)} AS n, ${weighted(C.values)} AS n_values, ${weighted(C.sum)} AS v_sum,
	MIN(IF(${C.values} > 0, ${C.min}, 1e308)) AS v_min, MAX(IF(${C.values} > 0, ${C.max}, -1e308)) AS v_max,
	${weighted(C.views)} AS n_views, ${weighted(C.bounces)} AS n_bounces, COUNT() AS n_points
FROM ${DATASET}
WHERE timestamp >= toDateTime(${from})
	AND ${C.tenant} = ${literal(tenant)} AND ${C.metric} = ${literal(plan.metric)}
	AND ${C.part} = ${literal(kind)} AND ${C.dimension} = ${literal(dimension)}
	AND ${C.hour} >= ${from} AND ${C.hour} < ${to}
GROUP BY hour, value
ORDER BY hour, value
FORMAT JSON`;
}

const isPlain = (text: string) => /^[^'"\\`\p{Cc}]*$/u.test(text);

/** Dialects differ in how a quote is escaped, so what has one is not sent at all. */
function literal(text: string): string {
	if (!isPlain(text)) throw new RangeError(`cannot be quoted safely: ${JSON.stringify(text)}`);
	return `'${text}'`;
}

/** The part of one hour, as a fold takes it. */
export function enginePart(plan: SeriesPlan, rows: readonly EngineRow[]): Part {
	const cell = (row: EngineRow): CellNumbers => ({
		count: row.count,
		values: row.values,
		sum: row.sum,
		min: row.values > 0 ? row.min : Number.POSITIVE_INFINITY,
		max: row.values > 0 ? row.max : Number.NEGATIVE_INFINITY,
		views: row.views,
		bounces: row.bounces,
		uniques: null,
		quantiles: null,
	});
	const other = plan.dims.length === 0 ? undefined : rows.find((row) => row.value === "(other)");
	return {
		rows: rows
			.filter((row) => row !== other)
			.map((row) => [plan.dims.length === 0 ? [] : [row.value], cell(row)] as const),
		other: other === undefined ? null : cell(other),
		exact: false,
	};
}

export interface EngineBindings {
	ANALYTICS_ACCOUNT_ID?: string;
	ANALYTICS_TOKEN?: string;
}

/** Feeds a fold from Analytics Engine, and answers the points read. Problem 503 where it does not answer. */
export type EngineSource = (plan: SeriesPlan, fold: SeriesFold) => Promise<number>;

/** Null where it is not configured. */
export function engineSource(env: EngineBindings, tenant: string, fetcher: typeof fetch = fetch): EngineSource | null {
	const { ANALYTICS_ACCOUNT_ID: account, ANALYTICS_TOKEN: token } = env;
	if (!account || !token) return null;
	const url = `https://api.cloudflare.com/client/v4/accounts/${account}/analytics_engine/sql`;
	const ask = async (sql: string): Promise<EngineRow[]> => {
		const request = { method: "POST", body: sql, headers: { authorization: `Bearer ${token}` } };
		const response = await within(TIMEOUT_MS, fetcher(url, request));
		if (!response.ok) {
			throw new Problem(503, "engine", `Analytics Engine answered ${response.status}.`, { retryAfter: 10 });
		}
		return rowsOf(await response.json());
	};
	return async (plan, fold) => {
		const rows = await ask(engineSql(tenant, plan, plan.part));
		const totals = plan.whole ? await ask(engineSql(tenant, plan, "total")) : [];
		feed(plan, fold, rows, totals);
		return [...rows, ...totals].reduce((sum, row) => sum + row.points, 0);
	};
}

/** Numbers of 64 bits come as strings. */
export function rowsOf(answer: unknown): EngineRow[] {
	const { data } = answer as { data: Record<string, unknown>[] };
	return data.map((row) => ({
		hour: Number(row.hour),
		value: String(row.value),
		count: Number(row.n),
		values: Number(row.n_values),
		sum: Number(row.v_sum),
		min: Number(row.v_min),
		max: Number(row.v_max),
		views: Number(row.n_views),
		bounces: Number(row.n_bounces),
		points: Number(row.n_points),
	}));
}

function feed(plan: SeriesPlan, fold: SeriesFold, rows: readonly EngineRow[], totals: readonly EngineRow[]): void {
	const hours = new Set([...rows, ...totals].map((row) => row.hour));
	for (const hour of [...hours].sort((a, b) => a - b)) {
		const of = (all: readonly EngineRow[]) => all.filter((row) => row.hour === hour);
		fold.addPart(hour * 1000, enginePart(plan, of(rows)));
		if (plan.whole) fold.addTotal(hour * 1000, enginePart({ ...plan, dims: [] }, of(totals)));
	}
}
