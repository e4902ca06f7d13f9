/** A series counted from raw events: the same result as windows give, but exact. */
import type { AggregateQuestion } from "../../../schema/core/scan/aggregate.ts";
import { finishAggregate, finishHistogram } from "../../../schema/core/scan/aggregate-answer.ts";
import type { SeriesPlan, SeriesResult } from "../../../schema/core/series.ts";
import type { ScanSpec } from "../../../schema/scan-plan.ts";
import { AHEAD_MS, type ScanDeps, type Scanned, scan } from "./run.ts";

export interface SeriesScan {
	plan: SeriesPlan;
	spec: ScanSpec;
	/** Exactly these groups (previous period, divisor); null: the largest. */
	only: readonly (readonly string[])[] | null;
	currency: string | null;
	deadline: number;
	partial: boolean;
}

/** Groups that a task keeps apart, before the largest are known. */
const MAX_GROUPS = 10_000;

export async function scanSeries(wanted: SeriesScan, deps: ScanDeps): Promise<[SeriesResult, Scanned<unknown>[]]> {
	const { plan, only, deadline, partial } = wanted;
	const ask = async (groups: SeriesScan["only"]): Promise<[SeriesResult, Scanned<unknown>]> => {
		const question = aggregateQuestion(wanted, groups);
		const scanned = await scan({ kind: "aggregate", question, deadline, partial }, deps);
		const finish = plan.kind === "histogram" ? finishHistogram : finishAggregate;
		return [finish(question, scanned.partial, plan.limit), scanned];
	};
	const [first, scanned] = await ask(only);
	if (first.again === null || scanned.coverage < 1) return [rated(first, wanted), [scanned]];
	const [second, again] = await ask(first.again);
	return [rated(second, wanted), [scanned, again]];
}

function aggregateQuestion({ plan, spec, currency }: SeriesScan, only: SeriesScan["only"]): AggregateQuestion {
	const { event, where, groupBy, measure } = spec;
	const { from, to, open, buckets, end } = plan;
	return {
		kind: "aggregate",
		event,
		where,
		groupBy,
		buckets,
		end,
		from,
		to: open ? Math.min(end, to + AHEAD_MS) : to,
		measure,
		currency,
		maxGroups: MAX_GROUPS,
		...(only === null ? {} : { only }),
	};
}

/** Per second of what was counted, until now. */
function rated(result: SeriesResult, { plan }: SeriesScan): SeriesResult {
	if (plan.measure !== "rate") return result;
	const { from, to, buckets, end } = plan;
	const per = (value: number | null, start: number, after: number) => {
		const seconds = (Math.min(after, to) - Math.max(start, from)) / 1000;
		return value === null || seconds <= 0 ? value : value / seconds;
	};
	return {
		...result,
		rows: result.rows.map(({ labels, points, total }) => ({
			labels,
			points: points.map((value, i) => per(value, buckets[i] ?? end, buckets[i + 1] ?? end)),
			total: per(total, from, to),
		})),
		overall: per(result.overall, from, to),
	};
}
