/** Somebody saved in the meantime: what they changed, what I changed, and whose change stands where both did. */
import { useMemo, useState } from "preact/hooks";
import type { Dashboard, DashboardRecord, Difference } from "../../../../schema/dashboard.ts";
import { differences, merge, type Side } from "../../../../schema/dashboard-diff.ts";
import { ago } from "../../explore/model/words.ts";
import { Dialog } from "../../panels/dialog.tsx";
import { go, leaving } from "../../route.ts";
import { createDashboard } from "../api.ts";
import { finished } from "./model/check.ts";
import { dropDraft } from "./model/drafts.ts";
import { compact } from "./model/layout.ts";
import { boxesOf, layOut } from "./model/panels.ts";
import { differenceWords } from "./model/words.ts";
import { useEditing } from "./session.ts";

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
	const [busy, setBusy] = useState(false);
	const [failed, setFailed] = useState("");
	const { merged, conflicts } = useMemo(
		() => merge(base, mine, theirs.dashboard, (path) => sides.get(path) ?? "mine"),
		[base, mine, theirs, sides],
	);
	const attempt = async (work: () => Promise<void>) => {
		setBusy(true);
		setFailed("");
		try {
			await work();
		} catch (error) {
			setFailed(error instanceof Error ? error.message : String(error));
			setBusy(false);
		}
	};
	/** Onto the newest version. Should somebody be faster once more, the same dialog shows what they did. */
	const saveBoth = () =>
		attempt(async () => {
			// Both may have put panels in the same place.
			session.rebase(theirs, layOut(merged, compact(boxesOf(merged.panels))));
			if (await session.save(session.message || `Merged with version ${theirs.version}`)) saved();
			else setBusy(false);
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
				<Changes title="They changed" base={base} after={theirs.dashboard} />
				<Changes title="You changed" base={base} after={mine} />
				{conflicts.length === 0 ? (
					<p class="edit-agree">Nothing was changed by both: the changes go together.</p>
				) : (
					<section aria-label="Changed by both">
						<h3>Both changed this: whose stands?</h3>
						<ul class="edit-conflicts">
							{conflicts.map((conflict) => (
								<Conflict
									key={conflict.path}
									mine={conflict.mine}
									theirs={conflict.theirs}
									versions={[mine, theirs.dashboard, base]}
									side={sides.get(conflict.path) ?? "mine"}
									choose={(side) => setSides(new Map(sides).set(conflict.path, side))}
								/>
							))}
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

function Changes({ title, base, after }: { title: string; base: Dashboard; after: Dashboard }) {
	const changes = differences(base, after);
	return (
		<section aria-label={title}>
			<h3>{title}</h3>
			<ul class="edit-changes">
				{changes.map((one) => (
					<li key={one.path + one.kind}>{differenceWords(one, [after, base])}</li>
				))}
				{changes.length === 0 && <li class="muted">nothing</li>}
			</ul>
		</section>
	);
}

/** What both did to the same thing, and a choice. */
function Conflict({
	mine,
	theirs,
	versions,
	side,
	choose,
}: {
	mine: Difference;
	theirs: Difference;
	versions: readonly Dashboard[];
	side: Side;
	choose: (side: Side) => void;
}) {
	const option = (id: Side, name: string, difference: Difference) => (
		<label class={side === id ? "chosen" : ""}>
			<input type="radio" name={`side ${mine.path}`} checked={side === id} onChange={() => choose(id)} />
			<span>
				<b>{name}</b> {differenceWords(difference, versions)}
			</span>
		</label>
	);
	return (
		<li>
			{option("mine", "Mine.", mine)}
			{option("theirs", "Theirs.", theirs)}
		</li>
	);
}
