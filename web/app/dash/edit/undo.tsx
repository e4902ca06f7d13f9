import { Icon } from "../../panels/icon.tsx";
import { useEditing } from "./session.ts";

/** Takes the last change back, and makes it again. */
export function UndoRedo() {
	const { session } = useEditing();
	return (
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
	);
}
