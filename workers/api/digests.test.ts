import { env } from "cloudflare:test";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { beforeEach, describe, expect, it } from "vitest";
import type { DashboardRecord } from "../../schema/dashboard.ts";
import { type Digest, DigestPayload } from "../../schema/digest.ts";
import { Problem } from "../../schema/problem.ts";
import { metaOf } from "../../schema/query.testing.ts";
import type { Answer } from "../../schema/query.ts";
import { type DigestDeps, sendDue } from "../digests/send.ts";
import { MAX_DIGESTS } from "../store/digests.ts";
import { call, type Made, newSite, refused } from "./test-api.ts";

const all = "/v1/digests";
const URL_ = "https://hooks.example.com/in";
const MINUTE = 60_000;

async function dashboard({ keys }: Made): Promise<string> {
	const grid = { x: 0, y: 0, w: 6, h: 4 };
	const panels = [
		{ kind: "stat", id: "p1", title: "Visitors", grid, queries: [{ ref: "A", measure: "uniques" }] },
		{ kind: "stat", id: "p2", title: "Broken", grid: { ...grid, x: 6 }, queries: [{ ref: "A" }] },
		{ kind: "text", id: "p3", grid: { ...grid, x: 12 }, markdown: "Hello" },
	];
	const body = { dashboard: { title: "Web", panels } };
	return (await call<DashboardRecord>(201, "POST", "/v1/dashboards", keys.edit, body)).uid;
}
const make = async (made: Made, more: Record<string, unknown> = {}) =>
	call<Digest>(201, "POST", all, made.keys.edit, {
		dashboard: await dashboard(made),
		name: "Morning",
		url: URL_,
		...more,
	});
const digestOf = async ({ keys }: Made, id: string): Promise<Digest> => {
	const { digests } = await call<{ digests: Digest[] }>(200, "GET", all, keys.read);
	const found = digests.find((each) => each.id === id);
	if (!found) throw new Error("the digest is gone");
	return found;
};

const series = (total: number) => [{ group: {}, points: [], total }];

/** A receiver that answers with these statuses in turn (then 200), and figures out of nothing. */
function receiver(now: number, ...statuses: number[]) {
	const requests: Request[] = [];
	const asked: Parameters<DigestDeps["answer"]>[4][] = [];
	const deps: DigestDeps = {
		now: () => now,
		local: false,
		fetch: async (request) => {
			requests.push(request);
			return new Response(null, { status: statuses.shift() ?? 200 });
		},
		answer: async (_env, _site, _dashboard, panel, request) => {
			asked.push(request);
			if (panel.id === "p2") throw new Problem(422, "metric", "There is no such metric.");
			const answer: Answer = { series: series(120), compare: series(100), meta: metaOf() };
			const results = [{ ref: "A" as const, answer, live: null }];
			return { title: panel.title, description: "", results, formulas: [], from: 0, to: 1, timezone: "UTC" };
		},
	};
	return { deps, requests, asked };
}

describe("digests", () => {
	it("are kept by editors, due at their hour in the site's zone; the secret is shown once; other sites see none (I7)", async () => {
		const [mine, theirs] = [await newSite({ zone: "Asia/Tokyo" }), await newSite()];
		const { secret, ...digest } = await make(mine, { hour: 9, every: "week", weekday: 1 });
		expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
		expect(digest).toMatchObject({ version: 1, format: "json", last: null, created_by: { kind: "key" } });
		const due = new Date(digest.due_at + 9 * 3_600_000);
		expect([due.getUTCDay(), due.getUTCHours(), due.getUTCMinutes()]).toEqual([1, 9, 0]);
		expect(digest.due_at).toBeGreaterThan(Date.now());
		expect(await call(200, "GET", all, mine.keys.read)).toEqual({ digests: [digest] });
		expect(await call(200, "GET", all, theirs.keys.read)).toEqual({ digests: [] });
		const change = { name: "x", url: URL_, version: 1 };
		const path = `${all}/${digest.id}`;
		await refused(404, "PUT", path, theirs.keys.edit, change);
		await refused(404, "DELETE", path, theirs.keys.edit);
		await refused(404, "POST", `${path}/send`, theirs.keys.edit);
		await refused(403, "POST", all, mine.keys.read, { ...change, dashboard: digest.dashboard });
		await refused(403, "PUT", path, mine.keys.read, change);
		await refused(403, "POST", `${path}/send`, mine.keys.read);
		await refused(422, "POST", all, mine.keys.edit, { name: "x", url: URL_, dashboard: "d_none" });
		await refused(422, "POST", all, mine.keys.edit, {
			name: "x",
			url: "https://u:p@a.example/",
			dashboard: digest.dashboard,
		});
		await refused(400, "POST", all, mine.keys.edit, {
			name: "x",
			url: "ftp://a.example/",
			dashboard: digest.dashboard,
		});
	});

	it("change from the version that they were read at, and are deleted once", async () => {
		const made = await newSite();
		const { id, secret: _, ...digest } = await make(made);
		const path = `${all}/${id}`;
		const change = { name: "Evening", url: URL_, hour: 20, enabled: false, format: "slack", version: 1 };
		const changed = await call<Digest>(200, "PUT", path, made.keys.edit, change);
		expect(changed).toMatchObject({ id, version: 2, name: "Evening", hour: 20, dashboard: digest.dashboard });
		expect(new Date(changed.due_at).getUTCHours()).toBe(20);
		expect(changed.secret).toBeUndefined();
		expect((await refused(409, "PUT", path, made.keys.edit, change)).current).toEqual(changed);
		expect(await call(200, "DELETE", path, made.keys.edit)).toEqual({ id, deleted: true });
		await refused(404, "DELETE", path, made.keys.edit);
	});

	it("a site has at most 50 (I8)", async () => {
		const made = await newSite();
		const { id } = await make(made);
		await env.DB.prepare(
			`WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			INSERT INTO digests (tenant, id, dashboard, body, secret, enabled, version, created_at, created_by, due_at, tries)
			SELECT tenant, id || i, dashboard, body, secret, 0, 1, 1, created_by, due_at, 0 FROM digests, n WHERE id = ?`,
		)
			.bind(MAX_DIGESTS, id)
			.run();
		const more = { dashboard: await dashboard(made), name: "x", url: URL_ };
		expect((await refused(422, "POST", all, made.keys.edit, more)).detail).toContain("at most 50");
	});
});

describe("a due digest", () => {
	/** A run sends what is due of all sites: those of other tests are none of this one's. */
	beforeEach(async () => {
		await env.DB.exec("DELETE FROM digests");
	});

	it("is sent once, signed, with the figures of the day before, and is due again the day after", async () => {
		const made = await newSite({ zone: "Europe/Berlin", currency: "EUR" });
		const { id, secret = "", due_at } = await make(made, { hour: 8 });
		const { deps, requests, asked } = receiver(due_at + 5_000);
		await sendDue(env, due_at - 1, deps);
		expect(requests).toHaveLength(0);
		await Promise.all([sendDue(env, due_at, deps), sendDue(env, due_at, deps)]);
		await sendDue(env, due_at + MINUTE, deps);
		expect(requests).toHaveLength(1);
		const [request] = requests;
		const body = (await request?.text()) ?? "";
		const payload = DigestPayload.parse(JSON.parse(body));
		const midnight = Date.parse(payload.period.to);
		expect(new Date(due_at - midnight).toISOString()).toContain("T08:00:00");
		expect(asked[0]?.time).toEqual({ from: String(Date.parse(payload.period.from)), to: String(midnight) });
		expect(payload).toMatchObject({
			id,
			every: "day",
			currency: "EUR",
			dashboard: { title: "Web", path: expect.stringMatching(/^\/d\/d_\w+\?site=s_/) },
			panels: [
				{ id: "p1", title: "Visitors", unit: "count", value: 120, previous: 100, change: 0.2 },
				{ id: "p2", title: "Broken", value: null, problem: "There is no such metric." },
			],
		});
		const header = (name: string) => request?.headers.get(name) ?? "";
		const key = Uint8Array.from(atob(secret.slice(6)), (c) => c.charCodeAt(0));
		const signed = `${header("webhook-id")}.${header("webhook-timestamp")}.${body}`;
		const mac = hmac(sha256, key, new TextEncoder().encode(signed));
		expect(header("webhook-signature")).toBe(`v1,${btoa(String.fromCharCode(...mac))}`);
		expect(header("webhook-timestamp")).toBe(String(Math.floor((due_at + 5_000) / 1000)));
		const after = await digestOf(made, id);
		expect(after.last).toEqual({ at: due_at + 5_000, status: 200, error: null });
		const day = after.due_at - due_at;
		expect([23, 24, 25].map((hours) => hours * 60 * MINUTE)).toContain(day);
	});

	it("is tried again after 1, 5 and 25 minutes as the same message, and then at its next time", async () => {
		const made = await newSite();
		const { id, due_at } = await make(made);
		const { deps, requests } = receiver(due_at, 500, 302, 503, 500);
		let now = due_at;
		for (const minutes of [1, 5, 25]) {
			await sendDue(env, now, deps);
			expect((await digestOf(made, id)).due_at).toBe(now + minutes * MINUTE);
			await sendDue(env, now + minutes * MINUTE - 1, deps);
			now += minutes * MINUTE;
		}
		await sendDue(env, now, deps);
		expect(requests).toHaveLength(4);
		expect(new Set(requests.map((request) => request.headers.get("webhook-id"))).size).toBe(1);
		const after = await digestOf(made, id);
		expect(after).toMatchObject({ due_at: due_at + 24 * 60 * MINUTE, last: { status: 500 } });
		await sendDue(env, after.due_at, deps);
		expect(requests).toHaveLength(5);
		expect(requests[4]?.headers.get("webhook-id")).not.toBe(requests[0]?.headers.get("webhook-id"));
		expect((await digestOf(made, id)).last).toMatchObject({ status: 200, error: null });
	});

	it("whose sender died is sent by a later run", async () => {
		const made = await newSite();
		const { id, due_at } = await make(made);
		await env.DB.prepare("UPDATE digests SET due_at = ?, tries = 1 WHERE id = ?")
			.bind(due_at + 10 * MINUTE, id)
			.run();
		const { deps, requests } = receiver(due_at);
		await sendDue(env, due_at + 9 * MINUTE, deps);
		expect(requests).toHaveLength(0);
		await sendDue(env, due_at + 10 * MINUTE, deps);
		expect(requests).toHaveLength(1);
		expect((await digestOf(made, id)).due_at).toBe(due_at + 24 * 60 * MINUTE);
	});

	it("is not sent while it is off, and never to an address of a private network", async () => {
		const made = await newSite();
		const off = await make(made, { enabled: false });
		const inside = await make(made, { url: "https://10.1.2.3/hook" });
		const { deps, requests } = receiver(off.due_at);
		await sendDue(env, off.due_at + MINUTE, deps);
		expect(requests).toHaveLength(0);
		expect((await digestOf(made, off.id)).last).toBeNull();
		expect((await digestOf(made, inside.id)).last?.error).toContain("public address");
	});

	it("can be sent at once, whatever comes of it", async () => {
		const made = await newSite();
		const digest = await make(made, { url: "http://127.0.0.1:9/" });
		const outcome = await call(200, "POST", `${all}/${digest.id}/send`, made.keys.edit);
		expect(outcome).toMatchObject({ status: null, error: "The address cannot be reached." });
		const after = await digestOf(made, digest.id);
		expect(after).toMatchObject({ due_at: digest.due_at, last: outcome });
	});

	it("speaks Slack's format where that is chosen", async () => {
		const made = await newSite();
		const { due_at } = await make(made, { format: "slack" });
		const { deps, requests } = receiver(due_at);
		await sendDue(env, due_at, deps);
		expect(await requests[0]?.json()).toMatchObject({
			text: expect.stringContaining("Visitors 120  ▲ 20%"),
			blocks: expect.arrayContaining([expect.objectContaining({ type: "header" })]),
		});
	});
});
