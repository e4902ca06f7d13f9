/**
 * The session in a browser: a cookie of `<session id>.<expiry, epoch ms>.<HMAC>`. The signature keeps made-up ids from
 * asking the database, and the row behind the id is what signing out deletes.
 */
import { parse, serialize } from "hono/utils/cookie";
import { isSigned, sign } from "./signing.ts";

export interface SessionToken {
	/** `ses_…` */
	id: string;
	/** Epoch ms. */
	expiresAt: number;
}

type SecretEnv = { SECRET: string };

const PLAIN = "nowcast_session";
/** Browsers take a cookie of this name over https only, from this very host, for all of its paths. */
const HOST_ONLY = `__Host-${PLAIN}`;

const isSecure = (request: Request) => request.url.startsWith("https:");
const nameFor = (request: Request) => (isSecure(request) ? HOST_ONLY : PLAIN);
const VALUE = /^(ses_[0-9a-z]{1,40})\.(\d{1,15})\.([\w-]{43})$/;

/** Set-Cookie. With `remember` it outlives the browser's windows. */
export async function sessionCookie(
	env: SecretEnv,
	request: Request,
	{ id, expiresAt }: SessionToken,
	{ remember, now }: { remember: boolean; now: number },
): Promise<string> {
	const text = `${id}.${expiresAt}`;
	const value = `${text}.${await sign(env, "session cookie", text)}`;
	return written(request, value, remember ? Math.floor((expiresAt - now) / 1000) : undefined);
}

/** Set-Cookie that takes the session from the browser. */
export const endedCookie = (request: Request): string => written(request, "", 0);

function written(request: Request, value: string, maxAge: number | undefined): string {
	const rest = { httpOnly: true, sameSite: "Lax" as const, ...(maxAge !== undefined && { maxAge }) };
	return isSecure(request)
		? serialize(HOST_ONLY, value, { ...rest, path: "/", secure: true })
		: serialize(PLAIN, value, { ...rest, path: "/" });
}

/** What the browser sent as its session's cookie; null where there is none. */
export function sentCookie(request: Request): string | null {
	const name = nameFor(request);
	return parse(request.headers.get("cookie") ?? "", name)[name] || null;
}

/** The session that a cookie is for; null where it was made up, changed, or is over. */
export async function readCookie(env: SecretEnv, value: string, now: number): Promise<SessionToken | null> {
	const [, id = "", expiry = "", signature = ""] = VALUE.exec(value) ?? [];
	if (id === "" || !(await isSigned(env, "session cookie", `${id}.${expiry}`, signature))) return null;
	const expiresAt = Number(expiry);
	return expiresAt > now ? { id, expiresAt } : null;
}
