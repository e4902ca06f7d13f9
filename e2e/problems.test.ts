/**
 * Every error of the API, read as its caller reads it: an RFC 9457 document over HTTP from the running server. Stores
 * are taken away for real: another process' transaction on an object's SQLite file makes its writes fail.
 * 504, and 503 of a query whose only store is down, need a store that hangs: workers/query/query.unit.test.ts.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../schema/event.ts";
import type { ProblemDocument } from "../schema/problem.ts";
import { Nowcast } from "./nowcast.ts";

interface Site {
	id: string;
	keys: { write: string; server: string; read: string; admin: string };
}

let nowcast: Nowcast;
/** Its pages are at https://shop.example, and it may send one event a second. */
let site: Site;

beforeAll(async () => {
	nowcast = await Nowcast.start();
	const settings = { name: "Shop", origins: ["https://shop.example"], dimensions: ["plan"], quota: 1 };
	const response = await nowcast.post("/v1/sites", settings, "ak_demo");
	expect(response.status).toBe(201);
	const { site: made, keys } = (await response.json()) as { site: { id: string }; keys: Site["keys"] };
	site = { id: made.id, keys };
});
afterAll(() => nowcast?.stop());

interface Asked {
	method?: string;
	key?: string;
	headers?: Record<string, string>;
	/** JSON, unless it is text already. */
	body?: unknown;
}

function ask(path: string, { method, key, headers, body }: Asked = {}): Promise<Response> {
	return fetch(`${nowcast.url}${path}`, {
		method: method ?? (body === undefined ? "GET" : "POST"),
		headers: {
			...(key !== undefined && { authorization: `Bearer ${key}` }),
			...(body !== undefined && { "content-type": "application/json" }),
			...headers,
		},
		...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
	});
}

const TITLES: Record<number, string> = {
	400: "Malformed request",
	401: "Not authenticated",
	403: "Not allowed",
	404: "Not found",
	405: "Method not allowed",
	409: "Conflict",
	413: "Too large",
	415: "Unsupported media type",
	422: "Valid but meaningless",
	429: "Too many requests",
	503: "Unavailable, try again",
};

/** Checks the form that all problems have; answers the document for what is special to one. */
async function expectProblem(response: Response, status: number, code: string): Promise<ProblemDocument> {
	expect(response.headers.get("content-type")).toBe("application/problem+json");
	expect(response.headers.get("cache-control")).toBe("no-store");
	const document = (await response.json()) as ProblemDocument;
	expect(document).toMatchObject({ type: `urn:nowcast:problem:${code}`, title: TITLES[status], status });
	expect(document.detail.length).toBeGreaterThan(10);
	expect(response.status).toBe(status);
	return document;
}

const batch = (...events: unknown[]) => ({ v: 1, events });
const ONE = batch({ name: "visit", visitor_id: "v" });
const query = (question: unknown): Asked => ({ key: "rk_demo", body: question });
const events = (body: unknown, more: Asked = {}): Asked => ({ key: "sk_demo", body, ...more });

describe("400: malformed", () => {
	test.each<[what: string, path: string, asked: Asked, code: string]>([
		["a batch that is not JSON", "/v1/events", events('{"v":1,'), "not_json"],
		["a batch of an unknown version", "/v1/events", events({ v: 2, events: [{ name: "a" }] }), "malformed"],
		["a batch without events", "/v1/events", events(batch()), "malformed"],
		["a question that is not JSON", "/v1/query", query("total"), "not_json"],
		["an unknown field of a question", "/v1/query", query({ metrik: "*" }), "invalid"],
		["a filter in a URL that is none", "/v1/query?filter=country", { key: "rk_demo" }, "invalid"],
		["a site in a zone that is none", "/v1/sites", { key: "ak_demo", body: { name: "x", zone: "Mars" } }, "invalid"],
		["a live view without an upgrade", "/v1/live", { key: "rk_demo" }, "upgrade"],
	])("%s", async (_, path, asked, code) => {
		await expectProblem(await ask(path, asked), 400, code);
	});

	test("says which fields are wrong, each by its path", async () => {
		const response = await ask("/v1/query", query({ measure: "median", limit: 0 }));
		const { errors } = await expectProblem(response, 400, "invalid");
		expect((errors as { path: string }[]).map(({ path }) => path).sort()).toEqual(["limit", "measure"]);
	});

	test("says what is expected, in plain words", async () => {
		const response = await ask("/v1/query", query({ limit: 0 }));
		expect((await expectProblem(response, 400, "invalid")).detail).toBe("limit: expected at least 1, not 0.");
	});
});

describe("401: no key, or one that nobody has", () => {
	test.each<[what: string, path: string, asked: Asked, code: string]>([
		["events without a key", "/v1/events", { body: ONE }, "no_key"],
		["events with an unknown key", "/v1/events", { body: ONE, key: "sk_nobody" }, "unknown_key"],
		["a question without a key", "/v1/query", { body: {} }, "no_key"],
		["a read key in a URL, where it is not looked for", "/v1/query?key=rk_demo", { body: {} }, "no_key"],
		["an unknown admin key", "/v1/sites", { key: "ak_nobody" }, "unknown_key"],
	])("%s", async (_, path, asked, code) => {
		await expectProblem(await ask(path, asked), 401, code);
	});

	test("a revoked key", async () => {
		const made = await ask(`/v1/keys?site=${site.id}`, { key: "ak_demo", body: { scope: "read" } });
		const { id, key } = (await made.json()) as { id: string; key: string };
		expect((await ask("/v1/site", { key })).status).toBe(200);
		expect((await ask(`/v1/keys/${id}`, { key: "ak_demo", method: "DELETE" })).status).toBe(200);
		await expectProblem(await ask("/v1/site", { key }), 401, "unknown_key");
	});
});

describe("403: a key that is not allowed here", () => {
	test.each<[what: string, path: string, asked: Asked, code: string]>([
		["a read key that writes", "/v1/events", { key: "rk_demo", body: ONE }, "scope"],
		["a write key that reads", "/v1/query", { key: "pk_demo", body: {} }, "scope"],
		["a read key that administers", "/v1/sites", { key: "rk_demo" }, "scope"],
		["a server key in a URL", "/v1/events?key=sk_secret", { body: ONE }, "key_in_url"],
	])("%s", async (_, path, asked, code) => {
		await expectProblem(await ask(path, asked), 403, code);
	});

	test("a write key on another site's page, and its page may read why", async () => {
		const origin = "https://elsewhere.example";
		const response = await ask(`/v1/events?key=${site.keys.write}`, { body: ONE, headers: { origin } });
		expect(response.headers.get("access-control-allow-origin")).toBe(origin);
		expect((await expectProblem(response, 403, "origin")).detail).toContain(origin);
	});

	test("a write key on no page at all", async () => {
		await expectProblem(await ask(`/v1/events?key=${site.keys.write}`, { body: ONE }), 403, "origin");
	});

	test("a site's own admin who makes sites", async () => {
		await expectProblem(await ask("/v1/sites", { key: site.keys.admin, body: { name: "Mine" } }), 403, "scope");
	});
});

describe("404 and 405", () => {
	test.each<[what: string, path: string, asked: Asked, code: string]>([
		["a route", "/v1/nothing", {}, "no_route"],
		["a site", "/v1/sites/none", { key: "ak_demo" }, "no_site"],
		["a site that a root key names", "/v1/query?site=none", { key: "ak_demo", body: {} }, "no_site"],
		["a key", "/v1/keys/none", { key: "ak_demo", method: "DELETE" }, "no_key_with_id"],
		["a job", "/v1/jobs/none", { key: "ak_demo" }, "no_job"],
		["a dead letter", "/v1/dead/replay", { key: "ak_demo", body: { id: "none" } }, "no_letter"],
	])("%s that is not there", async (_, path, asked, code) => {
		await expectProblem(await ask(path, asked), 404, code);
	});

	test("a path that takes other methods says which", async () => {
		const response = await ask("/v1/query", { method: "PUT", key: "rk_demo" });
		expect(response.headers.get("allow")).toBe("GET, HEAD, POST");
		await expectProblem(response, 405, "method");
	});

	test("events are sent with POST", async () => {
		await expectProblem(await ask("/v1/events", { key: "sk_demo" }), 405, "method");
	});
});

test("409: a change that started from an older version, with the current one", async () => {
	const patch = (body: unknown) => ask(`/v1/sites/${site.id}`, { method: "PATCH", key: site.keys.admin, body });
	const { site: changed } = (await (await patch({ version: 1, name: "Renamed" })).json()) as { site: unknown };
	const { current } = await expectProblem(await patch({ version: 1, name: "Again" }), 409, "version");
	expect(current).toEqual(changed);
	expect(current).toMatchObject({ version: 2, name: "Renamed" });
});

describe("413: over the limits", () => {
	test("of bytes, declared", async () => {
		const body = JSON.stringify({ ...ONE, batch_id: "x".repeat(LIMITS.batchBytes) });
		await expectProblem(await ask("/v1/events", events(body)), 413, "too_large");
	});

	test("of bytes, in a stream that declares none", async () => {
		const chunk = new TextEncoder().encode("x".repeat(64 * 1024));
		let left = LIMITS.batchBytes / chunk.length + 1;
		const body = new ReadableStream({
			pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()),
		});
		const headers = { authorization: "Bearer sk_demo", "content-type": "application/json" };
		const request = { method: "POST", headers, body, duplex: "half" } as const;
		await expectProblem(await fetch(`${nowcast.url}/v1/events`, request), 413, "too_large");
	});

	test("of events, and the limit itself is taken", async () => {
		const of = (n: number) => batch(...Array.from({ length: n }, (_, i) => ({ name: "many", visitor_id: `v${i}` })));
		await expectProblem(await ask("/v1/events", events(of(LIMITS.batchEvents + 1))), 413, "too_many_events");
		expect((await ask("/v1/events", events(of(LIMITS.batchEvents)))).status).toBe(202);
	});

	test("of a question", async () => {
		await expectProblem(await ask("/v1/query", query({ metric: "x".repeat(70_000) })), 413, "too_large");
	});
});

describe("415: what is not JSON by its own account", () => {
	test.each<[what: string, headers: Record<string, string>, code: string]>([
		["a form", { "content-type": "application/x-www-form-urlencoded" }, "content_type"],
		["something compressed", { "content-encoding": "gzip" }, "content_encoding"],
	])("%s", async (_, headers, code) => {
		await expectProblem(await ask("/v1/events", events(ONE, { headers })), 415, code);
	});
});

describe("422: valid but meaningless", () => {
	test.each<[what: string, question: unknown, code: string]>([
		["a range that ends before it begins", { from: "now", to: "now-1h" }, "range"],
		["a range of which nothing is kept", { from: "now-500d", to: "now-450d" }, "range"],
		["a measure that a metric has not", { metric: "ingest", measure: "uniques" }, "measure"],
		["a dimension that there is not", { groupBy: ["colour"] }, "dimension"],
		["a filter that has nothing to compare with", { filters: [{ dim: "path", values: [] }] }, "filter"],
		["a zone that is none", { timezone: "Europe/Atlantis" }, "zone"],
		["more points than an answer has", { from: "now-8d", interval: "1m" }, "points"],
	])("%s", async (_, question, code) => {
		await expectProblem(await ask("/v1/query", query(question)), 422, code);
	});

	test("a metric that nobody sent, with the names it may have been", async () => {
		await nowcast.send([{ name: "purchase", visitor_id: "v" }]);
		const { close } = await expectProblem(await ask("/v1/query", query({ metric: "purchse" })), 422, "metric");
		expect(close).toEqual(["purchase"]);
	});

	test.each<[what: string, change: unknown, code: string]>([
		["another zone", { version: 2, zone: "Asia/Kathmandu" }, "set_once"],
		["fewer dimensions", { version: 2, dimensions: [] }, "append_only"],
	])("a site with %s than it was made with", async (_, body, code) => {
		await expectProblem(await ask(`/v1/sites/${site.id}`, { method: "PATCH", key: "ak_demo", body }), 422, code);
	});

	test("a root key that reads only", async () => {
		await expectProblem(
			await ask("/v1/keys", { key: "ak_demo", body: { scope: "read", root: true } }),
			422,
			"root_scope",
		);
	});
});

test("429: past a site's quota, with the seconds after which a batch as large fits again", async () => {
	const full = batch(...Array.from({ length: LIMITS.batchEvents }, (_, i) => ({ name: "flood", visitor_id: `v${i}` })));
	const send = () => ask("/v1/events", { key: site.keys.server, body: full });
	expect((await send()).status).toBe(202);
	const response = await send();
	const seconds = Number(response.headers.get("retry-after"));
	// One event a second: as many seconds as events, less what the first batch's time has earned.
	expect(seconds).toBeGreaterThan(LIMITS.batchEvents - 60);
	expect(seconds).toBeLessThanOrEqual(LIMITS.batchEvents);
	await expectProblem(response, 429, "quota");
});

/** While `during` runs, nobody else writes to these SQLite files. */
async function locked(folder: string, during: () => Promise<void>): Promise<void> {
	const path = join(nowcast.dataDir, "v1", folder);
	const files = readdirSync(path).filter((file) => file.endsWith(".sqlite") && file !== "metadata.sqlite");
	expect(files.length).toBeGreaterThan(0);
	const databases = files.map((file) => new DatabaseSync(join(path, file)));
	try {
		for (const database of databases) database.exec("BEGIN IMMEDIATE");
		await during();
	} finally {
		for (const database of databases) database.close();
	}
}

describe("503: a store that does not take it", () => {
	test("I1, I2: an event that cannot be made durable is refused; sent again with its id it counts once", async () => {
		const event = { id: "once-1", name: "checkout", visitor_id: "v" };
		await nowcast.send([{ ...event, id: "once-0" }]);
		await locked("do/nowcast-EventLog", async () => {
			const response = await ask("/v1/events", events(batch(event)));
			expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
			await expectProblem(response, 503, "log_unavailable");
		});
		for (let i = 0; i < 2; i++) expect((await nowcast.send([event])).accepted).toBe(1);
		expect(await nowcast.total({ metric: "checkout" })).toBe(2);
	});

	test("health says that D1 does not answer; events of a key that was seen lately are taken all the same", async () => {
		// Health remembers a good answer for 5 s.
		await new Promise((resolve) => setTimeout(resolve, 5_500));
		await nowcast.send([{ name: "visit", visitor_id: "v" }]);
		await locked("d1/miniflare-D1DatabaseObject", async () => {
			const response = await ask("/v1/health");
			expect(response.headers.get("retry-after")).toBe("1");
			await expectProblem(response, 503, "not_ready");
			expect((await nowcast.send([{ name: "visit", visitor_id: "v" }])).accepted).toBe(1);
			await expectProblem(await ask("/v1/site", { key: "rk_never_seen" }), 503, "store_unavailable");
		});
		expect(await (await ask("/v1/health")).json()).toEqual({ ready: true });
	});
});
