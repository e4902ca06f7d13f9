import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { activeAt, nextExpiry } from "../model/countdown.ts";
import { short } from "../model/format.ts";
import { useWorkspace } from "../state.ts";

/** Distinct visitors of the last five minutes. Counts down by the frame's own expiries, with no server asked. */
export function useActive(): number | null {
	const { live, active } = useWorkspace();
	const beat = useMemo(() => signal(0), []);
	const frame = active.value;
	const now = live.now();
	void beat.value;
	const next = frame ? nextExpiry(frame, now) : null;
	useEffect(() => {
		if (next === null) return;
		const timer = setTimeout(() => beat.value++, Math.max(20, next - live.now()));
		return () => clearTimeout(timer);
	}, [next, live, beat]);
	return frame ? activeAt(frame, now) : null;
}

export function ActiveTile({ filtered }: { filtered: boolean }) {
	const { live } = useWorkspace();
	const count = useActive();
	const connected = live.connection.value === "live";
	return (
		<div class="tile active-tile" title="Distinct visitors of the last 5 minutes">
			<span class="tile-label">
				<span class={`pulse${connected ? (count ? " on" : " idle") : ""}`} />
				Active now
			</span>
			{count === null ? (
				<span class="skeleton value" />
			) : (
				<span class="tile-value" aria-live="off" key={count}>
					{short(count)}
				</span>
			)}
			<span class="tile-foot">
				<span class="change flat">{filtered ? "whole site" : "last 5 minutes"}</span>
			</span>
		</div>
	);
}
