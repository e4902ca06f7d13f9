import { env, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { clock } from "../../durable-objects/log/object.ts";
import { batch, event } from "../../durable-objects/log/testing.ts";
import { logStub } from "../../durable-objects/stubs.ts";
import { hash64 } from "../../schema/core/hash.ts";
import { Window } from "../../schema/core/window.ts";
import { DAY, HOUR } from "../../schema/core/zone.ts";
import { type EventRow, FLAG } from "../../schema/event.ts";
import { archivePrefix, partitionOf, type TenantId } from "../../schema/ids.ts";
import type { EventRecord } from "../../schema/questions.ts";
import { app, call, type Made, newSite, refused } from "../api/test-api.ts";
import type { Env } from "../env.ts";
import { retainArchive } from "../rollup/retention.ts";
import { recorder } from "../rollup/test-rollup.ts";
import { type JobRow, jobById } from "../store/jobs.ts";
import { readWindows } from "../store/rollups.ts";
import { catalogue } from "../store/segments.ts";
import { compactSome } from "./compact.ts";
import { RESULT_MS } from "./export.ts";
import { hex64 } from "./record.ts";
import { advance, kickJobs } from "./run.ts";

/** Minutes pass here, with four logs and their alarms. */
vi.setConfig({ testTimeout: 30_000 });

const MINUTE = 60_000;
const PARTITIONS = 4;
/** Noon, 20 days ago: D1's. */
const PAST = Math.floor(Date.now() / DAY) * DAY - 20 * DAY + 12 * HOUR;

let now = 0;
beforeEach(() => {
	now = Date.now();
	clock.now = () => now;
	vi.spyOn(console, "error").mockImplementation(() => {});
	vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
	clock.now = () => Date.now();
	vi.restoreAllMocks();
});

const bindings: Env = { ...env, JOBS: recorder().queue };
const logs = (tenant: TenantId) => Array.from({ length: PARTITIONS }, (_, p) => logStub(env, tenant, p));
const hashOf = (id: string) => {
	const { hi, lo } = hash64(id);
	return hex64(hi, lo);
};

async function append(tenant: TenantId, rows: readonly EventRow[]): Promise<void> {
	for (const [p, some] of Map.groupBy(rows, (row) => partitionOf(row.slot, PARTITIONS))) {
		const answer = await logStub(env, tenant, p).append(batch(some));
		if (answer.status !== "ok") throw new Error(`append: ${answer.status}`);
	}
}

async function importLines(made: Made, lines: readonly unknown[]): Promise<void> {
	const body = lines.map((line) => JSON.stringify(line)).join("\n");
	const headers = { authorization: `Bearer ${made.keys.server}`, "content-length": String(body.length) };
	const response = await app.request("/v1/import", { method: "POST", headers, body }, env);
	const { job } = await response.json<{ job: { id: string } }>();
	await run(job.id);
}

/** A site with events of ann, ben and a cookieless visitor: sealed, unsealed and imported. */
async function someSite(): Promise<Made> {
	const made = await newSite();
	const { id } = made.site;
	const cookieless = { flags: FLAG.cookieless, slot: 4000, name: "view" };
	await append(id, [event("ann", now, { id: "a1" }), event("ben", now, { id: "b1" }), event("tom", now, cookieless)]);
	for (const log of logs(id)) await log.seal();
	await append(id, [
		event("ann", now, { id: "a2", user_id: "u1", props: '{"plan":"pro"}' }),
		event("ben", now, { id: "b2" }),
	]);
	await importLines(made, [
		{ id: "a0", name: "signup", ts: PAST, visitor_id: "ann", value: 3 },
		{ id: "b0", name: "signup", ts: PAST, visitor_id: "ben" },
	]);
	return made;
}

/** Lets time pass, for the logs' alarms and the cron too, until the job is over; `each` is called before every step. */
async function run(id: string, each: (job: JobRow) => Promise<void> = async () => {}): Promise<JobRow> {
	for (let i = 0; i < 60; i++) {
		const job = await jobById(env, id);
		if (job === undefined) throw new Error(`no job ${id}`);
		if (job.status === "done" || job.status === "failed" || job.dueAt > now + HOUR) return job;
		await each(job);
		if (job.dueAt > now) await pass(job.site as TenantId, job.dueAt - now);
		await advance(bindings, id, () => now);
	}
	throw new Error(`job ${id} does not end`);
}

async function pass(tenant: TenantId, ms: number): Promise<void> {
	now += ms;
	for (const log of logs(tenant)) await runDurableObjectAlarm(log);
	await retainArchive(env, now);
}

async function begin(made: Made, method: string, path: string): Promise<string> {
	const { job } = await call<{ job: { id: string; status: string } }>(202, method, path, made.keys.admin);
	expect(job.status).toBe(`/v1/jobs/${job.id}`);
	return job.id;
}

async function result(made: Made, id: string): Promise<EventRecord[]> {
	const headers = { authorization: `Bearer ${made.keys.admin}` };
	const response = await app.request(`/v1/jobs/${id}/result`, { headers }, env);
	expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
	const lines = new TextDecoder()
		.decode(await response.arrayBuffer())
		.split("\n")
		.filter(Boolean);
	return lines.map((line) => JSON.parse(line) as EventRecord).sort((a, b) => (a.id < b.id ? -1 : 1));
}
const ids = (records: EventRecord[]) => records.map(({ id }) => id);

async function exported(made: Made, visitor: string): Promise<string[]> {
	const id = await begin(made, "POST", `/v1/visitors/${hashOf(visitor)}/export`);
	expect((await run(id)).status).toBe("done");
	return ids(await result(made, id));
}

/** Whether anything the site stores still has these words in it. */
async function traces(tenant: TenantId, visitor: string): Promise<string[]> {
	const { hi, lo } = hash64(visitor);
	const found: string[] = [];
	const forms = [new Uint32Array([lo, hi]), new Uint32Array([hi]), new Uint32Array([lo])].map(
		(a) => new Uint8Array(a.buffer),
	);
	const has = (bytes: Uint8Array) =>
		forms.slice(0, 1).some((form) => includes(bytes, form)) || (includes(bytes, forms[1]) && includes(bytes, forms[2]));
	const { objects } = await env.ARCHIVE.list({ prefix: archivePrefix(tenant) });
	for (const { key } of objects) {
		const object = await env.ARCHIVE.get(key);
		if (object && has(new Uint8Array(await object.arrayBuffer()))) found.push(key);
	}
	for (const [p, log] of logs(tenant).entries()) {
		await runInDurableObject(log, (_, { storage }) => {
			for (const table of ["journal", "sessions"]) {
				for (const { bytes } of storage.sql.exec<{ bytes: ArrayBuffer }>(`SELECT bytes FROM ${table}`)) {
					if (has(new Uint8Array(bytes))) found.push(`log ${p} ${table}`);
				}
			}
		});
	}
	return found;
}

function includes(bytes: Uint8Array, form: Uint8Array = new Uint8Array()): boolean {
	outer: for (let at = 0; at + form.length <= bytes.length; at++) {
		for (let i = 0; i < form.length; i++) if (bytes[at + i] !== form[i]) continue outer;
		return true;
	}
	return false;
}

/** What D1 has of a metric on the day of PAST. */
async function dayCount(tenant: TenantId, metric: string): Promise<number> {
	const from = PAST - 12 * HOUR;
	const read = { tenant, metric, grain: "day" as const, from, to: from + DAY, parts: ["total"] };
	let count = 0;
	for await (const windows of readWindows(env, { ...read, fields: ["stats", "uniques", "quantiles"] })) {
		for (const { sections } of windows) count += Window.fromSections(sections).total.count;
	}
	return count;
}

describe("exporting a visitor", () => {
	it("gives every event that is kept, sealed or not or imported, and nobody else's (I7)", async () => {
		const [made, other] = [await someSite(), await someSite()];
		const job = await begin(made, "POST", "/v1/visitors/export?visitor_id=ann");
		await refused(404, "GET", `/v1/jobs/${job}/result`, made.keys.admin);
		expect(await run(job)).toMatchObject({ status: "done", state: { visitor: hashOf("ann"), events: 3 } });
		const records = await result(made, job);
		expect(ids(records)).toEqual(["a0", "a1", "a2"]);
		expect(records[0]).toMatchObject({ name: "signup", t: new Date(PAST).toISOString(), value: 3, flags: ["server"] });
		expect(records[2]).toMatchObject({ visitor: hashOf("ann"), props: { plan: "pro" }, value: null });
		expect(records[2]?.fields).toMatchObject({ user_id: "u1", country: "DE", path: "/" });
		await refused(404, "GET", `/v1/jobs/${job}/result`, other.keys.admin);
		await refused(403, "GET", `/v1/jobs/${job}/result`, made.keys.read);
		expect(await exported(made, "tom")).toHaveLength(1);
		expect(await exported(made, "nobody")).toEqual([]);
	});

	it("finds what is sealed while it runs, once; and a step that runs twice changes nothing", async () => {
		const made = await someSite();
		const { id: tenant } = made.site;
		const job = await begin(made, "POST", `/v1/visitors/${hashOf("ann")}/export`);
		await run(job, async ({ step }) => {
			if (step === "archive") for (const log of logs(tenant)) await log.seal();
			await env.DB.prepare("UPDATE jobs SET due_at = 0 WHERE id = ?").bind(job).run();
			const stale = await jobById(env, job);
			await advance(bindings, job, () => now);
			if (stale?.step !== "join") {
				const { step, state } = stale as JobRow;
				await env.DB.prepare("UPDATE jobs SET step = ?, state = ?, due_at = 0 WHERE id = ?")
					.bind(step, JSON.stringify(state), job)
					.run();
			}
		}).catch(() => {});
		await run(job);
		expect(ids(await result(made, job))).toEqual(["a0", "a1", "a2"]);
		const { objects } = await env.ARCHIVE.list({ prefix: `${archivePrefix(tenant)}exports/` });
		expect(objects.map(({ key }) => key)).toEqual([`${archivePrefix(tenant)}exports/${job}.ndjson`]);
	});

	it("deletes the result after 7 days", async () => {
		const made = await someSite();
		const job = await begin(made, "POST", `/v1/visitors/${hashOf("ann")}/export`);
		await run(job);
		await kickJobs(bindings, now + RESULT_MS - MINUTE);
		await result(made, job);
		await kickJobs(bindings, now + RESULT_MS + MINUTE);
		await refused(404, "GET", `/v1/jobs/${job}/result`, made.keys.admin);
		const { objects } = await env.ARCHIVE.list({ prefix: `${archivePrefix(made.site.id)}exports/` });
		expect(objects).toEqual([]);
		expect(await jobById(env, job)).toMatchObject({ status: "done", state: { result: null } });
	});

	it("refuses what is no visitor, and keys of other scopes", async () => {
		const { keys } = await newSite();
		await refused(400, "POST", "/v1/visitors/ann/export", keys.admin);
		await refused(400, "POST", "/v1/visitors/export", keys.admin);
		await refused(400, "DELETE", "/v1/visitors", keys.admin);
		await refused(403, "DELETE", `/v1/visitors/${hashOf("ann")}`, keys.read);
		await refused(403, "POST", `/v1/visitors/${hashOf("ann")}/export`, keys.server);
	});
});

describe("erasing a visitor", () => {
	it("leaves nothing of it, in no answer and no store, and all of the others' (I7)", async () => {
		const [made, other] = [await someSite(), await someSite()];
		const { id: tenant } = made.site;
		expect((await traces(tenant, "ann")).length).toBeGreaterThan(2);
		const copy = await begin(made, "POST", `/v1/visitors/${hashOf("ann")}/export`);
		await run(copy);
		const job = await begin(made, "DELETE", "/v1/visitors?visitor_id=ann");
		const done = await run(job);
		expect(done).toMatchObject({ status: "done", error: null, state: { events: 3, rebuild: `${job}_rebuild` } });
		expect(await traces(tenant, "ann")).toEqual([]);
		await refused(404, "GET", `/v1/jobs/${copy}/result`, made.keys.admin);
		expect(await exported(made, "ann")).toEqual([]);
		expect(await exported(made, "ben")).toEqual(["b0", "b1", "b2"]);
		expect(await exported(made, "tom")).toHaveLength(1);
		expect(await exported(other, "ann")).toEqual(["a0", "a1", "a2"]);
		const sources = (await catalogue(env, tenant, null)).map(({ source }) => source);
		expect(sources).toContain("erasure");
		await run(`${job}_rebuild`);
		for (const metric of ["signup", "*"]) {
			expect([await dayCount(tenant, metric), await dayCount(other.site.id, metric)]).toEqual([1, 2]);
		}
	});

	it("I2: killed at any step, or run twice, it erases the same", async () => {
		const made = await someSite();
		const { id: tenant } = made.site;
		const job = await begin(made, "DELETE", `/v1/visitors/${hashOf("ann")}`);
		let killed = 0;
		await run(job, async ({ state, step, dueAt }) => {
			if (dueAt > now || killed >= 12) return;
			killed++;
			// The step does all of its work, and then nobody learns of it.
			const dying = { ...bindings, DB: dyingAfter(killed) };
			await advance(dying, job, () => now).catch(() => {});
			await env.DB.prepare("UPDATE jobs SET step = ?, state = ?, status = 'waiting', due_at = ? WHERE id = ?")
				.bind(step, JSON.stringify(state), now, job)
				.run();
		});
		expect(killed).toBeGreaterThan(4);
		expect(await jobById(env, job)).toMatchObject({ status: "done" });
		expect((await jobById(env, job))?.state).toMatchObject({ events: 3, from: PAST });
		expect(await traces(tenant, "ann")).toEqual([]);
		expect(await exported(made, "ben")).toEqual(["b0", "b1", "b2"]);
	});

	it("does not bring back whom an import had: the same file again changes nothing", async () => {
		const made = await newSite();
		const lines = [
			{ id: "a0", name: "signup", ts: PAST, visitor_id: "ann" },
			{ id: "b0", name: "signup", ts: PAST, visitor_id: "ben" },
		];
		await importLines(made, lines);
		await run(await begin(made, "DELETE", "/v1/visitors?visitor_id=ann"));
		await importLines(made, lines);
		expect(await exported(made, "ann")).toEqual([]);
		expect(await exported(made, "ben")).toEqual(["b0"]);
	});

	it("finds what a compaction wrote that died before it was catalogued", async () => {
		const made = await newSite();
		const { id: tenant } = made.site;
		for (const [n, visitor_id] of ["ann", "ben"].entries()) {
			await importLines(made, [{ id: `e${n}`, name: "signup", ts: PAST, visitor_id }]);
		}
		const dying = { ...bindings, DB: dyingAfter(2) };
		const group = { tenant, partition: 0, day: new Date(PAST).toISOString().slice(0, 10) };
		await expect(compactSome(dying, group, now)).rejects.toThrow("killed");
		expect(await traces(tenant, "ann")).toHaveLength(2);
		expect(await run(await begin(made, "DELETE", "/v1/visitors?visitor_id=ann"))).toMatchObject({ status: "done" });
		expect(await traces(tenant, "ann")).toEqual([]);
		expect(await exported(made, "ben")).toEqual(["e1"]);
	});

	it("ends exports of the visitor that are under way", async () => {
		const made = await someSite();
		const copy = await begin(made, "POST", `/v1/visitors/${hashOf("ann")}/export`);
		await advance(bindings, copy, () => now);
		await run(await begin(made, "DELETE", "/v1/visitors?visitor_id=ann"));
		await advance(bindings, copy, () => now);
		expect(await jobById(env, copy)).toMatchObject({ status: "failed", error: "The visitor was erased." });
		const { objects } = await env.ARCHIVE.list({ prefix: `${archivePrefix(made.site.id)}exports/` });
		expect(objects).toEqual([]);
	});
});

/** D1 that does not answer any more after so many statements. */
function dyingAfter(statements: number): D1Database {
	let left = statements;
	return new Proxy(env.DB, {
		get(target, name) {
			const value = Reflect.get(target, name);
			if (typeof value !== "function") return value;
			return (...args: unknown[]) => {
				if (--left < 0) throw new Error("killed");
				return Reflect.apply(value, target, args);
			};
		},
	});
}
