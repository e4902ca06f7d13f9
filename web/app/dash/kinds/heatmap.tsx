import { useMemo, useState } from "preact/hooks";
import { bucketLabel, timeLabel } from "../../charts/axes.ts";
import { Cells } from "./cells.tsx";
import type { Chart } from "./model/chart.ts";
import { write, writeFull } from "./model/figures.ts";
import { linear } from "./model/ramp.ts";
import { heatOf } from "./model/spread.ts";
import { dayName, HOURS, weekOf } from "./model/week.ts";
import { Notes } from "./notes.tsx";
import { ScaleLegend } from "./scale-legend.tsx";
import type { KindProps } from "./types.ts";

/** Shades of groups or of ranges of values over time, or over the hours of a week. */
export default function HeatmapPanel({ panel, answer, around }: KindProps<"heatmap">) {
	const { zone, currency } = around;
	const chart = useMemo(
		() => heatOf(panel, answer, { zone, currency, now: Date.now() }),
		[panel, answer, zone, currency],
	);
	const label = answer.title || "Heat map";
	return (
		<div class="kind heatmap">
			{panel.by === "week" ? (
				<Week chart={chart} label={label} zone={zone} weekStart={around.weekStart} />
			) : (
				<Time chart={chart} label={label} zone={zone} isSpread={panel.by === "value"} />
			)}
			<Notes notes={chart.notes} />
		</div>
	);
}

interface DrawingProps {
	chart: Chart;
	label: string;
	zone: string;
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

/** Hours of a week have room for one series: where there are several, one chooses. */
function Week({
	chart: { times, partial, series },
	label,
	zone,
	weekStart,
}: DrawingProps & { weekStart: "monday" | "sunday" }) {
	const [chosen, choose] = useState("");
	const first = series.find(({ id }) => id === chosen) ?? series[0];
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
			{series.length > 1 && (
				<select
					class="heat-series"
					aria-label="Series"
					value={first.id}
					onChange={(e) => choose(e.currentTarget.value)}
				>
					{series.map(({ id, label: name }) => (
						<option key={id} value={id}>
							{name}
						</option>
					))}
				</select>
			)}
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

/** A row a group, or a range of values with the highest on top; a column a bucket. */
function Time({
	chart: { times, partial, interval, series: found },
	label,
	zone,
	isSpread,
}: DrawingProps & { isSpread: boolean }) {
	const series = useMemo(() => (isSpread ? found.toReversed() : found), [found, isSpread]);
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
			<ScaleLegend
				ends={[write(low, first.style), write(high, first.style)]}
				{...(isSpread && { note: "events by their value" })}
			/>
		</>
	);
}
