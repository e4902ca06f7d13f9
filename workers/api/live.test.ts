import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { directory, metricStub } from "../../durable-objects/stubs.ts";
import { encodeSpan, Window } from "../../schema/core/window.ts";
import { tenantId } from "../../schema/ids.ts";
import type { Env } from "../env.ts";
import { tenantConfig } from "./auth.ts";
import { live, parseSubscriptions } from "./live.ts";
import { app as api, call, newSite } from "./test-api.ts";
import { toProblem } from "./validate.ts";

const app = live.onError((error) => toProblem(error).toResponse());
const get = (path: string, headers: Record<string, string>, bindings: Partial<Env> = {}) =>
	app.request(`https://nowcast.test/v1/live${path}`, { headers }, { ...env, ...bindings });
const upgrade = (key?: string) => ({
	upgrade: "websocket",
	"sec-websocket-protocol": key === undefined ? "nowcast.v1" : `nowcast.v1, ${key}`,
});

/** The frames until the socket closes, or `count` of them. */
async function frames(
	response: Response,
	count: number,
): Promise<{ list: Record<string, unknown>[]; code: number | null }> {
	expect(response.status).toBe(101);
	expect(response.headers.get("sec-websocket-protocol")).toBe("nowcast.v1");
	const socket = response.webSocket;
	if (socket === null) throw new Error("no socket");
	const list: Record<string, unknown>[] = [];
	const code = await new Promise<number | null>((resolve) => {
		socket.addEventListener("message", (event) => {
			list.push(JSON.parse(String(event.data)));
			if (list.length === count) resolve(null);
		});
		socket.addEventListener("close", (event) => resolve(event.code));
		socket.accept();
	});
	socket.close();
	return { list, code };
}

async function problemOf(response: Response) {
	const { list, code } = await frames(response, 9);
	expect(code).toBe(1008);
	expect(list.map((frame) => frame.t)).toEqual(["error"]);
	return list[0]?.problem;
}

describe("GET /v1/live", () => {
	it("opens with the key as second subprotocol, which is not repeated", async () => {
		const { list } = await frames(await get("?metric=*&measure=count", upgrade("rk_demo")), 2);
		expect(list.map((frame) => frame.t)).toEqual(["hello", "snapshot"]);
	});

	it("takes the demo keys in the URL on one machine only", async () => {
		expect((await frames(await get("?key=rk_demo", upgrade()), 1)).list[0]?.t).toBe("hello");
		expect(await problemOf(await get("?key=rk_demo", upgrade(), { LOCAL: "" }))).toMatchObject({ status: 403 });
		expect(await problemOf(await get("?key=rk_other", upgrade()))).toMatchObject({ status: 403 });
	});

	it("refuses no key, an unknown key, and write keys: a problem in a frame, then 1008", async () => {
		expect(await problemOf(await get("", upgrade()))).toMatchObject({ status: 401 });
		expect(await problemOf(await get("", upgrade("rk_nobody")))).toMatchObject({ status: 401 });
		expect(await problemOf(await get("", upgrade("pk_demo")))).toMatchObject({ status: 403 });
		expect(await problemOf(await get("?ticket=tk_none", upgrade()))).toMatchObject({ status: 401 });
	});

	it("refuses a bad subscription the same way", async () => {
		for (const query of [
			"measure=many",
			"filter=[",
			'filter=[{"dim":"country"}]',
			"limit=ten",
			"colour=red",
			"groupBy=a,b,c",
		]) {
			expect(await problemOf(await get(`?${query}`, upgrade("rk_demo"))), query).toMatchObject({ status: 400 });
		}
		expect(await problemOf(await get("?groupBy=planet", upgrade("rk_demo")))).toMatchObject({ status: 422 });
	});

	it("refuses a metric that nobody has sent, naming close ones, but for the first that every page sends", async () => {
		const site = tenantId("demo");
		await tenantConfig(env, site);
		const names = ["checkout"];
		await directory(env, site).admit(names);
		expect(await problemOf(await get("?metric=chekout", upgrade("rk_demo")))).toMatchObject({
			status: 422,
			type: "urn:nowcast:problem:metric",
			close: names,
		});
		for (const metric of ["checkout", "pageview", "*", "session", "ingest", "(other)"]) {
			const { list } = await frames(await get(`?metric=${encodeURIComponent(metric)}`, upgrade("rk_demo")), 1);
			expect(list[0]?.t, metric).toBe("hello");
		}
	});

	it("asks anew for a name that was admitted since", async () => {
		await tenantConfig(env, tenantId("demo"));
		await directory(env, tenantId("demo")).admit(["just_now"]);
		expect((await frames(await get("?metric=just_now", upgrade("rk_demo")), 1)).list[0]?.t).toBe("hello");
	});

	it("ends the socket of a key that was revoked while it stood", async () => {
		const made = await newSite();
		const response = await get("?metric=*", upgrade(made.keys.read));
		const ended = frames(response, 9);
		const [key] = (
			await call<{ keys: { id: string; scope: string }[] }>(200, "GET", "/v1/keys", made.keys.admin)
		).keys.filter((row) => row.scope === "read");
		await call(200, "DELETE", `/v1/keys/${key?.id}`, made.keys.admin);
		const now = Date.now();
		const window = new Window({ cube: ["country", "device"], marginals: [], hits: [], signed: false });
		window.add(["DE", "mobile"], [], [], Number.NaN, 1, 2);
		const span = encodeSpan(new Map([[now - (now % 60_000), window]]));
		await metricStub(env, made.site.id, "*").apply({ partition: 0, from: 0, to: 1, span, receivedAt: now });
		const { list, code } = await ended;
		expect(code).toBe(1008);
		expect(list.at(-1)).toMatchObject({ t: "error", problem: { status: 401 } });
	});

	it("opens with the cookie of who signed in, for our own page and for no other", async () => {
		const signedIn = await api.request("https://nowcast.test/v1/session/demo", { method: "POST" }, env);
		const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
		expect(cookie).not.toBe("");
		const socket = (origin: string, more = "") => get(`?metric=*${more}`, { ...upgrade(), cookie, origin });
		expect((await frames(await socket("https://nowcast.test"), 1)).list[0]?.t).toBe("hello");
		expect((await frames(await socket("https://nowcast.test", "&site=demo"), 1)).list[0]?.t).toBe("hello");
		for (const origin of ["https://evil.example", "https://nowcast.test.evil.example", "null"])
			expect(await problemOf(await socket(origin)), origin).toMatchObject({ status: 403 });
		const { site } = await newSite({ name: "Not mine" });
		await env.DB.prepare("UPDATE sites SET org = 'org_else' WHERE id = ?").bind(site.id).run();
		expect(await problemOf(await socket("https://nowcast.test", `&site=${site.id}`))).toMatchObject({ status: 404 });
	});

	it("answers anyone who is not a socket with a problem document", async () => {
		const response = await get("?metric=*", {});
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject({ type: "urn:nowcast:problem:upgrade" });
	});

	it("reads session measures of all events from the metric session", async () => {
		const now = Date.now();
		const window = new Window({ cube: ["country", "device"], marginals: [], hits: ["entry"], signed: true });
		window.addSigned(["DE", "mobile"], ["/"], 4, 60_000, 6, 3);
		const span = encodeSpan(new Map([[now - (now % 60_000), window]]));
		await metricStub(env, tenantId("demo"), "session").apply({ partition: 0, from: 0, to: 1, span, receivedAt: now });
		for (const [measure, value] of [
			["bounce_rate", 0.75],
			["sessions", 4],
			["duration", 15_000],
		]) {
			const { list } = await frames(await get(`?measure=${measure}`, upgrade("rk_demo")), 2);
			expect(list[1]).toMatchObject({ t: "snapshot", series: [{ total: value }] });
		}
	});
});

describe("several subscriptions in a URL", () => {
	const subs = (metric: string, ...all: unknown[]) => {
		const params = new URLSearchParams({ metric });
		for (const one of all) params.append("sub", typeof one === "string" ? one : JSON.stringify(one));
		return `?${params}`;
	};

	it("open one socket, whose frames say whose they are", async () => {
		const query = subs("*", { measure: "count" }, { measure: "uniques" });
		const { list } = await frames(await get(query, upgrade("rk_demo")), 3);
		expect(list.map((frame) => frame.t)).toEqual(["hello", "snapshot", "snapshot"]);
		expect(list[0]?.subs).toEqual([list[1]?.sub, list[2]?.sub]);
	});

	it("take a cursor each: an empty one is none", async () => {
		const [first] = (await frames(await get("?metric=*", upgrade("rk_demo")), 1)).list;
		const query = `${subs("*", { measure: "count" }, { measure: "uniques" })}&cursor=${first?.cursor},`;
		const { list } = await frames(await get(query, upgrade("rk_demo")), 3);
		expect(list.map((frame) => frame.t)).toEqual(["hello", "delta", "snapshot"]);
	});

	it("are refused where one is wrong, where it names a metric, and past eight", async () => {
		for (const query of [
			subs("*", { measure: "count" }, { measure: "many" }),
			subs("*", { metric: "pageview" }),
			subs("*", "["),
			subs("*", "[]"),
			subs("*", "null"),
			`${subs("*", {})}&measure=count`,
			subs("*", ...Array.from({ length: 9 }, (_, i) => ({ limit: i + 1 }))),
		]) {
			expect(await problemOf(await get(query, upgrade("rk_demo"))), query).toMatchObject({ status: 400 });
		}
	});

	it("are refused where two objects would have to bring them: sessions are apart", async () => {
		const query = subs("*", { measure: "count" }, { measure: "bounce_rate" });
		const problem = await problemOf(await get(query, upgrade("rk_demo")));
		expect(problem).toMatchObject({ status: 400, detail: expect.stringContaining("session") });
		const { list } = await frames(
			await get(subs("*", { measure: "sessions" }, { measure: "bounce_rate" }), upgrade("rk_demo")),
			1,
		);
		expect(list[0]?.t).toBe("hello");
	});
});

describe("a subscription in a URL", () => {
	it("reads every field, with labels in any script", () => {
		const filters = [{ dim: "country", op: "in", values: ["Ñandú", "東京"] }];
		const params = new URLSearchParams({
			metric: "purchase",
			measure: "p95",
			from: "now-6h",
			interval: "5m",
			limit: "3",
			groupBy: "country,device",
		});
		params.set("filter", JSON.stringify(filters));
		params.set("ticket", "tk_x");
		const expected = {
			metric: "purchase",
			measure: "p95",
			from: "now-6h",
			interval: "5m",
			limit: 3,
			groupBy: ["country", "device"],
			filters,
		};
		expect(parseSubscriptions(params)).toEqual([expected]);
		const { metric, ...sub } = expected;
		const same = new URLSearchParams({ metric, sub: JSON.stringify(sub) });
		expect(parseSubscriptions(same)).toEqual([expected]);
		const [byDefault] = parseSubscriptions(new URLSearchParams());
		expect(byDefault).toMatchObject({ metric: "*", measure: "count", from: "now-60m" });
	});
});
