import { Cohorts, hasOpen } from "../../panels/cohorts.tsx";
import { isRetention } from "./model/sheet.ts";
import type { KindProps } from "./types.ts";

/** Of those who began in a period, how many came back in those after. */
export default function RetentionPanel({ panel, answer, around }: KindProps<"retention">) {
	const found = answer.results.find((one) => one.answer !== undefined)?.answer;
	if (!found || !isRetention(found)) return null;
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
		<section class="kind retention-kind" tabIndex={0} aria-label={answer.title || "Retention by cohort"}>
			<Cohorts answer={found} period={panel.period} zone={around.zone} />
			{hasOpen(found) && (
				<p class="retention-note">
					<i class="kind-swatch open" aria-hidden="true" /> the period is not over
				</p>
			)}
		</section>
	);
}
