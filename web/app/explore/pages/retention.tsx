import { useState } from "preact/hooks";
import type { RawQuestionInput } from "../../../../schema/questions.ts";
import { complete } from "../../filter/model.ts";
import { eventLabel } from "../../filter/words.ts";
import { Cohorts } from "../../panels/cohorts.tsx";
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
				{(answer) => (
					// biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
					<section class="table-scroll grid-scroll" tabIndex={0} aria-label="Retention by cohort">
						<Cohorts
							answer={answer}
							period={form.period}
							zone={answer.meta.timezone}
							shows={shown}
							least={LEAST_COLUMNS}
						/>
					</section>
				)}
			</AnswerCard>
		</>
	);
}

/** Periods that nobody has reached yet have no column, but for a few that say that there will be more. */
const LEAST_COLUMNS = 8;

function GridSkeleton() {
	return (
		<div class="grid-skeleton" aria-hidden="true">
			{Array.from({ length: 9 }, (_, i) => (
				<span key={i} class="skeleton" style={{ width: `${100 - i * 8}%` }} />
			))}
		</div>
	);
}
