import {
	createExecutionContext,
	createMessageBatch,
	env,
	getQueueResult,
	waitOnExecutionContext,
} from "cloudflare:test";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { logStub, metricStub } from "../../durable-objects/stubs.ts";
import { encodeTable } from "../../schema/core/columns.ts";
import { decodePart } from "../../schema/core/section.ts";
import { EVENT_COLUMNS, EVENT_LAYOUT, type EventRow, type IngestAnswer } from "../../schema/event.ts";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import { ALL } from "../../schema/metric.ts";
import type { ProblemDocument } from "../../schema/problem.ts";
import type { OverflowMessage } from "../../schema/rollup.ts";
import { sha256Hex } from "../api/auth.ts";
import { health } from "../api/health.ts";
import type { KeyScope } from "../api/keys.ts";
import { tenantConfig } from "../api/tenant.ts";
import type { Env } from "../env.ts";
import { insertKeys } from "../store/keys.ts";
import { insertSite, markSiteDeleted } from "../store/sites.ts";
import { readBatch } from "./body.ts";
import { collect } from "./collect.ts";
import { pixel } from "./pixel.ts";
import { drain, messagesOf } from "./spill.ts";

const CHROME =
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36";
const PAGE = "https://shop.example";
const IP = "203.0.113.77";
/** The instance as it is deployed: no demo keys, and a durable overflow Queue. */
const deployed: Env = { ...env, LOCAL: "" };

/** Counts of what is refused go out a second after the answer (admit.unit.test.ts). Here nobody waits for that. */
const wait = scheduler.wait.bind(scheduler);
const waiting = vi.spyOn(scheduler, "wait").mockImplementation(() => wait(0));
afterAll(() => waiting.mockRestore());

let sites = 0;
/** A site with a key of each scope: `pk_`, `sk_`, `rk_` and its id. */
async function newSite(settings: { origins?: string[]; quota?: number } = {}): Promise<TenantId> {
	const id = tenantId(`edge_${++sites}`);
	await insertSite(env, {
		id,
		name: id,
		zone: "UTC",
		weekStart: "monday",
		currency: null,
		origins: settings.origins ?? [],
		dimensions: [],
		partitions: 4,
		quota: settings.quota ?? null,
		createdAt: 0,
	});
	const scopes: [string, KeyScope][] = [
		["pk", "write"],
		["sk", "server"],
		["rk", "read"],
	];
	await insertKeys(
		env,
		await Promise.all(
			scopes.map(async ([prefix, scope]) => ({
				id: `${prefix}${id}`,
				site: id,
				scope,
				name: scope,
				hash: await sha256Hex(`${prefix}_${id}`),
				prefix,
				last4: "last",
				createdAt: 0,
			})),
		),
	);
	return id;
}

interface Sending {
	key?: string | undefined;
	body?: BodyInit;
	headers?: Record<string, string>;
	method?: string;
	query?: string;
	in?: Env;
	now?: number;
}
const URL_ = "https://nowcast.example/v1/events";
const batch = (...events: unknown[]) => JSON.stringify({ v: 1, events });

async function send({
	key,
	body = batch({ name: "a", visitor_id: "v" }),
	headers = {},
	...more
}: Sending): Promise<Response> {
	const { method = "POST", query = "", now } = more;
	const request = new Request(URL_ + query, {
		method,
		...(method === "POST" ? { body } : {}),
		headers: {
			"user-agent": CHROME,
			"cf-connecting-ip": IP,
			...(key ? { authorization: `Bearer ${key}` } : {}),
			...headers,
		},
	});
	const ctx = createExecutionContext();
	const response = await collect(request, more.in ?? env, ctx, now === undefined ? Date.now : () => now);
	await waitOnExecutionContext(ctx);
	return response;
}
const answer = async (response: Response) => {
	expect(response.status).toBe(202);
	return response.json<IngestAnswer>();
};
async function problem(sending: Sending, status: number, code: string): Promise<ProblemDocument> {
	const response = await send(sending);
	const document = await response.json<ProblemDocument>();
	expect(document).toMatchObject({ status, type: `urn:nowcast:problem:${code}` });
	expect(response.status).toBe(status);
	expect(response.headers.get("content-type")).toBe("application/problem+json");
	expect(response.headers.get("vary")).toBe("Origin");
	return document;
}
const offsets = async (tenant: TenantId) =>
	Promise.all([0, 1, 2, 3].map(async (p) => (await logStub(env, tenant, p).status()).offset));
const rowsIn = async (tenant: TenantId) => (await offsets(tenant)).reduce((sum, offset) => sum + offset, 0);

/** Events in the windows of the last minutes. */
async function counted(tenant: TenantId): Promise<number> {
	for (const partition of [0, 1, 2, 3]) await logStub(env, tenant, partition).pull(ALL);
	const now = Date.now();
	const { windows } = await metricStub(env, tenant, ALL).read({
		grain: "minute",
		from: now - 600_000,
		to: now + 60_000,
		parts: ["total"],
		fields: ["stats"],
	});
	return windows.reduce((sum, { sections }) => sum + (decodePart(sections).cells[0]?.count ?? 0), 0);
}

let site: TenantId;
let pk: string;
let sk: string;
beforeAll(async () => {
	site = await newSite();
	[pk, sk] = [`pk_${site}`, `sk_${site}`];
});

describe("POST /v1/events", () => {
	it("answers for every event", async () => {
		const far = Date.now() + 600_000;
		const body = batch(
			{ name: "a", visitor_id: "v1" },
			{ name: "" },
			{ name: "b", visitor_id: "v2", ts: far },
			{ name: "c", user_id: "u" },
		);
		expect(await answer(await send({ key: sk, body }))).toEqual({
			accepted: 3,
			rejected: [{ index: 1, code: "invalid", message: expect.stringMatching(/name/) }],
			notes: [{ index: 2, code: "clamped" }],
		});
	});

	it("answers a retry as it answered the first (I2), and keeps it once", async () => {
		const tenant = await newSite();
		const body = JSON.stringify({
			v: 1,
			batch_id: "b1",
			events: [
				{ name: "a", visitor_id: "v" },
				{ name: "b", visitor_id: "w" },
			],
		});
		const first = await answer(await send({ key: `sk_${tenant}`, body }));
		const kept = await rowsIn(tenant);
		expect(kept).toBeGreaterThan(0);
		expect(await answer(await send({ key: `sk_${tenant}`, body }))).toEqual(first);
	});

	it("takes what a beacon sends: text/plain, the key in the URL, no preflight", async () => {
		const response = await send({
			query: `?key=${pk}`,
			headers: { "content-type": "text/plain;charset=UTF-8", origin: PAGE },
		});
		expect(response.headers.get("access-control-allow-origin")).toBe(PAGE);
		expect(response.headers.get("vary")).toBe("Origin");
		expect(response.headers.get("set-cookie")).toBeNull();
		expect(await answer(response)).toMatchObject({ accepted: 1 });
	});

	it("allows a preflight", async () => {
		const response = await send({ method: "OPTIONS", headers: { origin: PAGE } });
		expect(response.status).toBe(204);
		expect(response.headers.get("access-control-allow-origin")).toBe(PAGE);
		expect(response.headers.get("access-control-allow-headers")).toMatch(/authorization, content-type/);
	});

	it("accepts a bot's events and says so; a server's agent is nobody's business", async () => {
		const headers = { "user-agent": "curl/8.5.0" };
		expect(await answer(await send({ key: pk, headers }))).toMatchObject({
			accepted: 1,
			notes: [{ index: 0, code: "bot" }],
		});
		expect(await answer(await send({ key: sk, headers }))).toMatchObject({ accepted: 1, notes: [] });
	});

	it("answers 202 where every event is bad, and the log hears of it", async () => {
		const tenant = await newSite();
		expect(await answer(await send({ key: `pk_${tenant}`, body: batch({ name: "" }) }))).toMatchObject({
			accepted: 0,
			rejected: [{ index: 0 }],
		});
		expect((await offsets(tenant))[0]).toBe(1);
	});

	it("reads bodies of no declared length", async () => {
		const stream = new Response(batch({ name: "a", visitor_id: "v" })).body;
		if (!stream) throw new Error("a response has a body");
		expect(await answer(await send({ key: sk, body: stream }))).toMatchObject({ accepted: 1 });
	});
});

describe("a cookieless visitor", () => {
	const body = batch({ name: "a" });
	it("gets a slot, the same for the same device, also tomorrow, and by the beacon's word after a change of network", async () => {
		const slotOf = async (more: Sending) => (await answer(await send({ key: pk, body, ...more }))).slot;
		const slot = await slotOf({});
		expect(slot).toBeTypeOf("number");
		expect(await slotOf({})).toBe(slot);
		expect(await slotOf({ now: Date.now() + 86_400_000 })).toBe(slot);
		const elsewhere = { headers: { "cf-connecting-ip": "198.51.100.9" } };
		expect(await slotOf(elsewhere)).not.toBe(slot);
		expect(await slotOf({ ...elsewhere, body: JSON.stringify({ v: 1, slot, events: [{ name: "a" }] }) })).toBe(slot);
		expect(await slotOf({ body: batch({ name: "a", visitor_id: "v" }) })).toBeUndefined();
	});
});

describe("D1 down at midnight", () => {
	const down = {
		...env,
		DB: {
			prepare: () => {
				throw new Error("D1 is down");
			},
		} as unknown as D1Database,
	};
	it("stops cookieless batches only, and those only where the day is new here", async () => {
		const cookieless = { key: pk, body: batch({ name: "a" }) };
		await answer(await send(cookieless));
		await answer(await send({ ...cookieless, in: down }));
		const later = Date.now() + 100 * 86_400_000;
		expect(await problem({ ...cookieless, in: down, now: later }, 503, "store_unavailable")).toBeDefined();
		await answer(await send({ key: pk, in: down, now: later }));
	});
});

describe("a lone surrogate", () => {
	const bodies = { lone: '"\\ud83d"', pair: '"\\uD83D\\uDE00"', escaped: '"\\\\ud83d"', low: '"\\udE00\\ud83d"' };
	it("is U+FFFD before anything is counted by it; whole characters stay", async () => {
		const parse = async (text: string) => {
			const body = `{"v":1,"events":[{"name":${text},"props":{${text}:${text}}}]}`;
			// As JSON, which is well-formed whatever is in it: a failure can be told.
			return JSON.stringify((await readBatch(new Request(URL_, { method: "POST", body }))).events[0]);
		};
		const event = (text: string) => JSON.stringify({ name: text, props: { [text]: text } });
		expect(await parse(bodies.lone)).toEqual(event("\ufffd"));
		expect(await parse(bodies.low)).toEqual(event("\ufffd\ufffd"));
		expect(await parse(bodies.pair)).toEqual(event("😀"));
		expect(await parse(bodies.escaped)).toEqual(event("\\ud83d"));
	});
});

describe("problems", () => {
	it("400: not JSON, not UTF-8, not a batch, an unknown version", async () => {
		await problem({ key: sk, body: "{" }, 400, "not_json");
		await problem({ key: sk, body: new Uint8Array([0x22, 0xff, 0x22]) }, 400, "not_json");
		await problem({ key: sk, body: "[]" }, 400, "malformed");
		await problem({ key: sk, body: batch() }, 400, "malformed");
		const { detail } = await problem(
			{ key: sk, body: JSON.stringify({ v: 2, events: [{ name: "a" }] }) },
			400,
			"malformed",
		);
		expect(detail).toMatch(/"v": 1/);
	});

	it("401: no key, an unknown one, and a demo key where it is deployed", async () => {
		await problem({}, 401, "no_key");
		await problem({ key: "pk_unknown" }, 401, "unknown_key");
		await problem({ key: "sk_demo", in: deployed }, 401, "unknown_key");
		expect((await send({ query: "?key=sk_demo" })).status).toBe(202);
	});

	it("403: a key that may not write, a secret in a URL, a page of another site", async () => {
		await problem({ key: `rk_${site}` }, 403, "scope");
		await problem({ query: `?key=${sk}` }, 403, "key_in_url");
		await problem({ query: "?key=sk_demo", in: deployed }, 403, "key_in_url");
		const tenant = await newSite({ origins: [PAGE] });
		const key = `pk_${tenant}`;
		const { detail } = await problem({ key, headers: { origin: "https://evil.example" } }, 403, "origin");
		expect(detail).toMatch(/evil\.example.*add the page's origin/);
		await problem({ key }, 403, "origin");
		expect((await send({ key, headers: { origin: PAGE } })).status).toBe(202);
		expect((await send({ key, headers: { referer: `${PAGE}/p` } })).status).toBe(202);
		expect((await send({ key: `sk_${tenant}`, headers: { origin: "https://evil.example" } })).status).toBe(202);
	});

	it("405: other methods", async () => {
		await problem({ key: sk, method: "GET" }, 405, "method");
	});

	it("413: too many events, too many bytes, declared or not", async () => {
		const events = (n: number) => batch(...Array.from({ length: n }, () => ({ name: "" })));
		await problem({ key: sk, body: events(501) }, 413, "too_many_events");
		expect((await answer(await send({ key: sk, body: events(500) }))).rejected).toHaveLength(500);
		const large = " ".repeat(512 * 1024 + 1);
		await problem({ key: sk, body: large }, 413, "too_large");
		await problem({ key: sk, body: new Blob([large]).stream() }, 413, "too_large");
		const body = batch({ name: "" });
		expect((await send({ key: sk, body: body + " ".repeat(512 * 1024 - body.length) })).status).toBe(202);
	});

	it("413: gives an endless body up", async () => {
		let pulled = 0;
		const endless = new ReadableStream<Uint8Array>({
			pull(controller) {
				pulled++;
				controller.enqueue(new Uint8Array(64 * 1024).fill(32));
			},
		});
		await problem({ key: sk, body: endless }, 413, "too_large");
		expect(pulled).toBeLessThan(32);
	});

	it("415: no JSON by its own account, or compressed", async () => {
		await problem({ key: sk, headers: { "content-type": "application/x-www-form-urlencoded" } }, 415, "content_type");
		await problem({ key: sk, headers: { "content-encoding": "gzip" } }, 415, "content_encoding");
	});

	it("429: over the site's quota, with the time to wait, and counted", async () => {
		const tenant = await newSite({ quota: 10 });
		const key = `sk_${tenant}`;
		const body = batch(...Array.from({ length: 500 }, () => ({ name: "" })));
		const now = Date.now();
		expect((await send({ key, body, now })).status).toBe(202);
		const before = (await offsets(tenant))[0] ?? 0;
		const response = await send({ key, now });
		expect(response.status).toBe(429);
		expect(response.headers.get("retry-after")).toBe("1");
		expect(await response.json()).toMatchObject({ status: 429, type: "urn:nowcast:problem:quota" });
		expect((await offsets(tenant))[0]).toBe(before + 1);
		expect((await send({ key, now: now + 1_000 })).status).toBe(202);
	});
});

/** The platform at its worst: a namespace whose objects are overloaded. */
const overloaded = {
	getByName: () => ({
		append: () => Promise.reject(new Error("Durable Object is overloaded. Too many requests queued.")),
	}),
} as unknown as Env["LOG"];
function queue() {
	const messages: OverflowMessage[] = [];
	const calls: number[] = [];
	const OVERFLOW = {
		async sendBatch(batch: Iterable<MessageSendRequest<OverflowMessage>>) {
			const sent = [...batch].map((m) => m.body);
			calls.push(sent.reduce((bytes, m) => bytes + JSON.stringify(m).length, 0));
			messages.push(...sent);
		},
	} as unknown as Env["OVERFLOW"];
	return { messages, calls, OVERFLOW };
}

describe("I1: acked is durable", () => {
	const body = JSON.stringify({
		v: 1,
		batch_id: "spilled",
		events: Array.from({ length: 8 }, (_, i) => ({ name: "a", visitor_id: `v${i}` })),
	});

	it("503 with Retry-After on one machine, whose Queues are in memory", async () => {
		const response = await send({ key: sk, in: { ...env, LOG: overloaded } });
		expect(response.status).toBe(503);
		expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
		expect(await response.json()).toMatchObject({ status: 503, type: "urn:nowcast:problem:log_unavailable" });
	});

	it("503 where the overflow Queue does not take it either", async () => {
		const full = { sendBatch: () => Promise.reject(new Error("queue is full")) } as unknown as Env["OVERFLOW"];
		await problem({ key: sk, in: { ...deployed, LOG: overloaded, OVERFLOW: full } }, 503, "log_unavailable");
	});

	it("202 where it is deployed and the Queue has it; drained, every event is in its log, once", async () => {
		const tenant = await newSite();
		const { messages, OVERFLOW } = queue();
		const key = `sk_${tenant}`;
		const spilled = await answer(await send({ key, body, in: { ...deployed, LOG: overloaded, OVERFLOW } }));
		expect(spilled).toMatchObject({ accepted: 8, rejected: [] });
		expect(await rowsIn(tenant)).toBe(0);

		const deliver = async (bindings: Env) => {
			const ctx = createExecutionContext();
			const delivery = createMessageBatch(
				"nowcast-overflow",
				messages.map((m, i) => ({ id: String(i), timestamp: new Date(), attempts: 1, body: m })),
			);
			await drain(delivery, bindings);
			return getQueueResult(delivery, ctx);
		};
		const down = await deliver({ ...env, LOG: overloaded });
		expect(down.explicitAcks).toEqual([]);
		expect(down.retryMessages).toHaveLength(messages.length);
		expect((await deliver(env)).explicitAcks).toHaveLength(messages.length);
		expect(await rowsIn(tenant)).toBeGreaterThan(0);

		expect(await counted(tenant)).toBe(8);
		await deliver(env);
		await send({ key, body });
		expect(await counted(tenant)).toBe(8);
	});

	it("keeps messages and sends within the Queue's limits", async () => {
		const { messages, calls, OVERFLOW } = queue();
		const props = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`p${i}`, "x".repeat(1_000)]));
		const large = batch(
			...Array.from({ length: 50 }, (_, i) => ({ name: "a", visitor_id: "v", props: { ...props, i: `é${i}` } })),
		);
		expect(
			await answer(await send({ key: sk, body: large, in: { ...deployed, LOG: overloaded, OVERFLOW } })),
		).toMatchObject({ accepted: 50 });
		expect(messages.length).toBeGreaterThan(3);
		for (const message of messages) expect(message.batch.length).toBeLessThanOrEqual(96 * 1024);
		for (const bytes of calls) expect(bytes).toBeLessThan(256_000);
	});

	it("leaves a poison message to the dead letter queue, where it is seen", async () => {
		const ctx = createExecutionContext();
		const bodies = [{ v: 1, tenant: "NOT A TENANT", partition: 0, batch: "" }, { v: 9 }];
		const delivery = createMessageBatch(
			"nowcast-overflow",
			bodies.map((b, i) => ({ id: String(i), timestamp: new Date(), attempts: 1, body: b })),
		);
		await drain(delivery, env);
		expect((await getQueueResult(delivery, ctx)).retryMessages.map((m) => m.msgId)).toEqual(["0", "1"]);
	});
});

describe("what was spilled of a site that was deleted meanwhile", () => {
	it("makes no log anew, though the site's directory is still there", async () => {
		const id = await newSite();
		await tenantConfig(env, id);
		await markSiteDeleted(env, id, Date.now());
		const columns = Object.entries(EVENT_COLUMNS);
		const row = Object.fromEntries(columns.map(([name, type]) => [name, type === "str" ? name : 0]));
		const [body] = messagesOf(id, { partition: 0, rows: [row as EventRow], at: [0] });
		const messages = [{ id: "0", timestamp: new Date(), attempts: 1, body }];
		const delivery = createMessageBatch("nowcast-overflow", messages);
		await drain(delivery, env);
		expect((await getQueueResult(delivery, createExecutionContext())).explicitAcks).toEqual(["0"]);
		expect(await offsets(id)).toEqual([0, 0, 0, 0]);
	});

	it("goes with it", async () => {
		const batch = btoa(String.fromCharCode(...encodeTable(EVENT_LAYOUT, [])));
		const body: OverflowMessage = { v: 1, tenant: "deleted", partition: 0, batch };
		const messages = [{ id: "0", timestamp: new Date(), attempts: 1, body }];
		const delivery = createMessageBatch("nowcast-overflow", messages);
		await drain(delivery, env);
		expect((await getQueueResult(delivery, createExecutionContext())).explicitAcks).toEqual(["0"]);
	});
});

describe("an IP address", () => {
	it("is neither in what is journaled, nor in the Queue, nor in what is logged", async () => {
		const seen: string[] = [];
		const log = {
			getByName: () => ({
				append(request: { batch: Uint8Array }) {
					seen.push(new TextDecoder("latin1").decode(request.batch));
					throw new Error("overloaded");
				},
			}),
		} as unknown as Env["LOG"];
		const errors = vi.spyOn(console, "error");
		const { messages, OVERFLOW } = queue();
		const bindings = { ...deployed, LOG: log, OVERFLOW };
		await answer(await send({ key: pk, body: batch({ name: "a" }), in: bindings }));
		await answer(
			await send({
				key: sk,
				body: batch({ name: "a", context: { ip: IP, user_agent: CHROME, country: "DE" } }),
				in: bindings,
			}),
		);
		const everything = [...seen, ...messages.map((m) => atob(m.batch)), JSON.stringify(errors.mock.calls)];
		expect(seen).toHaveLength(2);
		for (const text of everything) expect(text).not.toContain(IP);
		errors.mockRestore();
	});
});

describe("GET /v1/events.gif", () => {
	const get = async (query: string, headers: Record<string, string> = {}, bindings: Env = env) => {
		const ctx = createExecutionContext();
		const request = new Request(`https://nowcast.example/v1/events.gif${query}`, {
			headers: { "user-agent": CHROME, "cf-connecting-ip": IP, ...headers },
		});
		const response = await pixel(request, bindings, ctx);
		await waitOnExecutionContext(ctx);
		expect(response.headers.get("content-type")).toBe("image/gif");
		expect(response.headers.get("cache-control")).toMatch(/no-store/);
		expect((await response.arrayBuffer()).byteLength).toBe(43);
		return response.status;
	};

	it("is a page view, and always an image", async () => {
		const tenant = await newSite({ origins: [PAGE] });
		const query = `?key=pk_${tenant}&url=${encodeURIComponent(`${PAGE}/p`)}`;
		expect(await get(query, { referer: `${PAGE}/` })).toBe(200);
		expect(await rowsIn(tenant)).toBe(1);
		expect(await get(query, { referer: "https://evil.example/" })).toBe(403);
		expect(await get(query)).toBe(403);
		expect(await get("")).toBe(401);
		expect(await get(`?key=${pk}&name=${"n".repeat(65)}`)).toBe(400);
		expect(await get(`?key=${pk}`, {}, { ...env, LOG: overloaded })).toBe(503);
	});
});

describe("GET /v1/health", () => {
	it("is ready once D1 answers with its schema", async () => {
		const broken = {
			prepare: () => ({ first: () => Promise.reject(new Error("D1 is down")) }),
		} as unknown as Env["DB"];
		const down = await health({ DB: broken });
		expect(down.status).toBe(503);
		expect(await down.json()).toMatchObject({ type: "urn:nowcast:problem:not_ready" });
		const up = await health(env);
		expect([up.status, await up.json()]).toEqual([200, { ready: true }]);
		// Remembered for a moment, not for ever.
		expect((await health({ DB: broken })).status).toBe(200);
		expect((await health({ DB: broken }, () => Date.now() + 6_000)).status).toBe(503);
	});
});
