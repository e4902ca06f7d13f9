import type { AnnotationLayer } from "../../../../schema/dashboard.ts";
import { Icon } from "../../panels/icon.tsx";
import { Section, TextField, Toggle } from "./fields.tsx";
import { useEditing } from "./session.ts";
import { TagsField } from "./tags.tsx";

/** As the schema has it. */
const MOST = 10;

const NEW: Record<AnnotationLayer["kind"], AnnotationLayer> = {
	stored: { kind: "stored", name: "Deployments", enabled: true, tags: ["deploy"] },
	anomalies: { kind: "anomalies", name: "Anomalies", enabled: true },
};

/** What is drawn on the charts beside their series. */
export function Layers() {
	const { session } = useEditing();
	const layers = session.dashboard.value.annotations;
	const set = (annotations: AnnotationLayer[], key?: string) =>
		session.change((old) => ({ ...old, annotations }), key ?? null);
	const replace = (at: number, layer: AnnotationLayer, key?: string) =>
		set(
			layers.map((old, i) => (i === at ? layer : old)),
			key === undefined ? undefined : `layer.${at}.${key}`,
		);
	const add = (kind: AnnotationLayer["kind"]) => set([...layers, NEW[kind]]);
	return (
		<Section title="On all charts">
			{layers.length === 0 && <p class="hint">Nothing is drawn beside the series.</p>}
			{layers.map((layer, at) => (
				<fieldset class="edit-query" key={at} aria-label={`Layer ${layer.name}`}>
					<div class="edit-query-head">
						<b>{layer.kind === "stored" ? "Notes of people and deployments" : "Where a series left its band"}</b>
						<span class="grow" />
						<button
							type="button"
							class="icon-button small"
							aria-label={`Remove layer ${layer.name}`}
							onClick={() => set(layers.filter((_, i) => i !== at))}
						>
							<Icon name="trash" size={14} />
						</button>
					</div>
					<TextField
						label="Name"
						path={`annotations.${at}.name`}
						max={60}
						value={layer.name}
						change={(name) => replace(at, { ...layer, name }, "name")}
					/>
					{layer.kind === "stored" && (
						<TagsField
							label="With any of these tags"
							path={`annotations.${at}.tags`}
							hint="None: all of them. A tag may be a variable, such as $team."
							tags={layer.tags}
							change={(tags) => replace(at, { ...layer, tags })}
						/>
					)}
					<Toggle
						label="Shown at first"
						value={layer.enabled}
						change={(enabled) => replace(at, { ...layer, enabled })}
					/>
				</fieldset>
			))}
			<div class="edit-adds">
				<button type="button" class="button small" disabled={layers.length >= MOST} onClick={() => add("stored")}>
					<Icon name="plus" size={14} /> Annotations
				</button>
				<button type="button" class="button small" disabled={layers.length >= MOST} onClick={() => add("anomalies")}>
					<Icon name="plus" size={14} /> Anomalies
				</button>
			</div>
		</Section>
	);
}
