import { useState } from "preact/hooks";
import type { RawAnswer } from "../../../../schema/query.ts";
import type { RawQuestionInput } from "../../../../schema/questions.ts";
import { complete } from "../../filter/model.ts";
import { eventLabel } from "../../filter/words.ts";
import { brief, full } from "../../model/format.ts";
import { askRaw } from "../api.ts";
import { RetentionForm } from "../model/forms.ts";
import { retentionTable } from "../model/tables.ts";
import { AnswerCard } from "../parts/answer.tsx";
import { Choice, Count, Switch } from "../parts/controls.tsx";
import { MatchEditor } from "../parts/match.tsx";
import { PageHead, QuestionFilters } from "../parts/question.tsx";
import { SaveToDashboard } from "../parts/save-to-dashboard.tsx";
import { rangeOf, useAnswer, useForm } from "../state.ts";
import { Broken } from "./segmentation.tsx";

type Retained = RawAnswer<"retention">;
type RetentionInput = Extract<RawQuestionInput, { kind: "retention" }>;

const MODES = [
	["first", "First time only"],
	["recurring", "Every time"],
] as const;
const PERIODS = [
	["day", "Day"],
	["week", "Week"],
	["month", "Month"],
] as const;
const ON = [
	["on", "In that period"],
	["on_or_after", "In that period or later"],
] as const;
const MOST_PERIODS = 90;

const questionOf = (form: RetentionForm): RetentionInput => ({
	kind: "retention",
	...form,
	start: { ...form.start, filters: complete(form.start.filters) },
	return: { ...form.return, filters: complete(form.return.filters) },
	filters: complete(form.filters),
	...rangeOf(),
});

export function Retention() {
	const { form, change, broken } = useForm(RetentionForm);
	const [shown, setShown] = useState<"rate" | "count">("rate");
	const question = questionOf(form);
	const loaded = useAnswer(question, askRaw<"retention">);
	const { data } = loaded;
	const narrowed = [form.filters, form.start.filters, form.return.filters].some((filters) => filters.length > 0);
	const clear = () =>
		change({ filters: [], start: { ...form.start, filters: [] }, return: { ...form.return, filters: [] } });
	return (
		<>
			<PageHead
				title="Retention"
				lead="Of those who began in a period, how many came back in the periods after."
				table={data && (() => retentionTable(data, form.period))}
				refresh={loaded.retry}
			>
				<SaveToDashboard
					kinds={[["retention", "Retention"]]}
					panel={() => {
						const { start, return: back, mode, period, periods, on, filters } = question;
						return { kind: "retention", start, return: back, mode, period, periods, on, filters };
					}}
					title={`Retention: ${eventLabel(form.start.event)} → ${eventLabel(form.return.event)}`}
				/>
			</PageHead>
			<section class="card ask-form" aria-label="Question">
				<Broken broken={broken} />
				<div class="ask-pair">
					<div>
						<h3>They begin with</h3>
						<MatchEditor match={form.start} change={(start) => change({ start })} label="Start event" />
					</div>
					<div>
						<h3>and come back with</h3>
						<MatchEditor match={form.return} change={(next) => change({ return: next })} label="Return event" />
					</div>
				</div>
				<div class="ask-row">
					<Choice label="Cohorts" value={form.mode} options={MODES} change={(mode) => change({ mode })} />
					<Choice label="Every" value={form.period} options={PERIODS} change={(period) => change({ period })} />
					<Count
						label="Periods"
						value={form.periods}
						min={1}
						max={MOST_PERIODS}
						change={(periods) => change({ periods })}
					/>
					<Choice label="Came back" value={form.on} options={ON} change={(on) => change({ on })} />
				</div>
				<QuestionFilters filters={form.filters} change={(filters) => change({ filters })} />
			</section>
			<AnswerCard
				label="Answer"
				loaded={loaded}
				skeleton={<GridSkeleton />}
				isEmpty={(answer) => answer.cohorts.every((cohort) => cohort.size === 0)}
				clear={narrowed ? clear : null}
				tools={
					<>
						<Switch
							label="Cells show"
							value={shown}
							options={[
								["rate", "Share"],
								["count", "Visitors"],
							]}
							change={setShown}
						/>
						<span class="legend open-cells">
							<i class="swatch open" /> the period is not over
						</span>
					</>
				}
			>
				{(answer) => <Grid answer={answer} period={form.period} shown={shown} />}
			</AnswerCard>
		</>
	);
}

const LEAST_COLUMNS = 8;

/** A cohort's period, by the zone of the answer: the time itself is written in it. */
function cohortLabel(t: string, period: RetentionForm["period"], zone: string): string {
	const date = new Date(t);
	if (period === "month")
		return new Intl.DateTimeFormat("en-GB", { timeZone: zone, month: "short", year: "numeric" }).format(date);
	return new Intl.DateTimeFormat("en-GB", { timeZone: zone, weekday: "short", day: "numeric", month: "short" }).format(
		date,
	);
}

function Grid({
	answer,
	period,
	shown,
}: {
	answer: Retained;
	period: RetentionForm["period"];
	shown: "rate" | "count";
}) {
	// Before anybody came there is nothing to come back from.
	const cohorts = answer.cohorts.slice(answer.cohorts.findIndex((cohort) => cohort.size > 0));
	// Periods that nobody has reached yet have no column, but for a few that say that there will be more.
	const reached = cohorts.map((cohort) => cohort.values.findLastIndex((value) => value !== null) + 1);
	const asked = Math.max(1, ...cohorts.map((cohort) => cohort.values.length));
	const columns = Math.min(asked, Math.max(LEAST_COLUMNS, ...reached));
	const numbers = Array.from({ length: columns }, (_, n) => n);
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
		<section class="table-scroll grid-scroll" tabIndex={0} aria-label="Retention by cohort">
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
						<td>
							{brief(
								answer.cohorts.reduce((sum, { size }) => sum + size, 0),
								"number",
							)}
						</td>
						{numbers.map((n) => (
							<Cell key={n} rate={answer.mean[n] ?? null} text={brief(answer.mean[n] ?? null, "percent")} />
						))}
					</tr>
					{cohorts.map(({ t, size, values }) => (
						<tr key={t}>
							<th scope="row">{cohortLabel(t, period, answer.meta.timezone)}</th>
							<td>{brief(size, "number")}</td>
							{numbers.map((n) => {
								const value = values[n] ?? null;
								if (value === null || size === 0) return <td key={n} class="none" />;
								return (
									<Cell
										key={n}
										rate={value.rate}
										open={!value.complete}
										text={shown === "rate" ? brief(value.rate, "percent") : brief(value.count, "number")}
										title={`${full(value.count, "number")} of ${full(size, "number")} after ${n} ${period}${n === 1 ? "" : "s"}${value.complete ? "" : ", the period is not over"}`}
									/>
								);
							})}
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}

function Cell({
	rate,
	text,
	title,
	open = false,
}: {
	rate: number | null;
	text: string;
	title?: string;
	open?: boolean;
}) {
	if (rate === null) return <td class="none" />;
	return (
		<td class={`cell${open ? " open" : ""}`} style={{ "--rate": rate }} title={title}>
			{text}
			{open && <span class="sr-only">, so far</span>}
		</td>
	);
}

function GridSkeleton() {
	return (
		<div class="grid-skeleton" aria-hidden="true">
			{Array.from({ length: 9 }, (_, i) => (
				<span key={i} class="skeleton" style={{ width: `${100 - i * 8}%` }} />
			))}
		</div>
	);
}
