import type { FunnelStep } from "../../../../schema/questions.ts";
import { span } from "../../explore/model/duration.ts";
import { matchLabel } from "../../filter/words.ts";
import { brief, full } from "../../model/format.ts";
import { FunnelGroups } from "../../panels/funnel-groups.tsx";
import { isFunnel } from "./model/sheet.ts";
import type { KindProps } from "./types.ts";

type Panel = KindProps<"funnel">["panel"];

/** A saved segment has a name on the pages of questions; a panel knows only that it is one. */
const SEGMENT = () => "a segment";

/** The answer's own words, where the step has a name; else what it is narrowed to says more than its event. */
function labelsOf({ funnel }: Panel, steps: readonly FunnelStep[]): string[] {
	return steps.map(({ label }, i) => {
		const step = funnel.steps[i];
		return step && label === step.event ? matchLabel(step, SEGMENT) : label;
	});
}

/** How many go from step to step, who is still in time, and how long it takes. */
export default function FunnelPanel({ panel, answer }: KindProps<"funnel">) {
	const found = answer.results.find((one) => one.answer !== undefined)?.answer;
	if (!found || !isFunnel(found)) return null;
	const labels = labelsOf(panel, found.steps);
	const { count } = panel.funnel;
	const last = found.steps.at(-1);
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
		<section class="kind funnel-kind" tabIndex={0} aria-label={answer.title || "Funnel"}>
			<p class="funnel-whole">
				<b>{brief(last?.conversion ?? null, "percent")}</b> converted
				<span class="muted">
					{brief(last?.count ?? null, "number")} of {brief(found.steps[0]?.count ?? null, "number")} {count}
				</span>
			</p>
			<ol>
				{found.steps.map((step, i) => (
					<Step key={i} steps={found.steps} at={i} label={labels[i] ?? step.label} count={count} />
				))}
			</ol>
			{found.groups && panel.breakdown !== null && (
				<FunnelGroups whole={found.steps} groups={found.groups} dim={panel.breakdown} labels={labels} bar="kind-bar" />
			)}
		</section>
	);
}

interface StepProps {
	steps: readonly FunnelStep[];
	at: number;
	label: string;
	count: "visitors" | "sessions";
}

function Step({ steps, at, label, count }: StepProps) {
	const step = steps[at];
	const before = steps[at - 1];
	const first = steps[0]?.count ?? 0;
	if (!step) return null;
	const share = (of: number) => `${first === 0 ? 0 : (100 * of) / first}%`;
	return (
		<li>
			<div class="funnel-line">
				<i aria-hidden="true">{at + 1}</i>
				<span title={label}>{label}</span>
				<b title={`${full(step.count, "number")} ${count}`}>{brief(step.count, "number")}</b>
				<small>{brief(step.conversion, "percent")}</small>
			</div>
			<div class="funnel-track" aria-hidden="true">
				<span class="reached" style={{ width: share(step.count) }} />
				{before && <span class="progress" style={{ width: share(before.in_progress) }} />}
				{before && <span class="lost" style={{ width: share(before.dropped) }} />}
			</div>
			{before && (
				<p class="funnel-facts">
					<span>{brief(step.step_conversion, "percent")} came on</span>
					<span>
						<i class="kind-swatch lost" aria-hidden="true" />
						{brief(before.dropped, "number")} dropped
					</span>
					{before.in_progress > 0 && (
						<span title="Their window is still open">
							<i class="kind-swatch progress" aria-hidden="true" />
							{brief(before.in_progress, "number")} in progress
						</span>
					)}
					{step.times && (
						<span
							title={`9 of 10 within ${span(step.times.p90_ms)}, ${span(step.times.step_median_ms)} from the step before`}
						>
							median {span(step.times.median_ms)}
						</span>
					)}
				</p>
			)}
		</li>
	);
}
