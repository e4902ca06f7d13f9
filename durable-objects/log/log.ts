/**
 * The log of one tenant and partition: takes batches, commits them in groups, brings them on their way. Without the
 * runtime: `object.ts` gives it the platform.
 */
import { decodeTable } from "../../schema/core/columns.ts";
import { EVENT_LAYOUT, type EventTable } from "../../schema/event.ts";
import type { Alarms } from "../alarms.ts";
import {
	type AppendAnswer,
	type AppendRequest,
	type ApplyAnswer,
	type LogStatus,
	type SealAnswer,
	type SeedAnswer,
	type SeedRequest,
	TAIL_BYTES,
	type TailAnswer,
	type TailRequest,
} from "../rpc.ts";
import type { Agreement } from "./agreement.ts";
import { Cut } from "./fold.ts";
import { Forwarder, type ForwarderDeps, type PlacedRow } from "./forward.ts";
import { Group } from "./group.ts";
import {
	decodeRow,
	encodeRow,
	eventTables,
	FRAME,
	type Frame,
	type JournalRow,
	jsonFrame,
	ROW_BYTES,
	splitFrames,
} from "./journal.ts";
import { PAGE_BYTES, recover, writeCheckpoint } from "./recovery.ts";
import { Sealer, type SealerDeps, type SealLimits } from "./sealer.ts";
import type { LogState } from "./state.ts";
import type { Checkpoint, LogStore } from "./store.ts";

export type LogAlarm = "forward" | "checkpoint" | "seal" | "trim";

export interface LogDeps
	extends Pick<ForwarderDeps, "partition" | "now" | "apply" | "schedule">,
		Pick<SealerDeps, "tenant" | "archive"> {
	store: LogStore;
	alarms: Alarms<LogAlarm>;
	agreement: Agreement;
	/** Calls `flush` in `ms`; null: not at all. */
	scheduleFlush(ms: number | null): void;
	/** Ends the object, memory and all: storage refused what memory already has. */
	abort(reason: unknown): void;
	limits?: Partial<Limits>;
}

/** Bounds (I8), in bytes unless said otherwise. */
export interface Limits extends SealLimits {
	/** Journal kept: the object may hold 10 GB, and ids take one of them. */
	journal: number;
	/** Batches held in memory while the directory is asked. */
	waiting: number;
	/** Id blobs: what decides how long after it an event is still known. */
	ids: number;
	/** Journal replayed at a wake: some 100 ms. */
	replay: number;
	/** Id blobs read for one batch: some 10 ms. What then is still not known to be new is late. */
	search: number;
}

const LIMITS: Limits = {
	journal: 8 * 2 ** 30,
	waiting: 16 * 2 ** 20,
	ids: 2 ** 30,
	replay: 16 * 2 ** 20,
	search: 8 * 2 ** 20,
	seal: 8 * 2 ** 20,
	sealRows: 100_000,
};
/** A log that committed this recently is busy, ms: batches then wait for company, because a commit costs more than they do. */
const BUSY_MS = 50;
/**
 * A busy log commits on this grid, ms. One grid for all logs: a server's batch is split over several, and is answered
 * when the last of them has committed.
 */
const GROUP_MS = 5;
/** A group this large is committed at once, bytes. With the sessions it changes it must fit ROW_BYTES. */
const GROUP_BYTES = 2 ** 20;
/** Most that one batch may take: the edge cuts batches far below. */
const MAX_BATCH_BYTES = ROW_BYTES - 64 * 1024;
/** Time between checkpoints while rows come, ms. */
const CHECKPOINT_MS = 5 * 60_000;
/** The alarm that forwards what a crash left behind, ms after the first row that waits. */
const SAFETY_MS = 15_000;
/** Journal read at once to catch up, bytes. */
const CHUNK_BYTES = 4 * 2 ** 20;
/** Journal deleted at once, bytes: SQLite touches every page of it. */
const TRIM_BYTES = 32 * 2 ** 20;
/** Before the next span of a metric that is no longer defined, ms. */
const DROPPED_MS = 5_000;
/** Seconds after which a sender that was told `busy` shall come again. */
const BUSY_SECONDS = 5;

export class Log {
	readonly #deps: LogDeps;
	readonly #limits: Limits;
	readonly #state: LogState;
	readonly #forwarder: Forwarder;
	readonly #sealer: Sealer;
	#checkpoint: Checkpoint;
	#offset: number;
	#journalBytes: number;
	/** Bytes of batches that wait for the directory. */
	#waiting = 0;
	#group: Group | null = null;
	#committedAt = 0;
	#stopped = false;

	/** Recovers what storage has. */
	constructor(deps: LogDeps) {
		this.#deps = deps;
		this.#limits = { ...LIMITS, ...deps.limits };
		const { state, checkpoint, offset, journalBytes, forwarded, active } = recover(deps.store);
		this.#state = state;
		this.#checkpoint = checkpoint;
		this.#offset = offset;
		this.#journalBytes = journalBytes;
		const read = (after: number) => this.#read(after);
		const apply: ForwarderDeps["apply"] = (metric, request) =>
			deps.agreement.isDropped(metric) ? DROPPED(request.to) : deps.apply(metric, request);
		this.#forwarder = new Forwarder({ ...deps, read, apply }, offset, forwarded, active);
		this.#sealer = new Sealer({ ...deps, limits: this.#limits }, journalBytes);
		// A group was taken by the definitions that held then, and is journaled with them.
		deps.agreement.beforeChange = () => this.flush();
		this.#forwarder.pump();
	}

	/** Takes in a batch. Resolves when it is committed. */
	async append(request: AppendRequest): Promise<AppendAnswer> {
		const bytes = request.batch.length;
		if (bytes > MAX_BATCH_BYTES) throw new RangeError(`a batch of ${bytes} bytes`);
		if (this.#stopped || this.#journalBytes >= this.#limits.journal) return BUSY;
		if (this.#waiting + bytes > this.#limits.waiting) return BUSY;
		const table = bytes === 0 ? null : decodeTable(EVENT_LAYOUT, request.batch);
		const { agreement } = this.#deps;
		this.#waiting += bytes;
		try {
			const asking = agreement.with(request, table, this.#lateBefore());
			if (asking !== null) await asking;
		} finally {
			this.#waiting -= bytes;
		}
		if (this.#stopped) return BUSY;
		if (request.epoch < agreement.config.epoch) return { status: "moved", epoch: agreement.config.epoch };
		const { codes, group } = this.#take(table, request);
		await group?.done;
		return { status: "ok", codes };
	}

	/** Commits the open group. */
	flush(): void {
		const group = this.#group;
		if (group === null) return;
		this.#group = null;
		this.#deps.scheduleFlush(null);
		this.#flush(group);
	}

	/** `beside`: what is stored in the transaction of the group, the last of whose rows has this offset. */
	#flush(group: Group, beside: (offset: number) => void = () => {}): void {
		const at = this.#deps.now();
		const before = this.#journalBytes;
		let rows: PlacedRow[];
		try {
			rows = this.#commit(group, at, beside);
		} catch (error) {
			group.failed(error);
			this.#deps.abort(error);
			return;
		}
		this.#committedAt = at;
		group.committed();
		try {
			for (const row of rows) this.#forwarder.committed(row);
			this.#sealer.committed(this.#journalBytes - before, at);
		} catch (error) {
			this.#deps.abort(error); // Half of a row may be folded: only the journal knows what waits.
			return;
		}
		if (this.#journalBytes - this.#checkpoint.journalBytes >= this.#limits.replay) this.checkpoint();
		this.#forwarder.pump();
	}

	/** Writes a checkpoint, so that the next wake replays nothing. */
	checkpoint(): void {
		this.flush();
		if (this.#checkpoint.offset !== this.#offset) this.#writeCheckpoint();
	}

	#writeCheckpoint(): void {
		const { store, alarms } = this.#deps;
		try {
			this.#checkpoint = store.transaction(() => {
				alarms.clear("checkpoint");
				return writeCheckpoint(store, this.#checkpoint, {
					state: this.#state,
					offset: this.#offset,
					journalBytes: this.#journalBytes,
					forwarded: this.#forwarder.forwarded(),
					now: this.#deps.now(),
					maxIdBytes: this.#limits.ids,
				});
			});
		} catch (error) {
			this.#deps.abort(error);
			throw error;
		}
	}

	/** Sends what is due. */
	pump(): void {
		this.#forwarder.pump();
	}

	/** The alarm "forward": sends everything, and stays armed until nothing waits. */
	async catchUp(): Promise<void> {
		const isIdle = await this.#forwarder.flush();
		if (this.#stopped) return;
		if (!isIdle) this.#deps.alarms.set("forward", this.#deps.now() + SAFETY_MS);
		else this.#deps.store.putForwarded(this.#forwarder.forwarded());
	}

	/** The alarm "seal". */
	sealDue(): Promise<void> {
		return this.#sealer.due();
	}

	/** Seals everything that is in the journal now. */
	async seal(): Promise<SealAnswer> {
		this.flush();
		const target = this.#offset;
		let segments = 0;
		while (this.#sealer.sealed.offset < target && !this.#stopped) {
			const { archived } = this.#sealer.sealed;
			await this.#sealer.next();
			if (this.#sealer.sealed.archived > archived) segments++;
		}
		return { sealed: this.#sealer.sealed.offset, segments };
	}

	/**
	 * Forgets the sessions and funnels of a visitor, and seals what the journal has: from then on the visitor's events are in
	 * segments alone, which can be rewritten, and what is left in sealed rows goes with the next trim. Rows are never
	 * rewritten: what metric objects were told of them must stay what they say (I2).
	 */
	async erase(visitorHi: number, visitorLo: number): Promise<SealAnswer> {
		this.flush();
		this.#state.sessions.forget(visitorHi, visitorLo);
		this.#state.funnels.forget(visitorHi, visitorLo);
		this.#writeCheckpoint();
		return this.seal();
	}

	/**
	 * Begins to count a funnel: from what came before `after`, which is in the pages, and what the journal has since.
	 * What that changes is journaled together with the state that it leaves: all of it or nothing, once.
	 */
	async seedFunnel({ id, generation, after, pages }: SeedRequest): Promise<SeedAnswer> {
		const { agreement, store } = this.#deps;
		await agreement.refresh();
		this.flush();
		const config = agreement.config.funnels?.find((each) => each.id === id && each.generation === generation);
		if (config === undefined || this.#stopped) return { status: "gone" };
		const { funnels } = this.#state;
		const since = funnels.since(config);
		if (since !== null) return { status: "live", since };
		if (after > this.#offset) throw new RangeError(`the journal ends at ${this.#offset}, before ${after}`);
		if (after < this.#eventsTrimmed()) return { status: "trimmed" };
		const group = new Group();
		try {
			funnels.seed(config, agreement.config, after, pages, this.#tablesAfter(after));
		} catch (error) {
			this.#deps.abort(error); // Half of it may be in memory.
			throw error;
		}
		this.#flush(group, (at) => store.putFunnels(funnels.encode(PAGE_BYTES, at, config), false));
		await group.done;
		return { status: "live", since: after };
	}

	*#tablesAfter(offset: number): Generator<EventTable> {
		for (const { bytes } of this.#deps.store.rowsAfter(offset)) {
			for (const table of eventTables(bytes)) yield decodeTable(EVENT_LAYOUT, table);
		}
	}

	/** Events up to this offset are no longer in the journal. */
	#eventsTrimmed(): number {
		const { archived, trimmed } = this.#sealer.sealed;
		return Math.min(archived, trimmed);
	}

	/**
	 * The alarm "trim": deletes rows that nobody will ask for again. They are sealed; a checkpoint covers them, so that
	 * no wake replays them; and every metric object has what they hold for it, as of what is stored of that with it.
	 */
	trim(): void {
		const { store, abort } = this.#deps;
		const { trimTo, trimmed } = this.#sealer.sealed;
		if (this.#checkpoint.offset < trimTo) this.checkpoint();
		const forwarded = this.#forwarder.forwarded();
		const clean = Object.values(forwarded.lanes).map(([, upTo]) => upTo);
		const to = Math.min(trimTo, this.#checkpoint.offset, ...clean);
		if (to <= trimmed) {
			this.#sealer.scheduleTrim(false);
			return;
		}
		try {
			const done = store.transaction(() => {
				const freed = store.trimRows(to, TRIM_BYTES);
				this.#checkpoint = { ...this.#checkpoint, journalBytes: this.#checkpoint.journalBytes - freed.bytes };
				store.putCheckpoint(this.#checkpoint);
				store.putForwarded(forwarded);
				this.#sealer.trimmed(freed.to, freed.bytes);
				return freed;
			});
			this.#journalBytes -= done.bytes;
			this.#sealer.scheduleTrim(done.to < to);
		} catch (error) {
			abort(error); // What is stored of offsets and bytes may no longer be what memory has.
			throw error;
		}
	}

	/** The events that the journal has after an offset. */
	tail({ after, bytes = TAIL_BYTES.default }: TailRequest): TailAnswer {
		this.flush();
		const trimmed = this.#eventsTrimmed();
		if (after < trimmed) return { tables: [], next: null, trimmed };
		const chunk = this.#deps.store.chunkAfter(after, Math.min(bytes, TAIL_BYTES.most));
		// Each in a buffer of its own: of a view, RPC would send all that lies around it.
		const tables = chunk.flatMap(({ offset, bytes: row }) =>
			eventTables(row).map((table) => ({ offset, bytes: table.slice() })),
		);
		const last = chunk.at(-1)?.offset ?? this.#offset;
		return { tables, next: last < this.#offset ? last : null, trimmed };
	}

	async pull(metric: string): Promise<void> {
		this.flush();
		await this.#forwarder.pull(metric);
	}

	status(): LogStatus {
		return {
			epoch: this.#deps.agreement.known?.epoch ?? 0,
			offset: this.#offset,
			journalBytes: this.#journalBytes,
			horizonMs: this.#state.horizonMs(this.#deps.now()),
			forwarded: this.#forwarder.held(),
			sessions: this.#state.sessions.size,
			funnels: this.#state.funnels.status(),
			sealed: this.#sealer.sealed.offset,
			trimmed: this.#sealer.sealed.trimmed,
			unsealedBytes: this.#sealer.unsealedBytes,
		};
	}

	/** Takes in and sends nothing more: the object is being deleted. */
	stop(): void {
		this.#stopped = true;
		this.#deps.scheduleFlush(null);
		this.#group?.failed(new Error("the log was deleted"));
		this.#group = null;
		this.#forwarder.stop();
		this.#sealer.stop();
	}

	/** Events before this are late, epoch ms. */
	#lateBefore(): number {
		const now = this.#deps.now();
		return now - this.#state.horizonMs(now);
	}

	/** From here to the group no `await`: what a batch changes is in the group that carries it, or nowhere. */
	#take(table: EventTable | null, { counts = {} }: AppendRequest): { codes: Uint8Array; group: Group | null } {
		const { agreement, store, now, abort } = this.#deps;
		if (this.#group !== null && this.#group.bytes + (table?.bytes.length ?? 0) > GROUP_BYTES) this.flush();
		const group = this.#group ?? new Group();
		group.add(null, counts);
		let codes: Uint8Array = NO_CODES;
		if (table !== null) {
			try {
				const taken = this.#state.take(table, agreement.config, now(), (ids, to) =>
					store.findIds(ids, to, this.#limits.search),
				);
				group.add(taken.table, taken.counts);
				codes = taken.codes;
			} catch (error) {
				abort(error);
				throw error;
			}
		}
		if (group.tables.length === 0 && group.counts === null) return { codes, group: null };
		this.#open(group);
		return { codes, group };
	}

	/** Leading edge: the first batch after a pause is committed at once, then they wait for each other. */
	#open(group: Group): void {
		const isOpen = this.#group !== null;
		this.#group = group;
		if (isOpen) return;
		const now = this.#deps.now();
		if (now - this.#committedAt >= BUSY_MS) this.flush();
		else this.#deps.scheduleFlush(GROUP_MS - (now % GROUP_MS));
	}

	#commit(group: Group, at: number, beside: (offset: number) => void): PlacedRow[] {
		const { store, alarms, agreement } = this.#deps;
		const { config, cut } = agreement;
		const isNew = agreement.isUnjournaled;
		const sessions = this.#state.sessionTables();
		const funnels = this.#state.funnels.tables();
		const frames: Frame[] = [
			...(isNew ? [jsonFrame(FRAME.definitions, config)] : []),
			...group.tables.map((table) => ({ kind: FRAME.events, bytes: table.bytes })),
			...sessions.map((bytes) => ({ kind: FRAME.sessions, bytes })),
			...funnels.map((bytes) => ({ kind: FRAME.funnels, bytes })),
			...(group.counts === null ? [] : [jsonFrame(FRAME.counts, group.counts)]),
		];
		const rows = splitFrames(frames).map((part) => encodeRow(at, part));
		const first = this.#offset + 1;
		store.transaction(() => {
			rows.forEach((bytes, i) => {
				store.appendRow(first + i, bytes);
			});
			if (isNew) store.putConfig(first, config);
			alarms.arm("forward", at + SAFETY_MS);
			alarms.arm("checkpoint", at + CHECKPOINT_MS);
			this.#sealer.arm(at);
			beside(first + rows.length - 1);
		});
		agreement.journaled();
		this.#offset += rows.length;
		for (const bytes of rows) this.#journalBytes += bytes.length;
		const whole: JournalRow = { at, config: null, events: group.tables, sessions, funnels, counts: group.counts };
		if (rows.length === 1) return [{ offset: first, row: whole, cut }];
		return rows.map((bytes, i) => ({ offset: first + i, row: decodeRow(bytes), cut }));
	}

	#read(after: number): PlacedRow[] {
		const { store } = this.#deps;
		const chunk = store.chunkAfter(after, CHUNK_BYTES);
		// As of the first row that is there, not of `after`: what lay between, definitions too, may have been trimmed.
		const config = chunk[0] === undefined ? null : store.configAt(chunk[0].offset);
		let cut = config === null ? null : new Cut(config);
		return chunk.map(({ offset, bytes }) => {
			const row = decodeRow(bytes);
			if (row.config !== null) cut = new Cut(row.config);
			if (cut === null) throw new Error(`journal row ${offset} comes before any definitions`);
			return { offset, row, cut };
		});
	}
}

const BUSY: AppendAnswer = { status: "busy", retryAfter: BUSY_SECONDS };
/** The object of a funnel that is no longer defined is not made anew for it. */
const DROPPED = async (offset: number): Promise<ApplyAnswer> => ({ status: "applied", offset, nextMs: DROPPED_MS });
const NO_CODES = new Uint8Array(0);
