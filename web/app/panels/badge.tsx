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
	const { live, everyMs } = useWorkspace();
	const connection = live.connection.value;
	const behind = live.behindMs.value ?? 0;
	const every = everyMs.value;
	const [tone, text] = !online.value
		? ["bad", "Offline"]
		: connection === "reconnecting"
			? ["late", "Reconnecting…"]
			: connection === "refused"
				? ["bad", "Live updates refused"]
				: connection === "connecting"
					? ["wait", "Connecting…"]
					: every !== null
						? ["wait", `every ${Math.ceil(every / 1000)} s`]
						: [behind > VERY_LATE_MS ? "bad" : behind > LATE_MS ? "late" : "good", lag(behind)];
	const connected = connection === "live" && online.value;
	const title =
		every === null
			? "How far this page is behind what happens on the site"
			: "With these filters raw events are counted, again while new ones arrive";
	return (
		<span class={`badge ${tone}`} role="status" title={title}>
			<i />
			{connected && every === null && <b>Live</b>}
			<span>
				{connected && every !== null && <span class="word">Updated </span>}
				{text}
				{connected && every === null && <span class="word"> behind</span>}
			</span>
		</span>
	);
}
