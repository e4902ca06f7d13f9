/** Hours of the week: what is usual at each, in the site's zone. */
import { HOUR, zoneOf } from "../../../../../schema/core/zone.ts";

export const HOURS = 24;
export const DAYS = 7;

export interface Week {
	/** Seven rows of 24, the week's first day first: the mean of its hours, null where the range had none. */
	rows: (number | null)[][];
	/** How many hours each mean is of. */
	counts: number[][];
	/** Day of the week of each row: 0 is Sunday. */
	days: number[];
}

/**
 * Means, so that ranges of any length compare. The hour that clocks skip is of no sample, the one they repeat of two.
 *
 * @param times starts of hours, epoch seconds; what is from `partial` on still counts, and is left out
 */
export function weekOf(
	times: readonly number[],
	values: readonly (number | null)[],
	partial: number,
	{ zone, weekStart }: { zone: string; weekStart: "monday" | "sunday" },
): Week {
	const clock = zoneOf(zone);
	const first = weekStart === "monday" ? 1 : 0;
	const sums = Array.from({ length: DAYS }, () => new Array<number>(HOURS).fill(0));
	const counts = Array.from({ length: DAYS }, () => new Array<number>(HOURS).fill(0));
	for (let i = 0; i < Math.min(partial, times.length); i++) {
		const value = values[i];
		if (value == null) continue;
		const local = new Date((times[i] ?? 0) * 1000 + clock.offset((times[i] ?? 0) * 1000));
		const row = (local.getUTCDay() - first + DAYS) % DAYS;
		const hour = Math.floor((local.getTime() % (HOURS * HOUR)) / HOUR);
		const [sum, count] = [sums[row], counts[row]];
		if (!sum || !count) continue;
		sum[hour] = (sum[hour] ?? 0) + value;
		count[hour] = (count[hour] ?? 0) + 1;
	}
	return {
		rows: sums.map((row, day) =>
			row.map((sum, hour) => (counts[day]?.[hour] ? sum / (counts[day]?.[hour] ?? 1) : null)),
		),
		counts,
		days: Array.from({ length: DAYS }, (_, row) => (row + first) % DAYS),
	};
}

/** 0 is Sunday. */
export const dayName = (day: number, length: "short" | "long" = "short"): string =>
	new Intl.DateTimeFormat("en-GB", { weekday: length, timeZone: "UTC" }).format(Date.UTC(2026, 0, 4 + day));
