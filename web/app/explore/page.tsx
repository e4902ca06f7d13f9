import type { ComponentType } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { PRESETS } from "../model/range.ts";
import type { PageId } from "../model/view.ts";
import { Header } from "../panels/header.tsx";
import { Help } from "../panels/help.tsx";
import { Periods } from "../panels/periods.tsx";
import { show, view } from "../state.ts";
import "../theme/explore.css";
import { Nav } from "./nav.tsx";
import { Events } from "./pages/events.tsx";
import { Funnels } from "./pages/funnels.tsx";
import { Lifecycle } from "./pages/lifecycle.tsx";
import { Paths } from "./pages/paths.tsx";
import { Retention } from "./pages/retention.tsx";
import { Segmentation } from "./pages/segmentation.tsx";
import { Visitors } from "./pages/visitors.tsx";
import { ExploredContext, useNewExplored } from "./state.ts";

const PAGES: Record<Exclude<PageId, "overview">, ComponentType> = {
	explore: Segmentation,
	funnels: Funnels,
	retention: Retention,
	paths: Paths,
	lifecycle: Lifecycle,
	visitors: Visitors,
	events: Events,
};

/** The periods' single keys, as on the Overview, and the list of them. */
function useKeys(help: () => void): void {
	useEffect(() => {
		const onKeyDown = (event: KeyboardEvent) => {
			const { target } = event;
			if (event.metaKey || event.ctrlKey || event.altKey) return;
			if (target instanceof Element && target.closest("input, textarea, select, dialog")) return;
			const preset = PRESETS.find(({ key }) => key === event.key);
			// The stream of events is of now.
			if (preset && view.peek().page !== "events") show({ range: preset.id });
			else if (event.key === "?") help();
			else return;
			event.preventDefault();
		};
		addEventListener("keydown", onKeyDown);
		return () => removeEventListener("keydown", onKeyDown);
	}, [help]);
}

export function ExplorePage() {
	const explored = useNewExplored();
	const [helping, setHelping] = useState(false);
	const help = useCallback(() => setHelping(true), []);
	useKeys(help);
	const { page } = view.value;
	if (page === "overview") return null;
	const Page = PAGES[page];
	return (
		<ExploredContext.Provider value={explored}>
			<div class="page">
				{/* The stream of events is of now: it has no period. */}
				<Header>{page !== "events" && <Periods />}</Header>
				<Nav />
				<main class="ask" key={page}>
					<Page />
				</main>
				{helping && <Help close={() => setHelping(false)} />}
			</div>
		</ExploredContext.Provider>
	);
}
