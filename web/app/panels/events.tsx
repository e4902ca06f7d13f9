import { useState } from "preact/hooks";
import type { BreakdownRow, Filter } from "../../../schema/query.ts";
import { ask } from "../api.ts";
import { useLoaded } from "../loader.ts";
import { declaredLists, type List } from "../model/lists.ts";
import { type Range, rangeQuery } from "../model/range.ts";
import { show, useWorkspace, view } from "../state.ts";
import { Detail } from "./detail.tsx";
import { Rows, RowsSkeleton } from "./rows.tsx";
import { Empty, Notice, Problem } from "./states.tsx";

const SHOWN = 8;
/** A site may have 200 names; each is a question of its own, so only the first are asked, a few at a time. */
const ASKED = 40;
const AT_ONCE = 4;

/** Counts each name, a few questions at a time, largest first. */
async function countEvents(names: readonly string[], range: Range, filters: Filter[], abort: AbortSignal) {
	const { from, to } = rangeQuery(range);
	const waiting = names.slice(0, ASKED);
	const rows: BreakdownRow[] = [];
	const worker = async () => {
		for (let metric = waiting.shift(); metric !== undefined; metric = waiting.shift()) {
			const answer = await ask({ kind: "total", metric, measure: "count", from, to, filters }, abort);
			rows.push({ group: { event: metric }, value: answer.series?.[0]?.total ?? answer.total ?? 0 });
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	return rows.filter((row) => row.value !== 0).sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
}

const eventLists = (name: string, dimensions: readonly string[]): List[] => {
	const counts = { metric: name, measure: "count", unit: "Events", nothing: `No ${name}` } as const;
	return [
		{ ...counts, id: "path", label: "Pages", dim: "path", cube: false },
		{ ...counts, id: "country", label: "Countries", dim: "country", cube: true },
		{ ...counts, id: "device", label: "Devices", dim: "device", cube: true },
		...declaredLists(dimensions).map((list) => ({ ...list, ...counts })),
	];
};

/** Every event name with its count; a click opens what it is made of. */
export function EventsCard() {
	const { metrics, slowTick, site } = useWorkspace();
	const { range, filters } = view.value;
	const [open, setOpen] = useState<string | null>(null);
	const names = metrics.value;
	const { data, failure, slow, stale, loading, retry } = useLoaded(
		JSON.stringify([names, range, filters]),
		(abort) => countEvents(names, range, filters, abort),
		slowTick,
	);
	const total = data?.reduce((sum, row) => sum + (row.value ?? 0), 0) ?? null;
	return (
		<section class="card list-card" aria-label="Events">
			<header class="card-head">
				<h2 class="card-title">Events</h2>
				<span class="grow" />
				<span class="column">Events</span>
			</header>
			<div class={`list-body${stale ? " dim" : ""}`} aria-busy={loading}>
				<Notice failure={data ? failure : null} slow={slow && data !== null} retry={retry} />
				{!data && !failure && <RowsSkeleton count={SHOWN} />}
				{!data && failure && <Problem failure={failure} retry={retry} />}
				{data?.length === 0 && <EmptyEvents filtered={filters.length > 0} />}
				{data && data.length > 0 && (
					<Rows
						rows={data.slice(0, SHOWN)}
						dim="event"
						total={total}
						estimated={false}
						action="Click for what it is made of."
						pressed={() => false}
						click={setOpen}
					/>
				)}
			</div>
			<footer class="card-foot">
				<span class="muted">
					{names.length} {names.length === 1 ? "name" : "names"}
				</span>
			</footer>
			{open !== null && (
				<Detail
					title={open}
					lists={eventLists(open, site.dimensions)}
					chosen="path"
					focus={null}
					close={() => setOpen(null)}
				/>
			)}
		</section>
	);
}

function EmptyEvents({ filtered }: { filtered: boolean }) {
	if (!filtered)
		return (
			<Empty title="No events">
				<p>in this period</p>
			</Empty>
		);
	return (
		<Empty title="All filtered out">
			<button type="button" class="button small" onClick={() => show({ filters: [] })}>
				Clear filters
			</button>
		</Empty>
	);
}
