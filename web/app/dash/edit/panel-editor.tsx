/** The form of one panel, with the panel as it would be beside it. Changes are the dashboard's at once; undo takes them back. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Panel, PanelKind } from "../../../../schema/dashboard.ts";
import { KIND_NAMES } from "../titles.ts";
import { FieldProblem, ProblemsContext, Section, TextField } from "./fields.tsx";
import { FunnelForm } from "./funnel.tsx";
import { KindPicture } from "./gallery.tsx";
import { panelProblems } from "./model/check.ts";
import { KINDS } from "./model/kinds.ts";
import { asKind, isNumbers, panelName } from "./model/panels.ts";
import { NumbersForm } from "./numbers.tsx";
import { OwnTime } from "./own-time.tsx";
import { Preview } from "./preview.tsx";
import { RetentionForm } from "./retention.tsx";
import { useEditing } from "./session.ts";
import { UndoRedo } from "./undo.tsx";

/** What forms of panels are given. `key`: of which field, so that typing in it is undone at once. */
export interface PanelFormProps<P extends Panel> {
	panel: P;
	change: (panel: P, key?: string) => void;
}

export function PanelEditor({ panel, close }: { panel: Panel; close: () => void }) {
	const { session } = useEditing();
	const dialog = useRef<HTMLDialogElement>(null);
	const problems = useMemo(() => panelProblems(panel), [panel]);
	useEffect(() => {
		const element = dialog.current;
		element?.showModal();
		return () => element?.close();
	}, []);
	const change = (next: Panel, key?: string) =>
		session.changePanel(next, key === undefined ? null : `${panel.id}.${key}`);
	return (
		<dialog class="dialog panel-editor" ref={dialog} aria-label={`Panel ${panelName(panel)}`} onClose={close}>
			<ProblemsContext.Provider value={problems}>
				<header class="panel-editor-head">
					<h2>{panelName(panel)}</h2>
					<span class="grow" />
					<UndoRedo />
					<button type="button" class="button primary" onClick={close}>
						Done
					</button>
				</header>
				<div class="panel-editor-body">
					<div class="panel-editor-preview" style={{ "--w": panel.grid.w, "--h": panel.grid.h }}>
						<Preview panel={panel} eager />
					</div>
					<form class="panel-editor-form ask" onSubmit={(event) => event.preventDefault()}>
						<KindSwitch panel={panel} change={change} />
						<Section title="About">
							<TextField
								label="Title"
								path="title"
								max={200}
								variables
								value={panel.title}
								change={(title) => change({ ...panel, title }, "title")}
							/>
							<TextField
								label="Description"
								path="description"
								max={2000}
								rows={2}
								variables
								hint="Shown behind the (i) of the panel."
								value={panel.description}
								change={(description) => change({ ...panel, description }, "description")}
							/>
						</Section>
						<KindForm panel={panel} change={change} />
						{"time" in panel && <OwnTime time={panel.time} change={(time) => change({ ...panel, time }, "time")} />}
						<FieldProblem path="" />
					</form>
				</div>
			</ProblemsContext.Provider>
		</dialog>
	);
}

function KindForm({ panel, change }: PanelFormProps<Panel>) {
	if (isNumbers(panel)) return <NumbersForm panel={panel} change={change} />;
	if (panel.kind === "funnel") return <FunnelForm panel={panel} change={change} />;
	if (panel.kind === "retention") return <RetentionForm panel={panel} change={change} />;
	return (
		<Section title="Text">
			<TextField
				label="Markdown"
				path="markdown"
				max={20_000}
				rows={16}
				variables
				mono
				hint="Headings, lists, tables, links and emphasis. HTML is shown as text."
				value={panel.markdown}
				change={(markdown) => change({ ...panel, markdown }, "markdown")}
			/>
		</Section>
	);
}

/** What the panel is drawn as. What it was as another kind is remembered while the form is open. */
function KindSwitch({ panel, change }: PanelFormProps<Panel>) {
	const remembered = useRef(new Map<PanelKind, Panel>());
	const queried = useRef<Panel | null>(null);
	const choose = (kind: PanelKind) => {
		remembered.current.set(panel.kind, panel);
		if (isNumbers(panel)) queried.current = panel;
		const { id, grid } = panel;
		// A kind that was not looked at yet gets its queries from the last one that had some.
		const last = isNumbers(panel) ? null : queried.current;
		const before = remembered.current.get(kind) ?? (last ? asKind(last, kind) : undefined);
		change({ ...asKind(panel, kind, before), id, grid });
	};
	return (
		<fieldset class="kind-switch" aria-label="Kind of panel">
			{KINDS.map(({ kind, hint }) => (
				<button
					type="button"
					key={kind}
					title={hint}
					aria-pressed={panel.kind === kind}
					onClick={() => panel.kind !== kind && choose(kind)}
				>
					<KindPicture kind={kind} />
					<span>{KIND_NAMES[kind]}</span>
				</button>
			))}
		</fieldset>
	);
}
