/** From results to the answer on the wire, with its labels (I6). */
import { formatSeries, groupOf, isPartial, type SeriesPlan, type SeriesResult } from "../../schema/core/series.ts";
import { zoneOf } from "../../schema/core/zone.ts";
import type { Answer, BreakdownRow, Meta } from "../../schema/query.ts";
import type { Fetched } from "./fetch.ts";
import { type Read, windowsOf } from "./plan.ts";
import type { Scanned } from "./scan/run.ts";

/** One period's result, after any division. */
export interface Period {
	plan: SeriesPlan;
	result: SeriesResult;
}

export interface Answered {
	current: Period;
	previous: Period | null;
	/** Everything that was read, for the labels. */
	fetched: readonly Fetched[];
	tookMs: number;
	/** Explained, or null. */
	steps: Record<string, unknown>[] | null;
}

export function format({ current, previous, fetched, tookMs, steps }: Answered): Answer {
	const { plan, result } = current;
	const meta = metaOf(plan, previous === null ? [current] : [current, previous], fetched, tookMs);
	if (steps !== null) meta.plan = steps;
	if (plan.kind === "breakdown") return { table: tableOf(current, previous), total: result.overall, meta };
	const compare = previous === null ? {} : { compare: formatSeries(previous.plan, previous.result.rows) };
	const total = plan.kind === "total" ? { total: result.overall } : {};
	return { series: formatSeries(plan, result.rows), ...compare, ...total, meta };
}

function tableOf({ plan, result }: Period, previous: Period | null): BreakdownRow[] {
	const before = new Map(previous?.result.rows.map((row) => [row.labels.join("\x1f"), row.total]));
	return result.rows.map(({ labels, total }) => ({
		group: groupOf(plan, labels),
		value: total,
		...(previous === null ? {} : { previous: before.get(labels.join("\x1f")) ?? null }),
	}));
}

function metaOf(plan: SeriesPlan, periods: Period[], fetched: readonly Fetched[], tookMs: number): Meta {
	const zone = zoneOf(plan.zone);
	const stale = fetched.some((f) => f.stale);
	const sampled = fetched.some((f) => f.sampled);
	const coverage = Math.min(...fetched.map((f) => f.coverage));
	const errors = periods.flatMap(({ result: { error } }) => (error === null ? [] : [error]));
	return {
		sources: [...new Set(fetched.flatMap((f) => [...f.sources]))],
		behind_ms: Math.max(0, ...fetched.map((f) => f.behindMs)),
		exact: !stale && !sampled && coverage === 1 && periods.every(({ result }) => result.exact),
		error: errors.length === 0 ? null : Math.max(...errors),
		sampled,
		partial: stale || coverage < 1 || periods.some(({ plan }) => isPartial(plan)),
		...(coverage < 1 ? { coverage } : {}),
		...(stale ? { stale } : {}),
		rows_read: fetched.reduce((sum, f) => sum + f.rowsRead, 0),
		took_ms: tookMs,
		from: zone.iso(plan.from),
		to: zone.iso(plan.to),
		interval: plan.step,
		timezone: plan.zone,
	};
}

/** The steps of a plan, for `explain`. */
export function explain(role: string, plan: SeriesPlan, reads: readonly Read[]): Record<string, unknown>[] {
	const zone = zoneOf(plan.zone);
	return reads.map((read) => ({
		series: role,
		metric: plan.metric,
		measure: plan.measure,
		source: read.source,
		grain: read.grain,
		from: zone.iso(read.from),
		to: zone.iso(read.to),
		windows: windowsOf(read),
		parts: plan.parts,
		fields: plan.fields,
	}));
}

/** A scan, for `explain`: why there had to be one, and what it read. */
export function explainScan(
	role: string,
	series: SeriesPlan | null,
	{ plan }: Scanned<unknown>,
	why: string | null,
): Record<string, unknown> {
	return {
		...(series === null ? { scan: role } : { series: role, metric: series.metric, measure: series.measure }),
		source: "archive",
		...(why === null ? {} : { why }),
		events: plan.reaches.map(({ from, to, names }) => ({
			from: new Date(from).toISOString(),
			to: new Date(to).toISOString(),
			names: names ?? "any",
		})),
		segments: plan.segments,
		rows: plan.rows,
		tasks: plan.tasks.length,
	};
}
