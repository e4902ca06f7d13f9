import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Env } from "../env.ts";
import { openHours } from "../store/points.ts";
import { consumeRollups } from "./consume.ts";
import { scheduled } from "./index.ts";
import { POINT_LIMITS, PointWriter } from "./points.ts";
import { dataset, deliver, message, PAST_HOUR, recorder, someTenant, visit } from "./test-rollup.ts";

const QUEUE = "nowcast-rollups";
const countries = (n: number) => Array.from({ length: n }, (_, i) => `C${i}`);

function recording() {
	const { points, binding } = dataset();
	const { sent, queue } = recorder();
	const bindings: Env = { ...env, POINTS: binding, ROLLUPS: queue };
	return { points, sent, bindings };
}
const point = (change: Partial<{ indexes: [string]; blobs: string[]; doubles: number[] }> = {}) => ({
	indexes: ["t"] as [string],
	blobs: ["b"],
	doubles: [1],
	...change,
});

describe("points of Analytics Engine", () => {
	it("are written for closed hours only: the total, and every value of every dimension", async () => {
		const tenant = await someTenant();
		await visit(tenant, "*", ["DE", "FR"]);
		const { points, bindings } = recording();
		await deliver(consumeRollups, QUEUE, [message(tenant)], bindings);
		expect(points).toEqual([]);
		await deliver(consumeRollups, QUEUE, [message(tenant, { closed: true })], bindings);
		const cells = points.map(({ blobs }) => blobs?.slice(1, 4));
		expect(cells).toEqual([
			["total", "", ""],
			["dim", "country", "DE"],
			["dim", "country", "FR"],
			["dim", "device", "mobile"],
		]);
		expect(points.every(({ indexes }) => indexes?.length === 1 && indexes[0] === tenant)).toBe(true);
		// hour (s), count, values, sum, min, max, views, bounces, uniques
		expect(points[0]?.doubles).toEqual([PAST_HOUR / 1000, 2, 2, 4, 2, 2, 0, 0, 2]);
	});

	it("are written at most once, and never amended", async () => {
		const tenant = await someTenant();
		await visit(tenant, "*", ["DE"]);
		const { points, bindings } = recording();
		const closed = message(tenant, { closed: true });
		await deliver(consumeRollups, QUEUE, [closed, closed], bindings);
		await visit(tenant, "*", ["FR"]);
		await deliver(consumeRollups, QUEUE, [closed], bindings);
		expect(points).toHaveLength(3);
	});

	it("stay below 250 an invocation; the rest is written by later ones, each point once", async () => {
		const tenant = await someTenant();
		await visit(tenant, "*", countries(300));
		const { points, sent, bindings } = recording();
		await deliver(consumeRollups, QUEUE, [message(tenant, { closed: true })], bindings);
		expect(points).toHaveLength(POINT_LIMITS.perInvocation);
		expect(sent).toHaveLength(1);
		// Late data between the two: what sorts before the mark is left out, nothing is written twice.
		await visit(tenant, "*", ["A country that sorts first"]);
		await deliver(consumeRollups, QUEUE, [sent[0]?.body], bindings);
		expect(sent).toHaveLength(1);
		const keys = points.map(({ blobs }) => JSON.stringify(blobs));
		expect(new Set(keys).size).toBe(keys.length);
		expect(keys).toHaveLength(1 + 300 + 1);
	});

	it("one invocation's limit holds over all windows of its batch", async () => {
		const tenant = await someTenant();
		for (const metric of ["a", "b", "c"]) await visit(tenant, metric, countries(200));
		const { points, sent, bindings } = recording();
		const bodies = ["a", "b", "c"].map((metric) => message(tenant, { metric, closed: true }));
		await deliver(consumeRollups, QUEUE, bodies, bindings);
		expect(points).toHaveLength(POINT_LIMITS.perInvocation);
		expect(sent).toHaveLength(2);
	});

	it("are lost, not doubled, by a crash after the mark", async () => {
		const tenant = await someTenant();
		await visit(tenant, "*", ["DE"]);
		const { points, bindings } = recording();
		const POINTS = {
			writeDataPoint: () => {
				throw new Error("crash");
			},
		};
		const closed = message(tenant, { closed: true });
		expect((await deliver(consumeRollups, QUEUE, [closed], { ...bindings, POINTS })).retryMessages).toHaveLength(1);
		await deliver(consumeRollups, QUEUE, [closed], bindings);
		expect(points).toEqual([]);
	});

	it("are sent for again by the cron where the message of the rest was lost", async () => {
		const tenant = await someTenant();
		await visit(tenant, "*", countries(300));
		const { points, sent, bindings } = recording();
		await deliver(consumeRollups, QUEUE, [message(tenant, { closed: true })], bindings);
		const [lost] = sent.splice(0);
		const soon = Date.now() + 60_000;
		const later = Date.now() + 11 * 60_000;
		expect(await openHours(env, 0, later, 100)).toContainEqual({ tenant, metric: "*", bucket: PAST_HOUR });
		const mine = () => sent.filter(({ body }) => JSON.stringify(body).includes(`"${tenant}"`));
		await scheduled({ scheduledTime: soon }, bindings);
		expect(mine()).toEqual([]);
		await scheduled({ scheduledTime: later }, bindings);
		expect(mine()).toHaveLength(1);
		await deliver(
			consumeRollups,
			QUEUE,
			mine().map(({ body }) => body),
			bindings,
		);
		expect(points).toHaveLength(302);
		expect(lost?.delaySeconds).toBeGreaterThan(0);
	});

	it.each([
		["an index above 96 bytes", point({ indexes: ["x".repeat(97)] })],
		["more than 20 blobs", point({ blobs: new Array(21).fill("") })],
		["blobs above 16 KB", point({ blobs: ["é".repeat(8193)] })],
		["more than 20 doubles", point({ doubles: new Array(21).fill(0) })],
	])("I8: %s is refused here, because locally nothing else does", (_, physical) => {
		const { binding, points } = dataset();
		expect(() => new PointWriter(binding).write(physical)).toThrow(RangeError);
		expect(points).toEqual([]);
	});

	it("I8: a 251st point of an invocation is refused", () => {
		const writer = new PointWriter(dataset().binding);
		for (let i = 0; i < 250; i++) writer.write(point());
		expect(() => writer.write(point())).toThrow(RangeError);
	});
});
