/** Values of variables as a viewer has chosen them. Pure. */
import type { Dashboard, EVERY as Every, Variable } from "../../../schema/dashboard.ts";
import type { VariableValues } from "../../../schema/panel.ts";
import { valueLabel } from "../model/label.ts";

/** The schema's, checked against it by the compiler but not imported: its module would bring the validator along. */
export const EVERY: typeof Every = "$__all";

export interface Option {
	value: string;
	label: string;
}

const offersAll = (variable: Variable): boolean => "all" in variable && variable.all;
export const takesSeveral = (variable: Variable): boolean => "multi" in variable && variable.multi;

/** What people call a value: the dashboard's own word for it, else the field's, as charts have it: "Germany" for DE. */
export function wordOf(variable: Variable, value: string): string {
	if (variable.kind === "query") return valueLabel(variable.dim, value);
	if (variable.kind === "text") return value;
	const label = variable.kind === "list" ? variable.options.find((one) => one.value === value)?.label : "";
	return label || value || "(empty)";
}

/** With what people call them. */
export const worded = (variable: Variable, values: readonly string[]): Option[] =>
	values.map((value) => ({ value, label: wordOf(variable, value) }));

/** What one can choose without asking the server; null: only the server knows. */
export function ownOptions(variable: Variable): Option[] | null {
	if (variable.kind === "list")
		return worded(
			variable,
			variable.options.map(({ value }) => value),
		);
	if (variable.kind === "interval") return worded(variable, variable.options);
	return variable.kind === "text" ? [] : null;
}

/** The values in force: the address's, else the dashboard's, else All, else the first there is. */
export function valuesOf(variable: Variable, chosen: VariableValues, options: readonly Option[] | null): string[] {
	const named = chosen[variable.name];
	if (named && named.length > 0) return named;
	if (variable.value.length > 0) return variable.value;
	if (variable.kind === "text") return [];
	if (offersAll(variable)) return [EVERY];
	const first = (options ?? ownOptions(variable))?.[0];
	return first ? [first.value] : [];
}

/** After a click on an option. All and single values exclude each other, and where several may be chosen one stays. */
export function toggled(variable: Variable, values: readonly string[], value: string): string[] {
	if (!takesSeveral(variable) || value === EVERY) return [value];
	const named = values.filter((one) => one !== EVERY);
	if (!named.includes(value)) return [...named, value];
	const left = named.filter((one) => one !== value);
	if (left.length > 0) return left;
	return offersAll(variable) ? [EVERY] : [value];
}

/** The choice as the address has it: what the variable says anyway is left out. */
export function chooseValues(chosen: VariableValues, variable: Variable, values: readonly string[]): VariableValues {
	const { [variable.name]: _, ...others } = chosen;
	const own = valuesOf(variable, {}, null);
	const isOwn = own.length === values.length && own.every((value, i) => value === values[i]);
	return isOwn ? others : { ...others, [variable.name]: [...values] };
}

/** Only those that the dashboard has: an address may name others. */
export const knownValues = (chosen: VariableValues, variables: readonly Variable[]): VariableValues =>
	Object.fromEntries(Object.entries(chosen).filter(([name]) => variables.some((variable) => variable.name === name)));

/** "All", "Germany", "Germany + 2". */
export function choiceLabel(variable: Variable, values: readonly string[]): string {
	if (values.includes(EVERY)) return "All";
	const [first] = values;
	if (first === undefined) return "–";
	const label = wordOf(variable, first);
	return values.length > 1 ? `${label} + ${values.length - 1}` : label;
}

const REFERENCE = /\$(?:\{(\w+)(?::\w+)?\}|(\w+))/g;

/** Names of the variables that stand in this one's conditions: with them its options change. */
export function dependsOn(variable: Variable): string[] {
	if (variable.kind !== "query") return [];
	const found = JSON.stringify(variable.filters).matchAll(REFERENCE);
	return [...new Set([...found].map((match) => match[1] ?? match[2] ?? ""))].filter((name) => name !== variable.name);
}

/** Does a choice hold anything back, that choosing all would show? */
export const isNarrowed = (variables: readonly Variable[], chosen: VariableValues): boolean =>
	variables.some((variable) => {
		if (variable.kind === "interval") return false;
		const values = valuesOf(variable, chosen, null);
		if (variable.kind === "text") return values.some((value) => value !== "");
		return offersAll(variable) && !values.includes(EVERY);
	});

/** The choice that holds nothing back. */
export function everything(variables: readonly Variable[], chosen: VariableValues): VariableValues {
	return variables.reduce((values, variable) => {
		if (offersAll(variable)) return chooseValues(values, variable, [EVERY]);
		return variable.kind === "text" ? chooseValues(values, variable, [""]) : values;
	}, chosen);
}

/** After a click on a value in a panel: of the first variable of that field; null where there is none. */
export function picked(
	{ variables }: Pick<Dashboard, "variables">,
	chosen: VariableValues,
	dim: string,
	value: string,
): VariableValues | null {
	const variable = variables.find((one) => one.kind === "query" && one.dim === dim);
	if (!variable) return null;
	const values = valuesOf(variable, chosen, null);
	const already = values.length === 1 && values[0] === value;
	// A second click takes the first one back.
	if (already && offersAll(variable)) return chooseValues(chosen, variable, [EVERY]);
	return chooseValues(chosen, variable, takesSeveral(variable) ? toggled(variable, values, value) : [value]);
}
