/**
 * Brings a live funnel its history. Log by log: the very automaton that counts live runs over everything that the
 * archive and the journal have of the log's slots; what it reaches becomes windows, and the state that it ends with is
 * handed to the log, which goes on from there. So what came before and what comes after meet in one offset, and nobody
 * who is in the midst of the funnel is lost or counted twice.
 *
 * The windows are stored when all logs have begun: days that the metric's object answers for, and still changes, go
 * there as one more span, older ones to D1. Another kind of job forgets a funnel's windows when it is gone.
 */
import * as z from "zod";
import { addReached, FUNNEL_SHAPE, type Minutes } from "../../durable-objects/log/fold.ts";
import { funnelRules, keptBy } from "../../durable-objects/log/funnels.ts";
import { TAIL_BYTES } from "../../durable-objects/rpc.ts";
import { directory, logStub, metricStub } from "../../durable-objects/stubs.ts";
import { tableBatch } from "../../schema/archive/table-batch.ts";
import { decodeTable } from "../../schema/core/columns.ts";
import { LiveFunnel } from "../../schema/core/funnel-live.ts";
import { funnelNeeds } from "../../schema/core/scan/funnel.ts";
import { gather } from "../../schema/core/scan/gather.ts";
import { FunnelFeed } from "../../schema/core/scan/live.ts";
import { decodeSpan, encodeSpan, Window } from "../../schema/core/window.ts";
import { DAY, MINUTE, type Zone, zoneOf } from "../../schema/core/zone.ts";
import { EVENT_LAYOUT, type EventTable } from "../../schema/event.ts";
import { archivePrefix, SLOTS, type TenantId, tenantId } from "../../schema/ids.ts";
import { type FunnelConfig, funnelWindows, type TenantConfig } from "../../schema/metric.ts";
import { KEPT } from "../../schema/plan.ts";
import type { Env } from "../env.ts";
import { type Selected, selectRows } from "../query/scan/select.ts";
import { cutTasks, type SlotTask } from "../query/scan/tasks.ts";
import { deleteRollupsOfMetric, type RollupGrain, toStore, upsertWindows } from "../store/rollups.ts";
import { type SegmentRow, snapshot } from "../store/segments.ts";
import { siteById } from "../store/sites.ts";
import { JobFailed, type RunStep, type StepResult, startJob } from "./job.ts";
import { type Reading, readSegment } from "./read.ts";
import { rebuildableFrom } from "./rebuild.ts";

type BackfillStep = "logs" | "windows" | "tidy" | "clean" | "sweep";

/** What the steps remember, and GET /v1/jobs/:id shows as `progress`. */
const BackfillState = z.object({
	/** The metric that has the windows. */
	metric: z.string(),
	/** When it began, epoch ms: decides which days go to the metric's object. */
	begun: z.number(),
	/** By partition: the journal offset after which its log counts. */
	since: z.array(z.int()).default([]),
	/** Days before this are stored in D1, epoch ms. */
	next: z.number().default(0),
	events: z.int().default(0),
	windows: z.int().default(0),
	note: z.string().nullable().default(null),
});
type BackfillState = z.infer<typeof BackfillState>;

interface BackfillResult extends StepResult {
	next: BackfillStep | "done";
	state: Partial<BackfillState>;
}

/** What the object still holds the hours of (KEEP_FUNNEL_MS), and a day for a job that is held up, ms. */
const HOT_MS = 11 * DAY;
/** Rows that are gathered at once, by slots: with the automaton what fits an isolate of 128 MB. */
const TASK_ROWS = 200_000;
/** Journal of one log that is not sealed, at most, bytes: far more than it has, unless R2 is down. */
const MAX_TAIL_BYTES = 48 * 2 ** 20;
/** A page of the automaton's state, bytes. */
const PAGE_BYTES = 900_000;
/** Windows stored in one step: each is a request to D1, of the 1,000 of an invocation. */
const STEP_WINDOWS = 400;
/** Higher than any version of the object, whose windows they never are. */
const EPOCH = 1;
/** Isolates and logs know the funnel a while longer, ms. */
const FORGOTTEN_MS = 60_000;
/** Rows deleted by one statement, and the most of one step. */
const ROWS = 200;
const STEP_ROWS = 20 * ROWS;

const partsPrefix = (tenant: TenantId, metric: string) => `${archivePrefix(tenant)}funnels/${metric}/`;

/** Starts the backfill of a generation, unless it was started already. Answers the job's id. */
export async function beginBackfill(env: Env, tenant: TenantId, funnel: FunnelConfig, now: number): Promise<string> {
	const metric = funnelWindows(funnel);
	const id = `backfill_${tenant}_${metric.replace(/\W/g, "_")}`;
	const state = BackfillState.parse({ metric, begun: now });
	await startJob(env, { id, kind: "backfill", site: tenant, step: "logs", state }, now);
	return id;
}

/** Starts to forget a generation's windows. */
export async function beginCleaning(env: Env, tenant: TenantId, metric: string, now: number): Promise<void> {
	const id = `clean_${tenant}_${metric.replace(/\W/g, "_")}`;
	const state = BackfillState.parse({ metric, begun: now });
	await startJob(env, { id, kind: "backfill", site: tenant, step: "clean", state }, now);
}

interface Filling {
	env: Env;
	tenant: TenantId;
	state: BackfillState;
	now: number;
}

const GONE: BackfillResult = { next: "clean", state: { note: "The funnel was changed or deleted meanwhile." } };

const STEPS: Record<BackfillStep, (filling: Filling) => Promise<BackfillResult>> = {
	async logs(filling) {
		const { env, tenant, state } = filling;
		const found = await funnelOf(filling);
		if (found === null) return GONE;
		const partition = state.since.length;
		const run = new PartitionRun(filling, found.config, found.funnel, partition);
		const { after, events, pages, minutes } = await run.run();
		// Before the log begins: whoever repeats this finds what belongs to the offset that it began at.
		await env.ARCHIVE.put(partKey(filling, partition, after), encodeSpan(minutes));
		const { id, generation } = found.funnel;
		const answer = await logStub(env, tenant, partition).seedFunnel({ id, generation, after, pages });
		if (answer.status === "gone") return GONE;
		if (answer.status === "trimmed") throw new Error(`log ${partition} was trimmed while its history was read`);
		const since = [...state.since, answer.since];
		const isLast = since.length === found.config.partitions;
		return { next: isLast ? "windows" : "logs", state: { since, events: state.events + events } };
	},

	async windows(filling) {
		const { state } = filling;
		const found = await funnelOf(filling);
		if (found === null) return GONE;
		const zone = zoneOf(found.config.zone);
		const all = await mergedParts(filling);
		const hot = hotFrom(zone, state);
		const recent = new Map([...all].filter(([start]) => start >= hot));
		if (state.next === 0) await giveObject(filling, recent);
		const { next, windows } = await storeDays(filling, zone, new Map([...all].filter(([start]) => start < hot)));
		const progress = { next: next ?? hot, windows: state.windows + windows };
		if (next !== null) return { next: "windows", state: progress };
		return { next: "tidy", state: { ...progress, windows: progress.windows + recent.size } };
	},

	/** Only now: whoever repeats the step before needs them. */
	async tidy(filling) {
		await deleteParts(filling);
		return { next: "done", state: {} };
	},

	async clean(filling) {
		const isDone = await clean(filling);
		return isDone ? { next: "sweep", state: {}, waitMs: FORGOTTEN_MS } : { next: "clean", state: {} };
	},

	/** A message or a span that was under way may have brought something back. */
	async sweep(filling) {
		return (await clean(filling)) ? { next: "done", state: {} } : { next: "sweep", state: {} };
	},
};

/** The funnel, if this generation of it is still defined. */
async function funnelOf({
	env,
	tenant,
	state,
}: Filling): Promise<{ config: TenantConfig; funnel: FunnelConfig } | null> {
	const config = await directory(env, tenant).config();
	if (config === null) throw new JobFailed("The site was never configured.");
	const funnel = config.funnels?.find((each) => funnelWindows(each) === state.metric);
	return funnel === undefined ? null : { config, funnel };
}

const hotFrom = (zone: Zone, { begun }: BackfillState) => zone.startOf("day", begun - HOT_MS);

/** The history of one log's visitors. */
class PartitionRun {
	readonly #filling: Filling;
	readonly #config: TenantConfig;
	readonly #funnel: FunnelConfig;
	readonly #slots: readonly [first: number, last: number];
	readonly #partition: number;
	readonly #feed: FunnelFeed;
	readonly #zone: Zone;
	readonly #minutes: Minutes = new Map();
	#events = 0;

	constructor(filling: Filling, config: TenantConfig, funnel: FunnelConfig, partition: number) {
		this.#filling = filling;
		this.#config = config;
		this.#funnel = funnel;
		this.#partition = partition;
		const first = (p: number) => Math.ceil((p * SLOTS) / config.partitions);
		this.#slots = [first(partition), first(partition + 1) - 1];
		this.#feed = new FunnelFeed(funnel);
		this.#zone = zoneOf(config.zone);
	}

	/** `after`: the journal offset up to which all of it was read. */
	async run(): Promise<{ after: number; events: number; pages: Uint8Array[]; minutes: Minutes }> {
		const { env, tenant, now } = this.#filling;
		const reach = { from: await this.#from(), to: Number.MAX_SAFE_INTEGER };
		const read = await snapshot(env, tenant, reach);
		const tail = await this.#tail(read.sealed.get(this.#partition) ?? 0);
		const kept = keptBy(this.#config.funnels?.length ?? 1);
		const live = new LiveFunnel(funnelRules(this.#funnel, this.#config.zone, kept));
		live.tick(now);
		const reaches = [{ ...reach, names: this.#feed.names }];
		for (const task of this.#tasks(read.segments, reaches)) {
			await this.#task(live, task, { ...this.#reading(task), reaches }, tail.tables);
		}
		const pages = live.encode(PAGE_BYTES);
		return { after: tail.last, events: this.#events, pages, minutes: this.#minutes };
	}

	/** The first day that the archive has whole. */
	async #from(): Promise<number> {
		const { env, tenant, now } = this.#filling;
		const site = await siteById(env, tenant);
		return rebuildableFrom(this.#zone, site?.retentionDays ?? 0, now);
	}

	#tasks(segments: SegmentRow[], reaches: Reading["reaches"]): SlotTask[] {
		const [first, last] = this.#slots;
		const { partitions } = this.#config;
		return cutTasks({ segments, sealed: new Map(), partitions, reaches, taskRows: TASK_ROWS, first, last });
	}

	#reading({ first, last }: SlotTask): Omit<Reading, "reaches"> {
		const asked = { from: 0, to: 0, where: null, ...this.#funnel };
		const { numbers, texts } = funnelNeeds(asked);
		return { slots: [first, last], bots: false, visitor: null, numbers, texts };
	}

	async #task(live: LiveFunnel, task: SlotTask, reading: Reading, tail: readonly EventTable[]): Promise<void> {
		const selected: Selected[] = [];
		for (const ref of task.segments) {
			for await (const some of readSegment(this.#filling.env, ref, reading)) selected.push(some);
		}
		const numbers = [...new Set(["visitor_hi", "visitor_lo", "ts", "flags", "slot", ...reading.numbers] as const)];
		for (const table of tail) {
			const some = selectRows(tableBatch(table, numbers, reading.texts), reading);
			if (some !== null) selected.push(some);
		}
		const keeps = new Map(selected.map(({ batch, keep }) => [batch, keep]));
		const rows = gather([...keeps.keys()], reading.numbers, reading.texts, (batch) => keeps.get(batch) ?? null);
		this.#events += rows.rows;
		this.#feed.add(live, rows, true);
		live.drain((_hi, _lo, { level, startedAt }, sign) => this.#add(startedAt, level, sign));
		for (const [minute, count] of live.takeLost()) this.#add(minute, 0, count);
	}

	/** Minutes where the object has them, else hours. */
	#add(t: number, level: number, count: number): void {
		const isHot = t >= hotFrom(this.#zone, this.#filling.state);
		const start = isHot ? Math.floor(t / MINUTE) * MINUTE : this.#zone.startOf("hour", t);
		const window = this.#minutes.get(start) ?? new Window(FUNNEL_SHAPE);
		this.#minutes.set(start, window);
		addReached(window, level, count);
	}

	/** What the log has after an offset, and the offset of its last event. */
	async #tail(after: number): Promise<{ tables: EventTable[]; last: number }> {
		const { env, tenant } = this.#filling;
		const tables: EventTable[] = [];
		let [last, bytes] = [after, 0];
		for (let at: number | null = after; at !== null; ) {
			const answer = await logStub(env, tenant, this.#partition).readTail({ after: at, bytes: TAIL_BYTES.default });
			if (answer.trimmed > at) throw new Error(`log ${this.#partition} was sealed while it was read`);
			for (const table of answer.tables) {
				tables.push(decodeTable(EVENT_LAYOUT, table.bytes));
				bytes += table.bytes.length;
				last = table.offset;
			}
			if (bytes > MAX_TAIL_BYTES) throw new Error(`log ${this.#partition} has not sealed its journal yet`);
			at = answer.next;
		}
		return { tables, last };
	}
}

const partKey = ({ tenant, state }: Filling, partition: number, since: number) =>
	`${partsPrefix(tenant, state.metric)}${partition}-${since}`;

/** The windows of all logs together, by their start. */
async function mergedParts(filling: Filling): Promise<Minutes> {
	const all: Minutes = new Map();
	for (const [partition, since] of filling.state.since.entries()) {
		const part = await filling.env.ARCHIVE.get(partKey(filling, partition, since));
		if (part === null) throw new Error(`the history of log ${partition} is not on R2`);
		for (const [start, window] of decodeSpan(new Uint8Array(await part.arrayBuffer()))) {
			const known = all.get(start);
			if (known === undefined) all.set(start, window);
			else known.merge(window);
		}
	}
	return all;
}

/** Some of these days are read from D1 already: it has them at once, and not when the object would announce them. */
async function giveObject({ env, tenant, state }: Filling, minutes: Minutes): Promise<void> {
	const object = metricStub(env, tenant, state.metric);
	await object.backfill(encodeSpan(minutes));
	await object.announceAll();
}

/** Stores days and their hours, as many as one step may. Answers the day that comes next; null: none. */
async function storeDays(
	{ env, tenant, state, now }: Filling,
	zone: Zone,
	hours: Minutes,
): Promise<{ next: number | null; windows: number }> {
	const version = { epoch: EPOCH, n: state.begun };
	const stored = (grain: RollupGrain, bucket: number, window: Window) =>
		toStore({ tenant, metric: state.metric, grain, bucket }, version, window);
	let windows = 0;
	const days = Map.groupBy([...hours], ([start]) => zone.startOf("day", start));
	for (const day of [...days.keys()].filter((start) => start >= state.next).sort((a, b) => a - b)) {
		if (windows >= STEP_WINDOWS) return { next: day, windows };
		const own = days.get(day) ?? [];
		const whole = new Window(FUNNEL_SHAPE);
		for (const [, window] of own) whole.merge(window);
		const kept = day > now - KEPT.hour + DAY ? own : [];
		const hourly = kept.map(([hour, window]) => stored("hour", hour, window));
		await upsertWindows(env, [...hourly, stored("day", day, whole)]);
		windows += own.length + 1;
	}
	return { next: null, windows };
}

async function deleteParts({ env, tenant, state }: Filling): Promise<void> {
	const { objects } = await env.ARCHIVE.list({ prefix: partsPrefix(tenant, state.metric) });
	if (objects.length > 0) await env.ARCHIVE.delete(objects.map(({ key }) => key));
}

/** Forgets the windows of a generation; false: there is more. */
async function clean(filling: Filling): Promise<boolean> {
	const { env, tenant, state } = filling;
	if ((await funnelOf(filling)) !== null) throw new JobFailed("The funnel is still defined.");
	await metricStub(env, tenant, state.metric).destroy();
	await deleteParts(filling);
	for (let deleted = 0; deleted < STEP_ROWS; deleted += ROWS) {
		if ((await deleteRollupsOfMetric(env, tenant, state.metric, ROWS)) < ROWS) return true;
	}
	return false;
}

const isStep = (step: string): step is BackfillStep => Object.hasOwn(STEPS, step);

/** Runs one step. Repeating it is harmless. */
export const runBackfillStep: RunStep = (env, { site, step, state }, now) => {
	if (!isStep(step)) throw new TypeError(`no step ${step}`);
	return STEPS[step]({ env, tenant: tenantId(site), state: BackfillState.parse(state), now });
};
