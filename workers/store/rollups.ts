/** D1's windows: whole ones with a version, of which the higher wins (I4). */
import { and, asc, eq, gte, inArray, lt, sql } from "drizzle-orm";
import type { Field } from "../../durable-objects/rpc.ts";
import { rollups } from "../../schema/d1/tables.ts";
import type { TenantId } from "../../schema/ids.ts";
import type { Section, StoredWindow, Version } from "../../schema/rollup.ts";
import { type Database, database, type StoreBindings } from "./db.ts";
import { bytesToSql, fromHex, hexOf } from "./hex.ts";

export type RollupGrain = "hour" | "day";

/** Names one window of one metric of one tenant. */
export interface RollupKey {
	tenant: TenantId;
	metric: string;
	grain: RollupGrain;
	bucket: number;
}

/**
 * D1 takes rows and strings of 2,000,000 bytes, and bytes travel as hex (hex.ts): a section above half of it cannot be
 * stored. schema/core/window.ts cuts pages below this; it is checked here because local D1 does not.
 */
export const MAX_SECTION_BYTES = 1_000_000;

/** A batch is one request of hex in the memory of a 128 MB Worker. Only windows of many dense sketches need two. */
export const MAX_BATCH_BYTES = 4_000_000;

const sectionBytes = (s: Section) => s.stats.length + s.uniques.length + s.quantiles.length;

/**
 * Stores a window, unless a newer version is there. One transaction; a window above MAX_BATCH_BYTES takes one for each
 * few parts, so that a reader of one part never sees two versions mixed (readers ask part by part).
 * Answers the rows that changed.
 * @throws RangeError where a section is too large to be a row: no retry helps.
 */
export async function upsertWindow(env: StoreBindings, key: RollupKey, window: StoredWindow): Promise<number> {
	const db = database(env);
	const all = batches([...Map.groupBy(window.sections, (s) => s.part).values()]);
	let changed = 0;
	for (const [i, parts] of all.entries()) {
		const upserts = parts.flatMap((pages) =>
			pages.map((section) => upsertSection(db, key, window.version, section, pages.length)),
		);
		const names = parts.flatMap((pages) => pages.slice(0, 1).map((section) => section.part));
		const cleaning = i < all.length - 1 ? dropOlder(db, key, names) : dropOlder(db, key);
		const [first, ...rest] = [...upserts, cleaning];
		if (first) for (const { meta } of await db.batch([first, ...rest])) changed += meta.changes;
	}
	return changed;
}

/** Whole parts, gathered up to MAX_BATCH_BYTES. */
function batches(parts: Section[][]): Section[][][] {
	const out: Section[][][] = [];
	let room = 0;
	for (const part of parts) {
		const size = part.reduce((sum, s) => sum + sectionBytes(s), 0);
		if (size > room || out.length === 0) {
			out.push([]);
			room = MAX_BATCH_BYTES;
		}
		out.at(-1)?.push(part);
		room -= size;
	}
	return out;
}

function upsertSection(db: Database, key: RollupKey, version: Version, section: Section, pages: number) {
	if (sectionBytes(section) > MAX_SECTION_BYTES) {
		throw new RangeError(`section ${section.part}/${section.page} has ${sectionBytes(section)} bytes`);
	}
	const columns = {
		...version,
		pages,
		stats: bytesToSql(section.stats),
		uniques: bytesToSql(section.uniques),
		quantiles: bytesToSql(section.quantiles),
	};
	const { part, page } = section;
	return db
		.insert(rollups)
		.values({ ...key, part, page, ...columns })
		.onConflictDoUpdate({
			target: [rollups.tenant, rollups.metric, rollups.grain, rollups.bucket, rollups.part, rollups.page],
			set: {
				epoch: sql`excluded.epoch`,
				n: sql`excluded.n`,
				pages: sql`excluded.pages`,
				stats: sql`excluded.stats`,
				uniques: sql`excluded.uniques`,
				quantiles: sql`excluded.quantiles`,
			},
			setWhere: sql`(excluded.epoch, excluded.n) > (${rollups.epoch}, ${rollups.n})`,
		});
}

const isWindow = (key: RollupKey) =>
	and(
		eq(rollups.tenant, key.tenant),
		eq(rollups.metric, key.metric),
		eq(rollups.grain, key.grain),
		eq(rollups.bucket, key.bucket),
	);

/**
 * Removes the rows (of these parts) that are older than the newest: pages and parts that a newer version no longer has,
 * and pages that an old message brought after a newer version that has fewer.
 */
function dropOlder(db: Database, key: RollupKey, parts?: string[]) {
	const scope = and(isWindow(key), parts && inArray(rollups.part, parts));
	const newest = sql`(SELECT epoch, n FROM ${rollups} WHERE ${scope} ORDER BY epoch DESC, n DESC LIMIT 1)`;
	return db.delete(rollups).where(and(scope, sql`(${rollups.epoch}, ${rollups.n}) < ${newest}`));
}

export interface RollupRead {
	tenant: TenantId;
	metric: string;
	grain: RollupGrain;
	/** [from, to), epoch ms; windows whose start lies in it. */
	from: number;
	to: number;
	parts: string[];
	/** Other columns come back empty. */
	fields: Field[];
}

/** What a reader holds at once, in bytes as stored; as hex text it is four times this while it is decoded. */
export const READ_BYTES = 4_000_000;

/**
 * The windows of a range, oldest first, a few at a time: 90 days of sketches are tens of megabytes, and a reader that
 * merges as it goes holds READ_BYTES of them. Sections of one window come together, in the order of part and page.
 */
export async function* readWindows(env: StoreBindings, read: RollupRead): AsyncGenerator<StoredWindow[]> {
	for (const { from, to } of await ranges(env, read)) yield windowsOf(env, { ...read, from, to });
}

const inRange = (read: RollupRead) =>
	and(
		eq(rollups.tenant, read.tenant),
		eq(rollups.metric, read.metric),
		eq(rollups.grain, read.grain),
		gte(rollups.bucket, read.from),
		lt(rollups.bucket, read.to),
		inArray(rollups.part, read.parts),
	);

/** Cuts the range where READ_BYTES would be passed. `length` of a BLOB is in the row's header: nothing is read for it. */
async function ranges(env: StoreBindings, read: RollupRead): Promise<{ from: number; to: number }[]> {
	const size = read.fields.map((field) => sql`length(${rollups[field]})`);
	const buckets = await database(env)
		.select({ bucket: rollups.bucket, bytes: sql<number>`sum(${sql.join([sql`0`, ...size], sql` + `)})` })
		.from(rollups)
		.where(inRange(read))
		.groupBy(rollups.bucket)
		.orderBy(asc(rollups.bucket))
		.all();
	const out: { from: number; to: number }[] = [];
	let room = 0;
	for (const { bucket, bytes } of buckets) {
		const last = out.at(-1);
		if (last && bytes <= room) last.to = bucket + 1;
		else {
			out.push({ from: bucket, to: bucket + 1 });
			room = READ_BYTES;
		}
		room -= bytes;
	}
	return out;
}

async function windowsOf(env: StoreBindings, read: RollupRead): Promise<StoredWindow[]> {
	const column = (field: Field) => (read.fields.includes(field) ? hexOf(rollups[field]) : sql<string>`''`);
	const rows = await database(env)
		.select({
			bucket: rollups.bucket,
			part: rollups.part,
			page: rollups.page,
			pages: rollups.pages,
			epoch: rollups.epoch,
			n: rollups.n,
			stats: column("stats"),
			uniques: column("uniques"),
			quantiles: column("quantiles"),
		})
		.from(rollups)
		.where(inRange(read))
		.orderBy(asc(rollups.bucket), asc(rollups.part), asc(rollups.page))
		.all();
	assertComplete(rows);
	const windows = new Map<number, StoredWindow>();
	for (const { bucket, epoch, n, part, page, pages: _, ...hex } of rows) {
		let window = windows.get(bucket);
		if (!window) {
			window = { grain: read.grain, bucket, version: { epoch, n }, sections: [] };
			windows.set(bucket, window);
		}
		const { stats, uniques, quantiles } = hex;
		window.sections.push({
			part,
			page,
			stats: fromHex(stats),
			uniques: fromHex(uniques),
			quantiles: fromHex(quantiles),
		});
	}
	return [...windows.values()];
}

/** Rows in the order of bucket, part and page. A part without one of its pages would be read as a smaller part. */
function assertComplete(rows: readonly { bucket: number; part: string; page: number; pages: number }[]): void {
	for (const [i, { bucket, part, page, pages }] of rows.entries()) {
		const before = rows[i - 1];
		const next = rows[i + 1];
		const first = before?.bucket !== bucket || before.part !== part;
		const last = next?.bucket !== bucket || next.part !== part;
		if (page === (first ? 0 : (before?.page ?? 0) + 1) && (!last || page + 1 === pages)) continue;
		throw new Error(`window ${bucket} lacks a page of ${part}`);
	}
}

/** Deletes up to `limit` rows of a grain older than `before`; answers how many. */
export async function deleteRollupsBefore(
	env: StoreBindings,
	grain: RollupGrain,
	before: number,
	limit: number,
): Promise<number> {
	const old = and(eq(rollups.grain, grain), lt(rollups.bucket, before));
	return deleteRows(env, sql`${old}`, limit);
}

/** Deletes up to `limit` rows of a tenant; answers how many. */
export const deleteRollupsOf = (env: StoreBindings, tenant: TenantId, limit: number): Promise<number> =>
	deleteRows(env, sql`${eq(rollups.tenant, tenant)}`, limit);

/** Deletes up to `limit` rows of a metric; answers how many. */
export const deleteRollupsOfMetric = (
	env: StoreBindings,
	tenant: TenantId,
	metric: string,
	limit: number,
): Promise<number> => deleteRows(env, sql`${and(eq(rollups.tenant, tenant), eq(rollups.metric, metric))}`, limit);

/** By rowid, because SQLite as D1 builds it has no DELETE … LIMIT. */
async function deleteRows(env: StoreBindings, where: ReturnType<typeof sql>, limit: number): Promise<number> {
	const result = await database(env).run(
		sql`DELETE FROM ${rollups} WHERE rowid IN (SELECT rowid FROM ${rollups} WHERE ${where} LIMIT ${limit})`,
	);
	return result.meta.changes;
}
