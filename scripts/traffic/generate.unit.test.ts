import { describe, expect, test } from "vitest";
import { WireEvent } from "../../schema/event.ts";
import { dayCurve, generate, type TimedEvent } from "./generate.ts";

const take = (seed: number, more = {}): TimedEvent[] => [...generate({ seed, rate: 50, minutes: 4, ...more })];

describe("generated traffic", () => {
	test("is a pure function of its options", () => {
		expect(take(1)).toEqual(take(1));
		expect(take(1)).not.toEqual(take(2));
		expect(take(1, { run: "b" }).map(({ id: _, ...rest }) => rest)).toEqual(take(1).map(({ id: _, ...rest }) => rest));
	});

	test("is in order of time, within its bounds, with ids of its own", () => {
		const events = take(3, { backfill: 2, backfillRate: 0.5 });
		const times = events.map((event) => event.at);
		expect(times).toEqual(times.toSorted((a, b) => a - b));
		expect(times[0]).toBeGreaterThanOrEqual(-2 * 3_600_000);
		expect(times.at(-1)).toBeLessThan(4 * 60_000);
		expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
		expect(times.filter((at) => at < 0).length).toBeGreaterThan(1000);
	});

	test("keeps the rate from the first minute on", () => {
		for (const events of [take(4, { rate: 100 }), take(4, { rate: 100, backfill: 1, backfillRate: 0.2 })])
			for (let minute = 0; minute < 4; minute++) {
				const count = events.filter((event) => Math.floor(event.at / 60_000) === minute).length;
				expect(count / 60).toBeGreaterThan(80);
				expect(count / 60).toBeLessThan(120);
			}
	});

	test("is what the wire takes", () => {
		for (const { at: _, ...event } of take(5)) expect(WireEvent.safeParse(event).error).toBeUndefined();
	});

	test("narrows from step to step, has values, and visitors who come again", () => {
		const events = take(6);
		const count = (test: (event: TimedEvent) => boolean) => events.filter(test).length;
		const path = (part: RegExp) => count((event) => event.name === "pageview" && part.test(event.url ?? ""));
		const funnel = [path(/./), path(/\/cart\//), path(/\/checkout\//), count((event) => event.name === "purchase")];
		expect(funnel).toEqual(funnel.toSorted((a, b) => b - a));
		expect(funnel.at(-1)).toBeGreaterThan(20);
		expect(events.filter((event) => event.name === "purchase").every((event) => (event.value ?? 0) > 0)).toBe(true);
		for (const name of ["pageview", "click", "form_submit", "add_to_cart", "signup"]) {
			expect(count((event) => event.name === name)).toBeGreaterThan(10);
		}
		const landings = events.filter((event) => event.name === "pageview" && !event.referrer?.includes("shop.example"));
		expect(new Set(landings.map((event) => event.visitor_id)).size).toBeLessThan(landings.length * 0.97);
	});

	test("a day has as many distinct visitors as the one before", () => {
		const days = [new Set<string | undefined>(), new Set<string | undefined>()] as const;
		for (const { at, visitor_id } of generate({ seed: 7, rate: 1, minutes: 0, backfill: 48, backfillRate: 0.3 }))
			days[at < -24 * 3_600_000 ? 0 : 1].add(visitor_id);
		expect(days[1].size / days[0].size).toBeGreaterThan(0.95);
		expect(days[1].size / days[0].size).toBeLessThan(1.05);
	});

	test("the day curve sleeps at night and has mean 1", () => {
		const hours = [...Array(24).keys()].map(dayCurve);
		expect(hours.reduce((sum, value) => sum + value, 0) / 24).toBeCloseTo(1, 1);
		expect(Math.min(...hours)).toBeLessThan(0.6);
		expect(hours.indexOf(Math.max(...hours))).toBeGreaterThan(16);
	});
});
