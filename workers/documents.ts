/**
 * Pages, and what browsers may do with them: nothing but what is served from here runs, and nobody shows them in a frame
 * but where a shared link is for that. Files that are no pages pass as they are.
 */
import { framersOf } from "./api/share-principal.ts";
import type { Env } from "./env.ts";

/** Scripts and styles come from files, none from the page itself. Charts are saved as pictures by way of blobs. */
const POLICY = {
	"default-src": "'none'",
	"script-src": "'self'",
	"style-src": "'self'",
	"img-src": "'self' data: blob:",
	"font-src": "'self'",
	"connect-src": "'self'",
	"base-uri": "'none'",
	"form-action": "'self'",
};
/** The demo shop colours its pictures in the page. Deployed it does not come by here: it is public, and knows nothing. */
const SHOP_POLICY = { ...POLICY, "style-src": "'self' 'unsafe-inline'" };
const SHOP = "/shop/";
/** Of features that a dashboard has no use for. */
const FEATURES = ["camera", "microphone", "geolocation", "payment", "usb", "serial", "midi", "hid"];
const EMBED = /^\/embed\/([^/]+)\/?$/;
/** Anything else has no place in a header. */
const ORIGIN = /^https?:\/\/[\w.:*[\]-]+$/;

type Assets = Pick<Fetcher, "fetch">;

/** The answer of the files, with the headers of a page where it is one. */
export async function serveDocument(request: Request, env: Env, assets: Assets): Promise<Response> {
	const { pathname } = new URL(request.url);
	const response = await assets.fetch(isPage(pathname) ? afresh(request) : request);
	if (!response.headers.get("content-type")?.startsWith("text/html")) return response;
	const [, share] = EMBED.exec(pathname) ?? [];
	const framers = share === undefined ? [] : await allowedFramers(env, share);
	const headers = new Headers(response.headers);
	for (const [name, value] of Object.entries(pageHeaders(framers, pathname.startsWith(SHOP) ? SHOP_POLICY : POLICY)))
		headers.set(name, value);
	return new Response(response.body, { status: response.status, headers });
}

const isPage = (path: string): boolean => !path.slice(path.lastIndexOf("/")).includes(".");

/** Not answered with 304: the browser would go on with the headers that it has, and who may frame a page changes. */
function afresh(request: Request): Request {
	const fresh = new Request(request);
	for (const name of ["if-none-match", "if-modified-since"]) fresh.headers.delete(name);
	return fresh;
}

/** A page that nobody may frame is better than none while the store does not answer. */
async function allowedFramers(env: Env, share: string): Promise<string[]> {
	try {
		return (await framersOf(env, share)).filter((origin) => ORIGIN.test(origin));
	} catch (error) {
		console.error("who may frame a shared link is not known", error);
		return [];
	}
}

/** `framers`: origins whose pages may show this one in a frame. */
function pageHeaders(framers: readonly string[], rules: typeof POLICY): Record<string, string> {
	const ancestors = framers.length === 0 ? "'none'" : framers.join(" ");
	const policy = Object.entries({ ...rules, "frame-ancestors": ancestors }).map((rule) => rule.join(" "));
	return {
		"content-security-policy": policy.join("; "),
		"x-content-type-options": "nosniff",
		"referrer-policy": "no-referrer",
		"cross-origin-opener-policy": "same-origin",
		"permissions-policy": FEATURES.map((feature) => `${feature}=()`).join(", "),
		...(framers.length === 0 && { "x-frame-options": "DENY" }),
	};
}
