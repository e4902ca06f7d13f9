import { env } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { directory } from "../../durable-objects/stubs.ts";
import { keys } from "../../schema/d1/tables.ts";
import { Problem } from "../../schema/problem.ts";
import { IsolateCache } from "../store/cache.ts";
import { database } from "../store/db.ts";
import { authenticate, ensureDemoSite, forgetKeys, refresh, sha256Hex, tenantConfig } from "./auth.ts";
import { call, newSite, ROOT, refused } from "./test-api.ts";
import { consumeTicket } from "./tickets.ts";

const problemOf = async (answer: Promise<unknown>): Promise<Problem> => {
	const error = await answer.then(
		() => null,
		(thrown) => thrown,
	);
	if (!(error instanceof Problem)) throw new Error(`no problem, but ${error}`);
	return error;
};
const deployed = () => {
	const { LOCAL: _, ...rest } = env;
	return rest;
};

/** D1 is down, and it may be that the directories are too. */
const failing = {
	...env,
	DB: {
		prepare: () => {
			throw new Error("D1 is down");
		},
	} as unknown as D1Database,
};
const dark = {
	...failing,
	DIRECTORY: {
		getByName: () => {
			throw new Error("out of reach");
		},
		get: () => {
			throw new Error("out of reach");
		},
	} as unknown as typeof env.DIRECTORY,
};

beforeEach(forgetKeys);

describe("authenticate", () => {
	it("says who has a key: site, scope, root or not", async () => {
		const { site, keys: made } = await newSite();
		expect(await authenticate(env, made.server)).toMatchObject({ tenant: site.id, scope: "server", root: false, site });
		expect(await authenticate(env, ROOT)).toMatchObject({ scope: "admin", root: true });
		expect(await authenticate(env, ROOT, site.id)).toMatchObject({ tenant: site.id, root: true, site });
	});

	it("answers 401 to no key, an unknown one, and one that is too long", async () => {
		expect((await problemOf(authenticate(env, null))).code).toBe("no_key");
		for (const key of ["", "rk_unknown", `rk_${"x".repeat(10_000)}`, `${ROOT}x`]) {
			expect((await problemOf(authenticate(env, key))).status).toBe(401);
		}
	});

	it("answers 503, not 401, while D1 fails; and a key seen within 10 min still works", async () => {
		const { keys: made } = await newSite();
		await authenticate(env, made.read);
		const problem = await problemOf(authenticate(failing, made.write));
		expect(problem).toMatchObject({ status: 503, options: { retryAfter: 2 } });
		const now = Date.now();
		vi.spyOn(Date, "now").mockReturnValue(now + 590_000);
		expect(await authenticate(failing, made.read)).toMatchObject({ scope: "read" });
		vi.spyOn(Date, "now").mockReturnValue(now + 601_000);
		expect((await problemOf(authenticate(failing, made.read))).status).toBe(503);
		vi.restoreAllMocks();
	});

	it("takes admin keys where read keys are taken, and keys from the Authorization header only", async () => {
		const { keys: made } = await newSite();
		await call(200, "GET", "/v1/site", made.admin);
		expect((await refused(403, "GET", "/v1/site", made.write)).type).toBe("urn:nowcast:problem:scope");
		expect((await refused(401, "GET", `/v1/site?key=${made.read}`, null)).type).toBe("urn:nowcast:problem:no_key");
	});
});

describe("the isolate's cache", () => {
	it("asks again after 30 s, so a revoked key is dead within 60 s", async () => {
		let now = 0;
		let loads = 0;
		const cache = new IsolateCache<number>({
			freshMs: 30_000,
			staleMs: 600_000,
			retryMs: 5_000,
			entries: 2,
			now: () => now,
		});
		const load = async () => ++loads;
		expect(await cache.get("a", load)).toBe(1);
		now = 29_999;
		expect(await cache.get("a", load)).toBe(1);
		now = 30_000;
		expect(await cache.get("a", load)).toBe(2);
	});

	it("serves what it holds for 10 min while the store fails, asks it every 5 s, and believes it once it answers", async () => {
		let now = 0;
		let asked = 0;
		let store = async (): Promise<string | null> => "known";
		const options = { freshMs: 30_000, staleMs: 600_000, retryMs: 5_000, entries: 2, now: () => now };
		const cache = new IsolateCache<string | null>(options);
		const get = (key = "a") => {
			asked = 0;
			return cache.get(key, () => {
				asked++;
				return store();
			});
		};
		await get();
		store = async () => null;
		await get("absent");
		store = () => Promise.reject(new Error("down"));
		now = 60_000;
		expect([await get(), asked]).toEqual(["known", 1]);
		now = 64_999;
		expect([await get(), asked]).toEqual(["known", 0]);
		await expect(get("absent")).rejects.toThrow("down");
		now = 600_000;
		await expect(get()).rejects.toThrow("down");
		now = 599_999;
		store = async () => null;
		expect(await get()).toBeNull();
	});

	it("a revoked key is dead as soon as D1 answers again", async () => {
		const { keys: made } = await newSite();
		const now = Date.now();
		await authenticate(env, made.read);
		await env.DB.prepare("UPDATE keys SET revoked_at = 1 WHERE hash = ?")
			.bind(await sha256Hex(made.read))
			.run();
		vi.spyOn(Date, "now").mockReturnValue(now + 120_000);
		expect(await authenticate(failing, made.read)).toMatchObject({ scope: "read" });
		vi.spyOn(Date, "now").mockReturnValue(now + 125_000);
		expect((await problemOf(authenticate(env, made.read))).status).toBe(401);
		vi.restoreAllMocks();
	});

	it("I8: keeps no more than its entries: the oldest goes", async () => {
		const cache = new IsolateCache<string>({ freshMs: 1000, staleMs: 1000, retryMs: 5_000, entries: 2, now: () => 0 });
		for (const key of ["a", "b", "c"]) await cache.get(key, async () => key);
		expect(await cache.get("a", async () => "again")).toBe("again");
		expect(await cache.get("c", async () => "again")).toBe("c");
	});
});

describe("demo keys", () => {
	it("belong to the demo site on one machine; ak_demo is root", async () => {
		expect(await ensureDemoSite(env)).toMatchObject({ id: "demo" });
		expect(await authenticate(env, "pk_demo")).toMatchObject({ tenant: "demo", scope: "write", root: false });
		expect(await authenticate(env, "sk_demo")).toMatchObject({ tenant: "demo", scope: "server" });
		expect(await authenticate(env, "rk_demo")).toMatchObject({ tenant: "demo", scope: "read" });
		expect(await authenticate(env, "ak_demo")).toMatchObject({ tenant: "demo", scope: "admin", root: true });
	});

	it("the demo site is made once, however often it is asked for", async () => {
		await Promise.all([ensureDemoSite(env), ensureDemoSite(env)]);
		const { results } = await env.DB.prepare("SELECT id FROM sites WHERE id = 'demo'").all();
		expect(results).toHaveLength(1);
	});

	it("are refused by a deployed Worker, even where rows exist", async () => {
		await ensureDemoSite(env);
		for (const [key, scope] of [
			["pk_demo", "write"],
			["sk_demo", "server"],
			["rk_demo", "read"],
			["ak_demo", "admin"],
		] as const) {
			const row = {
				id: `planted_${key}`,
				hash: await sha256Hex(key),
				scope,
				site: "demo",
				prefix: key,
				last4: "demo",
				createdAt: 0,
			};
			await database(env).insert(keys).values(row);
			expect((await problemOf(authenticate(deployed(), key))).status).toBe(401);
		}
		expect(await ensureDemoSite(deployed())).toBeNull();
	});
});

describe("tenantConfig", () => {
	it("comes from the directory, which is configured again from D1 where it was lost", async () => {
		const { site } = await newSite({ zone: "Europe/Berlin", dimensions: ["plan"] });
		await directory(env, site.id).destroy();
		expect(await tenantConfig(env, site.id)).toMatchObject({
			zone: "Europe/Berlin",
			dimensions: ["plan"],
			partitions: 4,
		});
	});

	it("is remembered for 10 min while directory and D1 fail, but not where the directory says it was lost", async () => {
		const { site } = await newSite({ dimensions: ["plan"] });
		await tenantConfig(env, site.id);
		const now = Date.now();
		vi.spyOn(Date, "now").mockReturnValue(now + 590_000);
		refresh(site.id);
		expect(await tenantConfig(dark, site.id)).toMatchObject({ dimensions: ["plan"] });
		await directory(env, site.id).destroy();
		refresh(site.id);
		expect((await problemOf(tenantConfig(failing, site.id))).status).toBe(503);
		vi.restoreAllMocks();
	});

	it("is asked anew after refresh", async () => {
		const { site, keys: made } = await newSite();
		const before = await tenantConfig(env, site.id);
		await call(200, "PATCH", `/v1/sites/${site.id}`, made.admin, { version: 1, dimensions: ["plan"] });
		refresh(site.id);
		expect((await tenantConfig(env, site.id)).version).toBeGreaterThan(before.version);
	});
});

describe("tickets", () => {
	it("open one socket, as a reader of the site", async () => {
		const { site, keys: made } = await newSite();
		const { ticket } = await call<{ ticket: string }>(201, "POST", "/v1/tickets", made.read);
		expect(await consumeTicket(env, ticket)).toMatchObject({ tenant: site.id, scope: "read", root: false });
		expect((await problemOf(consumeTicket(env, ticket))).toDocument()).toMatchObject({ status: 401 });
	});

	it("are worth nothing after 60 s, and to nobody who made one up", async () => {
		const { keys: made } = await newSite();
		const { ticket, expires_at } = await call<{ ticket: string; expires_at: string }>(
			201,
			"POST",
			"/v1/tickets",
			made.read,
		);
		expect(Date.parse(expires_at) - Date.now()).toBeLessThanOrEqual(60_000);
		expect((await problemOf(consumeTicket(env, ticket, () => Date.now() + 60_001))).code).toBe("ticket");
		expect((await problemOf(consumeTicket(env, "tk_made_up"))).status).toBe(401);
	});

	it("are not for write keys, and root must name a site", async () => {
		const { keys: made } = await newSite();
		await refused(403, "POST", "/v1/tickets", made.write);
		await refused(422, "POST", "/v1/tickets", ROOT);
	});
});
