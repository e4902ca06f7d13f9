import { env, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { metricStub, proxyStub } from "../../durable-objects/stubs.ts";
import { hash64 } from "../../schema/core/hash.ts";
import { encodeSpan, Window, type WindowShape } from "../../schema/core/window.ts";
import { HOUR, MINUTE } from "../../schema/core/zone.ts";
import type { DashboardInput, PanelInput } from "../../schema/dashboard.ts";
import { Dashboard } from "../../schema/dashboard.ts";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import { OPEN_DIMENSIONS } from "../../schema/metric.ts";
import type { PanelAnswer, PanelRequestInput, VariableAnswer } from "../../schema/panel.ts";
import { Query } from "../../schema/query.ts";
import { app } from "../app.ts";
import { proxyCounters } from "../panels/ask.ts";
import { PROXIES } from "../panels/proxy.ts";
import { tenantConfig } from "./auth.ts";

const now = Date.now();
const hits = OPEN_DIMENSIONS.filter((dim) => dim !== "entry");
const shape: WindowShape = { cube: ["country", "device"], marginals: [], hits, signed: false };

interface Made {
	tenant: TenantId;
	read: string;
	write: string;
}

async function makeSite(): Promise<Made> {
	const headers = { authorization: "Bearer ak_test_root", "content-type": "application/json" };
	const body = JSON.stringify({ name: "Shop" });
	const response = await app.request("/v1/sites", { method: "POST", headers, body }, env);
	const made = await response.json<{ site: { id: string }; keys: Record<string, string> }>();
	const tenant = tenantId(made.site.id);
	await tenantConfig(env, tenant);
	return { tenant, read: made.keys.read ?? "", write: made.keys.write ?? "" };
}

/** Puts events of `*` into the minute an hour ago: so many of each country, each of another visitor, worth 10. */
async function countEvents(tenant: TenantId, countries: Record<string, number>): Promise<void> {
	const window = new Window(shape);
	for (const [country, count] of Object.entries(countries)) {
		for (let i = 0; i < count; i++) {
			const { hi, lo } = hash64(`${country}${i}`);
			window.add(
				[country, "mobile"],
				[],
				hits.map(() => ""),
				10,
				hi,
				lo,
			);
		}
	}
	const minute = Math.floor((now - HOUR) / MINUTE) * MINUTE;
	const span = encodeSpan(new Map([[minute, window]]));
	await metricStub(env, tenant, "*").apply({ partition: 0, from: 0, to: 1, span, receivedAt: now });
}

const grid = { x: 0, y: 0, w: 12, h: 8 };
const panels: PanelInput[] = [
	{
		id: "line",
		kind: "line",
		grid,
		title: "Events from $country",
		queries: [{ ref: "A", filters: [{ dim: "country", op: "in", values: ["$country"] }] }],
	},
	{
		id: "table",
		kind: "table",
		grid,
		queries: [
			{ ref: "A", label: "=events", groupBy: ["country"] },
			{ ref: "B", hidden: true },
		],
		formulas: [{ label: "share", expression: "A / B" }],
	},
	{
		id: "people",
		kind: "bar",
		grid,
		by: "group",
		queries: [
			{ ref: "A", label: "People in $country", measure: "uniques", groupBy: ["country"] },
			{ ref: "B", measure: "sum", groupBy: ["country"] },
		],
	},
	{ id: "half", kind: "stat", grid, queries: [{ ref: "A" }, { ref: "B", metric: "nobody_sent_this" }] },
	{ id: "text", kind: "text", grid, markdown: "All of **$country**" },
];
const dashboard: DashboardInput = {
	title: "Shop",
	variables: [
		{ kind: "query", name: "country", dim: "country", multi: true, all: true },
		{ kind: "query", name: "only", dim: "country", filters: [{ dim: "country", op: "in", values: ["$country"] }] },
		{ kind: "list", name: "device", options: [{ value: "mobile", label: "Phones" }, { value: "tv" }] },
	],
	panels,
};

let site: Made;
beforeAll(async () => {
	site = await makeSite();
	await countEvents(site.tenant, { DE: 6, FR: 3, "(none)": 1 });
	await save(site.tenant, "shop", dashboard);
});

const author = JSON.stringify({ kind: "key", id: "k", name: "test" });
const save = (tenant: TenantId, uid: string, given: DashboardInput) =>
	env.DB.prepare(
		"INSERT INTO dashboards (tenant, uid, title, tags, body, version, created_at, created_by, updated_at, updated_by) VALUES (?, ?, ?, '[]', ?, 1, ?, ?, ?, ?)",
	)
		.bind(tenant, uid, given.title, JSON.stringify(Dashboard.parse(given)), now, author, now, author)
		.run();

const post = (path: string, body: unknown, key = site.read, headers: Record<string, string> = {}) =>
	app.request(
		path,
		{
			method: "POST",
			headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
			body: JSON.stringify(body),
		},
		env,
	);
async function json<T>(response: Response, status = 200): Promise<T> {
	expect(response.status, await response.clone().text()).toBe(status);
	return response.json();
}
const query = async (panel: string, request: PanelRequestInput = {}) =>
	json<PanelAnswer>(await post(`/v1/dashboards/shop/panels/${panel}/query`, request));

describe("a panel of a dashboard", () => {
	it("is answered with its variables in place, and what brings the newest of it", async () => {
		const answer = await query("line", { variables: { country: ["DE"] } });
		expect(answer).toMatchObject({ title: "Events from DE", timezone: "UTC" });
		expect(answer.to - answer.from).toBe(24 * HOUR);
		const [result] = answer.results;
		expect(result).toMatchObject({ ref: "A", cache: { state: "fresh" }, answer: { series: [{ total: 6 }] } });
		expect(result?.live).toMatchObject({ metric: "*", interval: "5m", filters: [{ dim: "country", values: ["DE"] }] });
		expect((await query("line")).results[0]).toMatchObject({ answer: { series: [{ total: 10 }] } });
		expect((await query("line", { variables: { country: ["DE", "FR"] } })).title).toBe("Events from DE, FR");
	});

	it("has a problem in one query, and the answer of the other", async () => {
		const { results } = await query("half");
		expect(results[0]).toMatchObject({ answer: { series: [{ total: 10 }] } });
		expect(results[1]).toMatchObject({ problem: { status: 422 }, live: null });
	});

	it("of text is its text", async () => {
		expect(await query("text", { variables: { country: ["FR"] } })).toMatchObject({
			markdown: "All of **FR**",
			results: [],
		});
	});

	it("is one sheet of CSV, formulas included, in which nothing is a spreadsheet's formula", async () => {
		const ask = (panel: string, request: PanelRequestInput = {}) =>
			post(`/v1/dashboards/shop/panels/${panel}/query`, request, site.read, { accept: "text/csv" });
		const response = await ask("table");
		expect(response.headers.get("content-type")).toContain("text/csv");
		expect(await response.text()).toBe(
			["country,'=events,share", "DE,6,0.6", "FR,3,0.3", "(none),1,0.1", ""].join("\r\n"),
		);
		const people = await ask("people", { variables: { country: ["DE", "FR"] } });
		expect(await people.text()).toBe(
			['country,"People in DE, FR",sum', "DE,6,60", "FR,3,30", "(none),1,10", ""].join("\r\n"),
		);
		await json(await ask("half"), 422);
		await json(await ask("text"), 422);
	});

	it.each<[string, string, unknown, number]>([
		["no such dashboard", "/v1/dashboards/none/panels/line/query", {}, 404],
		["no such panel", "/v1/dashboards/shop/panels/none/query", {}, 404],
		["no such variable", "/v1/dashboards/shop/variables/none", {}, 404],
		["a field that nobody knows", "/v1/dashboards/shop/panels/line/query", { tme: {} }, 400],
		["a value that is no option", "/v1/dashboards/shop/panels/line/query", { variables: { device: ["radio"] } }, 422],
		["too long a range", "/v1/dashboards/shop/panels/line/query", { time: { from: "now-3y", to: "now" } }, 422],
		["no zone", "/v1/dashboards/shop/panels/line/query", { timezone: "Mars" }, 422],
	])("is refused: %s", async (_, path, body, status) => {
		await json(await post(path, body), status);
	});

	it("is another site's for nobody (I7)", async () => {
		const other = await makeSite();
		await json(await post("/v1/dashboards/shop/panels/line/query", {}, other.read), 404);
		await json(await post("/v1/dashboards/shop/panels/line/query", {}, site.write), 403);
	});

	it("newer than what is remembered is read anew", async () => {
		await save(site.tenant, "changing", { title: "x", panels: [{ id: "t", kind: "text", grid, markdown: "one" }] });
		const ask = async (version?: number) =>
			(await json<PanelAnswer>(await post("/v1/dashboards/changing/panels/t/query", { version }))).markdown;
		expect(await ask()).toBe("one");
		const body = JSON.stringify({ title: "x", panels: [{ id: "t", kind: "text", grid, markdown: "two" }] });
		await env.DB.prepare("UPDATE dashboards SET body = ?, version = 2 WHERE uid = 'changing'").bind(body).run();
		expect(await ask(2)).toBe("two");
	});
});

it("a panel that is not saved is answered too", async () => {
	const panel: PanelInput = { id: "new", kind: "pie", grid, queries: [{ ref: "A", groupBy: ["country"], limit: 1 }] };
	const answer = await json<PanelAnswer>(
		await post("/v1/panels/query", { panel, time: { from: "now-2h", to: "now" } }),
	);
	expect(answer.results[0]?.answer).toMatchObject({
		table: [{ value: 6 }, { group: { country: "(other)" }, value: 4 }],
		total: 10,
	});
	const context = { variables: [{ kind: "text", name: "who", value: ["us"] }] };
	const text = { id: "t", kind: "text", grid, markdown: "for $who" };
	expect(await json(await post("/v1/panels/query", { panel: text, context }))).toMatchObject({ markdown: "for us" });
});

describe("a variable", () => {
	const options = async (name: string, body: object = {}) =>
		json<VariableAnswer>(await post(`/v1/dashboards/shop/variables/${name}`, body));
	const values = ({ options }: VariableAnswer) => options.map(({ value }) => value);

	it("offers the values of a field, most frequent first, and no missing ones", async () => {
		expect(await options("country")).toEqual({
			options: [
				{ value: "DE", label: "DE" },
				{ value: "FR", label: "FR" },
			],
			more: false,
		});
	});

	it("offers what others leave of it", async () => {
		expect(values(await options("only", { variables: { country: ["FR"] } }))).toEqual(["FR"]);
		expect(values(await options("only"))).toEqual(["DE", "FR"]);
	});

	it("offers what is written down", async () => {
		expect((await options("device")).options).toEqual([
			{ value: "mobile", label: "Phones" },
			{ value: "tv", label: "tv" },
		]);
	});

	it("that is not saved says whether there are more", async () => {
		const variable = { kind: "query", name: "c", dim: "country", limit: 1 };
		const answer = await json<VariableAnswer>(await post("/v1/panels/variable", { variable }));
		expect(answer).toEqual({ options: [{ value: "DE", label: "DE" }], more: true });
	});

	it("that has no value and is not All has its first option", async () => {
		const variables = [{ kind: "query", name: "c", dim: "country" }];
		const panel = { id: "x", kind: "text", grid, markdown: "$c" };
		expect(await json(await post("/v1/panels/query", { panel, context: { variables } }))).toMatchObject({
			markdown: "DE",
		});
	});
});

const wall: DashboardInput = { title: "Wall", panels: [{ id: "p", kind: "stat", grid, queries: [{ ref: "A" }] }] };

describe("the objects that run panel queries", () => {
	it("share a promise between requests: 40 viewers at once are one execution", async () => {
		const own = await makeSite();
		await countEvents(own.tenant, { DE: 2 });
		await save(own.tenant, "wall", wall);
		const ask = () => post("/v1/dashboards/wall/panels/p/query", {}, own.read);
		const answers = await Promise.all(Array.from({ length: 40 }, async () => json<PanelAnswer>(await ask())));
		for (const { results } of answers) expect(results).toEqual(answers[0]?.results);
		const counters = await proxyCounters(env, own.tenant);
		expect(counters).toMatchObject({ executions: 1, failures: 0, refused: 0 });
		expect(counters.hits + counters.coalesced).toBe(39);
	}, 20_000);

	it("let what comes meanwhile wait for the same execution", async () => {
		const own = await makeSite();
		await countEvents(own.tenant, { DE: 2 });
		const question = Query.parse({ kind: "total" });
		const request = { key: "00", question, caller: "me", ttlMs: 30_000, fresh: false };
		const stub = proxyStub(env, own.tenant, 0);
		const all = await Promise.all(Array.from({ length: 30 }, () => stub.ask(request)));
		for (const answer of all) expect(answer).toEqual(all[0]);
		expect(all[0]).toMatchObject({ status: "ok", cache: { state: "fresh" } });
		expect(await stub.counters()).toEqual({ executions: 1, hits: 0, coalesced: 29, failures: 0, refused: 0 });
	}, 20_000);

	it("answer from what they knew when the stores fail, and keep it over a restart", async () => {
		const own = await makeSite();
		await countEvents(own.tenant, { DE: 2 });
		await save(own.tenant, "wall", wall);
		const ask = async () => {
			const answer = await json<PanelAnswer>(await post("/v1/dashboards/wall/panels/p/query", {}, own.read));
			return answer.results[0];
		};
		expect(await ask()).toMatchObject({ answer: { series: [{ total: 2 }] }, cache: { state: "fresh" } });
		// An hour later, in another life of the objects.
		const objects = Array.from({ length: PROXIES }, (_, n) => objectOf(proxyStub(env, own.tenant, n)));
		for (const object of objects) {
			await runInDurableObject(object, (_, { storage }) =>
				storage.sql.exec("UPDATE answers SET at = at - 3600000").next(),
			);
			await evictDurableObject(object);
		}
		const rename = (from: string, to: string) =>
			runInDurableObject(objectOf(metricStub(env, own.tenant, "*")), (_, { storage }) => {
				storage.sql.exec(`ALTER TABLE ${from} RENAME TO ${to}`);
			});
		await rename("windows", "gone");
		await env.DB.exec("ALTER TABLE rollups RENAME TO gone");
		const failed = await ask();
		await env.DB.exec("ALTER TABLE gone RENAME TO rollups");
		await rename("gone", "windows");
		expect(failed).toMatchObject({ answer: { series: [{ total: 2 }] }, cache: { state: "failed" } });
		expect(failed?.cache?.warning).toContain("could not be brought up to date");
		expect(failed?.cache?.at).toBeLessThan(Date.now() - HOUR + MINUTE);
	}, 20_000);

	it("forget everything of a site that goes", async () => {
		const own = await makeSite();
		await save(own.tenant, "wall", wall);
		await json(await post("/v1/dashboards/wall/panels/p/query", {}, own.read));
		await Promise.all(Array.from({ length: PROXIES }, (_, n) => proxyStub(env, own.tenant, n).destroy()));
		await vi.waitFor(async () => expect((await proxyCounters(env, own.tenant)).executions).toBe(0));
	}, 20_000);
});

/** Of a binding that is typed by what it can be asked. */
const objectOf = (stub: unknown) => stub as DurableObjectStub<undefined>;
