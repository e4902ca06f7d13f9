import { useState } from "preact/hooks";
import type { Answer, Filter, QueryInput } from "../../../schema/query.ts";
import { ask } from "../api.ts";
import { type Loaded, useLoaded } from "../loader.ts";
import { dimLabel } from "../model/label.ts";
import type { Card, List } from "../model/lists.ts";
import { type Range, rangeQuery } from "../model/range.ts";
import { shownRows, topRows } from "../model/rows.ts";
import { isFiltered, toggleFilter } from "../model/view.ts";
import { show, useWorkspace, view } from "../state.ts";
import { Detail } from "./detail.tsx";
import { Icon } from "./icon.tsx";
import { Rows, RowsSkeleton } from "./rows.tsx";
import { Empty, Notice, Problem } from "./states.tsx";
import { Tabs } from "./tabs.tsx";

/** Rows of a card; the rest is one click away. */
const CARD_ROWS = 8;

export function breakdown(list: List, range: Range, filters: readonly Filter[], limit: number): QueryInput {
	const { from, to } = rangeQuery(range);
	return {
		kind: "breakdown",
		metric: list.metric,
		measure: list.measure,
		from,
		to,
		filters: [...filters],
		groupBy: [list.dim],
		limit,
	};
}

/** A card of breakdowns, one a tab. */
export function ListCard({ card, wide }: { card: Card; wide: boolean }) {
	const [open, setOpen] = useState<{ focus: string | null } | null>(null);
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
				<span class="column">{list.unit}</span>
			</header>
			<ListBody key={list.id} list={list} open={(focus) => setOpen({ focus })} />
			<footer class="card-foot">
				<button
					type="button"
					class="quiet"
					aria-label={`See all ${list.label.toLowerCase()}`}
					onClick={() => setOpen({ focus: null })}
				>
					See all <Icon name="arrow" size={14} />
				</button>
			</footer>
			{open && (
				<Detail title={card.title} lists={card.lists} chosen={list.id} focus={open.focus} close={() => setOpen(null)} />
			)}
		</section>
	);
}

function ListBody({ list, open }: { list: List; open: (focus: string) => void }) {
	const { tick } = useWorkspace();
	const { range, filters } = view.value;
	// Open dimensions are kept beside the cube: until the archive answers they cannot be filtered, only shown whole.
	const [whole, setWhole] = useState(false);
	const blocked = !list.cube && filters.length > 0;
	const query = breakdown(list, range, blocked && whole ? [] : filters, CARD_ROWS);
	const loaded = useLoaded<Answer | null>(
		JSON.stringify(query),
		(abort) => (blocked && !whole ? Promise.resolve(null) : ask(query, abort)),
		tick,
	);
	if (blocked && !whole) return <Unfilterable list={list} filters={filters} showWhole={() => setWhole(true)} />;
	return (
		<div class={`list-body${loaded.stale ? " dim" : ""}`} aria-busy={loaded.loading}>
			{blocked && <p class="unfiltered">Whole site, without the filters</p>}
			<ListRows list={list} loaded={loaded} filters={filters} open={open} />
		</div>
	);
}

function ListRows({
	list,
	loaded,
	filters,
	open,
}: {
	list: List;
	loaded: Loaded<Answer | null> & { retry: () => void };
	filters: Filter[];
	open: (focus: string) => void;
}) {
	const { data, failure, slow, retry } = loaded;
	if (!data) {
		if (failure) return <Problem failure={failure} retry={retry} />;
		return <RowsSkeleton count={CARD_ROWS} />;
	}
	const rows = topRows(shownRows(data, list.dim, list.measure), list.dim, CARD_ROWS);
	return (
		<>
			<Notice failure={failure} slow={slow} retry={retry} />
			{rows.length === 0 ? (
				<Nothing list={list} filtered={filters.length > 0} />
			) : (
				<Rows
					rows={rows}
					dim={list.dim}
					total={data.total ?? null}
					estimated={list.measure === "uniques" && !data.meta.exact}
					action={list.cube ? "Click to filter everything by it." : "Click for the whole list."}
					pressed={(value) => list.cube && isFiltered(filters, list.dim, value)}
					click={(value) => (list.cube ? show({ filters: toggleFilter(filters, list.dim, value) }) : open(value))}
				/>
			)}
		</>
	);
}

function Nothing({ list, filtered }: { list: List; filtered: boolean }) {
	if (!filtered)
		return (
			<Empty title={list.nothing}>
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

function Unfilterable({ list, filters, showWhole }: { list: List; filters: Filter[]; showWhole: () => void }) {
	const names = [...new Set(filters.map((filter) => dimLabel(filter.dim).toLowerCase()))].join(" and ");
	return (
		<div class="list-body">
			<Empty title={`Not kept by ${names}`}>
				<p>{list.label} are counted for the whole site only.</p>
				<button type="button" class="button small" onClick={showWhole}>
					Show whole site
				</button>
			</Empty>
		</div>
	);
}
