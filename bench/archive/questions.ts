/** The questions: as we are asked them, as DuckDB is, and how to read the two answers as the same plain data. */
import type { Prepared } from "./prepare.ts";

type Cell = unknown;
interface Body {
	series?: { group: Record<string, string>; points: [string, number | null][]; total: number | null }[];
	table?: { group: Record<string, string>; value: number | null }[];
	total?: number | null;
	steps?: { count: number }[];
	cohorts?: { t: string; size: number; values: ({ count: number } | null)[] }[];
}
export interface Question {
	name: string;
	ask(prepared: Prepared): Record<string, unknown>;
	sql(prepared: Prepared): string;
	ours(body: unknown): unknown;
	theirs(rows: Cell[][]): unknown;
	/** Relative, of numbers: for sketches of quantiles, and the order in which floats are summed. */
	tolerance?: number;
}

const number = (value: Cell) => (value === null ? null : Number(value));
const range = ({ from, to }: Prepared) => ({ from, to, timezone: "UTC" });
/** Event times of the range; every row is, but the engine does not know. */
const where = ({ from, to }: Prepared) => `ts >= epoch_ms(${from}) AND ts < epoch_ms(${to})`;
const DAY = "strftime(date_trunc('day', ts), '%Y-%m-%d')";

/** `group day value` lines, sorted. */
const seriesLines = (body: unknown) =>
	((body as Body).series ?? [])
		.flatMap(({ group, points }) => points.map(([t, v]) => [...Object.values(group), t.slice(0, 10), v ?? 0]))
		.filter((line) => line.at(-1) !== 0)
		.sort(byText);
const tableLines = (body: unknown) =>
	((body as Body).table ?? [])
		.map(({ group, value }) => [...Object.values(group), value])
		.filter(([name]) => name !== "(other)")
		.sort(byText);
const rowLines = (rows: Cell[][]) =>
	rows.map((row) => [...row.slice(0, -1).map(String), number(row.at(-1) ?? null)]).sort(byText);
const total = (body: unknown) => (body as Body).total ?? null;
const single = (rows: Cell[][]) => number(rows[0]?.[0] ?? null);
const byText = (a: unknown[], b: unknown[]) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

const uniques = (name: string, filters: unknown[], condition: string, metric = "*"): Question => ({
	name,
	ask: (p) => ({ kind: "total", metric, measure: "uniques", exact: true, ...range(p), filters }),
	sql: (p) =>
		`SELECT count(DISTINCT visitor) FROM events WHERE ${where(p)} AND ${condition}${metric === "*" ? "" : ` AND name = '${metric}'`}`,
	ours: total,
	theirs: single,
});

const WEEK_MS = 7 * 86_400_000;

export const QUESTIONS: Question[] = [
	{
		name: "daily active users by country",
		ask: (p) => ({
			kind: "timeseries",
			measure: "uniques",
			exact: true,
			interval: "1d",
			groupBy: ["country"],
			limit: 100,
			...range(p),
		}),
		sql: (p) => `SELECT country, ${DAY}, count(DISTINCT visitor) FROM events WHERE ${where(p)} GROUP BY 1, 2`,
		ours: seriesLines,
		theirs: rowLines,
	},
	{
		name: "page views by day where the path starts with /p/1",
		ask: (p) => ({
			kind: "timeseries",
			metric: "pageview",
			interval: "1d",
			filters: [{ dim: "path", op: "starts_with", values: ["/p/1"] }],
			...range(p),
		}),
		sql: (p) =>
			`SELECT ${DAY}, count(*) FROM events WHERE ${where(p)} AND name = 'pageview' AND starts_with(path, '/p/1') GROUP BY 1`,
		ours: seriesLines,
		theirs: rowLines,
	},
	{
		name: "top paths on mobile",
		ask: (p) => ({
			kind: "breakdown",
			metric: "pageview",
			groupBy: ["path"],
			limit: 1000,
			filters: [{ dim: "device", op: "eq", values: ["mobile"] }],
			...range(p),
		}),
		sql: (p) =>
			`SELECT path, count(*) FROM events WHERE ${where(p)} AND name = 'pageview' AND device = 'mobile' GROUP BY 1`,
		ours: tableLines,
		theirs: rowLines,
	},
	uniques(
		"exact uniques: country and browser",
		[
			{ dim: "country", op: "eq", values: ["DE"] },
			{ dim: "browser", op: "in", values: ["Firefox", "Edge"] },
		],
		"country = 'DE' AND browser IN ('Firefox', 'Edge')",
	),
	uniques(
		"exact uniques: a prop or a high value",
		[
			{
				or: [
					{
						and: [
							{ dim: "props.plan", op: "eq", values: ["team"] },
							{ dim: "path", op: "eq", values: ["/p/7"] },
						],
					},
					{ dim: "value", op: "gt", values: [95] },
				],
			},
		],
		`(("props.plan" = 'team' AND path = '/p/7') OR value > 95)`,
	),
	uniques(
		"exact uniques: not search, path by regular expression",
		[
			{ not: { dim: "channel", op: "eq", values: ["search"] } },
			{ dim: "path", op: "matches", values: ["^/p/[0-9]{3}$"] },
		],
		"channel <> 'search' AND regexp_matches(path, '^/p/[0-9]{3}$')",
		"pageview",
	),
	{
		name: "revenue by day and plan",
		ask: (p) => ({
			kind: "timeseries",
			metric: "purchase",
			measure: "sum",
			interval: "1d",
			groupBy: ["plan"],
			limit: 10,
			filters: [{ dim: "path", op: "exists" }],
			...range(p),
		}),
		sql: (p) =>
			`SELECT "props.plan", ${DAY}, sum(value) FROM events WHERE ${where(p)} AND name = 'purchase' AND path IS NOT NULL GROUP BY 1, 2`,
		ours: seriesLines,
		theirs: rowLines,
		tolerance: 1e-9,
	},
	{
		name: "90th percentile of purchases in a browser",
		ask: (p) => ({
			kind: "total",
			metric: "purchase",
			measure: "p90",
			filters: [{ dim: "browser", op: "eq", values: ["Safari"] }],
			...range(p),
		}),
		sql: (p) =>
			`SELECT quantile_disc(value, 0.9) FROM events WHERE ${where(p)} AND name = 'purchase' AND browser = 'Safari'`,
		ours: total,
		theirs: single,
		tolerance: 0.011,
	},
	{
		name: "funnel of 3 steps within 7 days",
		ask: (p) => ({
			kind: "funnel",
			steps: [{ event: "pageview" }, { event: "add_to_cart" }, { event: "purchase" }],
			window: "7d",
			...range(p),
		}),
		sql: (p) => `
			WITH e AS (SELECT visitor, epoch_ms(ts) AS t, name FROM events WHERE ts >= epoch_ms(${p.from}) AND ts < epoch_ms(${p.to + WEEK_MS})),
			one AS (SELECT visitor, t FROM e WHERE name = 'pageview' AND t < ${p.to}),
			two AS (SELECT b.visitor, b.t, a.t AS began FROM (SELECT * FROM e WHERE name = 'add_to_cart') b
				ASOF JOIN one a ON a.visitor = b.visitor AND a.t <= b.t WHERE b.t - a.t <= ${WEEK_MS}),
			three AS (SELECT c.visitor FROM (SELECT * FROM e WHERE name = 'purchase') c
				ASOF JOIN two b ON b.visitor = c.visitor AND b.t <= c.t WHERE c.t - b.began <= ${WEEK_MS})
			SELECT (SELECT count(DISTINCT visitor) FROM one), (SELECT count(DISTINCT visitor) FROM two), (SELECT count(DISTINCT visitor) FROM three)`,
		ours: (body) => ((body as Body).steps ?? []).map((step) => step.count),
		theirs: (rows) => (rows[0] ?? []).map(number),
	},
	{
		name: "retention by day: first purchase, any page view",
		ask: (p) => ({
			kind: "retention",
			start: { event: "purchase" },
			return: { event: "pageview" },
			mode: "first",
			period: "day",
			periods: 7,
			...range(p),
		}),
		sql: (p) => `
			WITH first AS (SELECT visitor, min(ts) AS at, date_trunc('day', min(ts)) AS day FROM events WHERE ${where(p)} AND name = 'purchase' GROUP BY 1),
			back AS (SELECT DISTINCT visitor, date_trunc('day', ts) AS day FROM events WHERE ${where(p)} AND name = 'pageview')
			SELECT strftime(f.day, '%Y-%m-%d'), date_diff('day', f.day, b.day), count(*) FROM first f JOIN back b
				ON b.visitor = f.visitor AND b.day > f.day AND b.day <= f.day + INTERVAL 7 DAY GROUP BY 1, 2`,
		ours: (body) =>
			((body as Body).cohorts ?? [])
				.flatMap(({ t, values }) =>
					values.map(
						(value, period) => [t.slice(0, 10), String(period), value?.count ?? 0] as [string, string, number],
					),
				)
				.filter(([, period, count]) => period !== "0" && count !== 0)
				.sort(byText),
		theirs: rowLines,
	},
	{
		name: "page views of visitors who bought at least twice in the last 14 days",
		ask: (p) => ({
			kind: "total",
			metric: "pageview",
			filters: [{ did: "purchase", at_least: 2, within_days: 14 }],
			...range(p),
		}),
		sql: (p) => `
			SELECT count(*) FROM events WHERE ${where(p)} AND name = 'pageview' AND visitor IN (
				SELECT visitor FROM events WHERE name = 'purchase' AND ts >= epoch_ms(${p.to - 14 * 86_400_000}) AND ts < epoch_ms(${p.to})
				GROUP BY 1 HAVING count(*) >= 2)`,
		ours: total,
		theirs: single,
	},
	{
		name: "events by two fields",
		ask: (p) => ({
			kind: "breakdown",
			groupBy: ["name", "channel"],
			limit: 100,
			filters: [{ dim: "props.position", op: "lt", values: [5] }],
			...range(p),
		}),
		sql: (p) =>
			`SELECT name, channel, count(*) FROM events WHERE ${where(p)} AND CAST(json_extract_string(props, '$.position') AS DOUBLE) < 5 GROUP BY 1, 2`,
		ours: tableLines,
		theirs: rowLines,
	},
];

/** Deep equality, numbers within a relative tolerance. */
export function isSame(a: unknown, b: unknown, tolerance: number): boolean {
	if (typeof a === "number" && typeof b === "number") {
		return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
	}
	if (Array.isArray(a) && Array.isArray(b)) {
		return a.length === b.length && a.every((item, i) => isSame(item, b[i], tolerance));
	}
	return a === b;
}
