/** GET /v1/health: whether everything serves. */
import { Problem } from "../../schema/problem.ts";
import type { Env } from "../env.ts";

/** Probes come every second or so from many places: D1 is asked at most this often by an isolate. */
const FRESH_MS = 5_000;
let readyAt = Number.NEGATIVE_INFINITY;

/** 200 `{"ready":true}` once D1 answers with its schema in place; Problem 503 before. */
export async function health(env: Pick<Env, "DB">, now: () => number = Date.now): Promise<Response> {
	try {
		if (now() - readyAt >= FRESH_MS) {
			await env.DB.prepare("SELECT id FROM sites LIMIT 1").first();
			readyAt = now();
		}
	} catch {
		const problem = new Problem(503, "not_ready", "The database does not answer yet.", { retryAfter: 1 });
		return problem.toResponse();
	}
	return Response.json({ ready: true }, { headers: { "cache-control": "no-store" } });
}
