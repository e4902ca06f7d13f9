/** All dashboards of the site: find one, begin one, and what else is done with a whole one. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { Nav } from "../explore/nav.tsx";
import { may } from "../key.ts";
import { lazy } from "../lazy.tsx";
import { Loader } from "../loader.ts";
import { Header } from "../panels/header.tsx";
import { Icon } from "../panels/icon.tsx";
import { Empty, Problem } from "../panels/states.tsx";
import { follow, go, place, search } from "../route.ts";
import { useWorkspace } from "../state.ts";
import { type DashboardList, listDashboards } from "./api.ts";
import { Card } from "./card.tsx";
import { KeysHelp, LIST_KEYS } from "./help.tsx";
import { useKeys } from "./keys.ts";
import { type ListView, listed, ORDERS, readListView, writeListView } from "./listing.ts";
import { NewDialog, Templates } from "./new.tsx";
import { writeKiosk } from "./rotation.ts";
import { Toast } from "./toast.tsx";

const NewDashboard = lazy(() => import("./edit/new-dashboard.tsx").then((part) => part.NewDashboard));

/** Who may not save is shown the list. */
export const ListPage = () => (place.value.at === "new-dashboard" && may("edit") ? <NewDashboard /> : <List />);

function List() {
	const { site } = useWorkspace();
	const loader = useMemo(() => new Loader<DashboardList>(), []);
	const [over, setOver] = useState<"new" | "help" | null>(null);
	const canEdit = may("edit");
	useEffect(() => {
		document.title = `Dashboards · ${site.name}`;
		loader.load("", (signal) => listDashboards(signal));
		return () => loader.stop();
	}, [loader, site.name]);
	useKeys({
		keys: {
			"/": () => document.querySelector<HTMLElement>(".list-search input")?.focus(),
			n: canEdit ? () => setOver("new") : null,
			"?": () => setOver("help"),
		},
	});
	const { data, failure } = loader.state.value;
	return (
		<div class="page dash-page">
			<Header>
				{canEdit && (
					<button type="button" class="button primary" title="New dashboard (n)" onClick={() => setOver("new")}>
						<Icon name="plus" size={15} />
						<span>
							New<span class="word"> dashboard</span>
						</span>
					</button>
				)}
			</Header>
			<Nav />
			<main aria-busy={loader.state.value.loading}>
				{!data && failure && <Problem failure={failure} retry={loader.retry} />}
				{!data && !failure && <Waiting />}
				{data && data.dashboards.length === 0 && <First canEdit={canEdit} />}
				{data && data.dashboards.length > 0 && <Found list={data} canEdit={canEdit} reload={loader.retry} />}
			</main>
			{over === "new" && <NewDialog close={() => setOver(null)} />}
			{over === "help" && <KeysHelp keys={LIST_KEYS} close={() => setOver(null)} />}
			<Toast />
		</div>
	);
}

function Waiting() {
	return (
		<div class="dash-cards" aria-hidden="true">
			{[1, 2, 3, 4, 5, 6].map((i) => (
				<span key={i} class="skeleton dash-card-wait" />
			))}
		</div>
	);
}

/** Before there is any: what one could begin with. */
function First({ canEdit }: { canEdit: boolean }) {
	return (
		<section class="first-dashboards">
			<h2>Dashboards</h2>
			<p class="start-lead">
				{canEdit
					? "Put the figures that your team looks at on one page: live, shared, and on the wall. Begin with one of these, and change what you like."
					: "Nobody has made one yet. Who may edit can begin with one of these:"}
			</p>
			<Templates canEdit={canEdit} />
		</section>
	);
}

function Found({ list, canEdit, reload }: { list: DashboardList; canEdit: boolean; reload: () => void }) {
	const view = useMemo(() => readListView(search.value), [search.value]);
	const show = (change: Partial<ListView>) => go(`/dashboards${writeListView({ ...view, ...change })}`, true);
	const shown = useMemo(() => listed(list.dashboards, view), [list, view]);
	const narrowed = view.sought !== "" || view.tags.length > 0;
	return (
		<>
			<Tools list={list} view={view} show={show} />
			{shown.length === 0 && (
				<Empty title="None found">
					<p>No dashboard has all of that.</p>
					<button type="button" class="button small" onClick={() => show({ sought: "", tags: [] })}>
						Show all
					</button>
				</Empty>
			)}
			<ul class="dash-cards" aria-label="Dashboards">
				{shown.map((one) => (
					<Card key={one.uid} one={one} canEdit={canEdit} view={view} show={show} reload={reload} />
				))}
			</ul>
			<p class="sr-only" role="status">
				{narrowed ? `${shown.length} found` : ""}
			</p>
			{shown.length > 1 && (
				<p class="list-foot">
					<a href={`/kiosk${writeKiosk(shown.map(({ uid }) => uid))}`} class="quiet" onClick={follow}>
						<Icon name="tv" size={15} /> Show {narrowed ? "these" : "all"} in turn on a wall
					</a>
				</p>
			)}
		</>
	);
}

function Tools({
	list,
	view,
	show,
}: {
	list: DashboardList;
	view: ListView;
	show: (change: Partial<ListView>) => void;
}) {
	const toggle = (tag: string) =>
		show({ tags: view.tags.includes(tag) ? view.tags.filter((one) => one !== tag) : [...view.tags, tag] });
	return (
		<div class="list-tools">
			<label class="list-search">
				<Icon name="search" />
				<input
					type="search"
					class="list-words"
					aria-label="Search dashboards"
					placeholder="Search dashboards"
					value={view.sought}
					onInput={(event) => show({ sought: event.currentTarget.value })}
				/>
				<kbd>/</kbd>
			</label>
			{list.tags.length > 0 && (
				<fieldset class="tag-filter" aria-label="Tags">
					{list.tags.map(({ tag, count }) => (
						<button
							type="button"
							key={tag}
							class="tag"
							aria-pressed={view.tags.includes(tag)}
							onClick={() => toggle(tag)}
						>
							{tag} <span class="muted">{count}</span>
						</button>
					))}
				</fieldset>
			)}
			<span class="grow" />
			<label class="list-order">
				<span class="sr-only">Order</span>
				<select
					value={view.order}
					onChange={(event) => {
						const order = ORDERS.find(([id]) => id === event.currentTarget.value)?.[0];
						if (order) show({ order });
					}}
				>
					{ORDERS.map(([id, name]) => (
						<option key={id} value={id}>
							{name}
						</option>
					))}
				</select>
			</label>
		</div>
	);
}
