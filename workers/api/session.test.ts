import { env } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Session } from "../../schema/people.ts";
import { LIMITS, WINDOW_MS } from "../people/login-limit.ts";
import { hashPassword } from "../people/password.ts";
import { forgetPeople } from "../people/person.ts";
import {
	answered,
	type Browser,
	browser,
	browserOf,
	HOST,
	newOrg,
	newUser,
	outcome,
	QUICK,
	send,
	siteIn,
} from "../people/test-people.ts";
import { listAudit } from "../store/audit.ts";
import { countFailures } from "../store/logins.ts";
import { userById } from "../store/users.ts";
import { sha256Hex } from "./auth.ts";

/** Of tests with real hashes, on a machine that does other things too. */
const SLOW_MS = 30_000;
const PASSWORD = "correct horse battery";
const HOUR = 3_600_000;

beforeEach(forgetPeople);

const person = async () => {
	const org = await newOrg();
	const user = await newUser({ [org]: "editor" }, await hashPassword(PASSWORD, QUICK));
	return { org, user };
};
const signIn = (email: string, password: string, more: Record<string, unknown> = {}) =>
	({ method: "POST", path: "/v1/session", body: { email, password, ...more } }) as const;
/** Every test has an address of its own. */
const from = (ip: string) => ({ headers: { "cf-connecting-ip": ip } });

describe("signing in", () => {
	it(
		"answers who it is and what that person sees, and sets the cookie; a weak hash is made anew",
		async () => {
			const { org, user } = await person();
			const [b, a] = [await siteIn(org, "b shop"), await siteIn(org, "A shop")];
			const response = await send({ ...signIn(user.email.toUpperCase(), PASSWORD), ...from("192.0.2.1") });
			expect(response.status).toBe(200);
			expect(response.headers.get("cache-control")).toBe("no-store");
			const setCookie = response.headers.get("set-cookie") ?? "";
			expect(setCookie).toMatch(/^nowcast_session=ses_.*HttpOnly/);
			const session = (await response.json()) as Session;
			expect(session).toMatchObject({
				user: { id: user.id, email: user.email },
				via: "password",
				organisations: [{ id: org, role: "editor" }],
				sites: [a, b].map(({ site }) => ({ id: site.id, org, role: "editor" })),
			});
			expect(session.expires_at - Date.now()).toBeLessThanOrEqual(12 * HOUR);
			const as = { cookie: setCookie.split(";")[0] ?? "", csrf: session.csrf };
			expect(await answered<Session>(200, { path: "/v1/session", as })).toEqual(session);
			expect((await userById(env, user.id))?.password).toMatch(/^scrypt\$16384\$8\$5/);
		},
		SLOW_MS,
	);

	it(
		"is refused in the same words for a wrong password, an account without one, and an unknown email",
		async () => {
			const { user } = await person();
			const { user: byAccess } = { user: await newUser({ [await newOrg()]: "viewer" }) };
			const wrong = await outcome({ ...signIn(user.email, "another"), ...from("192.0.2.2") });
			expect(wrong).toMatchObject({ status: 401, code: "login" });
			expect(await outcome({ ...signIn(byAccess.email, "another"), ...from("192.0.2.2") })).toEqual(wrong);
			expect(await outcome({ ...signIn("nobody@example.com", PASSWORD), ...from("192.0.2.2") })).toEqual(wrong);
		},
		SLOW_MS,
	);

	it(
		"lasts 30 days with remember",
		async () => {
			const { user } = await person();
			const response = await send({ ...signIn(user.email, PASSWORD, { remember: true }), ...from("192.0.2.3") });
			expect(response.headers.get("set-cookie")).toMatch(/Max-Age=2592000/);
		},
		SLOW_MS,
	);

	it("is not for another site's page, which would sign its visitor in as somebody else", async () => {
		const foreign = { origin: "https://evil.example" };
		expect(await outcome({ ...signIn("a@example.com", "x"), headers: foreign })).toMatchObject({ code: "csrf" });
	});

	it("over https sets the cookie for this host alone", async () => {
		const response = await send({ method: "POST", path: "/v1/session/demo", base: "https://nowcast.example" });
		expect(response.headers.get("set-cookie")).toMatch(/^__Host-nowcast_session=.*Secure/);
	});
});

describe("the limit of logins", () => {
	it(
		"after ten failures of an account nobody signs in to it for 15 min, whatever the address; 429 says when",
		async () => {
			const { user } = await person();
			for (let i = 0; i < LIMITS.account; i++) {
				expect(await outcome({ ...signIn(user.email, "wrong"), ...from(`198.51.100.${i}`) })).toMatchObject({
					status: 401,
				});
			}
			const response = await send({ ...signIn(user.email, PASSWORD), ...from("198.51.100.99") });
			expect(response.status).toBe(429);
			const wait = Number(response.headers.get("retry-after"));
			expect(wait).toBeGreaterThan(0);
			expect(wait).toBeLessThanOrEqual(WINDOW_MS / 1000);
			vi.spyOn(Date, "now").mockReturnValue(Date.now() + WINDOW_MS + 1000);
			expect((await send({ ...signIn(user.email, PASSWORD), ...from("198.51.100.99") })).status).toBe(200);
			vi.restoreAllMocks();
		},
		SLOW_MS,
	);

	it("counts for unknown emails too, in the same words", async () => {
		const email = "nobody-at-all@example.com";
		const who = `email:${await sha256Hex(email)}`;
		for (let i = 0; i < LIMITS.account; i++) await countFailures(env, [who], Date.now(), WINDOW_MS);
		const refused = await outcome({ ...signIn(email, "x"), ...from("198.51.100.100") });
		expect(refused).toEqual({
			status: 429,
			code: "login_limit",
			detail: "Too many attempts to sign in. Try again in 15 min.",
		});
	});

	it(
		"a success forgets the account's failures, and holds nothing against the address",
		async () => {
			const { user } = await person();
			const account = `email:${await sha256Hex(user.email)}`;
			for (let i = 1; i < LIMITS.account; i++) await countFailures(env, [account], Date.now(), WINDOW_MS);
			const before = await env.DB.prepare("SELECT sum(failures) AS n FROM login_failures WHERE who <> ?")
				.bind(account)
				.first();
			expect((await send({ ...signIn(user.email, PASSWORD), ...from("192.0.2.30") })).status).toBe(200);
			const rows = await env.DB.prepare("SELECT * FROM login_failures WHERE who = ?").bind(account).all();
			expect(rows.results).toEqual([]);
			const after = await env.DB.prepare("SELECT sum(failures) AS n FROM login_failures").first();
			expect(after).toEqual({ n: Number(before?.n ?? 0) });
		},
		SLOW_MS,
	);

	it(
		"an address has thirty failures, over all accounts; no row holds the address",
		async () => {
			const users = await Promise.all(Array.from({ length: 4 }, person));
			const statuses: number[] = [];
			for (let i = 0; i < LIMITS.address + 2; i++) {
				const { user } = users[i % users.length] ?? (await person());
				statuses.push((await outcome({ ...signIn(user.email, "wrong"), ...from("203.0.113.77") })).status);
			}
			expect(statuses.filter((status) => status === 401)).toHaveLength(LIMITS.address);
			expect(statuses.slice(-2)).toEqual([429, 429]);
			const { results } = await env.DB.prepare("SELECT who FROM login_failures").all();
			expect(JSON.stringify(results)).not.toContain("203.0.113");
		},
		SLOW_MS,
	);
});

describe("a session", () => {
	const here = (as: Pick<Browser, "cookie" | "csrf">) => outcome({ path: "/v1/session", as });

	it("ends with signing out, at once; others of the same person go on until they are ended everywhere", async () => {
		const one = await browser({ [await newOrg()]: "viewer" });
		const other = await browserOf(one.user);
		const left = await send({ method: "DELETE", path: "/v1/session", as: one });
		expect(left.headers.get("set-cookie")).toMatch(/^nowcast_session=; Max-Age=0/);
		expect(await here(one)).toMatchObject({ status: 401, code: "session" });
		expect(await here(other)).toMatchObject({ status: 200 });
		await answered(200, { method: "DELETE", path: "/v1/sessions", as: other });
		expect(await here(other)).toMatchObject({ status: 401 });
	});

	it("that was ended elsewhere ends here within 60 s", async () => {
		const made = await browser({ [await newOrg()]: "viewer" });
		const now = Date.now();
		expect(await here(made)).toMatchObject({ status: 200 });
		await env.DB.prepare("DELETE FROM sessions WHERE user = ?").bind(made.user.id).run();
		expect(await here(made)).toMatchObject({ status: 200 });
		vi.spyOn(Date, "now").mockReturnValue(now + 59_000);
		expect(await here(made)).toMatchObject({ status: 401 });
		vi.restoreAllMocks();
	});

	it("is over after 12 h", async () => {
		const made = await browser({ [await newOrg()]: "viewer" });
		vi.spyOn(Date, "now").mockReturnValue(Date.now() + 12 * HOUR + 1);
		expect(await here(made)).toMatchObject({ status: 401, code: "session" });
		vi.restoreAllMocks();
	});

	it("without one, and with one that was made up, there is nobody", async () => {
		expect(await outcome({ path: "/v1/session" })).toMatchObject({ status: 401, code: "no_key" });
		const forged = { cookie: `nowcast_session=ses_abc.99999999999999.${"A".repeat(43)}`, csrf: "" };
		expect(await here(forged)).toMatchObject({ status: 401, code: "session" });
	});

	it("names the site with ?site= among those the person sees, and is on the first by name otherwise", async () => {
		const [org, foreign] = [await newOrg(), await newOrg()];
		const [b, a] = [await siteIn(org, "b"), await siteIn(org, "a")];
		const hidden = await siteIn(foreign);
		const as = await browser({ [org]: "viewer" });
		const site = async (query: string) =>
			(await answered<{ site: { id: string } }>(200, { path: `/v1/site${query}`, as })).site.id;
		expect(await site("")).toBe(a.site.id);
		expect(await site(`?site=${b.site.id}`)).toBe(b.site.id);
		const refused = await outcome({ path: `/v1/site?site=${hidden.site.id}`, as });
		expect(refused).toMatchObject({ status: 404, code: "no_site" });
	});

	it("answers what it opens as not to be stored", async () => {
		const org = await newOrg();
		await siteIn(org);
		const as = await browser({ [org]: "viewer" });
		expect((await send({ path: "/v1/site", as })).headers.get("cache-control")).toBe("no-store");
	});

	it("of one without any site can do what needs none, and is told so otherwise", async () => {
		const as = await browser({ [await newOrg()]: "admin" });
		expect(await outcome({ path: "/v1/members", as })).toMatchObject({ status: 200 });
		expect(await outcome({ path: "/v1/site", as })).toMatchObject({ status: 422, code: "site_required" });
	});
});

describe("changes by a cookie", () => {
	const rename = { method: "PATCH", path: "/v1/account", body: { name: "Ada" } } as const;

	it("need the session's csrf, not another's", async () => {
		const org = await newOrg();
		const [one, other] = [await browser({ [org]: "viewer" }), await browser({ [org]: "viewer" })];
		expect(await outcome({ ...rename, as: one })).toMatchObject({ status: 200 });
		for (const csrf of ["", "x", other.csrf]) {
			expect(await outcome({ ...rename, as: { ...one, csrf } })).toMatchObject({ status: 403, code: "csrf" });
		}
		expect(await outcome({ ...rename, headers: { cookie: one.cookie } })).toMatchObject({ code: "csrf" });
	});

	it("are refused from other origins, whatever they send", async () => {
		const as = await browser({ [await newOrg()]: "viewer" });
		for (const headers of [
			{ origin: "https://evil.example" },
			{ origin: "null" },
			{ origin: `${HOST}:8080` },
			{ "sec-fetch-site": "cross-site" },
		]) {
			expect(await outcome({ ...rename, as, headers })).toMatchObject({ status: 403, code: "csrf" });
		}
		expect(await outcome({ ...rename, as, headers: { origin: HOST } })).toMatchObject({ status: 200 });
		expect(await outcome({ ...rename, as, headers: { origin: "https://localhost" } })).toMatchObject({ status: 200 });
	});

	it("are not needed for keys: a bearer is sent by nobody's browser by itself", async () => {
		const { site, keys } = await siteIn(await newOrg());
		const body = { version: 1, name: "renamed" };
		const headers = { authorization: `Bearer ${keys.admin}`, origin: "https://tools.example" };
		expect(await outcome({ method: "PATCH", path: `/v1/sites/${site.id}`, body, headers })).toMatchObject({
			status: 200,
		});
	});
});

describe("the account", () => {
	it("has another name at once", async () => {
		const as = await browser({ [await newOrg()]: "viewer" });
		await answered(200, { method: "PATCH", path: "/v1/account", as, body: { name: "Ada Lovelace" } });
		expect((await answered<Session>(200, { path: "/v1/session", as })).user.name).toBe("Ada Lovelace");
	});

	it(
		"gets another password for the current one, and its other sessions end",
		async () => {
			const { user } = await person();
			const [here, elsewhere] = [await browserOf(user), await browserOf(user)];
			const change = (current: string, next: string) => ({
				method: "POST",
				path: "/v1/account/password",
				as: here,
				body: { current, next },
				...from("192.0.2.9"),
			});
			expect(await outcome(change("wrong", "a new password"))).toMatchObject({ status: 403, code: "password" });
			expect(await outcome(change(PASSWORD, "short"))).toMatchObject({ status: 400 });
			expect(await outcome(change(PASSWORD, "a new password"))).toMatchObject({ status: 200 });
			expect(await outcome({ path: "/v1/session", as: here })).toMatchObject({ status: 200 });
			expect(await outcome({ path: "/v1/session", as: elsewhere })).toMatchObject({ status: 401 });
			expect((await send({ ...signIn(user.email, "a new password"), ...from("192.0.2.9") })).status).toBe(200);
		},
		SLOW_MS,
	);
});

describe("the demo", () => {
	const demo = { method: "POST", path: "/v1/session/demo" };

	it("signs in as the demo site's admin on one machine, as often as it is asked", async () => {
		for (let i = 0; i < 2; i++) {
			const session = await answered<Session>(200, demo);
			expect(session).toMatchObject({ user: { id: "usr_demo", name: "Demo" } });
			expect(session.organisations).toContainEqual({ id: "org_default", name: "Default", role: "admin" });
			expect(session.sites.map(({ id }) => id)).toContain("demo");
		}
	});

	it("is not there on a deployed Worker", async () => {
		const { LOCAL: _, ...deployed } = env;
		expect(await outcome({ ...demo, bindings: { ...deployed } as typeof env })).toMatchObject({
			status: 404,
			code: "no_demo",
		});
	});
});

describe("the log", () => {
	it(
		"has who signed in and out, and refused logins of accounts that are there, in every organisation of theirs",
		async () => {
			const [org, other] = [await newOrg(), await newOrg()];
			const user = await newUser({ [org]: "viewer", [other]: "admin" }, await hashPassword(PASSWORD, QUICK));
			await outcome({ ...signIn(user.email, "wrong password"), ...from("192.0.2.20") });
			await outcome({ ...signIn(user.email, PASSWORD), ...from("192.0.2.20") });
			for (const one of [org, other]) {
				const entries = await listAudit(env, one, null, 10);
				expect(entries.map(({ action }) => action).toSorted()).toEqual(["session.create", "session.refused"]);
				expect(entries.every(({ target }) => target === user.id)).toBe(true);
				expect(JSON.stringify(entries)).not.toContain("password");
			}
		},
		SLOW_MS,
	);
});
