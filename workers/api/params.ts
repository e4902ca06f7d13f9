/** A question written as parameters of a URL. */
import { Problem } from "../../schema/problem.ts";
import type { QueryInput } from "../../schema/query.ts";

/** Fields of the questions that can be written so; funnels, retention and paths are made of more than words. */
const SIMPLE = ["event", "visitor", "sort", "after"] as const;

/** Parameters of GET. Lists are comma-separated; numbers and booleans are written as such. */
export type QueryParams = {
	[K in Exclude<keyof QueryInput, "filters" | "divideBy" | "kind"> | (typeof SIMPLE)[number]]?: string | string[];
} & {
	kind?: string | string[];
	/** JSON, as in the body … */
	filters?: string | string[];
	/** … or `country:DE,FR`, and `country!:DE` for all but; may be repeated. */
	filter?: string | string[];
	/** `metric` or `metric:measure`. */
	divideBy?: string | string[];
};

const NUMBERS = ["limit", "maxDataPoints", "after"] as const;
const BOOLEANS = ["explain", "exact", "partial"] as const;
const BODY_ONLY: readonly unknown[] = ["funnel", "retention", "paths"];

/** GET's parameters as the body that they stand for. Problem 400 where a filter cannot be read. */
export function questionOf(params: QueryParams & { site?: string | string[] }): unknown {
	const { site: _, filter, filters, groupBy, divideBy, ...rest } = unwrapped(params);
	if (BODY_ONLY.includes(rest.kind))
		throw new Problem(400, "invalid", `kind: ${rest.kind} is asked with POST, its question as JSON.`);
	const question: Record<string, unknown> = { ...rest };
	for (const name of NUMBERS) if (rest[name] !== undefined) question[name] = Number(rest[name]);
	for (const name of BOOLEANS)
		if (rest[name] !== undefined) question[name] = rest[name] === "true" || rest[name] === "1";
	if (groupBy !== undefined) question.groupBy = [groupBy].flat().flatMap((text) => text.split(",").filter(Boolean));
	const written = [filter ?? []].flat().map(filterOf);
	if (written.length > 0 || filters !== undefined) question.filters = [...jsonList(filters), ...written];
	if (divideBy !== undefined) question.divideBy = divisorOf(String(divideBy));
	return question;
}

/** What comes once is itself, not a list of one. What comes twice stays a list, which only lists may be. */
const unwrapped = (params: QueryParams & { site?: string | string[] }): typeof params =>
	Object.fromEntries(
		Object.entries(params).map(([name, value]) => [
			name,
			Array.isArray(value) && value.length === 1 ? value[0] : value,
		]),
	);

function filterOf(text: string): unknown {
	const colon = text.indexOf(":");
	if (colon < 1)
		throw new Problem(400, "invalid", `filter: write it as dimension:value,value, not ${JSON.stringify(text)}.`);
	const not = text[colon - 1] === "!";
	return {
		dim: text.slice(0, not ? colon - 1 : colon),
		op: not ? "nin" : "in",
		values: text.slice(colon + 1).split(","),
	};
}

function jsonList(text: string | string[] | undefined): unknown[] {
	if (text === undefined) return [];
	try {
		const list: unknown = JSON.parse(String(text));
		if (Array.isArray(list)) return list;
	} catch {
		// said below
	}
	throw new Problem(400, "invalid", "filters: must be a JSON array of filters.");
}

/** Names may have colons: the measure is what follows the last. */
function divisorOf(text: string): unknown {
	const colon = text.lastIndexOf(":");
	return colon < 0 ? { metric: text } : { metric: text.slice(0, colon), measure: text.slice(colon + 1) };
}
