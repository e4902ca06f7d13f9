import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../panels/icon.tsx";
import { isNew, useEditing } from "./session.ts";
import { UndoRedo } from "./undo.tsx";

/** Undo, settings, save: what concerns the whole dashboard. */
export function Toolbar({
	add,
	save,
	settings,
	done,
}: {
	add: () => void;
	save: () => void;
	settings: () => void;
	done: () => void;
}) {
	const { session } = useEditing();
	const dashboard = session.dashboard.value;
	const dirty = session.dirty.value;
	const unsaved = isNew(session.base.value);
	const title = useRef<HTMLInputElement>(null);
	// The first thing that one does with a new one is to name it.
	useEffect(() => {
		if (!unsaved) return;
		title.current?.focus();
		title.current?.select();
	}, []);
	return (
		<div class="edit-bar">
			<input
				ref={title}
				type="text"
				class="edit-title"
				aria-label="Title of the dashboard"
				placeholder="Untitled dashboard"
				maxLength={100}
				value={dashboard.title}
				onInput={(event) => {
					const title = event.currentTarget.value;
					session.change((old) => ({ ...old, title }), "title");
				}}
			/>
			<span class="edit-state" role="status">
				{dirty || unsaved ? "Not saved" : ""}
			</span>
			<span class="grow" />
			<UndoRedo />
			<button type="button" class="button" aria-label="Add a panel" title="Add a panel" onClick={add}>
				<Icon name="plus" size={15} /> <span>Panel</span>
			</button>
			<button type="button" class="button" aria-label="Settings" onClick={settings}>
				<Icon name="settings" size={15} /> <span>Settings</span>
			</button>
			<button type="button" class="button" onClick={done}>
				{dirty || unsaved ? "Discard" : "Done"}
			</button>
			<button type="button" class="button primary" disabled={!dirty} title="Save (Ctrl+S)" onClick={save}>
				Save…
			</button>
		</div>
	);
}
