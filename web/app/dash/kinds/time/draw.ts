/** What is drawn behind the series (zones of thresholds, what is usual) and over them (threshold lines, anomalies). */
import type uPlot from "uplot";
import type { Tone } from "../../../../../schema/dashboard.ts";
import type { Drawn } from "../model/chart.ts";
import type { Style } from "../model/figures.ts";
import type { Ink } from "./ink.ts";
import type { Current } from "./plot.ts";
import { isVisible, scaleOf } from "./scene.ts";

const TONES: Record<Tone, string> = { good: "--good", warn: "--late", bad: "--bad", neutral: "--text-3" };

/** How strong a zone is tinted, and a band: behind the lines, never against them. */
const TINT = "12";
const BAND = "1f";
/** Bands of more series than these would only cover each other. */
const MOST_BANDS = 3;

const inside = (plot: uPlot, draw: (ctx: CanvasRenderingContext2D) => void) => {
	const { ctx, bbox } = plot;
	ctx.save();
	ctx.beginPath();
	ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
	ctx.clip();
	draw(ctx);
	ctx.restore();
};

const judged = ({ scene }: Current): Drawn[] =>
	scene.stacking === "none" ? scene.chart.series.filter((one) => one.band.length > 0 && isVisible(scene, one)) : [];

export function background(plot: uPlot, current: Current, axes: readonly Style[], ink: Ink): void {
	inside(plot, (ctx) => {
		zones(plot, ctx, current, ink);
		const banded = judged(current);
		if (banded.length > MOST_BANDS) return;
		for (const series of banded) {
			ctx.fillStyle = `${ink.of(series.colour)}${BAND}`;
			ctx.fill(bandPath(plot, series, current, scaleOf(axes, series)));
		}
	});
}

/** From each threshold up to the next. */
function zones(plot: uPlot, ctx: CanvasRenderingContext2D, { thresholds }: Current, ink: Ink): void {
	const { left, top, width, height } = plot.bbox;
	const sorted = thresholds.toSorted((a, b) => a.value - b.value);
	sorted.forEach(({ value, tone }, i) => {
		if (tone === "neutral") return;
		const next = sorted[i + 1];
		const from = Math.min(top + height, plot.valToPos(value, "y", true));
		const to = next ? plot.valToPos(next.value, "y", true) : top;
		ctx.fillStyle = `${ink.token(TONES[tone])}${TINT}`;
		ctx.fillRect(left, to, width, Math.max(0, from - to));
	});
}

function bandPath(plot: uPlot, { band }: Drawn, { scene }: Current, scale: string): Path2D {
	const path = new Path2D();
	const x = (at: number) => plot.valToPos(scene.chart.times[at] ?? 0, "x", true);
	band.forEach(({ at, high }, i) => {
		const y = plot.valToPos(high, scale, true);
		if (i === 0) path.moveTo(x(at), y);
		else path.lineTo(x(at), y);
	});
	for (const { at, low } of band.toReversed()) path.lineTo(x(at), plot.valToPos(low, scale, true));
	path.closePath();
	return path;
}

export function foreground(plot: uPlot, current: Current, axes: readonly Style[], ink: Ink): void {
	const ratio = devicePixelRatio;
	inside(plot, (ctx) => {
		lines(plot, ctx, current, ink, ratio);
		for (const series of judged(current))
			for (const { at, value } of series.marks) {
				const x = plot.valToPos(current.scene.chart.times[at] ?? 0, "x", true);
				const y = plot.valToPos(value, scaleOf(axes, series), true);
				ring(ctx, x, y, ink, ratio);
			}
	});
}

function lines(plot: uPlot, ctx: CanvasRenderingContext2D, { thresholds }: Current, ink: Ink, ratio: number): void {
	const { left, width } = plot.bbox;
	ctx.lineWidth = ratio;
	ctx.setLineDash([5 * ratio, 4 * ratio]);
	for (const { value, tone } of thresholds) {
		const y = Math.round(plot.valToPos(value, "y", true)) + 0.5;
		ctx.strokeStyle = `${ink.token(TONES[tone])}b3`;
		ctx.beginPath();
		ctx.moveTo(left, y);
		ctx.lineTo(left + width, y);
		ctx.stroke();
	}
	ctx.setLineDash([]);
}

/** A ring and not only a colour: seen by all eyes. */
function ring(ctx: CanvasRenderingContext2D, x: number, y: number, ink: Ink, ratio: number): void {
	ctx.beginPath();
	ctx.arc(x, y, 4.5 * ratio, 0, 2 * Math.PI);
	ctx.fillStyle = ink.token("--surface");
	ctx.fill();
	ctx.strokeStyle = ink.token("--bad");
	ctx.lineWidth = 2 * ratio;
	ctx.stroke();
}
