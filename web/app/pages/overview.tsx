import { useEffect, useState } from "preact/hooks";
import { Nav } from "../explore/nav.tsx";
import { CARDS, declaredLists } from "../model/lists.ts";
import { PRESETS } from "../model/range.ts";
import { isNarrowed, UNFILTERED } from "../model/view.ts";
import { EventsCard } from "../panels/events.tsx";
import { FilterChips, FilterPalette } from "../panels/filters.tsx";
import { Header } from "../panels/header.tsx";
import { Headline } from "../panels/headline.tsx";
import { Help } from "../panels/help.tsx";
import { Icon } from "../panels/icon.tsx";
import { Uncounted } from "../panels/ingest.tsx";
import { ListCard } from "../panels/list.tsx";
import { Periods } from "../panels/periods.tsx";
import { show, useWorkspace, view } from "../state.ts";

type Opened = "filter" | "help" | null;

/** Single keys, wherever nothing is being typed and no dialog is open. */
function useShortcuts(open: (what: Opened) => void): void {
	useEffect(() => {
		const onKeyDown = (event: KeyboardEvent) => {
			const target = event.target as HTMLElement;
			if (event.metaKey || event.ctrlKey || event.altKey || target.closest("input, textarea, select, dialog")) return;
			const preset = PRESETS.find(({ key }) => key === event.key);
			if (preset) show({ range: preset.id });
			else if (event.key === "/") open("filter");
			else if (event.key === "?") open("help");
			else if (event.key === "x" && isNarrowed(view.peek())) show(UNFILTERED);
			else if (event.key === "c") show({ compare: !view.peek().compare }, true);
			else return;
			event.preventDefault();
		};
		addEventListener("keydown", onKeyDown);
		return () => removeEventListener("keydown", onKeyDown);
	}, [open]);
}

/** Cards that are read line by line get more room. */
const WIDE = new Set(["pages", "sources"]);

export function Overview() {
	const { site } = useWorkspace();
	const [opened, setOpened] = useState<Opened>(null);
	useShortcuts(setOpened);
	const declared = declaredLists(site.dimensions);
	return (
		<div class="page">
			<Header>
				<button type="button" class="button filter-button" title="Filter (/)" onClick={() => setOpened("filter")}>
					<Icon name="filter" /> Filter <kbd>/</kbd>
				</button>
				<Periods />
			</Header>
			<Nav />
			<main>
				<FilterChips />
				<Headline />
				<div class={declared.length > 0 ? "cards four" : "cards"}>
					{CARDS.map((card) => (
						<ListCard key={card.id} card={card} wide={WIDE.has(card.id)} />
					))}
					<EventsCard />
					{declared.length > 0 && (
						<ListCard card={{ id: "declared", title: "Your dimensions", lists: declared }} wide={false} />
					)}
				</div>
			</main>
			<footer class="bottom">
				<Uncounted />
				<span class="grow" />
				<button type="button" class="quiet keyboard" onClick={() => setOpened("help")}>
					<Icon name="keyboard" /> Keyboard <kbd>?</kbd>
				</button>
			</footer>
			{opened === "filter" && <FilterPalette close={() => setOpened(null)} />}
			{opened === "help" && <Help close={() => setOpened(null)} />}
		</div>
	);
}
