/**
 * A scan from the query's side: a snapshot of the archive, cut into tasks, each an invocation of its own, their partial
 * results merged as they come. Bounded in rows, in time, and in tasks under way; ended where the caller goes away.
 */
import { SLOTS } from "../../../schema/ids.ts";
import { Problem } from "../../../schema/problem.ts";
import type { Fetched, SourceName } from "../fetch.ts";
import { KINDS, type KindName, type PartialOf, type QuestionOf } from "./kinds.ts";
import type { ScanTask, TaskAnswer } from "./task.ts";
import { cutTasks, isWanted, type Reach, type SegmentInfo, type SlotTask } from "./tasks.ts";

/** The archive at a moment (workers/store/segments.ts). */
export interface ArchiveSnapshot {
	segments: readonly SegmentInfo[];
	sealed: ReadonlyMap<number, number>;
}

export interface ScanDeps {
	/** Runs a task. Of a lane there is one under way at a time. */
	run<K extends KindName>(task: ScanTask<K>, lane: number): Promise<TaskAnswer<K>>;
	/** Tasks under way at once. */
	lanes: number;
	partitions: number;
	snapshot(range: { from: number; to: number }): Promise<ArchiveSnapshot>;
	now(): number;
	/** The caller's; null: nobody can go away. */
	signal: AbortSignal | null;
}

export interface ScanRequest<K extends KindName> {
	kind: K;
	question: QuestionOf<K>;
	/** Only this visitor's events. */
	visitor?: readonly [hi: number, lo: number];
	/** Only these slots, both ends inclusive. */
	slots?: readonly [first: number, last: number];
	/** Epoch ms at which to give up, or to answer what there is. */
	deadline: number;
	/** Answer what was read until the deadline. */
	partial: boolean;
}

/** What a scan will read, before it does. */
export interface ScanPlan {
	tasks: SlotTask[];
	segments: number;
	/** About. */
	rows: number;
	reaches: readonly Reach[];
}

export interface Scanned<P> {
	partial: P;
	/** Share of the slots that was read, 0 to 1. */
	coverage: number;
	/** Rows that were decoded. */
	rows: number;
	/** Some of it was in the logs' tails. */
	live: boolean;
	plan: ScanPlan;
}

/** Where a range reaches now: another machine's clock may be ahead, and events keep times up to a minute in the future. */
export const AHEAD_MS = 60_000;
/** Rows of a task whose columns are narrow. */
const TASK_ROWS = 500_000;
/** Memory of a task's columns before they are gathered, which holds them twice: half of what is left of 128 MB. */
const TASK_BYTES = 20 * 2 ** 20;
/** Rows of one question. Past it, the same Parquet is there for an engine that is made for it. */
const MAX_ROWS = 2_000_000_000;
/** Times that a slot range is cut anew, because its segments were replaced or its tail sealed meanwhile. */
const ATTEMPTS = 4;

/** The question answered from raw events. Problem 422 `scan_rows`, 503 `store_unavailable`, 504 `too_slow`. */
export async function scan<K extends KindName>(
	request: ScanRequest<K>,
	deps: ScanDeps,
): Promise<Scanned<PartialOf<K>>> {
	return new Scan(request, deps).run();
}

class Scan<K extends KindName> {
	readonly #request: ScanRequest<K>;
	readonly #deps: ScanDeps;
	readonly #reaches: Reach[];
	readonly #queue: { task: SlotTask; attempt: number }[] = [];
	#merged: { partial: PartialOf<K> } | null = null;
	#slots = 0;
	#rows = 0;
	#live = false;
	/** No more tasks are begun: time is up, the caller is gone, or one failed. */
	#isOver = false;

	constructor(request: ScanRequest<K>, deps: ScanDeps) {
		this.#request = request;
		this.#deps = deps;
		this.#reaches = KINDS[request.kind].reaches(request.question);
	}

	async run(): Promise<Scanned<PartialOf<K>>> {
		const { slots: [first, last] = [0, SLOTS - 1], partial } = this.#request;
		const plan = await this.#plan(first, last);
		this.#queue.push(...plan.tasks.map((task) => ({ task, attempt: 1 })));
		await this.#untilOver(Promise.all(Array.from({ length: this.#deps.lanes }, (_, lane) => this.#work(lane))));
		const coverage = this.#slots / (last - first + 1);
		if (this.#merged === null || (coverage < 1 && !partial)) throw tooSlow(coverage);
		return { ...this.#merged, coverage, rows: this.#rows, live: this.#live, plan };
	}

	async #plan(first: number, last: number): Promise<ScanPlan> {
		const { partitions } = this.#deps;
		const { segments, sealed } = await this.#snapshot();
		const reaches = this.#reaches;
		const tasks = cutTasks({ segments, sealed, partitions, reaches, taskRows: this.#taskRows(), first, last });
		const rows = tasks.reduce((sum, task) => sum + task.rows, 0);
		if (rows > MAX_ROWS) throw tooManyRows(rows);
		return { tasks, segments: segments.filter((segment) => isWanted(segment, reaches)).length, rows, reaches };
	}

	async #snapshot(): Promise<ArchiveSnapshot> {
		try {
			return await this.#deps.snapshot(rangeOf(this.#reaches));
		} catch (error) {
			throw outage(error);
		}
	}

	/** Fewer rows where there are many columns. */
	#taskRows(): number {
		const { numbers, texts } = KINDS[this.#request.kind].needs(this.#request.question);
		const rowBytes = 17 + 8 * numbers.length + 4 * texts.length;
		return Math.min(TASK_ROWS, Math.floor(TASK_BYTES / rowBytes));
	}

	/** Takes tasks until none is left. */
	async #work(lane: number): Promise<void> {
		for (let next = this.#queue.shift(); next !== undefined && !this.#isOver; next = this.#queue.shift()) {
			try {
				await this.#take(next.task, next.attempt, lane);
			} catch (error) {
				this.#isOver = true;
				throw outage(error);
			}
		}
	}

	async #take(task: SlotTask, attempt: number, lane: number): Promise<void> {
		const answer = await this.#deps.run(this.#scanTask(task), lane);
		if (this.#isOver || answer.status === "late") return;
		if (answer.status === "done") return this.#merge(task, answer);
		if (answer.status === "refused") throw new Problem(422, "filter", `${answer.detail}.`);
		if (attempt >= ATTEMPTS) throw unavailable();
		// Slots are apart from each other, so that these alone can be read as of a later moment.
		const { tasks } = await this.#plan(task.first, task.last);
		this.#queue.push(...tasks.map((newer) => ({ task: newer, attempt: attempt + 1 })));
	}

	#scanTask(task: SlotTask): ScanTask<K> {
		const { kind, question, visitor, deadline } = this.#request;
		return {
			...task,
			kind,
			question,
			reaches: this.#reaches,
			visitor: visitor ? [...visitor] : null,
			budgetMs: deadline - this.#deps.now(),
		};
	}

	#merge({ first, last }: SlotTask, { partial, rows, live }: TaskAnswer<K> & { status: "done" }): void {
		const merged = this.#merged;
		this.#merged = { partial: merged === null ? partial : KINDS[this.#request.kind].merge(merged.partial, partial) };
		this.#slots += last - first + 1;
		this.#rows += rows;
		this.#live ||= live;
	}

	/** Until the work is done, or the deadline is there: tasks under way then end by themselves, and nobody hears of them. */
	async #untilOver(work: Promise<unknown>): Promise<void> {
		const { now, signal } = this.#deps;
		const over = Promise.withResolvers<void>();
		const timer = setTimeout(over.resolve, Math.max(0, this.#request.deadline - now()));
		const leave = () => over.reject(new Problem(503, "cancelled", "The caller went away."));
		signal?.addEventListener("abort", leave);
		try {
			if (signal?.aborted) leave();
			await Promise.race([work, over.promise]);
		} finally {
			this.#isOver = true;
			clearTimeout(timer);
			signal?.removeEventListener("abort", leave);
		}
	}
}

/** What is said of a scan. It ends with the tails of the logs, so that it is behind nothing that was acknowledged. */
export function fetchedOf({ plan, live, rows, coverage }: Scanned<unknown>): Fetched {
	const sources = new Set<SourceName>(live ? ["log"] : []);
	if (plan.segments > 0 || !live) sources.add("archive");
	return { sources, behindMs: 0, rowsRead: rows, sampled: false, stale: false, coverage };
}

/** From the earliest to the latest that is read. */
const rangeOf = (reaches: readonly Reach[]) => ({
	from: Math.min(...reaches.map((reach) => reach.from)),
	to: Math.max(...reaches.map((reach) => reach.to)),
});

const tooSlow = (coverage: number) =>
	new Problem(
		504,
		"too_slow",
		`This took too long: ${Math.floor(coverage * 100)} % of the visitors were read. Ask for a shorter range, fewer filters or fields, or for what was read until then ("partial": true).`,
		{ extra: { coverage } },
	);

const millions = (rows: number) => Math.ceil(rows / 1e6).toLocaleString("en");
const tooManyRows = (rows: number) =>
	new Problem(
		422,
		"scan_rows",
		`This would read about ${millions(rows)} million events, and a question reads at most ${millions(MAX_ROWS)} million. Ask for a shorter range or for one event name, or query the Parquet files with an engine of your own (docs/archive.md).`,
		{ extra: { rows } },
	);

const unavailable = () =>
	new Problem(503, "store_unavailable", "The archive changes faster than it is read. Try again.", { retryAfter: 5 });

/** What R2, D1 or a log throws when it is down, told as such; a fault of ours stays one. */
function outage(error: unknown): unknown {
	if (error instanceof Problem || error instanceof RangeError || error instanceof TypeError) return error;
	console.error("the archive is unavailable", error);
	const detail = "The archive of raw events, or the log with the newest of them, does not answer. Try again.";
	return new Problem(503, "store_unavailable", detail, { retryAfter: 5 });
}
