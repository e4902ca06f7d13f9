import { brief, type Unit } from "../model/format.ts";

const decades = (from: number, to: number) =>
	Array.from({ length: to - from }, (_, i) => 10 ** (from + i)).flatMap((ten) => [ten, 2 * ten, 5 * ten]);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Steps between grid lines that read as round in the unit: nobody has half a visitor, and minutes go by sixty. */
export function steps(unit: Unit): number[] {
	if (unit === "duration")
		return [
			SECOND,
			5 * SECOND,
			10 * SECOND,
			30 * SECOND,
			MINUTE,
			2 * MINUTE,
			5 * MINUTE,
			10 * MINUTE,
			30 * MINUTE,
			HOUR,
			2 * HOUR,
			6 * HOUR,
			24 * HOUR,
		];
	if (unit === "number") return decades(0, 12);
	return decades(-4, 12);
}

/** The top of the axis: a little above the highest value, so that the line never touches the edge. */
export function top(max: number | null, unit: Unit): number {
	if (max === null || max <= 0) return unit === "percent" ? 1 : unit === "duration" ? MINUTE : 4;
	if (unit === "percent") return Math.min(1, max * 1.15);
	return unit === "number" ? Math.max(4, max * 1.12) : max * 1.12;
}

export const axisLabel = (value: number, unit: Unit, currency: string | null): string =>
	value === 0 ? "0" : unit === "duration" ? brief(value, unit).replace(/ 00[sm]$/, "") : brief(value, unit, currency);

const cache = new Map<string, Intl.DateTimeFormat>();
function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	const id = zone + JSON.stringify(options);
	let found = cache.get(id);
	if (!found) {
		found = new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
		cache.set(id, found);
	}
	return found;
}

const CLOCK = { hour: "2-digit", minute: "2-digit" } as const;
const DATE = { day: "numeric", month: "short" } as const;
const isDays = (interval: string) => interval === "1d" || interval === "1w" || interval === "1M";

/** Ticks of a time axis: the clock, and the date where a day begins. */
export function timeLabel(at: number, interval: string, zone: string): string {
	if (isDays(interval)) return format(zone, DATE).format(at * 1000);
	const clock = format(zone, CLOCK).format(at * 1000);
	return clock === "00:00" ? format(zone, DATE).format(at * 1000) : clock;
}

const RUNNING: Record<string, string> = {
	"1m": "this minute",
	"1h": "this hour",
	"1d": "today",
	"1w": "this week",
	"1M": "this month",
};

/** The bucket that still counts, in words: "today so far", "since 10:45, so far". */
export function soFar(at: number, interval: string, zone: string): string {
	const running = RUNNING[interval];
	return running ? `${running} so far` : `since ${format(zone, CLOCK).format(at * 1000)}, so far`;
}

/** A bucket in words: "Sun 22 Nov, 10:00", "Sun 22 Nov". */
export function bucketLabel(at: number, interval: string, zone: string): string {
	const date = { weekday: "short", ...DATE } as const;
	return format(zone, isDays(interval) ? date : { ...date, ...CLOCK }).format(at * 1000);
}
