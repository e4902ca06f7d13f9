/** The options of uPlot for a scene. Everything that may change without a new plot is read when it is drawn. */
import uPlot from "uplot";
import type { NumbersPanel } from "../../../../../schema/dashboard.ts";
import { steps, timeLabel } from "../../../charts/axes.ts";
import { bucketEnd } from "../model/chart.ts";
import type { Style } from "../model/figures.ts";
import { bounds, tick } from "../model/scale.ts";
import { barPaths, tickPaths } from "./bars.ts";
import { background, foreground } from "./draw.ts";
import { FAINT, type Ink, SOFT } from "./ink.ts";
import { axesOf, columnOf, leastStep, type Scene, scaleOf } from "./scene.ts";

/** What a plot reads anew each time that it draws. */
export interface Current {
	scene: Scene;
	thresholds: NumbersPanel["thresholds"];
	min: number | null;
	max: number | null;
	zone: string;
}

/** Past this many points a spline shows nothing that straight lines do not, and costs more. */
const SMOOTH = 180;
/** Past this many points thick lines run into each other. */
const DENSE = 400;
const DAILY: readonly string[] = ["1d", "1w", "1M"];
/** px between labels of the time axis. */
const LABEL_SPACE = 64;

export function options(host: HTMLElement, current: () => Current, ink: Ink, hooks: uPlot.Hooks.Arrays): uPlot.Options {
	const { scene, zone } = current();
	const axes = axesOf(scene);
	return {
		width: host.clientWidth,
		height: host.clientHeight,
		padding: [8, axes.length > 1 ? 0 : 20, 0, 0],
		legend: { show: false },
		tzDate: (at) => uPlot.tzDate(new Date(at * 1000), zone),
		scales: {
			x: { range: () => stretch(current()) },
			...Object.fromEntries(
				axes.map((style, i) => [
					i === 0 ? "y" : "y2",
					{ range: (_u, low, high) => yRange(current(), i, style, low, high) } satisfies uPlot.Scale,
				]),
			),
		},
		series: [{}, ...seriesOf(scene, axes, current, ink)],
		bands: bandsOf(scene),
		axes: [timeAxis(current, ink), ...axes.map((style, i) => valueAxis(style, i, ink))],
		cursor: {
			y: false,
			points: {
				// Only false is a setting here: true would be taken for an element.
				...(scene.shape === "bar" && { show: false }),
				size: 7,
				width: 1.5,
				fill: ink.token("--surface"),
				stroke: (_plot, i) => {
					const { series, part } = columnOf(current().scene, i);
					return part === "before" || !series ? ink.token("--chart-previous") : ink.of(series.colour);
				},
			},
			// Snaps to buckets, the brush too: there is nothing between them.
			move: (plot, left, top) => [left < 0 ? left : plot.valToPos(plot.data[0][plot.posToIdx(left)] ?? 0, "x"), top],
			drag: { x: true, y: false, setScale: false, dist: 6 },
		},
		hooks: {
			...hooks,
			drawClear: [(plot) => background(plot, current(), axes, ink)],
			draw: [(plot) => foreground(plot, current(), axes, ink), ...(hooks.draw ?? [])],
		},
	};
}

/** Bars need room for half of one at either end, and a lone point for itself. */
function stretch({ scene, zone }: Current): [number, number] {
	const { times, interval } = scene.chart;
	const [first = 0] = times;
	const last = times.at(-1) ?? first;
	if (scene.shape !== "bar" && last > first) return [first, last];
	const half = leastStep(times, bucketEnd(first, interval, zone) - first) / 2;
	return [first - half, last + half];
}

function yRange(
	{ scene, thresholds, min, max }: Current,
	axis: number,
	style: Style,
	low: number | null,
	high: number | null,
): [number, number] {
	const usual =
		scene.stacking === "none" ? scene.chart.series.filter(({ style: { unit } }) => unit === style.unit) : [];
	const band = usual.flatMap((one) => one.band.map((at) => at.high));
	const highest = band.reduce((most, value) => Math.max(most, value), high ?? 0);
	const whole = scene.stacking === "percent";
	// Limits and thresholds are of the left axis.
	const own = axis === 0 ? { min, max, thresholds } : { min: null, max: null, thresholds: [] };
	const { from, to } = bounds(low, highest, { ...own, unit: style.unit, whole });
	return [from, to];
}

function seriesOf(scene: Scene, axes: readonly Style[], current: () => Current, ink: Ink): uPlot.Series[] {
	const count = scene.columns.length - 1;
	const dense = scene.chart.times.length > DENSE;
	const width = dense ? 1.25 : scene.chart.series.length > 4 ? 1.5 : 2;
	return Array.from({ length: count }, (_, i): uPlot.Series => {
		const { series, part } = columnOf(scene, i + 1);
		const scale = scaleOf(axes, series);
		if (part === "before" && scene.shape === "bar")
			return {
				scale,
				width: 0,
				fill: () => ink.token("--text-2"),
				points: { show: false },
				paths: tickPaths(() => current().scene),
			};
		if (part === "before")
			return {
				scale,
				stroke: series && scene.before.length > 1 ? `${ink.of(series.colour)}59` : ink.token("--chart-previous"),
				width: 1.5,
				...(scene.before.length > 1 && { dash: [2, 3] }),
				points: lonely(ink.token("--chart-previous")),
				paths,
			};
		if (!series) return { scale };
		const colour = ink.of(series.colour);
		if (scene.shape === "bar")
			return {
				scale,
				width: 0,
				fill: () => (part === "open" ? ink.hatch(series.colour) : colour),
				points: { show: false },
				paths: barPaths(() => current().scene),
			};
		return {
			scale,
			stroke: colour,
			width: scene.stacking === "none" ? width : 1.25,
			points: lonely(colour),
			paths,
			...fillOf(scene, colour, part),
			...(part === "open" ? { dash: [4, 4] } : series.colour.again ? { dash: [7, 3] } : {}),
		};
	});
}

/** A value between two that are missing is no line: it is a point. */
const lonely = (colour: string): uPlot.Series.Points => ({
	show: true,
	size: 5,
	fill: colour,
	width: 0,
	filter: (plot, series) => {
		const values = plot.data[series] ?? [];
		const alone = (i: number) => values[i] != null && values[i - 1] == null && values[i + 1] == null;
		return Array.from(values, (_, i) => i).filter(alone);
	},
});

function fillOf({ shape, stacking, chart }: Scene, colour: string, part: "whole" | "open"): Pick<uPlot.Series, "fill"> {
	if (shape === "area" && stacking !== "none") return { fill: `${colour}${part === "open" ? SOFT : "57"}` };
	const lone = chart.series.length === 1;
	if (shape === "line" && !lone) return {};
	const strength = shape === "area" ? "4d" : SOFT;
	return {
		fill: (plot) => {
			const gradient = plot.ctx.createLinearGradient(0, plot.bbox.top, 0, plot.bbox.top + plot.bbox.height);
			// Both ends in the line's own hue: a fade to transparent black would grey the light theme.
			gradient.addColorStop(0, `${colour}${part === "open" ? FAINT : strength}`);
			gradient.addColorStop(1, `${colour}00`);
			return gradient;
		},
	};
}

/** Between a stacked area and the one under it. */
function bandsOf({ shape, stacking, chart, before, isolated }: Scene): uPlot.Band[] {
	if (shape !== "area" || stacking === "none" || isolated !== null) return [];
	return chart.series.slice(1).flatMap((_, i): uPlot.Band[] => {
		const under = 1 + before.length + 2 * i;
		return [{ series: [under + 2, under] }, { series: [under + 3, under + 1] }];
	});
}

const smooth = uPlot.paths.spline?.();
const straight = uPlot.paths.linear?.();
const paths: uPlot.Series.PathBuilder = (plot, series, from, to) =>
	((to - from > SMOOTH ? straight : smooth) ?? straight)?.(plot, series, from, to) ?? null;

const FONT_SIZE = 11;

function timeAxis(current: () => Current, ink: Ink): uPlot.Axis {
	const daily = DAILY.includes(current().scene.chart.interval);
	return {
		stroke: ink.token("--text-3"),
		font: `${FONT_SIZE}px ${ink.token("--font")}`,
		grid: { show: false },
		ticks: { show: false },
		size: 26,
		gap: 6,
		space: LABEL_SPACE,
		// Days and longer are told where they begin: nothing between them is worth a label.
		...(daily && { splits: (plot) => every(plot.data[0], plot.width) }),
		values: (_plot, splits) => splits.map((at) => timeLabel(at, current().scene.chart.interval, current().zone)),
	};
}

function every(times: ArrayLike<number>, width: number): number[] {
	const skip = Math.max(1, Math.ceil(times.length / Math.max(1, Math.floor(width / LABEL_SPACE))));
	return Array.from(times).filter((_, i) => i % skip === 0);
}

function valueAxis(style: Style, index: number, ink: Ink): uPlot.Axis {
	return {
		scale: index === 0 ? "y" : "y2",
		side: index === 0 ? 3 : 1,
		stroke: ink.token("--text-3"),
		font: `${FONT_SIZE}px ${ink.token("--font")}`,
		grid: index === 0 ? { stroke: ink.token("--grid"), width: 1 } : { show: false },
		ticks: { show: false },
		// As wide as its labels: a small panel has no room to give away.
		size: (_plot, values) => Math.max(30, 16 + 6.4 * Math.max(0, ...(values ?? []).map((text) => text.length))),
		gap: 6,
		space: 36,
		incrs: steps(style.unit),
		values: (_plot, splits) => splits.map((value) => tick(value, style)),
	};
}
