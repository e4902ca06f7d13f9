import { env } from "cloudflare:test";
import { hc } from "hono/client";
import { beforeAll, describe, expect, it } from "vitest";
import { metricStub } from "../../durable-objects/stubs.ts";
import { hash64 } from "../../schema/core/hash.ts";
import { encodeSpan, Window, type WindowShape } from "../../schema/core/window.ts";
import { DAY, HOUR, MINUTE, zoneOf } from "../../schema/core/zone.ts";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import { OPEN_DIMENSIONS } from "../../schema/metric.ts";
import type { Answer, QueryInput } from "../../schema/query.ts";
import { type App, app } from "../app.ts";
import { tenantConfig } from "./auth.ts";

const hits = OPEN_DIMENSIONS.filter((dim) => dim !== "entry");
const shape: WindowShape = { cube: ["country", "device"], marginals: [], hits, signed: false };
const zone = zoneOf("Europe/Berlin");
const now = Date.now();

interface Made {
	tenant: TenantId;
	read: string;
	write: string;
}

async function makeSite(): Promise<Made> {
	const body = JSON.stringify({ name: "Shop", zone: zone.name });
	const headers = { authorization: "Bearer ak_test_root", "content-type": "application/json" };
	const response = await app.request("/v1/sites", { method: "POST", headers, body }, env);
	expect(response.status).toBe(201);
	const made = await response.json<{ site: { id: string }; keys: Record<string, string> }>();
	return { tenant: tenantId(made.site.id), read: made.keys.read ?? "", write: made.keys.write ?? "" };
}

const post = (key: string, question: unknown) =>
	app.request(
		"/v1/query",
		{
			method: "POST",
			headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
			body: JSON.stringify(question),
		},
		env,
	);

async function ask(key: string, question: QueryInput): Promise<Answer> {
	const response = await post(key, question);
	expect(response.status, await response.clone().text()).toBe(200);
	return response.json();
}

/** Puts `count` events of one country, each of another visitor, into a window. */
function fill(window: Window, country: string, count: number, path = "/"): Window {
	for (let i = 0; i < count; i++) {
		const { hi, lo } = hash64(`${country}${i}`);
		window.add(
			[country, "mobile"],
			[],
			hits.map((dim) => (dim === "path" ? path : "")),
			10,
			hi,
			lo,
		);
	}
	return window;
}

/** A closed window, as the rollup consumer stores it. */
async function store(tenant: TenantId, metric: string, grain: "hour" | "day", bucket: number, window: Window) {
	const insert = env.DB.prepare(
		"INSERT INTO rollups (tenant, metric, grain, bucket, part, page, epoch, n, pages, stats, uniques, quantiles) VALUES (?, ?, ?, ?, ?, ?, 0, 1, 1, ?, ?, ?)",
	);
	const rows = window
		.toSections()
		.map((s) => insert.bind(tenant, metric, grain, bucket, s.part, s.page, s.stats, s.uniques, s.quantiles));
	await env.DB.batch(rows);
}

describe("history", () => {
	let site: Made;
	const day = (daysAgo: number) => zone.startOf("day", now - daysAgo * DAY);

	beforeAll(async () => {
		site = await makeSite();
		await store(site.tenant, "*", "day", day(20), fill(fill(new Window(shape), "DE", 30), "FR", 10, "/a"));
		await store(site.tenant, "*", "day", day(19), fill(new Window(shape), "DE", 30));
		await store(site.tenant, "*", "hour", day(19), fill(new Window(shape), "DE", 30));
		// Younger than the horizon: the object's business, and it has nothing.
		await store(site.tenant, "*", "day", day(1), fill(new Window(shape), "DE", 1000));
	});

	it("comes from D1, with its labels (I6)", async () => {
		const { series, meta } = await ask(site.read, { from: "now-30d", interval: "1d" });
		expect(series?.[0]?.total).toBe(70);
		expect(series?.[0]?.points.filter(([, value]) => value !== 0)).toEqual([
			[zone.iso(day(20)), 40],
			[zone.iso(day(19)), 30],
		]);
		expect(meta).toMatchObject({
			exact: true,
			sampled: false,
			partial: true,
			rows_read: 2,
			timezone: "Europe/Berlin",
			interval: "1d",
		});
		expect(meta.sources).toContain("d1");
	});

	it("unites uniques over the range, and says the error", async () => {
		const question = {
			kind: "breakdown",
			measure: "uniques",
			from: "now-30d",
			interval: "1d",
			groupBy: ["country"],
		} as const;
		const { table, total, meta } = await ask(site.read, { ...question, groupBy: ["country"] });
		expect(table?.map((row) => [row.group.country, Math.round(row.value ?? 0)])).toEqual([
			["DE", 30],
			["FR", 10],
		]);
		expect(Math.round(total ?? 0)).toBe(40);
		expect(meta).toMatchObject({ exact: false, error: 0.01625 });
	});

	it("is filtered, grouped by hitters, and read at finer grain where a range cuts a day", async () => {
		const german = await ask(site.read, {
			kind: "total",
			from: "now-30d",
			interval: "1d",
			filters: [{ dim: "country", values: ["DE"] }],
		});
		expect(german.total).toBe(60);
		const paths = await ask(site.read, {
			kind: "breakdown",
			measure: "sum",
			from: "now-30d",
			interval: "1d",
			groupBy: ["path"],
		});
		expect(paths.table).toEqual([
			{ group: { path: "/" }, value: 600 },
			{ group: { path: "/a" }, value: 100 },
		]);
		const from = day(19);
		const hour = await ask(site.read, { from, to: from + 2 * HOUR, interval: "1h", explain: true });
		expect(hour.series?.[0]?.points.map(([, value]) => value)).toEqual([30, 0]);
		expect(hour.meta.plan).toMatchObject([{ source: "d1", grain: "hour", windows: 2 }]);
	});

	it("of one tenant is nobody else's (I7)", async () => {
		const other = await makeSite();
		expect((await ask(other.read, { kind: "total", from: "now-30d", interval: "1d" })).total).toBe(0);
	});

	it("is the same by GET", async () => {
		const headers = { authorization: `Bearer ${site.read}` };
		const response = await app.request(
			"/v1/query?kind=total&from=now-30d&interval=1d&filter=country:DE,FR&filter=device!:tablet",
			{ headers },
			env,
		);
		expect(await response.json()).toMatchObject({ total: 70 });
	});

	it("lists the values of a dimension", async () => {
		const headers = { authorization: `Bearer ${site.read}` };
		const response = await app.request("/v1/dimensions/country/values?from=now-30d&search=f", { headers }, env);
		expect(await response.json()).toMatchObject({ values: [{ value: "FR", count: 10 }], more: false });
	});
});

describe("live windows", () => {
	it("answer with history in one series, each event once (I2)", async () => {
		const site = await makeSite();
		const config = await tenantConfig(env, site.tenant);
		const minute = now - (now % MINUTE);
		const object = metricStub(env, site.tenant, "*");
		const span = encodeSpan(new Map([[minute, fill(new Window(shape), "DE", 3)]]));
		const applied = await object.apply({ partition: 0, from: 0, to: 1, span, receivedAt: now });
		expect(applied.status).toBe("applied");
		expect(config.zone).toBe(zone.name);
		await store(site.tenant, "*", "day", zone.startOf("day", now - 20 * DAY), fill(new Window(shape), "FR", 5));
		// What D1 knows of today must not be added to what the object knows.
		await store(site.tenant, "*", "day", zone.startOf("day", now), fill(new Window(shape), "DE", 3));
		for (const interval of ["1d", "1w", "1M"] as const) {
			const { series, meta } = await ask(site.read, { from: "now-40d", interval });
			expect(series?.[0]?.total, interval).toBe(8);
			expect(new Set(meta.sources)).toEqual(new Set(["window", "d1"]));
		}
		for (const interval of ["1m", "5m", "1h"] as const) {
			const { series, meta } = await ask(site.read, { from: "now-3h", interval });
			expect(series?.[0]?.points.at(-1)?.[1], interval).toBe(3);
			expect(meta).toMatchObject({ sources: ["window"], exact: true });
		}
		const { table, total } = await ask(site.read, { kind: "breakdown", from: "now-40d", groupBy: ["country"] });
		expect(table).toEqual([
			{ group: { country: "FR" }, value: 5 },
			{ group: { country: "DE" }, value: 3 },
		]);
		expect(total).toBe(8);
	});
});

describe("what is refused", () => {
	const problemOf = async (response: Response) => {
		expect(response.headers.get("content-type")).toContain("problem+json");
		return response.json<{ status: number; type: string; detail: string }>();
	};

	it("says what to do about it", async () => {
		const site = await makeSite();
		expect(await problemOf(await post(site.read, { metric: "sesion" }))).toMatchObject({
			status: 422,
			type: "urn:nowcast:problem:metric",
			close: ["session"],
		});
		expect(await problemOf(await post(site.read, { filters: [{ dim: "pth", values: ["/"] }] }))).toMatchObject({
			status: 422,
		});
		expect(await problemOf(await post(site.read, { mesure: "count" }))).toMatchObject({ status: 400 });
		expect(await problemOf(await post(site.write, {}))).toMatchObject({ status: 403 });
		expect(await problemOf(await post("rk_nobody", {}))).toMatchObject({ status: 401 });
		const headers = { authorization: `Bearer ${site.read}`, "content-type": "application/json" };
		const broken = await app.request("/v1/query", { method: "POST", headers, body: "{" }, env);
		expect(await problemOf(broken)).toMatchObject({ status: 400 });
	});
});

it("lists the metrics with their measures and dimensions", async () => {
	const site = await makeSite();
	const response = await app.request("/v1/metrics", { headers: { authorization: `Bearer ${site.read}` } }, env);
	const { metrics: list } = await response.json<{ metrics: { name: string; measures: string[] }[] }>();
	expect(list.map((m) => m.name)).toEqual(["*", "session", "ingest"]);
	expect(list[0]?.measures).toContain("bounce_rate");
	expect(response.headers.get("cache-control")).toBe("no-store");
});

it("describes itself: every path with its problems", async () => {
	const response = await app.request("/v1/openapi.json", {}, env);
	const document = await response.json<{
		openapi: string;
		paths: Record<string, Record<string, { responses: object }>>;
		components: { schemas: Record<string, object> };
	}>();
	expect(document.openapi).toBe("3.1.0");
	expect(Object.keys(document.paths)).toEqual(
		expect.arrayContaining(["/v1/events", "/v1/query", "/v1/live", "/v1/sites", "/v1/keys"]),
	);
	// Filters contain filters: they are there once, by a name that is found.
	const found = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
	const refs = new Set(found.map(([, name = ""]) => name));
	const twice = ["Filter", "Panel", "Dashboard"].flatMap((name) => [name, `${name}Answered`]);
	expect(refs).toEqual(new Set(["Problem", ...twice, "DashboardRecordAnswered", "PanelAnswerAnswered"]));
	for (const name of refs) expect(document.components.schemas).toHaveProperty(name);
	expect(JSON.stringify(document)).not.toContain("$defs");
	expect(Object.keys(document.paths["/v1/query"]?.post?.responses ?? {})).toEqual([
		"200",
		"400",
		"401",
		"403",
		"413",
		"422",
		"503",
		"504",
	]);
});

it("is typed for a client", () => {
	const client = hc<App>("http://x");
	type Asked = Parameters<(typeof client.v1.query)["$post"]>[0]["json"];
	const question: Asked = { metric: "*", groupBy: ["country"] };
	expect(question.metric).toBe("*");
});
