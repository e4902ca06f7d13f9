/**
 * Recomputes windows from the archive: after an import or an erasure, for a dimension that was declared later, to
 * repair. One pass at a time: some hours of a day, all metrics. Every pass reads all there is of its hours and writes
 * whole windows that win over what was there: a pass that runs twice writes the same.
 *
 * Of days that the metrics' objects answer for (the last 7) the minutes go through the object, which announces what
 * comes of them; older ones are written to D1 with a raised epoch, the hours first and from them the day. What is
 * younger than three days still changes by itself, for late events: the job waits until it is settled.
 */
import * as z from "zod";
import { type Buckets, Cut, MINUTES, type Minutes } from "../../durable-objects/log/fold.ts";
import { SETTLED_MS } from "../../durable-objects/rpc.ts";
import { directory, metricStub } from "../../durable-objects/stubs.ts";
import { gather } from "../../schema/core/scan/gather.ts";
import { SESSION_GAP } from "../../schema/core/session.ts";
import { encodeSpan, Window } from "../../schema/core/window.ts";
import { DAY, HOUR, MINUTE, type Zone, zoneOf } from "../../schema/core/zone.ts";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import { ALL, OTHER, SESSION, type TenantConfig } from "../../schema/metric.ts";
import { KEPT } from "../../schema/plan.ts";
import type { StoredWindow, Version } from "../../schema/rollup.ts";
import type { Env } from "../env.ts";
import { forgetAnswers } from "../panels/ask.ts";
import { liveHorizon } from "../query/plan.ts";
import { cutTasks, type SlotTask } from "../query/scan/tasks.ts";
import { isAnotherAtWork, type JobRow, openJobOf } from "../store/jobs.ts";
import { storedWindows } from "../store/rebuild.ts";
import { type RollupGrain, type RollupKey, readWindows, toStore, upsertWindows } from "../store/rollups.ts";
import { type SegmentRow, type Snapshot, snapshot } from "../store/segments.ts";
import { JobFailed, type RunStep, type StepResult, startJob } from "./job.ts";
import { type Reading, readSegment, readTail } from "./read.ts";
import { type Range, REFOLD_NUMBERS, refold, refoldTexts } from "./refold.ts";

/** What the steps remember, and GET /v1/jobs/:id shows as `progress`. */
const RebuildState = z.object({
	/** Whole days of the site's zone, [from, to), epoch ms. */
	from: z.number(),
	to: z.number(),
	/** What is before it is done. */
	next: z.number(),
	/** The group of metrics that comes next, where an hour has too many events for all at once. */
	group: z.int().default(0),
	windows: z.int().default(0),
	events: z.int().default(0),
	/** 0 to 1. */
	done: z.number().default(0),
	note: z.string().nullable().default(null),
});
type RebuildState = z.infer<typeof RebuildState>;

interface RebuildResult extends StepResult {
	state: Partial<RebuildState>;
}

/** Events of a pass, about: their windows are in memory together, some 15 cells an event at worst. */
const PASS_EVENTS = 150_000;
/** The same of a pass that makes minutes: they share fewer cells than hours do. */
const LIVE_PASS_EVENTS = 30_000;
/** Rows that are gathered at once, by slots: with a pass's windows what fits an isolate of 128 MB. */
const TASK_ROWS = 200_000;
/** Metrics of a pass over an hour that has more events than a pass: at their caps some 10 MB each. */
const GROUP_METRICS = 4;
/** How far a session is followed beyond the pass that it begins in, ms. What lasts longer is cut there. */
const SESSION_REACH_MS = 12 * HOUR;

/** A job that is due only after this is not at work, ms. */
const ASLEEP_MS = 60_000;
/** Before a job comes back that found another one at work, ms; up to twice of it. */
const BUSY_MS = 5_000;
/** Windows made in one pass, about: of what a site of many metrics has no more is lost where a pass dies. */
const PASS_WINDOWS = 400;

const WAITS =
	"Days since then still change, for late events: each is rebuilt once it is 3 days old. Questions over raw events have the change already.";

/**
 * Starts a rebuild of the days that touch the range, and answers the job's id: `id`, or that of one which will come to
 * all of them anyway. Days that such a one waits for are left to it.
 */
export async function beginRebuild(
	env: Env,
	tenant: TenantId,
	zone: Zone,
	range: Range,
	id: string,
	now: number,
): Promise<string> {
	const from = zone.startOf("day", range.from);
	const to = zone.next("day", zone.startOf("day", Math.max(range.from, range.to - 1)));
	const open = await openJobOf(env, tenant, "rebuild");
	const waiting = open && coming(open, zone, now);
	const own = waiting && waiting.to >= to ? Math.min(to, waiting.from) : to;
	if (open && own <= from) return open.id;
	const state = RebuildState.parse({ from, to: own, next: from });
	await startJob(env, { id, kind: "rebuild", site: tenant, step: "pass", state }, now);
	return id;
}

/** The days that a job has not come to yet. It may be in the midst of the next one, with what was there before. */
function coming({ state, status, dueAt }: JobRow, zone: Zone, now: number): Range {
	const { next, to } = RebuildState.parse(state);
	const isAsleep = status === "waiting" && dueAt > now + ASLEEP_MS;
	return { from: isAsleep ? next : zone.next("day", zone.startOf("day", next)), to };
}

/**
 * The first day of which everything is still in the archive, and still kept in D1: what is older cannot be rebuilt,
 * only lost.
 */
export function rebuildableFrom(zone: Zone, retentionDays: number, now: number): number {
	const kept = Math.max(now - retentionDays * DAY, now - KEPT.day);
	return zone.next("day", zone.startOf("day", kept));
}

/** One pass, or the wait for the next day. Repeating it is harmless. */
export const runRebuildStep: RunStep = async (env, job, now): Promise<RebuildResult> => {
	const tenant = tenantId(job.site);
	const before = RebuildState.parse(job.state);
	// Of two at once the one that read first might write last. Both may see the other: they come back at other times.
	if (await isAnotherAtWork(env, job, "rebuild", now)) {
		return { next: "pass", state: {}, waitMs: BUSY_MS * (1 + Math.random()) };
	}
	const config = await directory(env, tenant).config();
	if (config === null) throw new JobFailed("The site was never configured.");
	const zone = zoneOf(config.zone);
	if (before.next >= before.to) {
		// Windows that count otherwise now: an erased visitor no longer.
		await forgetAnswers(env, tenant);
		return { next: "done", state: { done: 1, note: null } };
	}
	const settled = zone.next("day", zone.startOf("day", before.next)) + SETTLED_MS;
	if (settled > now) {
		return { next: "pass", state: { note: WAITS }, waitMs: settled - now + MINUTE };
	}
	return runPass(env, tenant, config, zone, before, now);
};

async function runPass(
	env: Env,
	tenant: TenantId,
	config: TenantConfig,
	zone: Zone,
	state: RebuildState,
	now: number,
): Promise<RebuildResult> {
	const pass = new Pass(env, tenant, config, zone, now);
	const { to, groups } = await pass.plan(state.next);
	const group = Math.min(state.group, groups.length - 1);
	const done = await pass.run({ from: state.next, to }, groups[group] ?? null);
	const counted = { windows: state.windows + done.windows, events: state.events + done.events };
	if (group + 1 < groups.length) return { next: "pass", state: { ...counted, group: group + 1 } };
	const share = (to - state.from) / (state.to - state.from);
	return { next: "pass", state: { ...counted, next: to, group: 0, done: Math.round(share * 1000) / 1000 } };
}

/** Metrics that are folded; null: all. */
type Metrics = ReadonlySet<string> | null;

class Pass {
	readonly #env: Env;
	readonly #tenant: TenantId;
	readonly #config: TenantConfig;
	readonly #zone: Zone;
	readonly #cut: Cut;
	readonly #now: number;

	constructor(env: Env, tenant: TenantId, config: TenantConfig, zone: Zone, now: number) {
		this.#env = env;
		this.#tenant = tenant;
		this.#config = config;
		this.#zone = zone;
		this.#cut = new Cut(config);
		this.#now = now;
	}

	/** How far one pass goes, at most to the end of the day, and in how many groups of metrics. */
	async plan(from: number): Promise<{ to: number; groups: Metrics[] }> {
		const day = this.#zone.startOf("day", from);
		const end = this.#zone.next("day", day);
		const { segments } = await snapshot(this.#env, this.#tenant, { from, to: end });
		const most = this.#isLive(day) ? LIVE_PASS_EVENTS : PASS_EVENTS;
		let to = this.#hoursAreKept(day) ? this.#zone.next("hour", from) : end;
		let events = rowsIn(segments, { from, to });
		const hours = Math.max(1, Math.floor(PASS_WINDOWS / (this.#config.metrics.length + 3)));
		for (let hour = 1; to < end && hour < hours; hour++) {
			const next = this.#zone.next("hour", to);
			const more = rowsIn(segments, { from: to, to: next });
			if (events + more > most) break;
			[to, events] = [next, events + more];
		}
		return { to, groups: events > 2 * most ? this.#groups() : [null] };
	}

	/** Computes and stores the windows of a range that `plan` gave. */
	async run(range: Range, metrics: Metrics): Promise<{ windows: number; events: number }> {
		const day = this.#zone.startOf("day", range.from);
		if (this.#isLive(day)) return this.#replace(range, metrics);
		const grain = this.#hoursAreKept(day) ? "hour" : "day";
		const stored = await storedWindows(this.#env, { tenant: this.#tenant, grain, ...range });
		const version = { epoch: stored.epoch + 1, n: this.#now };
		const { windows, events } = await this.#fold(range, bucketsOf(this.#zone, grain), metrics);
		for (const { metric, bucket } of stored.windows) {
			if (metrics !== null && !metrics.has(metric)) continue;
			const buckets = windows.get(metric) ?? new Map<number, Window>();
			windows.set(metric, buckets);
			// Nothing is left of it: stored empty, because what is not stored does not replace what is.
			if (!buckets.has(bucket)) buckets.set(bucket, this.#empty(metric));
		}
		let count = 0;
		for (const buckets of windows.values()) count += buckets.size;
		await upsertWindows(this.#env, this.#stored(windows, grain, version));
		if (grain === "hour" && range.to === this.#zone.next("day", day)) count += await this.#storeDays(day, metrics);
		return { windows: count, events };
	}

	/** Windows that their objects hold. A metric that has nothing of the range is told so too. */
	async #replace(range: Range, metrics: Metrics): Promise<{ windows: number; events: number }> {
		const { windows, events } = await this.#fold(range, MINUTES, metrics);
		const names = [...new Set([...this.#metrics(), ...windows.keys()])];
		const wanted = names.filter((metric) => metrics === null || metrics.has(metric));
		let count = 0;
		for (const metric of wanted) {
			const minutes = windows.get(metric) ?? new Map<number, Window>();
			await metricStub(this.#env, this.#tenant, metric).replace({ ...range, span: encodeSpan(minutes) });
			count += minutes.size;
		}
		return { windows: count, events };
	}

	/** Whether questions about the day go to the metrics' objects. */
	#isLive(day: number): boolean {
		return day >= liveHorizon(this.#zone, this.#now);
	}

	/** Whether D1 still keeps all hours of a day, and for some time. */
	#hoursAreKept(day: number): boolean {
		return day > this.#now - KEPT.hour + DAY;
	}

	/** Those that raw events make. */
	#metrics(): string[] {
		return [ALL, SESSION, OTHER, ...this.#config.metrics];
	}

	#groups(): Metrics[] {
		const names = this.#metrics();
		return Array.from({ length: Math.ceil(names.length / GROUP_METRICS) }, (_, i) => {
			return new Set(names.slice(i * GROUP_METRICS, (i + 1) * GROUP_METRICS));
		});
	}

	async #fold(range: Range, buckets: Buckets, metrics: Metrics) {
		const windows = new Map<string, Minutes>();
		const into = (metric: string): Minutes | null => {
			if (metrics !== null && !metrics.has(metric)) return null;
			const known: Minutes = windows.get(metric) ?? new Map();
			windows.set(metric, known);
			return known;
		};
		const reach = { from: range.from - SESSION_GAP, to: range.to + SESSION_REACH_MS };
		const read = await snapshot(this.#env, this.#tenant, reach);
		let events = 0;
		for (const task of this.#tasks(read, reach)) {
			const rows = await this.#read(task, reach);
			refold(rows, range, this.#cut, buckets, into);
			const ts = rows.number("ts");
			for (let i = 0; i < rows.rows; i++) {
				const t = ts[i] as number;
				if (t >= range.from && t < range.to) events++;
			}
		}
		return { windows, events };
	}

	#tasks({ segments, sealed }: Snapshot, reach: Range): SlotTask[] {
		const { partitions } = this.#config;
		const reaches = [{ ...reach, names: null }];
		return cutTasks({ segments, sealed, partitions, reaches, taskRows: TASK_ROWS });
	}

	async #read(task: SlotTask, reach: Range) {
		const texts = refoldTexts(this.#cut);
		const reading: Reading = {
			reaches: [{ ...reach, names: null }],
			slots: [task.first, task.last],
			bots: false,
			visitor: null,
			numbers: REFOLD_NUMBERS,
			texts,
		};
		const selected = [];
		for (const ref of task.segments) {
			for await (const some of readSegment(this.#env, ref, reading)) selected.push(some);
		}
		for (const tail of task.tails) {
			for await (const some of readTail(this.#env, this.#tenant, tail, reading)) selected.push(some);
		}
		const keeps = new Map(selected.map(({ batch, keep }) => [batch, keep]));
		return gather([...keeps.keys()], REFOLD_NUMBERS, texts, (batch) => keeps.get(batch) ?? null);
	}

	#empty(metric: string): Window {
		const shape = this.#cut.shapeOf(metric);
		return new Window({ ...shape, marginals: [] });
	}

	/** As they are stored, one after the other. */
	*#stored(
		windows: ReadonlyMap<string, Minutes>,
		grain: RollupGrain,
		version: Version,
	): Generator<[RollupKey, StoredWindow]> {
		for (const [metric, buckets] of windows) {
			for (const [bucket, window] of buckets)
				yield toStore({ tenant: this.#tenant, metric, grain, bucket }, version, window);
		}
	}

	/** The day of each metric, merged from its hours as its object would. */
	async #storeDays(day: number, metrics: Metrics): Promise<number> {
		const end = this.#zone.next("day", day);
		const hours = await storedWindows(this.#env, { tenant: this.#tenant, grain: "hour", from: day, to: end });
		const days = await storedWindows(this.#env, { tenant: this.#tenant, grain: "day", from: day, to: day + 1 });
		const version = { epoch: Math.max(hours.epoch, days.epoch) + 1, n: this.#now };
		const names = new Set([...hours.windows, ...days.windows].map(({ metric }) => metric));
		const wanted = [...names].filter((metric) => metrics === null || metrics.has(metric));
		for (const metric of wanted) {
			const window = (await this.#mergeHours(metric, day, end)) ?? this.#empty(metric);
			const key = { tenant: this.#tenant, metric, grain: "day", bucket: day } as const;
			await upsertWindows(this.#env, [toStore(key, version, window)]);
		}
		return wanted.length;
	}

	async #mergeHours(metric: string, from: number, to: number): Promise<Window | null> {
		const parts = partsOf(this.#empty(metric));
		const fields = ["stats", "uniques", "quantiles"] as const;
		const read = { tenant: this.#tenant, metric, grain: "hour" as const, from, to, parts, fields: [...fields] };
		let merged: Window | null = null;
		for await (const windows of readWindows(this.#env, read)) {
			for (const { sections } of windows) {
				const hour = Window.fromSections(sections);
				merged ??= new Window(hour.shape);
				merged.merge(hour);
			}
		}
		return merged;
	}
}

/** Every part that a window of this shape may have. */
const partsOf = ({ shape: { cube, marginals, hits } }: Window): string[] => [
	"total",
	...[...cube, ...marginals].map((name) => `dim:${name}`),
	...hits.map((name) => `hit:${name}`),
	"cube",
];

const bucketsOf = (zone: Zone, grain: RollupGrain): Buckets => ({
	startOf: (t) => zone.startOf(grain, t),
	next: (start) => zone.next(grain, start),
	slots: false,
});

/** About how many rows of the segments lie in a range, as if each were spread evenly over its time. */
function rowsIn(segments: readonly SegmentRow[], { from, to }: Range): number {
	let rows = 0;
	for (const { minTs, maxTs, rows: all } of segments) {
		const shared = Math.min(to, maxTs + 1) - Math.max(from, minTs);
		if (shared > 0) rows += (all * shared) / (maxTs + 1 - minTs);
	}
	return rows;
}
