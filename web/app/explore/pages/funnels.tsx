import { useMemo, useState } from "preact/hooks";
import type { RawAnswer } from "../../../../schema/query.ts";
import type { FunnelDefinition, RawQuestionInput } from "../../../../schema/questions.ts";
import { LineChart } from "../../charts/line.tsx";
import { fieldLabel } from "../../filter/fields.ts";
import { complete } from "../../filter/model.ts";
import { matchLabel } from "../../filter/words.ts";
import { brief } from "../../model/format.ts";
import { seconds, stepOf } from "../../model/join.ts";
import { rangeName } from "../../model/range.ts";
import { pageView } from "../../model/view.ts";
import { FunnelGroups } from "../../panels/funnel-groups.tsx";
import { Icon } from "../../panels/icon.tsx";
import { show, view } from "../../state.ts";
import { askRaw } from "../api.ts";
import { FunnelForm, VisitorsForm, writeForm } from "../model/forms.ts";
import { funnelTable } from "../model/tables.ts";
import { AnswerCard } from "../parts/answer.tsx";
import { FunnelFields } from "../parts/funnel-form.tsx";
import { type DrillDown, FunnelSteps, StepsSkeleton } from "../parts/funnel-steps.tsx";
import { PageHead, QuestionFilters } from "../parts/question.tsx";
import { SaveDialog } from "../parts/save.tsx";
import { SaveToDashboard } from "../parts/save-to-dashboard.tsx";
import { rangeOf, useAnswer, useExplored, useForm } from "../state.ts";
import { Broken } from "./segmentation.tsx";

type FunnelAnswer = RawAnswer<"funnel">;
type FunnelInput = Extract<RawQuestionInput, { kind: "funnel" }>;

const whole = <Match extends { filters: FunnelForm["filters"] }>(match: Match): Match => ({
	...match,
	filters: complete(match.filters),
});

/** What makes it this funnel: what is saved of it. */
const definitionOf = ({ steps, window, order, reentry, exclusions, count }: FunnelForm): FunnelDefinition => ({
	steps: steps.map(whole),
	window,
	order,
	reentry,
	// An exclusion past the last step is of a step that was removed.
	exclusions: exclusions.filter((one) => one.after < steps.length).map(whole),
	count,
});

function questionOf(form: FunnelForm): FunnelInput {
	const { breakdown, interval, limit } = form;
	return {
		kind: "funnel",
		...definitionOf(form),
		filters: complete(form.filters),
		limit,
		...(breakdown ? { breakdown } : {}),
		...(interval ? { interval } : {}),
		...rangeOf(),
	};
}

/** The visitors behind a bar, on their own page. */
function drillDown(form: FunnelForm): DrillDown {
	return (step, outcome) =>
		show({
			...pageView("visitors"),
			range: view.peek().range,
			question: writeForm(VisitorsForm, {
				...VisitorsForm.parse({}),
				filters: form.filters,
				funnel: { ...definitionOf(form), step, outcome },
			}),
		});
}

export function Funnels() {
	const { segments } = useExplored();
	const { form, change, broken } = useForm(FunnelForm);
	const question = questionOf(form);
	const loaded = useAnswer(question, askRaw<"funnel">);
	const { data } = loaded;
	const labels = form.steps.map((step) => matchLabel(step, segments.nameOf));
	const drill = drillDown(form);
	const narrowed = form.filters.length > 0 || form.steps.some((step) => step.filters.length > 0);
	const clear = () => change({ filters: [], steps: form.steps.map((step) => ({ ...step, filters: [] })) });
	return (
		<>
			<PageHead
				title="Funnels"
				lead="How many go from one step to the next, how long it takes, and who does not."
				table={data && (() => funnelTable(data, labels, form.breakdown?.dim ?? null))}
				refresh={loaded.retry}
			>
				<SavedFunnels form={form} change={change} />
				<SaveToDashboard
					kinds={[["funnel", "Funnel"]]}
					panel={() => ({
						kind: "funnel",
						funnel: definitionOf(form),
						filters: complete(form.filters),
						breakdown: form.breakdown?.dim ?? null,
					})}
					title={labels.join(" → ")}
				/>
			</PageHead>
			<section class="card ask-form" aria-label="Question">
				<Broken broken={broken} />
				<FunnelFields form={form} change={change} />
				<QuestionFilters filters={form.filters} change={(filters) => change({ filters })} />
			</section>
			<AnswerCard
				label="Answer"
				loaded={loaded}
				skeleton={<StepsSkeleton count={form.steps.length} />}
				isEmpty={(answer) => !answer.steps[0]?.count}
				clear={narrowed ? clear : null}
				tools={data && <Overall answer={data} count={form.count} />}
			>
				{(answer) => (
					<>
						<FunnelSteps steps={answer.steps} labels={labels} unit={form.count} drill={drill} />
						{answer.groups && form.breakdown && (
							<Breakdown answer={answer} groups={answer.groups} dim={form.breakdown.dim} labels={labels} />
						)}
						{answer.trend && <Trend answer={answer} trend={answer.trend} interval={form.interval ?? "1d"} />}
					</>
				)}
			</AnswerCard>
		</>
	);
}

function Overall({ answer, count }: { answer: FunnelAnswer; count: FunnelForm["count"] }) {
	const last = answer.steps.at(-1);
	if (!last) return null;
	return (
		<span class="answer-title">
			{brief(last.conversion, "percent")} converted
			<span class="muted">
				{" "}
				{brief(last.count, "number")} of {brief(answer.steps[0]?.count ?? null, "number")} {count}
			</span>
		</span>
	);
}

/** The funnel that is saved, and whether it still is what the page shows. */
function SavedFunnels({
	form,
	change,
}: {
	form: FunnelForm;
	change: (next: Partial<FunnelForm>, push?: boolean) => void;
}) {
	const { funnels, segments, canSave } = useExplored();
	const [open, setOpen] = useState(false);
	const [failed, setFailed] = useState("");
	const items = funnels.items.value ?? [];
	const current = items.find((item) => item.id === form.saved);
	const definition = definitionOf(form);
	const changed = current !== undefined && JSON.stringify(current.definition) !== JSON.stringify(definition);
	const update = () => {
		if (!current) return;
		setFailed("");
		funnels.update(current, current.name, definition).catch((error: Error) => setFailed(error.message));
	};
	return (
		<>
			{failed !== "" && (
				<span class="notice bad" role="alert">
					{failed}
				</span>
			)}
			{changed && canSave && (
				<button type="button" class="button small" onClick={update}>
					Update “{current.name}”
				</button>
			)}
			<button type="button" class="button small" onClick={() => setOpen(true)}>
				<Icon name="bookmark" size={14} /> {current ? current.name : "Saved"}
				{current === undefined && items.length > 0 && <span class="muted">{items.length}</span>}
			</button>
			{open && (
				<SaveDialog
					title="Saved funnels"
					kind="funnel"
					shelf={funnels}
					body={definition}
					empty=""
					open={(item) => {
						change({ ...item.definition, saved: item.id }, true);
						setOpen(false);
					}}
					summary={(item) => item.definition.steps.map((step) => matchLabel(step, segments.nameOf)).join(" → ")}
					saved={(item) => change({ saved: item.id })}
					close={() => setOpen(false)}
				/>
			)}
		</>
	);
}

function Breakdown({
	answer,
	groups,
	dim,
	labels,
}: {
	answer: FunnelAnswer;
	groups: NonNullable<FunnelAnswer["groups"]>;
	dim: string;
	labels: readonly string[];
}) {
	return (
		<>
			<h3 class="answer-part">By {fieldLabel(dim).toLowerCase()}</h3>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
			<section class="table-scroll low" tabIndex={0} aria-label={`Conversion by ${fieldLabel(dim)}`}>
				<FunnelGroups whole={answer.steps} groups={groups} dim={dim} labels={labels} bar="share" />
			</section>
		</>
	);
}

function Trend({
	answer,
	trend,
	interval,
}: {
	answer: FunnelAnswer;
	trend: NonNullable<FunnelAnswer["trend"]>;
	interval: string;
}) {
	const { timezone } = answer.meta;
	const line = useMemo(() => {
		const times = trend.map((point) => seconds(point.t));
		const open = times.findIndex((at) => at + stepOf(interval) > Date.now() / 1000);
		return {
			times,
			values: trend.map((point) => point.conversion),
			partial: open < 0 ? times.length : open,
		};
	}, [trend, interval]);
	return (
		<>
			<h3 class="answer-part">
				Conversion over time <span class="muted">by when step 1 was</span>
			</h3>
			<div class="chart-box low">
				<LineChart
					line={line}
					previous={[]}
					unit="percent"
					currency={null}
					zone={timezone}
					interval={interval}
					live={false}
					label={`Conversion, ${rangeName(view.value.range, timezone)}`}
					onBrush={(from, to) => show({ range: { from: from * 1000, to: Math.min(to * 1000, Date.now()) } })}
				/>
			</div>
		</>
	);
}
