/**
 * Cloudflare Access in front of the Worker: it signs people in, and says who they are in a JWT that every request
 * carries (developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json).
 */
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { Email } from "../../schema/people.ts";
import { Problem } from "../../schema/problem.ts";

export const ACCESS_HEADER = "cf-access-jwt-assertion";

export interface AccessEnv {
	ACCESS_TEAM?: string;
	ACCESS_AUDIENCE?: string;
}

/** By team: jose keeps the keys for 10 min, and asks for new ones when a token names one it does not have. */
const keySets = new Map<string, JWTVerifyGetKey>();

function keysOf(team: string): JWTVerifyGetKey {
	const known = keySets.get(team);
	if (known) return known;
	const keys = createRemoteJWKSet(new URL("/cdn-cgi/access/certs", team));
	keySets.set(team, keys);
	return keys;
}

export interface AccessIdentity {
	/** Lower case. */
	email: string;
	/** When the token ends, epoch ms. */
	expiresAt: number;
}

/**
 * Whom Access let in; null where Access is not configured, or did not see the request. Problem 401 for a token that is
 * not Access's, or is over, 403 for one of nobody (a service token), 503 while its keys cannot be read.
 */
export async function accessIdentity(
	env: AccessEnv,
	request: Request,
	keys?: JWTVerifyGetKey,
): Promise<AccessIdentity | null> {
	const { ACCESS_TEAM, ACCESS_AUDIENCE } = env;
	const token = request.headers.get(ACCESS_HEADER);
	if (token === null || !ACCESS_TEAM || !ACCESS_AUDIENCE) return null;
	const { origin } = new URL(ACCESS_TEAM);
	const rules = { issuer: origin, audience: ACCESS_AUDIENCE, algorithms: ["RS256"], requiredClaims: ["exp"] };
	const { payload } = await jwtVerify(token, keys ?? keysOf(origin), rules).catch((error: unknown) => {
		throw problemOf(error);
	});
	const email = Email.safeParse(payload.email);
	if (!email.success)
		throw new Problem(403, "access", "Cloudflare Access let in no person with an email: machines use a key.");
	return { email: email.data, expiresAt: (payload.exp ?? 0) * 1000 };
}

const isUnreadable = (error: unknown) =>
	error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError) || error.code === "ERR_JOSE_GENERIC";

function problemOf(error: unknown): Problem {
	if (!isUnreadable(error))
		return new Problem(401, "access", "The token of Cloudflare Access is not valid here. Load the page anew.");
	console.error("the keys of Cloudflare Access cannot be read", error);
	return new Problem(503, "access_unavailable", "Cloudflare Access does not answer with its keys.", { retryAfter: 5 });
}
