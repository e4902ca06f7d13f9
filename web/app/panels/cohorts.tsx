import type { RetentionAnswer } from "../../../schema/questions.ts";
import { brief, full } from "../model/format.ts";
import "../theme/cohorts.css";

type Period = "day" | "week" | "month";
type Cohort = RetentionAnswer["cohorts"][number];

interface CohortsProps {
	answer: Pick<RetentionAnswer, "cohorts" | "mean">;
	period: Period;
	zone: string;
	/** What cells say. */
	shows?: "rate" | "count";
	/** Columns at least, as far as they were asked: that there are empty ones says that more will come. */
	least?: number;
}

/** Of those who began in a period, how many came back in those after: a row a cohort, shaded by share. */
export function Cohorts({ answer, period, zone, shows = "rate", least = 1 }: CohortsProps) {
	// Before anybody came there is nothing to come back from.
	const cohorts = answer.cohorts.slice(answer.cohorts.findIndex(({ size }) => size > 0));
	const reached = cohorts.map(({ values }) => values.findLastIndex((value) => value !== null) + 1);
	const asked = Math.max(1, ...cohorts.map(({ values }) => values.length));
	const numbers = Array.from({ length: Math.min(asked, Math.max(least, ...reached)) }, (_, n) => n);
	const whole = answer.cohorts.reduce((sum, { size }) => sum + size, 0);
	return (
		<table class="cohorts">
			<thead>
				<tr>
					<th scope="col">Began</th>
					<th scope="col">Visitors</th>
					{numbers.map((n) => (
						<th scope="col" key={n}>
							<span class="sr-only">{period} </span>
							{n}
						</th>
					))}
				</tr>
			</thead>
			<tbody>
				<tr class="mean">
					<th scope="row">Mean</th>
					<td>{brief(whole, "number")}</td>
					{numbers.map((n) => (
						<Mean key={n} rate={answer.mean[n] ?? null} />
					))}
				</tr>
				{cohorts.map((cohort) => (
					<tr key={cohort.t}>
						<th scope="row">{cohortLabel(cohort.t, period, zone)}</th>
						<td>{brief(cohort.size, "number")}</td>
						{numbers.map((n) => (
							<Cell key={n} cohort={cohort} after={n} period={period} shows={shows} />
						))}
					</tr>
				))}
			</tbody>
		</table>
	);
}

/** Is there a cell whose period is not over? */
export const hasOpen = ({ cohorts }: Pick<RetentionAnswer, "cohorts">): boolean =>
	cohorts.some(({ values }) => values.some((value) => value !== null && !value.complete));

const WHEN: Record<Period, Intl.DateTimeFormatOptions> = {
	day: { weekday: "short", day: "numeric", month: "short" },
	week: { day: "numeric", month: "short" },
	month: { month: "short", year: "numeric" },
};

/** A cohort's period, by the zone of the answer: the time itself is written in it. */
const cohortLabel = (t: string, period: Period, timeZone: string): string =>
	new Intl.DateTimeFormat("en-GB", { timeZone, ...WHEN[period] }).format(new Date(t));

function Mean({ rate }: { rate: number | null }) {
	if (rate === null) return <td />;
	return (
		<td class="cell" style={{ "--rate": rate }}>
			{brief(rate, "percent")}
		</td>
	);
}

interface CellProps {
	cohort: Cohort;
	after: number;
	period: Period;
	shows: "rate" | "count";
}

function Cell({ cohort: { size, values }, after, period, shows }: CellProps) {
	const value = values[after] ?? null;
	if (value === null || size === 0) return <td />;
	const { rate, count, complete } = value;
	const title = `${full(count, "number")} of ${full(size, "number")} after ${after} ${period}${after === 1 ? "" : "s"}${complete ? "" : ", the period is not over"}`;
	return (
		<td class={`cell${complete ? "" : " open"}`} style={{ "--rate": rate }} title={title}>
			{shows === "rate" ? brief(rate, "percent") : brief(count, "number")}
			{!complete && <span class="sr-only">, so far</span>}
		</td>
	);
}
