import type { Subscription } from "../../../schema/live.ts";
import type { Interval, QueryInput } from "../../../schema/query.ts";

export type Preset = "today" | "60m" | "24h" | "7d" | "30d" | "90d";
/** A preset, or a stretch brushed out of the chart (epoch ms, half open). */
export type Range = Preset | { from: number; to: number };

export interface PresetInfo {
	id: Preset;
	label: string;
	name: string;
	key: string;
	from: string;
	interval: Interval;
	/** What the socket brings for the end of the line; null: days are longer than a socket looks back. */
	live: { from: string; interval: Subscription["interval"] } | null;
	/** How often figures that cannot be brought forward in the browser are asked again while events arrive, ms. Long ranges move little and cost more. */
	refreshMs: number;
	previous: string;
}

export const PRESETS: readonly PresetInfo[] = [
	{
		id: "60m",
		label: "60 min",
		name: "Last 60 minutes",
		key: "h",
		from: "now-60m",
		interval: "1m",
		live: { from: "now-30m", interval: "1m" },
		refreshMs: 4_000,
		previous: "the hour before",
	},
	{
		id: "today",
		label: "Today",
		name: "Today",
		key: "t",
		from: "now/d",
		interval: "15m",
		live: { from: "now-60m", interval: "15m" },
		refreshMs: 5_000,
		previous: "yesterday, same time",
	},
	{
		id: "24h",
		label: "24 h",
		name: "Last 24 hours",
		key: "d",
		from: "now-24h",
		interval: "15m",
		live: { from: "now-60m", interval: "15m" },
		refreshMs: 5_000,
		previous: "the 24 hours before",
	},
	{
		id: "7d",
		label: "7 d",
		name: "Last 7 days",
		key: "w",
		from: "now-7d",
		interval: "1h",
		live: { from: "now-3h", interval: "1h" },
		refreshMs: 10_000,
		previous: "the 7 days before",
	},
	{
		id: "30d",
		label: "30 d",
		name: "Last 30 days",
		key: "m",
		from: "now-30d",
		interval: "1d",
		live: null,
		refreshMs: 15_000,
		previous: "the 30 days before",
	},
	{
		id: "90d",
		label: "90 d",
		name: "Last 90 days",
		key: "q",
		from: "now-90d",
		interval: "1d",
		live: null,
		refreshMs: 30_000,
		previous: "the 90 days before",
	},
];

export const DEFAULT_PRESET: Preset = "24h";

export const presetInfo = (id: Preset): PresetInfo => {
	const found = PRESETS.find((preset) => preset.id === id);
	if (!found) throw new Error(`no preset ${id}`);
	return found;
};

/** A stretch of the past moves with late events only (ms). */
const BRUSHED_REFRESH_MS = 60_000;

/** How often the figures of a range are asked again while events arrive, ms. */
export const refreshMs = (range: Range): number =>
	typeof range === "string" ? presetInfo(range).refreshMs : BRUSHED_REFRESH_MS;

/** Points of a brushed range: more than a screen can tell apart only cost. The server picks the step, knowing what it keeps. */
const BRUSHED_POINTS = 200;

/** The part of a query that a range decides. */
export function rangeQuery(range: Range): Required<Pick<QueryInput, "from" | "to" | "interval" | "maxDataPoints">> {
	if (typeof range !== "string")
		return { from: range.from, to: range.to, interval: "auto", maxDataPoints: BRUSHED_POINTS };
	const { from, interval } = presetInfo(range);
	// Presets name their interval; this is the contract's default.
	return { from, to: "now", interval, maxDataPoints: 500 };
}

/** How the range is told: "Last 24 hours", "21 Nov, 10:00 – 14:30". */
export function rangeName(range: Range, zone: string): string {
	if (typeof range === "string") return presetInfo(range).name;
	const format = new Intl.DateTimeFormat("en-GB", {
		timeZone: zone,
		day: "numeric",
		month: "short",
		hour: "2-digit",
		minute: "2-digit",
	});
	return format.formatRange(range.from, range.to);
}

export const previousName = (range: Range): string =>
	typeof range === "string" ? presetInfo(range).previous : "the period before";
