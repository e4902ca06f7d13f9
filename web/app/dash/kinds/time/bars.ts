import type uPlot from "uplot";
import { columnOf, isVisible, leastStep, type Scene } from "./scene.ts";

/** How much of a bucket's width its bars take, and the most px that one is wide. */
const FILL = 0.8;
const WIDEST = 56;
/** px that a tick of the previous period is high. */
const TICK = 2;

/** Where the bars of a series stand beside the middle of a bucket, px of the canvas. */
function slot(plot: uPlot, scene: Scene, column: number) {
	const { chart, stacking, isolated } = scene;
	const { series } = columnOf(scene, column);
	const beside =
		stacking === "none" && series !== null ? chart.series.filter((one) => isVisible({ isolated }, one)) : [series];
	const x = (at: number) => plot.valToPos(at, "x", true);
	const step = leastStep(chart.times, 0);
	const [first = 0] = chart.times;
	const room = step > 0 ? x(first + step) - x(first) : plot.bbox.width / 2;
	const whole = Math.max(1, Math.min(room * FILL, WIDEST * devicePixelRatio * beside.length));
	const width = whole / beside.length;
	const gap = width > 6 && beside.length > 1 ? 1 : 0;
	return (at: number) => {
		const start = x(at) - whole / 2 + width * Math.max(0, beside.indexOf(series));
		const left = Math.round(start);
		return { left, width: Math.max(1, Math.round(start + width) - gap - left) };
	};
}

type Box = { left: number; width: number };

/** A shape for each value of a column. */
function shapes(
	scene: () => Scene,
	add: (path: Path2D, box: Box, value: number, bucket: number, plot: uPlot, column: number) => void,
): uPlot.Series.PathBuilder {
	return (plot, column, from, to) => {
		const { chart } = scene();
		const values = plot.data[column];
		if (!values) return null;
		const place = slot(plot, scene(), column);
		const fill = new Path2D();
		for (let i = from; i <= to; i++) {
			const value = values[i];
			const at = chart.times[i];
			if (value != null && at !== undefined) add(fill, place(at), value, i, plot, column);
		}
		return { fill, stroke: null, clip: null, flags: 0 };
	};
}

/** Bars of a column: on top of each other, or side by side where they are not stacked. */
export const barPaths = (scene: () => Scene): uPlot.Series.PathBuilder =>
	shapes(scene, (path, { left, width }, value, bucket, plot, column) => {
		const layer = scene().layers[columnOf(scene(), column).index];
		const scale = plot.series[column]?.scale ?? "y";
		const top = plot.valToPos(value, scale, true);
		const base = plot.valToPos(layer?.base[bucket] ?? 0, scale, true);
		path.rect(left, Math.min(top, base), width, Math.abs(base - top));
	});

/** What was before, as a tick across the bar. */
export const tickPaths = (scene: () => Scene): uPlot.Series.PathBuilder =>
	shapes(scene, (path, { left, width }, value, _, plot, column) => {
		const y = Math.round(plot.valToPos(value, plot.series[column]?.scale ?? "y", true));
		const high = TICK * devicePixelRatio;
		const over = Math.min(2 * devicePixelRatio, width * 0.1);
		path.rect(left - over, y - high / 2, width + 2 * over, high);
	});
