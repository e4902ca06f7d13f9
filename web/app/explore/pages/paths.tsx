import { useState } from "preact/hooks";
import type { EventMatch, RawQuestionInput } from "../../../../schema/questions.ts";
import { complete } from "../../filter/model.ts";
import { matchLabel } from "../../filter/words.ts";
import { brief, full } from "../../model/format.ts";
import { askRaw } from "../api.ts";
import { SankeyChart } from "../charts/sankey.tsx";
import { PathsForm } from "../model/forms.ts";
import { pathsTable } from "../model/tables.ts";
import { AnswerCard, DataTable, TableSwitch } from "../parts/answer.tsx";
import { Choice, Count } from "../parts/controls.tsx";
import { MatchEditor } from "../parts/match.tsx";
import { PageHead, QuestionFilters } from "../parts/question.tsx";
import { rangeOf, useAnswer, useExplored, useForm } from "../state.ts";
import { Broken } from "./segmentation.tsx";

type PathsInput = Extract<RawQuestionInput, { kind: "paths" }>;

const DIRECTIONS = [
	["next", "What comes after"],
	["previous", "What came before"],
] as const;
const BY = [
	["page_or_event", "Pages and events"],
	["page", "Pages only"],
	["event", "Event names only"],
] as const;
const WITHIN = [
	["session", "The same session"],
	["visitor", "All visits of a visitor"],
] as const;

const questionOf = (form: PathsForm): PathsInput => ({
	kind: "paths",
	...form,
	anchor: { ...form.anchor, filters: complete(form.anchor.filters) },
	filters: complete(form.filters),
	...rangeOf(),
});

/** The event that a node stands for: pages are page views of their path. */
function anchorOf(label: string, by: PathsForm["by"]): EventMatch {
	const page = by === "page" || (by === "page_or_event" && label.startsWith("/"));
	if (!page) return { event: label, filters: [] };
	return { event: "pageview", filters: [{ dim: "path", op: "in", values: [label] }] };
}

export function Paths() {
	const { segments } = useExplored();
	const { form, change, broken } = useForm(PathsForm);
	const [table, setTable] = useState(false);
	const question = questionOf(form);
	const loaded = useAnswer(question, askRaw<"paths">);
	const { data } = loaded;
	const anchor = matchLabel(form.anchor, segments.nameOf);
	const narrowed = form.filters.length > 0 || form.anchor.filters.length > 0;
	return (
		<>
			<PageHead
				title="Paths"
				lead="What visitors do next, or what brought them here, step by step."
				table={data && (() => pathsTable(data))}
				refresh={loaded.retry}
			/>
			<section class="card ask-form" aria-label="Question">
				<Broken broken={broken} />
				<div class="ask-pair">
					<div>
						<h3>{form.direction === "next" ? "Paths begin with" : "Paths end with"}</h3>
						<MatchEditor match={form.anchor} change={(next) => change({ anchor: next })} label="Anchor" />
					</div>
				</div>
				<div class="ask-row">
					<Choice
						label="Show"
						value={form.direction}
						options={DIRECTIONS}
						change={(direction) => change({ direction })}
					/>
					<Choice label="A step is" value={form.by} options={BY} change={(by) => change({ by })} />
					<Count label="Steps" value={form.depth} min={1} max={10} change={(depth) => change({ depth })} />
					<Count label="Branches" value={form.limit} min={1} max={20} change={(limit) => change({ limit })} />
					<Choice label="Within" value={form.within} options={WITHIN} change={(within) => change({ within })} />
				</div>
				<QuestionFilters filters={form.filters} change={(filters) => change({ filters })} />
			</section>
			<AnswerCard
				label="Answer"
				loaded={loaded}
				skeleton={<SankeySkeleton depth={form.depth} />}
				isEmpty={(answer) => answer.total === 0}
				clear={narrowed ? () => change({ filters: [], anchor: { ...form.anchor, filters: [] } }) : null}
				aside={<TableSwitch table={table} set={setTable} />}
				tools={
					<span class="answer-title">
						{anchor}
						{data && (
							<span class="muted">
								{" "}
								{brief(data.total, "number")} times. Click a step to {form.direction === "next" ? "begin" : "end"}{" "}
								there.
							</span>
						)}
					</span>
				}
			>
				{(answer) =>
					table ? (
						<DataTable
							table={{ ...pathsTable(answer), head: ["Step", "From", "To", "Times"] }}
							label="Paths"
							format={(cell, column) => (column === 3 ? full(Number(cell), "number") : cell)}
						/>
					) : (
						<SankeyChart
							answer={answer}
							anchor={anchor}
							direction={form.direction}
							open={(label) => change({ anchor: anchorOf(label, form.by) }, true)}
						/>
					)
				}
			</AnswerCard>
		</>
	);
}

function SankeySkeleton({ depth }: { depth: number }) {
	return (
		<div class="sankey-skeleton" aria-hidden="true">
			{Array.from({ length: depth + 1 }, (_, i) => (
				<span key={i} class="skeleton" style={{ height: `${100 - i * 8}%` }} />
			))}
		</div>
	);
}
