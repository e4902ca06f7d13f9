/** When digests go, and what they tell of: by the clock and the calendar of the site's zone. */
import { DAY, HOUR, type Zone, zoneOf } from "../../schema/core/zone.ts";
import type { NewDigest } from "../../schema/digest.ts";

export type Schedule = Pick<NewDigest, "every" | "weekday" | "hour">;

/** Local midnight, read as if it were UTC. */
const midnight = (zone: Zone, t: number): number => {
	const local = t + zone.offset(t);
	return local - (((local % DAY) + DAY) % DAY);
};

/**
 * The n-th day from that of `t` at the schedule's hour, or null where it is not a day of the schedule. An hour that
 * the clocks skip is the instant at which they do; of one that comes twice it is the first.
 */
function candidate({ every, weekday, hour }: Schedule, zone: Zone, t: number, n: number): number | null {
	const day = midnight(zone, t) + n * DAY;
	if (every === "week" && new Date(day).getUTCDay() !== weekday) return null;
	return zone.instant(day + hour * HOUR);
}

/** The first time after `after`. Epoch ms. */
export function nextDue(schedule: Schedule, after: number, zoneName: string): number {
	const zone = zoneOf(zoneName);
	// The eighth day is the same day of the week again.
	for (let n = 0; n <= 7; n++) {
		const at = candidate(schedule, zone, after, n);
		if (at !== null && at > after) return at;
	}
	throw new Error("every week has each of its days");
}

/** The newest time up to `now`: what a delivery that is tried again was due for. */
export function lastDue(schedule: Schedule, now: number, zoneName: string): number {
	const zone = zoneOf(zoneName);
	for (let n = 0; n >= -7; n--) {
		const at = candidate(schedule, zone, now, n);
		if (at !== null && at <= now) return at;
	}
	throw new Error("every week has each of its days");
}

/** The whole day, or the seven, before the day of `due`: [from, to), epoch ms. */
export function periodOf({ every }: Pick<Schedule, "every">, due: number, zoneName: string) {
	const zone = zoneOf(zoneName);
	const to = zone.startOf("day", due);
	return { from: zone.add(to, "day", every === "week" ? -7 : -1), to };
}
