/** How far behind live the panels are, where the app's own header with its badge is not shown. */
import { lag } from "../model/format.ts";
import { type Board, REST_MS } from "./board.ts";
import { type Refresh, refreshEvery } from "./view.ts";

const LATE_MS = 3_000; // live promises a second; at three a person would see it

export function LiveBadge({ board, refresh }: { board: Board; refresh: Refresh }) {
	const { live, health } = board;
	const known = [...health.value.values()];
	const connection = live.connection.value;
	const behind = live.behindMs.value;
	const every = refreshEvery(refresh);
	if (refresh === "off") return null;
	if (every !== null) return <span class="badge">every {lag(every)}</span>;
	if (connection === "reconnecting")
		return (
			<span class="badge late" role="status">
				<i />
				Reconnecting…
			</span>
		);
	// Of long ranges sockets bring nothing.
	if (behind === null || connection !== "live" || !known.some((panel) => panel.live))
		return known.some(({ at }) => at !== null) ? <span class="badge">every {lag(REST_MS)}</span> : null;
	return (
		<span class={`badge ${behind > LATE_MS ? "late" : "good"}`} role="status">
			<i />
			<b>Live</b> {lag(behind)} <span class="word">behind</span>
		</span>
	);
}
