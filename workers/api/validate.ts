/** From a request to a value of a schema, or to the problem document that says what is wrong with it. */
import type { Context } from "hono";
import type * as z from "zod";
import { Problem } from "../../schema/problem.ts";

/** Administrative bodies are a few hundred bytes. */
const BODY_BYTES = 64 * 1024;

/** The JSON body by the schema. Problem 400 with `errors` by path, 413. */
export async function readBody<T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> {
	const text = await c.req.text();
	if (text.length > BODY_BYTES) throw new Problem(413, "too_large", `A body here has at most ${BODY_BYTES} bytes.`);
	return check(schema, parseJson(text));
}

/** The query string by the schema; parameters it does not name are refused. Problem 400. */
export function readParams<T extends z.ZodType>(c: Context, schema: T): z.output<T> {
	const { site: _, ...params } = c.req.query();
	return check(schema, params);
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw new Problem(400, "not_json", "The body is not JSON.");
	}
}

/** The value by the schema. Problem 400 with `errors` by path. */
/** A value by the schema. Problem 400 with `errors` by path. */
export function check<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
	const result = schema.safeParse(value);
	if (result.success) return result.data;
	const errors = result.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message }));
	const [first] = errors;
	const detail = first ? `${first.path || "body"}: ${first.message}` : "The request does not have the right shape.";
	throw new Problem(400, "invalid", detail, { extra: { errors } });
}

/** For `onError` of an app: what a caller may know of an error. */
export function toProblem(error: unknown): Problem {
	if (error instanceof Problem) return error;
	console.error(error);
	return new Problem(500, "internal", "Something failed here. The request may be repeated.");
}
