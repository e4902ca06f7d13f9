import { useEffect, useRef, useState } from "preact/hooks";
import { differences } from "../../../../schema/dashboard-diff.ts";
import { Dialog } from "../../panels/dialog.tsx";
import { dashboardProblems, finished } from "./model/check.ts";
import { differenceWords } from "./model/words.ts";
import { useEditing } from "./session.ts";

/** More are not read before saving. */
const SHOWN = 8;

/** What is about to be saved, in words, and a message for those who read the versions later. */
export function SaveDialog({ close, saved }: { close: () => void; saved: () => void }) {
	const { session } = useEditing();
	const [message, setMessage] = useState("");
	const [busy, setBusy] = useState(false);
	const [failed, setFailed] = useState("");
	const input = useRef<HTMLInputElement>(null);
	useEffect(() => input.current?.focus(), []);
	const base = session.base.value.dashboard;
	const now = finished(session.dashboard.value);
	const problems = dashboardProblems(now);
	const changes = differences(base, now);
	const save = async (event: SubmitEvent) => {
		event.preventDefault();
		if (busy || problems.length > 0) return;
		setBusy(true);
		setFailed("");
		try {
			if (await session.save(message.trim())) saved();
			else close(); // what follows is the merge, which stands in this dialog's place
		} catch (error) {
			setFailed(error instanceof Error ? error.message : String(error));
			setBusy(false);
		}
	};
	return (
		<Dialog title="Save" kind="sheet" close={close}>
			<form class="edit-save ask" onSubmit={save}>
				{problems.length > 0 ? (
					<>
						<p>This cannot be saved yet:</p>
						<ul class="edit-problems">
							{problems.slice(0, SHOWN).map(({ text }) => (
								<li key={text}>{text}</li>
							))}
						</ul>
					</>
				) : (
					<ul class="edit-changes">
						{changes.slice(0, SHOWN).map((one) => (
							<li key={one.path + one.kind}>{differenceWords(one, [now, base])}</li>
						))}
						{changes.length > SHOWN && <li class="muted">and {changes.length - SHOWN} more</li>}
						{changes.length === 0 && <li class="muted">Nothing changed.</li>}
					</ul>
				)}
				<input
					ref={input}
					type="text"
					aria-label="What changed and why, in a few words"
					placeholder="What changed and why (if you like)"
					maxLength={200}
					value={message}
					onInput={(event) => setMessage(event.currentTarget.value)}
				/>
				{failed !== "" && (
					<p class="field-problem" role="alert">
						{failed}
					</p>
				)}
				<div class="edit-buttons">
					<button type="button" class="button" onClick={close}>
						Not yet
					</button>
					<button type="submit" class="button primary" disabled={busy || problems.length > 0}>
						{busy ? "Saving…" : "Save"}
					</button>
				</div>
			</form>
		</Dialog>
	);
}
