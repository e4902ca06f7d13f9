import { useState } from "preact/hooks";
import type { Failure } from "../../api.ts";
import { Dialog } from "../../panels/dialog.tsx";
import { Icon } from "../../panels/icon.tsx";
import { Empty, Problem } from "../../panels/states.tsx";
import { failureOf, type Shelf } from "../shelf.ts";
import { useExplored } from "../state.ts";

interface Item {
	id: string;
	name: string;
	version: number;
	updated_at: number;
}

interface SaveProps<T extends Item, Body> {
	title: string;
	/** What one is called. */
	kind: string;
	shelf: Shelf<T, Body>;
	/** What would be saved; null: there is nothing to save, for the reason of `empty`. */
	body: Body | null;
	empty: string;
	open: (item: T) => void;
	/** What one is, in a line. */
	summary: (item: T) => string;
	saved?: (item: T) => void;
	close: () => void;
}

/** What is saved under names: open one, delete one, save what is on the page. */
export function SaveDialog<T extends Item, Body>(props: SaveProps<T, Body>) {
	const { title, kind, shelf, body, empty, close } = props;
	const { canSave } = useExplored();
	const [failure, setFailure] = useState<Failure | null>(null);
	const items = shelf.items.value;
	const listed = shelf.failure.value;
	const attempt = (work: Promise<unknown>) => {
		setFailure(null);
		work.catch((error) => setFailure(failureOf(error)));
	};
	return (
		<Dialog title={title} kind="sheet" close={close}>
			<div class="saved">
				{canSave &&
					(body === null ? (
						<p class="hint">{empty}</p>
					) : (
						<SaveAs
							kind={kind}
							save={(name) => attempt(shelf.create(name, body).then((item) => props.saved?.(item)))}
						/>
					))}
				{failure && (
					<p class="field-problem" role="alert">
						{failure.message}
					</p>
				)}
				{items === null && listed && <Problem failure={listed} retry={shelf.load} />}
				{items?.length === 0 && (
					<Empty title={`No saved ${kind}s yet`}>{!canSave && <p>Who may edit can save them.</p>}</Empty>
				)}
				<ul class="saved-list">
					{items?.map((item) => (
						<SavedRow
							key={item.id}
							item={item}
							summary={props.summary(item)}
							open={() => props.open(item)}
							remove={canSave ? () => attempt(shelf.remove(item)) : null}
						/>
					))}
				</ul>
			</div>
		</Dialog>
	);
}

function SaveAs({ kind, save }: { kind: string; save: (name: string) => void }) {
	const [name, setName] = useState("");
	const submit = (event: SubmitEvent) => {
		event.preventDefault();
		if (name.trim() === "") return;
		save(name.trim());
		setName("");
	};
	return (
		<form class="save-as" onSubmit={submit}>
			<input
				type="text"
				aria-label={`Name of the new ${kind}`}
				placeholder={`Name of this ${kind}`}
				maxLength={100}
				value={name}
				onInput={(event) => setName(event.currentTarget.value)}
			/>
			<button type="submit" class="button primary" disabled={name.trim() === ""}>
				Save
			</button>
		</form>
	);
}

function SavedRow({
	item,
	summary,
	open,
	remove,
}: {
	item: Item;
	summary: string;
	open: () => void;
	remove: (() => void) | null;
}) {
	const [sure, setSure] = useState(false);
	return (
		<li>
			<button type="button" class="saved-open" onClick={open}>
				<b>{item.name}</b>
				<span class="muted">{summary}</span>
			</button>
			{remove &&
				(sure ? (
					<button type="button" class="button small" onClick={remove} onBlur={() => setSure(false)}>
						Delete
					</button>
				) : (
					<button type="button" class="icon-button" aria-label={`Delete ${item.name}`} onClick={() => setSure(true)}>
						<Icon name="trash" size={15} />
					</button>
				))}
		</li>
	);
}
