/**
 * What a metric object knows beyond its folded windows: the offset of each partition, and the pending rows merged by
 * minute. Pure; memory of what `store` holds, rebuilt from it at wake (I5).
 */
import { decodeSpan, type Window } from "../../schema/core/window.ts";
import type { ApplyRequest } from "../rpc.ts";
import type { PendingSpan } from "./codec.ts";

export const MINUTE = 60_000;
/** A minute closes this long after its end: time for logs that are told to come every 5 s, and a slow one. */
export const CLOSE_MS = 10_000;

/** What is pending for one minute: to be merged with what is stored of it. `n` is the newest row's that touched it. */
export interface PendingMinute {
	window: Window;
	n: number;
}

interface Arrival extends PendingSpan {
	minutes: Map<number, Window>;
}

/** `queued`: in the open tick. `had`: it was there already. `behind`: does not follow the offset held. */
export type Offer = "queued" | "had" | "behind";

export class MetricState {
	/** Number of the newest pending row there ever was: the `n` of versions. */
	n: number;
	readonly offsets: Map<number, number>;
	readonly minutes = new Map<number, PendingMinute>();
	/** Pending rows, and their minutes that are not folded yet. A row goes when its last one is. */
	readonly rows = new Map<number, Set<number>>();
	#tick: Arrival[] = [];

	constructor(n: number, offsets: Iterable<readonly [number, number]>) {
		this.n = n;
		this.offsets = new Map(offsets);
	}

	/** The offset held for a partition, the open tick included. */
	held(partition: number): number | undefined {
		return this.#tick.findLast((a) => a.partition === partition)?.to ?? this.offsets.get(partition);
	}

	/** Takes a span into the open tick if it continues where its partition stands (I2). Throws on bytes that are no span. */
	offer({ partition, from, to, span, receivedAt }: ApplyRequest): Offer {
		const held = this.held(partition);
		if (held !== undefined && to <= held) return "had";
		if (held !== undefined && from !== held) return "behind";
		this.#tick.push({ partition, to, span, receivedAt, minutes: decodeSpan(span) });
		return "queued";
	}

	/** What arrived in the tick; `commit` takes it in once it is stored as row `n + 1`. */
	get tick(): readonly PendingSpan[] {
		return this.#tick;
	}

	/** The tick is stored: counts it, and answers the minutes it changed. */
	commit(): number[] {
		const tick = this.#tick;
		this.#tick = [];
		this.n++;
		for (const { partition, to } of tick) this.offsets.set(partition, to);
		return this.#take(
			this.n,
			tick.map((a) => a.minutes),
			() => false,
		);
	}

	/** Wake: takes a stored pending row in. `foldedAt(minute)` = the n up to which that minute is folded, or 0. */
	recover(n: number, spans: readonly PendingSpan[], foldedAt: (minute: number) => number): void {
		this.n = Math.max(this.n, n);
		for (const { partition, to } of spans) this.offsets.set(partition, Math.max(to, this.offsets.get(partition) ?? 0));
		this.#take(
			n,
			spans.map((s) => decodeSpan(s.span)),
			(minute) => n <= foldedAt(minute),
		);
	}

	#take(n: number, spans: Map<number, Window>[], skip: (minute: number) => boolean): number[] {
		const touched = new Set<number>();
		for (const [minute, window] of spans.flatMap((s) => [...s])) {
			if (skip(minute)) continue;
			touched.add(minute);
			const pending = this.minutes.get(minute);
			if (pending === undefined) this.minutes.set(minute, { window, n });
			else {
				pending.window.merge(window);
				pending.n = n;
			}
		}
		this.rows.set(n, new Set(touched));
		return [...touched];
	}

	/** Pending minutes that are over. */
	closed(now: number): number[] {
		return [...this.minutes.keys()].filter((m) => m + MINUTE + CLOSE_MS <= now).sort((a, b) => a - b);
	}

	/** The rows that hold nothing else than these minutes (and minutes folded before). */
	rowsOnlyOf(minutes: ReadonlySet<number>): number[] {
		return [...this.rows].filter(([, left]) => [...left].every((m) => minutes.has(m))).map(([n]) => n);
	}

	/** These minutes are folded and stored. */
	folded(minutes: ReadonlySet<number>): void {
		for (const minute of minutes) this.minutes.delete(minute);
		for (const [n, left] of this.rows) {
			for (const minute of left) if (minutes.has(minute)) left.delete(minute);
			if (left.size === 0) this.rows.delete(n);
		}
	}

	/** When folding is due, or null: 10 s after the end of a minute; for a late one, of the minute that runs when it came. */
	foldDue(now: number): number | null {
		if (this.rows.size === 0) return null;
		let due = Number.POSITIVE_INFINITY;
		for (const minute of this.minutes.keys()) due = Math.min(due, minute + MINUTE + CLOSE_MS);
		return due > now && due !== Number.POSITIVE_INFINITY ? due : nextFold(now);
	}
}

/** The next moment at which a minute closes. */
function nextFold(now: number): number {
	return Math.floor((now - CLOSE_MS) / MINUTE) * MINUTE + MINUTE + CLOSE_MS;
}
