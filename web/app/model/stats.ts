import type { Measure } from "../../../schema/metric.ts";
import type { Unit } from "./format.ts";

/** One figure of the strip, and how the chart draws it. */
export interface Stat {
	id: string;
	label: string;
	metric: string;
	measure: Measure;
	unit: Unit;
	/** Which way is good news; colours the change. */
	good: "up" | "down";
	/** Do buckets add up to the total? Then live buckets move the total at once. */
	additive: boolean;
	/** What it means, in a sentence. */
	hint: string;
}

export const VISITORS: Stat = {
	id: "visitors",
	label: "Visitors",
	metric: "*",
	measure: "uniques",
	unit: "number",
	good: "up",
	additive: false,
	hint: "Distinct visitors of the whole range",
};

export const STATS: readonly Stat[] = [
	VISITORS,
	{
		id: "views",
		label: "Views",
		metric: "pageview",
		measure: "count",
		unit: "number",
		good: "up",
		additive: true,
		hint: "Page views",
	},
	{
		id: "sessions",
		label: "Sessions",
		metric: "session",
		measure: "sessions",
		unit: "number",
		good: "up",
		additive: true,
		hint: "Visits, ended by 30 minutes without activity",
	},
	{
		id: "depth",
		label: "Views per visit",
		metric: "session",
		measure: "views_per_session",
		unit: "ratio",
		good: "up",
		additive: false,
		hint: "Page views of a session, on average",
	},
	{
		id: "duration",
		label: "Visit duration",
		metric: "session",
		measure: "duration",
		unit: "duration",
		good: "up",
		additive: false,
		hint: "First to last event of a session, on average",
	},
	{
		id: "bounce",
		label: "Bounce rate",
		metric: "session",
		measure: "bounce_rate",
		unit: "percent",
		good: "down",
		additive: false,
		hint: "Sessions with one view and no interaction",
	},
];

/** Shown where the site has events of this name; their values are then its takings. */
export const REVENUE_METRIC = "purchase";
export const REVENUE: Stat = {
	id: "revenue",
	label: "Revenue",
	metric: REVENUE_METRIC,
	measure: "sum",
	unit: "money",
	good: "up",
	additive: true,
	hint: "Sum of the values of purchase events",
};

/** The strip of a site: revenue only where there are purchases. */
export const statsOf = (metrics: readonly string[]): Stat[] =>
	metrics.includes(REVENUE_METRIC) ? [...STATS, REVENUE] : [...STATS];
