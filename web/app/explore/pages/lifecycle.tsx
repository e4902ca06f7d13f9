import { useState } from "preact/hooks";
import type { RawQuestionInput } from "../../../../schema/questions.ts";
import { bucketLabel } from "../../charts/axes.ts";
import { EventSelect } from "../../filter/event.tsx";
import { complete } from "../../filter/model.ts";
import { full } from "../../model/format.ts";
import { seconds } from "../../model/join.ts";
import { askRaw } from "../api.ts";
import { LifecycleBars, LifecycleLegend } from "../charts/lifecycle.tsx";
import { LifecycleForm } from "../model/forms.ts";
import { lifecycleTable } from "../model/tables.ts";
import { AnswerCard, DataTable, TableSwitch } from "../parts/answer.tsx";
import { Choice, Labelled } from "../parts/controls.tsx";
import { PageHead, QuestionFilters } from "../parts/question.tsx";
import { rangeOf, useAnswer, useForm } from "../state.ts";
import { Broken } from "./segmentation.tsx";

type LifecycleInput = Extract<RawQuestionInput, { kind: "lifecycle" }>;

const INTERVALS = [
	["1d", "Day"],
	["1w", "Week"],
	["1M", "Month"],
] as const;

const questionOf = (form: LifecycleForm): LifecycleInput => ({
	kind: "lifecycle",
	...form,
	filters: complete(form.filters),
	...rangeOf(),
});

export function Lifecycle() {
	const { form, change, broken } = useForm(LifecycleForm);
	const [table, setTable] = useState(false);
	const question = questionOf(form);
	const loaded = useAnswer(question, askRaw<"lifecycle">);
	const { data } = loaded;
	return (
		<>
			<PageHead
				title="Lifecycle"
				lead="Who is new, who stays, who comes back after a pause, and who went quiet."
				table={data && (() => lifecycleTable(data))}
				refresh={loaded.retry}
			/>
			<section class="card ask-form" aria-label="Question">
				<Broken broken={broken} />
				<div class="ask-row">
					<Labelled label="Active means">
						<EventSelect event={form.event} change={(event) => change({ event })} label="Event of active visitors" />
					</Labelled>
					<Choice label="Every" value={form.interval} options={INTERVALS} change={(interval) => change({ interval })} />
				</div>
				<QuestionFilters filters={form.filters} change={(filters) => change({ filters })} />
			</section>
			<AnswerCard
				label="Answer"
				loaded={loaded}
				skeleton={
					<div class="chart-box">
						<div class="skeleton chart" />
					</div>
				}
				isEmpty={(answer) => answer.points.every((p) => p.new + p.returning + p.resurrecting + p.dormant === 0)}
				clear={form.filters.length > 0 ? () => change({ filters: [] }) : null}
				aside={<TableSwitch table={table} set={setTable} />}
				tools={<LifecycleLegend />}
			>
				{(answer) =>
					table ? (
						<DataTable
							table={{ ...lifecycleTable(answer), head: ["From", "New", "Returning", "Resurrecting", "Dormant"] }}
							label="Lifecycle"
							format={(cell, column) =>
								column === 0
									? bucketLabel(seconds(String(cell)), form.interval, answer.meta.timezone)
									: full(Number(cell), "number")
							}
						/>
					) : (
						<LifecycleBars points={answer.points} interval={form.interval} zone={answer.meta.timezone} />
					)
				}
			</AnswerCard>
		</>
	);
}
