/**
 * GET /v1/events.gif: a page view for pages without script.
 * `<noscript><img src="https://HOST/v1/events.gif?key=pk_…&url=…" alt=""></noscript>`
 * Parameters: key, name (pageview), url (the page that refers), referrer, title, lang. Cookieless always.
 */
import { PAGEVIEW, type WireBatch } from "../../schema/event.ts";
import type { Env } from "../env.ts";
import { admit, isOriginAllowed, originOf, originProblem } from "./admit.ts";
import { fromBase64 } from "./base64.ts";
import { problemOf } from "./collect.ts";
import { countRefused, ingest } from "./ingest.ts";
import { senderOf } from "./sender.ts";

/** One transparent pixel, 43 bytes. */
const GIF = fromBase64("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==");

/** Always an image, so that no page shows a broken one; what happened is in the status. */
export async function pixel(
	request: Request,
	env: Env,
	ctx: ExecutionContext,
	now: () => number = Date.now,
): Promise<Response> {
	const received = now();
	try {
		const principal = await admit(request, env, ctx);
		const origin = originOf(request);
		if (!isOriginAllowed(principal, origin)) {
			countRefused(env, ctx, principal, { origin: 1 });
			throw originProblem(origin);
		}
		const answer = await ingest(env, ctx, senderOf(request, env, principal, received), batchOf(request));
		return image(answer.accepted > 0 ? 200 : 400);
	} catch (error) {
		const { status, options } = problemOf(error);
		return image(status, options.retryAfter);
	}
}

function batchOf(request: Request): WireBatch {
	const query = new URL(request.url).searchParams;
	const event: Record<string, string> = { name: query.get("name") || PAGEVIEW };
	const url = query.get("url") || request.headers.get("referer");
	if (url) event.url = url;
	const lang = query.get("lang") || request.headers.get("accept-language")?.split(/[,;]/, 1)[0];
	if (lang) event.lang = lang;
	for (const field of ["referrer", "title"]) {
		const value = query.get(field);
		if (value) event[field] = value;
	}
	return { v: 1, events: [event] };
}

function image(status: number, retryAfter?: number): Response {
	const headers = new Headers({ "content-type": "image/gif", "cache-control": "no-store, max-age=0" });
	if (retryAfter !== undefined) headers.set("retry-after", String(retryAfter));
	return new Response(GIF, { status, headers });
}
