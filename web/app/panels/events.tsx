import { useState } from "preact/hooks";
import type { BreakdownRow, Filter } from "../../../schema/query.ts";
import { ask } from "../api.ts";
import { useLoaded } from "../loader.ts";
import { declaredLists, type List } from "../model/lists.ts";
import { type Range, rangeQuery } from "../model/range.ts";
import { countsEvents, liveFilters, questionFilters } from "../model/scope.ts";
import { isNarrowed, UNFILTERED, type View } from "../model/view.ts";
import { show, useWorkspace, view } from "../state.ts";
import { Detail } from "./detail.tsx";
import { Meaningless } from "./list.tsx";
import { Rows, RowsSkeleton } from "./rows.tsx";
import { Nothing, Notice, Problem } from "./states.tsx";

const SHOWN = 8;
/** A site may have 200 names; each is a question of its own, so only the first are asked, a few at a time. */
const ASKED = 40;
const MAX_NAMES = 200;
const AT_ONCE = 4;

/** Counts each name, largest first: windows are asked name by name, a few at a time. */
async function countByName(names: readonly string[], range: Range, filters: Filter[], abort: AbortSignal) {
	const waiting = names.slice(0, ASKED);
	const rows: BreakdownRow[] = [];
	const worker = async () => {
		for (let metric = waiting.shift(); metric !== undefined; metric = waiting.shift()) {
			const answer = await ask({ kind: "total", metric, measure: "count", ...rangeQuery(range), filters }, abort);
			rows.push({ group: { event: metric }, value: answer.series?.[0]?.total ?? answer.total ?? 0 });
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	return rows.filter((row) => row.value !== 0).sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
}

/** Raw events are read once for all names. */
async function countTogether({ range, ...narrowing }: View, abort: AbortSignal): Promise<BreakdownRow[]> {
	const names = { kind: "breakdown", metric: "*", measure: "count", limit: MAX_NAMES } as const;
	const filters = questionFilters(narrowing, names.metric);
	const { table = [] } = await ask({ ...names, groupBy: ["name"], ...rangeQuery(range), filters }, abort);
	return table.map(({ group, value }) => ({ group: { event: group.name ?? "" }, value }));
}

const eventLists = (name: string, dimensions: readonly string[]): List[] => {
	const counts = { metric: name, measure: "count", unit: "Events", nothing: `No ${name}` } as const;
	return [
		{ ...counts, id: "path", label: "Pages", dim: "path" },
		{ ...counts, id: "country", label: "Countries", dim: "country" },
		{ ...counts, id: "device", label: "Devices", dim: "device" },
		...declaredLists(dimensions).map((list) => ({ ...list, ...counts })),
	];
};

/** Every event name with its count; a click opens what it is made of. */
export function EventsCard() {
	return (
		<section class="card list-card" aria-label="Events">
			<header class="card-head">
				<h2 class="card-title">Events</h2>
				<span class="grow" />
				<span class="column">Events</span>
			</header>
			{countsEvents(view.value) ? <EventsBody /> : <Meaningless label="Events" />}
		</section>
	);
}

function EventsBody() {
	const { metrics, slowTick, site } = useWorkspace();
	const { range } = view.value;
	const filters = liveFilters(view.value, site.dimensions);
	const [open, setOpen] = useState<string | null>(null);
	const [whole, setWhole] = useState(false);
	const names = metrics.value;
	const { data, failure, slow, stale, loading, retry } = useLoaded(
		JSON.stringify([names, range, view.value.filters, view.value.segments]),
		(abort) => (filters ? countByName(names, range, filters, abort) : countTogether(view.value, abort)),
		slowTick,
	);
	const total = data?.reduce((sum, row) => sum + (row.value ?? 0), 0) ?? null;
	return (
		<>
			<div class={`list-body${stale ? " dim" : ""}`} aria-busy={loading}>
				<Notice failure={data ? failure : null} slow={slow && data !== null} retry={retry} />
				{!data && !failure && <RowsSkeleton count={SHOWN} />}
				{!data && failure && <Problem failure={failure} retry={retry} />}
				{data?.length === 0 && (
					<Nothing clear={isNarrowed(view.value) ? () => show(UNFILTERED) : null} title="No events">
						<p>in this period</p>
					</Nothing>
				)}
				{data && data.length > 0 && (
					<Rows
						rows={whole ? data : data.slice(0, SHOWN)}
						dim="event"
						total={total}
						action="Click for what it is made of."
						pressed={() => false}
						click={setOpen}
					/>
				)}
			</div>
			<footer class="card-foot">
				{data && data.length > SHOWN && (
					<button type="button" class="quiet" aria-expanded={whole} onClick={() => setWhole(!whole)}>
						{whole ? "Show fewer" : `See all ${data.length}`}
					</button>
				)}
				{filters && names.length > ASKED && (
					<span class="muted">
						the first {ASKED} of {names.length} names
					</span>
				)}
			</footer>
			{open !== null && (
				<Detail title={open} lists={eventLists(open, site.dimensions)} chosen="path" close={() => setOpen(null)} />
			)}
		</>
	);
}
