/** Puts segments that Workers write (imports, erasures) where the logs put theirs. */
import { and, eq, gt, lte, sql } from "drizzle-orm";
import { PARQUET } from "../../durable-objects/log/archive.ts";
import { insertSegment, type NewSegment } from "../../durable-objects/log/catalogue.ts";
import { numbersOf } from "../../durable-objects/log/seal.ts";
import type { EncodedSegment } from "../../schema/archive/write.ts";
import { archiveSegments } from "../../schema/d1/tables.ts";
import type { TenantId } from "../../schema/ids.ts";
import type { Env } from "../env.ts";
import { database } from "./db.ts";
import { standOf } from "./segments.ts";

/** Where a segment belongs, and how it came about. */
export type SegmentPlace = Omit<NewSegment, "rows" | "bytes" | "minTs" | "maxTs" | "minSlot" | "maxSlot" | "names">;

/**
 * Stores the object, and answers the row that would catalogue it: until then it is part of no answer. `of`: the segments
 * whose place it is to take, if it is.
 */
export async function putSegment(
	env: Pick<Env, "ARCHIVE">,
	place: SegmentPlace,
	{ bytes, stats }: EncodedSegment,
	of: readonly string[] = [],
): Promise<NewSegment> {
	await env.ARCHIVE.put(place.key, bytes, { ...PARQUET, customMetadata: of.length > 0 ? { of: of.join(" ") } : {} });
	return { ...place, ...numbersOf(stats, bytes) };
}

/** Objects looked at in one go: each may name 32 others, and a statement takes some thousand. */
const SWEPT = 100;

/**
 * Deletes objects below a prefix that were to take the place of segments, and cannot any more, because one of those is
 * replaced: whoever wrote them died before the swap. An object that still may be swapped in stays.
 */
export async function sweepMerged(env: Pick<Env, "ARCHIVE" | "DB">, prefix: string): Promise<void> {
	for (let startAfter: string | undefined = prefix; startAfter !== undefined; ) {
		const page: R2Objects = await env.ARCHIVE.list({ prefix, startAfter, limit: SWEPT, include: ["customMetadata"] });
		// First the objects, then the catalogue: what it does not have now, it never will.
		const merged = page.objects.flatMap(({ key, customMetadata }) => {
			const of = customMetadata?.of;
			return of === undefined ? [] : [{ key, of: of.split(" ") }];
		});
		const known = await standOf(
			env,
			merged.flatMap(({ key, of }) => [key, ...of]),
		);
		const dead = merged.filter(({ key, of }) => !known.has(key) && of.some((source) => known.get(source) !== "active"));
		if (dead.length > 0) await env.ARCHIVE.delete(dead.map(({ key }) => key));
		startAfter = page.truncated ? page.objects.at(-1)?.key : undefined;
	}
}

/** Catalogues a segment that takes no other's place. Repeats are harmless. */
export async function addSegment(env: Pick<Env, "DB">, segment: NewSegment): Promise<void> {
	await insertSegment(database(env), segment, sql`1`);
}

/** Whether objects are still there that were replaced by then: the cron deletes them when no scan can be reading them. */
export async function isReplacedLeft(env: Pick<Env, "DB">, tenant: TenantId, by: number): Promise<boolean> {
	const { key, bytes, replacedAt } = archiveSegments;
	const left = await database(env)
		.select({ key })
		.from(archiveSegments)
		.where(and(eq(archiveSegments.tenant, tenant), lte(replacedAt, by), gt(bytes, 0)))
		.limit(1)
		.get();
	return left !== undefined;
}
