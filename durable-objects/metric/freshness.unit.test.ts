import { describe, expect, it } from "vitest";
import { Freshness, IDLE_MS, interval, nextMs, WATCHED_MS } from "./freshness.ts";

describe("when logs come next", () => {
	it("is 250 ms while watched, longer with very many partitions, 5 s otherwise", () => {
		expect(interval(true, 4)).toBe(250);
		expect(interval(true, 64)).toBe(250);
		expect(interval(true, 600)).toBe(2_000);
		expect(interval(false, 4)).toBe(5_000);
	});

	it("lands on one grid for all partitions, whenever each was answered", () => {
		for (const every of [WATCHED_MS, IDLE_MS]) {
			for (let now = 1_000_000; now < 1_000_000 + every; now += 7) {
				const wait = nextMs(every, now);
				expect(wait).toBeGreaterThanOrEqual(every / 4);
				expect(wait).toBeLessThanOrEqual(Math.min(IDLE_MS, every * 1.25));
				if (wait !== IDLE_MS) expect((now + wait) % every).toBe(0);
			}
		}
	});
});

describe("how far behind", () => {
	it("is at most what the logs were told, and grows while one cannot be reached", () => {
		const freshness = new Freshness(0);
		expect(freshness.behindMs(0)).toBe(IDLE_MS);
		freshness.pulled(1_000, true, 250, 4);
		expect(freshness.behindMs(1_000)).toBe(0);
		expect(freshness.behindMs(5_000)).toBe(250);
		freshness.told(4_000);
		expect(freshness.behindMs(5_500)).toBe(4_000);
		freshness.pulled(20_000, false, 250, 4);
		expect(freshness.behindMs(20_000)).toBe(19_000);
		freshness.pulled(21_000, true, 250, 4);
		expect(freshness.behindMs(21_100)).toBe(100);
	});

	it("does not go by what logs were told that were not heard since: one may be failing to come", () => {
		const freshness = new Freshness(0);
		freshness.pulled(1_000, true, 250, 2);
		for (let now = 1_000; now < 30_000; now += 250) freshness.heard(0, now, now);
		expect(freshness.isQuiet(30_000)).toBe(true);
		expect(freshness.behindMs(30_000)).toBe(29_000);
	});

	it("knows from the spans alone, once every partition has sent one, and by when their events came", () => {
		const freshness = new Freshness(0);
		freshness.pulled(1_000, true, 250, 2);
		freshness.pulled(20_000, false, 250, 2);
		freshness.heard(0, 29_900, 30_000);
		// It catches up: what it brings is old.
		freshness.heard(1, 12_000, 30_000);
		expect(freshness.behindMs(30_000)).toBe(18_000);
		freshness.heard(1, 29_950, 30_000);
		expect(freshness.isQuiet(30_000)).toBe(false);
		expect(freshness.behindMs(30_000)).toBe(100);
	});

	it("is never negative where a log's clock is ahead", () => {
		const freshness = new Freshness(0);
		freshness.pulled(1_000, true, 250, 1);
		freshness.heard(0, 9_000, 2_000);
		expect(freshness.behindMs(2_000)).toBe(0);
		expect(freshness.behindMs(2_100)).toBe(100);
	});
});
