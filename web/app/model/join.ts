import type { Point } from "../../../schema/query.ts";

/** A line to draw: bucket starts in epoch seconds, and where the buckets stop being complete. */
export interface Line {
	times: number[];
	values: (number | null)[];
	/** Index of the first bucket that is not complete; `times.length` where all are. */
	partial: number;
}

const MINUTE = 60;
const DAY = 86_400;
/** Seconds of a bucket; days and longer vary (DST, months), so this is the least they can be. */
const STEPS: Record<string, number> = {
	"1m": MINUTE,
	"5m": 5 * MINUTE,
	"10m": 10 * MINUTE,
	"15m": 15 * MINUTE,
	"30m": 30 * MINUTE,
	"1h": 60 * MINUTE,
	"1d": DAY - 60 * MINUTE,
	"1w": 7 * DAY - 60 * MINUTE,
	"1M": 28 * DAY - 60 * MINUTE,
};

/** Seconds that a bucket of this interval lasts at least. */
export const stepOf = (interval: string): number => STEPS[interval] ?? MINUTE;

export const seconds = (iso: string): number => Math.floor(Date.parse(iso) / 1000);

/**
 * Joins history with the live tail in one line. Both are absolute, so for a bucket that both have the live value, being
 * newer, wins; buckets between them in which nothing happened are filled (0 for counts, null for averages); live
 * buckets older than the line are left to history.
 *
 * @param live changed or new buckets: epoch seconds → value
 * @param now epoch seconds: the bucket that contains it is partial
 */
export function join(
	history: readonly Point[],
	live: ReadonlyMap<number, number | null>,
	options: { interval: string; empty: 0 | null; now: number },
): Line {
	const byTime = new Map<number, number | null>();
	for (const [at, value] of history) byTime.set(seconds(at), value);
	const first = byTime.size > 0 ? Math.min(...byTime.keys()) : Number.NEGATIVE_INFINITY;
	const historyEnd = byTime.size > 0 ? Math.max(...byTime.keys()) : null;
	for (const [at, value] of live) if (at >= first) byTime.set(at, value);

	const step = stepOf(options.interval);
	const last = byTime.size > 0 ? Math.max(...byTime.keys()) : null;
	if (historyEnd !== null && last !== null && step < DAY - 60 * MINUTE) {
		for (let at = historyEnd + step; at < last; at += step) if (!byTime.has(at)) byTime.set(at, options.empty);
	}
	const times = [...byTime.keys()].sort((a, b) => a - b);
	const open = times.findIndex((at) => at + step > options.now);
	return { times, values: times.map((at) => byTime.get(at) ?? null), partial: open < 0 ? times.length : open };
}

/**
 * The range's total, brought forward by what live buckets add to history's. Only for measures whose buckets add up:
 * distinct visitors of a range are not the sum of its buckets, and have to be asked again.
 */
export function liveTotal(total: number | null, history: readonly Point[], line: Line): number | null {
	if (total === null) return null;
	const before = new Map(history.map(([at, value]) => [seconds(at), value ?? 0]));
	let forward = total;
	line.times.forEach((at, i) => {
		forward += (line.values[i] ?? 0) - (before.get(at) ?? 0);
	});
	return forward;
}
