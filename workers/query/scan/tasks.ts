/**
 * Cuts a scan into tasks by slot ranges. No visitor is in two slots, so a task that sees all events of its slots
 * computes what adds up with the others'. Segments that cannot hold anything asked for are left out.
 */
import { SLOTS } from "../../../schema/ids.ts";

/** Events of a time [from, to), epoch ms, of these names (null: any), that a question reads. */
export interface Reach {
	from: number;
	to: number;
	names: readonly string[] | null;
}

/** What of the catalogue decides where a segment is read (workers/store/segments.ts has more). */
export interface SegmentInfo {
	key: string;
	bytes: number;
	createdAt: number;
	rows: number;
	/** Inclusive. */
	minTs: number;
	maxTs: number;
	minSlot: number;
	maxSlot: number;
	/** Null: more than are listed. */
	names: readonly string[] | null;
}

export interface SegmentRef {
	key: string;
	bytes: number;
	createdAt: number;
}

/** A slot range, both ends inclusive, with everything that holds events of it. */
export interface SlotTask {
	first: number;
	last: number;
	segments: SegmentRef[];
	/** Tails of the logs that own these slots, from where the segments end. */
	tails: { partition: number; after: number }[];
	/** About how many rows that is, the tails' not counted. */
	rows: number;
}

export interface Cut {
	segments: readonly SegmentInfo[];
	/** By partition: the journal offset up to which it is sealed. */
	sealed: ReadonlyMap<number, number>;
	partitions: number;
	reaches: readonly Reach[];
	/** Rows of a task, about. */
	taskRows: number;
	/** Only these slots; default: all. */
	first?: number;
	last?: number;
}

/** Rows that a log's tail is taken for, which nobody knows before it is read: small beside those of a task. */
const TAIL_ROWS = 20_000;

/** The tasks, in the order of slots; together they have every slot of the range exactly once. */
export function cutTasks({
	segments,
	sealed,
	partitions,
	reaches,
	taskRows,
	first = 0,
	last = SLOTS - 1,
}: Cut): SlotTask[] {
	const wanted = segments.filter((segment) => isWanted(segment, reaches));
	return slotRanges(wanted, partitions, taskRows, first, last).map(([from, to]) => ({
		first: from,
		last: to,
		segments: wanted
			.filter((segment) => segment.minSlot <= to && segment.maxSlot >= from)
			.map(({ key, bytes, createdAt }) => ({ key, bytes, createdAt })),
		tails: partitionsOf(from, to, partitions).map((partition) => ({ partition, after: sealed.get(partition) ?? 0 })),
		rows: Math.ceil(rowsIn(wanted, from, to)),
	}));
}

/** Whether a segment may hold an event that some reach wants. */
export function isWanted(segment: SegmentInfo, reaches: readonly Reach[]): boolean {
	const { minTs, maxTs, names } = segment;
	return reaches.some((reach) => {
		if (minTs >= reach.to || maxTs < reach.from) return false;
		return names === null || reach.names === null || reach.names.some((name) => names.includes(name));
	});
}

/** Neighbouring partitions together while they are small, large ones in equal pieces. */
function slotRanges(
	segments: readonly SegmentInfo[],
	partitions: number,
	taskRows: number,
	first: number,
	last: number,
): [number, number][] {
	const ranges: [number, number][] = [];
	let room = 0;
	for (const partition of partitionsOf(first, last, partitions)) {
		const from = Math.max(first, startOf(partition, partitions));
		const to = Math.min(last, startOf(partition + 1, partitions) - 1);
		const rows = rowsIn(segments, from, to) + TAIL_ROWS;
		const before = ranges.at(-1);
		if (before !== undefined && rows <= room) {
			before[1] = to;
			room -= rows;
			continue;
		}
		const pieces = Math.min(to - from + 1, Math.ceil(rows / taskRows));
		for (let i = 0; i < pieces; i++)
			ranges.push([pieceStart(from, to, i, pieces), pieceStart(from, to, i + 1, pieces) - 1]);
		room = taskRows - rows;
	}
	return ranges;
}

const pieceStart = (from: number, to: number, i: number, pieces: number) =>
	from + Math.floor(((to - from + 1) * i) / pieces);

/** First slot of a partition (schema/ids.ts `partitionOf`). */
const startOf = (partition: number, partitions: number) => Math.ceil((partition * SLOTS) / partitions);

function partitionsOf(first: number, last: number, partitions: number): number[] {
	const at = (slot: number) => Math.floor((slot * partitions) / SLOTS);
	return Array.from({ length: at(last) - at(first) + 1 }, (_, i) => at(first) + i);
}

/** Rows of segments in a slot range, as if each were spread evenly over its slots. */
function rowsIn(segments: readonly SegmentInfo[], first: number, last: number): number {
	let rows = 0;
	for (const { minSlot, maxSlot, rows: all } of segments) {
		const shared = Math.min(last, maxSlot) - Math.max(first, minSlot) + 1;
		if (shared > 0) rows += (all * shared) / (maxSlot - minSlot + 1);
	}
	return rows;
}
