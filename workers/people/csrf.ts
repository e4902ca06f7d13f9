/**
 * Requests that another site's page makes a browser send. A browser adds the session's cookie by itself, so a change
 * also needs what only our own pages can read and send; and it says where a request comes from, which is believed.
 */
import { CSRF_HEADER } from "../../schema/people.ts";
import { Problem } from "../../schema/problem.ts";
import { isSigned, sign } from "./signing.ts";

type SecretEnv = { SECRET: string };

const isReading = (method: string) => method === "GET" || method === "HEAD" || method === "OPTIONS";

/** The token of a session, or of a user whom Cloudflare Access lets in. */
export const csrfToken = (env: SecretEnv, of: string): Promise<string> => sign(env, "csrf", of);

const refused = (detail: string) => new Problem(403, "csrf", detail);

/**
 * Problem 403 for a request of another site's page. The scheme is not compared: behind a proxy that ends TLS the page's
 * is https and ours http, and whoever serves the host's http could do as much without us.
 */
export function assertSameOrigin(request: Request): void {
	const origin = request.headers.get("origin");
	if (origin !== null && URL.parse(origin)?.host !== new URL(request.url).host)
		throw refused(
			`A page of ${origin.slice(0, 100)} may not do this. Behind a proxy: it must pass the Host header on.`,
		);
	if (request.headers.get("sec-fetch-site") === "cross-site") throw refused("Another site's page may not do this.");
}

/** Problem 403 for a change that is not provably from our own pages. Reading is not checked: pages cannot see answers. */
export async function assertNotForged(env: SecretEnv, request: Request, of: string): Promise<void> {
	if (isReading(request.method)) return;
	assertSameOrigin(request);
	const token = request.headers.get(CSRF_HEADER);
	if (token !== null && (await isSigned(env, "csrf", of, token))) return;
	throw refused(`Load the page anew. Programs send the session's csrf (of GET /v1/session) as ${CSRF_HEADER}.`);
}
