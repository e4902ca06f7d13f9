import { signal } from "@preact/signals";
import { lag } from "../model/format.ts";
import { useWorkspace } from "../state.ts";

const online = signal(navigator.onLine);
for (const name of ["online", "offline"])
	addEventListener(name, () => {
		online.value = navigator.onLine;
	});

const LATE_MS = 3_000; // live promises a second; at three a person would see it
const VERY_LATE_MS = 30_000;

/** How far behind live the page is. */
export function Badge() {
	const { live } = useWorkspace();
	const connection = live.connection.value;
	const behind = live.behindMs.value ?? 0;
	const [tone, text] = !online.value
		? ["bad", "Offline"]
		: connection === "reconnecting"
			? ["late", "Reconnecting…"]
			: connection === "refused"
				? ["bad", "Live updates refused"]
				: connection === "connecting"
					? ["wait", "Connecting…"]
					: [behind > VERY_LATE_MS ? "bad" : behind > LATE_MS ? "late" : "good", lag(behind)];
	const connected = connection === "live" && online.value;
	return (
		<span class={`badge ${tone}`} role="status" title="How far this page is behind what happens on the site">
			<i />
			{connected && <b>Live</b>}
			<span>
				{text}
				{connected && <span class="word"> behind</span>}
			</span>
		</span>
	);
}
