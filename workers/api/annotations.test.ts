import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Annotation } from "../../schema/annotation.ts";
import type { DashboardRecord } from "../../schema/dashboard.ts";
import { MAX_ANNOTATIONS } from "../store/annotations.ts";
import { listAnnotations } from "./annotations.ts";
import { call, type Made, newSite, refused } from "./test-api.ts";

const all = "/v1/annotations";
const make = ({ keys }: Made, body: Record<string, unknown>) => call<Annotation>(201, "POST", all, keys.edit, body);
const texts = async ({ keys }: Made, query: string) =>
	(await call<{ annotations: Annotation[] }>(200, "GET", all + query, keys.read)).annotations.map(({ text }) => text);
const dashboard = ({ keys }: Made) =>
	call<DashboardRecord>(201, "POST", "/v1/dashboards", keys.edit, { dashboard: { title: "x" } });

describe("annotations", () => {
	it("are made by editors, deployments among them, and read by readers of the site (I7)", async () => {
		const [mine, theirs] = [await newSite(), await newSite()];
		const before = Date.now();
		const made = await make(mine, { text: "Deployed 1.4", tags: ["deploy"] });
		expect(made).toMatchObject({ version: 1, until: null, dashboard: null, by: { kind: "key" } });
		expect(made.at).toBeGreaterThanOrEqual(before);
		expect(await texts(mine, "")).toEqual(["Deployed 1.4"]);
		expect(await texts(theirs, "")).toEqual([]);
		const change = { text: "x", at: 1, version: 1 };
		await refused(404, "PUT", `${all}/${made.id}`, theirs.keys.edit, change);
		await refused(404, "DELETE", `${all}/${made.id}`, theirs.keys.edit);
		await refused(403, "POST", all, mine.keys.read, { text: "x" });
		await refused(403, "PUT", `${all}/${made.id}`, mine.keys.read, change);
		await refused(403, "DELETE", `${all}/${made.id}`, mine.keys.read);
		await refused(401, "GET", all, null);
	});

	it("are those that overlap the range, newest first", async () => {
		const made = await newSite({ zone: "Europe/Berlin" });
		await make(made, { text: "before", at: "2026-11-20T22:59:59Z" });
		await make(made, { text: "first", at: "2026-11-20T23:00:00Z" });
		await make(made, { text: "into it", at: "2026-11-20T20:00:00Z", until: "2026-11-21T03:00:00+01:00" });
		await make(made, { text: "last", at: Date.parse("2026-11-21T22:59:59.999Z") });
		await make(made, { text: "after", at: "2026-11-21T23:00:00Z" });
		const wanted = ["last", "first", "into it"];
		expect(await texts(made, "?from=2026-11-21&to=2026-11-22")).toEqual(wanted);
		const [from, to] = [Date.parse("2026-11-20T23:00:00Z"), Date.parse("2026-11-21T23:00:00Z")];
		expect(await texts(made, `?from=${from}&to=${to}`)).toEqual(wanted);
		await make(made, { text: "now" });
		expect(await texts(made, "?from=now-1h&to=now%2B1h")).toEqual(["now"]);
		expect((await refused(422, "GET", `${all}?from=yesterday`, made.keys.read)).detail).toContain("yesterday");
	});

	it("are the site's own, and those of the dashboard that is named; with any of the tags", async () => {
		const made = await newSite();
		const [mine, other] = [await dashboard(made), await dashboard(made)];
		await make(made, { text: "site", tags: ["deploy", "eu"] });
		await make(made, { text: "mine", dashboard: mine.uid, tags: ["sale"] });
		await make(made, { text: "other", dashboard: other.uid });
		const sorted = async (query: string) => (await texts(made, query)).sort();
		expect(await sorted("")).toEqual(["site"]);
		expect(await sorted(`?dashboard=${mine.uid}`)).toEqual(["mine", "site"]);
		expect(await sorted(`?dashboard=${mine.uid}&tag=sale`)).toEqual(["mine"]);
		expect(await sorted(`?dashboard=${mine.uid}&tag=sale&tag=eu`)).toEqual(["mine", "site"]);
		expect(await sorted("?tag=dep")).toEqual([]);
		const range = { from: 0, to: Date.now() + 1000, dashboard: other.uid, tags: [] };
		const listed = await listAnnotations(env, made.site.id, range);
		expect(listed.map(({ text }) => text).sort()).toEqual(["other", "site"]);
		await refused(422, "POST", all, made.keys.edit, { text: "x", dashboard: "d_none" });
	});

	it("change from the version that they were read at, and are deleted once", async () => {
		const made = await newSite();
		const { id, at } = await make(made, { text: "first" });
		const path = `${all}/${id}`;
		const change = { text: "second", at, until: at + 5, tags: ["t"], version: 1 };
		const changed = await call<Annotation>(200, "PUT", path, made.keys.edit, change);
		expect(changed).toMatchObject({ id, version: 2, text: "second", until: at + 5, tags: ["t"] });
		expect((await refused(409, "PUT", path, made.keys.edit, change)).current).toEqual(changed);
		expect(await call(200, "DELETE", path, made.keys.edit)).toEqual({ id, deleted: true });
		await refused(404, "DELETE", path, made.keys.edit);
		await refused(404, "PUT", path, made.keys.edit, change);
	});

	it("are refused where they mean nothing, or are too many (I8)", async () => {
		const { keys, site } = await newSite();
		const post = (status: number, body: unknown) => refused(status, "POST", all, keys.edit, body);
		expect((await post(422, { text: "x", at: 5, until: 4 })).detail).toContain("until");
		await post(400, { text: " " });
		await post(400, { text: "x", at: "yesterday" });
		await post(400, { text: "x", colour: "red" });
		await env.DB.prepare(
			`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			INSERT INTO annotations (tenant, id, at, text, tags, version, by, created_at)
			SELECT ?, 'an_' || i, i, 'x', '[]', 1, '{}', 1 FROM n`,
		)
			.bind(MAX_ANNOTATIONS, site.id)
			.run();
		expect((await post(422, { text: "one more" })).detail).toContain(`at most ${MAX_ANNOTATIONS}`);
		const range = { from: 0, to: MAX_ANNOTATIONS * 2, dashboard: null, tags: [] };
		const listed = await listAnnotations(env, site.id, range);
		expect([listed.length, listed[0]?.at]).toEqual([1000, MAX_ANNOTATIONS]);
	});
});
