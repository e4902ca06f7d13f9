import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Answer } from "../../../schema/query.ts";
import { ask } from "../api.ts";
import { useLoaded } from "../loader.ts";
import { dimLabel, valueLabel } from "../model/label.ts";
import type { List } from "../model/lists.ts";
import { rangeName } from "../model/range.ts";
import { shownRows } from "../model/rows.ts";
import { listUnder } from "../model/scope.ts";
import { isFiltered, toggleFilter } from "../model/view.ts";
import { show, useWorkspace, view } from "../state.ts";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icon.tsx";
import { breakdown, Meaningless } from "./list.tsx";
import { Rows, RowsSkeleton } from "./rows.tsx";
import { Empty, Notice, Problem } from "./states.tsx";
import { Tabs } from "./tabs.tsx";

/** As many values as a store keeps of an open dimension in one window, several times over. */
const DETAIL_ROWS = 500;

interface DetailProps {
	title: string;
	lists: List[];
	chosen: string;
	close: () => void;
}

/** The whole list, with search and the change against the previous period. */
export function Detail({ title, lists, chosen, close }: DetailProps) {
	const { site } = useWorkspace();
	const [id, setId] = useState(chosen);
	const list = lists.find((l) => l.id === id) ?? lists[0];
	if (!list) return null;
	return (
		<Dialog title={title} kind="drawer" close={close}>
			<div class="drawer-sub">
				<Tabs tabs={lists} chosen={list.id} choose={setId} label={title} />
				<span class="muted">{rangeName(view.value.range, site.zone)}</span>
			</div>
			<DetailBody key={list.id} whole={list} close={close} />
		</Dialog>
	);
}

function DetailBody({ whole, close }: { whole: List; close: () => void }) {
	const { tick } = useWorkspace();
	const { filters } = view.value;
	const [search, setSearch] = useState("");
	const input = useRef<HTMLInputElement>(null);
	useEffect(() => input.current?.focus(), []);
	const list = listUnder(whole, view.value) ?? whole;
	const query = breakdown(whole, view.value, DETAIL_ROWS);
	const { data, failure, slow, stale, retry } = useLoaded<Answer | null>(
		JSON.stringify(query),
		(abort) => (query ? ask({ ...query, compare: "previous" }, abort) : Promise.resolve(null)),
		tick,
	);
	const wanted = search.trim().toLowerCase();
	const rows = useMemo(() => {
		const all = data ? shownRows(data, list.dim, list.measure) : [];
		const label = (value: string) => `${valueLabel(list.dim, value)} ${value}`.toLowerCase();
		return wanted === "" ? all : all.filter((row) => label(row.group[list.dim] ?? "").includes(wanted));
	}, [data, wanted, list.dim, list.measure]);
	if (!query) return <Meaningless label={whole.label} />;
	const click = (value: string) => {
		show({ filters: toggleFilter(filters, list.dim, value) });
		close();
	};
	return (
		<>
			<label class="search">
				<Icon name="search" />
				<input
					ref={input}
					type="search"
					value={search}
					placeholder={`Search ${list.label.toLowerCase()}`}
					aria-label={`Search ${list.label.toLowerCase()}`}
					onInput={(event) => setSearch(event.currentTarget.value)}
				/>
				{data && <span class="muted">{rows.length.toLocaleString("en")}</span>}
			</label>
			<div class={`drawer-list${stale ? " dim" : ""}`}>
				<div class="list-columns">
					<span>{dimLabel(list.dim)}</span>
					<span>Change</span>
					<span>Share</span>
					<span>{list.unit}</span>
				</div>
				<Notice failure={data ? failure : null} slow={slow} retry={retry} />
				{!data && !failure && <RowsSkeleton count={12} />}
				{!data && failure && <Problem failure={failure} retry={retry} />}
				{data && rows.length === 0 && <Empty title={wanted === "" ? list.nothing : `Nothing matches “${search}”`} />}
				{data && rows.length > 0 && (
					<Rows
						rows={rows}
						dim={list.dim}
						total={data.total ?? null}
						{...(list.measure === "uniques" && !data.meta.exact && { error: data.meta.error })}
						action="Click to filter everything by it."
						pressed={(value) => isFiltered(filters, list.dim, value)}
						click={click}
					/>
				)}
			</div>
		</>
	);
}
