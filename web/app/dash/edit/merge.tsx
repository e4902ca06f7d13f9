/** Somebody saved in the meantime: what they changed, what I changed, and whose change stands where both did. */
import { useMemo, useState } from "preact/hooks";
import type { DashboardRecord } from "../../../../schema/dashboard.ts";
import { differences, merge, type Side } from "../../../../schema/dashboard-diff.ts";
import { ago } from "../../explore/model/words.ts";
import { Dialog } from "../../panels/dialog.tsx";
import { go, leaving } from "../../route.ts";
import { createDashboard } from "../api.ts";
import { Changes } from "./changes.tsx";
import { finished } from "./model/check.ts";
import { dropDraft } from "./model/drafts.ts";
import { compact } from "./model/layout.ts";
import { boxesOf, layOut } from "./model/panels.ts";
import { type Choice, choices } from "./model/words.ts";
import { useEditing } from "./session.ts";
import { useAttempt } from "./use-list.ts";

interface MergeProps {
	theirs: DashboardRecord;
	saved: () => void;
	/** My changes are given up. */
	left: (record: DashboardRecord) => void;
}

export function MergeDialog({ theirs, saved, left }: MergeProps) {
	const { session } = useEditing();
	const base = session.base.value.dashboard;
	const mine = useMemo(() => finished(session.dashboard.value), [session.dashboard.value]);
	const [sides, setSides] = useState<ReadonlyMap<string, Side>>(new Map());
	const { busy, failed, attempt } = useAttempt();
	const { merged, conflicts } = useMemo(
		() => merge(base, mine, theirs.dashboard, (path) => sides.get(path) ?? "mine"),
		[base, mine, theirs, sides],
	);
	/** Onto the newest version. Should somebody be faster once more, the same dialog shows what they did. */
	const saveBoth = () =>
		attempt(async () => {
			// Both may have put panels in the same place.
			session.rebase(theirs, layOut(merged, compact(boxesOf(merged.panels))));
			if (await session.save(session.message || `Merged with version ${theirs.version}`)) saved();
		});
	const saveCopy = () =>
		attempt(async () => {
			const copy = await createDashboard({ dashboard: { ...mine, title: `${mine.title} (mine)`.slice(0, 100) } });
			dropDraft(sessionStorage, theirs.uid);
			leaving.ask = null;
			go(`/d/${encodeURIComponent(copy.uid)}`);
		});
	const giveUp = () => {
		dropDraft(sessionStorage, theirs.uid);
		leaving.ask = null;
		left(theirs);
	};
	return (
		<Dialog
			title="Somebody saved in the meantime"
			kind="sheet"
			close={() => {
				session.theirs.value = null;
			}}
		>
			<div class="edit-merge ask">
				<p>
					{theirs.updated_by.name} saved version {theirs.version},{" "}
					{ago(new Date(theirs.updated_at).toISOString(), Date.now())}. You started from version{" "}
					{session.base.value.version}.
				</p>
				<section aria-label="They changed">
					<h3>They changed</h3>
					<Changes changes={differences(base, theirs.dashboard)} versions={[theirs.dashboard, base]} none="nothing" />
				</section>
				<section aria-label="You changed">
					<h3>You changed</h3>
					<Changes changes={differences(base, mine)} versions={[mine, base]} none="nothing" />
				</section>
				{conflicts.length === 0 ? (
					<p class="edit-agree">Nothing was changed by both: the changes go together.</p>
				) : (
					<section aria-label="Changed by both">
						<h3>Both changed this: whose stands?</h3>
						<ul class="edit-conflicts">
							{choices(conflicts, [mine, theirs.dashboard, base]).map((choice) => {
								const [first = ""] = choice.paths;
								return (
									<Conflict
										key={first}
										choice={choice}
										side={sides.get(first) ?? "mine"}
										choose={(side) =>
											setSides(new Map([...sides, ...choice.paths.map((path) => [path, side] as const)]))
										}
									/>
								);
							})}
						</ul>
					</section>
				)}
				{failed !== "" && (
					<p class="field-problem" role="alert">
						{failed}
					</p>
				)}
				<div class="edit-buttons">
					<button type="button" class="button" disabled={busy} onClick={giveUp}>
						Discard mine
					</button>
					<button type="button" class="button" disabled={busy} onClick={saveCopy}>
						Save mine as a copy
					</button>
					<button type="button" class="button primary" disabled={busy} onClick={saveBoth}>
						{busy ? "Saving…" : "Save both"}
					</button>
				</div>
			</div>
		</Dialog>
	);
}

/** What both did to the same thing, and whose change stands. */
function Conflict({ choice, side, choose }: { choice: Choice; side: Side; choose: (side: Side) => void }) {
	const option = (id: Side, name: string) => (
		<label class={side === id ? "chosen" : ""}>
			<input type="radio" name={`side ${choice.paths[0]}`} checked={side === id} onChange={() => choose(id)} />
			<span>
				<b>{name}</b> {choice[id]}
			</span>
		</label>
	);
	return (
		<li>
			{option("mine", "Mine.")}
			{option("theirs", "Theirs.")}
		</li>
	);
}
