import { useMemo } from "preact/hooks";
import { bucketLabel, timeLabel } from "../../charts/axes.ts";
import { Cells } from "./cells.tsx";
import { type Chart, chartOf } from "./model/chart.ts";
import { write, writeFull } from "./model/figures.ts";
import { linear } from "./model/ramp.ts";
import { dayName, HOURS, weekOf } from "./model/week.ts";
import { Notes } from "./notes.tsx";
import { ScaleLegend } from "./scale-legend.tsx";
import type { KindProps } from "./types.ts";

/** Shades over time, or over the hours of a week. */
export default function HeatmapPanel({ panel, answer, around }: KindProps<"heatmap">) {
	const { zone, currency } = around;
	const chart = useMemo(
		() => chartOf(panel, answer, { zone, currency, now: Date.now() }),
		[panel, answer, zone, currency],
	);
	const Drawing = panel.by === "week" ? Week : Time;
	return (
		<div class="kind heatmap">
			<Drawing chart={chart} label={answer.title || "Heat map"} zone={zone} weekStart={around.weekStart} />
			<Notes notes={chart.notes} />
		</div>
	);
}

interface DrawingProps {
	chart: Chart;
	label: string;
	zone: string;
	weekStart: "monday" | "sunday";
}

/** Least and highest of what there is; 0 and 0 of nothing. */
function ends(rows: readonly (readonly (number | null)[])[]): [number, number] {
	let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
	for (const row of rows)
		for (const value of row)
			if (value !== null) {
				low = Math.min(low, value);
				high = Math.max(high, value);
			}
	return low <= high ? [Math.min(0, low), high] : [0, 0];
}

const HOUR_NAMES = Array.from({ length: HOURS }, (_, hour) => `${String(hour).padStart(2, "0")}:00`);

/** Of the first series: hours of a week have room for one. */
function Week({ chart: { times, partial, series }, label, zone, weekStart }: DrawingProps) {
	const [first] = series;
	const values = first?.values;
	const week = useMemo(
		() => weekOf(times, values ?? [], partial, { zone, weekStart }),
		[times, values, partial, zone, weekStart],
	);
	const [low, high] = ends(week.rows);
	const ramp = useMemo(() => linear(low, high), [low, high]);
	if (!first) return null;
	return (
		<>
			<Cells
				rows={week.rows}
				names={week.days.map((day) => dayName(day))}
				heads={HOUR_NAMES}
				ramp={ramp}
				partial={HOURS}
				label={label}
				say={(row, hour) => {
					const count = week.counts[row]?.[hour] ?? 0;
					const value = week.rows[row]?.[hour] ?? null;
					return {
						when: `${dayName(week.days[row] ?? 0, "long")}, ${HOUR_NAMES[hour]}`,
						what: count === 0 ? "not in the range" : write(value, first.style),
						note: count > 1 ? `mean of ${count}` : "",
					};
				}}
			/>
			<ScaleLegend ends={[write(low, first.style), write(high, first.style)]} note="an hour, on average" />
		</>
	);
}

/** A row a group, a column a bucket. */
function Time({ chart: { times, partial, interval, series }, label, zone }: DrawingProps) {
	const rows = useMemo(() => series.map(({ values }) => values), [series]);
	const heads = useMemo(() => times.map((at) => timeLabel(at, interval, zone)), [times, interval, zone]);
	const [low, high] = ends(rows);
	const ramp = useMemo(() => linear(low, high), [low, high]);
	const [first] = series;
	if (!first) return null;
	return (
		<>
			<Cells
				rows={rows}
				names={series.map((one) => one.label)}
				heads={heads}
				ramp={ramp}
				partial={partial}
				label={label}
				say={(row, column) => {
					const one = series[row] ?? first;
					return {
						when: bucketLabel(times[column] ?? 0, interval, zone),
						what: `${series.length > 1 ? `${one.label} ` : ""}${writeFull(one.values[column] ?? null, one.style)}`,
						note: column >= partial ? "so far" : "",
					};
				}}
			/>
			<ScaleLegend ends={[write(low, first.style), write(high, first.style)]} />
		</>
	);
}
