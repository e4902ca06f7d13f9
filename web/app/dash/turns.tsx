/** What a wall turns over by itself: the pages of a dashboard, and after the last one the next dashboard of a kiosk. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../panels/icon.tsx";
import { useKeys } from "./keys.ts";
import { pageMs } from "./rotation.ts";

/** Controls go away by themselves, ms. */
const CONTROLS_MS = 4_000;

export interface Rotation {
	/** How long a dashboard stays, ms. */
	everyMs: number;
	paused: boolean;
	setPaused: (paused: boolean) => void;
	/** Past the last page, or before the first; null: there is only this dashboard. */
	beyond: ((by: 1 | -1) => void) | null;
}

export interface Turns {
	page: number;
	pages: number;
	/** Until the next page, ms; null: there is nothing to turn. */
	staysMs: number | null;
	paused: boolean;
	pause: () => void;
	turn: (by: 1 | -1) => void;
}

export function useTurns(pages: number, { everyMs, paused, setPaused, beyond }: Rotation): Turns {
	const [at, setAt] = useState(0);
	// The screen may have become larger, or the dashboard shorter.
	const page = Math.max(0, Math.min(at, pages - 1));
	const staysMs = pages > 1 || beyond ? pageMs(everyMs, pages) : null;
	const turn = (by: 1 | -1) => {
		const next = page + by;
		if (next >= 0 && next < pages) setAt(next);
		else if (beyond) beyond(by);
		else setAt((next + pages) % Math.max(1, pages));
	};
	const newest = useRef(turn);
	newest.current = turn;
	useEffect(() => {
		if (staysMs === null || paused) return;
		const timer = setTimeout(() => newest.current(1), staysMs);
		return () => clearTimeout(timer);
	}, [staysMs, paused, page]);
	const pause = () => setPaused(!paused);
	const none = staysMs === null;
	useKeys({
		keys: {
			ArrowRight: none ? null : () => turn(1),
			ArrowLeft: none ? null : () => turn(-1),
			" ": none ? null : pause,
		},
	});
	return { page, pages, staysMs, paused, pause, turn };
}

/** How far the time of a page has run, and buttons for whoever moves a pointer. */
export function TurnControls({ turns, leave }: { turns: Turns; leave?: () => void }) {
	const { page, staysMs, paused, pause, turn } = turns;
	const [shown, show] = useState(false);
	useEffect(() => {
		const onPointer = () => show(true);
		const onKeyDown = ({ key }: KeyboardEvent) => {
			if (key === "Escape" && leave) show((now) => !now);
		};
		for (const name of ["pointermove", "pointerdown"] as const) addEventListener(name, onPointer);
		addEventListener("keydown", onKeyDown);
		return () => {
			for (const name of ["pointermove", "pointerdown"] as const) removeEventListener(name, onPointer);
			removeEventListener("keydown", onKeyDown);
		};
	}, [leave === undefined]);
	useEffect(() => {
		if (!shown) return;
		const timer = setTimeout(() => show(false), CONTROLS_MS);
		return () => clearTimeout(timer);
	}, [shown, page, paused]);
	if (staysMs === null && !leave) return null;
	return (
		<>
			{staysMs !== null && (
				<span
					class={`kiosk-progress${paused ? " paused" : ""}`}
					key={`${page} ${paused} ${staysMs}`}
					style={{ animationDuration: `${staysMs}ms` }}
				/>
			)}
			<nav class={`kiosk-controls${shown ? "" : " away"}`} aria-label="Kiosk">
				{staysMs !== null && (
					<>
						<button type="button" class="icon-button" aria-label="Previous" onClick={() => turn(-1)}>
							<Icon name="left" />
						</button>
						<button type="button" class="icon-button" aria-label={paused ? "Go on" : "Pause"} onClick={pause}>
							<Icon name={paused ? "play" : "pause"} />
						</button>
						<button type="button" class="icon-button" aria-label="Next" onClick={() => turn(1)}>
							<Icon name="right" />
						</button>
					</>
				)}
				{leave && (
					<button type="button" class="button small" onClick={leave}>
						Leave
					</button>
				)}
			</nav>
		</>
	);
}
