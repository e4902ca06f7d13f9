/** The y axis: from where to where, and what its ticks say. */
import type { NumbersPanel } from "../../../../../schema/dashboard.ts";
import { axisLabel, top } from "../../../charts/axes.ts";
import { type Style, write } from "./figures.ts";

/** Above the highest value, as a share of it: the line never touches the edge. */
const ROOM = 0.08;
/** A threshold farther than this many times the highest value stays out of sight, or it would flatten the line. */
const NEAR = 1.6;

export interface Bounds {
	min: number | null;
	max: number | null;
	thresholds: NumbersPanel["thresholds"];
	unit: Style["unit"];
	/** Stacked to 100 %. */
	whole: boolean;
}

/** `low` and `high`: the least and the highest value that is drawn, null where there is none. */
export function bounds(low: number | null, high: number | null, { min, max, thresholds, unit, whole }: Bounds) {
	if (whole) return { from: 0, to: 1 };
	const near = thresholds.map(({ value }) => value).filter((value) => value > 0 && value <= (high ?? 0) * NEAR);
	const highest = Math.max(high ?? 0, ...near);
	// A share may pass 1 where a formula made it: then the axis goes on.
	const above = highest > 0 ? highest * (1 + ROOM) : top(null, unit);
	const to = max ?? (unit === "percent" && highest <= 1 ? Math.min(1, above) : Math.max(above, least(unit)));
	const below = low !== null && low < 0 ? low * (1 + ROOM) : 0;
	const from = min ?? below;
	// A fixed edge may leave nothing between the two.
	return to > from ? { from, to } : { from, to: from + 1 };
}

/** Nobody has a part of a visitor: an axis of counts has room for whole steps. */
const least = (unit: Style["unit"]) => (unit === "number" ? 4 : 0);

export function tick(value: number, style: Style): string {
	if (style.unit === "ratio" || value < 0 || style.decimals !== null) return value === 0 ? "0" : write(value, style);
	return axisLabel(value, style.unit, style.currency);
}
