import type { Measure } from "../../../../schema/metric.ts";
import type { Unit } from "../../model/format.ts";

export interface MeasureInfo {
	label: string;
	unit: Unit;
	/** Do an average's buckets without events have no value (and not 0)? */
	gaps: boolean;
}

const value = (label: string): MeasureInfo => ({ label, unit: "money", gaps: true });
const count = (label: string): MeasureInfo => ({ label, unit: "number", gaps: false });

export const MEASURE_INFO: Record<Measure, MeasureInfo> = {
	uniques: count("Visitors"),
	count: count("Events"),
	rate: { label: "Events per second", unit: "ratio", gaps: false },
	sum: { label: "Sum of values", unit: "money", gaps: false },
	avg: value("Average value"),
	min: value("Least value"),
	max: value("Largest value"),
	p50: value("Median value"),
	p75: value("75th percentile of values"),
	p90: value("90th percentile of values"),
	p95: value("95th percentile of values"),
	p99: value("99th percentile of values"),
	sessions: count("Sessions"),
	views: count("Page views"),
	views_per_session: { label: "Views per session", unit: "ratio", gaps: true },
	duration: { label: "Session duration", unit: "duration", gaps: true },
	bounce_rate: { label: "Bounce rate", unit: "percent", gaps: true },
};

/** Of sessions, not of one event's name. */
const SESSION: readonly Measure[] = ["sessions", "views", "views_per_session", "duration", "bounce_rate"];

/** What can be asked of an event; of any event also what its sessions were like. */
export const measuresFor = (metric: string, chosen: Measure): [Measure, string][] =>
	(Object.entries(MEASURE_INFO) as [Measure, MeasureInfo][])
		.filter(([measure]) => metric === "*" || measure === chosen || !SESSION.includes(measure))
		.map(([measure, { label }]) => [measure, label]);
