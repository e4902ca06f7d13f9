/**
 * The catalogue of the archive, read and swapped.
 *
 * **How a scan sees every event once.** It takes a `snapshot`: the segments, and for each partition the offset that they
 * reach, in one transaction of D1. Then it reads each log's `tail` after that offset (0 for a partition that is not
 * named). A log catalogues its spans in order, each beginning where the one before ended, so a snapshot has all spans
 * up to its offset and none after; and the journal has all that comes after, because a row is trimmed only once its
 * span is catalogued, and then some minutes later. So what is sealed, compacted or dropped between the two reads is
 * neither missed nor doubled. The other order would need the log's word on what is sealed, which it has later than D1.
 *
 * A snapshot may be some minutes old (a cache, a long scan): replaced objects stay that long. Where a log answers that
 * it has trimmed more than `after`, its snapshot is too old: take another. The offset of a partition comes from replaced
 * rows too, and its newest row is never deleted (`forgetReplaced`): it does not fall when retention empties a partition.
 */
import { and, asc, eq, gt, gte, isNotNull, isNull, lt, max, sql } from "drizzle-orm";
import { insertSegment, type NewSegment } from "../../durable-objects/log/catalogue.ts";
import { archiveSegments, sites } from "../../schema/d1/tables.ts";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import { database, type StoreBindings } from "./db.ts";

const DAY_MS = 86_400_000;

export type SegmentRow = typeof archiveSegments.$inferSelect;

/** Event times [from, to), epoch ms. */
export interface TimeRange {
	from: number;
	to: number;
}

export interface Snapshot {
	segments: SegmentRow[];
	/** By partition, the offset after which its tail begins; 0 where there is none. */
	sealed: ReadonlyMap<number, number>;
}

/** What a scan of a range reads, as of one moment; `range` null: everything. */
export async function snapshot(env: StoreBindings, tenant: TenantId, range: TimeRange | null): Promise<Snapshot> {
	const db = database(env);
	const [segments, offsets] = await db.batch([
		selectSegments(env, tenant, range),
		db
			.select({ partition: archiveSegments.partition, last: max(archiveSegments.lastOffset) })
			.from(archiveSegments)
			.where(eq(archiveSegments.tenant, tenant))
			.groupBy(archiveSegments.partition),
	]);
	return { segments, sealed: new Map(offsets.map(({ partition, last }) => [partition, last ?? 0])) };
}

/** The segments that may hold events of a range. Not for a scan that reads tails too: that needs a `snapshot`. */
export async function catalogue(env: StoreBindings, tenant: TenantId, range: TimeRange | null): Promise<SegmentRow[]> {
	return selectSegments(env, tenant, range).all();
}

function selectSegments(env: StoreBindings, tenant: TenantId, range: TimeRange | null) {
	const inRange = range && and(gte(archiveSegments.maxTs, range.from), lt(archiveSegments.minTs, range.to));
	return database(env)
		.select()
		.from(archiveSegments)
		.where(and(eq(archiveSegments.tenant, tenant), isNull(archiveSegments.replacedAt), inRange ?? undefined))
		.orderBy(asc(archiveSegments.partition), asc(archiveSegments.afterOffset), asc(archiveSegments.key));
}

const isOneOf = (keys: readonly string[]) =>
	sql`${archiveSegments.key} IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`;

/**
 * Puts segments into the place of others, in one transaction. False, and nothing is done, where one of the others is
 * replaced already, or gone: somebody was faster.
 */
export async function swapSegments(
	env: StoreBindings,
	old: readonly string[],
	made: readonly NewSegment[],
	now: number,
): Promise<boolean> {
	if (made.some(({ key }) => old.includes(key))) throw new Error("a segment cannot take its own place");
	const db = database(env);
	const allThere = sql`(SELECT COUNT(*) FROM ${archiveSegments}
		WHERE ${isOneOf(old)} AND replaced_at IS NULL) = ${old.length}`;
	const replace = db
		.update(archiveSegments)
		.set({ replacedAt: now })
		.where(and(isOneOf(old), allThere));
	// The condition of all of them is read before the last one makes it false.
	const inserts = made.map((segment) => insertSegment(db, segment, allThere));
	const [first, ...rest] = [...inserts, replace];
	const results = first === undefined ? [] : await db.batch([first, ...rest]);
	return (results.at(-1)?.meta.changes ?? 0) > 0;
}

/** Those of some keys that the catalogue has, replaced or not. */
export async function knownKeys(env: StoreBindings, keys: readonly string[]): Promise<Set<string>> {
	const found = await database(env)
		.select({ key: archiveSegments.key })
		.from(archiveSegments)
		.where(isOneOf(keys))
		.all();
	return new Set(found.map(({ key }) => key));
}

/** Of some keys those that the catalogue has, and whether they are replaced. */
export async function standOf(
	env: StoreBindings,
	keys: readonly string[],
): Promise<ReadonlyMap<string, "active" | "replaced">> {
	if (keys.length === 0) return new Map();
	const { key, replacedAt } = archiveSegments;
	const found = await database(env).select({ key, replacedAt }).from(archiveSegments).where(isOneOf(keys)).all();
	return new Map(found.map((row) => [row.key, row.replacedAt === null ? "active" : "replaced"]));
}

export interface CompactionGroup {
	tenant: TenantId;
	partition: number;
	day: string;
}

/** Days of partitions, [since, until), that have several segments of fewer than `rows` rows. The oldest days first. */
export async function compactable(
	env: StoreBindings,
	{ since, until, rows, limit }: { since: string; until: string; rows: number; limit: number },
): Promise<CompactionGroup[]> {
	const { tenant, partition, day, replacedAt } = archiveSegments;
	const found = await database(env)
		.select({ tenant, partition, day })
		.from(archiveSegments)
		.innerJoin(sites, and(eq(sites.id, tenant), isNull(sites.deletedAt)))
		.where(and(isNull(replacedAt), gte(day, since), lt(day, until), lt(archiveSegments.rows, rows)))
		.groupBy(tenant, partition, day)
		.having(sql`COUNT(*) > 1`)
		.orderBy(asc(day), asc(tenant), asc(partition))
		.limit(limit)
		.all();
	return found.map((group) => ({ ...group, tenant: tenantId(group.tenant) }));
}

/** The segments of fewer than `rows` rows of a partition's day, in the order of the journal. */
export function smallSegments(
	env: StoreBindings,
	{ tenant, partition, day }: CompactionGroup,
	rows: number,
	limit: number,
): Promise<SegmentRow[]> {
	return database(env)
		.select()
		.from(archiveSegments)
		.where(
			and(
				eq(archiveSegments.tenant, tenant),
				eq(archiveSegments.partition, partition),
				eq(archiveSegments.day, day),
				isNull(archiveSegments.replacedAt),
				lt(archiveSegments.rows, rows),
			),
		)
		.orderBy(asc(archiveSegments.lastOffset), asc(archiveSegments.key))
		.limit(limit)
		.all();
}

/** Takes up to `limit` segments whose every event is older than its site keeps events out of the archive. */
export async function expireSegments(env: StoreBindings, now: number, limit: number): Promise<number> {
	// CROSS JOIN fixes the order: for each site a range of the index archive_segments_range.
	const old = sql`SELECT s.key FROM ${sites} t CROSS JOIN ${archiveSegments} s
		ON s.tenant = t.id AND s.replaced_at IS NULL AND s.max_ts < ${now} - t.retention_days * ${DAY_MS} LIMIT ${limit}`;
	const { meta } = await database(env).run(
		sql`UPDATE ${archiveSegments} SET replaced_at = ${now} WHERE key IN (${old})`,
	);
	return meta.changes;
}

/** Keys of replaced segments whose objects no scan can still be reading. */
export async function replacedBefore(env: StoreBindings, before: number, limit: number): Promise<string[]> {
	const found = await database(env)
		.select({ key: archiveSegments.key })
		.from(archiveSegments)
		.where(and(lt(archiveSegments.replacedAt, before), gt(archiveSegments.bytes, 0)))
		.limit(limit)
		.all();
	return found.map(({ key }) => key);
}

/** Deletes rows of replaced segments whose objects are gone. A partition's newest row stays, empty: see above. */
export async function forgetReplaced(env: StoreBindings, keys: readonly string[]): Promise<void> {
	const db = database(env);
	const isGone = and(isOneOf(keys), isNotNull(archiveSegments.replacedAt));
	const hasNewer = sql`EXISTS (SELECT 1 FROM ${archiveSegments} n WHERE n.tenant = ${archiveSegments}.tenant
		AND n.partition = ${archiveSegments}.partition
		AND (n.last_offset, n.key) > (${archiveSegments}.last_offset, ${archiveSegments}.key))`;
	await db.batch([
		db.delete(archiveSegments).where(and(isGone, hasNewer)),
		db.update(archiveSegments).set({ rows: 0, bytes: 0 }).where(isGone),
	]);
}

/** Deletes up to `limit` rows of a tenant; answers how many. */
export async function deleteSegmentsOf(env: StoreBindings, tenant: TenantId, limit: number): Promise<number> {
	const some = sql`SELECT key FROM ${archiveSegments} WHERE ${eq(archiveSegments.tenant, tenant)} LIMIT ${limit}`;
	const { meta } = await database(env).run(sql`DELETE FROM ${archiveSegments} WHERE key IN (${some})`);
	return meta.changes;
}
