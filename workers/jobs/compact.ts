/**
 * Compaction: the small segments of a day that is over become few large ones, each event once. Work of the cron, a
 * little a minute. Nothing is locked: a merge that somebody else was faster with is thrown away at the swap, and
 * names are of what they were made of, so that doing it again makes the same objects.
 */

import type { NewSegment } from "../../durable-objects/log/catalogue.ts";
import { mergeSegments } from "../../schema/archive/merge.ts";
import { hash64 } from "../../schema/core/hash.ts";
import { archivePrefix, segmentKey } from "../../schema/ids.ts";
import type { Env } from "../env.ts";
import { openSegment } from "../query/scan/r2.ts";
import { putSegment, sweepMerged } from "../store/archive.ts";
import {
	type CompactionGroup,
	compactable,
	knownKeys,
	type SegmentRow,
	smallSegments,
	swapSegments,
} from "../store/segments.ts";

type Bindings = Pick<Env, "DB" | "ARCHIVE">;

/** Rows of one merge, and so of what comes out: some 25 MB, and seconds of the 30 s of CPU that an invocation has. */
const SEGMENT_ROWS = 250_000;
/** A segment below this is merged with others; two such are always one merge. */
const SMALL_ROWS = SEGMENT_ROWS / 2;
/** Sources of one merge: each is decoded once for every range of slots (schema/archive/merge.ts). */
const MERGE_SEGMENTS = 32;
/** After this much an invocation begins no further merge. */
const RUN_ROWS = 400_000;
const RUN_MS = 20_000;
/** A day is over when it ended this long ago: its last rows are sealed by then, ms. */
const CLOSED_MS = 2 * 3_600_000;
const DAY_MS = 86_400_000;
/** Days that are looked at: mostly the newest, and once an hour all, where sealing or compaction stood still for long. */
const RECENT_DAYS = 3;
const GROUPS = 50;

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

/** Cron. One group that fails does not hold up the others. */
export async function compact(env: Bindings, now: number): Promise<void> {
	const until = now - CLOSED_MS;
	const isFullHour = new Date(now).getUTCMinutes() === 0;
	const since = isFullHour ? "" : dayOf(until - RECENT_DAYS * DAY_MS);
	const groups = await compactable(env, { since, until: dayOf(until), rows: SMALL_ROWS, limit: GROUPS });
	const started = Date.now();
	let rows = 0;
	for (const group of groups) {
		try {
			for (let merged = 1; merged > 0; rows += merged) {
				if (rows >= RUN_ROWS || Date.now() - started >= RUN_MS) return;
				merged = await compactSome(env, group, now);
			}
		} catch (error) {
			console.error("compaction failed", group, error);
		}
	}
}

/** Merges some of a group's small segments; answers the rows that they had. */
export async function compactSome(env: Bindings, group: CompactionGroup, now: number): Promise<number> {
	const old = pick(await smallSegments(env, group, SMALL_ROWS, MERGE_SEGMENTS));
	if (old.length < 2) return 0;
	const made = await merge(env, group, old, now);
	const keys = made.map(({ key }) => key);
	if (!(await swapSegments(env, keysOf(old), made, now))) {
		// Another run of the very same merge may have been the faster one: then these are its objects.
		const known = await knownKeys(env, keys);
		await env.ARCHIVE.delete(keys.filter((key) => !known.has(key)));
	}
	await sweepMerged(env, `${archivePrefix(group.tenant)}segments/${group.day}/`);
	return rowsOf(old);
}

const keysOf = (segments: readonly SegmentRow[]) => segments.map(({ key }) => key);
const rowsOf = (segments: readonly SegmentRow[]) => segments.reduce((sum, { rows }) => sum + rows, 0);

/** As many from the front as one merge may take. */
function pick(small: readonly SegmentRow[]): SegmentRow[] {
	const picked: SegmentRow[] = [];
	for (const segment of small) {
		if (rowsOf(picked) + segment.rows > SEGMENT_ROWS) break;
		picked.push(segment);
	}
	return picked;
}

/** Writes the objects that hold what these segments hold. */
async function merge(
	env: Bindings,
	{ tenant, partition, day }: CompactionGroup,
	old: readonly SegmentRow[],
	now: number,
): Promise<NewSegment[]> {
	const sources = await Promise.all(old.map((row) => openSegment(env.ARCHIVE, row)));
	const props = [...new Set(old.flatMap((row) => row.props))];
	const afterOffset = Math.min(...old.map((row) => row.afterOffset));
	const lastOffset = Math.max(...old.map((row) => row.lastOffset));
	const { hi, lo } = hash64(keysOf(old).join("\n"));
	const name = `c-${afterOffset}-${lastOffset}-${hex(hi)}${hex(lo)}`;
	const made: NewSegment[] = [];
	const place = {
		tenant,
		partition,
		day,
		afterOffset,
		lastOffset,
		props,
		source: "compaction",
		createdAt: now,
	} as const;
	for await (const encoded of mergeSegments(sources, { maxRows: SEGMENT_ROWS, props })) {
		const key = segmentKey(tenant, day, partition, `${name}.${made.length}`);
		made.push(await putSegment(env, { ...place, key }, encoded, keysOf(old)));
	}
	return made;
}

const hex = (word: number) => word.toString(16).padStart(8, "0");
