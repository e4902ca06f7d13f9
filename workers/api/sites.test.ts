import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { batch, event } from "../../durable-objects/log/testing.ts";
import { directory, logStub } from "../../durable-objects/stubs.ts";
import { tenantId } from "../../schema/ids.ts";
import { catalogue } from "../store/segments.ts";
import { call, type Made, newSite, ROOT, refused } from "./test-api.ts";

type Answer = { site: Made["site"] };

describe("creating a site", () => {
	it("answers it with its first keys, and configures its directory", async () => {
		const settings = {
			zone: "Asia/Kathmandu",
			week_start: "sunday",
			currency: "EUR",
			origins: ["https://shop.example:8443"],
			dimensions: ["plan"],
			partitions: 16,
			quota: 500,
			retention_days: 30,
		};
		const { site, keys } = await newSite(settings);
		expect(site).toMatchObject({ ...settings, name: "a site", version: 1, d1_shard: "main" });
		expect(keys.write).toMatch(/^pk_[0-9A-Za-z]{32}$/);
		expect(keys.server).toMatch(/^sk_[0-9A-Za-z]{32}$/);
		expect(keys.read).toMatch(/^rk_[0-9A-Za-z]{32}$/);
		expect(keys.admin).toMatch(/^ak_[0-9A-Za-z]{32}$/);
		const { zone, dimensions, partitions } = settings;
		expect(await directory(env, tenantId(site.id)).config()).toMatchObject({ zone, dimensions, partitions });
		expect((await call<Answer>(200, "GET", "/v1/site", keys.read)).site).toEqual(site);
	});

	it.each([
		["zone", "Europe/Atlantis"],
		["currency", "QQQ"],
		["currency", "eur"],
		["origins", ["shop.example"]],
		["origins", ["https://shop.example/path"]],
		["origins", ["https://Shop.example"]],
		["origins", ["ftp://shop.example"]],
		["dimensions", ["a", "b", "c", "d"]],
		["dimensions", ["country"]],
		["dimensions", ["plan", "plan"]],
		["partitions", 3],
		["week_start", "tuesday"],
		["quota", 0],
		["retention_days", 0],
		["retention_days", 401],
		["retention_days", 1.5],
		["name", " "],
		["nonsense", 1],
	])("refuses %s = %j with 400 and says where", async (field, value) => {
		const problem = await refused(400, "POST", "/v1/sites", ROOT, { name: "x", [field]: value });
		expect(problem.type).toBe("urn:nowcast:problem:invalid");
		expect(JSON.stringify(problem.errors)).toContain(field);
	});

	it("refuses what is not JSON with 400, and what is too large with 413", async () => {
		expect((await refused(400, "POST", "/v1/sites", ROOT, "{")).type).toBe("urn:nowcast:problem:not_json");
		expect((await refused(413, "POST", "/v1/sites", ROOT, " ".repeat(70_000))).type).toBe(
			"urn:nowcast:problem:too_large",
		);
	});

	it("is root's: a site's admin is refused with 403, no key with 401", async () => {
		const { keys } = await newSite();
		expect((await refused(403, "POST", "/v1/sites", keys.admin, { name: "x" })).type).toBe("urn:nowcast:problem:scope");
		expect((await refused(403, "POST", "/v1/sites", keys.read, { name: "x" })).detail).toContain("scope admin");
		expect((await refused(401, "POST", "/v1/sites", null, { name: "x" })).type).toBe("urn:nowcast:problem:no_key");
	});
});

describe("changing a site", () => {
	it("takes the version it started from, and raises it", async () => {
		const { site, keys } = await newSite({ dimensions: ["plan"] });
		const settings = { name: "renamed", dimensions: ["plan", "team"], quota: 10, week_start: "sunday" };
		const change = { version: 1, ...settings, retention_days: 400 };
		const { site: changed } = await call<Answer>(200, "PATCH", `/v1/sites/${site.id}`, keys.admin, change);
		expect(changed).toEqual({ ...site, ...change, version: 2 });
		expect(await directory(env, tenantId(site.id)).config()).toMatchObject({
			dimensions: ["plan", "team"],
			week_start: "sunday",
		});
	});

	it("answers 409 with the current site to a change from an older version", async () => {
		const { site, keys } = await newSite();
		await call(200, "PATCH", `/v1/sites/${site.id}`, keys.admin, { version: 1, name: "first" });
		const problem = await refused(409, "PATCH", `/v1/sites/${site.id}`, keys.admin, { version: 1, name: "second" });
		expect(problem.type).toBe("urn:nowcast:problem:version");
		expect(problem.current).toMatchObject({ name: "first", version: 2 });
	});

	it.each([{ zone: "Europe/Berlin" }, { partitions: 64 }])("says that %j is set once, with 422", async (change) => {
		const { site, keys } = await newSite();
		const problem = await refused(422, "PATCH", `/v1/sites/${site.id}`, keys.admin, { version: 1, ...change });
		expect(problem.detail).toContain("set when a site is created");
	});

	it("says that dimensions only grow, with 422", async () => {
		const { site, keys } = await newSite({ dimensions: ["plan", "team"] });
		for (const dimensions of [["team"], ["team", "plan"], []]) {
			const problem = await refused(422, "PATCH", `/v1/sites/${site.id}`, keys.admin, { version: 1, dimensions });
			expect(problem.type).toBe("urn:nowcast:problem:append_only");
		}
	});

	it("refuses a change without a version, with 400", async () => {
		const { site, keys } = await newSite();
		await refused(400, "PATCH", `/v1/sites/${site.id}`, keys.admin, { name: "x" });
	});
});

describe("sealing a site's logs", () => {
	it("brings what they have to the archive at once", async () => {
		const { site, keys } = await newSite({ partitions: 1 });
		const log = logStub(env, tenantId(site.id), 0);
		await log.append(batch([event("a", Date.now())]));
		expect(await call(200, "POST", `/v1/sites/${site.id}/seal`, keys.admin)).toEqual({ segments: 1 });
		expect(await call(200, "POST", `/v1/sites/${site.id}/seal`, keys.admin)).toEqual({ segments: 0 });
		expect((await catalogue(env, tenantId(site.id), null)).map(({ rows }) => rows)).toEqual([1]);
		await refused(403, "POST", `/v1/sites/${site.id}/seal`, keys.read);
	});
});

describe("I7: a site's admin sees its own site only", () => {
	it("reads, changes and deletes no other: to it they do not exist", async () => {
		const [mine, theirs] = [await newSite(), await newSite({ name: "theirs" })];
		const path = `/v1/sites/${theirs.site.id}`;
		for (const [method, body] of [["GET"], ["PATCH", { version: 1, name: "taken" }], ["DELETE"]] as const) {
			const problem = await refused(404, method, path, mine.keys.admin, body);
			expect(problem.type).toBe("urn:nowcast:problem:no_site");
		}
		expect((await call<Answer>(200, "GET", path, ROOT)).site).toEqual(theirs.site);
	});

	it("lists its own, and cannot choose another with ?site=", async () => {
		const [mine, theirs] = [await newSite(), await newSite()];
		const { sites } = await call<{ sites: unknown[] }>(200, "GET", "/v1/sites", mine.keys.admin);
		expect(sites).toEqual([mine.site]);
		const { site } = await call<Answer>(200, "GET", `/v1/site?site=${mine.site.id}`, mine.keys.read);
		expect(site).toEqual(mine.site);
		const refusal = await refused(404, "GET", `/v1/site?site=${theirs.site.id}`, mine.keys.read);
		expect(refusal.type).toBe("urn:nowcast:problem:no_site");
	});

	it("root lists all, and chooses one with ?site=", async () => {
		const { site } = await newSite();
		const { sites } = await call<{ sites: Made["site"][] }>(200, "GET", "/v1/sites", ROOT);
		expect(sites.map(({ id }) => id)).toContain(site.id);
		expect((await call<Answer>(200, "GET", `/v1/site?site=${site.id}`, ROOT)).site).toEqual(site);
		expect((await refused(422, "GET", "/v1/site", ROOT)).type).toBe("urn:nowcast:problem:site_required");
		expect((await refused(404, "GET", "/v1/site?site=nobody", ROOT)).type).toBe("urn:nowcast:problem:no_site");
	});
});
