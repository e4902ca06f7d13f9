/** From a request to a value of a schema, or to the problem document that says what is wrong with it. */
import type { Context } from "hono";
import type * as z from "zod";
import { Problem } from "../../schema/problem.ts";
import { type Fault, parseInWords } from "./issues.ts";

/** Administrative bodies are a few hundred bytes. */
const BODY_BYTES = 64 * 1024;

/** The JSON body by the schema, of at most `most` bytes. Problem 400 with `errors` by path, 413. */
export async function readBody<T extends z.ZodType>(c: Context, schema: T, most = BODY_BYTES): Promise<z.output<T>> {
	const text = await c.req.text();
	if (new TextEncoder().encode(text).length > most)
		throw new Problem(413, "too_large", `A body here has at most ${most} bytes.`);
	return check(schema, parseJson(text));
}

/** The query string by the schema; parameters it does not name are refused. Problem 400. */
export function readParams<T extends z.ZodType>(c: Context, schema: T): z.output<T> {
	const { site: _, ...params } = c.req.query();
	return check(schema, params, "The parameters");
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw new Problem(400, "not_json", "The body is not JSON.");
	}
}

/** Levels of a value: what is allowed to nest ends far before, and recursion on a stack not long after. */
const MAX_NESTING = 64;

/** A value by the schema; `whole` is what it is called. Problem 400 with `errors` by path. */
export function check<T extends z.ZodType>(schema: T, value: unknown, whole = "The body"): z.output<T> {
	if (isDeeper(value, MAX_NESTING)) throw new Problem(400, "invalid", `This nests over ${MAX_NESTING} levels deep.`);
	const result = parseInWords(schema, value);
	if (result.faults === undefined) return result.data;
	throw new Problem(400, "invalid", detailOf(result.faults, whole), { extra: { errors: result.faults } });
}

/** The first thing that is wrong, and how many others there are. */
export function detailOf([first, ...others]: readonly Fault[], whole = "The body"): string {
	if (first === undefined) return "The request does not have the right shape.";
	const more = others.length === 0 ? "" : ` ${others.length} more under errors.`;
	return `${first.path || whole}: ${first.message}.${more}`;
}

function isDeeper(value: unknown, levels: number): boolean {
	if (typeof value !== "object" || value === null) return false;
	return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

/** For `onError` of an app: what a caller may know of an error. */
export function toProblem(error: unknown): Problem {
	if (error instanceof Problem) return error;
	console.error(error);
	if (isOutage(error)) {
		return new Problem(503, "store_unavailable", "The database does not answer. Try again.", { retryAfter: 2 });
	}
	return new Problem(500, "internal", "Something failed here. The request may be repeated.");
}

/** D1 says D1_… when it fails, somewhere in the causes; a constraint that fails is our own mistake. */
function isOutage(error: unknown): boolean {
	for (let cause = error; cause instanceof Error; cause = cause.cause) {
		if (/^D1_/.test(cause.message)) return !/constraint/i.test(cause.message);
	}
	return false;
}
