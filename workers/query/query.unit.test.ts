import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventRow } from "../../schema/archive/testing.ts";
import { hash64 } from "../../schema/core/hash.ts";
import { Window } from "../../schema/core/window.ts";
import { DAY, HOUR, MINUTE, type Unit, zoneOf } from "../../schema/core/zone.ts";
import { cubeDimensions, type Grain, type TenantConfig } from "../../schema/metric.ts";
import { shapeOf } from "../../schema/plan.ts";
import { Problem } from "../../schema/problem.ts";
import { Answer, Query, type QueryInput } from "../../schema/query.ts";
import type { Sources } from "./fetch.ts";
import { answer, type QueryDeps } from "./index.ts";
import { MemoryArchive } from "./scan/testing.ts";
import { type Source, TooSlow } from "./sources/source.ts";

/** 15:08:45 in Kathmandu, a site whose hours begin at :15 UTC. */
const NOW = Date.parse("2026-11-22T09:23:45Z");
const config: TenantConfig = {
	version: 1,
	metrics: ["purchase", "signup"],
	dimensions: [],
	epoch: 0,
	partitions: 4,
	zone: "Asia/Kathmandu",
	week_start: "monday",
	currency: null,
};

interface Event {
	ts: number;
	country: string;
	visitor: string;
}

/** The windows of one grain, cut as the site's are. */
function windows(events: readonly Event[], grain: Grain): Map<number, Window> {
	const zone = zoneOf(config.zone);
	const start = (t: number) => (grain === "minute" ? t - (t % MINUTE) : zone.startOf(grain satisfies Unit, t));
	const shape = { ...shapeOf("purchase", config), cube: cubeDimensions(config), marginals: [], hits: [] };
	const all = new Map<number, Window>();
	for (const e of events) {
		const at = start(e.ts);
		const window = all.get(at) ?? new Window(shape);
		const { hi, lo } = hash64(e.visitor);
		window.add([e.country, "mobile"], [], [], 1, hi, lo);
		all.set(at, window);
	}
	return all;
}

/** A store that keeps each grain so long (ms), and has nothing of what is younger than `lag`. */
function store(events: readonly Event[], kept: Partial<Record<Grain, number>>, lag = 0): Source {
	const grains = new Map<Grain, Map<number, Window>>();
	return {
		async *read({ grain, from, to, parts }) {
			const horizon = kept[grain];
			if (horizon === undefined) return;
			const all =
				grains.get(grain) ??
				windows(
					events.filter((e) => e.ts <= NOW - lag),
					grain,
				);
			grains.set(grain, all);
			const inside = [...all].filter(([at]) => at >= from && at < to && at >= NOW - horizon);
			const found = inside
				.sort(([a], [b]) => a - b)
				.map(([bucket, window]) => ({
					bucket,
					sections: window.toSections().filter((section) => parts.includes(section.part)),
				}));
			yield { windows: found, to, behindMs: 180 };
		},
	};
}

/** The object keeps 8 days; D1 has everything but is an hour behind, so that reading the newest from it shows. */
const stores = (events: readonly Event[]): Sources => ({
	window: store(events, { minute: 8 * DAY, hour: 8 * DAY, day: 8 * DAY }),
	d1: store(events, { hour: 90 * DAY, day: 400 * DAY }, HOUR),
	engine: null,
});
const failing = (error: Error): Source => ({
	// biome-ignore lint/correctness/useYield: it fails before it could
	async *read() {
		throw error;
	},
});
const down = failing(new Error("D1_ERROR: reset"));

const now = () => NOW;
/** Of a site of which nothing was archived. */
const deps = (sources: Sources, archive = new MemoryArchive([]), keptDays = 90): QueryDeps => ({
	config,
	keptDays,
	now,
	sources: () => sources,
	scans: archive.deps({ now }),
});

const ask = async (
	question: QueryInput,
	sources: Sources,
	archive?: MemoryArchive,
	keptDays?: number,
): Promise<Answer> => Answer.parse(await answer(Query.parse(question), deps(sources, archive, keptDays)));

const problem = async (question: QueryInput, sources = stores([]), keptDays?: number): Promise<Problem> => {
	try {
		await ask(question, sources, undefined, keptDays);
	} catch (error) {
		if (error instanceof Problem) return error;
		throw error;
	}
	throw new Error("no problem");
};

const event = (days: number): fc.Arbitrary<Event> =>
	fc.record({
		// Most events are recent, as most questions are.
		ts: fc.oneof(...[1, 8, days].map((d) => fc.integer({ min: NOW - d * DAY, max: NOW }))),
		country: fc.constantFrom("DE", "FR", "NP"),
		visitor: fc.constantFrom(..."abcdef"),
	});

describe("any question", () => {
	it("is answered from all stores as from the events, nothing twice (I2, I6)", async () => {
		const question = fc.record({
			kind: fc.constantFrom("timeseries", "total", "breakdown") as fc.Arbitrary<"timeseries" | "total" | "breakdown">,
			from: fc.constantFrom(
				"now-30m",
				"now-3h",
				"now-24h",
				"now/d",
				"now-7d",
				"now-8d",
				"now-30d",
				"now-90d",
				"now-1M/M",
				"now/w",
			),
			to: fc.constantFrom("now", "now-10m"),
			interval: fc.constantFrom("auto", "1h", "1d", "1w", "1M") as fc.Arbitrary<"auto" | "1h" | "1d" | "1w" | "1M">,
			groupBy: fc.constantFrom<string[][]>([], ["country"], ["country", "device"]),
		});
		await fc.assert(
			fc.asyncProperty(fc.array(event(120), { maxLength: 80 }), question, async (events, q) => {
				const { series = [], table = [], meta } = await ask({ ...q, metric: "purchase" }, stores(events));
				const [from, to] = [Date.parse(meta.from), Date.parse(meta.to)];
				const inside = events.filter((e) => e.ts >= from && (e.ts < to || q.to === "now"));
				const values = q.kind === "breakdown" ? table.map((row) => row.value) : series.map((s) => s.total);
				expect(values.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(inside.length);
				expect(meta).toMatchObject({ exact: true, sampled: false, error: null });
				// Whole hours of the last 90 days begin after now-90d.
				// NOW is within an hour, and now-10m too: only short steps can end with the range.
				const step = { "1m": 60_000, "5m": 300_000, "15m": 900_000 }[meta.interval];
				const cut = q.kind === "timeseries" && (step === undefined || to % step !== 0);
				expect(meta.partial).toBe(q.to === "now" || (q.from === "now-90d" && meta.interval === "1h") || cut);
				if (q.kind !== "timeseries") return;
				for (const { group, points } of series) {
					const mine = inside.filter((e) => group.country === undefined || group.country === e.country);
					points.forEach(([at, value], i) => {
						const end = Date.parse(points[i + 1]?.[0] ?? "2027-01-01T00:00:00Z");
						expect(value).toBe(mine.filter((e) => e.ts >= Date.parse(at) && e.ts < end).length);
					});
				}
			}),
			{ numRuns: 150 },
		);
	});

	it("of any instants is answered for the range that it says, near the edges of hours and days too", async () => {
		const edge = fc.tuple(
			fc.integer({ min: 0, max: 85 }),
			fc.integer({ min: -40, max: 40 }),
			fc.constantFrom("hour", "day") as fc.Arbitrary<Unit>,
		);
		const instant = edge.map(
			([days, minutes, unit]) => zoneOf(config.zone).startOf(unit, NOW - days * DAY) + minutes * MINUTE,
		);
		const near = fc.tuple(
			instant,
			instant,
			fc.constantFrom("auto", "1h", "1d", "1w") as fc.Arbitrary<"auto" | "1h" | "1d" | "1w">,
		);
		await fc.assert(
			fc.asyncProperty(
				near,
				fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 5, maxLength: 20 }),
				async ([a, b, interval], offsets) => {
					const [from, to] = [Math.min(a, b), Math.max(a, b)];
					fc.pre(from < to && from < NOW);
					const events = offsets.flatMap((m) =>
						[from, to].map((t) => ({ ts: t + m * MINUTE, country: "DE", visitor: "a" })),
					);
					const past = events.filter((e) => e.ts <= NOW);
					const { total, meta } = await ask({ kind: "total", metric: "purchase", from, to, interval }, stores(past));
					const [start, end] = [Date.parse(meta.from), Date.parse(meta.to)];
					expect(start <= from || meta.partial).toBe(true);
					expect(start - from).toBeLessThan(HOUR);
					expect(end).toBeGreaterThan(start);
					expect(total).toBe(past.filter((e) => e.ts >= start && (e.ts < end || to >= NOW)).length);
				},
			),
			{ numRuns: 200 },
		);
	});

	it("covers at least what was asked for, and says the range that it did", async () => {
		const { meta, series } = await ask({ metric: "purchase", from: "now-30d", interval: "1d" }, stores([]));
		expect(meta).toMatchObject({ from: "2026-10-23T00:00:00+05:45", to: "2026-11-22T15:08:45+05:45", interval: "1d" });
		expect(series?.[0]?.points).toHaveLength(31);
		expect(series?.[0]?.partial_from).toBe("2026-11-22T00:00:00+05:45");
	});

	it("has the same total as series, total and table", async () => {
		const events = Array.from({ length: 500 }, (_, i) => ({
			ts: NOW - i * 11 * MINUTE,
			country: "DE",
			visitor: `v${i % 7}`,
		}));
		for (const from of ["now-24h", "now-3d", "now-30d"]) {
			const of = async (kind: Query["kind"]) => ask({ kind, metric: "purchase", from }, stores(events));
			const total = (await of("total")).total;
			expect((await of("timeseries")).series?.[0]?.total).toBe(total);
			expect((await of("breakdown")).total).toBe(total);
		}
	});
});

describe("the plan", () => {
	const steps = async (question: QueryInput) =>
		(await ask({ metric: "purchase", explain: true, ...question }, stores([]))).meta.plan?.map(
			(s) => `${s.source} ${s.grain} ${s.windows}`,
		);

	it("takes minutes, hours and days from the object, and what is older from D1", async () => {
		expect(await steps({ from: "now-1h", interval: "1m" })).toEqual(["window minute 61"]);
		expect(await steps({ from: "now-24h", interval: "1h" })).toEqual(["window hour 25"]);
		expect(await steps({ from: "now-30d", interval: "1d" })).toEqual(["d1 day 23", "window day 8"]);
		expect(await steps({ from: "now-30d", interval: "1h" })).toEqual(["d1 hour 537", "window hour 184"]);
		expect(await steps({ kind: "total", from: "now-30d", interval: "1h" })).toEqual([
			"d1 hour 9",
			"d1 day 22",
			"window day 8",
		]);
	});

	it("reads hours for another zone that the site's hours fall into, minutes for one that they do not", async () => {
		expect(await steps({ from: "now-1d/d", to: "now-1d/d", interval: "1d", timezone: "Asia/Kathmandu" })).toEqual([
			"window day 1",
		]);
		const utc = { from: "2026-11-20T00:00:00Z", to: "2026-11-21T00:00:00Z", interval: "1d", timezone: "UTC" } as const;
		expect(await steps(utc)).toEqual(["window minute 15", "window hour 23", "window minute 45"]);
	});

	it("goes back only as far as hours are kept for days of another zone", async () => {
		// An hour of Karachi is no hour of Kathmandu's, but one of Berlin's.
		const berlin = { ...config, zone: "Europe/Berlin" };
		const asked = Query.parse({ metric: "purchase", from: "now-90d", interval: "1d", timezone: "Asia/Karachi" });
		const ok = await answer(asked, { ...deps(stores([])), config: berlin });
		expect(Date.parse(ok.meta.from)).toBeGreaterThanOrEqual(NOW - 90 * DAY);
		expect(Date.parse(ok.meta.from)).toBeLessThan(NOW - 89 * DAY);
		const far = await answer({ ...asked, from: "now-1y" }, { ...deps(stores([])), config: berlin });
		expect(far.meta).toMatchObject({ from: ok.meta.from, partial: true });
	});

	it("refuses another zone where nothing finer is kept, and no raw events either", async () => {
		const asked = { metric: "purchase", from: "now-30d", to: "now-20d", interval: "1d", timezone: "UTC" } as const;
		const refused = await problem(asked, stores([]), 10);
		expect([refused.status, refused.code]).toEqual([422, "zone"]);
		expect(refused.message).toContain("Asia/Kathmandu");
	});

	it("reads sessions for measures of sessions", async () => {
		const metrics: string[] = [];
		const sources = (metric: string) => {
			metrics.push(metric);
			return stores([]);
		};
		await answer(Query.parse({ measure: "bounce_rate" }), { ...deps(stores([])), sources });
		expect(metrics).toEqual(["session"]);
	});
});

describe("an exact answer", () => {
	it("is counted from raw events where the windows have none", async () => {
		const archive = new MemoryArchive(
			Array.from({ length: 7 }, (_, i) => eventRow({ id: `${i}`, ts: NOW - HOUR, name: "purchase", country: "DE" })),
		);
		// The object is down, and D1 has only what it was told.
		const sources = { ...stores([]), window: down };
		const question = { kind: "total", metric: "purchase", interval: "1h", from: "now-24h" } as const;
		expect(await ask(question, sources, archive)).toMatchObject({ total: 0, meta: { exact: false, stale: true } });
		const { total, meta } = await ask({ ...question, exact: true, explain: true }, sources, archive);
		expect([total, meta.exact, meta.sources]).toEqual([7, true, ["log"]]);
		expect(meta.plan).toMatchObject([{ source: "archive", why: expect.stringContaining("not exact") }]);
		const median = { ...question, exact: true, measure: "p50" } as const;
		expect((await ask(median, stores([]), archive)).meta.sources).toEqual(["window"]);
	});
});

describe("a histogram", () => {
	const wrong: [Partial<QueryInput>, string][] = [
		[{ groupBy: ["country"] }, "histogram"],
		[{ compare: "previous" }, "histogram"],
		[{ divideBy: { metric: "signup" } }, "histogram"],
		[{ limit: 1 }, "histogram"],
		[{ limit: 51 }, "histogram"],
		[{ metric: "session" }, "measure"],
		[{ from: "now-2d", interval: "1m" }, "points"],
	];
	it.each(wrong)("is refused with what it cannot have: %o", async (question, code) => {
		const asked = { kind: "histogram", metric: "purchase", ...question } as const;
		expect(await problem(asked)).toMatchObject({ status: 422, code });
	});

	it("of nothing has no ranges", async () => {
		const { series, meta } = await ask({ kind: "histogram", metric: "purchase" }, stores([]));
		expect([series, meta.error, meta.exact]).toEqual([[], null, true]);
	});
});

describe("compare and ratio", () => {
	const at = (hoursAgo: number, country = "DE"): Event => ({ ts: NOW - hoursAgo * HOUR, country, visitor: "a" });

	it("sets the same length just before beside it, group by group", async () => {
		const events = [at(1), at(2), at(25), at(26, "FR"), at(47, "NP"), at(49)];
		const q = {
			kind: "breakdown",
			metric: "purchase",
			from: "now-24h",
			compare: "previous",
			groupBy: ["country"],
		} satisfies QueryInput;
		const { table } = await ask(q, stores(events));
		expect(table).toEqual([{ group: { country: "DE" }, value: 2, previous: 1 }]);
		const { series, compare } = await ask({ ...q, kind: "timeseries", groupBy: [] }, stores(events));
		expect([series?.[0]?.total, compare?.[0]?.total]).toEqual([2, 3]);
		expect(compare?.[0]?.points.length).toBe(series?.[0]?.points.length);
	});

	it("divides by another series, and by nothing to null", async () => {
		const events = [at(0.2), at(0.3), at(1.5)];
		const q = {
			metric: "purchase",
			from: "now-3h",
			interval: "1h",
			divideBy: { metric: "signup", measure: "uniques" },
		} as const;
		const { series, meta } = await ask(q, stores(events));
		expect(series?.[0]?.total).toBeCloseTo(3, 1);
		expect(series?.[0]?.points.map(([, v]) => v && Math.round(v))).toEqual([null, 1, 2, null]);
		expect(meta.exact).toBe(false);
	});
});

describe("a store that fails", () => {
	const events = [
		{ ts: NOW - HOUR, country: "DE", visitor: "a" },
		{ ts: NOW - 20 * DAY, country: "DE", visitor: "a" },
	];

	it("leaves what is live, marked partial and stale, when it is D1 (I6)", async () => {
		const { total, meta } = await ask(
			{ kind: "total", metric: "purchase", from: "now-30d" },
			{ ...stores(events), d1: down },
		);
		expect(total).toBe(1);
		expect(meta).toMatchObject({ partial: true, stale: true, exact: false, sources: ["window"] });
	});

	it("is 503 or 504 where there is nothing else", async () => {
		const range = { from: "now-30d", to: "now-20d", metric: "purchase" };
		expect((await problem(range, { ...stores([]), d1: down })).status).toBe(503);
		const slow = failing(new TooSlow("10 s"));
		expect((await problem(range, { ...stores([]), d1: slow })).status).toBe(504);
		expect((await problem({ metric: "purchase", from: "now-1h" }, { ...stores([]), window: down })).status).toBe(503);
	});

	it("is replaced by D1's hours when it is the object, which say how old they are", async () => {
		const q = { metric: "purchase", from: "now-30d", interval: "1h" } as const;
		const { series, meta } = await ask(q, { ...stores(events), window: down });
		expect(series?.[0]?.total).toBe(2);
		expect(meta).toMatchObject({ stale: true, exact: false, sources: ["d1"] });
		// The newest that D1 has is from two hours ago, or five minutes ago at best.
		expect(meta.behind_ms).toBeGreaterThan(300_000);
		const fresh = { ...stores(events), window: down, d1: store(events, { hour: 90 * DAY, day: 400 * DAY }) };
		expect((await ask({ ...q, interval: "1d" }, fresh)).meta.behind_ms).toBe(300_000);
	});

	it("is replaced by Analytics Engine alone, sampled, when it is D1 and that is there", async () => {
		const sources: Sources = {
			...stores(events),
			d1: down,
			engine: async (plan, fold) => {
				const cell = {
					count: 40,
					values: 0,
					sum: 0,
					min: 0,
					max: 0,
					views: 0,
					bounces: 0,
					uniques: null,
					quantiles: null,
				};
				fold.addPart(plan.from, { rows: [[[], cell]], other: null, exact: false });
				return 4;
			},
		};
		const q = { metric: "purchase", from: "2026-10-23T18:15:00Z", interval: "1h" } as const;
		const { series, meta } = await ask(q, sources);
		expect(series?.[0]?.total).toBe(40);
		expect(meta).toMatchObject({ sampled: true, exact: false, sources: ["engine"], rows_read: 4 });
	});
});

describe("a question that means nothing", () => {
	it.each([
		[{ metric: "purchas" }, "metric", "purchase"],
		[{ metric: "purchase", groupBy: ["contry"] }, "dimension", "country"],
		[{ metric: "purchase", groupBy: ["entry"] }, "dimension", "fields"],
		[{ metric: "purchase", groupBy: ["value"] }, "dimension", "filter by it"],
		[{ metric: "purchase", filters: [{ dim: "cuntry", values: ["DE"] }] }, "dimension", "country"],
		[{ metric: "purchase", filters: [{ dim: "path", op: "matches", values: ["(a{99}){99}"] }] }, "filter", "large"],
		[{ metric: "purchase", filters: [{ dim: "path", op: "matches", values: ["("] }] }, "filter", "("],
		[{ metric: "purchase", filters: [{ dim: "value", op: "between", values: [3] }] }, "filter", "two"],
		[{ metric: "purchase", filters: [{ dim: "path", values: [] }] }, "filter", "values"],
		[{ metric: "purchase", filters: [{ did: "purchas" }] }, "metric", "purchase"],
		[{ metric: "ingest", filters: [{ dim: "path", values: ["/"] }] }, "dimension", "reason"],
		[{ metric: "ingest", filters: [{ dim: "reason", op: "contains", values: ["b"] }] }, "filter", "ingest"],
		[{ metric: "purchase", groupBy: ["city"], from: "now-200d", to: "now-100d" }, "range", "90 days"],
		[{ metric: "purchase", groupBy: ["country", "country"] }, "dimension", "twice"],
		[{ metric: "purchase", measure: "bounce_rate" }, "measure", "uniques"],
		[{ metric: "ingest", measure: "uniques" }, "measure", "count"],
		[{ metric: "purchase", from: "now", to: "now-1h" }, "range", "before"],
		[{ metric: "purchase", from: "now+1h", to: "now+2h" }, "range", "future"],
		[{ metric: "purchase", from: "yesterday" }, "range", "now-24h"],
		[{ metric: "purchase", from: "now-100d", to: "now-99d", interval: "1m" }, "range", "8 days"],
		[{ metric: "purchase", from: "now-8d", interval: "1m" }, "points", "11000"],
		[{ metric: "purchase", from: "now-7d", interval: "1m", groupBy: ["country"], limit: 1000 }, "points", "limit"],
		[{ metric: "purchase", timezone: "Mars/Olympus" }, "zone", "Europe/Berlin"],
	] satisfies [QueryInput, string, string][])("%o is 422 and says what to do", async (question, code, hint) => {
		const refused = await problem(question);
		expect([refused.status, refused.code]).toEqual([422, code]);
		expect(refused.message).toContain(hint);
	});

	it("but one that reaches further back than is kept is answered as far as it goes", async () => {
		const { meta } = await ask({ metric: "purchase", from: "now-200d", interval: "1h" }, stores([]));
		expect(meta.partial).toBe(true);
		expect(Date.parse(meta.from)).toBeGreaterThan(NOW - 90 * DAY - HOUR);
	});
});

describe("days that are being rebuilt, after an import or an erasure", () => {
	const imported = () =>
		new MemoryArchive(
			[3, 4].map((days) => eventRow({ id: `${days}`, name: "purchase", ts: NOW - days * DAY, visitor: "ann" })),
		).sealAll();
	const total = async (from: string, to: string, rebuilding: { from: number; to: number }[]) => {
		const question = Query.parse({ kind: "total", metric: "purchase", from, to, explain: true });
		return answer(question, { ...deps(stores([]), imported()), rebuilding });
	};
	const days = [{ from: NOW - 5 * DAY, to: NOW - 2 * DAY }];

	it("are answered from the archive, which has them already", async () => {
		expect((await total("now-6d", "now-1d", [])).total).toBe(0);
		const { total: counted, meta } = await total("now-6d", "now-1d", days);
		expect(counted).toBe(2);
		expect(meta).toMatchObject({ sources: ["archive"], exact: true });
		expect(JSON.stringify(meta.plan)).toContain("rebuilt");
		expect((await total("now-1d", "now", days)).meta.sources).toEqual(["window"]);
	});

	it("are told to be outdated where the question reaches further back than the archive", async () => {
		const { meta } = await total("now-300d", "now", days);
		expect(meta).toMatchObject({ exact: false, stale: true });
		expect(meta.sources).not.toContain("archive");
	});
});
