import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { FilterInput } from "../../schema/expression.ts";
import type { SavedFunnel, SavedSegment } from "../../schema/saved.ts";
import { segmentShelf, segmentsOf } from "../store/saved.ts";
import { call, type Made, newSite, ROOT, refused } from "./test-api.ts";

const GERMANS = { dim: "country", op: "eq" as const, values: ["DE"] };
const BUYERS = { did: "purchase", at_least: 2, within_days: 30 };
const FUNNEL = { steps: [{ event: "view" }, { event: "purchase" }] };

const make = async ({ keys }: Made, name: string, filter: FilterInput): Promise<SavedSegment> =>
	(await call<{ segment: SavedSegment }>(201, "POST", "/v1/segments", keys.edit, { name, filter })).segment;
const change = ({ keys }: Made, status: number, segment: SavedSegment, filter: FilterInput) =>
	call<{ segment: SavedSegment }>(status, "PUT", `/v1/segments/${segment.id}`, keys.edit, {
		name: segment.name,
		filter,
		version: segment.version,
	});
const refuses = (made: Made, segment: SavedSegment, filter: FilterInput) =>
	refused(422, "PUT", `/v1/segments/${segment.id}`, made.keys.edit, { ...pick(segment), filter });
const pick = ({ name, version }: SavedSegment) => ({ name, version });
/** That many conditions. */
const many = (n: number): FilterInput => ({ or: Array.from({ length: n }, () => GERMANS) });

describe("saved segments", () => {
	it("are written by editors and read by readers; other sites see none of them (I7)", async () => {
		const [mine, theirs] = [await newSite(), await newSite()];
		const segment = await make(mine, "Germans", { not: { ...GERMANS, op: "neq" as const } });
		expect(segment).toMatchObject({ name: "Germans", version: 1, filter: { not: { op: "neq" } } });
		const path = `/v1/segments/${segment.id}`;
		expect(await call(200, "GET", path, mine.keys.read)).toEqual({ segment });
		expect(await call(200, "GET", "/v1/segments", mine.keys.read)).toEqual({ segments: [segment] });
		expect(await call(200, "GET", `/v1/segments?site=${mine.site.id}`, ROOT)).toEqual({ segments: [segment] });
		expect(await call(200, "GET", "/v1/segments", theirs.keys.read)).toEqual({ segments: [] });
		for (const method of ["GET", "DELETE"]) await refused(404, method, path, theirs.keys.admin);
		await refused(404, "PUT", path, theirs.keys.admin, { ...pick(segment), filter: GERMANS });
		await refused(403, "POST", "/v1/segments", mine.keys.read, { name: "x", filter: GERMANS });
		await refused(403, "DELETE", path, mine.keys.read);
		await refused(422, "POST", "/v1/segments", ROOT, { name: "x", filter: GERMANS });
		const others = await segmentsOf(env, theirs.site.id);
		expect(() => others.inline({ segment: segment.id })).toThrow("There is no saved segment");
	});

	it("change from the version that they were read at, or 409 shows the current one", async () => {
		const made = await newSite();
		const segment = await make(made, "Germans", GERMANS);
		const { segment: changed } = await change(made, 200, segment, BUYERS);
		expect(changed).toMatchObject({ version: 2, filter: BUYERS, created_at: segment.created_at });
		const problem = await refused(409, "PUT", `/v1/segments/${segment.id}`, made.keys.admin, {
			...pick(segment),
			filter: GERMANS,
		});
		expect(problem.current).toEqual(changed);
	});

	it("stand in filters for what they say, through references", async () => {
		const made = await newSite();
		const germans = await make(made, "Germans", GERMANS);
		const both = await make(made, "both", { and: [{ segment: germans.id }, { ...BUYERS, where: GERMANS }] });
		const none = await make(made, "none", { not: { or: [{ segment: both.id }, { segment: germans.id }] } });
		const segments = await segmentsOf(env, made.site.id);
		const inlined = { and: [GERMANS, { ...BUYERS, where: GERMANS }] };
		expect(segments.inline({ segment: none.id })).toEqual({ not: { or: [inlined, GERMANS] } });
		expect(segments.inline({ segment: germans.id })).toEqual(GERMANS);
	});

	it("never refer to themselves, to nothing, or more than 5 deep", async () => {
		const made = await newSite();
		const first = await make(made, "1", GERMANS);
		await refuses(made, first, { segment: first.id });
		await refuses(made, first, { segment: "seg_none" });
		let last = first;
		for (const name of ["2", "3", "4", "5"]) last = await make(made, name, { segment: last.id });
		expect((await refuses(made, first, { not: { segment: last.id } })).detail).toContain("refers to itself");
		const sixth = { name: "6", filter: { segment: last.id } };
		const { detail } = await refused(422, "POST", "/v1/segments", made.keys.admin, sixth);
		expect(detail).toContain("At most 5 saved segments nest");
		const fresh = await make(made, "0", GERMANS);
		expect((await refuses(made, first, { segment: fresh.id })).detail).toContain("uses this segment");
	});

	it("are bounded with all they refer to, and those that refer to them with them (I8)", async () => {
		const made = await newSite();
		const forty = await make(made, "forty", many(40));
		const eighty = await make(made, "eighty", { and: [{ segment: forty.id }, { segment: forty.id }] });
		const more = { name: "120", filter: { and: [{ segment: eighty.id }, { segment: forty.id }] } };
		expect((await refused(422, "POST", "/v1/segments", made.keys.admin, more)).detail).toContain(
			"at most 100 conditions",
		);
		const { detail } = await refuses(made, forty, many(51));
		expect(detail).toContain("The segment eighty uses this segment: A filter has at most 100 conditions");
		const deep = (levels: number): FilterInput => (levels === 0 ? GERMANS : { not: deep(levels - 1) });
		await make(made, "deep", deep(7));
		await refused(422, "POST", "/v1/segments", made.keys.admin, { name: "deeper", filter: deep(8) });
		const bomb = `${'{"not":'.repeat(8000)}1${"}".repeat(8000)}`;
		await refused(400, "POST", "/v1/segments", made.keys.admin, `{"name":"bomb","filter":${bomb}}`);
	});

	it("are refused where no question could have them: fields that are none, values that are missing, regex bombs", async () => {
		const { keys } = await newSite();
		const post = (filter: FilterInput) => refused(422, "POST", "/v1/segments", keys.admin, { name: "x", filter });
		expect((await post({ dim: "contry", op: "eq", values: ["DE"] })).detail).toContain("contry");
		expect((await post({ dim: "country", op: "eq" })).detail).toContain("give values");
		await post({ dim: "path", op: "matches", values: ["("] });
		await post({ not: { did: "view", where: { dim: "value", op: "between", values: [3] } } });
	});

	it("are not deleted while a segment or a funnel names them", async () => {
		const made = await newSite();
		const { keys } = made;
		const germans = await make(made, "Germans", GERMANS);
		const user = await make(made, "user", { not: { segment: germans.id } });
		const steps = [{ event: "view", filters: [{ segment: germans.id }] }, { event: "purchase" }];
		const { funnel } = await call<{ funnel: SavedFunnel }>(201, "POST", "/v1/funnels", keys.admin, {
			name: "sales",
			definition: { steps },
		});
		const path = `/v1/segments/${germans.id}`;
		const problem = await refused(409, "DELETE", path, keys.admin);
		expect(problem.detail).toContain('segment "user", funnel "sales"');
		expect(problem.users).toEqual([
			{ kind: "segment", id: user.id, name: "user" },
			{ kind: "funnel", id: funnel.id, name: "sales" },
		]);
		await call(200, "DELETE", `/v1/segments/${user.id}`, keys.admin);
		await call(200, "DELETE", `/v1/funnels/${funnel.id}`, keys.admin);
		await call(200, "DELETE", path, keys.admin);
		await refused(404, "DELETE", path, keys.admin);
	});

	it("are not deleted while a dashboard names them, in a panel or a variable", async () => {
		const made = await newSite();
		const [used, free] = [await make(made, "used", GERMANS), await make(made, "free", GERMANS)];
		const filters = [{ not: { or: [{ segment: used.id }] } }];
		const steps = [{ event: "view", filters }, { event: "purchase" }];
		const grid = { x: 0, y: 0, w: 6, h: 4 };
		const boards = [
			{ title: "A query", panels: [{ kind: "stat", id: "p", grid, queries: [{ ref: "A", filters }] }] },
			{ title: "B funnel", panels: [{ kind: "funnel", id: "p", grid, funnel: { steps } }] },
			{
				title: "C return",
				panels: [{ kind: "retention", id: "p", grid, start: { event: "a" }, return: { event: "b", filters } }],
			},
			{ title: "D variable", variables: [{ kind: "query", name: "v", dim: "country", filters }] },
			{ title: "E words", panels: [{ kind: "text", id: "p", grid, markdown: `"segment":"${free.id}"` }] },
		];
		const uids: string[] = [];
		for (const dashboard of boards) {
			const { uid } = await call<{ uid: string }>(201, "POST", "/v1/dashboards", made.keys.edit, { dashboard });
			uids.push(uid);
		}
		const problem = await refused(409, "DELETE", `/v1/segments/${used.id}`, made.keys.edit);
		expect(problem).toMatchObject({
			type: "urn:nowcast:problem:in_use",
			detail: `In use by dashboard "A query", dashboard "B funnel", dashboard "C return", dashboard "D variable": take it out there first.`,
			users: boards.slice(0, 4).map(({ title }, i) => ({ kind: "dashboard", id: uids[i], name: title })),
		});
		await call(200, "DELETE", `/v1/segments/${free.id}`, made.keys.edit);
		for (const uid of uids) await call(200, "DELETE", `/v1/dashboards/${uid}`, made.keys.edit);
		await call(200, "DELETE", `/v1/segments/${used.id}`, made.keys.edit);
	});

	it("a site has at most 200 (I8)", async () => {
		const { site, keys } = await newSite();
		const row = { name: "many", body: GERMANS, createdAt: 0, updatedAt: 0 };
		const insert = (i: number) => segmentShelf.insert(env, site.id, { ...row, id: `seg_${i}` });
		for (let i = 0; i < 199; i++) await insert(i);
		expect((await Promise.all([insert(199), insert(200)])).sort()).toEqual([false, true]);
		const { detail } = await refused(422, "POST", "/v1/segments", keys.admin, { name: "one more", filter: GERMANS });
		expect(detail).toContain("at most 200 saved segments");
	});
});

describe("saved funnels", () => {
	it("are kept with every option said, changed from a version, and deleted", async () => {
		const { keys } = await newSite();
		const { funnel } = await call<{ funnel: SavedFunnel }>(201, "POST", "/v1/funnels", keys.admin, {
			name: "sales",
			definition: { ...FUNNEL, exclusions: [{ event: "leave", after: 1 }] },
		});
		expect(funnel.definition).toMatchObject({ window: "7d", order: "ordered", reentry: "any", count: "visitors" });
		const path = `/v1/funnels/${funnel.id}`;
		expect(await call(200, "GET", "/v1/funnels", keys.read)).toEqual({ funnels: [funnel] });
		const { funnel: changed } = await call<{ funnel: SavedFunnel }>(200, "PUT", path, keys.admin, {
			name: "sales",
			definition: { ...FUNNEL, order: "strict" },
			version: 1,
		});
		expect(await call(200, "GET", path, keys.read)).toEqual({ funnel: changed });
		expect(changed).toMatchObject({ version: 2, definition: { order: "strict", exclusions: [] } });
		const old = { name: "sales", definition: FUNNEL, version: 1 };
		expect((await refused(409, "PUT", path, keys.admin, old)).current).toEqual(changed);
		await call(200, "DELETE", path, keys.admin);
		await refused(404, "GET", path, keys.read);
	});

	it("are not deleted while a dashboard shows their metric; other sites' dashboards do not matter (I7)", async () => {
		const [mine, theirs] = [await newSite(), await newSite()];
		const body = { name: "sales", definition: FUNNEL };
		const { funnel } = await call<{ funnel: SavedFunnel }>(201, "POST", "/v1/funnels", mine.keys.edit, body);
		const queries = [{ ref: "A", metric: `funnel:${funnel.id}` }];
		const panels = [{ kind: "stat", id: "p", grid: { x: 0, y: 0, w: 6, h: 4 }, queries }];
		const save = ({ keys }: Made) =>
			call<{ uid: string }>(201, "POST", "/v1/dashboards", keys.edit, { dashboard: { title: "Sales", panels } });
		await save(theirs);
		const { uid } = await save(mine);
		const path = `/v1/funnels/${funnel.id}`;
		const problem = await refused(409, "DELETE", path, mine.keys.edit);
		expect(problem.users).toEqual([{ kind: "dashboard", id: uid, name: "Sales" }]);
		await call(200, "DELETE", `/v1/dashboards/${uid}`, mine.keys.edit);
		await call(200, "DELETE", path, mine.keys.edit);
		await refused(404, "DELETE", path, mine.keys.edit);
	});

	it("are refused where they mean nothing", async () => {
		const { keys } = await newSite();
		const post = (status: number, definition: unknown) =>
			refused(status, "POST", "/v1/funnels", keys.admin, { name: "x", definition });
		await post(400, { steps: [{ event: "one" }] });
		await post(422, { ...FUNNEL, exclusions: [{ event: "leave", after: 2 }] });
		await post(422, { ...FUNNEL, window: "91d" });
		await post(422, { steps: [{ event: "view", filters: [{ segment: "seg_none" }] }, { event: "purchase" }] });
	});
});
