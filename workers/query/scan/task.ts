/**
 * One task of a scan, in an invocation of its own: reads what its slots have in the archive and in the tails of their
 * logs, brings it into the order of visitors and time, and answers a partial result.
 */
import type { TailAnswer, TailRequest } from "../../../durable-objects/rpc.ts";
import type { Segment } from "../../../schema/archive/read.ts";
import { tableBatch } from "../../../schema/archive/table-batch.ts";
import { decodeTable } from "../../../schema/core/columns.ts";
import { ALWAYS, gather } from "../../../schema/core/scan/gather.ts";
import type { Batch, NumberColumn, VisitorRows } from "../../../schema/core/scan/rows.ts";
import { EVENT_LAYOUT } from "../../../schema/event.ts";
import { KINDS, type KindName, type PartialOf, type QuestionOf } from "./kinds.ts";
import { type Bucket, openSegment, SegmentGone } from "./r2.ts";
import { type Selected, selectRows, type Wanted } from "./select.ts";
import type { Reach, SlotTask } from "./tasks.ts";

export interface ScanTask<K extends KindName> extends SlotTask {
	kind: K;
	question: QuestionOf<K>;
	reaches: Reach[];
	/** Only this visitor's events. */
	visitor: [hi: number, lo: number] | null;
	/** After so many ms nobody waits for the answer. */
	budgetMs: number;
}

export type TaskAnswer<K extends KindName> =
	/** `rows`: that were decoded. `live`: some of what was asked for was in a tail. */
	| { status: "done"; partial: PartialOf<K>; rows: number; live: boolean }
	/** A segment or part of a tail is elsewhere by now: to be cut from a newer snapshot. */
	| { status: "moved" }
	/** It cannot be computed within its bounds (a pattern made to hurt). What to change. */
	| { status: "refused"; detail: string }
	/** The time was up. */
	| { status: "late" };

/** A Scanner object, as the query side calls it. */
export interface ScanRpc {
	run<K extends KindName>(task: ScanTask<K>): Promise<TaskAnswer<K>>;
}

/** Where a tenant's events are (deps.ts). */
export interface ScanStores {
	archive: Bucket;
	/** Of the log of a partition. */
	tail(partition: number, request: TailRequest): Promise<TailAnswer>;
}

/** Row groups that are read at once: on R2 waiting is most of it, and each is a few MB. */
const READS = 4;
/** Of a tail in one call, bytes. */
const TAIL_BYTES = 8 * 2 ** 20;

class Late extends Error {
	override name = "Late";
}
class Moved extends Error {
	override name = "Moved";
}

export async function runTask<K extends KindName>(stores: ScanStores, task: ScanTask<K>): Promise<TaskAnswer<K>> {
	const { numbers, texts } = KINDS[task.kind].needs(task.question);
	const reader = new TaskReader(stores, task, numbers, texts);
	try {
		const { archive, tails } = await reader.read();
		const keeps = new Map([...archive, ...tails].map(({ batch, keep }) => [batch, keep]));
		const rows = gather([...keeps.keys()], numbers, texts, (batch) => keeps.get(batch) ?? null);
		return compute(task, rows, { rows: reader.rows, live: tails.length > 0 });
	} catch (error) {
		if (error instanceof SegmentGone || error instanceof Moved) return { status: "moved" };
		if (error instanceof Late) return { status: "late" };
		throw error;
	}
}

function compute<K extends KindName>(
	{ kind, question }: ScanTask<K>,
	rows: VisitorRows,
	read: { rows: number; live: boolean },
): TaskAnswer<K> {
	try {
		return { status: "done", partial: KINDS[kind].run(question, rows), ...read };
	} catch (error) {
		if (error instanceof RangeError) return { status: "refused", detail: error.message };
		throw error;
	}
}

/** A row group of an open segment. */
interface GroupRef {
	segment: Segment;
	group: number;
}

class TaskReader<K extends KindName> {
	/** Rows that were decoded. */
	rows = 0;
	readonly #deadline: number;
	readonly #stores: ScanStores;
	readonly #task: ScanTask<K>;
	readonly #numbers: NumberColumn[];
	readonly #texts: string[];
	readonly #wanted: Omit<Wanted, "slots">;

	constructor(stores: ScanStores, task: ScanTask<K>, numbers: readonly NumberColumn[], texts: readonly string[]) {
		this.#stores = stores;
		this.#task = task;
		this.#deadline = Date.now() + task.budgetMs;
		this.#numbers = [...new Set([...ALWAYS, ...numbers])];
		const named = task.reaches.some(({ names }) => names !== null);
		this.#texts = [...new Set([...texts, ...(named ? ["name"] : [])])];
		this.#wanted = { reaches: task.reaches, bots: KINDS[task.kind].bots, visitor: task.visitor };
	}

	/** What is wanted of the archive and of the tails, each in the order of arrival. */
	async read(): Promise<{ archive: Selected[]; tails: Selected[] }> {
		const [archive, ...tails] = await Promise.all([
			this.#readSegments(),
			...this.#task.tails.map((t) => this.#readTail(t)),
		]);
		return { archive, tails: tails.flat() };
	}

	async #readSegments(): Promise<Selected[]> {
		const found: Selected[] = [];
		for await (const selected of inOrder(this.#groups(), READS, (ref) => this.#readGroup(ref))) {
			if (selected !== null) found.push(selected);
			this.#checkTime();
		}
		return found;
	}

	/** The row groups that can hold something wanted. */
	async *#groups(): AsyncGenerator<GroupRef> {
		const { segments, first, last, reaches } = this.#task;
		for await (const segment of inOrder(segments, READS, (ref) => openSegment(this.#stores.archive, ref))) {
			for (const [group, { minSlot, maxSlot, minTs, maxTs }] of segment.groups.entries()) {
				const isReached = reaches.some(({ from, to }) => minTs < to && maxTs >= from);
				if (isReached && minSlot <= last && maxSlot >= first) yield { segment, group };
			}
		}
	}

	async #readGroup({ segment, group }: GroupRef): Promise<Selected | null> {
		const { first, last } = this.#task;
		const stats = segment.groups[group];
		const isInside = stats !== undefined && stats.minSlot >= first && stats.maxSlot <= last;
		const numbers: NumberColumn[] = isInside ? this.#numbers : [...this.#numbers, "slot"];
		return this.#select(await segment.read(group, numbers, this.#texts), isInside);
	}

	async #readTail({ partition, after }: SlotTask["tails"][number]): Promise<Selected[]> {
		const found: Selected[] = [];
		for (let at: number | null = after; at !== null; ) {
			const answer: TailAnswer = await this.#stores.tail(partition, { after: at, bytes: TAIL_BYTES });
			if (answer.trimmed > at) throw new Moved();
			for (const { bytes } of answer.tables) {
				const batch = tableBatch(decodeTable(EVENT_LAYOUT, bytes), [...this.#numbers, "slot"], this.#texts);
				const selected = this.#select(batch, false);
				if (selected !== null) found.push(selected);
			}
			this.#checkTime();
			at = answer.next;
		}
		return found;
	}

	#select(batch: Batch, isInside: boolean): Selected | null {
		const { first, last } = this.#task;
		this.rows += batch.rows;
		return selectRows(batch, { ...this.#wanted, slots: isInside ? null : [first, last] });
	}

	#checkTime(): void {
		if (Date.now() > this.#deadline) throw new Late();
	}
}

/** The results in the order of the items, with at most so many under way. */
async function* inOrder<T, R>(
	items: Iterable<T> | AsyncIterable<T>,
	most: number,
	work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
	const underWay: Promise<R>[] = [];
	for await (const item of items) {
		const next = work(item);
		// Awaited in its turn; until then a failure of it is not unhandled.
		next.catch(() => {});
		underWay.push(next);
		if (underWay.length >= most) yield await (underWay.shift() as Promise<R>);
	}
	for (const next of underWay) yield await next;
}
