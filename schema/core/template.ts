/**
 * Variables in texts: `$name`, `${name}`, `${name:format}`; `$$` is a dollar. Texts only: what is made here is a title, a
 * value of a filter or a pattern, and nothing of it ever becomes part of SQL.
 */

/** In the place of a variable's values: all of them. */
export const EVERY = "$__all";

/** text: `a, b`. csv: `a,b`. pipe: `a|b`. regex: a pattern that matches these values only. json: an array of several. */
export const FORMATS = ["text", "csv", "pipe", "regex", "sqlstring", "json"] as const;
export type Format = (typeof FORMATS)[number];

/** Values of variables by name. */
export type TemplateValues = ReadonlyMap<string, readonly string[]>;

/** A dollar that stands for itself, `$name`, or `${name:format}`. */
const PART = /\$\$|\$([a-zA-Z]\w{0,31})|\$\{([a-zA-Z]\w{0,31})(?::(\w+))?\}/g;
const WHOLE = /^\$(?:([a-zA-Z]\w{0,31})|\{([a-zA-Z]\w{0,31})\})$/;

/** The text with values in place. Names and formats that nobody knows stay as they are. */
export function interpolate(text: string, values: TemplateValues, fallback: Format = "text"): string {
	return text.replace(
		PART,
		(whole, bare: string | undefined, braced: string | undefined, asked: string | undefined) => {
			if (whole === "$$") return "$";
			const found = values.get(bare ?? braced ?? "");
			const format = asked === undefined ? fallback : FORMATS.find((known) => known === asked);
			return found === undefined || format === undefined ? whole : formatted(found, format);
		},
	);
}

/** Names of the variables in a text, each once, in the order in which they come. */
export function variablesIn(text: string): string[] {
	const names = [...text.matchAll(PART)].flatMap(([, bare, braced]) => bare ?? braced ?? []);
	return [...new Set(names)];
}

/** The name, where a text is one variable and nothing else; else null. */
export function onlyVariable(text: string): string | null {
	const found = WHOLE.exec(text);
	return found === null ? null : (found[1] ?? found[2] ?? null);
}

const isEvery = (values: readonly string[]) => values.includes(EVERY);

function formatted(values: readonly string[], format: Format): string {
	if (format === "regex") return isEvery(values) ? ".*" : pattern(values);
	const shown = isEvery(values) ? ["All"] : values;
	if (format === "json") return JSON.stringify(shown.length === 1 ? shown[0] : shown);
	if (format === "sqlstring") return shown.map((value) => `'${value.replaceAll("'", "''")}'`).join(",");
	return shown.join(format === "pipe" ? "|" : format === "csv" ? "," : ", ");
}

/** Matches these texts, each letter of them taken as it is. */
function pattern(values: readonly string[]): string {
	const escaped = values.map((value) => value.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
	return escaped.length === 1 ? (escaped[0] ?? "") : `(${escaped.join("|")})`;
}
