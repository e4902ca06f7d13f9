import type { FunnelStep } from "../../../../schema/questions.ts";
import { brief, full } from "../../model/format.ts";
import { span } from "../model/duration.ts";
import { histogramBars } from "../model/histogram.ts";

/** Opens the visitors of a step (1-based). */
export type DrillDown = (step: number, outcome: "reached" | "dropped" | "in_progress") => void;

interface StepsProps {
	steps: readonly FunnelStep[];
	labels: readonly string[];
	/** What is counted. */
	unit: "visitors" | "sessions";
	drill: DrillDown;
}

/** A bar a step: who reached it, and beside it who did not: still in time, or gone. */
export function FunnelSteps({ steps, labels, unit, drill }: StepsProps) {
	const first = steps[0]?.count ?? 0;
	const share = (count: number) => `${first === 0 ? 0 : (100 * count) / first}%`;
	return (
		<ol class="funnel">
			{steps.map((step, i) => {
				const before = steps[i - 1];
				const label = labels[i] ?? step.label;
				return (
					<li key={i}>
						<div class="funnel-head">
							<span class="step-number" aria-hidden="true">
								{i + 1}
							</span>
							<b class="funnel-label" title={label}>
								{label}
							</b>
							<span class="grow" />
							<span class="funnel-count" title={`${full(step.count, "number")} ${unit}`}>
								{brief(step.count, "number")}
							</span>
							<span class="funnel-share">{brief(step.conversion, "percent")}</span>
						</div>
						<div class="funnel-bar">
							<button
								type="button"
								class="funnel-reached"
								style={{ width: share(step.count) }}
								aria-label={`${full(step.count, "number")} ${unit} reached step ${i + 1}, ${label}. Show them.`}
								title={`${full(step.count, "number")} reached this step: show them`}
								onClick={() => drill(i + 1, "reached")}
							/>
							{before && (
								<>
									<span class="funnel-waiting" style={{ width: share(before.in_progress) }} />
									<span class="funnel-dropped" style={{ width: share(before.dropped) }} />
								</>
							)}
						</div>
						{before && <Between before={before} step={step} at={i} drill={drill} />}
						{step.times && <Times step={step} />}
					</li>
				);
			})}
		</ol>
	);
}

/** What became of those of the step before. */
function Between({ before, step, at, drill }: { before: FunnelStep; step: FunnelStep; at: number; drill: DrillDown }) {
	return (
		<p class="funnel-between">
			<span>
				{brief(step.step_conversion, "percent")} of step {at} came on
			</span>
			<button type="button" disabled={before.dropped === 0} onClick={() => drill(at, "dropped")}>
				<i class="swatch dropped" /> {brief(before.dropped, "number")} dropped
			</button>
			{before.in_progress > 0 && (
				<button type="button" title="Their window is still open" onClick={() => drill(at, "in_progress")}>
					<i class="swatch waiting" /> {brief(before.in_progress, "number")} still in progress
				</button>
			)}
		</p>
	);
}

/** How long it took; the whole picture on request. */
function Times({ step: { times } }: { step: FunnelStep }) {
	if (!times) return null;
	return (
		<details class="funnel-times">
			<summary>
				<span>
					median <b>{span(times.median_ms)}</b> from step 1
				</span>
				<span>
					9 of 10 within <b>{span(times.p90_ms)}</b>
				</span>
				<span>
					<b>{span(times.step_median_ms)}</b> from the step before
				</span>
			</summary>
			<Histogram times={times} />
		</details>
	);
}

const WIDTH = 600;
const HEIGHT = 80;

function Histogram({ times }: { times: NonNullable<FunnelStep["times"]> }) {
	const bars = histogramBars(times.histogram);
	const first = bars[0];
	const last = bars.at(-1);
	if (!first || !last) return null;
	const words = (from: number, to: number, count: number) =>
		`${span(from)} to ${span(to)}: ${count.toLocaleString("en")}`;
	return (
		<figure class="histogram">
			<svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label="Time from step 1">
				{bars.map((bar) => (
					<rect
						key={bar.from}
						x={bar.x * WIDTH + 1}
						width={bar.width * WIDTH - 2}
						y={HEIGHT - Math.max(bar.count > 0 ? 1 : 0, bar.height * HEIGHT)}
						height={Math.max(bar.count > 0 ? 1 : 0, bar.height * HEIGHT)}
					>
						<title>{words(bar.from, bar.to, bar.count)}</title>
					</rect>
				))}
			</svg>
			<figcaption>
				<span>{span(first.from)}</span>
				<span class="muted">time from step 1</span>
				<span>{span(last.to)}</span>
			</figcaption>
			<ul class="sr-only">
				{bars.map((bar) => (
					<li key={bar.from}>{words(bar.from, bar.to, bar.count)}</li>
				))}
			</ul>
		</figure>
	);
}

export function StepsSkeleton({ count }: { count: number }) {
	return (
		<ol class="funnel" aria-hidden="true">
			{Array.from({ length: count }, (_, i) => (
				<li key={i}>
					<div class="funnel-head">
						<span class="skeleton line" />
					</div>
					<span class="skeleton funnel-bar" style={{ width: `${100 / (i + 1)}%` }} />
				</li>
			))}
		</ol>
	);
}
