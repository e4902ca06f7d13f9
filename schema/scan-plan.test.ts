import { describe, expect, it } from "vitest";
import { isPartial } from "./core/series.ts";
import { DAY, HOUR, MINUTE, zoneOf } from "./core/zone.ts";
import type { Filter } from "./expression.ts";
import { fieldNames, scanField } from "./fields.ts";
import { MAX_METRICS } from "./metric.ts";
import type { PlanConfig } from "./plan.ts";
import { Problem } from "./problem.ts";
import {
	checkEvent,
	expressionOf,
	plainFilters,
	planScan,
	planScanPrevious,
	type RawPlanQuery,
	scanSpec,
	whyScan,
} from "./scan-plan.ts";

const NOW = Date.parse("2026-11-22T09:23:45Z");
const config: PlanConfig = {
	version: 1,
	metrics: ["purchase", "signup"],
	dimensions: ["plan"],
	zone: "Europe/Berlin",
	week_start: "monday",
};
const ask = (question: Partial<RawPlanQuery>): RawPlanQuery => ({
	metric: "purchase",
	measure: "count",
	from: "now-24h",
	interval: "1h",
	filters: [],
	groupBy: [],
	limit: 10,
	...question,
});
const is = (dim: string, ...values: string[]): Filter => ({ dim, op: "in", values });

const problemOf = (work: () => unknown): Problem => {
	try {
		work();
	} catch (error) {
		if (error instanceof Problem) return error;
		throw error;
	}
	throw new Error("no problem");
};

describe("windows", () => {
	it("are enough for whole values of declared dimensions, however they are written", () => {
		const questions: Partial<RawPlanQuery>[] = [
			{},
			{ filters: [is("country", "DE")], groupBy: ["device"] },
			{ filters: [{ and: [is("country", "DE"), { dim: "plan", op: "neq", values: [1] }] }] },
			{ filters: [is("props.plan", "pro")], groupBy: ["props.plan"] },
			{ groupBy: ["path"] },
			{ measure: "uniques", exact: false },
			{ measure: "sum", exact: true },
			{ metric: "*", measure: "bounce_rate", groupBy: ["entry"] },
			{ metric: "ingest", groupBy: ["reason"] },
		];
		for (const question of questions) expect(whyScan(ask(question), config), JSON.stringify(question)).toBeNull();
		expect(plainFilters([{ and: [is("props.plan", "pro")] }], config)).toEqual([
			{ dim: "plan", op: "in", values: ["pro"] },
		]);
	});

	it("are not for anything else, and it is said why", () => {
		const questions: [Partial<RawPlanQuery>, string][] = [
			[{ filters: [is("path", "/")] }, "path"],
			[{ filters: [is("city", "Berlin")] }, "city"],
			[{ filters: [{ dim: "country", op: "contains", values: ["D"] }] }, "whole values"],
			[{ filters: [{ or: [is("country", "DE"), is("device", "mobile")] }] }, "whole values"],
			[{ filters: [{ did: "signup", at_least: 1 }] }, "whole values"],
			[{ groupBy: ["path", "country"] }, "path"],
			[{ groupBy: ["path"], filters: [is("country", "DE")] }, "path"],
			[{ groupBy: ["props.colour"] }, "props.colour"],
			[{ measure: "uniques", exact: true }, "exact"],
			[{ metric: "*", measure: "sessions", groupBy: ["path"] }, "path"],
		];
		for (const [question, why] of questions)
			expect(whyScan(ask(question), config), JSON.stringify(question)).toContain(why);
	});
});

describe("what a scan counts", () => {
	it("is named by fields of events, declared dimensions as the props they are", () => {
		const filters: Filter[] = [
			{ not: { did: "signup", at_least: 2, where: is("plan", "pro") } },
			is("traits.role", "a", "b"),
		];
		expect(scanSpec(ask({ measure: "rate", filters, groupBy: ["plan", "city"] }), config)).toEqual({
			event: "purchase",
			where: {
				and: [{ not: { did: "signup", at_least: 2, where: is("props.plan", "pro") } }, is("traits.role", "a", "b")],
			},
			groupBy: ["props.plan", "city"],
			measure: "count",
		});
		expect(scanField("country", config)).toBe("country");
		expect(fieldNames(config).filter((name) => scanField(name, config) === null)).toEqual([]);
	});

	it("is of any name for *, of sessions for their measures, and for (other) of the names past the cap", () => {
		const spec = (question: Partial<RawPlanQuery>) => scanSpec(ask(question), config);
		expect(spec({ metric: "*" })).toMatchObject({ event: null, where: null, measure: "count" });
		expect(spec({ metric: "session" })).toMatchObject({ event: null, measure: "sessions" });
		expect(spec({ metric: "*", measure: "duration", groupBy: ["entry"] })).toMatchObject({ groupBy: ["entry"] });
		expect(spec({ metric: "(other)" })).toMatchObject({
			event: null,
			where: { dim: "name", op: "nin", values: config.metrics },
		});
	});

	it("takes equality with several values for membership, as windows do", () => {
		const two = (op: "eq" | "neq") => expressionOf([{ dim: "country", op, values: ["DE", "FR"] }], config);
		expect(two("eq")).toMatchObject({ op: "in" });
		expect(two("neq")).toMatchObject({ op: "nin" });
	});

	it("refuses what nobody has, with what comes close, and filters without end", () => {
		const filtered = (...filters: Filter[]) => problemOf(() => expressionOf(filters, config));
		expect(filtered(is("contry", "DE")).options.extra).toEqual({ close: ["country"] });
		expect(filtered({ did: "signp", at_least: 1 }).code).toBe("metric");
		expect(filtered(is("props", "x")).code).toBe("dimension");
		const many = Array.from({ length: 101 }, () => is("country", "DE"));
		expect(filtered({ or: many.slice(0, 60) }, { or: many.slice(0, 60) }).message).toContain("100");
		const full = { metrics: Array.from({ length: MAX_METRICS }, (_, i) => `m${i}`), version: 1, dimensions: [] };
		expect(() => checkEvent("past the cap", full)).not.toThrow();
	});
});

describe("the plan of a scan", () => {
	const plan = (question: Partial<RawPlanQuery>, days = 90) => planScan(ask(question), config, NOW, days);
	const zone = zoneOf(config.zone);

	it("has the buckets of any step and zone, however far back", () => {
		const minutes = plan({ from: NOW - 50 * DAY, to: NOW - 50 * DAY + HOUR, interval: "1m" });
		expect(minutes.buckets[1]).toBe((minutes.buckets[0] ?? 0) + MINUTE);
		const days = plan({ from: "now-40d/d", to: "now-30d/d", interval: "1d", timezone: "Asia/Kathmandu" });
		const kathmandu = zoneOf("Asia/Kathmandu");
		for (const start of days.buckets) expect(kathmandu.startOf("day", start)).toBe(start);
		expect(isPartial(days)).toBe(false);
	});

	it("begins where a bucket does, and ends exactly where it was asked to", () => {
		const { from, to, open } = plan({ from: NOW - 5 * HOUR, to: NOW - HOUR });
		expect([from, to, open]).toEqual([zone.startOf("hour", NOW - 5 * HOUR), NOW - HOUR, false]);
		expect(plan({}).open).toBe(true);
	});

	it("goes as far back as events are kept, says so, and refuses what lies before", () => {
		const cut = plan({ from: "now-30d", interval: "1d" }, 10);
		expect(cut.from).toBeGreaterThanOrEqual(NOW - 10 * DAY);
		expect(cut.from).toBeLessThan(NOW - 9 * DAY);
		expect([cut.cutFrom !== null, isPartial(cut)]).toEqual([true, true]);
		const gone = problemOf(() => plan({ from: "now-30d", to: "now-20d" }, 10));
		expect([gone.code, gone.message]).toEqual(["range", expect.stringContaining("10 days")]);
		expect(problemOf(() => plan({ from: "now-60d", interval: "1m" })).code).toBe("points");
	});

	it("compares with the same length before, in the same steps", () => {
		const question = ask({ from: "now/d", interval: "auto" });
		const [current, previous] = [planScan(question, config, NOW, 90), planScanPrevious(question, config, NOW, 90)];
		expect(previous.step).toBe(current.step);
		expect(previous.to).toBe(NOW - DAY);
		expect(previous.from).toBe(current.from - DAY);
	});
});
