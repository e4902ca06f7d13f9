import { useEffect, useRef, useState } from "preact/hooks";
import { differences } from "../../../../schema/dashboard-diff.ts";
import { Dialog } from "../../panels/dialog.tsx";
import { Changes } from "./changes.tsx";
import { dashboardProblems, finished } from "./model/check.ts";
import { isNew, useEditing } from "./session.ts";
import { useAttempt } from "./use-list.ts";

/** More are not read before saving. */
const SHOWN = 8;

/** What is about to be saved, in words, and a message for those who read the versions later. */
export function SaveDialog({ close, saved }: { close: () => void; saved: () => void }) {
	const { session } = useEditing();
	const [message, setMessage] = useState("");
	const { busy, failed, attempt } = useAttempt();
	const input = useRef<HTMLInputElement>(null);
	useEffect(() => input.current?.focus(), []);
	const base = session.base.value.dashboard;
	const now = finished(session.dashboard.value);
	const problems = dashboardProblems(now);
	const save = (event: SubmitEvent) => {
		event.preventDefault();
		if (busy || problems.length > 0) return;
		attempt(async () => {
			if (await session.save(message.trim())) saved();
			else close(); // what follows is the merge, which stands in this dialog's place
		});
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
				) : isNew(session.base.value) ? (
					<p>
						A new dashboard with {now.panels.length === 1 ? "1 panel" : `${now.panels.length} panels`}: “{now.title}”.
					</p>
				) : (
					<Changes changes={differences(base, now)} versions={[now, base]} most={SHOWN} none="Nothing changed." />
				)}
				<input
					ref={input}
					type="text"
					aria-label="What changed and why, in a few words"
					placeholder={
						isNew(session.base.value) ? "What it is for (if you like)" : "What changed and why (if you like)"
					}
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
