import type { RawQuestionInput, VisitorRow } from "../../../../schema/questions.ts";
import { complete } from "../../filter/model.ts";
import { matchLabel } from "../../filter/words.ts";
import { brief, full } from "../../model/format.ts";
import { valueLabel } from "../../model/label.ts";
import { pageView } from "../../model/view.ts";
import { Icon } from "../../panels/icon.tsx";
import { Mark } from "../../panels/mark.tsx";
import { show, useWorkspace, view } from "../../state.ts";
import { askRaw } from "../api.ts";
import { FunnelForm, VisitorsForm, writeForm } from "../model/forms.ts";
import { visitorsTable } from "../model/tables.ts";
import { ago, moment, visitorName } from "../model/words.ts";
import { AnswerCard } from "../parts/answer.tsx";
import { Choice, Count } from "../parts/controls.tsx";
import { Profile } from "../parts/profile.tsx";
import { PageHead, QuestionFilters } from "../parts/question.tsx";
import { rangeOf, useAnswer, useExplored, useForm } from "../state.ts";
import { Broken } from "./segmentation.tsx";

type VisitorsInput = Extract<RawQuestionInput, { kind: "visitors" }>;

const SORTS = [
	["last_seen", "Seen last"],
	["first_seen", "First seen"],
	["events", "Most events"],
] as const;
const MOST = 500;

function questionOf({ visitor: _, filters, funnel, sort, limit }: VisitorsForm): VisitorsInput {
	return { kind: "visitors", filters: complete(filters), sort, limit, ...(funnel ? { funnel } : {}), ...rangeOf() };
}

export function Visitors() {
	const { form, change, broken } = useForm(VisitorsForm);
	const question = questionOf(form);
	const loaded = useAnswer(question, askRaw<"visitors">);
	const { data } = loaded;
	return (
		<>
			<PageHead
				title="Visitors"
				lead="Who they are, as far as they said, and what each of them did."
				table={data && (() => visitorsTable(data.visitors))}
				refresh={loaded.retry}
			/>
			<section class="card ask-form" aria-label="Question">
				<Broken broken={broken} />
				{form.funnel && (
					<OfFunnel funnel={form.funnel} drop={() => change({ funnel: undefined })} filters={form.filters} />
				)}
				<div class="ask-row">
					<Choice label="Order" value={form.sort} options={SORTS} change={(sort) => change({ sort })} />
					<Count label="At most" value={form.limit} min={1} max={MOST} change={(limit) => change({ limit })} />
				</div>
				<QuestionFilters filters={form.filters} change={(filters) => change({ filters })} />
			</section>
			<AnswerCard
				label="Answer"
				loaded={loaded}
				skeleton={<ListSkeleton />}
				isEmpty={(answer) => answer.visitors.length === 0}
				clear={form.filters.length > 0 || form.funnel ? () => change({ filters: [], funnel: undefined }) : null}
				tools={
					data && (
						<span class="answer-title">
							{full(data.total, "number")} {data.total === 1 ? "visitor" : "visitors"}
							{data.total > data.visitors.length && (
								<span class="muted"> the first {data.visitors.length} are shown</span>
							)}
						</span>
					)
				}
			>
				{(answer) => (
					<List visitors={answer.visitors} zone={answer.meta.timezone} open={(visitor) => change({ visitor }, true)} />
				)}
			</AnswerCard>
			{form.visitor && <Profile visitor={form.visitor} close={() => change({ visitor: undefined }, true)} />}
		</>
	);
}

const OUTCOMES = {
	reached: "reached step",
	dropped: "dropped after step",
	in_progress: "are still in progress after step",
} as const;

/** Which bar of a funnel these are the visitors of, and the way back to it. */
function OfFunnel({
	funnel,
	filters,
	drop,
}: {
	funnel: NonNullable<VisitorsForm["funnel"]>;
	filters: VisitorsForm["filters"];
	drop: () => void;
}) {
	const { segments } = useExplored();
	const { step, outcome, ...definition } = funnel;
	const at = definition.steps[step - 1];
	const back = () =>
		show({
			...pageView("funnels"),
			range: view.peek().range,
			question: writeForm(FunnelForm, { ...FunnelForm.parse({}), ...definition, filters }),
		});
	return (
		<p class="of-funnel">
			<span>
				Those who {OUTCOMES[outcome]} {step}, <b>{at ? matchLabel(at, segments.nameOf) : ""}</b>
			</span>
			<button type="button" class="quiet" onClick={back}>
				Back to the funnel
			</button>
			<button type="button" class="icon-button small" aria-label="All visitors" onClick={drop}>
				<Icon name="close" size={14} />
			</button>
		</p>
	);
}

function List({ visitors, zone, open }: { visitors: VisitorRow[]; zone: string; open: (visitor: string) => void }) {
	const { site } = useWorkspace();
	const worth = visitors.some((visitor) => visitor.value !== 0);
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
		<section class="table-scroll visitors" tabIndex={0} aria-label="Visitors">
			<table>
				<thead>
					<tr>
						<th scope="col">Visitor</th>
						<th scope="col" class="text">
							Last seen
						</th>
						<th scope="col">Events</th>
						<th scope="col">Sessions</th>
						{worth && <th scope="col">Value</th>}
						<th scope="col" class="text">
							From
						</th>
						<th scope="col" class="text">
							With
						</th>
						<th scope="col" class="text">
							Came by
						</th>
						<th scope="col" class="text">
							Last page
						</th>
					</tr>
				</thead>
				<tbody>
					{visitors.map((row) => (
						<tr key={row.visitor} onClick={() => open(row.visitor)}>
							<th scope="row">
								<button type="button" class="visitor-name" onClick={() => open(row.visitor)}>
									<Face visitor={row.visitor} /> {visitorName(row)}
								</button>
							</th>
							<td class="text" title={moment(row.last_seen, zone)}>
								{ago(row.last_seen, Date.now())}
							</td>
							<td>{brief(row.events, "number")}</td>
							<td>{brief(row.sessions, "number")}</td>
							{worth && <td>{row.value === 0 ? "" : brief(row.value, "money", site.currency)}</td>}
							<td class="text">
								<span class="place">
									<Mark dim="country" value={row.country} /> {row.city || valueLabel("country", row.country)}
								</span>
							</td>
							<td class="text">{[row.browser, row.os].filter(Boolean).join(", ")}</td>
							<td class="text">{row.referrer || row.channel}</td>
							<td class="text path">{row.last_path}</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}

/** A colour to know somebody again by; the name says who it is. */
export const Face = ({ visitor }: { visitor: string }) => (
	<i class="face" aria-hidden="true" style={{ "--turn": `${Number.parseInt(visitor.slice(0, 4), 16) % 360}` }} />
);

function ListSkeleton() {
	return (
		<div class="list-skeleton" aria-hidden="true">
			{Array.from({ length: 10 }, (_, i) => (
				<span key={i} class="skeleton" />
			))}
		</div>
	);
}
