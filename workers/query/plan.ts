/**
 * Which store answers which stretch of a range. Each bucket is tiled with the coarsest windows that fit into it and
 * are kept that long: days, else hours, else minutes. Windows younger than the horizon come from the metric's object,
 * older ones from D1, so that nothing is counted twice and the newest is never a store behind.
 */
import type { SeriesPlan } from "../../schema/core/series.ts";
import { bucketStart, DAY, HOUR, MINUTE, type Zone, zoneOf } from "../../schema/core/zone.ts";
import type { Grain, TenantConfig } from "../../schema/metric.ts";
import { KEPT } from "../../schema/plan.ts";
import { Problem } from "../../schema/problem.ts";

/** Windows of one grain whose start lies in [from, to), from one store. */
export interface Read {
	source: "window" | "d1";
	grain: Grain;
	from: number;
	to: number;
}

/** Days that the object surely still holds (it keeps 8): the horizon between it and D1, a day's start in the site's zone. */
const LIVE_DAYS = 7;
/** The grains of a window, for naming where the object splits. */
type Tile = Omit<Read, "source">;

export function liveHorizon(zone: Zone, now: number): number {
	return zone.startOf("day", now - LIVE_DAYS * DAY);
}

/**
 * The reads of a plan, in the order of time.
 * Problem 422 `zone`: another zone than the site's cuts through windows of which no finer ones are kept.
 */
export function planReads(plan: SeriesPlan, config: Pick<TenantConfig, "zone">, now: number): Read[] {
	const site = zoneOf(config.zone);
	const horizon = liveHorizon(site, now);
	const reads: Read[] = [];
	for (const [start, end] of stretches(plan)) {
		for (let at = start; at < end && at <= now; ) {
			const tile = tileAt(site, at, end, now);
			if (tile === null) throw tooFine(plan, config.zone);
			// D1 has no minutes: the object's reach back beyond the horizon, for ranges that end within an hour of theirs.
			append(reads, { ...tile, source: tile.grain === "minute" || at >= horizon ? "window" : "d1" });
			at = tile.to;
		}
	}
	return reads;
}

/** The buckets, cut at the range. A bucket that holds now is not cut: its windows end with now by themselves. */
function* stretches({ buckets, from, to, open, end }: SeriesPlan): Generator<[start: number, end: number]> {
	for (let i = 0; i < buckets.length; i++) {
		const next = buckets[i + 1] ?? end;
		yield [Math.max(from, buckets[i] ?? end), open && next >= to ? next : Math.min(next, to)];
	}
}

function tileAt(site: Zone, at: number, end: number, now: number): Tile | null {
	const age = now - at;
	if (end - at >= 23 * HOUR && age <= KEPT.day && site.startOf("day", at) === at) {
		const to = site.next("day", at);
		if (to <= end) return { grain: "day", from: at, to };
	}
	const nextHour = site.next("hour", at);
	if (nextHour <= end && age <= KEPT.hour && site.startOf("hour", at) === at)
		return { grain: "hour", from: at, to: nextHour };
	if (age > KEPT.minute || bucketStart(site, "1m", at) !== at) return null;
	return { grain: "minute", from: at, to: Math.min(end, nextHour) };
}

/** Adds a tile to the last read where it goes on with it. */
function append(reads: Read[], tile: Read): void {
	const last = reads.at(-1);
	if (last !== undefined && last.to === tile.from && last.grain === tile.grain && last.source === tile.source)
		last.to = tile.to;
	else reads.push(tile);
}

const tooFine = (plan: SeriesPlan, zone: string) =>
	new Problem(
		422,
		"zone",
		`This far back only hours and days of the site's zone, ${zone}, are kept, and those of ${plan.zone} do not fall together with them. Ask in ${zone}, or for the last 8 days.`,
	);

/** How many windows a read names at most. */
export const windowsOf = ({ grain, from, to }: Read) => Math.ceil((to - from) / GRAIN_MS[grain]);

/** How long a window nominally is, ms. */
export const GRAIN_MS: Record<Grain, number> = { minute: MINUTE, hour: HOUR, day: DAY };
