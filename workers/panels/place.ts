/**
 * Variables put in place in filters and in words of a question. What comes out is data of the question's schema, values
 * apart from what is done with them: nothing a variable holds is ever read as a part of a query.
 */

import type { Condition } from "../../schema/core/scan/expression.ts";
import { interpolate, onlyVariable, type TemplateValues, variablesIn } from "../../schema/core/template.ts";
import type { Filter } from "../../schema/expression.ts";
import { Problem } from "../../schema/problem.ts";
import type { EventMatch } from "../../schema/questions.ts";
import { holdsNothing } from "./values.ts";

/** Values of one condition: what the schema of filters takes. */
const MAX_VALUES = 1000;

type Scalar = Condition["values"][number];
type ConditionFilter = Extract<Filter, { dim: string }>;

/** The filters that still hold something back. Problem 422 `variable`. */
export const placeFilters = (filters: readonly Filter[], values: TemplateValues): Filter[] =>
	filters.flatMap((filter) => placeFilter(filter, values) ?? []);

/**
 * Null: it holds nothing back, because a variable in it stands for all values, or has none. An `or` with such a part
 * holds nothing back either, and the contrary of what was left out is left out too.
 */
function placeFilter(filter: Filter, values: TemplateValues): Filter | null {
	if ("dim" in filter) return placeCondition(filter, values);
	if ("and" in filter) {
		const and = placeFilters(filter.and, values);
		return and.length === 0 ? null : { and };
	}
	if ("or" in filter) {
		const or = placeFilters(filter.or, values);
		return or.length < filter.or.length ? null : { or };
	}
	if ("not" in filter) {
		const not = placeFilter(filter.not, values);
		return not === null ? null : { not };
	}
	if ("segment" in filter) return { segment: placeWord(filter.segment, values, "A segment") };
	const { where, did, ...rest } = filter;
	const placed = where === undefined ? null : placeFilter(where, values);
	return { ...rest, did: placeWord(did, values, "An event"), ...(placed !== null && { where: placed }) };
}

function placeCondition({ dim, op, values: given }: ConditionFilter, values: TemplateValues): Filter | null {
	const texts = given.filter((value) => typeof value === "string");
	const names = texts.flatMap(variablesIn);
	if (names.some((name) => holdsNothing(values, name))) return null;
	const isPattern = op === "matches" || op === "not_matches";
	const place = (value: Scalar): Scalar[] => {
		if (typeof value !== "string") return [value];
		return isPattern ? [interpolate(value, values, "regex")] : everyText(value, values);
	};
	const placed = [...new Set(given.flatMap(place))];
	if (placed.length > MAX_VALUES) {
		const detail = `A filter of ${dim} has ${placed.length} values, and at most ${MAX_VALUES} may be chosen.`;
		throw new Problem(422, "variable", detail);
	}
	return { dim: placeWord(dim, values, "A field"), op, values: placed };
}

type Choice = readonly [name: string, values: readonly string[]];

/** One text for each value of each variable in it. */
function everyText(text: string, values: TemplateValues): string[] {
	const names = variablesIn(text).filter((name) => values.has(name));
	const choices = names.map((name) => (values.get(name) ?? []).map((value): Choice => [name, [value]]));
	const combinations = choices.reduce((product, { length }) => product * length, 1);
	if (combinations > MAX_VALUES) {
		const detail = `${JSON.stringify(text)} stands for ${combinations} values, and at most ${MAX_VALUES} may be chosen.`;
		throw new Problem(422, "variable", detail);
	}
	let chosen: Choice[][] = [[]];
	for (const options of choices) chosen = chosen.flatMap((before) => options.map((option) => [...before, option]));
	return chosen.map((one) => interpolate(text, new Map(one)));
}

/**
 * A name that must be one: of a metric, a measure, an interval, a field. `every`: what it is where the variable stands
 * for all. Problem 422 `variable` where it stands for several, or for none.
 */
export function placeWord(text: string, values: TemplateValues, what: string, every?: string): string {
	const name = onlyVariable(text);
	if (name === null || !values.has(name)) return interpolate(text, values);
	const chosen = values.get(name) ?? [];
	if (every !== undefined && holdsNothing(values, name)) return every;
	const [only] = chosen;
	if (only !== undefined && chosen.length === 1 && !holdsNothing(values, name)) return only;
	const detail = `${what} is one name: choose one value of variable ${name}.`;
	throw new Problem(422, "variable", detail, { extra: { variable: name } });
}

/** A list of names: a variable gives as many as it has; one that stands for all gives none. */
export function placeNames(texts: readonly string[], values: TemplateValues): string[] {
	const named = texts.flatMap((text) => {
		const name = onlyVariable(text);
		if (name === null || !values.has(name)) return [interpolate(text, values)];
		return holdsNothing(values, name) ? [] : (values.get(name) ?? []);
	});
	return [...new Set(named)];
}

/** An event of a funnel's step or of retention. */
export function placeMatch<Match extends EventMatch>(match: Match, values: TemplateValues): Match {
	const event = placeWord(match.event, values, "An event", "*");
	const label = match.label === undefined ? {} : { label: interpolate(match.label, values) };
	return { ...match, ...label, event, filters: placeFilters(match.filters, values) };
}
