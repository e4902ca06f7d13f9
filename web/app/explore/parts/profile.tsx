import { signal } from "@preact/signals";
import { useMemo, useState } from "preact/hooks";
import type { RawAnswer } from "../../../../schema/query.ts";
import type { EventRecord, RawQuestionInput, VisitorRow } from "../../../../schema/questions.ts";
import { fieldLabel } from "../../filter/fields.ts";
import { useLoaded } from "../../loader.ts";
import { brief, full } from "../../model/format.ts";
import { valueLabel } from "../../model/label.ts";
import { rangeName } from "../../model/range.ts";
import { Dialog } from "../../panels/dialog.tsx";
import { Empty, Notice, Problem } from "../../panels/states.tsx";
import { useWorkspace, view } from "../../state.ts";
import { askRaw } from "../api.ts";
import { span } from "../model/duration.ts";
import { type Day, timeline, type Visit } from "../model/timeline.ts";
import { clock, eventDetail, moment, shortId, visitorName } from "../model/words.ts";
import { rangeOf } from "../state.ts";

type Profiled = RawAnswer<"visitor">;

const FIRST = 200;
/** The most that the API gives of one visitor. */
const MOST = 1_000;

/** One visitor: what is known, and what happened when. */
export function Profile({ visitor, close }: { visitor: string; close: () => void }) {
	const { site } = useWorkspace();
	const [limit, setLimit] = useState(FIRST);
	const still = useMemo(() => signal(0), []);
	const question: Extract<RawQuestionInput, { kind: "visitor" }> = { kind: "visitor", visitor, limit, ...rangeOf() };
	const { data, failure, slow, stale, loading, retry } = useLoaded<Profiled>(
		JSON.stringify(question),
		(abort) => askRaw<"visitor">(question, abort),
		still,
	);
	const known = data?.visitor;
	return (
		<Dialog title={known ? visitorName(known) : shortId(visitor)} kind="drawer" close={close}>
			<div class={`profile${stale ? " dim" : ""}`} aria-busy={loading}>
				<Notice failure={data ? failure : null} slow={slow && data !== null} retry={retry} />
				{!data && !failure && <ProfileSkeleton />}
				{!data && failure && <Problem failure={failure} retry={retry} />}
				{data && !known && (
					<Empty title="Not seen in this period">
						<p>Nothing is kept of this visitor in {rangeName(view.value.range, site.zone).toLowerCase()}.</p>
					</Empty>
				)}
				{data && known && (
					<>
						<Facts visitor={known} zone={data.meta.timezone} />
						<Timeline events={data.events} zone={data.meta.timezone} />
						{data.more && limit < MOST && (
							<button type="button" class="button" onClick={() => setLimit(MOST)}>
								Show more
							</button>
						)}
						{data.more && limit >= MOST && <p class="hint">The newest {MOST} events are shown.</p>}
					</>
				)}
			</div>
		</Dialog>
	);
}

function factsOf(visitor: VisitorRow, zone: string, currency: string | null): [string, string][] {
	const all: [string, string][] = [
		["Visitor", visitor.visitor],
		["User", visitor.user_id ?? ""],
		["First seen", moment(visitor.first_seen, zone)],
		["Last seen", moment(visitor.last_seen, zone)],
		["Events", full(visitor.events, "number")],
		["Sessions", full(visitor.sessions, "number")],
		["Value", visitor.value === 0 ? "" : brief(visitor.value, "money", currency)],
		["Place", [visitor.city, valueLabel("country", visitor.country)].filter(Boolean).join(", ")],
		["Device", [visitor.browser, visitor.os, visitor.device].filter(Boolean).join(", ")],
		["Came by", [visitor.referrer, visitor.channel].filter(Boolean).join(", ")],
	];
	const traits = Object.entries(visitor.traits).map(([name, value]): [string, string] => [name, said(value)]);
	return [...all, ...traits].filter(([, value]) => value !== "");
}

/** A prop or a trait: text as it is, anything else as JSON. */
const said = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

function Facts({ visitor, zone }: { visitor: VisitorRow; zone: string }) {
	const { site } = useWorkspace();
	return (
		<dl class="fact-list">
			{factsOf(visitor, zone, site.currency).map(([name, value]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{value}</dd>
				</div>
			))}
		</dl>
	);
}

const dayName = (at: number, zone: string): string =>
	new Intl.DateTimeFormat("en-GB", { timeZone: zone, weekday: "long", day: "numeric", month: "long" }).format(at);

function Timeline({ events, zone }: { events: EventRecord[]; zone: string }) {
	const days = useMemo(() => timeline(events, zone), [events, zone]);
	return (
		<div class="timeline">
			{days.map((day) => (
				<DayOf key={day.at} day={day} zone={zone} />
			))}
		</div>
	);
}

function DayOf({ day, zone }: { day: Day; zone: string }) {
	return (
		<section>
			<h3>{dayName(day.at, zone)}</h3>
			{day.visits.map((visit) => (
				<VisitOf key={visit.from} visit={visit} zone={zone} />
			))}
		</section>
	);
}

function VisitOf({ visit, zone }: { visit: Visit; zone: string }) {
	const count = visit.events.length;
	return (
		<div class="visit">
			<p class="visit-head">
				{count} {count === 1 ? "event" : "events"}
				{visit.to > visit.from && ` in ${span(visit.to - visit.from)}`}
			</p>
			<ol>
				{visit.events.map((event) => (
					<li key={event.id}>
						<EventLine event={event} zone={zone} />
					</li>
				))}
			</ol>
		</div>
	);
}

/** What says that an event did not count as others do. The rest is said where all of an event is. */
const REMARKABLE = new Set(["late", "bot", "clamped"]);

/** One event in a line; all there is of it on request. */
export function EventLine({ event, zone }: { event: EventRecord; zone: string }) {
	return (
		<details class="event-line">
			<summary>
				<time dateTime={event.t}>{clock(event.t, zone)}</time>
				<b class="event-name">{event.name}</b>
				<span class="event-detail">{eventDetail(event)}</span>
				{event.flags
					.filter((flag) => REMARKABLE.has(flag))
					.map((flag) => (
						<span class="event-flag" key={flag}>
							{flag}
						</span>
					))}
			</summary>
			<EventFacts event={event} zone={zone} />
		</details>
	);
}

function EventFacts({ event, zone }: { event: EventRecord; zone: string }) {
	const facts: [string, string][] = [
		["Time", moment(event.t, zone)],
		["Received", moment(event.received_at, zone)],
		["Value", event.value === null ? "" : String(event.value)],
		...Object.entries(event.fields).map(([name, value]): [string, string] => [fieldLabel(name), value]),
		...Object.entries(event.props).map(([name, value]): [string, string] => [name, said(value)]),
		["Flags", event.flags.join(", ")],
		["Id", event.id],
	];
	return (
		<dl class="fact-list">
			{facts
				.filter(([, value]) => value !== "")
				.map(([name, value]) => (
					<div key={name}>
						<dt>{name}</dt>
						<dd>{value}</dd>
					</div>
				))}
		</dl>
	);
}

function ProfileSkeleton() {
	return (
		<div class="list-skeleton" aria-hidden="true">
			{Array.from({ length: 12 }, (_, i) => (
				<span key={i} class="skeleton" />
			))}
		</div>
	);
}
