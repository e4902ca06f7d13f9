/** A span of the journal as a segment of the archive. Pure but for reading: the same span gives the same object. */
import { type SegmentSource, type SegmentStats, writeSegment } from "../../schema/archive/write.ts";
import { segmentKey, type TenantId } from "../../schema/ids.ts";
import type { NewSegment } from "./catalogue.ts";
import { SourceJoiner } from "./join.ts";
import { committedAt, eventTables } from "./journal.ts";
import type { LogStore } from "./store.ts";

/** Journal rows (after, last]. */
export interface Span {
	after: number;
	last: number;
	/** When the first of them was committed, epoch ms. */
	at: number;
	/** Of the rows in the journal. */
	bytes: number;
	/** Their events; none where the rows have only counts. */
	sources: SegmentSource[];
}

/** Where a span ends: at a given offset, or at the row that reaches one of the bounds. */
export type SpanEnd = { last: number } | { bytes: number; rows: number };

/** Reads the span that begins after an offset, or null where the journal has nothing after it. */
export function readSpan(store: LogStore, after: number, end: SpanEnd): Span | null {
	let span: Omit<Span, "sources"> | null = null;
	const joiner = new SourceJoiner();
	for (const { offset, bytes } of store.rowsAfter(after)) {
		const isPast = "last" in end ? offset > end.last : span && (span.bytes >= end.bytes || joiner.rows >= end.rows);
		if (isPast) break;
		span ??= { after, last: offset, at: committedAt(bytes), bytes: 0 };
		span.last = offset;
		span.bytes += bytes.length;
		for (const table of eventTables(bytes)) joiner.add(table, offset);
	}
	return span && { ...span, sources: joiner.finish() };
}

/** `props`: the declared ones, which get columns of their own. */
export function toSegment(
	{ tenant, partition }: { tenant: TenantId; partition: number },
	{ after, last, at, sources }: Span,
	props: readonly string[],
	now: number,
): { segment: NewSegment; bytes: Uint8Array } {
	const { bytes, stats } = writeSegment(sources, props);
	const day = new Date(at).toISOString().slice(0, 10);
	const key = segmentKey(tenant, day, partition, `${after}-${last}`);
	const place = { key, tenant, partition, day, afterOffset: after, lastOffset: last };
	const segment: NewSegment = {
		...place,
		...numbersOf(stats, bytes),
		props: [...props],
		source: "log",
		createdAt: now,
	};
	return { segment, bytes };
}

/** What the catalogue keeps of an object. */
export function numbersOf(
	{ rows, minTs, maxTs, minSlot, maxSlot, names }: SegmentStats,
	bytes: Uint8Array,
): Pick<NewSegment, "rows" | "bytes" | "minTs" | "maxTs" | "minSlot" | "maxSlot" | "names"> {
	return { rows, bytes: bytes.length, minTs: Math.floor(minTs), maxTs: Math.ceil(maxTs), minSlot, maxSlot, names };
}
