/** The values that a dashboard's variables have at the moment: as asked, else as stored, else the first option. */
import { EVERY, type TemplateValues } from "../../schema/core/template.ts";
import type { Variable } from "../../schema/dashboard.ts";
import type { VariableValues } from "../../schema/panel.ts";
import { Problem } from "../../schema/problem.ts";

/**
 * By name. Of a `query` variable that has none, and not All either, the first option is not known here: it holds
 * nothing back (`firstOptions` of options.ts looks it up). Names that the dashboard does not have are passed over.
 * Problem 422 `variable` for what cannot be chosen.
 */
export function currentValues(variables: readonly Variable[], asked: VariableValues): Map<string, readonly string[]> {
	return new Map(variables.map((variable) => [variable.name, valuesOf(variable, askedFor(variable, asked))]));
}

/** Names may be `constructor`. */
export const askedFor = ({ name }: Variable, asked: VariableValues): readonly string[] =>
	(Object.hasOwn(asked, name) ? asked[name] : undefined) ?? [];

function valuesOf(variable: Variable, asked: readonly string[]): readonly string[] {
	if (asked.length > 0) {
		const problem = mistake(variable, asked);
		if (problem !== null) throw problem;
		return settled(variable, asked);
	}
	const { value } = variable;
	return value.length > 0 && mistake(variable, value) === null ? settled(variable, value) : fallback(variable);
}

/** All is all, whatever stands beside it; a text of nothing is no value. */
function settled(variable: Variable, values: readonly string[]): readonly string[] {
	if (variable.kind === "text") return values.filter((value) => value !== "");
	return values.includes(EVERY) ? [EVERY] : values;
}

function fallback(variable: Variable): readonly string[] {
	if (variable.kind === "text") return [];
	if (variable.kind === "interval") return variable.options.slice(0, 1);
	if (variable.kind === "query" || variable.all) return [EVERY];
	return variable.options.slice(0, 1).map(({ value }) => value);
}

/** Why these cannot be chosen; null: they can. */
export function mistake(variable: Variable, values: readonly string[]): Problem | null {
	const { name, kind } = variable;
	const multi = (kind === "query" || kind === "list") && variable.multi;
	if (values.length > 1 && !multi && !values.includes(EVERY))
		return refused(name, `takes one value, not ${values.length}.`);
	if (kind === "text" || kind === "query") return null;
	const options: string[] = kind === "list" ? variable.options.map(({ value }) => value) : variable.options;
	const known = kind === "list" && variable.all ? [...options, EVERY] : options;
	const strange = values.find((value) => !known.includes(value));
	if (strange === undefined) return null;
	return refused(name, `has no option ${JSON.stringify(strange)}. It has: ${options.slice(0, 20).join(", ")}.`);
}

const refused = (name: string, words: string) =>
	new Problem(422, "variable", `Variable ${name} ${words}`, { extra: { variable: name } });

/** True where a variable stands for all of its values, or for none: what is conditional on it holds nothing back. */
export const holdsNothing = (values: TemplateValues, name: string): boolean => {
	const found = values.get(name);
	return found !== undefined && (found.length === 0 || found.includes(EVERY));
};
