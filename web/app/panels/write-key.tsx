import { useEffect, useState } from "preact/hooks";
import { isKnownKey } from "../api.ts";
import { writeKeyProblem } from "../key.ts";

/** Typing is over after this (ms): then the server is asked. */
const SETTLE_MS = 300;

/** What is known of a pasted write key. `unchecked`: well formed, and the server could not be asked. */
export type Pasted = { state: "missing" | "wrong" | "checking" | "known" | "unchecked"; problem: string };

/** Judges a write key as it is typed: by its form at once, by the server once it stands. */
export function useWriteKey(value: string): Pasted {
	const wrong = value === "" ? "" : (writeKeyProblem(value) ?? "");
	const [asked, setAsked] = useState<{ value: string; known: boolean | null } | null>(null);
	useEffect(() => {
		if (value === "" || wrong !== "") return;
		const timer = setTimeout(() => {
			isKnownKey(value).then(
				(known) => setAsked({ value, known }),
				() => setAsked({ value, known: null }),
			);
		}, SETTLE_MS);
		return () => clearTimeout(timer);
	}, [value, wrong]);
	if (value === "") return { state: "missing", problem: "" };
	if (wrong !== "") return { state: "wrong", problem: wrong };
	if (asked?.value !== value) return { state: "checking", problem: "" };
	if (asked.known === false)
		return { state: "wrong", problem: "No site has this key. Is it whole? It may have been revoked." };
	return { state: asked.known ? "known" : "unchecked", problem: "" };
}

/** Where the write key goes: the page cannot know it, for the server keeps a hash of it only. */
export function WriteKeyField({
	value,
	pasted,
	site,
	change,
}: {
	value: string;
	pasted: Pasted;
	site: string;
	change: (value: string) => void;
}) {
	return (
		<div class="write-key">
			<label class="field">
				<span>Write key of this site</span>
				<input
					type="text"
					autocomplete="off"
					autocapitalize="off"
					spellcheck={false}
					placeholder="pk_…"
					value={value}
					aria-invalid={pasted.state === "wrong"}
					aria-describedby="write-key-said"
					onInput={(event) => change(event.currentTarget.value.trim())}
				/>
			</label>
			<p class={pasted.problem ? "field-problem" : "field-problem muted"} id="write-key-said" role="status">
				{pasted.problem || SAID[pasted.state]}
			</p>
			{pasted.state === "missing" && (
				<p class="hint">
					It was shown when the site was made. If it is lost, make another:{" "}
					<code>npm run site -- key {site} write</code>
				</p>
			)}
		</div>
	);
}

const SAID: Record<Pasted["state"], string> = {
	missing: "Paste it to complete the line below.",
	wrong: "",
	checking: "Checking…",
	known: "The server knows this key.",
	unchecked: "The server could not be asked.",
};
