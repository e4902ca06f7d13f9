/** Which annotations a dashboard's layers show. Pure. */
import type { Annotation } from "../../../schema/annotation.ts";
import type { AnnotationLayer } from "../../../schema/dashboard.ts";
import type { PanelAnswer } from "../../../schema/panel.ts";
import { EVERY } from "./values.ts";

/** Layers by their place in the dashboard; those that the viewer switched, from what the dashboard says. */
export type Switched = ReadonlyMap<number, boolean>;

export const isOn = (layers: readonly AnnotationLayer[], switched: Switched, i: number): boolean =>
	switched.get(i) ?? layers[i]?.enabled ?? false;

const VARIABLE = /^\$(?:\{(\w+)(?::\w+)?\}|(\w+))$/;

/** A layer's tags with variables in place; null: any will do. */
function tagsOf(tags: readonly string[], values: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> | null {
	const all = tags.flatMap((tag) => {
		const match = VARIABLE.exec(tag);
		return values.get(match?.[1] ?? match?.[2] ?? "") ?? [tag];
	});
	return all.length === 0 || all.includes(EVERY) ? null : new Set(all);
}

/** Those that any layer that is on shows. */
export function shownAnnotations(
	annotations: readonly Annotation[],
	layers: readonly AnnotationLayer[],
	switched: Switched,
	values: ReadonlyMap<string, readonly string[]>,
): Annotation[] {
	const wanted = layers.flatMap((layer, i) =>
		layer.kind === "stored" && isOn(layers, switched, i) ? [tagsOf(layer.tags, values)] : [],
	);
	return annotations.filter(({ tags }) => wanted.some((set) => set === null || tags.some((tag) => set.has(tag))));
}

/** Are anomalies marked? Where no layer speaks of them, panels decide by themselves. */
export function marksAnomalies(layers: readonly AnnotationLayer[], switched: Switched): boolean {
	const speaking = layers.flatMap((layer, i) => (layer.kind === "anomalies" ? [isOn(layers, switched, i)] : []));
	return speaking.length === 0 || speaking.some(Boolean);
}

/** The answer as it is drawn where anomalies are switched off. */
export const withoutAnomalies = (answer: PanelAnswer): PanelAnswer => ({
	...answer,
	results: answer.results.map(({ anomalies: _, ...result }) => result),
});
