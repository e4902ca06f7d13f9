/**
 * One panel: asks for itself, draws itself, and says how it is doing. Used by the dashboard, the kiosk, shared links,
 * and by the editor for its previews:
 *
 *     const board = useBoard(live, "live");              // one a page (board.ts)
 *     <PanelView
 *       panel={panel}
 *       asking={{ time, timezone, variables }}           // what the view says; timezone is IANA
 *       source={{ uid, version } | { preview: context }} // saved, or as it stands in the editor
 *       around={around}                                  // Surroundings of the kinds
 *       board={board}
 *     />
 *
 * It fills its parent. With `menu` it has the viewer's menu; `tools` stand before that, at the right of its head.
 */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { TemplateValues } from "../../../schema/core/template.ts";
import type { Panel, PanelKind } from "../../../schema/dashboard.ts";
import { usePanelAnswer } from "./answer.ts";
import type { PanelSource } from "./api.ts";
import type { Board } from "./board.ts";
import { PanelBody } from "./body.tsx";
import { PanelHead } from "./head.tsx";
import type { Surroundings } from "./kinds/types.ts";
import { withoutAnomalies } from "./layers.ts";
import { type MenuActions, PanelMenu } from "./menu.tsx";
import { type Asking, pointsFor } from "./question.ts";
import { nameOf, titled } from "./titles.ts";

export interface PanelViewProps {
	panel: Panel;
	asking: Asking;
	source: PanelSource;
	around: Surroundings;
	board: Board;
	/** Do variables hold back anything? Then nothing is no wonder; this clears them. */
	clear?: (() => void) | null;
	/** What the viewer may do with it; absent: no menu. */
	menu?: MenuActions;
	/** Stands at the right of its head, before the menu. */
	tools?: ComponentChildren;
	/** Marks what is not usual, where the panel looks for it. Default: yes. */
	anomalies?: boolean;
	/** What people call the values of variables, for its title. Default: as the server says it. */
	words?: TemplateValues;
	/** Loads at once, wherever it stands on the page (previews, full screen). */
	eager?: boolean;
}

/** Panels load when they are about to come into sight, px. */
const NEAR_PX = 300;

export function PanelView(props: PanelViewProps) {
	const { panel, asking, source, around, board, menu } = props;
	const frame = useRef<HTMLElement>(null);
	const near = useNear(frame, props.eager ?? false);
	const points = usePoints(frame, panel.kind);
	const [table, setTable] = useState(false);
	const asked = usePanelAnswer({ panel, source, asking, board, points, near, rank: () => rankOf(frame.current) });
	const { answer } = asked;
	const marked = props.anomalies ?? true;
	const { words } = props;
	const drawn = useMemo(() => {
		const named = answer && words ? titled(answer, panel, words) : answer;
		return named && !marked ? withoutAnomalies(named) : named;
	}, [answer, panel, words, marked]);
	const state = { ...asked, answer: drawn };
	const head = (
		<PanelHead
			panel={panel}
			state={state}
			preview={"preview" in source}
			tools={
				<>
					{props.tools}
					{menu && (
						<PanelMenu
							panel={panel}
							source={source}
							asking={asking}
							points={points ?? 100}
							state={state}
							frame={frame}
							table={table}
							setTable={setTable}
							actions={menu}
						/>
					)}
				</>
			}
		/>
	);
	return (
		<article
			class={`card panel panel-${panel.kind}`}
			ref={frame}
			aria-label={nameOf(panel, state.answer)}
			aria-busy={state.loading}
			data-panel={panel.id}
		>
			{head}
			<PanelBody panel={panel} state={state} around={around} table={table} clear={props.clear ?? null} />
		</article>
	);
}

/** Is it on the screen, or soon? */
function useNear(frame: { current: HTMLElement | null }, eager: boolean): boolean {
	const [near, setNear] = useState(eager);
	useLayoutEffect(() => {
		const element = frame.current;
		if (eager || !element) return;
		// Known at once: the observer tells of it frames later.
		const { top, bottom } = element.getBoundingClientRect();
		setNear(bottom > -NEAR_PX && top < innerHeight + NEAR_PX);
		const observer = new IntersectionObserver((entries) => setNear(entries.at(-1)?.isIntersecting ?? false), {
			rootMargin: `${NEAR_PX}px`,
		});
		observer.observe(element);
		return () => observer.disconnect();
	}, [eager]);
	return near || eager;
}

/** As one reads, from the top of the screen, px; what is above it last. */
function rankOf(element: HTMLElement | null): number {
	const { top = 0, bottom = 0, left = 0 } = element?.getBoundingClientRect() ?? {};
	// Beside each other: the left one first.
	return (bottom < 0 ? innerHeight - bottom : Math.max(0, top)) + left / 1e5;
}

/** How many points there is room for; null before that is known. */
function usePoints(frame: { current: HTMLElement | null }, kind: PanelKind): number | null {
	const [points, setPoints] = useState<number | null>(null);
	useLayoutEffect(() => {
		const element = frame.current;
		if (!element) return;
		const measure = () => {
			if (element.clientWidth > 0) setPoints(pointsFor(kind, element.clientWidth));
		};
		measure();
		const observer = new ResizeObserver(measure);
		observer.observe(element);
		return () => observer.disconnect();
	}, [kind]);
	return points;
}
