/** The keys of a dashboard: single ones, wherever nothing is being typed and no dialog is open. */
import { useEffect, useRef } from "preact/hooks";
import { PRESETS } from "../model/range.ts";
import type { Time } from "./view.ts";

export interface KeyActions {
	period?: (time: Time) => void;
	/** By key. */
	keys: Record<string, (() => void) | null>;
}

const BUSY = "input, textarea, select, dialog, [contenteditable], [popover]";

export function useKeys(actions: KeyActions): void {
	const newest = useRef(actions);
	newest.current = actions;
	useEffect(() => {
		const onKeyDown = (event: KeyboardEvent) => {
			const { target } = event;
			if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
			if (target instanceof Element && target.closest(BUSY)) return;
			const { period, keys } = newest.current;
			const preset = PRESETS.find(({ key }) => key === event.key);
			const act = keys[event.key];
			if (act) act();
			else if (period && preset) period({ from: preset.from, to: "now" });
			else return;
			event.preventDefault();
		};
		addEventListener("keydown", onKeyDown);
		return () => removeEventListener("keydown", onKeyDown);
	}, []);
}
