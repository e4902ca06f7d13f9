import { useState } from "preact/hooks";
import type { Answer, BreakdownRow, QueryInput } from "../../../schema/query.ts";
import { ask } from "../api.ts";
import { type Loaded, useLoaded } from "../loader.ts";
import type { Card, List } from "../model/lists.ts";
import { rangeQuery } from "../model/range.ts";
import { shownRows, topRows } from "../model/rows.ts";
import { listUnder, questionFilters } from "../model/scope.ts";
import { isFiltered, isNarrowed, toggleFilter, UNFILTERED, type View } from "../model/view.ts";
import { show, useWorkspace, view } from "../state.ts";
import { Detail } from "./detail.tsx";
import { Icon } from "./icon.tsx";
import { Rows, RowsSkeleton } from "./rows.tsx";
import { Empty, Nothing, Notice, Problem } from "./states.tsx";
import { Tabs } from "./tabs.tsx";

/** Rows of a card; the rest is one click away. */
const CARD_ROWS = 8;

/** The question of a list; null where the filters have no meaning for it. */
export function breakdown(whole: List, { range, ...narrowing }: View, limit: number): QueryInput | null {
	const list = listUnder(whole, narrowing);
	if (!list) return null;
	return {
		kind: "breakdown",
		metric: list.metric,
		measure: list.measure,
		// With its interval, since that decides where the range begins: the same for lists and figures.
		...rangeQuery(range),
		filters: questionFilters(narrowing, list.metric),
		groupBy: [list.dim],
		limit,
	};
}

/** A card of breakdowns, one a tab. */
export function ListCard({ card, wide }: { card: Card; wide: boolean }) {
	const [open, setOpen] = useState(false);
	const { tabs } = view.value;
	const list = card.lists.find((l) => l.id === tabs[card.id]) ?? card.lists[0];
	if (!list) return null;
	return (
		<section class={`card list-card${wide ? " wide" : ""}`} aria-label={card.title}>
			<header class="card-head">
				<Tabs
					tabs={card.lists}
					chosen={list.id}
					label={card.title}
					choose={(id) => show({ tabs: { ...tabs, [card.id]: id } }, true)}
				/>
				<span class="grow" />
				<span class="column">{listUnder(list, view.value)?.unit}</span>
			</header>
			<ListBody key={list.id} whole={list} open={() => setOpen(true)} />
			{open && <Detail title={card.title} lists={card.lists} chosen={list.id} close={() => setOpen(false)} />}
		</section>
	);
}

function ListBody({ whole, open }: { whole: List; open: () => void }) {
	const { tick } = useWorkspace();
	const list = listUnder(whole, view.value);
	const query = breakdown(whole, view.value, CARD_ROWS);
	const loaded = useLoaded<Answer | null>(
		JSON.stringify(query),
		(abort) => (query ? ask(query, abort) : Promise.resolve(null)),
		tick,
	);
	if (!list) return <Meaningless label={whole.label} />;
	const all = loaded.data ? shownRows(loaded.data, list.dim, list.measure) : [];
	const rows = topRows(all, list.dim, CARD_ROWS);
	return (
		<>
			<div class={`list-body${loaded.stale ? " dim" : ""}`} aria-busy={loaded.loading}>
				<ListRows list={list} loaded={loaded} rows={rows} />
			</div>
			<footer class="card-foot">
				{all.length > rows.length && (
					<button type="button" class="quiet" aria-label={`See all ${list.label.toLowerCase()}`} onClick={open}>
						See all <Icon name="arrow" size={14} />
					</button>
				)}
			</footer>
		</>
	);
}

function ListRows({
	list,
	loaded,
	rows,
}: {
	list: List;
	loaded: Loaded<Answer | null> & { retry: () => void };
	rows: BreakdownRow[];
}) {
	const { filters } = view.value;
	const { data, failure, slow, retry } = loaded;
	if (!data) {
		if (failure) return <Problem failure={failure} retry={retry} />;
		return <RowsSkeleton count={CARD_ROWS} />;
	}
	return (
		<>
			<Notice failure={failure} slow={slow} retry={retry} />
			{rows.length === 0 ? (
				<Nothing clear={isNarrowed(view.value) ? () => show(UNFILTERED) : null} title={list.nothing}>
					<p>in this period</p>
				</Nothing>
			) : (
				<Rows
					rows={rows}
					dim={list.dim}
					total={data.total ?? null}
					{...(list.measure === "uniques" && !data.meta.exact && { error: data.meta.error })}
					action="Click to filter everything by it."
					pressed={(value) => isFiltered(filters, list.dim, value)}
					click={(value) => show({ filters: toggleFilter(filters, list.dim, value) })}
				/>
			)}
		</>
	);
}

/** Counts of events under a filter that only sessions know. */
export function Meaningless({ label }: { label: string }) {
	return (
		<div class="list-body">
			<Empty title="Not by entry page">
				<p>{label} are counted by event, and only a session has an entry page.</p>
			</Empty>
		</div>
	);
}
