/** POST and GET /v1/query: the same question, as JSON or as parameters. Answers are JSON, or CSV where that is asked for. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import * as z from "zod";
import type { TenantId } from "../../schema/ids.ts";
import { Problem } from "../../schema/problem.ts";
import { type Answer, Query, type Question, type QuestionInput, type RawAnswer } from "../../schema/query.ts";
import { RawQuestion } from "../../schema/questions.ts";
import type { Env } from "../env.ts";
import { type Asker, queryDeps } from "../query/deps.ts";
import { answer } from "../query/index.ts";
import { rawAnswer } from "../query/raw.ts";
import { withSegments } from "../query/segments.ts";
import { IsolateCache } from "../store/cache.ts";
import { openRebuilds } from "../store/jobs.ts";
import { type ApiEnv, refresh, requireScope, tenantConfig } from "./auth.ts";
import { csvOf } from "./csv.ts";
import { type QueryParams, questionOf } from "./params.ts";
import { noSuchSite, siteOf } from "./tenant.ts";
import { check, readBody } from "./validate.ts";

/** `signal`: the caller's, who may go away. */
export async function ask(
	env: Env,
	tenant: TenantId,
	question: Query,
	signal: AbortSignal | null = null,
): Promise<Answer> {
	const query = await withSegments(env, tenant, question);
	return withNames(env, tenant, signal, (asker) => answer(query, queryDeps(env, asker)));
}

export async function askRaw(
	env: Env,
	tenant: TenantId,
	question: RawQuestion,
	signal: AbortSignal | null = null,
): Promise<RawAnswer> {
	const raw = await withSegments(env, tenant, question);
	return withNames(env, tenant, signal, (asker) => rawAnswer(raw, queryDeps(env, asker)));
}

/** Either kind. */
export const askQuestion = (
	env: Env,
	tenant: TenantId,
	question: Question,
	signal: AbortSignal | null = null,
): Promise<Answer | RawAnswer> =>
	isRaw(question) ? askRaw(env, tenant, question, signal) : ask(env, tenant, question, signal);

const rebuilds = new IsolateCache<{ from: number; to: number }[]>({
	freshMs: 2_000,
	staleMs: 600_000,
	retryMs: 5_000,
	entries: 10_000,
});

/** At most 2 s old. Where D1 does not answer, windows are all there is. */
const rebuildingOf = (env: Env, tenant: TenantId) =>
	rebuilds.get(tenant, () => openRebuilds(env, tenant)).catch(() => []);

/** An event that this isolate does not know may have come since: its names are at most 30 s old. */
async function withNames<T>(
	env: Env,
	tenant: TenantId,
	signal: AbortSignal | null,
	work: (asker: Asker) => Promise<T>,
): Promise<T> {
	const asker = async (): Promise<Asker> => {
		const [config, site, rebuilding] = await Promise.all([
			tenantConfig(env, tenant),
			siteOf(env, tenant),
			rebuildingOf(env, tenant),
		]);
		if (site === null) throw noSuchSite(tenant);
		return { tenant, config, keptDays: site.retention_days, rebuilding, signal };
	};
	try {
		return await work(await asker());
	} catch (error) {
		if (!(error instanceof Problem && error.code === "metric")) throw error;
		refresh(tenant);
		return work(await asker());
	}
}

const RAW_KINDS = RawQuestion.options.map((option) => option.shape.kind.value);
const isRawKind = (kind: unknown): boolean => RAW_KINDS.some((raw) => raw === kind);
const isRaw = (question: Question): question is RawQuestion => isRawKind(question.kind);

const AnyKind = z.looseObject({ kind: z.enum([...Query.shape.kind.unwrap().options, ...RAW_KINDS]).optional() });

/** By its kind, so that what is wrong with it is said of that kind. Problem 400. */
function checkQuestion(value: unknown): Question {
	const { kind } = check(AnyKind, value);
	return isRawKind(kind) ? check(RawQuestion, value) : check(Query, value);
}

type Body = MiddlewareHandler<ApiEnv, "/v1/query", { in: { json: QuestionInput }; out: { json: Question } }>;
type Params = MiddlewareHandler<ApiEnv, "/v1/query", { in: { query: QueryParams }; out: { query: Question } }>;

/** hono's own validator knows one type for what goes in and what comes out; a client needs both. */
const body: Body = async (c, next) => {
	const question = checkQuestion(await readBody(c, z.unknown()));
	c.req.addValidatedData("json", question);
	await next();
	await asCsv(c, question);
};

const params: Params = async (c, next) => {
	const question = checkQuestion(questionOf(c.req.queries()));
	c.req.addValidatedData("query", question);
	await next();
	await asCsv(c, question);
};

/** Answers are as fresh as live: nobody may keep them. */
const HEADERS = { "cache-control": "no-store" };

function answerTo(c: Context<ApiEnv>, question: Question): Promise<Answer | RawAnswer> {
	return askQuestion(c.env, c.get("principal").tenant, question, c.req.raw.signal);
}

/** Turns the answer into CSV where the caller accepts that and not JSON. */
async function asCsv(c: Context, question: Question): Promise<void> {
	const accepts = c.req.header("accept") ?? "";
	if (!accepts.includes("text/csv") || accepts.includes("application/json") || c.res.status !== 200) return;
	const answer: Answer | RawAnswer = await c.res.json();
	c.res = new Response(csvOf(question, answer), { headers: { ...HEADERS, "content-type": "text/csv; charset=utf-8" } });
}

/** Scope `read`. Problem 400, 401, 403, 413, 422, 503, 504. */
export const query = new Hono<ApiEnv>()
	.post("/v1/query", requireScope("read"), body, async (c) =>
		c.json(await answerTo(c, c.req.valid("json")), 200, HEADERS),
	)
	.get("/v1/query", requireScope("read"), params, async (c) =>
		c.json(await answerTo(c, c.req.valid("query")), 200, HEADERS),
	);
