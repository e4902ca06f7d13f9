import { useState } from "preact/hooks";
import type { LifecycleAnswer } from "../../../../schema/questions.ts";
import { bucketLabel, timeLabel } from "../../charts/axes.ts";
import { full, short } from "../../model/format.ts";
import { seconds } from "../../model/join.ts";
import { gridStep, STATES, type State, stackBars } from "../model/stack.ts";
import { useWidth } from "./size.ts";

const NAMES: Record<State, string> = {
	new: "New",
	returning: "Returning",
	resurrecting: "Resurrecting",
	dormant: "Dormant",
};
const MEANINGS: Record<State, string> = {
	new: "Active for the first time",
	returning: "Active in the period before, too",
	resurrecting: "Active again after a pause",
	dormant: "Active in the period before, not in this one",
};

export function LifecycleLegend() {
	return (
		<>
			{STATES.map((state) => (
				<span class="legend" key={state} title={MEANINGS[state]}>
					<i class={`swatch ${state}`} /> {NAMES[state]}
				</span>
			))}
		</>
	);
}

const HEIGHT = 296;
const TOP = 10;
const AXIS = 52; // px left of the bars, as wide as that of the line charts
const FOOT = 26;
const LABEL_WIDTH = 64; // px: labels of the time axis stand no closer
const TIP_WIDTH = 190; // px, as in the style sheet

interface BarsProps {
	points: LifecycleAnswer["points"];
	interval: string;
	zone: string;
}

/** Stacked bars: active visitors above zero, those who went quiet below. */
export function LifecycleBars({ points, interval, zone }: BarsProps) {
	const [host, width] = useWidth<HTMLDivElement>();
	const [at, setAt] = useState<number | null>(null);
	const plot = HEIGHT - TOP - FOOT;
	const { bars, zero, scale } = stackBars(points, plot);
	const step = (width - AXIS - 16) / Math.max(1, bars.length);
	const every = Math.max(1, Math.ceil(LABEL_WIDTH / step));
	const onKeyDown = (event: KeyboardEvent) => {
		const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
		if (by === 0) return;
		event.preventDefault();
		setAt(Math.min(bars.length - 1, Math.max(0, (at ?? (by > 0 ? -1 : bars.length)) + by)));
	};
	return (
		<div
			class="chart-box bars"
			ref={host}
			role="slider"
			tabIndex={0}
			aria-label="Lifecycle, read with the arrow keys"
			aria-valuemin={0}
			aria-valuemax={Math.max(0, bars.length - 1)}
			aria-valuenow={at ?? Math.max(0, bars.length - 1)}
			aria-valuetext={readingOf(points[at ?? points.length - 1], interval, zone)}
			onKeyDown={onKeyDown}
			onMouseMove={(event) => {
				const left = event.clientX - event.currentTarget.getBoundingClientRect().left - AXIS;
				const index = Math.floor(left / step);
				setAt(index >= 0 && index < bars.length ? index : null);
			}}
			onMouseLeave={() => setAt(null)}
			onBlur={() => setAt(null)}
		>
			{width > 0 && (
				<svg width={width} height={HEIGHT} aria-hidden="true">
					<Hatch />
					<g transform={`translate(${AXIS} ${TOP})`}>
						<Grid zero={zero} scale={scale} height={plot} width={width - AXIS - 16} />
						{bars.map((bar, i) => (
							<g key={bar.t} transform={`translate(${i * step} 0)`} class={at !== null && at !== i ? "back" : ""}>
								{bar.rects.map((rect) => (
									<rect
										key={rect.state}
										class={rect.state}
										x={step * 0.12}
										width={step * 0.76}
										y={rect.y}
										height={rect.height}
									/>
								))}
								{/* Over the bar only: on the ground beside it the hatch would cut the grid. */}
								{bar.partial &&
									bar.rects.map(({ state, y, height }) => (
										<rect key={state} fill="url(#open-bar)" x={step * 0.12} width={step * 0.76} y={y} height={height} />
									))}
								{i % every === 0 && (
									<text x={step / 2} y={plot + 18} text-anchor="middle">
										{timeLabel(seconds(bar.t), interval, zone)}
									</text>
								)}
							</g>
						))}
					</g>
				</svg>
			)}
			{at !== null && points[at] && (
				<Tip point={points[at]} interval={interval} zone={zone} x={AXIS + at * step} width={width} step={step} />
			)}
		</div>
	);
}

/** What still counts is hatched with the ground's colour. */
const Hatch = () => (
	<defs>
		<pattern id="open-bar" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
			<rect class="hatch" width="2.5" height="6" />
		</pattern>
	</defs>
);

function Grid({ zero, scale, height, width }: { zero: number; scale: number; height: number; width: number }) {
	if (scale === 0) return null;
	const step = gridStep(height / scale, 5);
	const lines: number[] = [];
	for (let value = -Math.floor((height - zero) / scale / step) * step; zero - value * scale >= 0; value += step)
		lines.push(value);
	return (
		<g class="grid">
			{lines.map((value) => (
				<g key={value} transform={`translate(0 ${zero - value * scale})`}>
					<line x2={width} class={value === 0 ? "zero" : ""} />
					<text x={-10} dy="0.35em" text-anchor="end">
						{short(Math.abs(value))}
					</text>
				</g>
			))}
		</g>
	);
}

function readingOf(point: LifecycleAnswer["points"][number] | undefined, interval: string, zone: string): string {
	if (!point) return "nothing";
	const parts = STATES.map((state) => `${NAMES[state]} ${full(point[state], "number")}`);
	return `${bucketLabel(seconds(point.t), interval, zone)}${point.partial ? ", so far" : ""}: ${parts.join(", ")}`;
}

function Tip({
	point,
	interval,
	zone,
	x,
	width,
	step,
}: {
	point: LifecycleAnswer["points"][number];
	interval: string;
	zone: string;
	x: number;
	width: number;
	step: number;
}) {
	const right = x + step + TIP_WIDTH + 12 <= width;
	return (
		<div class="tip" style={{ transform: `translateX(${Math.max(0, right ? x + step + 8 : x - TIP_WIDTH - 8)}px)` }}>
			<div class="tip-when">
				{bucketLabel(seconds(point.t), interval, zone)}
				{point.partial && <em>so far</em>}
			</div>
			{STATES.map((state) => (
				<div class="tip-row" key={state}>
					<i class={`swatch ${state}`} />
					<span class="tip-name">{NAMES[state]}</span>
					<b>{full(point[state], "number")}</b>
				</div>
			))}
		</div>
	);
}
