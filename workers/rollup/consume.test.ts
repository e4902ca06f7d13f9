import { env, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { metricStub } from "../../durable-objects/stubs.ts";
import { decodePart } from "../../schema/core/window.ts";
import type { TenantId } from "../../schema/ids.ts";
import type { StoredWindow } from "../../schema/rollup.ts";
import { listDeadLetters } from "../store/dead.ts";
import { readWindows } from "../store/rollups.ts";
import { consumeRollups } from "./consume.ts";
import { deliver, HOUR, message, PAST_HOUR, someTenant, visit } from "./test-rollup.ts";

const QUEUE = "nowcast-rollups";

async function stored(tenant: TenantId, metric = "*"): Promise<StoredWindow | undefined> {
	const range = { from: PAST_HOUR, to: PAST_HOUR + HOUR, parts: ["total", "dim:country", "dim:device", "cube"] };
	const fields: ("stats" | "uniques" | "quantiles")[] = ["stats", "uniques", "quantiles"];
	for await (const [window] of readWindows(env, { tenant, metric, grain: "hour", ...range, fields })) return window;
	return undefined;
}
const countOf = (window: StoredWindow | undefined) =>
	decodePart((window?.sections ?? []).filter((s) => s.part === "total")).cells[0]?.count;
const failingD1 = {
	prepare: () => {
		throw new Error("D1 is down");
	},
} as unknown as D1Database;

describe("the rollup consumer", () => {
	it("I4: stores the newest window, whatever version the message names, and tells the object", async () => {
		const tenant = await someTenant();
		await visit(tenant, "*", ["DE", "FR"]);
		await visit(tenant, "*", ["DE"]);
		const result = await deliver(consumeRollups, QUEUE, [message(tenant, { version: { epoch: 0, n: 1 } })]);
		expect(result.explicitAcks).toHaveLength(1);
		const object = metricStub(env, tenant, "*");
		expect(await stored(tenant)).toMatchObject({
			version: (await object.window({ grain: "hour", bucket: PAST_HOUR }))?.version,
		});
		expect(countOf(await stored(tenant))).toBe(3);
		const waiting = await runInDurableObject(object, (_, state) =>
			state.storage.sql.exec("SELECT * FROM dirty WHERE grain = 1").toArray(),
		);
		expect(waiting).toEqual([]);
	});

	it("I2: redelivered and reordered messages change nothing", async () => {
		const tenant = await someTenant();
		await visit(tenant, "*", ["DE", "FR"]);
		const bodies = [message(tenant, { version: { epoch: 0, n: 2 } }), message(tenant)];
		await deliver(consumeRollups, QUEUE, bodies);
		const once = await stored(tenant);
		await deliver(consumeRollups, QUEUE, bodies.reverse());
		expect(await stored(tenant)).toEqual(once);
		expect(countOf(once)).toBe(2);
	});

	it("fetches a window once, however many messages of a batch name it", async () => {
		const tenant = await someTenant();
		await visit(tenant, "*", ["DE"]);
		let fetched = 0;
		const counted = (name: string) => {
			const object = env.METRIC.getByName(name);
			const window: typeof object.window = (named) => {
				fetched++;
				return object.window(named);
			};
			return { window, confirm: (windows: Parameters<typeof object.confirm>[0]) => object.confirm(windows) };
		};
		const METRIC = new Proxy(env.METRIC, {
			get: (target, property) => (property === "getByName" ? counted : Reflect.get(target, property)),
		});
		const result = await deliver(consumeRollups, QUEUE, [message(tenant), message(tenant), message(tenant)], {
			...env,
			METRIC,
		});
		expect(result.explicitAcks).toHaveLength(3);
		expect(fetched).toBe(1);
	});

	it("acknowledges a message whose window is gone", async () => {
		const tenant = await someTenant();
		expect((await deliver(consumeRollups, QUEUE, [message(tenant)])).explicitAcks).toHaveLength(1);
		expect(await stored(tenant)).toBeUndefined();
	});

	it("buries a malformed message at once, and stores its neighbours", async () => {
		const tenant = await someTenant();
		await visit(tenant, "*", ["DE"]);
		const poison = { ...message(tenant), v: 7 };
		const result = await deliver(consumeRollups, QUEUE, [poison, message(tenant)]);
		expect(result.explicitAcks).toHaveLength(2);
		expect(countOf(await stored(tenant))).toBe(1);
		const [letter] = await listDeadLetters(env, tenant, 10);
		expect(letter).toMatchObject({ queue: QUEUE, body: JSON.stringify(poison), replayedAt: null });
		expect(letter?.reason).toContain("malformed");
	});

	it("buries a window that can be no row, and stores those that were to go with it", async () => {
		const tenant = await someTenant();
		await visit(tenant, "*", ["DE"]);
		const broken = { ...message(tenant), metric: "broken" };
		const large = {
			part: "total",
			page: 0,
			stats: new Uint8Array(2e6),
			uniques: new Uint8Array(),
			quantiles: new Uint8Array(),
		};
		const getByName = (name: string) => {
			const object = env.METRIC.getByName(name);
			if (!name.includes("broken")) return object;
			return {
				window: async () => ({ grain: "hour", bucket: PAST_HOUR, version: { epoch: 0, n: 1 }, sections: [large] }),
			};
		};
		const METRIC = new Proxy(env.METRIC, {
			get: (target, property) => (property === "getByName" ? getByName : Reflect.get(target, property)),
		});
		const result = await deliver(consumeRollups, QUEUE, [broken, message(tenant)], { ...env, METRIC });
		expect(result.explicitAcks).toHaveLength(2);
		expect(countOf(await stored(tenant))).toBe(1);
		const letters = await listDeadLetters(env, tenant, 10);
		expect(letters.map(({ reason }) => reason)).toEqual([expect.stringContaining("has 2000000 bytes")]);
	});

	it("I7: a message of no tenant's name mints none: it is buried", async () => {
		const result = await deliver(consumeRollups, QUEUE, [message("No Tenant/../")]);
		expect(result.explicitAcks).toHaveLength(1);
		expect((await listDeadLetters(env, "No Tenant/../", 10))[0]?.reason).toContain("not a tenant id");
	});

	it("retries with growing delays while D1 is down, and loses nothing", async () => {
		const tenant = await someTenant();
		await visit(tenant, "*", ["DE"]);
		const down = { ...env, DB: failingD1 };
		const waits: (number | undefined)[] = [];
		for (const attempts of [1, 2, 3, 20]) {
			const retry = (options?: QueueRetryOptions) => void waits.push(options?.delaySeconds);
			const ack = () => waits.push(Number.NaN);
			const one = { id: "m", timestamp: new Date(), body: message(tenant), attempts, ack, retry };
			const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } };
			await consumeRollups({ queue: QUEUE, messages: [one], ackAll: ack, retryAll: retry, metadata }, down);
		}
		expect(waits).toEqual([5, 10, 20, 300]);
		await deliver(consumeRollups, QUEUE, [message(tenant)], env, 4);
		expect(countOf(await stored(tenant))).toBe(1);
	});

	it("a malformed message waits in the Queue where it cannot be buried", async () => {
		const result = await deliver(consumeRollups, QUEUE, [{ nonsense: true }], { ...env, DB: failingD1 });
		expect(result.explicitAcks).toEqual([]);
		expect(result.retryMessages).toHaveLength(1);
	});
});
