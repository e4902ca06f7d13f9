/** All versions of a dashboard: who saved them and why, what is different now, and the way back to one. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Dashboard, DashboardRecord, VersionSummary } from "../../../../schema/dashboard.ts";
import { differences } from "../../../../schema/dashboard-diff.ts";
import type { Failure } from "../../api.ts";
import { moment } from "../../explore/model/words.ts";
import { may } from "../../key.ts";
import { Dialog } from "../../panels/dialog.tsx";
import { Empty, Problem } from "../../panels/states.tsx";
import { useWorkspace } from "../../state.ts";
import "../../theme/edit.css";
import { fetchVersion, listVersions, restoreVersion } from "../api.ts";
import { Changes } from "./changes.tsx";
import { failureOf } from "./use-list.ts";

interface VersionsProps {
	record: DashboardRecord;
	close: () => void;
	/** With the new version, which is like the one restored. */
	restored: (record: DashboardRecord) => void;
}

export function Versions({ record, close, restored }: VersionsProps) {
	const [versions, setVersions] = useState<VersionSummary[] | null>(null);
	const [failure, setFailure] = useState<Failure | null>(null);
	const [open, setOpen] = useState<number | null>(null);
	const load = () => {
		setFailure(null);
		listVersions(record.uid).then(setVersions, (error) => setFailure(failureOf(error)));
	};
	useEffect(load, [record.uid, record.version]);
	return (
		<Dialog title="Versions" kind="drawer" close={close}>
			<div class="edit-versions" aria-busy={versions === null && failure === null}>
				{failure && <Problem failure={failure} retry={load} />}
				{versions?.length === 0 && <Empty title="No versions" />}
				<ol>
					{versions?.map((version) => (
						<li key={version.version} class="edit-version-item">
							<Version
								version={version}
								record={record}
								open={open === version.version}
								toggle={() => setOpen(open === version.version ? null : version.version)}
								restored={restored}
							/>
						</li>
					))}
				</ol>
			</div>
		</Dialog>
	);
}

function Version({
	version,
	record,
	open,
	toggle,
	restored,
}: {
	version: VersionSummary;
	record: DashboardRecord;
	open: boolean;
	toggle: () => void;
	restored: (record: DashboardRecord) => void;
}) {
	const { site } = useWorkspace();
	const current = version.version === record.version;
	const head = (
		<>
			<b>{version.message === "" ? `Version ${version.version}` : version.message}</b>
			<span class="muted">
				{version.message !== "" && `Version ${version.version}, `}
				{version.by.name}, {moment(new Date(version.at).toISOString(), site.zone)}
			</span>
		</>
	);
	if (current)
		return (
			<div class="edit-version current" aria-current="true">
				{head}
				<span class="edit-tag">now</span>
			</div>
		);
	return (
		<>
			<button type="button" class="edit-version" aria-expanded={open} onClick={toggle}>
				{head}
			</button>
			{open && <Compared version={version.version} record={record} restored={restored} />}
		</>
	);
}

/** What restoring it would change, in words; and the button for that. */
function Compared({
	version,
	record,
	restored,
}: {
	version: number;
	record: DashboardRecord;
	restored: (record: DashboardRecord) => void;
}) {
	const [old, setOld] = useState<Dashboard | null>(null);
	const [failure, setFailure] = useState<Failure | null>(null);
	const [sure, setSure] = useState(false);
	const [busy, setBusy] = useState(false);
	const load = () => {
		setFailure(null);
		fetchVersion(record.uid, version).then(
			(found) => setOld(found.dashboard),
			(error) => setFailure(failureOf(error)),
		);
	};
	useEffect(load, [record.uid, version]);
	const changes = useMemo(() => (old ? differences(old, record.dashboard) : []), [old, record]);
	const restore = () => {
		setBusy(true);
		setFailure(null);
		restoreVersion(record.uid, version, record.version).then(restored, (error) => {
			setBusy(false);
			setFailure(failureOf(error));
		});
	};
	if (!old) return failure ? <Problem failure={failure} retry={load} /> : <p class="hint">Reading it…</p>;
	return (
		<div class="edit-compared">
			<p>{changes.length === 0 ? "It is the same as the dashboard now." : "Since then:"}</p>
			<Changes changes={changes} versions={[record.dashboard, old]} />
			{failure && (
				<p class="field-problem" role="alert">
					{failure.message}
				</p>
			)}
			{may("edit") && changes.length > 0 && (
				<div class="edit-adds">
					{sure ? (
						<>
							<button type="button" class="button small primary" disabled={busy} onClick={restore}>
								{busy ? "Restoring…" : `Make version ${version} the newest`}
							</button>
							<button type="button" class="button small" disabled={busy} onClick={() => setSure(false)}>
								Leave it
							</button>
							<span class="hint">The versions since then are kept.</span>
						</>
					) : (
						<button type="button" class="button small" onClick={() => setSure(true)}>
							Restore…
						</button>
					)}
				</div>
			)}
		</div>
	);
}
