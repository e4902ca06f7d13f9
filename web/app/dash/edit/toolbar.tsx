import { Icon } from "../../panels/icon.tsx";
import { useEditing } from "./session.ts";

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
	return (
		<div class="edit-bar">
			<input
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
				{dirty ? "Not saved" : ""}
			</span>
			<span class="grow" />
			<span class="edit-bar-group">
				<button
					type="button"
					class="icon-button"
					aria-label="Undo"
					title="Undo (Ctrl+Z)"
					disabled={!session.canUndo.value}
					onClick={session.undo}
				>
					<Icon name="undo" />
				</button>
				<button
					type="button"
					class="icon-button"
					aria-label="Redo"
					title="Redo (Shift+Ctrl+Z)"
					disabled={!session.canRedo.value}
					onClick={session.redo}
				>
					<Icon name="redo" />
				</button>
			</span>
			<button type="button" class="button" aria-label="Add a panel" title="Add a panel" onClick={add}>
				<Icon name="plus" size={15} /> <span>Panel</span>
			</button>
			<button type="button" class="button" aria-label="Settings" onClick={settings}>
				<Icon name="settings" size={15} /> <span>Settings</span>
			</button>
			<button type="button" class="button" onClick={done}>
				{dirty ? "Discard" : "Done"}
			</button>
			<button type="button" class="button primary" disabled={!dirty} title="Save (Ctrl+S)" onClick={save}>
				Save…
			</button>
		</div>
	);
}
