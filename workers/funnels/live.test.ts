import { env } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { clock as logClock } from "../../durable-objects/log/object.ts";
import { batch, event } from "../../durable-objects/log/testing.ts";
import { clock as metricClock } from "../../durable-objects/metric/object.ts";
import { directory, logStub, metricStub } from "../../durable-objects/stubs.ts";
import { DAY, HOUR, MINUTE } from "../../schema/core/zone.ts";
import type { EventRow } from "../../schema/event.ts";
import { partitionOf } from "../../schema/ids.ts";
import { funnelWindows } from "../../schema/metric.ts";
import type { Answer, RawAnswer } from "../../schema/query.ts";
import type { SavedFunnel } from "../../schema/saved.ts";
import type { MetricList } from "../api/metrics.ts";
import { call as callAdmin, type Made, newSite, refused } from "../api/test-api.ts";
import { app } from "../app.ts";
import type { Env } from "../env.ts";
import { advance } from "../jobs/run.ts";
import { recorder } from "../rollup/test-rollup.ts";
import { jobById, listJobs } from "../store/jobs.ts";

vi.setConfig({ testTimeout: 60_000 });

const TODAY = Math.floor(Date.now() / DAY) * DAY;
const bindings: Env = { ...env, JOBS: recorder().queue };
const DEFINITION = { steps: [{ event: "view" }, { event: "cart" }, { event: "buy" }], window: "2d" };

const setClocks = (now: () => number) => {
	logClock.now = now;
	metricClock.now = now;
};
afterEach(() => setClocks(() => Date.now()));

/** Brings events to the logs of their visitors, at a time. */
async function append({ site }: Made, rows: readonly EventRow[], now = Date.now()): Promise<void> {
	setClocks(() => now);
	const { epoch = 0, version = 0, partitions = 1 } = (await directory(env, site.id).config()) ?? {};
	for (const [partition, own] of Map.groupBy(rows, ({ slot }) => partitionOf(slot, partitions))) {
		const request = batch(own, { epoch, definitions: version });
		expect((await logStub(env, site.id, partition).append(request)).status).toBe("ok");
	}
	setClocks(() => Date.now());
}

const seal = (made: Made) => callAdmin(200, "POST", `/v1/sites/${made.site.id}/seal`, made.keys.admin);

/** Runs all jobs of the site that are not over. */
async function runJobs({ site }: Made): Promise<void> {
	for (let i = 0; i < 200; i++) {
		const open = (await listJobs(env, site.id, 50)).find(({ status }) => status !== "done" && status !== "failed");
		if (open === undefined) return;
		// The queue runs them too: a step that is under way is left to it.
		if (open.status === "waiting") await env.DB.prepare("UPDATE jobs SET due_at = 0 WHERE id = ?").bind(open.id).run();
		await advance(bindings, open.id, Date.now);
		const { error } = (await jobById(env, open.id)) ?? {};
		if (error) throw new Error(error);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	throw new Error("jobs do not end");
}

const save = async ({ keys }: Made, definition: unknown) =>
	(await callAdmin<{ funnel: SavedFunnel }>(201, "POST", "/v1/funnels", keys.admin, { name: "sales", definition }))
		.funnel;

async function ask<T>({ keys }: Made, question: unknown, status = 200): Promise<T> {
	const headers = { authorization: `Bearer ${keys.read}`, "content-type": "application/json" };
	const response = await app.request("/v1/query", { method: "POST", headers, body: JSON.stringify(question) }, env);
	expect(response.status, await response.clone().text()).toBe(status);
	return response.json();
}

/** A day's steps: of the metric, and as a funnel asked of that day. */
async function both(made: Made, metric: string, day: number): Promise<[live: number[], adHoc: number[]]> {
	const range = { from: day, to: day + DAY };
	const asked = { kind: "breakdown", metric, groupBy: ["step"], ...range };
	const { table = [], meta } = await ask<Answer>(made, asked);
	expect(meta.exact).toBe(true);
	const { steps } = await ask<RawAnswer<"funnel">>(made, { kind: "funnel", ...DEFINITION, ...range });
	const counted = (step: number) => table.find(({ group }) => group.step === String(step))?.value ?? 0;
	return [steps.map((_, i) => counted(i + 1)), steps.map(({ count }) => count)];
}

/** Some fifty visitors that get to some step on a day, and some that go on the next day. */
function dayOf(day: number, seed: number): EventRow[] {
	const rows: EventRow[] = [];
	for (let v = 0; v < 50; v++) {
		const at = day + ((v * 7 + seed * 13) % 20) * HOUR + v * MINUTE;
		const level = (v + seed) % 4;
		const names = ["view", "cart", "buy"].slice(0, level);
		for (const [i, name] of names.entries()) {
			const ts = at + i * (v % 5 === 0 ? 15 * HOUR : MINUTE);
			rows.push(event(`v${v}`, ts, { name, id: `${day} ${v} ${i}` }));
		}
	}
	return rows.sort((a, b) => a.ts - b.ts);
}

describe("live funnels", () => {
	it("have their history from the archive, and what comes, as funnels asked of each day have it; exactly once (I2)", async () => {
		const made = await newSite();
		const days = [20, 9, 5, 1].map((ago) => TODAY - ago * DAY);
		for (const [i, day] of days.entries()) {
			await append(made, dayOf(day, i + 3), day + 26 * HOUR);
			if (i < 3) await seal(made);
		}
		const { id, live, metric = "" } = await save(made, DEFINITION);
		expect([live, metric]).toEqual([true, `funnel:${id}`]);
		await runJobs(made);
		// Visitors that were in the midst of it, and new ones.
		const now = Date.now();
		const goOn = ["v1", "v2", "v5"].map((v) => event(v, now - 1000, { name: "buy" }));
		await append(made, [...goOn, event("new", now - 900, { name: "view" }), event("new", now - 800, { name: "cart" })]);
		for (const day of [...days, TODAY]) {
			await expect
				.poll(
					async () => {
						const [steps, adHoc] = await both(made, metric, day);
						expect(adHoc[0], new Date(day).toISOString()).toBeGreaterThan(0);
						return steps.join() === adHoc.join() ? "alike" : `${new Date(day).toISOString()}: ${steps} not ${adHoc}`;
					},
					{ timeout: 10_000, interval: 200 },
				)
				.toBe("alike");
		}
		const total = { kind: "total", metric, from: TODAY, to: TODAY + DAY };
		expect((await ask<Answer>(made, total)).total).toBe((await both(made, metric, TODAY))[0][0]);
	});

	it("are metrics: listed with their names, asked by step, refused by other dimensions, gone with the funnel", async () => {
		const made = await newSite({ partitions: 1 });
		const { id, metric = "" } = await save(made, DEFINITION);
		await runJobs(made);
		const listed = async () => {
			const headers = { authorization: `Bearer ${made.keys.read}` };
			const { metrics } = await (await app.request("/v1/metrics", { headers }, env)).json<MetricList>();
			return metrics.find(({ kind }) => kind === "funnel");
		};
		expect(await listed()).toEqual({
			name: metric,
			kind: "funnel",
			label: "sales",
			steps: ["view", "cart", "buy"],
			measures: ["count", "rate"],
			dimensions: [{ name: "step", filter: true }],
		});
		await ask(made, { metric, groupBy: ["country"] }, 422);
		await ask(made, { metric, measure: "uniques" }, 422);
		const now = Date.now();
		await append(made, [event("ann", now - 2000, { name: "view" }), event("ann", now - 1000, { name: "cart" })]);
		const third = { dim: "step", op: "eq", values: ["2"] };
		// Windows may be up to a second behind.
		await vi.waitFor(
			async () => expect((await ask<Answer>(made, { kind: "total", metric, filters: [third] })).total).toBe(1),
			10_000,
		);
		const stored = async () => (await directory(env, made.site.id).config())?.funnels?.map(funnelWindows)[0] ?? "";
		const before = await stored();
		const change = { name: "sales", version: 1, definition: { ...DEFINITION, window: "1h" } };
		await callAdmin(200, "PUT", `/v1/funnels/${id}`, made.keys.admin, change);
		expect(await stored()).not.toBe(before);
		expect((await ask<Answer>(made, { kind: "total", metric })).total).toBe(0);
		await runJobs(made);
		expect((await ask<Answer>(made, { kind: "total", metric })).total).toBe(1);
		const read = { grain: "minute" as const, from: now - HOUR, to: now + HOUR, parts: ["total"], fields: [] };
		expect((await metricStub(env, made.site.id, before).read(read)).windows).toEqual([]);
		await callAdmin(200, "DELETE", `/v1/funnels/${id}`, made.keys.admin);
		await refused(404, "DELETE", `/v1/funnels/${id}`, made.keys.admin);
		expect(await listed()).toBeUndefined();
		await ask(made, { metric }, 422);
	});

	it("move what is watched as events arrive", async () => {
		const made = await newSite({ partitions: 1 });
		const { metric = "" } = await save(made, DEFINITION);
		await runJobs(made);
		const headers = { upgrade: "websocket", "sec-websocket-protocol": `nowcast.v1, ${made.keys.read}` };
		const { webSocket } = await app.request(`/v1/live?metric=${metric}&groupBy=step`, { headers }, env);
		if (webSocket === null) throw new Error("no socket");
		const steps = new Map<string, number>();
		webSocket.addEventListener("message", ({ data }) => {
			const { series = [] } = JSON.parse(String(data)) as { series?: { group: { step: string }; total: number }[] };
			for (const { group, total } of series) steps.set(group.step, total);
		});
		webSocket.accept();
		const now = Date.now();
		await append(made, [event("ann", now - 2000, { name: "view" })]);
		await expect.poll(() => Object.fromEntries(steps), { timeout: 5000 }).toEqual({ 1: 1 });
		await append(made, [event("ann", now - 1000, { name: "cart" }), event("ben", now, { name: "view" })]);
		await expect.poll(() => Object.fromEntries(steps), { timeout: 5000 }).toEqual({ 1: 2, 2: 1 });
		webSocket.close();
	});

	it("are those that an event alone decides: others say why not, and are asked ad hoc", async () => {
		const made = await newSite({ partitions: 1 });
		const bought = { did: "buy", at_least: 1 };
		const { segment } = await callAdmin<{ segment: { id: string; version: number } }>(
			201,
			"POST",
			"/v1/segments",
			made.keys.admin,
			{ name: "Germans", filter: { dim: "country", op: "eq", values: ["DE"] } },
		);
		const filtered = (filter: unknown) => ({
			...DEFINITION,
			steps: [{ event: "view", filters: [filter] }, { event: "buy" }],
		});
		expect((await save(made, filtered(bought))).live_reason).toContain("did");
		expect((await save(made, filtered({ dim: "traits.plan", op: "eq", values: ["pro"] }))).live).toBe(false);
		expect((await save(made, { ...DEFINITION, window: "8d" })).live_reason).toContain("7 days");
		const wide = { dim: "path", op: "in", values: Array.from({ length: 40 }, (_, i) => `/${i}${"x".repeat(200)}`) };
		expect((await save(made, filtered(wide))).live_reason).toContain("too long");
		const { id, live } = await save(made, filtered({ segment: segment.id }));
		expect(live).toBe(true);
		const change = { name: "Buyers", filter: bought, version: segment.version };
		await callAdmin(200, "PUT", `/v1/segments/${segment.id}`, made.keys.admin, change);
		const { funnel } = await callAdmin<{ funnel: SavedFunnel }>(200, "GET", `/v1/funnels/${id}`, made.keys.read);
		expect(funnel.live_reason).toContain("did");
	});

	it("I8: are at most 20 a site", async () => {
		const made = await newSite({ partitions: 1 });
		const saved: SavedFunnel[] = [];
		for (let i = 0; i < 21; i++) saved.push(await save(made, DEFINITION));
		expect(saved.map(({ live }) => live)).toEqual([...Array.from({ length: 20 }, () => true), false]);
		expect(saved[20]?.live_reason).toContain("at most 20");
		await callAdmin(200, "DELETE", `/v1/funnels/${saved[0]?.id}`, made.keys.admin);
		const { funnels } = await callAdmin<{ funnels: SavedFunnel[] }>(200, "GET", "/v1/funnels", made.keys.read);
		expect(funnels.every(({ live }) => live)).toBe(true);
	});
});
