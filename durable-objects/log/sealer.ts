/**
 * Seals the journal, span by span: first the object on R2, then its row in the catalogue, then what is known here of
 * it. A crash between any two repeats the span, whose end was stored before: the same object, the same row. Rows are
 * trimmed later (`Log.trim`), when no scan can still be after them.
 */
import type { TenantId } from "../../schema/ids.ts";
import type { Alarms } from "../alarms.ts";
import type { Archive } from "./archive.ts";
import { committedAt } from "./journal.ts";
import { readSpan, type Span, toSegment } from "./seal.ts";
import type { LogStore, Sealed } from "./store.ts";

export interface SealerDeps {
	tenant: TenantId;
	partition: number;
	store: LogStore;
	alarms: Alarms<"seal" | "trim">;
	archive: Archive;
	now(): number;
	limits: SealLimits;
}

export interface SealLimits {
	/** Bytes of journal that become a segment without waiting, and about the most of one. */
	seal: number;
	/** About the most events of one: what is held in memory while it is written. */
	sealRows: number;
}

/** A row is sealed when it is this old at the latest, ms. */
const SEAL_MS = 30 * 60_000;
/** Sealed rows stay this long, ms: a scan that took its snapshot before reads them from the journal. */
const KEEP_MS = 2 * 60_000;
/** First pause after a failure, doubled up to the longest, ms. */
const BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 5 * 60_000;

export class Sealer {
	readonly #deps: SealerDeps;
	#sealed: Sealed;
	/** Bytes of the journal after `sealed.offset`. */
	#unsealed: number;
	/** The alarm is set to now, or to when a failure may be tried again: more bytes do not bring it forward. */
	#isUrgent = false;
	#failures = 0;
	#running: Promise<void> | null = null;
	#stopped = false;

	constructor(deps: SealerDeps, journalBytes: number) {
		this.#deps = deps;
		this.#sealed = deps.store.readSealed();
		this.#unsealed = journalBytes - this.#sealed.bytes;
		if (this.#unsealed > 0 && deps.alarms.get("seal") === null) this.#schedule();
	}

	get sealed(): Readonly<Sealed> {
		return this.#sealed;
	}

	get unsealedBytes(): number {
		return this.#unsealed;
	}

	/** To be called in the transaction that appends rows at `at`: they will be sealed, whatever happens. */
	arm(at: number): void {
		this.#deps.alarms.arm("seal", at + SEAL_MS);
	}

	/** Rows were committed. */
	committed(bytes: number, at: number): void {
		this.#unsealed += bytes;
		if (this.#isUrgent || this.#unsealed < this.#deps.limits.seal) return;
		this.#isUrgent = true;
		this.#deps.alarms.set("seal", at);
	}

	/** The alarm "seal": one span, if there is enough, or it is old enough. Does not throw: it sets its next time. */
	async due(): Promise<void> {
		const { now, alarms } = this.#deps;
		if (this.#dueAt() > now()) return this.#schedule();
		try {
			await this.next();
			this.#failures = 0;
			if (!this.#stopped) this.#schedule();
		} catch (error) {
			if (this.#stopped) return;
			this.#failures++;
			this.#isUrgent = true;
			console.warn(`sealing failed ${this.#failures} times`, error);
			alarms.set("seal", now() + Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** Math.min(this.#failures - 1, 10)));
		}
	}

	/** Seals the next span, if there is one. One at a time: whoever comes meanwhile waits for that one. */
	next(): Promise<void> {
		this.#running ??= this.#seal().finally(() => {
			this.#running = null;
		});
		return this.#running;
	}

	/** Rows up to `to`, of `bytes`, are being deleted: to be called in that transaction. */
	trimmed(to: number, bytes: number): void {
		const isDone = to >= this.#sealed.trimTo;
		const trimTo = isDone ? this.#sealed.offset : this.#sealed.trimTo;
		this.#put({ trimmed: to, bytes: this.#sealed.bytes - bytes, trimTo });
	}

	/** When to trim again: at once where there is more of what is due, later where it is kept. */
	scheduleTrim(isMoreDue: boolean): void {
		const { alarms, now } = this.#deps;
		if (this.#sealed.trimmed < this.#sealed.trimTo) alarms.set("trim", now() + (isMoreDue ? 0 : KEEP_MS));
	}

	stop(): void {
		this.#stopped = true;
	}

	async #seal(): Promise<void> {
		const { store, archive, now } = this.#deps;
		const span = this.#span();
		if (span === null) return;
		const hasEvents = span.sources.length > 0;
		if (hasEvents) {
			if (this.#sealed.next !== span.last) this.#put({ next: span.last });
			const props = store.configAt(span.last)?.dimensions ?? [];
			const { segment, bytes } = toSegment(this.#deps, span, props, now());
			await archive.put(segment, bytes);
			if (this.#stopped) return;
		}
		this.#record(span, hasEvents);
	}

	#span(): Span | null {
		const { store, limits } = this.#deps;
		const { offset, next } = this.#sealed;
		return readSpan(store, offset, next === null ? { bytes: limits.seal, rows: limits.sealRows } : { last: next });
	}

	#record({ last, bytes }: Span, hasEvents: boolean): void {
		const { store, alarms, now } = this.#deps;
		const isTrimSet = this.#sealed.trimTo > this.#sealed.trimmed;
		const sealed = {
			...this.#sealed,
			offset: last,
			bytes: this.#sealed.bytes + bytes,
			next: null,
			...(hasEvents && { archived: last }),
			...(!isTrimSet && { trimTo: last }),
		};
		store.transaction(() => {
			store.putSealed(sealed);
			if (!isTrimSet) alarms.set("trim", now() + KEEP_MS);
		});
		this.#sealed = sealed;
		this.#unsealed -= bytes;
	}

	#put(change: Partial<Sealed>): void {
		const sealed = { ...this.#sealed, ...change };
		this.#deps.store.putSealed(sealed);
		this.#sealed = sealed;
	}

	/** When the next span is to be sealed, epoch ms. */
	#dueAt(): number {
		if (this.#unsealed >= this.#deps.limits.seal) return 0;
		const first = this.#deps.store.rowAfter(this.#sealed.offset);
		return first === null ? Number.POSITIVE_INFINITY : committedAt(first.bytes) + SEAL_MS;
	}

	#schedule(): void {
		const { alarms, now } = this.#deps;
		const at = Math.max(this.#dueAt(), now());
		this.#isUrgent = at <= now();
		if (at < Number.POSITIVE_INFINITY) alarms.set("seal", at);
	}
}
