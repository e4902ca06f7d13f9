/** Who may send events here. Problems: 401 no or unknown key, 403 its scope, its way of travelling, or the page's origin. */
import { Problem } from "../../schema/problem.ts";
import { assertScope, authenticate, type Background, bearer, type Principal } from "../api/auth.ts";
import type { Env } from "../env.ts";
import { originsOf } from "./origin.ts";

/** One machine's demo keys are no secret, and are typed into address bars. */
const DEMO_KEY = /^[psra]k_demo$/;

/** The caller, if its key may write. The origin is another question: see `isOriginAllowed`. */
export async function admit(request: Request, env: Env, background: Background): Promise<Principal> {
	const principal = await authenticate(env, keyOf(request, env), undefined, background);
	assertScope(principal, ["write", "server"]);
	return principal;
}

/** The key of the header, or of `?key=`, which is for keys that anyone may read in a page's source anyway. */
function keyOf(request: Request, env: Env): string | null {
	const key = bearer(request.headers.get("authorization"));
	if (key !== null) return key;
	const inUrl = queryParameter(request.url, "key");
	if (inUrl === null || inUrl.startsWith("pk_") || (env.LOCAL === "1" && DEMO_KEY.test(inUrl))) return inUrl;
	throw new Problem(
		403,
		"key_in_url",
		"Only write keys (pk_) may travel in a URL, where logs keep them. Send Authorization: Bearer <key>, and replace this key.",
	);
}

/** A parameter of plain characters, without parsing the whole URL. */
export function queryParameter(url: string, name: string): string | null {
	const value = new RegExp(`[?&]${name}=([^&#]*)`).exec(url)?.[1];
	if (value === undefined || value === "") return null;
	try {
		return decodeURIComponent(value);
	} catch {
		throw new Problem(400, "malformed", `The parameter ${name} is not URL-encoded text.`);
	}
}

/** Write keys work on the site's own pages only. `origin` is null where a request names none. */
export const isOriginAllowed = (principal: Principal, origin: string | null) =>
	principal.scope !== "write" || originsOf(principal.site).allows(origin);

export function originProblem(origin: string | null): Problem {
	const who =
		origin === null ? "A request without Origin or Referer" : `The origin ${JSON.stringify(origin.slice(0, 200))}`;
	return new Problem(
		403,
		"origin",
		`${who} may not use this write key: add the page's origin to the site's origins, or use a server key.`,
	);
}

/** The page a request came from: browsers send Origin with every POST, and at least Referer with an image. */
export function originOf(request: Request): string | null {
	const origin = request.headers.get("origin");
	if (origin !== null) return origin;
	const referer = request.headers.get("referer");
	return referer === null ? null : (URL.parse(referer)?.origin ?? null);
}
