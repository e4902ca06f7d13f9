import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { decodePart } from "../../schema/core/window.ts";
import { FLAG } from "../../schema/event.ts";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import { CODE } from "../rpc.ts";
import { directory, logStub, metricStub } from "../stubs.ts";
import { decodeRow } from "./journal.ts";
import { clock } from "./object.ts";
import { append, batch, event, someTenant } from "./testing.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

afterEach(() => {
	clock.now = () => Date.now();
});

/** What a metric object has: per minute, the sums of the total. */
async function totals(tenant: TenantId, metric: string, from: number, to: number) {
	await logStub(env, tenant, 0).pull(metric);
	const answer = await metricStub(env, tenant, metric).read({
		grain: "minute",
		from,
		to: to + MINUTE,
		parts: ["total"],
		fields: ["stats"],
	});
	return answer.windows.map(({ bucket, sections }) => {
		const cell = decodePart(sections).cells[0];
		return { bucket, count: cell?.count, views: cell?.views, duration: cell?.sum, bounces: cell?.bounces };
	});
}

async function count(tenant: TenantId, metric: string, now: number, back = 2 * HOUR): Promise<number> {
	return (await totals(tenant, metric, now - back, now)).reduce((sum, window) => sum + (window.count ?? 0), 0);
}

async function journal(tenant: TenantId) {
	return runInDurableObject(logStub(env, tenant, 0), (_, { storage }) =>
		storage.sql
			.exec("SELECT bytes FROM journal ORDER BY offset")
			.toArray()
			.map((row) => decodeRow(new Uint8Array(row.bytes as ArrayBuffer))),
	);
}

describe("append", () => {
	it("I1: an answered batch is in the journal, one row a group, its definitions before it", async () => {
		const tenant = await someTenant(env);
		expect(await append(env, tenant, [event("a", Date.now()), event("b", Date.now())])).toEqual([0, 0]);
		const rows = await journal(tenant);
		expect(rows).toHaveLength(1);
		expect(rows[0]?.config?.metrics).toEqual(["pageview"]);
		expect(rows[0]?.events[0]?.rows).toBe(2);
		expect(rows[0]?.sessions).toHaveLength(1);
	});

	it("commits the first batch after a pause at once, and those that come together in one row", async () => {
		const tenant = await someTenant(env);
		await append(env, tenant, [event("a", Date.now())]);
		const later = Date.now() + 1000;
		clock.now = () => later;
		await runInDurableObject(logStub(env, tenant, 0), (log) =>
			Promise.all([1, 2, 3, 4].map((i) => log.append(batch([event(`v${i}`, later)])))),
		);
		expect((await journal(tenant)).map((row) => row.events.length)).toEqual([1, 1, 3]);
	});

	it("answers `moved` to a sender with an older layout", async () => {
		const tenant = await someTenant(env);
		const answer = await logStub(env, tenant, 0).append(batch([event("a", Date.now())], { epoch: 0 }));
		expect(answer).toEqual({ status: "moved", epoch: 1 });
	});

	it("refuses a tenant that was never configured, and recovers once it is", async () => {
		const tenant = tenantId("log_unconfigured");
		const refused = async () => append(env, tenant, [event("a", Date.now())]);
		expect(await refused().catch((e) => String(e))).toContain("never configured");
		await directory(env, tenant).configure({
			partitions: 1,
			zone: "UTC",
			week_start: "monday",
			currency: null,
			dimensions: [],
		});
		expect(await refused()).toEqual([CODE.accepted]);
	});

	it("has new event names admitted before they are journaled", async () => {
		const tenant = await someTenant(env);
		await append(env, tenant, [
			event("a", Date.now(), { name: "signup" }),
			event("a", Date.now(), { name: "session" }),
		]);
		expect((await directory(env, tenant).config())?.metrics).toEqual(["signup"]);
		expect(await count(tenant, "signup", Date.now())).toBe(1);
		expect(await count(tenant, "(other)", Date.now())).toBe(1);
	});
});

describe("dedupe", () => {
	it("I2: a retry is a duplicate within its batch, within a group, later, and after eviction", async () => {
		const tenant = await someTenant(env);
		const [one, two] = [event("a", Date.now(), { id: "1" }), event("a", Date.now(), { id: "2" })];
		expect(await append(env, tenant, [one, one])).toEqual([CODE.accepted, CODE.duplicate]);
		const both = await Promise.all([append(env, tenant, [two]), append(env, tenant, [two, one])]);
		expect(both).toEqual([[CODE.accepted], [CODE.duplicate, CODE.duplicate]]);
		await runInDurableObject(logStub(env, tenant, 0), (_, ctx) => ctx.abort("killed")).catch(() => {});
		expect(await append(env, tenant, [two, event("b", Date.now())])).toEqual([CODE.duplicate, CODE.accepted]);
		expect(await count(tenant, "*", Date.now())).toBe(3);
		expect(await count(tenant, "ingest", Date.now())).toBe(4);
	});

	it("I2: after a checkpoint and eviction ids are found again", async () => {
		const tenant = await someTenant(env);
		const first = Date.now();
		const old = event("a", first, { id: "old" });
		await append(env, tenant, [old]);
		clock.now = () => first + 6 * MINUTE;
		await runDurableObjectAlarm(logStub(env, tenant, 0));
		await evictDurableObject(logStub(env, tenant, 0));
		expect(await append(env, tenant, [old])).toEqual([CODE.duplicate]);
	});

	it("journals what is older than the horizon, marks it late, and windows it nowhere", async () => {
		const tenant = await someTenant(env);
		const now = Date.now();
		const late = event("a", now - 48 * HOUR - 1000, { received_at: now });
		expect(await append(env, tenant, [late, event("a", now - 47 * HOUR, { received_at: now })])).toEqual([
			CODE.late,
			CODE.accepted,
		]);
		const [row] = await journal(tenant);
		expect([...(row?.events[0]?.columns.flags ?? [])]).toEqual([FLAG.late, FLAG.apart]);
		expect(row?.counts).toEqual({ late: 1 });
		expect(await count(tenant, "*", now, 72 * HOUR)).toBe(1);
		expect((await logStub(env, tenant, 0).status()).horizonMs).toBe(48 * HOUR);
	});
});

describe("sessions", () => {
	it("I2: a view that is followed takes its bounce back", async () => {
		const tenant = await someTenant(env);
		const now = Math.floor(Date.now() / MINUTE) * MINUTE;
		await append(env, tenant, [event("a", now - 3 * MINUTE)]);
		expect(await totals(tenant, "session", now - HOUR, now)).toEqual([
			{ bucket: now - 3 * MINUTE, count: 1, views: 1, duration: 0, bounces: 1 },
		]);
		await append(env, tenant, [event("a", now - MINUTE)]);
		expect(await totals(tenant, "session", now - HOUR, now)).toEqual([
			{ bucket: now - 3 * MINUTE, count: 1, views: 2, duration: 2 * MINUTE, bounces: 0 },
		]);
	});

	it("goes on with yesterday's hash while that visitor's session is open", async () => {
		const tenant = await someTenant(env);
		const now = Date.now();
		const flags = FLAG.cookieless;
		const before = event("yesterday", now - MINUTE, { flags });
		const yesterday = { yesterday_hi: before.visitor_hi, yesterday_lo: before.visitor_lo };
		await append(env, tenant, [before]);
		await append(env, tenant, [event("today", now, { flags, ...yesterday })]);
		await append(env, tenant, [event("other", now, { flags, yesterday_hi: 1, yesterday_lo: 2 })]);
		expect(await count(tenant, "session", now)).toBe(2);
		const rows = await journal(tenant);
		expect(rows[1]?.events[0]?.columns.visitor_hi[0]).toBe(before.visitor_hi);
	});

	it("leaves events of servers out", async () => {
		const tenant = await someTenant(env);
		await append(env, tenant, [event("a", Date.now(), { flags: FLAG.server })]);
		expect(await count(tenant, "session", Date.now())).toBe(0);
		expect(await count(tenant, "*", Date.now())).toBe(1);
	});
});

describe("destroy", () => {
	it("leaves nothing in storage or memory", async () => {
		const tenant = await someTenant(env);
		const one = event("a", Date.now(), { id: "1" });
		await append(env, tenant, [one]);
		await logStub(env, tenant, 0).destroy();
		await metricStub(env, tenant, "*").destroy();
		await new Promise((resolve) => setTimeout(resolve, 200));
		expect(await append(env, tenant, [one])).toEqual([CODE.accepted]);
		expect((await logStub(env, tenant, 0).status()).offset).toBe(1);
	});
});
