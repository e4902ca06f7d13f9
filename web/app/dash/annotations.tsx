/** Annotations of a dashboard: loaded for its range, switched by layers, written and changed in small forms. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Annotation } from "../../../schema/annotation.ts";
import type { AnnotationLayer } from "../../../schema/dashboard.ts";
import { Loader } from "../loader.ts";
import { Dialog } from "../panels/dialog.tsx";
import { Icon } from "../panels/icon.tsx";
import { Popover } from "../panels/popover.tsx";
import { createAnnotation, deleteAnnotation, updateAnnotation } from "./api.ts";
import type { Board } from "./board.ts";
import { isOn, type Switched } from "./layers.ts";
import { attempt, say } from "./toast.tsx";
import type { Time } from "./view.ts";

type Load = (time: Time, signal: AbortSignal) => Promise<Annotation[]>;
const NONE: readonly Annotation[] = [];

/** Those of the range; asked again with the panels. They are drawn beside figures, so their failure is no news. */
export function useAnnotations(load: Load, time: Time, board: Board): [readonly Annotation[], reload: () => void] {
	const loader = useMemo(() => new Loader<Annotation[]>(), []);
	const question = JSON.stringify(time);
	const beat = board.all.value + board.rest.value + board.again.value;
	useEffect(() => loader.load(question, (signal) => load(time, signal)), [loader, question, beat]);
	useEffect(() => () => loader.stop(), [loader]);
	const { data } = loader.state.value;
	return [data?.length ? data : NONE, loader.retry];
}

interface LayersProps {
	layers: readonly AnnotationLayer[];
	switched: Switched;
	set: (switched: Switched) => void;
	shown: readonly Annotation[];
	zone: string;
	/** Null: not by this viewer. */
	edit: ((annotation: Annotation | null) => void) | null;
}

/** The button of the bar: layers to switch, and what happened in the range. */
export function LayersMenu({ layers, switched, set, shown, zone, edit }: LayersProps) {
	if (layers.length === 0 && !edit && shown.length === 0) return null;
	return (
		<Popover
			label="Annotations"
			look="button layers-button"
			panel="layers"
			button={
				<>
					<Icon name="flag" size={15} /> <span class="word">Annotations</span>
					{shown.length > 0 && <span class="count-chip">{shown.length}</span>}
				</>
			}
		>
			{(close) => (
				<>
					{layers.length > 0 && (
						<fieldset class="options" aria-label="Layers">
							{layers.map((layer, i) => (
								<label key={i} class="option">
									<input
										type="checkbox"
										checked={isOn(layers, switched, i)}
										onChange={(event) => set(new Map([...switched, [i, event.currentTarget.checked]]))}
									/>
									<span>{layer.name}</span>
								</label>
							))}
						</fieldset>
					)}
					<ul class="annotation-list">
						{shown.map((annotation) => (
							<Row
								key={annotation.id}
								annotation={annotation}
								zone={zone}
								edit={
									edit &&
									(() => {
										close();
										edit(annotation);
									})
								}
							/>
						))}
						{shown.length === 0 && <li class="muted options-note">None in this period.</li>}
					</ul>
					{edit && (
						<button
							type="button"
							class="button small"
							onClick={() => {
								close();
								edit(null);
							}}
						>
							<Icon name="plus" size={14} /> Add annotation
						</button>
					)}
					{edit && <p class="hint">Or Shift-click a moment on a chart, or Shift-drag over a stretch.</p>}
				</>
			)}
		</Popover>
	);
}

function Row({ annotation, zone, edit }: { annotation: Annotation; zone: string; edit: (() => void) | null }) {
	const { at, until, text, tags, by } = annotation;
	return (
		<li>
			<p>{text}</p>
			<p class="muted">
				{when(at, until, zone)} · {by.name}
				{tags.map((tag) => (
					<span key={tag} class="tag">
						{tag}
					</span>
				))}
			</p>
			{edit && (
				<button type="button" class="icon-button" aria-label={`Edit “${text}”`} onClick={edit}>
					<Icon name="pencil" size={14} />
				</button>
			)}
		</li>
	);
}

function when(at: number, until: number | null, timeZone: string): string {
	const format = new Intl.DateTimeFormat("en-GB", {
		timeZone,
		day: "numeric",
		month: "short",
		hour: "2-digit",
		minute: "2-digit",
	});
	return until === null ? format.format(at) : format.formatRange(at, until);
}

/** What the form begins with: a moment or stretch that was chosen on a chart, or one that is there already. */
export type Draft = { at: number; until: number | null } | Annotation;

interface FormProps {
	draft: Draft;
	/** The dashboard's. */
	uid: string;
	zone: string;
	done: () => void;
	close: () => void;
}

export function AnnotationForm({ draft, uid, zone, done, close }: FormProps) {
	const known = "id" in draft ? draft : null;
	const text = useSignal(known?.text ?? "");
	const tags = useSignal(known?.tags.join(", ") ?? "");
	const here = useSignal(known ? known.dashboard !== null : true);
	const busy = useSignal(false);
	const run = (work: () => Promise<unknown>, word: string) => {
		busy.value = true;
		attempt(async () => {
			try {
				await work();
			} finally {
				busy.value = false;
			}
			say(word);
			done();
			close();
		});
	};
	const submit = (event: SubmitEvent) => {
		event.preventDefault();
		const body = {
			at: draft.at,
			until: draft.until,
			text: text.value.trim(),
			tags: tagsOf(tags.value),
			dashboard: here.value ? (known?.dashboard ?? uid) : null,
		};
		if (body.text === "") return;
		if (known) run(() => updateAnnotation(known.id, { ...body, version: known.version }), "Annotation saved");
		else run(() => createAnnotation(body), "Annotation added");
	};
	return (
		<Dialog title={known ? "Annotation" : "New annotation"} kind="sheet" close={close}>
			<form class="annotation-form" onSubmit={submit}>
				<p class="muted">{when(draft.at, draft.until, zone)}</p>
				<label class="labelled">
					<span>What happened</span>
					<textarea
						rows={3}
						required
						maxLength={1000}
						value={text.value}
						onInput={(event) => {
							text.value = event.currentTarget.value;
						}}
					/>
				</label>
				<label class="labelled">
					<span>Tags, with commas between them</span>
					<input
						type="text"
						placeholder="deploy, campaign"
						value={tags.value}
						onInput={(event) => {
							tags.value = event.currentTarget.value;
						}}
					/>
				</label>
				<label class="check">
					<input
						type="checkbox"
						checked={here.value}
						onChange={(event) => {
							here.value = event.currentTarget.checked;
						}}
					/>
					Only on this dashboard
				</label>
				<div class="form-foot">
					{known && (
						<button
							type="button"
							class="button"
							disabled={busy.value}
							onClick={() => run(() => deleteAnnotation(known.id), "Annotation deleted")}
						>
							<Icon name="trash" size={15} /> Delete
						</button>
					)}
					<span class="grow" />
					<button type="submit" class="button primary" disabled={busy.value || text.value.trim() === ""}>
						{known ? "Save" : "Add"}
					</button>
				</div>
			</form>
		</Dialog>
	);
}

const tagsOf = (words: string): string[] => [
	...new Set(
		words
			.split(",")
			.map((word) => word.trim().slice(0, 40))
			.filter(Boolean),
	),
];
