/** A dashboard on a wall: nothing around its panels, which fill the screen. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Icon } from "../panels/icon.tsx";
import { Clock } from "./clock.tsx";
import { LiveBadge } from "./live-badge.tsx";
import { StagePanels, type StageState } from "./stage.tsx";
import { type Rotation, TurnControls, useTurns } from "./turns.tsx";
import { type Room, wallPages } from "./wall-pages.ts";
import { OnWall } from "./wall-rows.ts";

/** The browser's own full screen goes along where a person's press allows it. */
export function useWall(on: boolean, set: (on: boolean) => void): { toggle: () => void } {
	useEffect(() => {
		if (!on) return;
		const onChange = () => {
			if (!document.fullscreenElement) set(false);
		};
		const onKeyDown = (event: KeyboardEvent) => {
			const within = event.target instanceof Element && event.target.closest("dialog, [popover]");
			if (event.key === "Escape" && !within && !document.fullscreenElement) set(false);
		};
		document.addEventListener("fullscreenchange", onChange);
		addEventListener("keydown", onKeyDown);
		return () => {
			document.removeEventListener("fullscreenchange", onChange);
			removeEventListener("keydown", onKeyDown);
		};
	}, [on, set]);
	const toggle = () => {
		// Refused without a press, and by some phones: the page alone will do.
		if (!on) document.documentElement.requestFullscreen?.().catch(() => {});
		else if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
		set(!on);
	};
	return { toggle };
}

/** The screen's pages of the dashboard, each as large as the screen. */
export function Wall({
	stage,
	rotation,
	leave,
	kiosk = false,
}: {
	stage: StageState;
	rotation: Rotation;
	leave: () => void;
	/** One of several, or started as a kiosk: its controls have the way out. */
	kiosk?: boolean;
}) {
	const { dashboard, board, view } = stage;
	const main = useRef<HTMLElement>(null);
	const room = useRoom(main);
	const pages = useMemo(() => (room ? wallPages(dashboard.panels, room) : []), [dashboard.panels, room]);
	const turns = useTurns(pages.length, rotation);
	useWakeLock();
	return (
		<div class="wall">
			<header class="wall-head">
				<h1 class="sr-only">On the wall</h1>
				<h2>{stage.title}</h2>
				<LiveBadge board={board} refresh={view.refresh ?? dashboard.refresh} />
				<span class="grow" />
				{pages.length > 1 && (
					<span class="wall-page">
						<span class="sr-only">Page </span>
						{turns.page + 1} / {pages.length}
					</span>
				)}
				<Clock zone={stage.zone} />
				{!kiosk && (
					<button
						type="button"
						class="icon-button wall-leave"
						aria-label="Leave full screen"
						title="Esc"
						onClick={leave}
					>
						<Icon name="close" />
					</button>
				)}
			</header>
			<main ref={main}>
				<OnWall.Provider value={true}>
					<StagePanels stage={stage} wall={{ pages, page: turns.page }} />
				</OnWall.Provider>
			</main>
			<TurnControls turns={turns} {...(kiosk && { leave })} />
		</div>
	);
}

/** How much room panels have; null before that is known. */
function useRoom(element: { current: HTMLElement | null }): Room | null {
	const [room, setRoom] = useState<Room | null>(null);
	useLayoutEffect(() => {
		const { current } = element;
		if (!current) return;
		const measure = () => setRoom({ width: current.clientWidth, height: current.clientHeight });
		measure();
		const observer = new ResizeObserver(measure);
		observer.observe(current);
		return () => observer.disconnect();
	}, []);
	return useMemo(() => room, [room?.width, room?.height]);
}

/** The screen stays on while it is looked at; where the browser can. */
function useWakeLock(): void {
	useEffect(() => {
		let lock: WakeLockSentinel | null = null;
		let over = false;
		const take = () => {
			if (document.hidden || !("wakeLock" in navigator)) return;
			navigator.wakeLock.request("screen").then(
				(taken) => {
					lock = taken;
					if (over) taken.release();
				},
				() => {}, // low battery, or not allowed: the screen then goes dark as it always does
			);
		};
		take();
		document.addEventListener("visibilitychange", take);
		return () => {
			over = true;
			lock?.release();
			document.removeEventListener("visibilitychange", take);
		};
	}, []);
}
