import { useMemo } from "preact/hooks";
import type { PanelOf } from "../../../../schema/dashboard.ts";
import { bucketLabel } from "../../charts/axes.ts";
import { SPARK_HEIGHT, SPARK_WIDTH, sparkPath, thin } from "../../model/spark.ts";
import { Moved } from "../../panels/moved.tsx";
import { Figure } from "./figure.tsx";
import { type Chart, chartOf, type Drawn } from "./model/chart.ts";
import { toneOf, writeFull } from "./model/figures.ts";
import { Notes } from "./notes.tsx";
import type { KindProps } from "./types.ts";

/** Figures side by side: more would be too small to read. */
const MOST = 12;

/** One figure, or one a group: value, change against the previous period, shape over time. */
export function StatPanel({ panel, answer, around }: KindProps<"stat">) {
	const { zone, currency } = around;
	const chart = useMemo(
		() => chartOf(panel, answer, { zone, currency, now: Date.now() }),
		[panel, answer, zone, currency],
	);
	const shown = chart.series.slice(0, MOST);
	return (
		<div class={`kind stats${shown.length > 1 ? " several" : ""}`}>
			{shown.map((series) => (
				<One key={series.id} chart={chart} series={series} panel={panel} zone={zone} named={shown.length > 1} />
			))}
			<Notes notes={chart.notes} />
		</div>
	);
}

interface OneProps {
	chart: Chart;
	series: Drawn;
	panel: PanelOf<"stat">;
	zone: string;
	/** Beside others it says which it is; alone the panel's title does. */
	named: boolean;
}

function One({ chart, series, panel, zone, named }: OneProps) {
	const { times, partial, interval } = chart;
	const last = panel.value === "last";
	const at = partial - 1;
	const value = last ? (series.values[at] ?? null) : series.total;
	const before = last ? (series.previous[at] ?? null) : series.before;
	const tone = toneOf(value, panel.thresholds);
	const start = times[at];
	return (
		<div class={`stat${tone === null ? "" : ` ${tone}`}`}>
			{named && <div class="stat-label">{series.label}</div>}
			<div class="stat-value">
				<Figure value={value} style={series.style} error={last ? undefined : series.error} />
			</div>
			<div class="stat-foot">
				{panel.compare && (
					<Moved
						now={value}
						before={before}
						unit={series.style.unit}
						good={series.good}
						title={`${writeFull(before, series.style)} in the ${last ? "same bucket of the " : ""}previous period`}
					/>
				)}
				{last && start !== undefined && <span class="muted">{bucketLabel(start, interval, zone)}</span>}
			</div>
			{panel.spark && (
				<Spark values={series.values.slice(0, Math.max(1, partial))} zero={series.style.unit !== "percent"} />
			)}
		</div>
	);
}

/** Decoration under a number that says the same: hidden from screen readers. */
function Spark({ values, zero }: { values: readonly (number | null)[]; zero: boolean }) {
	const line = sparkPath(thin(values), zero);
	// Closed down to the floor only where it has no gaps: a gap is nothing, and has no area.
	const whole = line.lastIndexOf("M") === 0 && line.includes("L") && values[0] != null;
	return (
		<svg
			class="stat-spark"
			viewBox={`0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`}
			preserveAspectRatio="none"
			aria-hidden="true"
		>
			{whole && <path class="area" d={`${line}V${SPARK_HEIGHT}H0Z`} />}
			<path d={line} />
		</svg>
	);
}
