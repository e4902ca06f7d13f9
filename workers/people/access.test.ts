import { env } from "cloudflare:test";
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CSRF_HEADER, type Session } from "../../schema/people.ts";
import { randomId } from "../api/secrets.ts";
import { membershipsOf } from "../store/members.ts";
import { userByEmail } from "../store/users.ts";
import { ACCESS_HEADER, accessIdentity } from "./access.ts";
import { invite } from "./invite.ts";
import { forgetPeople } from "./person.ts";
import { answered, newOrg, newUser, outcome, type Sent, siteIn } from "./test-people.ts";

const TEAM = "https://team.cloudflareaccess.com";
const AUDIENCE = "an-application";
const bindings = { ...env, ACCESS_TEAM: TEAM, ACCESS_AUDIENCE: AUDIENCE };
const pair = await generateKeyPair("RS256");
const stranger = await generateKeyPair("RS256");
const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: "k1", alg: "RS256" }] };
const keys = createLocalJWKSet(jwks);

interface Claims {
	email?: string | undefined;
	issuer?: string;
	audience?: string;
	expires?: number;
	by?: CryptoKey;
}
const jwt = ({ email, issuer = TEAM, audience = AUDIENCE, expires = 3600, by = pair.privateKey }: Claims) =>
	new SignJWT(email === undefined ? { common_name: "a-service" } : { email })
		.setProtectedHeader({ alg: "RS256", kid: "k1" })
		.setIssuer(issuer)
		.setAudience(audience)
		.setExpirationTime(Math.floor(Date.now() / 1000) + expires)
		.sign(by);
const requestWith = (token: string) => new Request("https://nowcast.example/", { headers: { [ACCESS_HEADER]: token } });
const identity = async (claims: Claims) => accessIdentity(bindings, requestWith(await jwt(claims)), keys);

describe("the token of Cloudflare Access", () => {
	it("says who was let in", async () => {
		expect(await identity({ email: "Ada@Example.com" })).toMatchObject({ email: "ada@example.com" });
	});

	it.each([
		["of another team", { issuer: "https://other.cloudflareaccess.com" }],
		["of another application", { audience: "another" }],
		["that is over", { expires: -1 }],
		["signed by somebody else", { by: stranger.privateKey }],
	] as const)("%s is refused with 401", async (_, claims) => {
		await expect(identity({ email: "ada@example.com", ...claims })).rejects.toMatchObject({
			status: 401,
			code: "access",
		});
	});

	it("that is none is refused, one without a person too", async () => {
		await expect(accessIdentity(bindings, requestWith("x.y.z"), keys)).rejects.toMatchObject({ status: 401 });
		await expect(identity({})).rejects.toMatchObject({ status: 403 });
	});

	it("is nothing where Access is not configured", async () => {
		const token = await jwt({ email: "ada@example.com" });
		expect(await accessIdentity(env, requestWith(token), keys)).toBeNull();
	});

	it("cannot be checked while its keys cannot be read: 503", async () => {
		const down = () => Promise.reject(new TypeError("fetch failed"));
		const asked = accessIdentity(bindings, requestWith(await jwt({ email: "a@example.com" })), down);
		await expect(asked).rejects.toMatchObject({ status: 503 });
	});
});

describe("people behind Cloudflare Access", () => {
	beforeEach(() => {
		vi.stubGlobal("fetch", async (url: string | URL) => {
			expect(String(url)).toBe(`${TEAM}/cdn-cgi/access/certs`);
			return Response.json(jwks);
		});
	});
	afterEach(() => vi.unstubAllGlobals());

	const as = async (email: string, sent: Sent): Promise<Sent> => ({
		...sent,
		bindings,
		headers: { ...sent.headers, [ACCESS_HEADER]: await jwt({ email }) },
	});

	it("are signed in by it, as the member that their email is; changes need the csrf", async () => {
		const org = await newOrg();
		const { site } = await siteIn(org);
		const user = await newUser({ [org]: "editor" });
		const session = await answered<Session>(200, await as(user.email, { path: "/v1/session" }));
		expect(session).toMatchObject({ via: "access", user: { id: user.id }, sites: [{ id: site.id, role: "editor" }] });
		const rename = { method: "PATCH", path: "/v1/account", body: { name: "Ada" } };
		expect(await outcome(await as(user.email, rename))).toMatchObject({ status: 403, code: "csrf" });
		const proven = { ...rename, headers: { [CSRF_HEADER]: session.csrf } };
		expect(await outcome(await as(user.email, proven))).toMatchObject({ status: 200 });
		expect(await outcome(await as(user.email, { ...proven, method: "DELETE", path: "/v1/session" }))).toMatchObject({
			status: 403,
			code: "access",
		});
	});

	it("who were invited join at their first request, without a password", async () => {
		const org = await newOrg();
		const email = `${randomId("new-")}@example.com`;
		expect(await outcome(await as(email, { path: "/v1/session" }))).toMatchObject({ status: 403, code: "not_member" });
		await invite(env, "inv", { org, email, role: "viewer" }, Date.now());
		forgetPeople();
		const session = await answered<Session>(200, await as(email, { path: "/v1/session" }));
		expect(session.organisations).toMatchObject([{ id: org, role: "viewer" }]);
		const user = await userByEmail(env, email);
		expect(user?.password).toBeNull();
		expect(await membershipsOf(env, user?.id ?? "")).toHaveLength(1);
	});
});
