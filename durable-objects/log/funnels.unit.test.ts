import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { tableBatch } from "../../schema/archive/table-batch.ts";
import { decodeTable } from "../../schema/core/columns.ts";
import { bruteForceFunnel } from "../../schema/core/funnel.testing.ts";
import { type FunnelScan, type FunnelSteps, funnel, funnelNeeds } from "../../schema/core/scan/funnel.ts";
import { ALWAYS, gather } from "../../schema/core/scan/gather.ts";
import { matchBits } from "../../schema/core/scan/question.ts";
import { SESSION_NEEDS, sessionsOf } from "../../schema/core/scan/sessions.ts";
import { decodeSpan, type Window } from "../../schema/core/window.ts";
import { DAY, HOUR, MINUTE } from "../../schema/core/zone.ts";
import { EVENT_LAYOUT, type EventRow, type EventTable, FLAG } from "../../schema/event.ts";
import { tenantId } from "../../schema/ids.ts";
import { type FunnelConfig, funnelWindows, type TenantConfig } from "../../schema/metric.ts";
import { Alarms } from "../alarms.ts";
import type { ApplyAnswer, ApplyRequest, SeedAnswer } from "../rpc.ts";
import { type TestStorage, testStorage } from "../sqlite.testing.ts";
import { Agreement } from "./agreement.ts";
import { eventTables } from "./journal.ts";
import { type Limits, Log, type LogAlarm } from "./log.ts";
import { LogStore } from "./store.ts";
import { batch, event } from "./testing.ts";

vi.setConfig({ testTimeout: 90_000 });

const T0 = Math.floor(1_795_000_000_000 / DAY) * DAY;
const PRO = { dim: "props.plan", op: "eq" as const, values: ["pro"] };
const step = (name: string, where: FunnelConfig["steps"][number]["where"] = null) => ({
	event: name,
	where,
	label: name,
});
const FUNNEL: FunnelConfig = {
	id: "fun_a",
	name: "sales",
	generation: 1,
	steps: [step("view"), step("cart"), step("buy", PRO)],
	exclusions: [{ ...step("cancel"), after: 1 }],
	windowMs: 6 * HOUR,
	order: "ordered",
	reentry: "any",
	count: "visitors",
};
const configOf = (...funnels: FunnelConfig[]): TenantConfig => ({
	version: 1 + funnels.reduce((sum, { generation }) => sum + generation, 0),
	metrics: ["view", "cart", "buy", "cancel"],
	dimensions: [],
	epoch: 1,
	partitions: 1,
	zone: "UTC",
	week_start: "monday",
	currency: null,
	funnels,
});

/** The receiving end: a metric's minutes, each span once. */
class Metrics {
	readonly #held = new Map<string, number>();
	readonly minutes = new Map<string, Map<number, Window>>();

	async apply(metric: string, { partition, from, to, span }: ApplyRequest): Promise<ApplyAnswer> {
		const key = `${metric} ${partition}`;
		const held = this.#held.get(key) ?? from;
		if (to <= held) return { status: "applied", offset: held, nextMs: 0 };
		if (from !== held) return { status: "behind", offset: held };
		this.#held.set(key, to);
		const minutes = this.minutes.get(metric) ?? new Map<number, Window>();
		this.minutes.set(metric, minutes);
		for (const [minute, window] of decodeSpan(span)) {
			const known = minutes.get(minute);
			if (known === undefined) minutes.set(minute, window);
			else known.merge(window);
		}
		return { status: "applied", offset: to, nextMs: 0 };
	}

	/** Of each day and step, how many. */
	steps(config: FunnelConfig): Record<string, number> {
		const counts: Record<string, number> = {};
		for (const [minute, { dims, total }] of this.minutes.get(funnelWindows(config)) ?? []) {
			for (const [value, cell] of dims.get("step") ?? []) add(counts, minute, value, cell.count);
			add(counts, minute, "total", total.count);
		}
		return nonZero(counts);
	}
}

const add = (counts: Record<string, number>, t: number, value: string, by: number) => {
	const key = `${Math.floor((t - T0) / DAY)} ${value}`;
	counts[key] = (counts[key] ?? 0) + by;
};
const nonZero = (counts: Record<string, number>) =>
	Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

/** A log over real SQLite that can be evicted; its clock and its directory are the test's. */
class Partition {
	readonly storage: TestStorage = testStorage();
	readonly at: { now: number };
	readonly #directory: { config: TenantConfig };
	readonly #metrics: Metrics;
	readonly #partition: number;
	readonly #limits: Partial<Limits>;
	store!: LogStore;
	log!: Log;

	constructor(
		metrics: Metrics,
		directory: { config: TenantConfig },
		{
			partition = 0,
			at = { now: T0 },
			limits = {},
		}: { partition?: number; at?: { now: number }; limits?: Partial<Limits> } = {},
	) {
		this.#metrics = metrics;
		this.#directory = directory;
		this.#partition = partition;
		this.#limits = limits;
		this.at = at;
		this.evict();
	}

	evict(): void {
		this.store = new LogStore(this.storage);
		const asked = async () => this.#directory.config;
		this.log = new Log({
			store: this.store,
			alarms: new Alarms<LogAlarm>(this.storage),
			agreement: new Agreement({ config: asked, admit: asked }, this.store.configAt(Number.MAX_SAFE_INTEGER)),
			tenant: tenantId("unit"),
			partition: this.#partition,
			archive: { put: async () => {} },
			now: () => this.at.now,
			apply: (metric, request) => this.#metrics.apply(metric, request),
			schedule: () => {},
			scheduleFlush: () => {},
			abort: () => {},
			limits: this.#limits,
		});
	}

	async append(...rows: EventRow[]): Promise<void> {
		this.at.now += 60;
		const { version } = this.#directory.config;
		const appended = this.log.append(batch(rows, { definitions: version }));
		await new Promise((resolve) => setImmediate(resolve));
		this.log.flush();
		expect((await appended).status).toBe("ok");
	}

	seed(config: FunnelConfig, after = 0): Promise<SeedAnswer> {
		return this.log.seedFunnel({ id: config.id, generation: config.generation, after, pages: [] });
	}

	tables(): EventTable[] {
		return [...this.store.rowsAfter(0)].flatMap(({ bytes }) =>
			eventTables(bytes).map((table) => decodeTable(EVENT_LAYOUT, table)),
		);
	}
}

const asked = (from: number, steps: FunnelSteps): FunnelScan => ({
	kind: "funnel",
	from,
	to: from + DAY,
	where: null,
	...steps,
	now: from,
	breakdown: null,
	limit: 1,
	buckets: [],
});
const DAYS = Array.from({ length: 8 }, (_, i) => T0 + (i - 4) * DAY);

function rowsOf(config: FunnelConfig, tables: readonly EventTable[]) {
	const needs = funnelNeeds(asked(T0, config));
	const [numbers, texts] = [
		[...ALWAYS, ...SESSION_NEEDS.numbers, ...needs.numbers],
		[...SESSION_NEEDS.texts, ...needs.texts],
	];
	const late = (flags: ArrayLike<number>) =>
		Uint8Array.from(flags, (f) => ((f & (FLAG.late | FLAG.bot)) === 0 ? 1 : 0));
	const batches = tables.map((table) => tableBatch(table, numbers, texts));
	return gather(batches, numbers, texts, ({ numbers: { flags } }) => late(flags ?? []));
}

/** What a funnel asked of each day answers. */
function adHoc(config: FunnelConfig, tables: readonly EventTable[]): Record<string, number> {
	const rows = rowsOf(config, tables);
	const counts: Record<string, number> = {};
	for (const day of DAYS) {
		const reached = funnel.run(asked(day, config), rows).groups.get("")?.reached ?? [];
		for (const [i, count] of reached.entries()) addLevel(counts, day, i + 1, count);
	}
	return nonZero(counts);
}

function addLevel(counts: Record<string, number>, t: number, level: number, count: number): void {
	for (let k = 1; k <= level; k++) add(counts, t, String(k), count);
	add(counts, t, "total", count);
}

/** The definition: every assignment of each visitor's (or session's) events to steps is tried. */
function bruteForce(config: FunnelConfig, tables: readonly EventTable[]): Record<string, number> {
	const rows = rowsOf(config, tables);
	const ever = { from: 0, to: 1e15, where: null };
	const bits = matchBits(
		ever,
		config.steps.map((match, k) => ({ ...match, bit: 1 << k })),
		rows,
	);
	const not = matchBits(
		ever,
		config.exclusions.map((match) => ({ ...match, bit: 1 << (match.after - 1) })),
		rows,
	);
	const counts: Record<string, number> = {};
	for (const unit of unitsOf(config, rows)) {
		const of = (values: ArrayLike<number>) => unit.map((row) => values[row] as number);
		const stream = { length: unit.length, t: of(rows.number("ts")), steps: of(bits), excluded: of(not) };
		for (const day of DAYS) {
			const { level, times } = bruteForceFunnel({ ...config, steps: config.steps.length }, stream, day, day + DAY);
			if (level > 0) addLevel(counts, times[0] as number, level, 1);
			if (level > 0 && config.count === "sessions") break;
		}
	}
	return nonZero(counts);
}

function unitsOf({ count }: FunnelConfig, rows: ReturnType<typeof rowsOf>): number[][] {
	const all = Array.from({ length: rows.rows }, (_, row) => row);
	const sessions = sessionsOf(rows).of;
	const visitor = (row: number) => rows.starts.findLastIndex((start) => start <= row);
	if (count === "visitors") return [...Map.groupBy(all, visitor).values()];
	const taking = all.filter((row) => (sessions[row] as number) >= 0);
	return [...Map.groupBy(taking, (row) => sessions[row] as number).values()];
}

beforeEach(() => {
	vi.spyOn(console, "warn").mockImplementation(() => {});
});

const NAMES = ["view", "view", "view", "cart", "cart", "cart", "buy", "buy", "buy", "cancel", "other"];
const someEvent = fc.record({
	visitor: fc.nat(2),
	name: fc.constantFrom(...NAMES),
	pro: fc.constantFrom(true, true, false),
	/** Since the event before, and how late it comes, in quarters of an hour. */
	pause: fc.oneof({ weight: 9, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(60) }),
	late: fc.oneof(
		{ weight: 7, arbitrary: fc.constant(0) },
		{ weight: 2, arbitrary: fc.nat(8) },
		{ weight: 1, arbitrary: fc.nat(200) },
	),
	after: fc.constantFrom("nothing", "nothing", "nothing", "checkpoint", "evict", "again"),
});
const definition = fc.record({
	order: fc.constantFrom("ordered" as const, "ordered" as const, "strict" as const, "any" as const),
	reentry: fc.constantFrom("any" as const, "any" as const, "first" as const),
	count: fc.constantFrom("visitors" as const, "visitors" as const, "sessions" as const),
	windowMs: fc.constantFrom(HOUR, 6 * HOUR, 6 * HOUR, 30 * HOUR),
});

describe("live funnels", () => {
	it("I2, I5: whatever is late, doubled or evicted, they add up to what is asked later, and to every assignment", async () => {
		await fc.assert(
			fc.asyncProperty(
				definition,
				fc.array(someEvent, { minLength: 1, maxLength: 30, size: "max" }),
				fc.nat(24),
				async (some, stream, seedAt) => {
					const config = { ...FUNNEL, ...some, exclusions: some.order === "any" ? [] : FUNNEL.exclusions };
					const metrics = new Metrics();
					const directory = { config: configOf(config) };
					const at = { now: T0 };
					const logs = [0, 1].map((partition) => new Partition(metrics, directory, { partition, at }));
					for (const [i, { visitor, name, pro, pause, late, after }] of stream.entries()) {
						if (i === seedAt) for (const log of logs) await log.seed(config);
						at.now += pause * 15 * MINUTE;
						const log = logs[visitor % 2] as Partition;
						const ts = at.now + 60 - late * 15 * MINUTE;
						const props = JSON.stringify({ plan: pro ? "pro" : "free" });
						const row = event(`v${visitor}`, ts, { name, props, received_at: at.now + 60, id: String(i) });
						await log.append(row);
						if (after === "again") await log.append({ ...row, received_at: at.now + 60 });
						if (after === "checkpoint") log.log.checkpoint();
						if (after === "evict") log.evict();
					}
					// Repeats answer where it began.
					for (const log of logs) await log.seed(config);
					for (const log of logs) expect((await log.seed(config, 0)).status).toBe("live");
					for (const log of logs) await log.log.catchUp();
					const tables = logs.flatMap((log) => log.tables());
					const expected = adHoc(config, tables);
					if (some.count === "visitors") expect(bruteForce(config, tables)).toEqual(expected);
					expect(metrics.steps(config)).toEqual(some.count === "sessions" ? bruteForce(config, tables) : expected);
				},
			),
			{ numRuns: 150 },
		);
	});

	const view = (visitor: string, ts: number, more: Partial<EventRow> = {}) =>
		event(visitor, ts, { name: "view", ...more });
	const cart = (visitor: string, ts: number) => event(visitor, ts, { name: "cart" });
	const ONE = { "0 1": 1, "0 total": 1 };

	it("I5: that began and were lost before the next checkpoint go on where they were", async () => {
		const metrics = new Metrics();
		const log = new Partition(metrics, { config: configOf(FUNNEL) });
		await log.append(view("ann", T0));
		expect(await log.seed(FUNNEL)).toEqual({ status: "live", since: 0 });
		log.evict();
		expect(await log.seed(FUNNEL)).toEqual({ status: "live", since: 0 });
		await log.append(cart("ann", T0 + MINUTE), view("ben", T0 + MINUTE));
		log.evict();
		await log.log.catchUp();
		expect(metrics.steps(FUNNEL)).toEqual({ "0 1": 2, "0 2": 1, "0 total": 2 });
	});

	it("I2: that storage refused have not begun, and count once when they do", async () => {
		const metrics = new Metrics();
		const log = new Partition(metrics, { config: configOf(FUNNEL) });
		await log.append(view("ann", T0));
		const put = vi.spyOn(LogStore.prototype, "putFunnels").mockImplementationOnce(() => {
			throw new Error("disk full");
		});
		await expect(log.seed(FUNNEL)).rejects.toThrow("disk full");
		log.evict();
		await log.log.catchUp();
		expect(metrics.steps(FUNNEL)).toEqual({});
		expect((await log.seed(FUNNEL)).status).toBe("live");
		await log.log.catchUp();
		expect(metrics.steps(FUNNEL)).toEqual(ONE);
		put.mockRestore();
	});

	it("do not begin where the journal no longer has what is missing, or nobody defines them", async () => {
		const directory = { config: configOf(FUNNEL) };
		const log = new Partition(new Metrics(), directory);
		await log.append(view("ann", T0));
		await log.log.catchUp();
		await log.log.seal();
		log.at.now += HOUR;
		log.log.trim();
		expect(log.log.status()).toMatchObject({ trimmed: 1 });
		expect(await log.seed(FUNNEL)).toEqual({ status: "trimmed" });
		expect(await log.seed({ ...FUNNEL, generation: 2 }, 1)).toEqual({ status: "gone" });
		directory.config = configOf();
		directory.config.version = 9;
		expect(await log.seed(FUNNEL, 1)).toEqual({ status: "gone" });
	});

	it("of another definition count anew, in windows of their own; what is no longer defined gets nothing", async () => {
		const metrics = new Metrics();
		const directory = { config: configOf(FUNNEL) };
		const log = new Partition(metrics, directory);
		await log.seed(FUNNEL);
		await log.append(view("ann", T0));
		await log.log.catchUp();
		const shorter = { ...FUNNEL, generation: 2, steps: FUNNEL.steps.slice(0, 2) };
		directory.config = configOf(shorter);
		// By older definitions until the row that has the new ones.
		await log.append(cart("ann", T0 + MINUTE));
		log.evict();
		await log.log.catchUp();
		expect(metrics.steps(FUNNEL)).toEqual(ONE);
		expect(metrics.steps(shorter)).toEqual({});
		expect((await log.seed(shorter)).status).toBe("live");
		expect((await log.seed(FUNNEL)).status).toBe("gone");
		await log.append(view("ben", T0 + MINUTE));
		await log.log.catchUp();
		expect(metrics.steps(FUNNEL)).toEqual(ONE);
		expect(metrics.steps(shorter)).toEqual({ "0 1": 2, "0 2": 1, "0 total": 2 });
		expect(log.log.status().funnels).toEqual({ [funnelWindows(shorter)]: 0 });
	});

	it("forget an erased visitor; what was counted stays", async () => {
		const metrics = new Metrics();
		const log = new Partition(metrics, { config: configOf(FUNNEL) });
		await log.seed(FUNNEL);
		const ann = view("ann", T0);
		await log.append(ann);
		await log.log.erase(ann.visitor_hi, ann.visitor_lo);
		await log.append(cart("ann", T0 + MINUTE));
		await log.log.catchUp();
		expect(metrics.steps(FUNNEL)).toEqual(ONE);
	});

	it("I8: say what they gave up to save room", async () => {
		const metrics = new Metrics();
		const directory = { config: configOf(...Array.from({ length: 20 }, (_, i) => ({ ...FUNNEL, id: `fun_${i}` }))) };
		const log = new Partition(metrics, directory);
		const first = directory.config.funnels?.[0] as FunnelConfig;
		await log.seed(first);
		// Each of 20 may keep 2,000 events and attempts; an attempt is open for 6 hours, its day to the end.
		for (let i = 0; i < 12; i++) {
			const rows = Array.from({ length: 500 }, (_, n) => view(`v${i * 500 + n}`, T0 + i * MINUTE));
			await log.append(...rows);
		}
		await log.log.catchUp();
		const { "0 1": reached, "0 total": total, "0 (other)": lost = 0 } = metrics.steps(first);
		expect([reached, total]).toEqual([6000, 6000]);
		expect(lost).toBeGreaterThan(0);
		expect(lost).toBeLessThan(6000);
	});
});
