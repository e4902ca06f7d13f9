/**
 * Brings journal rows to the metric objects, each exactly once in effect (I2): a span is `(metric, from, to]`, its
 * cells a pure function of those rows, and the metric object takes it only if it holds `from`. Whatever it answers,
 * its offset is the truth, and what is kept here of it only saves work.
 *
 * A lane is one metric's way. While it is current, rows are folded into it as they commit. One that lost step (a wake,
 * `behind`, a metric object that was long unreachable) folds from the journal, chunk by chunk, until it is current.
 */
import { encodeSpan } from "../../schema/core/window.ts";
import type { ApplyAnswer, ApplyRequest } from "../rpc.ts";
import { type Cut, foldRow, type Minutes } from "./fold.ts";
import type { JournalRow } from "./journal.ts";
import type { Forwarded } from "./store.ts";

/** A row with its place, and the definitions that hold for it. */
export interface PlacedRow {
	offset: number;
	row: JournalRow;
	cut: Cut;
}

export interface ForwarderDeps {
	partition: number;
	now(): number;
	apply(metric: string, request: ApplyRequest): Promise<ApplyAnswer>;
	/** The next journal rows after an offset: a chunk that is bounded in bytes, empty at the end. */
	read(after: number): PlacedRow[];
	/** Calls `pump` in `ms`, instead of at any time asked for before; null: not at all. */
	schedule(ms: number | null): void;
}

/** First pause after a failure, doubled up to the longest, ms. The alarm is the net below. */
const BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 30_000;
/** Failures in a row from which on they are logged: one or two are a deploy. */
const FAILURES_LOGGED = 3;
/** Longest timer, ms: one keeps the object in memory, and billed. What is further away waits for the alarm. */
const MAX_TIMER_MS = 5_000;
/** Minutes of windows that wait in memory for a metric object that does not answer; past it they come from the journal. */
const MAX_WAITING_MINUTES = 15;

type Span = Omit<ApplyRequest, "partition">;

class Lane {
	readonly metric: string;
	/** The offset that the metric object is known to hold: at least that. */
	held: number;
	/** While not current: `minutes` reach to here. */
	folded: number;
	/** `minutes` reach to the newest row, and rows are folded in as they commit. */
	current: boolean;
	minutes: Minutes = new Map();
	receivedAt = 0;
	/** Sent, not answered. Kept as it is until it is: an answer may have been lost. */
	span: Span | null = null;
	sending: Promise<void> | null = null;
	/** Not before, epoch ms. */
	nextAt = 0;
	failures = 0;

	constructor(metric: string, held: number, clean: number, current: boolean) {
		this.metric = metric;
		this.held = held;
		this.folded = clean;
		this.current = current;
	}

	get waits(): boolean {
		return this.span !== null || this.minutes.size > 0 || !this.current;
	}

	/** Where `minutes` begin, and where folding begins again if they are dropped. */
	get base(): number {
		return this.span?.to ?? this.held;
	}

	/** Folds again from `offset` on. */
	rewind(offset: number, newest: number): void {
		this.span = null;
		this.minutes = new Map();
		this.folded = offset;
		this.current = offset === newest;
	}
}

export class Forwarder {
	readonly #deps: ForwarderDeps;
	readonly #lanes = new Map<string, Lane>();
	/** Newest journal offset. */
	#newest: number;
	#stopped = false;

	/** `active`: for each metric that the rows after `forwarded.offset` have something for. */
	constructor(deps: ForwarderDeps, newest: number, forwarded: Forwarded, active: ReadonlySet<string>) {
		this.#deps = deps;
		this.#newest = newest;
		for (const [metric, [held, clean]] of Object.entries(forwarded.lanes)) {
			const current = clean >= forwarded.offset && !active.has(metric);
			this.#lanes.set(metric, new Lane(metric, held, clean, current));
		}
		for (const metric of active) {
			if (this.#lanes.has(metric)) continue;
			this.#lanes.set(metric, new Lane(metric, forwarded.offset, forwarded.offset, false));
		}
	}

	/** Takes in a row that was just committed. */
	committed({ offset, row, cut }: PlacedRow): void {
		this.#newest = offset;
		foldRow(row, cut, (metric) => {
			const lane = this.#laneOf(metric, offset);
			if (!lane.current) return null;
			lane.receivedAt = row.at;
			return lane.minutes;
		});
	}

	/** Sends what is due, and asks to be called again for what is not. `force`: everything is due. */
	pump(force = false): void {
		if (this.#stopped) return;
		const now = this.#deps.now();
		let next = Number.POSITIVE_INFINITY;
		for (const lane of this.#lanes.values()) {
			if (!lane.waits || lane.sending !== null) continue;
			if (force || lane.nextAt <= now) this.#start(lane);
			else next = Math.min(next, lane.nextAt);
		}
		this.#deps.schedule(next - now <= MAX_TIMER_MS ? next - now : null);
	}

	/**
	 * Resolves when the metric's object has everything journaled before the call; rejects if it does not answer. Someone
	 * looks now: what the object asked for while nobody did no longer holds, and the next row goes at once.
	 */
	async pull(metric: string): Promise<void> {
		const lane = this.#lanes.get(metric);
		if (lane === undefined) return;
		const target = this.#newest;
		while (cleanOf(lane, this.#newest) < target && !this.#stopped) {
			if (lane.sending !== null) await lane.sending;
			else {
				await this.#start(lane);
				if (lane.failures > 0) throw new Error(`metric ${metric} does not answer`);
			}
		}
		if (lane.failures > 0) return; // What came after the call failed since: its pause stands.
		lane.nextAt = 0;
		this.pump();
	}

	/** Sends everything now and waits for it: true if nothing waits any more. */
	async flush(): Promise<boolean> {
		this.pump(true);
		await Promise.all([...this.#lanes.values()].map((lane) => lane.sending));
		return this.isIdle();
	}

	isIdle(): boolean {
		for (const lane of this.#lanes.values()) if (lane.waits) return false;
		return true;
	}

	/** Ends all sending: the object is being deleted. */
	stop(): void {
		this.#stopped = true;
		this.#deps.schedule(null);
	}

	/** To be stored, and given to the constructor at the next wake. */
	forwarded(): Forwarded {
		const lanes: Forwarded["lanes"] = {};
		for (const lane of this.#lanes.values()) lanes[lane.metric] = [lane.held, cleanOf(lane, this.#newest)];
		return { offset: this.#newest, lanes };
	}

	/** Offset that each metric object is known to hold. */
	held(): Record<string, number> {
		return Object.fromEntries([...this.#lanes].map(([metric, lane]) => [metric, lane.held]));
	}

	/** A metric without a lane has nothing in the journal before this row. */
	#laneOf(metric: string, offset: number): Lane {
		let lane = this.#lanes.get(metric);
		if (lane === undefined) {
			lane = new Lane(metric, offset - 1, offset - 1, true);
			this.#lanes.set(metric, lane);
		}
		return lane;
	}

	#start(lane: Lane): Promise<void> {
		lane.sending = this.#send(lane).finally(() => {
			lane.sending = null;
			this.pump();
		});
		return lane.sending;
	}

	async #send(lane: Lane): Promise<void> {
		try {
			const span = lane.span ?? (await this.#nextSpan(lane));
			if (span === null || this.#stopped) return;
			const answer = await this.#deps.apply(lane.metric, { partition: this.#deps.partition, ...span });
			this.#settle(lane, span, answer);
		} catch (error) {
			lane.failures++;
			lane.nextAt = this.#deps.now() + Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** Math.min(lane.failures, 10));
			if (lane.minutes.size > MAX_WAITING_MINUTES) this.#forget(lane);
			if (lane.failures >= FAILURES_LOGGED)
				console.warn(`forwarding to ${lane.metric} failed ${lane.failures} times`, error);
		}
	}

	/** What waits in memory, or the next chunk of the journal that has something, or null where nothing is left. */
	async #nextSpan(lane: Lane): Promise<Span | null> {
		while (lane.minutes.size === 0 && !lane.current) {
			this.#catchUp(lane);
			await Promise.resolve();
		}
		if (lane.minutes.size === 0) return null;
		const to = lane.current ? this.#newest : lane.folded;
		// Together, without an await: what waits is at all times in one of the two.
		lane.span = { from: lane.held, to, span: encodeSpan(lane.minutes), receivedAt: lane.receivedAt };
		lane.minutes = new Map();
		return lane.span;
	}

	/** Folds the next chunk of the journal, for all lanes that stand where this one does: they lost step together. */
	#catchUp(lane: Lane): void {
		const from = lane.folded;
		const group = new Map<string, Lane>();
		for (const other of this.#lanes.values()) {
			if (!other.current && other.folded === from && other.minutes.size === 0) group.set(other.metric, other);
		}
		const rows = this.#deps.read(from);
		for (const { row, cut } of rows) {
			foldRow(row, cut, (metric) => {
				const into = group.get(metric);
				if (into === undefined) return null;
				into.receivedAt = row.at;
				return into.minutes;
			});
		}
		const folded = rows.at(-1)?.offset ?? this.#newest;
		for (const other of group.values()) {
			other.folded = folded;
			other.current = folded === this.#newest;
		}
	}

	#settle(lane: Lane, sent: Span, answer: ApplyAnswer): void {
		if (answer.offset > this.#newest) {
			throw new Error(`${lane.metric} holds offset ${answer.offset}, the journal ends at ${this.#newest}`);
		}
		lane.failures = 0;
		lane.held = answer.offset;
		if (answer.status === "applied" && answer.offset === sent.to) lane.span = null;
		else lane.rewind(answer.offset, this.#newest);
		lane.nextAt = answer.status === "applied" ? this.#deps.now() + answer.nextMs : 0;
	}

	#forget(lane: Lane): void {
		const { span } = lane;
		lane.rewind(lane.base, this.#newest);
		lane.span = span;
	}
}

/** Offset up to which nothing waits: the metric object has it, or there was nothing for it. */
function cleanOf(lane: Lane, newest: number): number {
	if (lane.span !== null || lane.minutes.size > 0) return lane.held;
	return lane.current ? newest : Math.max(lane.held, lane.folded);
}
