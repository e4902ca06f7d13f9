/** Editing a dashboard: its panels on their grid, the forms behind them, and the way of all that to the server. */
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { DashboardRecord } from "../../../../schema/dashboard.ts";
import { ExploredContext, useNewExplored } from "../../explore/state.ts";
import { leaving } from "../../route.ts";
import "../../theme/explore.css";
import "../../theme/edit.css";
import { Toast } from "../toast.tsx";
import type { DashView } from "../view.ts";
import { Canvas } from "./canvas.tsx";
import { NamesContext } from "./fields.tsx";
import { MergeDialog } from "./merge.tsx";
import { type Draft, dropDraft, keepDraft, readDraft } from "./model/drafts.ts";
import { Previews } from "./preview.tsx";
import { SaveDialog } from "./save.tsx";
import { EditContext, type Editing, EditSession } from "./session.ts";
import { SettingsSheet } from "./settings.tsx";
import { withVariables } from "./suggest.ts";
import { Toolbar } from "./toolbar.tsx";

export interface EditorProps {
	record: DashboardRecord;
	/** What was being looked at: range and values that previews are asked for. */
	view: DashView;
	/** Editing is over; with what was saved, if anything was. */
	onDone: (record?: DashboardRecord) => void;
}

/** What stands over the panels. */
type Over = "add" | "save" | "settings" | null;

const LEAVE = "There are changes that were not saved. Leave without them?";
/** The draft follows the changes after as long a rest, ms. */
const DRAFT_MS = 400;

export function Editor({ record, view, onDone }: EditorProps) {
	const session = useMemo(() => new EditSession(record), [record.uid]);
	const [over, setOver] = useState<Over>(null);
	const [said, announce] = useAnnouncer();
	const explored = useNewExplored();
	const draft = useDraft(session);
	const { variables } = session.dashboard.value;
	const known = variables.map(({ name }) => name).join();
	const names = useMemo(() => known.split(",").filter(Boolean), [known]);
	const suggesting = useMemo(() => withVariables(explored, names), [explored, names]);
	const editing = useMemo((): Editing => ({ session, view, announce }), [session, view, announce]);
	useGuard(session);
	useKeys(session, () => setOver("save"));
	const done = () => {
		if (session.dirty.peek() && !confirm(LEAVE)) return;
		leaving.ask = null;
		dropDraft(sessionStorage, record.uid);
		onDone(session.base.peek());
	};
	const afterSave = () => {
		dropDraft(sessionStorage, record.uid);
		leaving.ask = null;
		onDone(session.base.peek());
	};
	return (
		<EditContext.Provider value={editing}>
			<ExploredContext.Provider value={suggesting}>
				<NamesContext.Provider value={names}>
					<Previews>
						<div class="page dash-page">
							<main class="editor" aria-label={`Editing ${record.dashboard.title}`}>
								<Toolbar
									add={() => setOver("add")}
									save={() => setOver("save")}
									settings={() => setOver("settings")}
									done={done}
								/>
								{draft.offered && <DraftOffer draft={draft.offered} take={draft.take} discard={draft.discard} />}
								<Canvas
									first={view.panel}
									adding={over === "add"}
									setAdding={(adding) => setOver(adding ? "add" : null)}
								/>
								<p class="sr-only" aria-live="assertive">
									{said}
								</p>
							</main>
						</div>
						<Toast />
						{over === "settings" && <SettingsSheet close={() => setOver(null)} />}
						{over === "save" && session.theirs.value === null && (
							<SaveDialog close={() => setOver(null)} saved={afterSave} />
						)}
						{session.theirs.value && <MergeDialog theirs={session.theirs.value} saved={afterSave} left={onDone} />}
					</Previews>
				</NamesContext.Provider>
			</ExploredContext.Provider>
		</EditContext.Provider>
	);
}

/** What a screen reader is told. The same sentence twice is said twice. */
function useAnnouncer() {
	const said = useMemo(() => signal(""), []);
	const announce = useMemo(
		() => (text: string) => {
			said.value = said.peek() === text ? `${text} ` : text;
		},
		[said],
	);
	return [said, announce] as const;
}

/** Leaving with unsaved changes asks first: inside the app, and where the browser goes elsewhere. */
function useGuard(session: EditSession): void {
	useEffect(() => {
		const ask = () => !session.dirty.peek() || confirm(LEAVE);
		const onUnload = (event: BeforeUnloadEvent) => {
			if (session.dirty.peek()) event.preventDefault();
		};
		leaving.ask = ask;
		addEventListener("beforeunload", onUnload);
		return () => {
			if (leaving.ask === ask) leaving.ask = null;
			removeEventListener("beforeunload", onUnload);
		};
	}, [session]);
}

const isText = (target: EventTarget | null): boolean =>
	target instanceof Element && target.closest("input:not([type=checkbox]), textarea, [contenteditable]") !== null;

/** Ctrl+Z and Shift+Ctrl+Z (not in a field, which has an undo of its own), Ctrl+S. */
function useKeys(session: EditSession, save: () => void): void {
	const onSave = useRef(save);
	onSave.current = save;
	useEffect(() => {
		const onKeyDown = (event: KeyboardEvent) => {
			if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
			const key = event.key.toLowerCase();
			if (key === "s") onSave.current();
			else if (isText(event.target)) return;
			else if (key === "z" && event.shiftKey) session.redo();
			else if (key === "y") session.redo();
			else if (key === "z") session.undo();
			else return;
			event.preventDefault();
		};
		addEventListener("keydown", onKeyDown);
		// Typing in a field anew is another step than the typing before.
		addEventListener("focusout", session.settle);
		return () => {
			removeEventListener("keydown", onKeyDown);
			removeEventListener("focusout", session.settle);
		};
	}, [session]);
}

/** Keeps a draft in this tab, and offers the one that a reload left behind. */
function useDraft(session: EditSession) {
	const { uid } = session.base.peek();
	const [offered, setOffered] = useState<Draft | null>(() => readDraft(sessionStorage, uid));
	const dashboard = session.dashboard.value;
	const dirty = session.dirty.value;
	useEffect(() => {
		// What is offered is not written over before somebody chose.
		if (!dirty || offered) return;
		const { version } = session.base.peek();
		const kept = setTimeout(() => keepDraft(sessionStorage, uid, { dashboard, version, at: Date.now() }), DRAFT_MS);
		return () => clearTimeout(kept);
	}, [session, uid, dashboard, dirty, offered]);
	return {
		offered,
		take: () => {
			if (offered) session.change(() => offered.dashboard);
			setOffered(null);
		},
		discard: () => {
			dropDraft(sessionStorage, uid);
			setOffered(null);
		},
	};
}

function DraftOffer({ draft, take, discard }: { draft: Draft; take: () => void; discard: () => void }) {
	const at = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(draft.at);
	return (
		<p class="edit-draft" role="status">
			<span>There are changes from {at} that were not saved.</span>
			<button type="button" class="button small primary" onClick={take}>
				Go on with them
			</button>
			<button type="button" class="button small" onClick={discard}>
				Discard them
			</button>
		</p>
	);
}
