/** What the editor does to variables. Nothing is changed in place. */
import type { Dashboard, Variable } from "../../../../../schema/dashboard.ts";

export type VariableKind = Variable["kind"];
export type VariableOf<Kind extends VariableKind> = Extract<Variable, { kind: Kind }>;

export const VARIABLE_KINDS: readonly (readonly [VariableKind, string, string])[] = [
	["query", "Values of a field", "Those that it had in the range, most frequent first"],
	["list", "A list", "Values that you write down"],
	["text", "Text", "What the viewer types"],
	["interval", "Interval", "Steps of time for charts"],
];

/** `v1`, `v2`, …: the first that no variable is called. */
function freeName(variables: readonly Variable[], wanted: string): string {
	const taken = new Set(variables.map(({ name }) => name));
	if (!taken.has(wanted)) return wanted;
	for (let n = 2; ; n++) if (!taken.has(`${wanted}${n}`)) return `${wanted}${n}`;
}

const NAMES: Record<VariableKind, string> = { query: "country", list: "choice", text: "text", interval: "interval" };

export function newVariable(kind: VariableKind, variables: readonly Variable[]): Variable {
	const named = { name: freeName(variables, NAMES[kind]), label: "", value: [] };
	const choices = { multi: false, all: false };
	switch (kind) {
		case "query":
			return {
				kind,
				...named,
				...choices,
				multi: true,
				all: true,
				dim: "country",
				metric: "*",
				filters: [],
				limit: 100,
			};
		case "list":
			return { kind, ...named, ...choices, options: [{ value: "one", label: "" }] };
		case "interval":
			return { kind, ...named, options: ["auto", "1h", "1d"] };
		default:
			return { kind, ...named };
	}
}

export const withVariables = (dashboard: Dashboard, variables: Variable[]): Dashboard => ({ ...dashboard, variables });

/** `value = label` a line; a line without `=` is a value that is its own label. */
export function optionsOf(text: string): VariableOf<"list">["options"] {
	const seen = new Set<string>();
	return text.split("\n").flatMap((line) => {
		const at = line.indexOf("=");
		const value = (at < 0 ? line : line.slice(0, at)).trim();
		if (value === "" || seen.has(value)) return [];
		seen.add(value);
		return [{ value, label: at < 0 ? "" : line.slice(at + 1).trim() }];
	});
}

export const textOfOptions = (options: VariableOf<"list">["options"]): string =>
	options.map(({ value, label }) => (label === "" ? value : `${value} = ${label}`)).join("\n");

/** Does any text of the dashboard, beside the variable itself, hold `$name`? */
export function isUsed(dashboard: Dashboard, name: string): boolean {
	const rest = { ...dashboard, variables: dashboard.variables.filter((variable) => variable.name !== name) };
	return new RegExp(`\\$(${name}(?!\\w)|\\{${name}[:}])`).test(JSON.stringify(rest));
}
