/** Ways to begin a dashboard: a template, a blank one, a file. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Failure } from "../api.ts";
import { Dialog } from "../panels/dialog.tsx";
import { Icon } from "../panels/icon.tsx";
import { Problem } from "../panels/states.tsx";
import { go } from "../route.ts";
import { createDashboard, listTemplates, type TemplateSummary } from "./api.ts";
import { takeImport } from "./export.ts";

export function NewDialog({ close }: { close: () => void }) {
	return (
		<Dialog title="New dashboard" kind="drawer" close={close}>
			<div class="new-dashboard">
				<Templates canEdit />
			</div>
		</Dialog>
	);
}

export function Templates({ canEdit }: { canEdit: boolean }) {
	const templates = useSignal<TemplateSummary[] | null>(null);
	const failure = useSignal<Failure | null>(null);
	/** What is being made. */
	const busy = useSignal<string | null>(null);
	const load = () => {
		failure.value = null;
		listTemplates().then(
			(found) => {
				templates.value = found;
			},
			(error: unknown) => {
				failure.value = failureOf(error);
			},
		);
	};
	useEffect(load, []);
	const make = async (what: string, work: () => Promise<string>) => {
		busy.value = what;
		failure.value = null;
		try {
			go(`/d/${encodeURIComponent(await work())}`);
		} catch (error) {
			failure.value = failureOf(error);
		} finally {
			busy.value = null;
		}
	};
	return (
		<>
			{failure.value && <Problem failure={failure.value} retry={load} />}
			<ul class="templates">
				{templates.value === null && !failure.value && <li class="skeleton template-wait" />}
				{templates.value?.map((template) => (
					<li key={template.id} class="template-place">
						<button
							type="button"
							class="card template"
							disabled={!canEdit || busy.value !== null}
							aria-busy={busy.value === template.id}
							onClick={() => make(template.id, async () => (await createDashboard({ template: template.id })).uid)}
						>
							<b>{template.title}</b>
							<span>{template.description}</span>
							<span class="muted">{template.panels} panels</span>
						</button>
					</li>
				))}
				{canEdit && (
					<li class="template-place">
						<button
							type="button"
							class="card template blank"
							disabled={busy.value !== null}
							onClick={() => go("/dashboards/new")}
						>
							<b>
								<Icon name="plus" size={15} /> Blank
							</b>
							<span>Nothing on it yet: every panel is yours.</span>
						</button>
					</li>
				)}
				{canEdit && (
					<li class="template-place">
						<ImportButton busy={busy.value !== null} take={(file) => make("import", () => takeImport(file))} />
					</li>
				)}
			</ul>
		</>
	);
}

function ImportButton({ busy, take }: { busy: boolean; take: (file: File) => void }) {
	const input = useRef<HTMLInputElement>(null);
	return (
		<>
			<button type="button" class="card template blank" disabled={busy} onClick={() => input.current?.click()}>
				<b>
					<Icon name="upload" size={15} /> From a file
				</b>
				<span>JSON that was exported here, or from another site.</span>
			</button>
			<input
				type="file"
				accept="application/json,.json"
				hidden
				ref={input}
				aria-label="Exported dashboard"
				onChange={(event) => {
					const [file] = event.currentTarget.files ?? [];
					if (file) take(file);
					event.currentTarget.value = "";
				}}
			/>
		</>
	);
}

/** What the person can mend by choosing another file has no "again". */
const failureOf = (error: unknown): Failure =>
	error instanceof Failure ? error : new Failure(422, "", error instanceof Error ? error.message : String(error));
