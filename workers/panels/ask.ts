/** A question by way of the object that runs it once for all who ask. */
import { proxyStub } from "../../durable-objects/stubs.ts";
import type { TenantId } from "../../schema/ids.ts";
import { Problem, type ProblemDocument } from "../../schema/problem.ts";
import type { Question } from "../../schema/query.ts";
import type { Env } from "../env.ts";
import { keyOf, proxyOf } from "./key.ts";
import { PROXIES, type ProxyAnswer, type ProxyCounters, type ProxyRequest } from "./proxy.ts";

/** Shorter, and a page of ten viewers is ten executions. */
const LEAST_TTL_MS = 5_000;

/** A question in its normal form. Never throws: what went wrong is the answer. */
export async function askProxy(
	env: Env,
	tenant: TenantId,
	question: Question,
	{ caller, ttlMs, fresh }: Pick<ProxyRequest, "caller" | "ttlMs" | "fresh">,
): Promise<ProxyAnswer> {
	const key = await keyOf(question);
	const request = { key, question, caller, ttlMs: Math.max(LEAST_TTL_MS, ttlMs), fresh };
	try {
		return await proxyStub(env, tenant, proxyOf(key, PROXIES)).ask(request);
	} catch (error) {
		console.error("a panel's question did not reach its object", error);
		const problem = new Problem(503, "proxy_unavailable", "This panel cannot be computed right now. Try again.");
		return { status: "problem", problem: problem.toDocument(), retryAfter: 2 };
	}
}

/** Makes a tenant's panels forget what they answered: something that counted in it was erased. */
export async function forgetAnswers(env: Pick<Env, "PROXY">, tenant: TenantId): Promise<void> {
	await Promise.all(Array.from({ length: PROXIES }, (_, n) => proxyStub(env, tenant, n).forget()));
}

/** Of all a tenant's objects, since each of them was started. */
export async function proxyCounters(env: Env, tenant: TenantId): Promise<ProxyCounters> {
	const all = await Promise.all(Array.from({ length: PROXIES }, (_, n) => proxyStub(env, tenant, n).counters()));
	const sum = (name: keyof ProxyCounters) => all.reduce((total, counters) => total + counters[name], 0);
	return {
		executions: sum("executions"),
		hits: sum("hits"),
		coalesced: sum("coalesced"),
		failures: sum("failures"),
		refused: sum("refused"),
	};
}

/** To be thrown where there is but one answer. */
export function thrown(document: ProblemDocument, retryAfter?: number): Problem {
	const { type, title: _, status, detail, ...extra } = document;
	const code = type.slice(type.lastIndexOf(":") + 1);
	return new Problem(status, code, detail, { extra, ...(retryAfter !== undefined && { retryAfter }) });
}
