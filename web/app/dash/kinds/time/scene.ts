/** What a chart over time draws, as the columns of uPlot: one part complete, one that still counts, and what was before. */
import type { Chart, Drawn } from "../model/chart.ts";
import { type Layer, type Stacking, stack, sums } from "../model/stack.ts";

export type Shape = "line" | "area" | "bar";

export interface Scene {
	chart: Chart;
	shape: Shape;
	stacking: Stacking;
	/** The one that was picked out of the legend: it alone is drawn. */
	isolated: string | null;
	/** One a series: where its values begin and end. */
	layers: Layer[];
	/** Lines of the previous period: of which series, null for the sum of all. */
	before: (Drawn | null)[];
	/** Times, then `before`, then of each series what is complete and what is not; of bars `before` is last, over them. */
	columns: [number[], ...(number | null)[][]];
}

export const isVisible = ({ isolated }: Pick<Scene, "isolated">, { id }: Drawn): boolean =>
	isolated === null || isolated === id;

export function sceneOf(chart: Chart, shape: Shape, asked: Stacking, isolated: string | null): Scene {
	const { times, partial, series } = chart;
	const known = series.some(({ id }) => id === isolated) ? isolated : null;
	const seen = (one: Drawn) => isVisible({ isolated: known }, one);
	const nothing = times.map(() => null);
	const stacking = shape === "line" ? "none" : asked;
	const visible = series.filter(seen);
	const stacked = stack(
		visible.map(({ values }) => values),
		visible.length > 1 ? stacking : stacking === "percent" ? "percent" : "none",
	);
	const layers = series.map((one) => stacked[visible.indexOf(one)] ?? { base: nothing, top: nothing });
	const compared = stacking !== "percent" && series.some(({ previous }) => previous.length > 0);
	const before = !compared ? [] : stacking === "stacked" && series.length > 1 ? [null] : series;
	const then = before.map((one) => {
		const values = one === null ? sums(visible.map(({ previous }) => previous)) : seen(one) ? one.previous : [];
		return times.map((_, i) => values[i] ?? null);
	});
	const now = layers.flatMap(({ top }) => parts(top, partial, shape));
	return {
		chart,
		shape,
		stacking,
		isolated: known,
		layers,
		before,
		columns: [times, ...(shape === "bar" ? [...now, ...then] : [...then, ...now])],
	};
}

/** The two parts of a line meet at the last complete bucket; bars stand apart. */
function parts(values: readonly (number | null)[], partial: number, shape: Shape): (number | null)[][] {
	const meets = shape === "bar" ? partial : partial - 1;
	return [
		values.map((value, i) => (i < partial ? value : null)),
		values.map((value, i) => (partial < values.length && i >= meets ? value : null)),
	];
}

/** Which series a column of uPlot is of, and which part. */
export function columnOf(
	{ before, chart, shape }: Scene,
	column: number,
): { series: Drawn | null; index: number; part: "before" | "whole" | "open" } {
	const first = shape === "bar" ? 0 : before.length;
	const at = column - 1 - first;
	const then = shape === "bar" ? at - 2 * chart.series.length : column - 1;
	if (then >= 0 && then < before.length) {
		const series = before[then] ?? null;
		return { series, index: series === null ? -1 : chart.series.indexOf(series), part: "before" };
	}
	const index = Math.floor(at / 2);
	return { series: chart.series[index] ?? null, index, part: at % 2 === 0 ? "whole" : "open" };
}

/** A plot is made anew where this changes: which lines there are, and what axes they stand on. Not for values. */
export const structure = ({ chart, shape, stacking, before, isolated }: Scene): string =>
	JSON.stringify([
		shape,
		stacking,
		before.length,
		chart.interval,
		// A stacked area stands on the one under it; alone, on nothing.
		shape === "area" && stacking !== "none" && isolated !== null,
		chart.series.map(({ id, colour, style }) => [id, colour, style]),
	]);

/** Units of the axes: that of the first series on the left, another one's on the right. Shares of a stack have one. */
export function axesOf({ chart, stacking }: Scene): Drawn["style"][] {
	if (stacking === "percent") return [{ unit: "percent", currency: null, decimals: null }];
	const [first] = chart.series;
	if (!first) return [{ unit: "number", currency: null, decimals: null }];
	const second = stacking === "none" ? chart.series.find(({ style }) => style.unit !== first.style.unit) : undefined;
	return second ? [first.style, second.style] : [first.style];
}

export const scaleOf = (axes: readonly Drawn["style"][], series: Drawn | null): "y" | "y2" =>
	axes.length > 1 && series !== null && series.style.unit === axes[1]?.unit ? "y2" : "y";

/** Seconds between two bucket starts, the least there are. */
export function leastStep(times: readonly number[], lone: number): number {
	let least = Number.POSITIVE_INFINITY;
	for (let i = 1; i < times.length; i++) least = Math.min(least, (times[i] ?? 0) - (times[i - 1] ?? 0));
	return Number.isFinite(least) ? least : lone;
}
