import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { authenticate } from "./auth.ts";
import { app, call, newSite, ROOT, refused } from "./test-api.ts";

interface Listed {
	id: string;
	scope: string;
	site: string | null;
	prefix: string;
	last4: string;
	revoked_at: number | null;
	last_used_at: number | null;
}
interface NewKey {
	id: string;
	key: string;
}
const list = async (key: string, query = "") =>
	(await call<{ keys: Listed[] }>(200, "GET", `/v1/keys${query}`, key)).keys;

describe("keys", () => {
	it("shows a key once: the list has what one recognises it by, D1 only its hash", async () => {
		const { site, keys } = await newSite();
		const made = await call<NewKey>(201, "POST", "/v1/keys", keys.admin, { scope: "read", name: "grafana" });
		const listed = (await list(keys.admin)).find(({ id }) => id === made.id);
		expect(listed).toMatchObject({ scope: "read", site: site.id, name: "grafana", revoked_at: null });
		expect(made.key.startsWith(listed?.prefix ?? "?")).toBe(true);
		expect(made.key.endsWith(listed?.last4 ?? "?")).toBe(true);
		const rows = await env.DB.prepare("SELECT * FROM keys").all();
		expect(JSON.stringify([await list(keys.admin), rows.results])).not.toContain(made.key);
	});

	it("lists the demo site's own keys apart: nobody made them, and a deployed Worker has none", async () => {
		const { keys } = await newSite();
		const of = (key: string) => call<{ keys: Listed[]; built_in: { key: string }[] }>(200, "GET", "/v1/keys", key);
		expect((await of(keys.admin)).built_in).toEqual([]);
		expect((await of("ak_demo")).built_in).toContainEqual({ key: "rk_demo", scope: "read" });
		const { LOCAL: _, ...deployed } = env;
		const response = await app.request("/v1/keys", { headers: { authorization: `Bearer ${ROOT}` } }, deployed);
		expect(await response.json()).toMatchObject({ built_in: [] });
	});

	it("a new key works, and is dead after it was revoked", async () => {
		const { keys } = await newSite();
		const { id, key } = await call<NewKey>(201, "POST", "/v1/keys", keys.admin, { scope: "read" });
		await call(200, "GET", "/v1/site", key);
		await call(200, "DELETE", `/v1/keys/${id}`, keys.admin);
		expect((await refused(401, "GET", "/v1/site", key)).type).toBe("urn:nowcast:problem:unknown_key");
		await call(200, "DELETE", `/v1/keys/${id}`, keys.admin);
	});

	it("refuses an unknown scope with 400, and other keys than admins' with 403", async () => {
		const { keys } = await newSite();
		expect((await refused(400, "POST", "/v1/keys", keys.admin, { scope: "all" })).type).toBe(
			"urn:nowcast:problem:invalid",
		);
		for (const key of [keys.read, keys.write, keys.server]) await refused(403, "GET", "/v1/keys", key);
	});

	it("I7: a site's admin neither lists nor revokes another's keys", async () => {
		const [mine, theirs] = [await newSite(), await newSite()];
		await refused(404, "GET", `/v1/keys?site=${theirs.site.id}`, mine.keys.admin);
		expect((await list(mine.keys.admin)).every(({ site }) => site === mine.site.id)).toBe(true);
		const [victim] = await list(theirs.keys.admin);
		const problem = await refused(404, "DELETE", `/v1/keys/${victim?.id}`, mine.keys.admin);
		expect(problem.type).toBe("urn:nowcast:problem:no_key_with_id");
		expect((await list(theirs.keys.admin)).every(({ revoked_at }) => revoked_at === null)).toBe(true);
	});

	it("only root makes root keys, which manage every site", async () => {
		const { site, keys } = await newSite();
		await refused(403, "POST", "/v1/keys", keys.admin, { scope: "admin", root: true });
		const wrong = await refused(422, "POST", "/v1/keys", ROOT, { scope: "read", root: true });
		expect(wrong.type).toBe("urn:nowcast:problem:root_scope");
		expect((await refused(422, "POST", "/v1/keys", ROOT, { scope: "read" })).type).toBe(
			"urn:nowcast:problem:site_required",
		);
		const { key } = await call<NewKey>(201, "POST", "/v1/keys", ROOT, { scope: "admin", root: true });
		await call(200, "GET", `/v1/sites/${site.id}`, key);
		await call(201, "POST", `/v1/keys?site=${site.id}`, key, { scope: "read" });
	});

	it("an edit key saves what people save, and manages nothing", async () => {
		const { keys } = await newSite();
		expect(keys.edit).toMatch(/^ek_/);
		const filter = { dim: "country", op: "in", values: ["DE"] };
		await call(201, "POST", "/v1/segments", keys.edit, { name: "Germans", filter });
		await refused(403, "POST", "/v1/segments", keys.read, { name: "Germans", filter });
		for (const path of ["/v1/keys", "/v1/sites", "/v1/jobs"]) await refused(403, "GET", path, keys.edit);
	});

	it("tells when a key was used last, to within five minutes, without keeping a request waiting for it", async () => {
		const { keys } = await newSite();
		const used = async () => (await list(keys.admin)).find(({ scope }) => scope === "write")?.last_used_at;
		const use = async () => {
			const context = createExecutionContext();
			await authenticate(env, keys.write, undefined, context);
			await waitOnExecutionContext(context);
		};
		expect(await used()).toBeNull();
		const start = Date.now();
		await use();
		const first = await used();
		expect(first).toBeGreaterThanOrEqual(start);
		await use();
		expect(await used()).toBe(first);
		vi.spyOn(Date, "now").mockReturnValue(start + 6 * 60_000);
		await use();
		expect(await used()).toBe(start + 6 * 60_000);
		vi.restoreAllMocks();
	});
});
