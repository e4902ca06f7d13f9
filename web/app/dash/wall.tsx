/** A dashboard on a wall: nothing around its panels, which fill the screen. */

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Icon } from "../panels/icon.tsx";
import { Clock } from "./clock.tsx";
import { LiveBadge } from "./live-badge.tsx";
import { StagePanels, type StageState } from "./stage.tsx";

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

export function Wall({
	stage,
	leave,
	children,
}: {
	stage: StageState;
	leave: () => void;
	children?: ComponentChildren;
}) {
	const { dashboard, board, view } = stage;
	useWakeLock();
	return (
		<div class="wall">
			<header class="wall-head">
				<h1 class="sr-only">On the wall</h1>
				<h2>{stage.title}</h2>
				<LiveBadge board={board} refresh={view.refresh ?? dashboard.refresh} />
				<span class="grow" />
				<Clock zone={stage.zone} />
				<button type="button" class="icon-button wall-leave" aria-label="Leave full screen" title="Esc" onClick={leave}>
					<Icon name="close" />
				</button>
			</header>
			<main>
				<StagePanels stage={stage} fit menus={false} />
			</main>
			{children}
		</div>
	);
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
