import type { Answer, Series } from "../../../../schema/query.ts";
import { groupLabel } from "../../filter/fields.ts";
import { seconds, stepOf } from "../../model/join.ts";
import { OTHER } from "../../model/words.ts";

/** One line of the chart. */
export interface Group {
	/** Stays the same while values change: what an isolated series is remembered by. */
	id: string;
	label: string;
	/** Which of the palette's colours; null: the grey of what passed the limit. */
	colour: number | null;
	values: (number | null)[];
	total: number | null;
	/** Of the previous period, where asked. */
	before: number | null;
	previous: (number | null)[];
}

export interface Chart {
	times: number[];
	/** Index of the first bucket that is not complete. */
	partial: number;
	groups: Group[];
}

const idOf = (group: Series["group"]) => JSON.stringify(Object.entries(group));
const isOther = (group: Series["group"]) => Object.values(group).includes(OTHER);

/** All groups on one time axis; a bucket that a group lacks is what `empty` says. */
export function chartOf(
	{ series = [], compare = [], meta }: Answer,
	options: { empty: 0 | null; now: number; whole: string },
): Chart {
	const times = [...new Set(series.flatMap((one) => one.points.map(([at]) => seconds(at))))].sort((a, b) => a - b);
	const before = new Map(compare.map((one) => [idOf(one.group), one]));
	let colour = 0;
	const groups = series.map((one): Group => {
		const id = idOf(one.group);
		const values = new Map(one.points.map(([at, value]) => [seconds(at), value]));
		const previous = before.get(id);
		return {
			id,
			label: groupLabel(one.group) || options.whole,
			colour: isOther(one.group) ? null : colour++,
			values: times.map((at) => (values.has(at) ? (values.get(at) ?? null) : options.empty)),
			total: one.total,
			before: previous?.total ?? null,
			previous: previous?.points.map(([, value]) => value) ?? [],
		};
	});
	return { times, partial: openFrom(times, meta.interval, options.now), groups };
}

function openFrom(times: readonly number[], interval: string, now: number): number {
	const open = times.findIndex((at) => at + stepOf(interval) > now);
	return open < 0 ? times.length : open;
}

/** The same as one line, where there is only one. */
export const lineOf = ({ times, partial, groups: [group] }: Chart) => ({ times, partial, values: group?.values ?? [] });
