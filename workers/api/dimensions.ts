/** GET /v1/dimensions/:dim/values: the values a dimension had in a range, by how often; for pickers and variables. */
import { Hono, type MiddlewareHandler } from "hono";
import * as z from "zod";
import { ALL, OTHER } from "../../schema/metric.ts";
import { Meta, Query } from "../../schema/query.ts";
import { type ApiEnv, requireScope } from "./auth.ts";
import { ask } from "./query.ts";
import { check, readParams } from "./validate.ts";

export const ValuesParams = z.strictObject({
	metric: z.string().min(1).max(64).default(ALL),
	from: z.string().max(64).default("now-7d"),
	to: z.string().max(64).default("now"),
	/** Part of the value, in any case. */
	search: z.string().max(256).default(""),
	limit: z.coerce.number().int().min(1).max(1000).default(100),
});
export type ValuesParams = z.input<typeof ValuesParams>;
export const Values = z.object({
	values: z.array(z.object({ value: z.string(), count: z.number() })),
	/** There are more than `limit`, or some that passed a cap. */
	more: z.boolean(),
	meta: Meta,
});
export type Values = z.infer<typeof Values>;

/** Values that are looked at; an answer has at most so many groups. */
const MOST = 1000;

type Params = MiddlewareHandler<
	ApiEnv,
	"/v1/dimensions/:dim/values",
	{ in: { query: { [K in keyof ValuesParams]?: string } }; out: { query: z.output<typeof ValuesParams> } }
>;

const params: Params = async (c, next) => {
	c.req.addValidatedData("query", readParams(c, ValuesParams));
	await next();
};

/** Scope `read`. Problem 400, 401, 403, 422, 503, 504. */
export const dimensions = new Hono<ApiEnv>().get(
	"/v1/dimensions/:dim/values",
	requireScope("read"),
	params,
	async (c) => {
		const { search, limit, ...range } = c.req.valid("query");
		const query = check(Query, { kind: "breakdown", ...range, groupBy: [c.req.param("dim")], limit: MOST });
		const { table = [], meta } = await ask(c.env, c.get("principal").tenant, query);
		const wanted = search.toLowerCase();
		const all = table.map(({ group, value }) => ({ value: Object.values(group)[0] ?? "", count: value ?? 0 }));
		const found = all.filter(
			({ value, count }) => value !== OTHER && count > 0 && value.toLowerCase().includes(wanted),
		);
		const more = found.length > limit || all.some(({ value }) => value === OTHER);
		const answer: Values = { values: found.slice(0, limit), more, meta };
		// One browser may hold the keys of two sites, and a cache does not look at keys (I7).
		return c.json(answer, 200, { "cache-control": "no-store" });
	},
);
