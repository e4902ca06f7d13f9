/**
 * POST /v1/events and its preflight. A plain function ahead of the API's router: this is the route whose price decides
 * what a server costs.
 */
import { Problem } from "../../schema/problem.ts";
import type { Principal } from "../api/auth.ts";
import type { Env } from "../env.ts";
import { admit, isOriginAllowed, originOf, originProblem } from "./admit.ts";
import { readBatch } from "./body.ts";
import { countRefused, ingest } from "./ingest.ts";
import { senderOf } from "./sender.ts";

/** A day: preflights are needed by pages that send application/json only. */
const PREFLIGHT_S = "86400";

export async function collect(
	request: Request,
	env: Env,
	ctx: ExecutionContext,
	now: () => number = Date.now,
): Promise<Response> {
	const received = now();
	if (request.method === "OPTIONS") return preflight(request);
	try {
		if (request.method !== "POST")
			throw new Problem(405, "method", "Events are sent with POST.", { allow: ["OPTIONS", "POST"] });
		const principal = await admit(request, env, ctx);
		if (principal.scope === "write") await assertOrigin(request, env, ctx, principal);
		const batch = await readBatch(request);
		const answer = await ingest(env, ctx, senderOf(request, env, principal, received), batch);
		return new Response(JSON.stringify(answer), { status: 202, headers: headersFor(request) });
	} catch (error) {
		return refused(request, problemOf(error));
	}
}

/** Problem 403. The events are counted, one by one where the body can be read. */
async function assertOrigin(request: Request, env: Env, ctx: ExecutionContext, principal: Principal): Promise<void> {
	const origin = originOf(request);
	if (isOriginAllowed(principal, origin)) return;
	const events = await readBatch(request).then(
		(batch) => batch.events.length,
		() => 1,
	);
	countRefused(env, ctx, principal, { origin: events });
	throw originProblem(origin);
}

/** What the caller is told. Anything but a Problem is ours, and worth another try: ids deduplicate. */
export function problemOf(error: unknown): Problem {
	if (error instanceof Problem) return error;
	console.error("ingest failed", error);
	return new Problem(503, "unavailable", "Something failed on our side. Send the batch again, with the same ids.", {
		retryAfter: 2,
	});
}

function refused(request: Request, problem: Problem): Response {
	const response = problem.toResponse();
	for (const [name, value] of Object.entries(cors(request))) response.headers.set(name, value);
	return response;
}

const headersFor = (request: Request) => ({
	"content-type": "application/json",
	"cache-control": "no-store",
	...cors(request),
});

/**
 * A page may read what it is answered, refusals too. sendBeacon always sends with credentials, and its answer counts
 * as failed (and is logged as an error in the page) unless they are allowed; they mean nothing here: no cookie is read or
 * set by this route, and keys say who calls.
 */
function cors(request: Request): Record<string, string> {
	const origin = request.headers.get("origin");
	if (origin === null) return { vary: "Origin" };
	return {
		vary: "Origin",
		"access-control-allow-origin": origin,
		"access-control-allow-credentials": "true",
		// The beacon waits as long as it is told to.
		"access-control-expose-headers": "retry-after",
	};
}

/** A preflight has no key, so it says only what the endpoint takes; the origin is checked when the key is there. */
const preflight = (request: Request) =>
	new Response(null, {
		status: 204,
		headers: {
			...cors(request),
			"access-control-allow-methods": "POST, OPTIONS",
			"access-control-allow-headers": "authorization, content-type",
			"access-control-max-age": PREFLIGHT_S,
		},
	});
