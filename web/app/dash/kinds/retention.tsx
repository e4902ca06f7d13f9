import type { PanelOf } from "../../../../schema/dashboard.ts";
import type { RetentionAnswer } from "../../../../schema/questions.ts";
import { brief, full } from "../../model/format.ts";
import { isRetention } from "./model/sheet.ts";
import type { KindProps } from "./types.ts";

type Period = PanelOf<"retention">["period"];
type Value = RetentionAnswer["cohorts"][number]["values"][number];

/** Of those who began in a period, how many came back in those after: a row a cohort, shaded by share. */
export default function RetentionPanel({ panel, answer, around }: KindProps<"retention">) {
	const found = answer.results.find((one) => one.answer !== undefined)?.answer;
	if (!found || !isRetention(found)) return null;
	// Before anybody came there is nothing to come back from.
	const cohorts = found.cohorts.slice(found.cohorts.findIndex(({ size }) => size > 0));
	const columns = Math.max(1, ...cohorts.map(({ values }) => values.findLastIndex((value) => value !== null) + 1));
	const numbers = Array.from({ length: columns }, (_, n) => n);
	const open = cohorts.some(({ values }) => values.some((value) => value !== null && !value.complete));
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
		<section class="kind retention-kind" tabIndex={0} aria-label={answer.title || "Retention by cohort"}>
			<table>
				<thead>
					<tr>
						<th scope="col">Began</th>
						<th scope="col">Visitors</th>
						{numbers.map((n) => (
							<th scope="col" key={n}>
								<span class="sr-only">{panel.period} </span>
								{n}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					<tr class="mean">
						<th scope="row">Mean</th>
						<td>
							{brief(
								found.cohorts.reduce((sum, { size }) => sum + size, 0),
								"number",
							)}
						</td>
						{numbers.map((n) => (
							<Mean key={n} rate={found.mean[n] ?? null} />
						))}
					</tr>
					{cohorts.map(({ t, size, values }) => (
						<tr key={t}>
							<th scope="row">{cohortLabel(t, panel.period, around.zone)}</th>
							<td>{brief(size, "number")}</td>
							{numbers.map((n) => (
								<Cell
									key={n}
									value={size > 0 ? (values[n] ?? null) : null}
									size={size}
									after={n}
									period={panel.period}
								/>
							))}
						</tr>
					))}
				</tbody>
			</table>
			{open && (
				<p class="retention-note">
					<i class="kind-swatch open" aria-hidden="true" /> the period is not over
				</p>
			)}
		</section>
	);
}

function cohortLabel(t: string, period: Period, zone: string): string {
	const options: Intl.DateTimeFormatOptions =
		period === "month" ? { month: "short", year: "numeric" } : { day: "numeric", month: "short" };
	return new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }).format(new Date(t));
}

const Mean = ({ rate }: { rate: number | null }) =>
	rate === null ? (
		<td />
	) : (
		<td class="cell" style={{ "--rate": rate }}>
			{brief(rate, "percent")}
		</td>
	);

interface CellProps {
	value: Value;
	size: number;
	after: number;
	period: Period;
}

function Cell({ value, size, after, period }: CellProps) {
	if (value === null) return <td />;
	const { rate, count, complete } = value;
	const title = `${full(count, "number")} of ${full(size, "number")} after ${after} ${period}${after === 1 ? "" : "s"}${complete ? "" : ", the period is not over"}`;
	return (
		<td class={`cell${complete ? "" : " open"}`} style={{ "--rate": rate }} title={title}>
			{brief(rate, "percent")}
			{!complete && <span class="sr-only">, so far</span>}
		</td>
	);
}
