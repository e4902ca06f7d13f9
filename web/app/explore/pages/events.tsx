import { useEffect, useMemo } from "preact/hooks";
import type { RawQuestionInput } from "../../../../schema/questions.ts";
import { complete } from "../../filter/model.ts";
import { pageView } from "../../model/view.ts";
import { Icon } from "../../panels/icon.tsx";
import { Mark } from "../../panels/mark.tsx";
import { Nothing, Notice, Problem } from "../../panels/states.tsx";
import { show, useWorkspace } from "../../state.ts";
import { askRaw } from "../api.ts";
import { Follower, type Following } from "../follow.ts";
import { EventsForm, VisitorsForm, writeForm } from "../model/forms.ts";
import { eventsTable } from "../model/tables.ts";
import { shortId } from "../model/words.ts";
import { EventLine } from "../parts/profile.tsx";
import { PageHead, QuestionFilters } from "../parts/question.tsx";
import { useForm } from "../state.ts";
import { Broken } from "./segmentation.tsx";
import { Face } from "./visitors.tsx";

type EventsInput = Extract<RawQuestionInput, { kind: "events" }>;

/** Follows the events of a question while the page is in sight. */
function useFollower(question: EventsInput): Follower {
	const asked = JSON.stringify(question);
	// `asked` names all of the question
	const follower = useMemo(
		() => new Follower((after, abort) => askRaw<"events">(after === null ? question : { ...question, after }, abort)),
		[asked],
	);
	useEffect(() => {
		const onSight = () => (document.hidden ? follower.stop() : follower.start());
		onSight();
		document.addEventListener("visibilitychange", onSight);
		return () => {
			document.removeEventListener("visibilitychange", onSight);
			follower.stop();
		};
	}, [follower]);
	return follower;
}

export function Events() {
	const { form, change, broken } = useForm(EventsForm);
	const follower = useFollower({ kind: "events", filters: complete(form.filters) });
	const following = follower.state.value;
	const { stream, failure, paused } = following;
	return (
		<>
			<PageHead
				title="Live events"
				lead="Every event as it arrives: to see that tracking works, and what it sends."
				table={stream.events.length > 0 ? () => eventsTable(stream.events) : null}
			>
				<button type="button" class="button small" aria-pressed={paused} onClick={() => follower.pause(!paused)}>
					<Icon name={paused ? "play" : "pause"} size={14} /> {paused ? "Go on" : "Pause"}
				</button>
			</PageHead>
			<section class="card ask-form" aria-label="Question">
				<Broken broken={broken} />
				<QuestionFilters filters={form.filters} change={(filters) => change({ filters })} />
			</section>
			<section class="card answer" aria-label="Events">
				<div class="answer-tools">
					<span class="answer-title">
						<i class={`pulse${paused || failure ? "" : " on"}`} /> {paused ? "Paused" : "As they arrive"}
					</span>
					{stream.leftOut > 0 && (
						<span class="muted">
							{stream.leftOut.toLocaleString("en")} more were left out: at most 20 a second are shown
						</span>
					)}
					<span class="grow" />
					<Notice failure={stream.events.length > 0 ? failure : null} slow={false} retry={follower.retry} />
				</div>
				<Stream
					following={following}
					retry={follower.retry}
					clear={form.filters.length > 0 ? () => change({ filters: [] }) : null}
				/>
			</section>
		</>
	);
}

function Stream({
	following: { stream, failure, waiting },
	retry,
	clear,
}: {
	following: Following;
	retry: () => void;
	clear: (() => void) | null;
}) {
	const { site } = useWorkspace();
	if (stream.events.length === 0) {
		if (failure) return <Problem failure={failure} retry={retry} />;
		if (waiting) return <StreamSkeleton />;
		return (
			<Nothing clear={clear} filtered="No event of the last 15 minutes fits the filters." title="Quiet">
				<p>No event in the last 15 minutes.</p>
			</Nothing>
		);
	}
	return (
		<ol class="stream">
			{stream.events.map((event) => (
				<li key={event.id} class={stream.fresh.has(event.id) ? "fresh" : ""}>
					<EventLine event={event} zone={site.zone} />
					<span class="event-who">
						{event.fields.country && <Mark dim="country" value={event.fields.country} />}
						<button
							type="button"
							class="visitor-name"
							aria-label={`Profile of visitor ${shortId(event.visitor)}`}
							onClick={() => openVisitor(event.visitor)}
						>
							<Face visitor={event.visitor} /> {shortId(event.visitor)}
						</button>
					</span>
				</li>
			))}
		</ol>
	);
}

const openVisitor = (visitor: string): void =>
	show({ ...pageView("visitors"), question: writeForm(VisitorsForm, { ...VisitorsForm.parse({}), visitor }) });

function StreamSkeleton() {
	return (
		<div class="list-skeleton" aria-hidden="true">
			{Array.from({ length: 10 }, (_, i) => (
				<span key={i} class="skeleton" />
			))}
		</div>
	);
}
