import type { Chart, Drawn } from "../model/chart.ts";
import { ink } from "../model/colours.ts";
import { doubt, write, writeFull } from "../model/figures.ts";

interface LegendProps {
	chart: Chart;
	position: "bottom" | "right";
	isolated: string | null;
	isolate: (id: string | null) => void;
	/** Is a previous period drawn, too? */
	compared: boolean;
}

/** Which colour is what, and how much of it there was. A click shows one series alone, another one all again. */
export function Legend({ chart, position, isolated, isolate, compared }: LegendProps) {
	const { series } = chart;
	const last = chart.partial - 1;
	return (
		<div class={`kind-legend at-${position}`}>
			{position === "right" && series.length > 0 && (
				<div class="kind-legend-head" aria-hidden="true">
					<span>Last</span>
					<span>Total</span>
				</div>
			)}
			<ul>
				{series.map((one) => (
					<li key={one.id}>
						<button
							type="button"
							aria-pressed={isolated === one.id}
							class={isolated !== null && isolated !== one.id ? "back" : ""}
							title={series.length > 1 ? (isolated === one.id ? "Show all" : `Only ${one.label}`) : one.label}
							onClick={() => isolate(isolated === one.id || series.length < 2 ? null : one.id)}
						>
							<i class={`kind-key${one.colour.again ? " again" : ""}`} style={{ color: ink(one.colour) }} />
							<span class="kind-legend-name">{one.label}</span>
							{position === "right" && <b>{write(one.values[last] ?? null, one.style)}</b>}
							<Total series={one} />
						</button>
					</li>
				))}
				{compared && (
					<li class="kind-legend-note">
						<i class="kind-key before" /> previous period
					</li>
				)}
			</ul>
		</div>
	);
}

function Total({ series: { total, style, error } }: { series: Drawn }) {
	const { rough, said } = doubt(total, error);
	return (
		<b title={[writeFull(total, style), said].filter(Boolean).join(", ")}>
			{rough && <i class="about">~</i>}
			{write(total, style)}
		</b>
	);
}
