import { useEffect } from "preact/hooks";
import { identity } from "../key.ts";
import { PAGES, type PageId, pageView, type View, writeView } from "../model/view.ts";
import { follow, opensElsewhere, place } from "../route.ts";
import { show, view } from "../state.ts";
import "../theme/nav.css";

export const PAGE_NAMES: Record<PageId, string> = {
	overview: "Overview",
	explore: "Explore",
	funnels: "Funnels",
	retention: "Retention",
	paths: "Paths",
	lifecycle: "Lifecycle",
	visitors: "Visitors",
	events: "Live events",
};
const [OVERVIEW, ...QUESTIONS] = PAGES;

/** How each page was left: going back to it finds the question that was asked there. Another site has other segments. */
const left = new Map<PageId, View>();
identity.subscribe(() => left.clear());

function PageLink({ page }: { page: PageId }) {
	const open = place.value.at === "site" ? view.value.page : null;
	const target = left.get(page) ?? pageView(page);
	return (
		<a
			href={`/${writeView(target)}`}
			aria-current={page === open ? "page" : undefined}
			onClick={(event) => {
				if (opensElsewhere(event)) return;
				event.preventDefault();
				if (page !== open) show(target);
			}}
		>
			{PAGE_NAMES[page]}
		</a>
	);
}

/** The way between the pages. Links, so that a page can be opened beside this one. */
export function Nav() {
	const { at } = place.value;
	const current = view.value;
	if (at === "site") left.set(current.page, current);
	const dashboards = at === "dashboards" ? "page" : at === "dashboard" ? "true" : undefined;
	useEffect(() => {
		// Where the row is longer than the screen, the page that is open is in sight.
		document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
	}, [at, current.page]);
	return (
		<nav class="nav" aria-label="Pages">
			<PageLink page={OVERVIEW} />
			<a href="/dashboards" aria-current={dashboards} onClick={follow}>
				Dashboards
			</a>
			{QUESTIONS.map((page) => (
				<PageLink key={page} page={page} />
			))}
		</nav>
	);
}
