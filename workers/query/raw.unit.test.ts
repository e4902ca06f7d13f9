import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventRow } from "../../schema/archive/testing.ts";
import { DAY, HOUR, MINUTE } from "../../schema/core/zone.ts";
import { type EventRow, FLAG } from "../../schema/event.ts";
import type { Filter } from "../../schema/expression.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import { type Answer, Query, type QueryInput, RAW_ANSWERS, type RawAnswer } from "../../schema/query.ts";
import { RawQuestion, type RawQuestionInput } from "../../schema/questions.ts";
import { answer, type QueryDeps } from "./index.ts";
import { rawAnswer } from "./raw.ts";
import type { ScanDeps } from "./scan/run.ts";
import { MemoryArchive } from "./scan/testing.ts";
import { mapFilters } from "./segments.ts";
import type { Source } from "./sources/source.ts";

const NOW = Date.parse("2026-11-22T09:23:45Z");
const config: TenantConfig = {
	version: 1,
	metrics: ["open", "buy", "identify"],
	dimensions: ["plan"],
	epoch: 0,
	partitions: 4,
	zone: "Asia/Kathmandu",
	week_start: "monday",
	currency: "EUR",
};
const unread: Source = {
	// biome-ignore lint/correctness/useYield: nobody reads it
	async *read() {
		throw new Error("windows are not asked");
	},
};

function deps(archive: MemoryArchive, more: Partial<ScanDeps> = {}, keptDays = 90): QueryDeps {
	const now = () => NOW;
	const sources = () => ({ window: unread, d1: unread, engine: null });
	return { config, keptDays, now, sources, scans: archive.deps({ now, ...more }) };
}

const ask = async (question: QueryInput, archive: MemoryArchive): Promise<Answer> =>
	answer(Query.parse(question), deps(archive));

async function askRaw<K extends RawQuestion["kind"]>(
	question: RawQuestionInput & { kind: K },
	archive: MemoryArchive,
	more: Partial<ScanDeps> = {},
): Promise<RawAnswer<K>> {
	const answered = await rawAnswer(RawQuestion.parse(question), deps(archive, more));
	return RAW_ANSWERS[question.kind].parse(answered) as RawAnswer<K>;
}

interface Event {
	visitor: string;
	/** Minutes before NOW. */
	ago: number;
	name: "open" | "buy";
	path: string;
	country: string;
	value: number;
	plan: string;
}

const event: fc.Arbitrary<Event> = fc.record({
	visitor: fc.constantFrom(..."abcdefgh"),
	ago: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 5 * 24 * 60 })),
	name: fc.constantFrom("open", "buy"),
	path: fc.constantFrom("/", "/a", "/b", "/b/c", ""),
	country: fc.constantFrom("DE", "FR", ""),
	value: fc.integer({ min: 0, max: 9 }),
	plan: fc.constantFrom("free", "pro", ""),
});

const rowOf = ({ visitor, ago, name, path, country, value, plan }: Event, i: number): EventRow =>
	eventRow({
		id: `e${i}`,
		visitor,
		ts: NOW - ago * MINUTE,
		received_at: NOW - ago * MINUTE + 500,
		name,
		path: path || undefined,
		country: country || undefined,
		value: name === "buy" ? value : Number.NaN,
		props: plan === "" ? undefined : JSON.stringify({ plan }),
	});

/** Some of it sealed, the rest in the tail. */
function archiveOf(events: readonly Event[], seals: number): MemoryArchive {
	const archive = new MemoryArchive(events.map(rowOf));
	for (let i = 0; i < seals; i++) archive.seal(config.dimensions);
	return archive;
}

type Test = (e: Event, all: readonly Event[]) => boolean;
/** Filters, and what they mean. */
const filter: fc.Arbitrary<[Filter, Test]> = fc.constantFrom<[Filter, Test][]>(
	[{ dim: "path", op: "starts_with", values: ["/b"] }, (e) => e.path.startsWith("/b")],
	[{ dim: "path", op: "neq", values: ["/a"] }, (e) => e.path !== "/a"],
	[{ dim: "path", op: "in", values: ["(none)", "/"] }, (e) => e.path === "" || e.path === "/"],
	[{ dim: "path", op: "matches", values: ["^/b(/c)?$"] }, (e) => /^\/b(\/c)?$/.test(e.path)],
	[{ dim: "plan", op: "not_exists", values: [] }, (e) => e.plan === ""],
	[{ dim: "value", op: "between", values: [2, 5] }, (e) => e.name === "buy" && e.value >= 2 && e.value <= 5],
	[
		{ or: [{ dim: "country", op: "eq", values: ["DE"] }, { not: { dim: "props.plan", op: "eq", values: ["pro"] } }] },
		(e) => e.country === "DE" || e.plan !== "pro",
	],
	[
		{ did: "buy", at_least: 2, within_days: 2 },
		(e, all) => all.filter((x) => x.visitor === e.visitor && x.name === "buy" && x.ago <= 2 * 24 * 60 + 1).length >= 2,
	],
);

describe("any question about raw events", () => {
	it("is answered as from the events, wherever they are (I2, I6)", async () => {
		const question = fc.record({
			measure: fc.constantFrom("count", "uniques", "sum", "max") as fc.Arbitrary<"count" | "uniques" | "sum" | "max">,
			metric: fc.constantFrom("*", "open", "buy"),
			groupBy: fc.constantFrom<string[][]>(["host"], ["path", "country"], ["props.plan", "host"]),
			limit: fc.constantFrom(1, 2, 100),
			from: fc.constantFrom("now-4h", "now-30h", "now-3d"),
			to: fc.constantFrom("now", "now-2h"),
			filters: fc.array(filter, { maxLength: 2 }),
		});
		await fc.assert(
			fc.asyncProperty(
				fc.array(event, { maxLength: 120 }),
				fc.integer({ min: 0, max: 3 }),
				question,
				async (events, seals, { filters, ...q }) => {
					// `did` looks back from the end of the range.
					fc.pre(q.to === "now" || filters.every(([f]) => !("did" in f)));
					const archive = archiveOf(events, seals);
					const asked = { ...q, interval: "1h" as const, filters: filters.map(([f]) => f) };
					const { series = [], meta } = await ask(asked, archive);
					const [from, to] = [Date.parse(meta.from), Date.parse(meta.to)];
					const meant = events.filter((e) => {
						const t = NOW - e.ago * MINUTE;
						const isNamed = q.metric === "*" || e.name === q.metric;
						return isNamed && t >= from && t < to && filters.every(([, test]) => test(e, events));
					});
					expect(meta).toMatchObject({ exact: true, error: null, behind_ms: 0, sampled: false });
					const labels = new Map<string, Event[]>();
					for (const e of meant) {
						const key = q.groupBy.map((dim) => labelOf(e, dim)).join();
						labels.set(key, [...(labels.get(key) ?? []), e]);
					}
					const shown = new Set(series.map((s) => Object.values(s.group).join()));
					for (const { group, points, total } of series) {
						const key = Object.values(group).join();
						const mine = key.startsWith("(other)")
							? [...labels].filter(([label]) => !shown.has(label)).flatMap(([, es]) => es)
							: (labels.get(key) ?? []);
						expect(total, key).toBe(measured(mine, q.measure));
						points.forEach(([t, value]) => {
							const start = Date.parse(t);
							const inside = mine.filter((e) => {
								const at = NOW - e.ago * MINUTE;
								return at >= start && at < start + HOUR;
							});
							expect(value).toBe(measured(inside, q.measure));
						});
					}
					expect(series.length).toBe(Math.min(labels.size, q.limit + 1));
				},
			),
			{ numRuns: 60 },
		);
	});

	const labelOf = (e: Event, dim: string) =>
		({ host: "", path: e.path, country: e.country, "props.plan": e.plan })[dim] || "(none)";

	function measured(events: readonly Event[], measure: "count" | "uniques" | "sum" | "max"): number | null {
		if (measure === "count") return events.length;
		if (measure === "uniques") return new Set(events.map((e) => e.visitor)).size;
		const values = events.filter((e) => e.name === "buy").map((e) => e.value);
		if (measure === "sum") return values.reduce((sum, value) => sum + value, 0);
		return values.length === 0 ? null : Math.max(...values);
	}
});

const at = (visitor: string, ago: number, name: "open" | "buy", more: Partial<Event> = {}): Event => ({
	visitor,
	ago,
	name,
	path: "/",
	country: "DE",
	value: 1,
	plan: "",
	...more,
});

describe("series from raw events", () => {
	const filters: Filter[] = [{ dim: "path", op: "exists", values: [] }];

	it("are compared with the period before, and divided by each other", async () => {
		const events = [at("a", 60, "buy"), at("b", 70, "open"), at("b", 1500, "buy"), at("c", 1600, "buy")];
		const archive = archiveOf(events, 0);
		const base = {
			kind: "breakdown",
			metric: "buy",
			filters,
			compare: "previous",
			groupBy: ["country"],
		} satisfies QueryInput;
		const { table, meta } = await ask({ ...base, from: "now-24h", explain: true }, archive);
		expect(table).toEqual([{ group: { country: "DE" }, value: 1, previous: 2 }]);
		expect(meta.plan?.map((step) => step.series)).toEqual(["series", "previous series"]);
		const ratio = {
			kind: "total",
			metric: "buy",
			divideBy: { metric: "*", measure: "uniques" },
			filters,
		} satisfies QueryInput;
		expect((await ask({ ...ratio, from: "now-24h" }, archive)).total).toBe(0.5);
	});

	it("are per second of the time that has passed", async () => {
		const events = Array.from({ length: 36 }, (_, i) => at("a", i + 1, "buy"));
		const { total } = await ask(
			{ kind: "total", metric: "buy", measure: "rate", from: NOW - HOUR, interval: "1m", filters },
			archiveOf(events, 1),
		);
		// From the minute that began 45 s before.
		expect(total).toBeCloseTo(36 / 3645, 10);
	});

	it("leave out values of other currencies than the site's", async () => {
		const rows = ["EUR", undefined, "USD"].map((currency, i) =>
			eventRow({ id: `${i}`, ts: NOW - HOUR, name: "buy", path: "/", value: 10, currency }),
		);
		const { total } = await ask({ kind: "total", metric: "buy", measure: "sum", filters }, new MemoryArchive(rows));
		expect(total).toBe(20);
	});

	it("go back as far as is kept, and say so", async () => {
		const asked = Query.parse({ kind: "total", metric: "buy", filters, from: "now-30d" });
		const { meta, total } = await answer(asked, deps(archiveOf([at("a", 4 * 24 * 60, "buy")], 0), {}, 3));
		expect([total, meta.partial]).toEqual([0, true]);
		expect(Date.parse(meta.from)).toBeGreaterThanOrEqual(NOW - 3 * DAY);
	});
});

describe("questions of other kinds", () => {
	const visits = [
		at("a", 300, "open", { plan: "pro" }),
		at("a", 290, "buy", { plan: "free" }),
		at("b", 300, "open", { plan: "free" }),
		at("c", 30, "open"),
	];

	it("funnels: those who dropped and those who may still go on, groups by the names asked for, a trend", async () => {
		const steps = [{ event: "open", label: "Opened" }, { event: "buy" }];
		const question = { kind: "funnel", from: "now-1d", steps, window: "1h", interval: "1d" } as const;
		const archive = archiveOf(visits, 1);
		const { steps: counts, groups, trend, meta } = await askRaw({ ...question, breakdown: { dim: "plan" } }, archive);
		expect(counts).toMatchObject([
			{ label: "Opened", count: 3, dropped: 1, in_progress: 1 },
			{ label: "buy", count: 1, times: { median_ms: 10 * MINUTE } },
		]);
		expect(groups?.map(({ group, steps: s }) => [group.plan, s[0]?.count])).toEqual([
			["(none)", 1],
			["free", 1],
			["pro", 1],
		]);
		expect(trend?.reduce((sum, point) => sum + point.entered, 0)).toBe(3);
		expect(meta).toMatchObject({ exact: true, partial: true, interval: "1d", timezone: "Asia/Kathmandu" });
	});

	it("the visitors of a step, one of them with its events, and the newest events", async () => {
		const archive = archiveOf(visits, 0);
		const steps = [{ event: "open" }, { event: "buy" }];
		const who = async (outcome: "reached" | "dropped" | "in_progress") =>
			(await askRaw({ kind: "visitors", from: "now-1d", funnel: { steps, window: "1h", step: 1, outcome } }, archive))
				.total;
		expect([await who("reached"), await who("dropped"), await who("in_progress")]).toEqual([3, 1, 1]);
		const { visitors } = await askRaw({ kind: "visitors", from: "now-1d", sort: "events", limit: 1 }, archive);
		expect(visitors).toMatchObject([{ events: 2, value: 1, country: "DE" }]);
		const { visitor, events } = await askRaw(
			{ kind: "visitor", from: "now-1d", visitor: visitors[0]?.visitor ?? "" },
			archive,
		);
		expect(visitor).toEqual(visitors[0]);
		expect(events.map((e) => [e.name, e.props])).toEqual([
			["buy", { plan: "free" }],
			["open", { plan: "pro" }],
		]);
		const newest = await askRaw({ kind: "events", from: "now-1d", limit: 2 }, archive);
		expect(newest.events.map((e) => e.name)).toEqual(["open", "buy"]);
		expect(newest.left_out).toBe(2);
	});

	it("a cookieless visitor, whose slot its hash does not tell", async () => {
		const row = eventRow({ id: "x", ts: NOW - HOUR, name: "open", visitor: "nobody", slot: 4000 });
		const archive = new MemoryArchive([row]).sealAll();
		const { visitors } = await askRaw({ kind: "visitors", from: "now-1d" }, archive);
		const { visitor } = await askRaw({ kind: "visitor", from: "now-1d", visitor: visitors[0]?.visitor ?? "" }, archive);
		expect(visitor?.events).toBe(1);
	});

	it("shows bots in the stream of events, and nowhere else", async () => {
		const bot = eventRow({ id: "bot", ts: NOW - HOUR, name: "open", flags: FLAG.bot });
		const archive = new MemoryArchive([bot]);
		expect((await askRaw({ kind: "events", from: "now-1d" }, archive)).events).toMatchObject([{ flags: ["bot"] }]);
		expect((await askRaw({ kind: "visitors", from: "now-1d" }, archive)).total).toBe(0);
	});

	it("retention, lifecycle and paths", async () => {
		const days = [at("a", 3 * 1440, "open"), at("a", 2 * 1440, "open"), at("b", 2 * 1440, "open"), at("b", 2, "buy")];
		const archive = archiveOf(days, 1);
		const open = { event: "open" };
		const retained = await askRaw(
			{ kind: "retention", from: "now-3d/d", start: open, return: open, periods: 1 },
			archive,
		);
		expect(retained.cohorts.map(({ size, values }) => [size, values[1]?.count])).toEqual([
			[1, 1],
			[1, 0],
			[0, 0],
			[0, undefined],
		]);
		const { points } = await askRaw({ kind: "lifecycle", from: "now-3d/d" }, archive);
		expect(points.map((p) => [p.new, p.returning, p.resurrecting, p.dormant])).toEqual([
			[1, 0, 0, 0],
			[1, 1, 0, 0],
			[0, 0, 0, 2],
			[0, 0, 1, 0],
		]);
		const path = await askRaw({ kind: "paths", from: "now-4d", anchor: open, by: "event", within: "visitor" }, archive);
		expect(path.nodes.map((node) => node.label)).toEqual(expect.arrayContaining(["open", "buy", "(end)"]));
	});

	it("answer what was read when the time was up, where that will do (I6)", async () => {
		const archive = archiveOf(visits, 1);
		const { run } = archive.deps();
		let tasks = 0;
		const now = () => NOW + (tasks > 0 ? 24_900 : 0);
		const slow: Partial<ScanDeps> = {
			now,
			snapshot: async (range) => {
				const { segments, sealed } = archive.snapshot(range);
				return { segments: segments.map((s) => ({ ...s, rows: 400_000 })), sealed };
			},
			run: (task, lane) => (tasks++ === 0 ? run(task, lane) : Promise.resolve({ status: "late" })),
		};
		const { meta } = await askRaw({ kind: "visitors", from: "now-1d", partial: true }, archive, slow);
		expect(meta).toMatchObject({ partial: true, exact: false });
		expect(meta.coverage).toBeLessThan(1);
	});
});

describe("saved segments", () => {
	it("are put in place wherever a question has filters", () => {
		const segment: Filter = { segment: "s" };
		const put: Filter = { dim: "path", op: "eq", values: ["/"] };
		const match = { event: "open", filters: [segment] };
		const questions: RawQuestionInput[] = [
			{ kind: "funnel", filters: [segment], steps: [match, match], exclusions: [{ ...match, after: 1 }] },
			{ kind: "retention", filters: [segment], start: match, return: match },
			{ kind: "paths", filters: [segment], anchor: match },
			{ kind: "lifecycle", filters: [segment] },
			{ kind: "visitors", filters: [segment], funnel: { steps: [match, match], step: 1 } },
			{ kind: "visitor", filters: [segment], visitor: "0123456789abcdef" },
			{ kind: "events", filters: [segment] },
		];
		for (const question of questions) {
			const parsed = RawQuestion.parse(question);
			const placed = JSON.parse(JSON.stringify(parsed).replaceAll(JSON.stringify(segment), JSON.stringify(put)));
			expect(mapFilters(parsed, () => put)).toEqual(placed);
		}
	});
});
