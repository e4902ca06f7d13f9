import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OPEN_DIMENSIONS, type TenantConfig } from "../metric.ts";
import { type PlanQuery, planSeries } from "../plan.ts";
import { hash64 } from "./hash.ts";
import { formatSeries, SeriesFold, type SeriesPlan, type SeriesResult } from "./series.ts";
import { Window, type WindowShape } from "./window.ts";
import { bucketStart, DAY, HOUR, MINUTE, zoneOf } from "./zone.ts";

const NOW = Date.parse("2026-11-22T09:23:45Z");
const config: TenantConfig = {
	version: 1,
	metrics: ["purchase"],
	dimensions: ["plan"],
	epoch: 0,
	partitions: 4,
	zone: "UTC",
	week_start: "monday",
	currency: null,
};
const hits = OPEN_DIMENSIONS.filter((dim) => dim !== "entry");
const shape: WindowShape = { cube: ["country", "device", "plan"], marginals: [], hits, signed: false };

interface Event {
	ts: number;
	country: string;
	device: string;
	plan: string;
	path: string;
	value: number;
	visitor: string;
}

const add = (window: Window, e: Event) => {
	const { hi, lo } = hash64(e.visitor);
	window.add(
		[e.country, e.device, e.plan],
		[],
		hits.map((dim) => (dim === "path" ? e.path : "")),
		e.value,
		hi,
		lo,
	);
};

function windowsOf(events: Event[], start: (t: number) => number): [number, Window][] {
	const windows = new Map<number, Window>();
	for (const e of events) {
		const at = start(e.ts);
		const window = windows.get(at) ?? new Window(shape);
		windows.set(at, window);
		add(window, e);
	}
	return [...windows].sort(([x], [y]) => x - y);
}

const minutes = (events: Event[]) => windowsOf(events, (t) => t - (t % MINUTE));

const question = (q: Partial<PlanQuery>): PlanQuery => ({
	metric: "purchase",
	measure: "count",
	from: "now-3h",
	interval: "5m",
	filters: [],
	groupBy: [],
	limit: 10,
	...q,
});

function run(plan: SeriesPlan, feed: (fold: SeriesFold) => void): SeriesResult {
	const fold = new SeriesFold(plan);
	feed(fold);
	const result = fold.finish();
	if (result.again === null) return result;
	const second = new SeriesFold(plan, result.again);
	feed(second);
	return second.finish();
}

const inRange = (plan: SeriesPlan, start: number) => start >= plan.from && start < plan.end;
const live = (plan: SeriesPlan, windows: [number, Window][]) =>
	run(plan, (fold) => {
		for (const [start, window] of windows) if (inRange(plan, start)) fold.addWindow(start, window);
	});
const stored = (plan: SeriesPlan, windows: [number, Window][]) =>
	run(plan, (fold) => {
		for (const [start, window] of windows) {
			if (!inRange(plan, start)) continue;
			const sections = window.toSections().map((section) => ({
				...section,
				uniques: plan.fields.includes("uniques") ? section.uniques : new Uint8Array(),
				quantiles: plan.fields.includes("quantiles") ? section.quantiles : new Uint8Array(),
			}));
			fold.addSections(start, sections);
		}
	});

/** What the answer must be, from the events themselves. */
function measured(measure: string, events: Event[], seconds: number): number | null {
	const values = events
		.map((e) => e.value)
		.filter((v) => !Number.isNaN(v))
		.sort((a, b) => a - b);
	const sum = values.reduce((a, b) => a + b, 0);
	switch (measure) {
		case "count":
			return events.length;
		case "rate":
			return events.length / seconds;
		case "uniques":
			return new Set(events.map((e) => e.visitor)).size;
		case "sum":
			return sum;
		case "avg":
			return values.length === 0 ? null : sum / values.length;
		case "min":
			return values[0] ?? null;
		case "max":
			return values.at(-1) ?? null;
		default:
			return values[Math.floor(0.5 * (values.length - 1))] ?? null;
	}
}

function expectNear(actual: number | null, wanted: number | null, slack: number): void {
	if (wanted === null || actual === null) expect(actual).toBe(wanted);
	else expect(Math.abs(actual - wanted)).toBeLessThanOrEqual(slack * Math.abs(wanted) + 1e-9);
}

const SLACK: Record<string, number> = { uniques: 0.1, p50: 0.0101 };
const event: fc.Arbitrary<Event> = fc.record({
	ts: fc.integer({ min: NOW - 4 * HOUR, max: NOW }),
	country: fc.constantFrom("DE", "FR", "US", "NP"),
	device: fc.constantFrom("mobile", "desktop"),
	plan: fc.constantFrom("", "pro"),
	path: fc.constantFrom("/", "/a", "/b"),
	value: fc.oneof(fc.constant(Number.NaN), fc.integer({ min: 1, max: 1000 })),
	visitor: fc.constantFrom(..."abcdefghij"),
});
const filter = fc.record({
	dim: fc.constantFrom("country", "device", "plan"),
	op: fc.constantFrom("eq", "neq", "in", "nin") as fc.Arbitrary<"eq" | "neq" | "in" | "nin">,
	values: fc.subarray(["DE", "FR", "mobile", "pro", "(none)"], { minLength: 1 }),
});
const asked = fc.record({
	kind: fc.constantFrom("timeseries", "total", "breakdown") as fc.Arbitrary<SeriesPlan["kind"]>,
	measure: fc.constantFrom("count", "rate", "uniques", "sum", "avg", "min", "max", "p50") as fc.Arbitrary<
		PlanQuery["measure"]
	>,
	interval: fc.constantFrom("1m", "5m", "15m", "1h") as fc.Arbitrary<PlanQuery["interval"]>,
	timezone: fc.constantFrom("UTC", "Asia/Kathmandu", "Asia/Tehran", "Europe/Berlin"),
	filters: fc.array(filter, { maxLength: 2 }),
	groupBy: fc.uniqueArray(fc.constantFrom("country", "device", "plan"), { maxLength: 2 }),
	limit: fc.integer({ min: 1, max: 5 }),
});

const labelOf = (e: Event, dim: string) =>
	({ country: e.country, device: e.device, plan: e.plan || "(none)" })[dim] ?? "";
const passes = (e: Event, filters: PlanQuery["filters"]) =>
	filters.every(({ dim, op, values }) => values.includes(labelOf(e, dim)) === (op === "eq" || op === "in"));

describe("a series", () => {
	it("is what the events say, for any filters, groups, intervals and zones (I3, I6)", () => {
		fc.assert(
			fc.property(fc.array(event, { maxLength: 60 }), asked, fc.boolean(), (events, q, fromStore) => {
				const plan = planSeries(question(q), config, NOW);
				const result = (fromStore ? stored : live)(plan, minutes(events));
				const kept = events.filter((e) => e.ts >= plan.from && passes(e, q.filters));
				const slack = SLACK[q.measure] ?? 1e-9;
				const seconds = (a: number, b: number) => (Math.min(b, plan.to) - Math.max(a, plan.from)) / 1000;
				const named = new Set(result.rows.map((row) => row.labels.join()));
				expect(result.rows.length).toBeLessThanOrEqual(q.limit + 1);
				for (const row of result.rows) {
					const other = row.labels[0] === "(other)";
					const mine = kept.filter((e) => {
						const key = q.groupBy.map((dim) => labelOf(e, dim)).join();
						return other ? !named.has(key) : key === row.labels.join();
					});
					expectNear(row.total, measured(q.measure, mine, seconds(plan.from, plan.to)), slack);
					row.points.forEach((value, i) => {
						const [start = 0, end = plan.end] = [plan.buckets[i], plan.buckets[i + 1]];
						const inside = mine.filter((e) => e.ts >= start && e.ts < end);
						expectNear(value, measured(q.measure, inside, seconds(start, end)), slack);
					});
				}
				expectNear(result.overall, measured(q.measure, kept, seconds(plan.from, plan.to)), slack);
				const sketched = q.measure === "uniques" || q.measure === "p50";
				expect(result.exact).toBe(!sketched || measured(q.measure, kept, 1) === (q.measure === "p50" ? null : 0));
			}),
			{ numRuns: 300 },
		);
	});

	it("ranks groups by total, and sums those past the limit into (other)", () => {
		const at = NOW - HOUR;
		const of = (country: string, n: number, visitor = country): Event[] =>
			Array.from({ length: n }, () => ({
				ts: at,
				country,
				device: "m",
				plan: "",
				path: "/",
				value: Number.NaN,
				visitor,
			}));
		const windows = minutes([...of("DE", 5), ...of("FR", 3), ...of("US", 2), ...of("NP", 1, "US")]);
		const q = question({ kind: "breakdown", groupBy: ["country"], limit: 2 });
		const counts = live(planSeries(q, config, NOW), windows);
		expect(counts.rows.map((r) => [r.labels[0], r.total])).toEqual([
			["DE", 5],
			["FR", 3],
			["(other)", 3],
		]);
		expect(counts.overall).toBe(11);
		const series = live(planSeries({ ...q, kind: "timeseries", measure: "uniques", limit: 1 }, config, NOW), windows);
		const other = series.rows.at(-1);
		expect(other?.labels).toEqual(["(other)"]);
		expect(Math.round(other?.total ?? 0)).toBe(2);
		expect(Math.max(...(other?.points ?? []).map((p) => Math.round(p ?? 0)))).toBe(2);
	});

	it("counts a visitor of two buckets and two countries once in the total", () => {
		const visit = (ts: number, country: string) => ({
			ts,
			country,
			device: "m",
			plan: "",
			path: "/",
			value: 1,
			visitor: "a",
		});
		const windows = minutes([visit(NOW - 2 * HOUR, "DE"), visit(NOW - HOUR, "FR")]);
		const plan = planSeries(question({ kind: "breakdown", measure: "uniques", groupBy: ["country"] }), config, NOW);
		const result = stored(plan, windows);
		expect(Math.round(result.overall ?? 0)).toBe(1);
		expect(result.rows.map((row) => Math.round(row.total ?? 0))).toEqual([1, 1]);
	});

	it("is empty with 0 for counts and null for averages and quantiles", () => {
		const values = (measure: PlanQuery["measure"]) =>
			live(planSeries(question({ measure, interval: "1h", from: "now-1h" }), config, NOW), []).rows.map(
				(r) => r.points,
			);
		expect(values("count")).toEqual([[0, 0]]);
		expect(values("uniques")).toEqual([[0, 0]]);
		expect(values("avg")).toEqual([[null, null]]);
		expect(values("p95")).toEqual([[null, null]]);
		expect(values("min")).toEqual([[null, null]]);
	});

	it("says the error: of uniques by the coarsest sketch, of quantiles 1 %, and none of counts (I6)", () => {
		const windows = minutes([
			{ ts: NOW - HOUR, country: "DE", device: "m", plan: "", path: "/", value: 2, visitor: "a" },
		]);
		const answer = (q: Partial<PlanQuery>) => live(planSeries(question(q), config, NOW), windows);
		expect(answer({ measure: "count" })).toMatchObject({ exact: true, error: null });
		expect(answer({ measure: "uniques" }).error).toBeCloseTo(1.04 / 2 ** 7, 6);
		expect(answer({ measure: "uniques", groupBy: ["country"] }).error).toBeCloseTo(1.04 / 2 ** 6, 6);
		expect(answer({ measure: "p50" })).toMatchObject({ exact: false, error: 0.01 });
	});

	it("that touches what passed a cap is not exact, and loses nothing of the total (I8)", () => {
		const events = Array.from({ length: 1500 }, (_, i) => ({
			ts: NOW - HOUR,
			country: `C${i}`,
			device: "m",
			plan: "",
			path: `/p${i % 700}`,
			value: 1,
			visitor: "a",
		}));
		const windows = minutes(events);
		for (const dim of ["country", "path"]) {
			const result = stored(planSeries(question({ kind: "breakdown", groupBy: [dim] }), config, NOW), windows);
			expect(result.exact).toBe(false);
			expect(result.rows.reduce((sum, row) => sum + (row.total ?? 0), 0)).toBe(1500);
		}
		const but = planSeries(question({ filters: [{ dim: "country", op: "neq", values: ["C1"] }] }), config, NOW);
		expect(stored(but, windows)).toMatchObject({ exact: false, overall: 1499 });
		expect(stored(planSeries(question({}), config, NOW), windows)).toMatchObject({ exact: true, overall: 1500 });
	});

	it("puts windows from before a dimension was declared under (none)", () => {
		const old = new Window({ ...shape, cube: ["country", "device"] });
		old.add(["DE", "m"], [], [], Number.NaN, 1, 2);
		const windows: [number, Window][] = [[NOW - HOUR - ((NOW - HOUR) % MINUTE), old]];
		for (const groupBy of [["plan"], ["country", "plan"]]) {
			const result = stored(planSeries(question({ kind: "breakdown", groupBy }), config, NOW), windows);
			expect(result.rows.map((row) => [row.labels.at(-1), row.total])).toEqual([["(none)", 1]]);
		}
		const filters: PlanQuery["filters"] = [{ dim: "plan", op: "eq", values: ["pro"] }];
		expect(stored(planSeries(question({ filters }), config, NOW), windows).overall).toBe(0);
	});

	it("finishes buckets as it goes: 90 days of 200 countries keep one sketch a country", () => {
		const day = new Window(shape);
		for (let i = 0; i < 4000; i++) {
			const { hi, lo } = hash64(`v${i}`);
			day.add([`C${i % 200}`, "m", ""], [], [], Number.NaN, hi, lo);
		}
		const sections = day.toSections().filter((section) => section.part === "dim:country");
		const plan = planSeries(
			question({ measure: "uniques", from: "now-90d", interval: "1d", groupBy: ["country"], limit: 200 }),
			config,
			NOW,
		);
		const fold = new SeriesFold(plan);
		for (const start of plan.buckets) fold.addSections(start, sections);
		const result = fold.finish();
		expect(result.rows).toHaveLength(200);
		for (const row of result.rows) expectNear(row.total, 20, 0.1);
	});

	it("stays bounded when groups do not", () => {
		const plan = planSeries(question({ kind: "breakdown", groupBy: ["path"], from: "now-3h", limit: 3 }), config, NOW);
		const fold = new SeriesFold(plan);
		let n = 0;
		for (let m = 0; m < 100; m++) {
			const window = new Window(shape);
			const start = bucketStart(zoneOf("UTC"), "1m", NOW - 100 * MINUTE + m * MINUTE);
			for (let i = 0; i < 100; i++) {
				const path = i < 10 ? "/hot" : `/p${n++}`;
				window.add(["DE", "m", ""], [], [path], Number.NaN, i, i);
			}
			fold.addWindow(start, window);
		}
		const result = fold.finish();
		expect(result.rows[0]).toMatchObject({ labels: ["/hot"], total: 1000 });
		expect(result.rows.reduce((sum, row) => sum + (row.total ?? 0), 0)).toBe(10_000);
		expect(result.exact).toBe(false);
	});

	it("refuses windows out of order", () => {
		const fold = new SeriesFold(planSeries(question({}), config, NOW));
		const { buckets } = planSeries(question({}), config, NOW);
		fold.addWindow(buckets[3] ?? 0, new Window(shape));
		expect(() => fold.addWindow(buckets[1] ?? 0, new Window(shape))).toThrow(RangeError);
	});
});

it("formats with offsets, and marks from where it is not complete", () => {
	const plan = planSeries(question({ from: "now/d", interval: "1h", timezone: "Asia/Kathmandu" }), config, NOW);
	const [series] = formatSeries(plan, live(plan, []).rows);
	expect(series?.points[0]?.[0]).toBe("2026-11-22T00:00:00+05:45");
	expect(series?.partial_from).toBe("2026-11-22T15:00:00+05:45");
	const past = planSeries(question({ from: "now-2d/d", to: "now-2d/d", interval: "1h" }), config, NOW);
	expect(past.end - past.from).toBe(DAY);
	expect(formatSeries(past, live(past, []).rows)[0]).not.toHaveProperty("partial_from");
});
