import { useRef } from "preact/hooks";
import uPlot from "uplot";
import { brief, change, type Unit } from "../model/format.ts";
import type { Line } from "../model/join.ts";
import { theme } from "../theme/theme.ts";
import { axisLabel, bucketLabel, steps, timeLabel, top } from "./axes.ts";
import { type Hover, PlotHost, usePlot } from "./plot.tsx";

export interface LineChartProps {
	line: Line;
	/** Values of the previous period, bucket by bucket; empty where none are shown. */
	previous: readonly (number | null)[];
	unit: Unit;
	currency: string | null;
	zone: string;
	interval: string;
	/** Is the end of the line moving? Then it carries a dot. */
	live: boolean;
	label: string;
	/** A stretch was brushed: epoch seconds. */
	onBrush(from: number, to: number): void;
}

const token = (element: Element, name: string) => getComputedStyle(element).getPropertyValue(name).trim();

/** Splits a line in what is complete and what still counts; they meet at the last complete bucket. */
function columns(props: LineChartProps): uPlot.AlignedData {
	const { times, values, partial } = props.line;
	return [
		times,
		times.map((_, i) => props.previous[i] ?? null),
		values.map((value, i) => (i < partial ? value : null)),
		values.map((value, i) => (i >= partial - 1 ? value : null)),
	];
}

function options(host: HTMLElement, current: () => LineChartProps, hooks: uPlot.Hooks.Arrays): uPlot.Options {
	const accent = token(host, "--accent");
	const faint = token(host, "--chart-previous");
	const muted = token(host, "--text-2");
	const grid = { stroke: token(host, "--grid"), width: 1 };
	const font = `11px ${token(host, "--font")}`;
	const smooth = uPlot.paths.spline?.();
	const paths = smooth ? { paths: smooth } : {};
	const fill = (alpha: string) => (plot: uPlot) => {
		const gradient = plot.ctx.createLinearGradient(0, plot.bbox.top, 0, plot.bbox.top + plot.bbox.height);
		// Both ends in the accent's own hue: a fade to transparent black would grey the light theme.
		gradient.addColorStop(0, `${accent}${alpha}`);
		gradient.addColorStop(1, `${accent}00`);
		return gradient;
	};
	const zone = current().zone;
	return {
		width: host.clientWidth,
		height: host.clientHeight,
		padding: [12, 24, 0, 0],
		legend: { show: false },
		tzDate: (at) => uPlot.tzDate(new Date(at * 1000), zone),
		scales: { y: { range: (_plot, _min, max) => [0, top(max, current().unit)] } },
		series: [
			{},
			{ stroke: faint, width: 1.5, points: { show: false }, ...paths },
			{ stroke: accent, width: 2, fill: fill("3d"), points: { show: false }, ...paths },
			{ stroke: accent, width: 2, dash: [4, 4], fill: fill("1f"), points: { show: false }, ...paths },
		],
		axes: [
			{
				stroke: muted,
				font,
				grid: { show: false },
				ticks: { show: false },
				size: 30,
				gap: 8,
				space: 72,
				values: (_plot, splits) => splits.map((at) => timeLabel(at, current().interval, current().zone)),
			},
			{
				stroke: muted,
				font,
				grid,
				ticks: { show: false },
				size: 52,
				gap: 8,
				space: 52,
				incrs: steps(current().unit),
				values: (_plot, splits) => splits.map((value) => axisLabel(value, current().unit, current().currency)),
			},
		],
		cursor: {
			y: false,
			points: { size: 9, width: 2, fill: token(host, "--surface"), stroke: (_plot, i) => (i === 1 ? faint : accent) },
			// Snaps to buckets, the brush too: there is nothing between them.
			move: (plot, left, top) => [left < 0 ? left : plot.valToPos(plot.data[0][plot.posToIdx(left)] ?? 0, "x"), top],
			drag: { x: true, y: false, setScale: false, dist: 6 },
		},
		hooks,
	};
}

/** A line with its previous period behind it, its open end dashed, and a reading under the pointer or the arrow keys. */
export function LineChart(props: LineChartProps) {
	const dot = useRef<HTMLSpanElement>(null);
	const latest = useRef(props);
	latest.current = props;
	const { host, hover, ...reading } = usePlot(
		{
			options: (element, hooks) =>
				options(element, () => latest.current, {
					...hooks,
					draw: [(u) => placeDot(u, dot.current, latest.current)],
				}),
			columns: () => columns(props),
			onBrush: props.onBrush,
			made: (u) => dot.current && u.over.append(dot.current),
		},
		[theme.value, props.unit, props.zone, props.currency],
		[props.line, props.previous, props.interval],
	);
	const read = hover.value?.index ?? props.line.times.length - 1;
	return (
		<div class="line-chart">
			<PlotHost
				host={host}
				label={props.label}
				count={props.line.times.length}
				read={read}
				said={readingOf(props, read)}
				{...reading}
			>
				<span class={`live-dot${props.live ? "" : " off"}`} ref={dot} />
			</PlotHost>
			{hover.value && <Tip {...props} hover={hover.value} width={host.current?.clientWidth ?? 0} />}
		</div>
	);
}

/** One bucket in words, for screen readers. */
function readingOf({ line, interval, zone, unit, currency }: LineChartProps, index: number): string {
	const at = line.times[index];
	if (at === undefined) return "nothing";
	const open = index >= line.partial ? ", so far" : "";
	return `${bucketLabel(at, interval, zone)}: ${brief(line.values[index] ?? null, unit, currency)}${open}`;
}

function placeDot(u: uPlot, dot: HTMLElement | null, { line, live }: LineChartProps): void {
	if (!dot) return;
	const last = line.times.length - 1;
	const value = line.values[last];
	dot.hidden = !live || value == null;
	if (value == null) return;
	dot.style.transform = `translate(${u.valToPos(line.times[last] ?? 0, "x")}px, ${u.valToPos(value, "y")}px)`;
}

const TIP_WIDTH = 190; // px, as in the style sheet: decides on which side of the pointer it fits
const AXIS_WIDTH = 52; // px, the y axis left of the plot

function Tip(props: LineChartProps & { hover: Hover; width: number }) {
	const { line, previous, unit, currency, hover } = props;
	const at = line.times[hover.index];
	if (at === undefined) return null;
	const value = line.values[hover.index] ?? null;
	const before = previous[hover.index] ?? null;
	const moved = change(value, before, unit);
	const left = hover.left + AXIS_WIDTH;
	const x = left + TIP_WIDTH + 16 > props.width ? left - TIP_WIDTH - 12 : left + 12;
	return (
		<div class="tip" style={{ transform: `translateX(${Math.max(0, x)}px)` }}>
			<div class="tip-when">
				{bucketLabel(at, props.interval, props.zone)}
				{hover.index >= line.partial && <em>so far</em>}
			</div>
			<div class="tip-row">
				<i class="key now" />
				<b>{brief(value, unit, currency)}</b>
				{moved && hover.index < line.partial && <span class="tip-change">{moved.text}</span>}
			</div>
			{previous.length > 0 && (
				<div class="tip-row">
					<i class="key before" />
					<span>{brief(before, unit, currency)} before</span>
				</div>
			)}
		</div>
	);
}
