/** A funnel's counts as the answer that schema/questions.ts describes, without `meta`. */
import type { Zone } from "../zone.ts";
import { type DurationsPartial, histogramOf, quantilesOf } from "./durations.ts";
import { bySize, type FunnelCounts, type FunnelPartial, type FunnelScan, mergeCounts, withOther } from "./funnel.ts";

export interface FunnelStepAnswer {
	label: string;
	count: number;
	dropped: number;
	in_progress: number;
	conversion: number | null;
	step_conversion: number | null;
	times: {
		median_ms: number;
		p90_ms: number;
		step_median_ms: number;
		histogram: { from_ms: number; to_ms: number; count: number }[];
	} | null;
}
export interface FunnelScanAnswer {
	steps: FunnelStepAnswer[];
	groups?: { group: Record<string, string>; steps: FunnelStepAnswer[] }[];
	trend?: { t: string; entered: number; converted: number; conversion: number | null }[];
}

export function finishFunnel(question: FunnelScan, partial: FunnelPartial, zone: Zone): FunnelScanAnswer {
	const { breakdown, buckets, limit } = question;
	const total = [...partial.groups.values()].reduce<FunnelCounts | undefined>(mergeCounts, undefined);
	const answer: FunnelScanAnswer = { steps: stepsOf(question, total ?? nothing(question.steps.length)) };
	if (breakdown !== null)
		answer.groups = [...withOther(partial.groups, bySize(partial.groups).slice(0, limit))].map(([label, counts]) => {
			return { group: { [breakdown.field]: label }, steps: stepsOf(question, counts) };
		});
	if (buckets.length > 0)
		answer.trend = buckets.map((start, i) => {
			const [entered, converted] = [partial.entered[i] ?? 0, partial.converted[i] ?? 0];
			return { t: zone.iso(start), entered, converted, conversion: share(converted, entered) };
		});
	return answer;
}

function nothing(steps: number): FunnelCounts {
	const zeros = () => new Array<number>(steps).fill(0);
	const none = () => new Array<null>(steps).fill(null);
	return { reached: zeros(), open: zeros(), fromStart: none(), fromBefore: none() };
}

const share = (part: number, of: number) => (of === 0 ? null : part / of);

function stepsOf({ steps, windowMs }: FunnelScan, counts: FunnelCounts): FunnelStepAnswer[] {
	const { reached, open, fromStart, fromBefore } = counts;
	// Who got further was here too.
	const count = reached.map((_, k) => reached.slice(k).reduce((sum, n) => sum + n, 0));
	return steps.map(({ label }, k) => {
		const here = count[k] ?? 0;
		const isLast = k === steps.length - 1;
		return {
			label,
			count: here,
			dropped: isLast ? 0 : (reached[k] ?? 0) - (open[k] ?? 0),
			in_progress: isLast ? 0 : (open[k] ?? 0),
			conversion: share(here, count[0] ?? 0),
			step_conversion: share(here, count[Math.max(0, k - 1)] ?? 0),
			times: timesOf(fromStart[k] ?? null, fromBefore[k] ?? null, windowMs),
		};
	});
}

function timesOf(
	fromStart: DurationsPartial | null,
	fromBefore: DurationsPartial | null,
	windowMs: number,
): FunnelStepAnswer["times"] {
	if (fromStart === null || fromBefore === null) return null;
	const [median_ms = 0, p90_ms = 0] = quantilesOf(fromStart, 0.5, 0.9);
	const [step_median_ms = 0] = quantilesOf(fromBefore, 0.5);
	return { median_ms, p90_ms, step_median_ms, histogram: histogramOf(fromStart, windowMs) };
}
