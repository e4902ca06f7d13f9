/** The dashboard as it is stored, to be read and changed by hand. */
import { useState } from "preact/hooks";
import { Section } from "./fields.tsx";
import { readJson } from "./model/json.ts";
import { useEditing } from "./session.ts";

/** More are not read. */
const SHOWN_PROBLEMS = 5;

export function JsonEditor() {
	const { session } = useEditing();
	const own = JSON.stringify(session.dashboard.value, null, "\t");
	const [draft, setDraft] = useState<string | null>(null);
	const [problems, setProblems] = useState<string[]>([]);
	const apply = () => {
		const read = readJson(draft ?? own);
		if ("problems" in read) return setProblems(read.problems);
		session.change(() => read.dashboard);
		setProblems([]);
		setDraft(null);
	};
	return (
		<Section title="As it is stored">
			<textarea
				class="mono edit-json"
				spellcheck={false}
				aria-label="The dashboard as JSON"
				aria-invalid={problems.length > 0}
				value={draft ?? own}
				onInput={(event) => setDraft(event.currentTarget.value)}
			/>
			{problems.length > 0 && (
				<ul class="edit-problems" role="alert">
					{problems.slice(0, SHOWN_PROBLEMS).map((problem) => (
						<li key={problem}>{problem}</li>
					))}
					{problems.length > SHOWN_PROBLEMS && <li>and {problems.length - SHOWN_PROBLEMS} more</li>}
				</ul>
			)}
			<div class="edit-adds">
				<button type="button" class="button small primary" disabled={draft === null} onClick={apply}>
					Apply
				</button>
				<button
					type="button"
					class="button small"
					disabled={draft === null}
					onClick={() => {
						setDraft(null);
						setProblems([]);
					}}
				>
					Take back
				</button>
				<span class="hint">Fields that are left out take their defaults. Undo takes an apply back.</span>
			</div>
		</Section>
	);
}
