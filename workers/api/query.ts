/** POST and GET /v1/query: the same question, as JSON or as parameters. */
import { Hono, type MiddlewareHandler } from "hono";
import type { TenantId } from "../../schema/ids.ts";
import { Problem } from "../../schema/problem.ts";
import { type Answer, Query, type QueryInput } from "../../schema/query.ts";
import type { Env } from "../env.ts";
import { queryDeps } from "../query/deps.ts";
import { answer } from "../query/index.ts";
import { type ApiEnv, refresh, requireScope, tenantConfig } from "./auth.ts";
import { type QueryParams, questionOf } from "./params.ts";
import { check, readBody } from "./validate.ts";

/** A metric this isolate does not know may have had its first event since: its names are at most 30 s old. */
export async function ask(env: Env, tenant: TenantId, query: Query): Promise<Answer> {
	try {
		return await answer(query, queryDeps(env, tenant, await tenantConfig(env, tenant)));
	} catch (error) {
		if (!(error instanceof Problem && error.code === "metric")) throw error;
		refresh(tenant);
		return answer(query, queryDeps(env, tenant, await tenantConfig(env, tenant)));
	}
}

/** Answers are as fresh as live: nobody may keep them. */
const HEADERS = { "cache-control": "no-store" };

type Body = MiddlewareHandler<ApiEnv, "/v1/query", { in: { json: QueryInput }; out: { json: Query } }>;
type Params = MiddlewareHandler<ApiEnv, "/v1/query", { in: { query: QueryParams }; out: { query: Query } }>;

/** hono's own validator knows one type for what goes in and what comes out; a client needs both. */
const body: Body = async (c, next) => {
	c.req.addValidatedData("json", await readBody(c, Query));
	await next();
};

const params: Params = async (c, next) => {
	c.req.addValidatedData("query", check(Query, questionOf(c.req.queries())));
	await next();
};

/** Scope `read`. Problem 400, 401, 403, 413, 422, 503, 504. */
export const query = new Hono<ApiEnv>()
	.post("/v1/query", requireScope("read"), body, async (c) =>
		c.json(await ask(c.env, c.get("principal").tenant, c.req.valid("json")), 200, HEADERS),
	)
	.get("/v1/query", requireScope("read"), params, async (c) =>
		c.json(await ask(c.env, c.get("principal").tenant, c.req.valid("query")), 200, HEADERS),
	);
