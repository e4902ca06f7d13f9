import { env, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { clock as logClock } from "../../durable-objects/log/object.ts";
import { batch, event } from "../../durable-objects/log/testing.ts";
import { type MetricWindow, clock as metricClock } from "../../durable-objects/metric/object.ts";
import { directory, logStub, metricStub } from "../../durable-objects/stubs.ts";
import { encodeSpan, Window } from "../../schema/core/window.ts";
import { DAY, HOUR, zoneOf } from "../../schema/core/zone.ts";
import type { EventRow } from "../../schema/event.ts";
import type { TenantId } from "../../schema/ids.ts";
import { app, call, type Made, newSite } from "../api/test-api.ts";
import type { Env } from "../env.ts";
import { recorder } from "../rollup/test-rollup.ts";
import { jobById } from "../store/jobs.ts";
import { beginRebuild } from "./rebuild.ts";
import { advance } from "./run.ts";

vi.setConfig({ testTimeout: 30_000 });

/** Noon, 5 days ago: its windows are the objects', and settled. */
const NOON = Math.floor(Date.now() / DAY) * DAY - 5 * DAY + 12 * HOUR;
const bindings: Env = { ...env, JOBS: recorder().queue };

const setClocks = (now: () => number) => {
	logClock.now = now;
	metricClock.now = now;
};
afterEach(() => setClocks(() => Date.now()));

/** A site whose one log took these events at that time. */
async function visited(rows: readonly EventRow[]): Promise<Made> {
	setClocks(() => NOON + HOUR);
	const made = await newSite({ partitions: 1 });
	const { id } = made.site;
	const { epoch, version } = (await directory(env, id).config()) ?? { epoch: 0, version: 0 };
	const answer = await logStub(env, id, 0).append(batch(rows, { epoch, definitions: version }));
	expect(answer.status).toBe("ok");
	for (const metric of ["*", "session", "pageview", "buy"]) await logStub(env, id, 0).pull(metric);
	setClocks(() => Date.now());
	return made;
}

async function run(id: string): Promise<Record<string, unknown>> {
	for (let i = 0; i < 50; i++) {
		const job = await jobById(env, id);
		if (job?.status === "done") return job.state;
		if (job?.error) throw new Error(job.error);
		if (job && job.dueAt > Date.now()) await env.DB.prepare("UPDATE jobs SET due_at = 0 WHERE id = ?").bind(id).run();
		await advance(bindings, id, Date.now);
	}
	throw new Error(`job ${id} does not end`);
}

async function importLine(made: Made, line: unknown): Promise<void> {
	const body = JSON.stringify(line);
	const headers = { authorization: `Bearer ${made.keys.server}`, "content-length": String(body.length) };
	const response = await app.request("/v1/import", { method: "POST", headers, body }, env);
	const { job } = await response.json<{ job: { id: string } }>();
	await run(job.id);
}

async function rebuild({ keys }: Made): Promise<void> {
	const body = { from: NOON, to: NOON + HOUR };
	const { job } = await call<{ job: { id: string } }>(202, "POST", "/v1/rebuild", keys.admin, body);
	await run(job.id);
}

/** Counts of a metric, as its object answers them: of each minute, of the hour, of the day. */
async function counts(tenant: TenantId, metric: string) {
	const object = metricStub(env, tenant, metric);
	const read = { grain: "minute" as const, from: NOON - 12 * HOUR, to: NOON + 12 * HOUR, parts: ["total"] };
	const { windows } = await object.read({ ...read, fields: ["stats", "uniques", "quantiles"] });
	const total = (window: { sections: Parameters<typeof Window.fromSections>[0] } | null) =>
		window === null ? null : Window.fromSections(window.sections).total.count;
	return {
		minutes: windows.map((window) => [(window.bucket - NOON) / 60_000, total(window)]),
		hour: total(await object.window({ grain: "hour", bucket: NOON })),
		day: total(await object.window({ grain: "day", bucket: NOON - 12 * HOUR })),
	};
}

describe("rebuilding days that the metrics' objects hold", () => {
	it("brings an import into their minutes, hours and days, beside what came live; once, however often (I2)", async () => {
		const made = await visited([
			event("ann", NOON + 1000, { id: "a" }),
			event("ann", NOON + 61_000, { id: "b", name: "buy" }),
		]);
		const { id } = made.site;
		const before = {
			minutes: [
				[0, 1],
				[1, 1],
			],
			hour: 2,
			day: 2,
		};
		expect(await counts(id, "*")).toEqual(before);
		await importLine(made, { id: "c", name: "pageview", ts: NOON + 2000, visitor_id: "ben" });
		const after = {
			minutes: [
				[0, 2],
				[1, 1],
			],
			hour: 3,
			day: 3,
		};
		expect(await counts(id, "*")).toEqual(after);
		expect(await counts(id, "buy")).toEqual({ minutes: [[1, 1]], hour: 1, day: 1 });
		expect(await counts(id, "session")).toEqual({ minutes: [[0, 1]], hour: 1, day: 1 });
		const version = async () =>
			(await metricStub(env, id, "*").window({ grain: "hour", bucket: NOON }))?.version.n ?? 0;
		const n = await version();
		await rebuild(made);
		expect(await counts(id, "*")).toEqual(after);
		expect(await version()).toBeGreaterThan(n);
	});

	it("takes an erased visitor out of them, and leaves other days and other sites alone (I7)", async () => {
		const rows = [
			event("ann", NOON + 1000, { id: "a", name: "buy" }),
			event("ben", NOON + 61_000, { id: "b" }),
			event("ben", NOON - 13 * HOUR, { id: "c" }),
		];
		const [made, other] = [await visited(rows), await visited(rows)];
		const { id } = made.site;
		await logStub(env, id, 0).seal();
		const { job } = await call<{ job: { id: string } }>(202, "DELETE", "/v1/visitors?visitor_id=ann", made.keys.admin);
		// What waits for the cron and for alarms has its own test.
		for (let i = 0; (await jobById(env, job.id))?.step !== "trim" && i < 20; i++)
			await advance(bindings, job.id, Date.now);
		await rebuild(made);
		expect(await counts(id, "*")).toEqual({ minutes: [[1, 1]], hour: 1, day: 1 });
		expect(await counts(id, "buy")).toEqual({ minutes: [], hour: 0, day: 0 });
		expect(await counts(other.site.id, "*")).toEqual({
			minutes: [
				[0, 1],
				[1, 1],
			],
			hour: 2,
			day: 2,
		});
		const yesterday = await metricStub(env, id, "*").window({ grain: "day", bucket: NOON - 36 * HOUR });
		expect(Window.fromSections(yesterday?.sections ?? []).total.count).toBe(1);
	});

	it("goes on with spans after it as if nothing had happened, and survives a restart (I2, I5)", async () => {
		const made = await visited([event("ann", NOON + 1000, { id: "a" })]);
		const { id } = made.site;
		await rebuild(made);
		await evictDurableObject(metricStub(env, id, "*"));
		const log = logStub(env, id, 0);
		const now = Date.now();
		await log.append(batch([event("ann", now, { id: "n" })]));
		await log.pull("*");
		expect(await counts(id, "*")).toEqual({ minutes: [[0, 1]], hour: 1, day: 1 });
		const minute = Math.floor(now / 60_000) * 60_000;
		const { windows } = await metricStub(env, id, "*").read({
			grain: "minute",
			from: minute,
			to: minute + 60_000,
			parts: ["total"],
			fields: ["stats", "uniques", "quantiles"],
		});
		expect(windows.map(({ sections }) => Window.fromSections(sections).total.count)).toEqual([1]);
	});

	it("waits while another rebuild of the site is at work", async () => {
		const made = await visited([event("ann", NOON + 1000, { id: "a" })]);
		const { id } = made.site;
		const range = { from: NOON, to: NOON + HOUR };
		await beginRebuild(bindings, id, zoneOf("UTC"), range, `first_${id}`, Date.now());
		await env.DB.prepare("UPDATE jobs SET status = 'running', due_at = ? WHERE id = ?")
			.bind(Date.now() + 60_000, `first_${id}`)
			.run();
		const second = await beginRebuild(bindings, id, zoneOf("UTC"), range, `second_${id}`, Date.now());
		expect(second).toBe(`second_${id}`);
		await advance(bindings, second, Date.now);
		expect(await jobById(env, second)).toMatchObject({ status: "waiting", state: { events: 0 } });
		await env.DB.prepare("UPDATE jobs SET status = 'done' WHERE id = ?").bind(`first_${id}`).run();
		expect(await run(second)).toMatchObject({ events: 1, done: 1 });
	});

	it("refuses windows that may still change by themselves", async () => {
		const made = await visited([event("ann", NOON + 1000, { id: "a" })]);
		const from = Math.floor(Date.now() / HOUR) * HOUR - 24 * HOUR;
		const request = { from, to: from + HOUR, span: encodeSpan(new Map()) };
		await runInDurableObject(metricStub(env, made.site.id, "*"), async (object: MetricWindow) => {
			await expect(object.replace(request)).rejects.toThrow("settled");
		});
	});
});
