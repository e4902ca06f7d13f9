import { env } from "cloudflare:test";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyDashboard, stat } from "../../schema/dashboard.testing.ts";
import {
	Dashboard,
	type DashboardInput,
	type DashboardRecord,
	type DashboardSummary,
	type Difference,
	type PanelInput,
	type VersionSummary,
} from "../../schema/dashboard.ts";
import { insertDashboard, MAX_VERSIONS, updateDashboard } from "../store/dashboards.ts";
import { shareById } from "../store/shares.ts";
import { app, call, type Made, newSite, ROOT, refused } from "./test-api.ts";

const WEB: DashboardInput = { title: "Web", tags: ["web"], panels: [stat("p1", { title: "Visitors" })] };
const all = "/v1/dashboards";
const at = ({ uid }: { uid: string }, rest = "") => `${all}/${uid}${rest}`;

const make = ({ keys }: Made, dashboard: DashboardInput = WEB): Promise<DashboardRecord> =>
	call<DashboardRecord>(201, "POST", all, keys.edit, { dashboard });
const save = ({ keys }: Made, { uid, version }: DashboardRecord, dashboard: DashboardInput, message = "") =>
	call<DashboardRecord>(200, "PUT", at({ uid }), keys.edit, { dashboard, version, message });
const list = async ({ keys }: Made, query = "") =>
	call<{ dashboards: DashboardSummary[]; tags: { tag: string; count: number }[] }>(200, "GET", all + query, keys.read);
const titles = async (made: Made, query: string) => (await list(made, query)).dashboards.map(({ title }) => title);

describe("dashboards", () => {
	it("are written by editors and read by readers; other sites see none of them (I7)", async () => {
		const [mine, theirs] = [await newSite(), await newSite()];
		const record = await make(mine);
		expect(record).toMatchObject({
			version: 1,
			created_by: { kind: "key" },
			dashboard: { title: "Web", refresh: "live" },
		});
		expect(record.uid).toMatch(/^d_[a-z0-9]{12}$/);
		expect(await call(200, "GET", at(record), mine.keys.read)).toEqual(record);
		expect((await list(mine)).dashboards).toMatchObject([{ uid: record.uid, title: "Web", tags: ["web"], panels: 1 }]);
		expect(await list(theirs)).toEqual({ dashboards: [], tags: [] });
		const { keys } = theirs;
		const change = { dashboard: WEB, version: 1 };
		await refused(404, "GET", at(record), keys.read);
		await refused(404, "PUT", at(record), keys.edit, change);
		await refused(404, "DELETE", at(record), keys.edit);
		await refused(404, "POST", at(record, "/duplicate"), keys.edit);
		await refused(404, "POST", at(record, "/panels"), keys.edit, { panel: stat("x") });
		for (const path of ["/versions", "/versions/1", "/versions/1/diff", "/export"]) {
			await refused(404, "GET", at(record, path), keys.admin);
		}
		await refused(404, "POST", at(record, "/versions/1/restore"), keys.edit, { version: 1 });
		await refused(404, "POST", `${all}/import?replace=${record.uid}&version=1`, keys.edit, {
			nowcast: "dashboard",
			dashboard: WEB,
		});
		await refused(403, "POST", all, mine.keys.read, { dashboard: WEB });
		await refused(403, "PUT", at(record), mine.keys.read, change);
		await refused(403, "DELETE", at(record), mine.keys.read);
		await refused(403, "POST", at(record, "/panels"), mine.keys.read, { panel: stat("x") });
		await refused(401, "GET", all, null);
		await refused(422, "POST", all, ROOT, { dashboard: WEB });
	});

	it("change from the version that they were read at, or 409 shows the current one", async () => {
		const made = await newSite();
		const record = await make(made);
		const changed = await save(made, record, { ...WEB, title: "Web 2" }, "A better name");
		expect(changed).toMatchObject({ version: 2, created_at: record.created_at, dashboard: { title: "Web 2" } });
		expect(await call(200, "GET", at(record), made.keys.read)).toEqual(changed);
		const problem = await refused(409, "PUT", at(record), made.keys.edit, { dashboard: WEB, version: 1 });
		expect(problem).toMatchObject({ type: "urn:nowcast:problem:version", current: changed });
	});

	it("are changed by one of several who save at once, and by one only", async () => {
		const made = await newSite();
		const record = await make(made);
		const saves = ["a", "b", "c", "d"].map((title) =>
			updateDashboard(env, made.site.id, record.uid, 1, {
				dashboard: { ...record.dashboard, title },
				by: record.created_by,
				at: 1,
				message: title,
			}),
		);
		const won = (await Promise.all(saves)).flatMap((done, i) => (done ? ["a", "b", "c", "d"][i] : []));
		expect(won).toHaveLength(1);
		const { versions } = await call<{ versions: VersionSummary[] }>(
			200,
			"GET",
			at(record, "/versions"),
			made.keys.read,
		);
		expect(versions.map(({ version, message, title }) => [version, message, title])).toEqual([
			[2, won[0], won[0]],
			[1, "", "Web"],
		]);
	});

	it("are found by words of titles, descriptions, tags and panels, whatever their case, and taken by their letters", async () => {
		const made = await newSite();
		await make(made);
		await make(made, { title: "Umsätze", description: "100 % of_it", tags: ["Geld", "web"] });
		await make(made, { title: "Äpfel 10", panels: [stat("p1", { title: "Bounce rate" })] });
		await make(made, { title: "Äpfel 9" });
		expect(await titles(made, "")).toEqual(["Äpfel 9", "Äpfel 10", "Umsätze", "Web"]);
		expect(await titles(made, `?search=${encodeURIComponent("UMSÄTZE")}`)).toEqual(["Umsätze"]);
		expect(await titles(made, "?search=bounce%20%C3%A4pfel")).toEqual(["Äpfel 10"]);
		expect(await titles(made, "?search=geld")).toEqual(["Umsätze"]);
		expect(await titles(made, "?search=%25")).toEqual(["Umsätze"]);
		expect(await titles(made, "?search=f_i")).toEqual(["Umsätze"]);
		expect(await titles(made, "?search=u_m")).toEqual([]);
		expect(await titles(made, "?tag=web")).toEqual(["Umsätze", "Web"]);
		expect((await list(made, "?search=geld")).tags).toEqual([
			{ tag: "web", count: 2 },
			{ tag: "Geld", count: 1 },
		]);
		const [last] = (await list(made, "?sort=updated")).dashboards;
		expect(last?.updated_at).toBe(Math.max(...(await list(made)).dashboards.map((each) => each.updated_at)));
		await refused(400, "GET", `${all}?sort=size`, made.keys.read);
	});

	it("keep every version, which can be read, compared and restored as a new one", async () => {
		const made = await newSite();
		const first = await make(made);
		const second = await save(made, first, { ...WEB, title: "Web 2", panels: [stat("p2")] }, "Another panel");
		const { versions } = await call<{ versions: VersionSummary[] }>(200, "GET", at(first, "/versions"), made.keys.read);
		expect(versions.map(({ version, message, title }) => [version, message, title])).toEqual([
			[2, "Another panel", "Web 2"],
			[1, "", "Web"],
		]);
		expect(await call(200, "GET", at(first, "/versions/1"), made.keys.read)).toEqual(first);
		const diff = async (query: string) =>
			(
				await call<{ differences: Difference[] }>(200, "GET", at(first, `/versions/1/diff${query}`), made.keys.read)
			).differences.map(({ kind, path }) => `${kind} ${path}`);
		expect(await diff("?to=2")).toEqual(["changed /title", "removed /panels/p1", "added /panels/p2"]);
		expect(await diff("")).toEqual(await diff("?to=2"));
		expect(await diff("?to=1")).toEqual([]);
		const restore = at(first, "/versions/1/restore");
		await refused(409, "POST", restore, made.keys.edit, { version: 1 });
		const restored = await call<DashboardRecord>(200, "POST", restore, made.keys.edit, { version: second.version });
		expect(restored).toMatchObject({ version: 3, dashboard: first.dashboard });
		const after = await call<{ versions: VersionSummary[] }>(200, "GET", at(first, "/versions"), made.keys.read);
		expect(after.versions[0]?.message).toBe("Restored version 1");
		await refused(404, "GET", at(first, "/versions/9"), made.keys.read);
		await refused(400, "GET", at(first, "/versions/x"), made.keys.read);
	});

	it("keep the newest 500 versions", async () => {
		const { site } = await newSite();
		const by = { kind: "key", id: "k", name: "k" } as const;
		const full = { dashboard: Dashboard.parse({ title: "x" }), by, at: 1, message: "" };
		await insertDashboard(env, site.id, "d_many", full);
		await env.DB.prepare("UPDATE dashboards SET version = ? WHERE uid = 'd_many'").bind(MAX_VERSIONS).run();
		const kept = async () =>
			(
				await env.DB.prepare("SELECT version FROM dashboard_versions WHERE uid = 'd_many' ORDER BY version").all()
			).results.map(({ version }) => version);
		expect(await updateDashboard(env, site.id, "d_many", 7, full)).toBe(false);
		expect(await kept()).toEqual([1]);
		expect(await updateDashboard(env, site.id, "d_many", MAX_VERSIONS, full)).toBe(true);
		expect(await kept()).toEqual([MAX_VERSIONS + 1]);
	});

	it("are deleted with their versions, annotations and digests, and their shared links end", async () => {
		const made = await newSite();
		const { keys, site } = made;
		const [record, other] = [await make(made), await make(made)];
		await call(201, "POST", "/v1/annotations", keys.edit, { text: "mine", dashboard: record.uid });
		await call(201, "POST", "/v1/annotations", keys.edit, { text: "all", dashboard: null });
		const digest = { name: "d", url: "http://127.0.0.1:1/", dashboard: record.uid };
		await call(201, "POST", "/v1/digests", keys.edit, digest);
		await env.DB.prepare(
			"INSERT INTO shares (id, tenant, dashboard, options, created_at, created_by) VALUES ('shr_gone', ?, ?, '{}', 1, '{}'), ('shr_stays', ?, ?, '{}', 1, '{}')",
		)
			.bind(site.id, record.uid, site.id, other.uid)
			.run();
		expect(await call(200, "DELETE", at(record), keys.edit)).toEqual({ uid: record.uid, deleted: true });
		await refused(404, "GET", at(record), keys.read);
		await refused(404, "GET", at(record, "/versions/1"), keys.read);
		await refused(404, "DELETE", at(record), keys.edit);
		expect((await shareById(env, "shr_gone"))?.revokedAt).toBeGreaterThan(0);
		expect((await shareById(env, "shr_stays"))?.revokedAt).toBeNull();
		expect(await call(200, "GET", "/v1/digests", keys.read)).toEqual({ digests: [] });
		const annotations = await call(200, "GET", `/v1/annotations?dashboard=${record.uid}`, keys.read);
		expect(annotations).toMatchObject({ annotations: [{ text: "all" }] });
		const { results } = await env.DB.prepare("SELECT 1 FROM dashboard_versions WHERE uid = ?").bind(record.uid).all();
		expect(results).toEqual([]);
	});

	it("are duplicated under a name of their own", async () => {
		const made = await newSite();
		const record = await make(made, { ...WEB, title: "x".repeat(100) });
		const copy = await call<DashboardRecord>(201, "POST", at(record, "/duplicate"), made.keys.edit);
		expect(copy).toMatchObject({ version: 1, dashboard: { title: `${"x".repeat(93)} (copy)` } });
		expect(copy.uid).not.toBe(record.uid);
		const named = await call<DashboardRecord>(201, "POST", at(record, "/duplicate"), made.keys.edit, { title: "Mine" });
		expect(named.dashboard).toEqual({ ...record.dashboard, title: "Mine" });
	});

	it("are made from templates", async () => {
		const made = await newSite();
		const path = `${all}/templates`;
		const { templates } = await call<{ templates: { id: string; panels: number }[] }>(200, "GET", path, made.keys.read);
		expect(templates.map(({ id }) => id)).toEqual(["web", "product", "revenue", "operations"]);
		for (const { id, panels } of templates) {
			const record = await call<DashboardRecord>(201, "POST", all, made.keys.edit, { template: id });
			expect(record.dashboard.panels).toHaveLength(panels);
		}
		expect((await refused(422, "POST", all, made.keys.edit, { template: "none" })).detail).toContain("web, product");
		await refused(400, "POST", all, made.keys.edit, {});
		await refused(400, "POST", all, made.keys.edit, { template: "web", dashboard: WEB });
	});

	it("are refused with words that name the place: shapes, meanings, sizes", async () => {
		const made = await newSite();
		const post = (status: number, dashboard: unknown) => refused(status, "POST", all, made.keys.edit, { dashboard });
		expect((await post(400, { ...WEB, panels: [{ ...stat("p1"), kind: "gauge" }] })).detail).toContain(
			"dashboard.panels.0",
		);
		expect((await post(400, { ...WEB, colour: "red" })).detail).toContain("dashboard");
		expect((await post(400, { ...WEB, panels: [stat("p1"), stat("p1")] })).detail).toContain("each id once");
		expect((await post(400, { ...WEB, schema_version: 2 })).detail).toContain("made by a newer Nowcast");
		const meaning = await post(422, { ...WEB, panels: [stat("p3", { formulas: [{ expression: "A / B" }] })] });
		expect(meaning.detail).toBe("panels.p3.formulas.0: there is no query B.");
		expect(meaning.errors).toEqual([{ path: "panels.p3.formulas.0", message: "there is no query B" }]);
		const text = (id: string): PanelInput => ({
			kind: "text",
			id,
			grid: { x: 0, y: 0, w: 6, h: 4 },
			markdown: "ä".repeat(19_000),
		});
		const large = { ...WEB, panels: Array.from({ length: 8 }, (_, i) => text(`t${i}`)) };
		expect((await post(413, large)).detail).toContain("at most 262144 bytes");
		await post(413, { ...WEB, panels: Array.from({ length: 60 }, (_, i) => text(`t${i}`)) });
		const deep = `{"dashboard":{"title":"x","panels":${"[".repeat(5000)}${"]".repeat(5000)}}}`;
		await refused(400, "POST", all, made.keys.edit, deep);
		await refused(400, "POST", all, made.keys.edit, "{");
		expect((await list(made)).dashboards).toEqual([]);
	});

	it("a site has at most 500 (I8)", async () => {
		const made = await newSite();
		const { uid, dashboard, created_by } = await make(made);
		await env.DB.prepare(
			`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 498)
			INSERT INTO dashboards (tenant, uid, title, tags, body, version, created_at, created_by, updated_at, updated_by)
			SELECT tenant, 'd_' || i, title, tags, body, 1, 1, created_by, 1, updated_by FROM dashboards, n WHERE uid = ?`,
		)
			.bind(uid)
			.run();
		const revision = { dashboard, by: created_by, at: 1, message: "" };
		const last = ["d_a", "d_b"].map((uid) => insertDashboard(env, made.site.id, uid, revision));
		expect((await Promise.all(last)).sort()).toEqual([false, true]);
		expect((await refused(422, "POST", all, made.keys.edit, { dashboard: WEB })).detail).toContain("at most 500");
	});
});

describe("a panel that is added", () => {
	it("gets an id and a place of its own, also where several are added at once", async () => {
		const made = await newSite();
		const record = await make(made);
		const add = (title: string) =>
			call<{ record: DashboardRecord; panel: string }>(201, "POST", at(record, "/panels"), made.keys.edit, {
				panel: { kind: "line", title, queries: [{ ref: "A", metric: "pageview" }] },
			});
		const added = await Promise.all(["a", "b", "c"].map(add));
		expect(added.map(({ panel }) => panel).sort()).toEqual(["p2", "p3", "p4"]);
		const { dashboard, version } = await call<DashboardRecord>(200, "GET", at(record), made.keys.read);
		expect(version).toBe(4);
		expect(dashboard.panels.map(({ grid: { x, y, w, h } }) => [x, y, w, h])).toEqual([
			[0, 0, 6, 4],
			[6, 0, 12, 8],
			[0, 8, 12, 8],
			[12, 8, 12, 8],
		]);
		const titled = added.find(({ panel }) => panel === "p2")?.record.dashboard.panels[1]?.title;
		const { versions } = await call<{ versions: VersionSummary[] }>(
			200,
			"GET",
			at(record, "/versions"),
			made.keys.read,
		);
		expect(versions.at(-2)?.message).toBe(`Added the panel “${titled}”`);
	});

	it("is refused where it is none, or there are 60", async () => {
		const made = await newSite();
		const record = await make(made, { title: "full", panels: Array.from({ length: 60 }, (_, i) => stat(`p${i}`)) });
		const post = (status: number, panel: unknown) =>
			refused(status, "POST", at(record, "/panels"), made.keys.edit, { panel });
		expect((await post(400, { kind: "gauge" })).detail).toMatch(/^panel/);
		await post(400, "x");
		expect((await post(422, { kind: "text" })).detail).toContain("at most 60 panels");
		const other = await make(made);
		const panel = { kind: "stat", queries: [{ ref: "A", measure: "$m" }] };
		const { detail } = await refused(422, "POST", at(other, "/panels"), made.keys.edit, { panel });
		expect(detail).toContain("there is no variable m");
	});
});

describe("an exported dashboard", () => {
	it("comes back as it was, but for its uid", async () => {
		const made = await newSite();
		const exported = async (uid: string) => {
			const headers = { authorization: `Bearer ${made.keys.read}` };
			const response = await app.request(at({ uid }, "/export"), { headers }, env);
			return { text: await response.text(), disposition: response.headers.get("content-disposition") };
		};
		await fc.assert(
			fc.asyncProperty(anyDashboard, async (dashboard) => {
				const record = await make(made, dashboard);
				const file = await exported(record.uid);
				const back = await call<DashboardRecord>(201, "POST", `${all}/import`, made.keys.edit, file.text);
				expect(back.uid).not.toBe(record.uid);
				expect(back.dashboard).toEqual(dashboard);
				const again = await exported(back.uid);
				expect(again.text.replace(back.uid, record.uid)).toBe(file.text);
			}),
			{ numRuns: 25 },
		);
		const { disposition } = await exported((await make(made, { title: "Äpfel: “A/B” ☂" })).uid);
		expect(disposition).toBe('attachment; filename="apfel-a-b.json"');
	});

	it("replaces another where that is said, from its version", async () => {
		const made = await newSite();
		const record = await make(made);
		const file = { nowcast: "dashboard", dashboard: { title: "Imported" } };
		const replace = (version: number) => `${all}/import?replace=${record.uid}&version=${version}`;
		const replaced = await call<DashboardRecord>(201, "POST", replace(1), made.keys.edit, file);
		expect(replaced).toMatchObject({ uid: record.uid, version: 2, dashboard: { title: "Imported" } });
		await refused(409, "POST", replace(1), made.keys.edit, file);
		await refused(400, "POST", `${all}/import?replace=${record.uid}`, made.keys.edit, file);
	});

	it("is refused with the paths of what is wrong", async () => {
		const { keys } = await newSite();
		const post = (file: unknown) => refused(400, "POST", `${all}/import`, keys.edit, file);
		expect((await post({ dashboard: WEB })).detail).toContain("nowcast");
		const { errors } = await post({ nowcast: "dashboard", dashboard: { title: "", panels: [{ kind: "stat" }] } });
		expect((errors as { path: string }[]).map(({ path }) => path)).toEqual(
			expect.arrayContaining(["dashboard.title", "dashboard.panels.0.id"]),
		);
		expect((await post({ nowcast: "dashboard", dashboard: { ...WEB, schema_version: 9 } })).detail).toBe(
			"This dashboard was made by a newer Nowcast (schema_version 9, this one reads up to 1): update this one first.",
		);
		expect((await post("[]")).status).toBe(400);
	});

	it("has a schema that everybody may read", async () => {
		const response = await app.request("/v1/dashboard.schema.json", {}, env);
		expect(response.status).toBe(200);
		expect(response.headers.get("cache-control")).toContain("public");
		expect(await response.json()).toMatchObject({
			$id: expect.stringMatching(/^http:\/\/.*\/v1\/dashboard\.schema\.json$/),
			$defs: { Dashboard: {}, Panel: {} },
		});
	});
});
