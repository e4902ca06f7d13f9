import { useEffect } from "preact/hooks";
import { type PageId, pageView, type View, writeView } from "../model/view.ts";
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
const PAGES = Object.entries(PAGE_NAMES) as [PageId, string][];

/** How each page was left: going back to it finds the question that was asked there. */
const left = new Map<PageId, View>();

/** The way between the pages. Links, so that a page can be opened beside this one. */
export function Nav() {
	const current = view.value;
	left.set(current.page, current);
	useEffect(() => {
		// Where the row is longer than the screen, the page that is open is in sight.
		document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
	}, [current.page]);
	return (
		<nav class="nav" aria-label="Pages">
			{PAGES.map(([page, name]) => {
				const target = left.get(page) ?? pageView(page);
				return (
					<a
						key={page}
						href={`${location.pathname}${writeView(target)}`}
						aria-current={page === current.page ? "page" : undefined}
						onClick={(event) => {
							if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
							event.preventDefault();
							if (page !== current.page) show(target);
						}}
					>
						{name}
					</a>
				);
			})}
		</nav>
	);
}
