/** A panel over time as lines: every query, group and formula on one time axis, its previous period beside it. */
import { nextBucket, type Step, zoneOf } from "../../../../../schema/core/zone.ts";
import type { NumbersPanel } from "../../../../../schema/dashboard.ts";
import type { PanelAnswer } from "../../../../../schema/panel.ts";
import type { Point, Series } from "../../../../../schema/query.ts";
import { groupLabel } from "../../../filter/fields.ts";
import { type Colour, coloursOf, type Key } from "./colours.ts";
import type { Style } from "./figures.ts";
import { isOther, type Source, sourcesOf } from "./sources.ts";

/** One line, area or row of bars. */
export interface Drawn {
	/** Stays the same while values change: what an isolated series is remembered by. */
	id: string;
	label: string;
	group: Record<string, string>;
	colour: Colour;
	style: Style;
	/** One a bucket. */
	values: (number | null)[];
	total: number | null;
	/** Of the previous period, bucket by bucket; empty where none is asked. */
	previous: (number | null)[];
	before: number | null;
	error: number | null | undefined;
	good: "up" | "down" | null;
	/** What is usual, and where it was not so: indexes of buckets. */
	band: { at: number; low: number; high: number }[];
	marks: { at: number; value: number; sigmas: number }[];
}

export interface Chart {
	/** Starts of the buckets, epoch seconds, ascending. */
	times: number[];
	/** Index of the first bucket that is not complete; `times.length` where all are. */
	partial: number;
	interval: string;
	series: Drawn[];
	notes: string[];
}

/** Bucket starts are written alike in every series, and again in every answer: each is read once. */
const instants = new Map<string, number>();
const MAX_INSTANTS = 20_000;
export function instant(iso: string): number {
	let at = instants.get(iso);
	if (at === undefined) {
		if (instants.size >= MAX_INSTANTS) instants.clear();
		at = Math.floor(Date.parse(iso) / 1000);
		instants.set(iso, at);
	}
	return at;
}

/** `now` epoch ms. */
export function chartOf(
	panel: NumbersPanel,
	answer: PanelAnswer,
	{ zone, currency, now }: { zone: string; currency: string | null; now: number },
): Chart {
	const found = sourcesOf(panel, answer, currency);
	const times = timesOf(found.sources);
	const place = new Map(times.map((at, i) => [at, i]));
	const rows = rowsOf(found.sources);
	const colours = coloursOf(rows.map(({ key }) => key));
	return {
		times,
		partial: openFrom(times, found.interval, zone, Math.min(now, found.to)),
		interval: found.interval,
		notes: found.notes,
		series: rows.map((row, i) => drawnOf(row, place, colours[i] ?? { slot: 0, again: false })),
	};
}

interface Row {
	id: string;
	label: string;
	key: Key;
	source: Source;
	series: Series;
	/** In the source's answer: what anomalies name it by. */
	index: number;
}

const groupId = (group: Series["group"]) => JSON.stringify(Object.entries(group));
const isGrouped = ({ group }: Pick<Series, "group">) => Object.keys(group).length > 0;

function rowsOf(sources: readonly Source[]): Row[] {
	// Where only one of the queries has groups, their names alone say enough.
	const several = sources.filter((source) => source.series.some(isGrouped)).length > 1;
	return sources.flatMap((source, place) =>
		source.series.map((series, index): Row => {
			const name = groupLabel(series.group);
			return {
				id: `${source.id}${groupId(series.group)}`,
				label: name === "" ? source.label : several ? `${name} · ${source.label}` : name,
				key: keyOf(series.group, place, several ? source.id : ""),
				source,
				series,
				index,
			};
		}),
	);
}

/** By its group's values, so that they have one colour on all panels. */
export function keyOf(group: Record<string, string>, place: number, source: string): Key {
	const values = Object.values(group);
	if (values.length === 0) return { place };
	return isOther(group) ? null : { name: values.join("\n") + source };
}

function drawnOf({ id, label, source, series, index }: Row, place: ReadonlyMap<number, number>, colour: Colour): Drawn {
	const before = source.compare.find(({ group }) => groupId(group) === groupId(series.group));
	const judged = source.anomalies.find((one) => one.series === index);
	const at = (t: string) => place.get(instant(t)) ?? -1;
	return {
		id,
		label,
		group: series.group,
		colour,
		style: source.style,
		values: aligned(series.points, place, source.gaps ? null : 0),
		total: series.total,
		// Periods are compared bucket by bucket, from their beginnings: that of a day with a clock change has one more, or less.
		previous: before?.points.map(([, value]) => value) ?? [],
		before: before?.total ?? null,
		error: source.error,
		good: source.good,
		band: (judged?.band ?? []).map(({ t, low, high }) => ({ at: at(t), low, high })).filter((one) => one.at >= 0),
		marks: (judged?.points ?? [])
			.map(({ t, value, sigmas }) => ({ at: at(t), value, sigmas }))
			.filter((one) => one.at >= 0),
	};
}

function aligned(points: readonly Point[], place: ReadonlyMap<number, number>, empty: 0 | null): (number | null)[] {
	const values = new Array<number | null>(place.size).fill(empty);
	for (const [at, value] of points) {
		const index = place.get(instant(at));
		if (index !== undefined) values[index] = value;
	}
	return values;
}

function timesOf(sources: readonly Source[]): number[] {
	const times = new Set<number>();
	for (const { series } of sources) for (const { points } of series) for (const [at] of points) times.add(instant(at));
	return [...times].sort((a, b) => a - b);
}

const STEPS: readonly string[] = ["1m", "5m", "15m", "1h", "1d", "1w", "1M"] satisfies Step[];
const isStep = (interval: string): interval is Step => STEPS.includes(interval);

/** End of the bucket that starts at `at`, epoch seconds: of the last one there is no next start that would tell. */
export function bucketEnd(at: number, interval: string, zone: string): number {
	return isStep(interval) ? nextBucket(zoneOf(zone), interval, at * 1000) / 1000 : at + 60;
}

/** What has not ended by `end` (epoch ms: now, or where the range was cut) still counts. */
function openFrom(times: readonly number[], interval: string, zone: string, end: number): number {
	let open = times.length;
	while (open > 0) {
		const at = times[open - 1] ?? 0;
		if (bucketEnd(at, interval, zone) * 1000 <= end) break;
		open--;
	}
	return open;
}

/** The bucket that holds an instant (epoch seconds), or -1 before the first. */
export function bucketAt(times: readonly number[], at: number): number {
	let low = 0;
	let high = times.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((times[middle] ?? 0) <= at) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}
