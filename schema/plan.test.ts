import { describe, expect, it } from "vitest";
import { isPartial } from "./core/series.ts";
import { DAY } from "./core/zone.ts";
import { MAX_METRICS, OTHER } from "./metric.ts";
import { metricsOf, type PlanConfig, type PlanQuery, planSeries } from "./plan.ts";

const NOW = Date.parse("2026-11-22T09:23:45Z");
const config: PlanConfig = {
	version: 1,
	metrics: ["purchase"],
	dimensions: [],
	zone: "Europe/Berlin",
	week_start: "monday",
};
const plan = (question: Partial<PlanQuery>) => {
	const base: PlanQuery = {
		metric: "*",
		measure: "count",
		from: "now-24h",
		interval: "1d",
		filters: [],
		groupBy: [],
		limit: 10,
	};
	return planSeries({ ...base, ...question }, config, NOW);
};

describe("a plan", () => {
	it("takes two zones for one only where they agree all the time between: Lagos is Berlin in winter", () => {
		// Days of Lagos are made of hours, which are kept for 90 days.
		const { from, cutFrom } = plan({ from: "now-1y", timezone: "Africa/Lagos" });
		expect(from).toBeGreaterThanOrEqual(NOW - 90 * DAY);
		expect(cutFrom).not.toBeNull();
		expect(plan({ from: "now-1y", timezone: "Europe/Paris" }).cutFrom).toBeNull();
	});

	it("is partial where it holds now or cuts a bucket (I6)", () => {
		const partial = (question: Partial<PlanQuery>) => isPartial(plan(question));
		expect(partial({ from: "now-24h" })).toBe(true);
		expect(partial({ from: "2026-11-16T00:00:00+01:00", to: "2026-11-18T00:00:00+01:00" })).toBe(false);
		expect(partial({ from: "2026-11-16T00:00:00+01:00", to: "2026-11-18T12:00:00+01:00" })).toBe(true);
		expect(partial({ from: "2026-11-11T00:00:00+01:00", to: "2026-11-16T00:00:00+01:00", interval: "1w" })).toBe(true);
		expect(partial({ kind: "total", from: "2026-11-16T00:00:00+01:00", to: "2026-11-18T12:00:00+01:00" })).toBe(false);
	});
});

describe("the metrics of a site", () => {
	it("have (other) once all names are used up (I8)", () => {
		const names = (n: number) => Array.from({ length: n }, (_, i) => `m${i}`);
		expect(metricsOf({ ...config, metrics: names(MAX_METRICS - 1) })).not.toContain(OTHER);
		expect(metricsOf({ ...config, metrics: names(MAX_METRICS) }).at(-1)).toBe(OTHER);
	});
});
