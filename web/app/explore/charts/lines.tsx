import uPlot from "uplot";
import { axisLabel, bucketLabel, steps, timeLabel, top } from "../../charts/axes.ts";
import { PlotHost, usePlot } from "../../charts/plot.tsx";
import { brief, type Unit } from "../../model/format.ts";
import { theme } from "../../theme/theme.ts";
import type { Chart, Group } from "../model/series.ts";

interface LinesProps {
	chart: Chart;
	/** The one that was picked out of the legend; the others step back. */
	isolated: string | null;
	unit: Unit;
	currency: string | null;
	zone: string;
	interval: string;
	label: string;
	/** A stretch was brushed: epoch seconds. */
	onBrush(from: number, to: number): void;
}

const COLOURS = 8;
const token = (element: Element, name: string) => getComputedStyle(element).getPropertyValue(name).trim();

/** The custom property of a group's colour. */
export const colourOf = ({ colour }: Pick<Group, "colour">): string =>
	colour === null ? "--series-other" : `--series-${(colour % COLOURS) + 1}`;

/** Past the palette's end colours come again, dashed. */
const dashOf = ({ colour }: Group): number[] => (colour !== null && colour >= COLOURS ? [6, 3] : []);

/** As in the line chart of the Overview: what is complete, and dashed what still counts. */
function columns({ chart }: LinesProps): uPlot.AlignedData {
	const { times, partial, groups } = chart;
	return [
		times,
		...groups.flatMap(({ values }) => [
			values.map((value, i) => (i < partial ? value : null)),
			values.map((value, i) => (i >= partial - 1 ? value : null)),
		]),
	];
}

function seriesOf(host: HTMLElement, { chart, isolated }: LinesProps): uPlot.Series[] {
	const smooth = uPlot.paths.spline?.();
	const paths = smooth ? { paths: smooth } : {};
	return chart.groups.flatMap((group) => {
		const back = isolated !== null && isolated !== group.id;
		const stroke = `${token(host, colourOf(group))}${back ? "30" : ""}`;
		const line = { stroke, width: isolated === group.id ? 2.5 : 2, points: { show: false }, ...paths };
		return [
			{ ...line, dash: dashOf(group) },
			{ ...line, dash: [4, 4] },
		];
	});
}

function options(host: HTMLElement, props: LinesProps, hooks: uPlot.Hooks.Arrays): uPlot.Options {
	const muted = token(host, "--text-2");
	const font = `11px ${token(host, "--font")}`;
	const axis = { stroke: muted, font, ticks: { show: false }, gap: 8 };
	return {
		width: host.clientWidth,
		height: host.clientHeight,
		padding: [12, 24, 0, 0],
		legend: { show: false },
		tzDate: (at) => uPlot.tzDate(new Date(at * 1000), props.zone),
		scales: { y: { range: (_plot, _min, max) => [0, top(max, props.unit)] } },
		series: [{}, ...seriesOf(host, props)],
		axes: [
			{
				...axis,
				grid: { show: false },
				size: 30,
				space: 72,
				values: (_plot, splits) => splits.map((at) => timeLabel(at, props.interval, props.zone)),
			},
			{
				...axis,
				grid: { stroke: token(host, "--grid"), width: 1 },
				size: 52,
				space: 52,
				incrs: steps(props.unit),
				values: (_plot, splits) => splits.map((value) => axisLabel(value, props.unit, props.currency)),
			},
		],
		cursor: {
			y: false,
			points: { show: false },
			move: (plot, left, y) => [left < 0 ? left : plot.valToPos(plot.data[0][plot.posToIdx(left)] ?? 0, "x"), y],
			drag: { x: true, y: false, setScale: false, dist: 6 },
		},
		hooks,
	};
}

/** Several lines with a reading of all of them under the pointer or the arrow keys. */
export function Lines(props: LinesProps) {
	const { chart, unit, zone, currency, interval, isolated } = props;
	const shape = chart.groups.map((group) => group.id).join("\n");
	const { host, hover, ...reading } = usePlot(
		{
			options: (element, hooks) => options(element, props, hooks),
			columns: () => columns(props),
			onBrush: props.onBrush,
		},
		[theme.value, unit, zone, currency, interval, isolated, shape],
		[chart],
	);
	const read = hover.value?.index ?? chart.times.length - 1;
	return (
		<div class="line-chart">
			<PlotHost
				host={host}
				label={props.label}
				count={chart.times.length}
				read={read}
				said={readingOf(props, read)}
				{...reading}
			/>
			{hover.value && <Tip {...props} {...hover.value} width={host.current?.clientWidth ?? 0} />}
		</div>
	);
}

/** Largest first, as they are read. */
const ranked = (groups: readonly Group[], index: number): Group[] =>
	groups.toSorted((a, b) => (b.values[index] ?? 0) - (a.values[index] ?? 0));

function readingOf({ chart, interval, zone, unit, currency }: LinesProps, index: number): string {
	const at = chart.times[index];
	if (at === undefined) return "nothing";
	const values = ranked(chart.groups, index).map((g) => `${g.label} ${brief(g.values[index] ?? null, unit, currency)}`);
	return `${bucketLabel(at, interval, zone)}${index >= chart.partial ? ", so far" : ""}: ${values.join(", ")}`;
}

const TIP_WIDTH = 220; // px, as in the style sheet: decides on which side of the pointer it fits
const AXIS_WIDTH = 52; // px, the y axis left of the plot
const TIP_ROWS = 9;

function Tip({
	chart,
	unit,
	currency,
	interval,
	zone,
	index,
	left,
	width,
}: LinesProps & { index: number; left: number; width: number }) {
	const at = chart.times[index];
	if (at === undefined) return null;
	const start = left + AXIS_WIDTH;
	const x = start + TIP_WIDTH + 16 > width ? start - TIP_WIDTH - 12 : start + 12;
	return (
		<div class="tip lines-tip" style={{ transform: `translateX(${Math.max(0, x)}px)` }}>
			<div class="tip-when">
				{bucketLabel(at, interval, zone)}
				{index >= chart.partial && <em>so far</em>}
			</div>
			{ranked(chart.groups, index)
				.slice(0, TIP_ROWS)
				.map((group) => (
					<div class="tip-row" key={group.id}>
						<i class="swatch" style={{ background: `var(${colourOf(group)})` }} />
						<span class="tip-name">{group.label}</span>
						<b>{brief(group.values[index] ?? null, unit, currency)}</b>
					</div>
				))}
		</div>
	);
}
