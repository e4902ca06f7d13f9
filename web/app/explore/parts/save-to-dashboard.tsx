/** Keeps what a page of questions shows as a panel of a dashboard: one that there is, or a new one. */
import { useEffect, useState } from "preact/hooks";
import type { DashboardInput, DashboardSummary, PanelInput, PanelKind } from "../../../../schema/dashboard.ts";
import { send } from "../../api.ts";
import { may } from "../../key.ts";
import { Dialog } from "../../panels/dialog.tsx";
import { Icon } from "../../panels/icon.tsx";
import { follow } from "../../route.ts";
import { failureOf } from "../shelf.ts";

type OmitPlace<P> = P extends unknown ? Omit<P, "id" | "grid"> : never;
/** A panel without its place, which the server chooses. */
export type PlacelessPanel = OmitPlace<PanelInput>;

export interface SaveToDashboardProps {
	/** What the panel could be, the best first. */
	kinds: readonly (readonly [PanelKind, string])[];
	/** The panel of a kind. */
	panel: (kind: PanelKind) => PlacelessPanel;
	/** What it is called, if the person does not say otherwise. */
	title: string;
}

async function call<T>(path: string, body?: unknown): Promise<T> {
	const headers = { "content-type": "application/json" };
	const init = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
	return (await send(path, { cache: "no-store", ...init })).json();
}

/** The button; nothing for those who may not save. */
export function SaveToDashboard(props: SaveToDashboardProps) {
	const [open, setOpen] = useState(false);
	if (!may("edit")) return null;
	return (
		<>
			<button
				type="button"
				class="button small"
				title="Keep this as a panel of a dashboard"
				onClick={() => setOpen(true)}
			>
				<Icon name="plus" size={14} /> Dashboard
			</button>
			{open && <SaveDialog {...props} close={() => setOpen(false)} />}
		</>
	);
}

/** Where it goes: a dashboard's uid, or a new one. */
const NEW = "";

interface Saved {
	uid: string;
	title: string;
}

async function save(to: string, newTitle: string, panel: PlacelessPanel): Promise<Saved> {
	const uid = to === NEW ? (await create(newTitle)).uid : to;
	const { record } = await call<{ record: { uid: string; dashboard: { title: string } } }>(
		`/v1/dashboards/${encodeURIComponent(uid)}/panels`,
		{ panel },
	);
	return { uid, title: record.dashboard.title };
}

const create = (title: string) =>
	call<{ uid: string }>("/v1/dashboards", { dashboard: { title } satisfies DashboardInput });

function SaveDialog({ kinds, panel, title, close }: SaveToDashboardProps & { close: () => void }) {
	const [name, setName] = useState(title);
	const [kind, setKind] = useState<PanelKind>(kinds[0]?.[0] ?? "line");
	const [to, setTo] = useState<string | null>(null);
	const [newTitle, setNewTitle] = useState("");
	const [busy, setBusy] = useState(false);
	const [failed, setFailed] = useState("");
	const [saved, setSaved] = useState<Saved | null>(null);
	const ready = to !== null && (to !== NEW || newTitle.trim() !== "");
	const submit = (event: SubmitEvent) => {
		event.preventDefault();
		if (!ready || busy) return;
		setBusy(true);
		setFailed("");
		save(to, newTitle.trim(), { ...panel(kind), title: name.trim() }).then(setSaved, (error) => {
			setFailed(failureOf(error).message);
			setBusy(false);
		});
	};
	return (
		<Dialog title="Save to a dashboard" kind="sheet" close={close}>
			{saved ? (
				<div class="to-dashboard" role="status">
					<p>
						<Icon name="check" size={15} /> It is on{" "}
						<a href={`/d/${encodeURIComponent(saved.uid)}`} onClick={follow}>
							{saved.title}
						</a>{" "}
						now.
					</p>
				</div>
			) : (
				<form class="to-dashboard ask" onSubmit={submit}>
					<label class="labelled">
						<span>Title of the panel</span>
						<input type="text" maxLength={200} value={name} onInput={(event) => setName(event.currentTarget.value)} />
					</label>
					{kinds.length > 1 && (
						<fieldset class="periods switch" aria-label="Kind of panel">
							{kinds.map(([id, words]) => (
								<button type="button" key={id} aria-pressed={id === kind} onClick={() => setKind(id)}>
									{words}
								</button>
							))}
						</fieldset>
					)}
					<Choose to={to} choose={setTo} newTitle={newTitle} setNewTitle={setNewTitle} />
					{failed !== "" && (
						<p class="field-problem" role="alert">
							{failed}
						</p>
					)}
					<button type="submit" class="button primary" disabled={!ready || busy}>
						{busy ? "Saving…" : "Save"}
					</button>
				</form>
			)}
		</Dialog>
	);
}

/** A dashboard by search, or a new one. */
function Choose({
	to,
	choose,
	newTitle,
	setNewTitle,
}: {
	to: string | null;
	choose: (uid: string) => void;
	newTitle: string;
	setNewTitle: (title: string) => void;
}) {
	const [list, setList] = useState<DashboardSummary[] | null>(null);
	const [failed, setFailed] = useState("");
	const [search, setSearch] = useState("");
	useEffect(() => {
		call<{ dashboards: DashboardSummary[] }>("/v1/dashboards").then(
			({ dashboards }) => {
				setList(dashboards);
				if (dashboards.length === 0) choose(NEW);
			},
			(error) => setFailed(failureOf(error).message),
		);
	}, []);
	const wanted = search.trim().toLowerCase();
	const found = list?.filter(({ title, tags }) => `${title} ${tags.join(" ")}`.toLowerCase().includes(wanted)) ?? [];
	return (
		<fieldset aria-label="Dashboard" aria-busy={list === null && failed === ""}>
			{(list?.length ?? 0) > 0 && (
				<input
					type="text"
					class="to-search"
					aria-label="Search dashboards"
					placeholder="Search dashboards"
					value={search}
					onInput={(event) => setSearch(event.currentTarget.value)}
				/>
			)}
			{failed !== "" && (
				<p class="field-problem" role="alert">
					{failed}
				</p>
			)}
			<ul class="to-list">
				{found.map(({ uid, title, panels }) => (
					<li key={uid}>
						<label class={to === uid ? "chosen" : ""}>
							<input type="radio" name="dashboard" checked={to === uid} onChange={() => choose(uid)} />
							<b>{title}</b>
							<span class="muted">
								{panels} {panels === 1 ? "panel" : "panels"}
							</span>
						</label>
					</li>
				))}
				{list && (
					<li>
						<label class={to === NEW ? "chosen" : ""}>
							<input type="radio" name="dashboard" checked={to === NEW} onChange={() => choose(NEW)} />
							<b>A new dashboard</b>
						</label>
					</li>
				)}
			</ul>
			{to === NEW && (
				<input
					type="text"
					aria-label="Title of the new dashboard"
					placeholder="Title of the new dashboard"
					maxLength={100}
					value={newTitle}
					onInput={(event) => setNewTitle(event.currentTarget.value)}
				/>
			)}
		</fieldset>
	);
}
