/** A panel as it stands in the editor, with its figures: the dashboard's own view of it, asked as a preview. */
import { signal } from "@preact/signals";
import { type ComponentChildren, createContext } from "preact";
import { useContext, useMemo } from "preact/hooks";
import type { Panel } from "../../../../schema/dashboard.ts";
import { useWorkspace } from "../../state.ts";
import { type Board, useBoard } from "../board.ts";
import type { Surroundings } from "../kinds/types.ts";
import { PanelView } from "../panel.tsx";
import { finishedPanel } from "./model/check.ts";
import { useEditing } from "./session.ts";

/** One board for all previews of the editor. */
const BoardContext = createContext<Board | null>(null);

/** Figures keep their live tails, and are not asked again by the clock: who edits looks at shapes. */
export function Previews({ children }: { children: ComponentChildren }) {
	const { live } = useWorkspace();
	const board = useBoard(live, "off");
	return <BoardContext.Provider value={board}>{children}</BoardContext.Provider>;
}

/** `site`, `browser` or a zone, as a zone. */
export function zoneOf(zone: string, siteZone: string): string {
	if (zone === "site") return siteZone;
	return zone === "browser" ? Intl.DateTimeFormat().resolvedOptions().timeZone : zone;
}

/** What the previews are asked for: what the person was looking at, else what the dashboard now says. */
export function useAsking() {
	const { session, view } = useEditing();
	const { site } = useWorkspace();
	const { time, timezone, variables } = session.dashboard.value;
	const zone = zoneOf(view.zone ?? timezone, site.zone);
	return useMemo(
		() => ({
			asking: { time: view.time ?? time, timezone: zone, variables: view.variables },
			context: { time, timezone, variables },
		}),
		[view, time, timezone, variables, zone],
	);
}

export function Preview({ panel, tools, eager = false }: { panel: Panel; tools?: ComponentChildren; eager?: boolean }) {
	const board = useContext(BoardContext);
	const { site } = useWorkspace();
	const { asking, context } = useAsking();
	const around = useMemo(
		(): Surroundings => ({
			zone: asking.timezone,
			currency: site.currency,
			weekStart: site.week_start,
			crosshair: signal<number | null>(null),
			annotations: [],
			// Here a chart shows what it will look like; ranges and filters are chosen while looking at it.
			onZoom: () => {},
			onAnnotate: null,
			onPick: null,
		}),
		[asking.timezone, site],
	);
	const whole = useMemo(() => finishedPanel(panel), [panel]);
	const source = useMemo(() => ({ preview: context }), [context]);
	if (!board) throw new Error("outside of the previews");
	return (
		<PanelView
			// Figures of another kind of panel are none of this one
			key={panel.kind}
			panel={whole}
			asking={asking}
			source={source}
			around={around}
			board={board}
			tools={tools}
			eager={eager}
		/>
	);
}
