/** Raw events, as jobs read them: row group by row group from the archive, and what the logs have not sealed yet. */
import { logStub } from "../../durable-objects/stubs.ts";
import type { Segment } from "../../schema/archive/read.ts";
import { tableBatch } from "../../schema/archive/table-batch.ts";
import { decodeTable } from "../../schema/core/columns.ts";
import { ALWAYS } from "../../schema/core/scan/gather.ts";
import type { NumberColumn } from "../../schema/core/scan/rows.ts";
import { EVENT_LAYOUT } from "../../schema/event.ts";
import type { TenantId } from "../../schema/ids.ts";
import type { Env } from "../env.ts";
import { openSegment } from "../query/scan/r2.ts";
import { type Selected, selectRows, type Wanted } from "../query/scan/select.ts";
import type { SegmentRef, SlotTask } from "../query/scan/tasks.ts";

/** What is read, of which rows. */
export interface Reading extends Wanted {
	slots: readonly [first: number, last: number];
	numbers: readonly NumberColumn[];
	texts: readonly string[];
}

/** Everything there is, of every name. */
export const ALWAYS_WANTED = [{ from: 0, to: Number.POSITIVE_INFINITY, names: null }];

/** The wanted rows of a segment, in order. Of one visitor's, only groups that have some are read whole. */
export async function* readSegment(env: Env, ref: SegmentRef, reading: Reading): AsyncGenerator<Selected> {
	const { slots, reaches, visitor } = reading;
	const segment = await openSegment(env.ARCHIVE, ref);
	const numbers: NumberColumn[] = [...new Set([...ALWAYS, "slot" as const, ...reading.numbers])];
	for (const [group, { minSlot, maxSlot, minTs, maxTs }] of segment.groups.entries()) {
		if (minSlot > slots[1] || maxSlot < slots[0]) continue;
		if (!reaches.some(({ from, to }) => minTs < to && maxTs >= from)) continue;
		if (visitor !== null && !(await hasVisitor(segment, group, visitor))) continue;
		const selected = selectRows(await segment.read(group, numbers, reading.texts), reading);
		if (selected !== null) yield selected;
	}
}

/** The wanted rows of a log's journal after an offset. */
export async function* readTail(
	env: Env,
	tenant: TenantId,
	{ partition, after }: SlotTask["tails"][number],
	reading: Reading,
): AsyncGenerator<Selected> {
	const log = logStub(env, tenant, partition);
	const numbers: NumberColumn[] = [...new Set([...ALWAYS, "slot" as const, ...reading.numbers])];
	for (let at: number | null = after; at !== null; ) {
		const answer = await log.readTail({ after: at });
		// The step fails, and is tried again with what the catalogue says then.
		if (answer.trimmed > at) throw new Error(`log ${partition} was sealed while it was read`);
		for (const { bytes } of answer.tables) {
			const selected = selectRows(tableBatch(decodeTable(EVENT_LAYOUT, bytes), numbers, reading.texts), reading);
			if (selected !== null) yield selected;
		}
		at = answer.next;
	}
}

/** Statistics do not tell: a cookieless visitor's slot is not its hash's. */
export async function hasVisitor(segment: Segment, group: number, visitor: readonly [hi: number, lo: number]) {
	const { numbers, rows } = await segment.read(group, ["visitor_hi", "visitor_lo"], []);
	const { visitor_hi: hi, visitor_lo: lo } = numbers;
	if (hi === undefined || lo === undefined) throw new RangeError("a segment lacks its visitors");
	for (let row = 0; row < rows; row++) if (lo[row] === visitor[1] && hi[row] === visitor[0]) return true;
	return false;
}
