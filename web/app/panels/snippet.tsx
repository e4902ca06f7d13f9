import { useRef, useState } from "preact/hooks";
import { copyText } from "../clipboard.ts";
import { Icon } from "./icon.tsx";

const SAID_MS = 2_000;

/** Code to take along. `unready` says why it cannot be taken yet. */
export function Snippet({ code, label, unready }: { code: string; label: string; unready?: string | undefined }) {
	const [said, setSaid] = useState<"Copied" | "Press Ctrl+C" | null>(null);
	const text = useRef<HTMLElement>(null);
	const copy = async () => {
		const copied = await copyText(code);
		// What cannot be copied for the person is at least selected.
		if (!copied && text.current) getSelection()?.selectAllChildren(text.current);
		setSaid(copied ? "Copied" : "Press Ctrl+C");
		setTimeout(() => setSaid(null), SAID_MS);
	};
	return (
		<div class="snippet">
			<pre>
				<code ref={text}>{code}</code>
			</pre>
			<button
				type="button"
				class="button small"
				aria-label={`Copy ${label}`}
				title={unready}
				disabled={unready !== undefined}
				onClick={copy}
			>
				<Icon name={said === "Copied" ? "check" : "copy"} size={14} /> <span role="status">{said ?? "Copy"}</span>
			</button>
		</div>
	);
}
