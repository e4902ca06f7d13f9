/** The panels, and what opens from them: the gallery of kinds, and the form of one panel. */
import { useEffect, useState } from "preact/hooks";
import { MAX_PANELS, type Panel } from "../../../../schema/dashboard.ts";
import { copyText } from "../../clipboard.ts";
import { Icon } from "../../panels/icon.tsx";
import { say } from "../toast.tsx";
import { Gallery } from "./gallery.tsx";
import { EditGrid, type PanelActions } from "./grid.tsx";
import { panelIn, textOfPanel } from "./model/clipboard.ts";
import { addPanel, copyOf, newPanel, panelName, removePanel } from "./model/panels.ts";
import { PanelEditor } from "./panel-editor.tsx";
import { useEditing } from "./session.ts";

export function Canvas({
	first,
	adding,
	setAdding,
}: {
	/** The panel whose form is open at first; null: none. */
	first: string | null;
	/** Is the gallery open? */
	adding: boolean;
	setAdding: (adding: boolean) => void;
}) {
	const { session } = useEditing();
	const [edited, setEdited] = useState<string | null>(first);
	const { panels } = session.dashboard.value;
	const full = panels.length >= MAX_PANELS;
	const add = (panel: Panel) => {
		if (full) return say(`A dashboard has at most ${MAX_PANELS} panels`, true);
		session.change((dashboard) => addPanel(dashboard, panel));
		say(`${panelName(panel)} added`);
	};
	const actions: PanelActions = {
		edit: ({ id }) => setEdited(id),
		duplicate: (panel) => add(copyOf(panel, session.dashboard.peek().panels)),
		copy: (panel) => {
			copyText(textOfPanel(panel)).then((done) =>
				say(done ? `${panelName(panel)} copied` : "This browser does not let the page copy"),
			);
		},
		remove: (panel) => {
			session.change((dashboard) => removePanel(dashboard, panel.id));
			say(`${panelName(panel)} deleted. Undo brings it back.`);
		},
	};
	usePaste((panel) => add(copyOf(panel, session.dashboard.peek().panels)));
	const panel = panels.find(({ id }) => id === edited);
	return (
		<>
			{panels.length === 0 ? (
				<section class="edit-empty">
					<h2>What should this dashboard show?</h2>
					<Gallery choose={(kind) => create(kind)} />
				</section>
			) : (
				<EditGrid actions={actions} />
			)}
			{panels.length > 0 && (
				<button type="button" class="edit-add" disabled={full} onClick={() => setAdding(true)}>
					<Icon name="plus" /> {full ? `A dashboard has at most ${MAX_PANELS} panels` : "Add a panel"}
				</button>
			)}
			{adding && !full && (
				<Gallery
					choose={(kind) => {
						setAdding(false);
						create(kind);
					}}
					paste={(copied) => {
						setAdding(false);
						add(copyOf(copied, session.dashboard.peek().panels));
					}}
					close={() => setAdding(false)}
				/>
			)}
			{panel && <PanelEditor key={panel.id} panel={panel} close={() => setEdited(null)} />}
		</>
	);

	/** A new panel opens its form at once. */
	function create(kind: Panel["kind"]) {
		const made = newPanel(kind, session.dashboard.peek().panels);
		add(made);
		setEdited(made.id);
	}
}

/** Ctrl+V anywhere but in a field: a panel that was copied here or from another dashboard. */
function usePaste(paste: (panel: Panel) => void): void {
	useEffect(() => {
		const onPaste = (event: ClipboardEvent) => {
			if (event.target instanceof Element && event.target.closest("input, textarea, dialog")) return;
			const panel = panelIn(event.clipboardData?.getData("text") ?? "");
			if (!panel) return;
			event.preventDefault();
			paste(panel);
		};
		addEventListener("paste", onPaste);
		return () => removeEventListener("paste", onPaste);
	});
}
