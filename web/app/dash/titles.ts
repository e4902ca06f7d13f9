/** What panels are called, with what people call the values of variables. Pure. */
import { interpolate, type TemplateValues, variablesIn } from "../../../schema/core/template.ts";
import type { Panel, PanelKind, Variable } from "../../../schema/dashboard.ts";
import type { PanelAnswer, VariableValues } from "../../../schema/panel.ts";
import { EVERY, valuesOf, wordOf } from "./values.ts";

export const KIND_NAMES: Record<PanelKind, string> = {
	line: "Lines",
	area: "Areas",
	bar: "Bars",
	stat: "Figure",
	table: "Table",
	pie: "Pie",
	heatmap: "Heatmap",
	map: "Map",
	funnel: "Funnel",
	retention: "Retention",
	text: "Text",
};

/** What a panel is called where it has to be called something: without a title by its kind. */
export const nameOf = ({ title, kind }: Pick<Panel, "title" | "kind">, answer?: { title: string } | null): string =>
	answer?.title || title || KIND_NAMES[kind];

/** `firsts`: what those have that nobody chose and that have no default, as far as it is known here. */
export function wordsOf(
	variables: readonly Variable[],
	chosen: VariableValues,
	firsts: VariableValues,
): TemplateValues {
	const words = (variable: Variable) => {
		const own = valuesOf(variable, chosen, null);
		const values = own.length > 0 ? own : (firsts[variable.name] ?? []);
		return values.map((value) => (value === EVERY ? value : wordOf(variable, value)));
	};
	return new Map(variables.map((variable) => [variable.name, words(variable)]));
}

/** The answer with its panel's texts in people's words; in the server's where only that knows a value. */
export function titled(answer: PanelAnswer, { title, description }: Panel, words: TemplateValues): PanelAnswer {
	const say = (text: string, answered: string) => {
		const names = variablesIn(text);
		const known = names.length > 0 && names.every((name) => words.get(name)?.length);
		return known ? interpolate(text, words) : answered;
	};
	return { ...answer, title: say(title, answer.title), description: say(description, answer.description) };
}
