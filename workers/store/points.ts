import { and, asc, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { pointsWritten } from "../../schema/d1/tables.ts";
import type { TenantId } from "../../schema/ids.ts";
import { database, type StoreBindings } from "./db.ts";

/** One closed hour of one metric. */
export interface HourKey {
	tenant: TenantId;
	metric: string;
	bucket: number;
}

export interface PointsState {
	/** Key of the last point handed over, or null. */
	cursor: string | null;
	done: boolean;
}

const isHour = (key: HourKey) =>
	and(eq(pointsWritten.tenant, key.tenant), eq(pointsWritten.metric, key.metric), eq(pointsWritten.bucket, key.bucket));

export async function pointsOf(env: StoreBindings, key: HourKey): Promise<PointsState> {
	const row = await database(env).select().from(pointsWritten).where(isHour(key)).get();
	return { cursor: row?.cursor ?? null, done: row?.done ?? false };
}

/**
 * Marks points up to `to` as written. Only the caller that finds the mark where it left it wins, so that two consumers
 * of one message never write the same points: answers whether this one did.
 */
export async function markPoints(
	env: StoreBindings,
	key: HourKey,
	from: string | null,
	to: { cursor: string | null; points: number; done: boolean },
	now: number,
): Promise<boolean> {
	const db = database(env);
	const row = { ...key, cursor: to.cursor, points: to.points, done: to.done, updatedAt: now };
	const written = await db
		.insert(pointsWritten)
		.values(row)
		.onConflictDoUpdate({
			target: [pointsWritten.tenant, pointsWritten.metric, pointsWritten.bucket],
			set: {
				cursor: sql`excluded.cursor`,
				points: sql`${pointsWritten.points} + excluded.points`,
				done: sql`excluded.done`,
				updatedAt: now,
			},
			setWhere: sql`${pointsWritten.cursor} IS ${from} AND NOT ${pointsWritten.done}`,
		});
	return written.meta.changes > 0;
}

/** Hours that are begun, not done, and were last touched in [from, to): their message was lost. */
export function openHours(env: StoreBindings, from: number, to: number, limit: number): Promise<HourKey[]> {
	return database(env)
		.select({ tenant: pointsWritten.tenant, metric: pointsWritten.metric, bucket: pointsWritten.bucket })
		.from(pointsWritten)
		.where(and(eq(pointsWritten.done, false), gte(pointsWritten.updatedAt, from), lt(pointsWritten.updatedAt, to)))
		.orderBy(asc(pointsWritten.updatedAt))
		.limit(limit)
		.all() as Promise<HourKey[]>;
}

/** Deletes up to `limit` marks; answers how many. */
async function deleteMarks(env: StoreBindings, where: SQL | undefined, limit: number): Promise<number> {
	const result = await database(env).run(
		sql`DELETE FROM ${pointsWritten} WHERE rowid IN (SELECT rowid FROM ${pointsWritten} WHERE ${where} LIMIT ${limit})`,
	);
	return result.meta.changes;
}

export const deletePointsBefore = (env: StoreBindings, before: number, limit: number): Promise<number> =>
	deleteMarks(env, lt(pointsWritten.updatedAt, before), limit);

export const deletePointsOf = (env: StoreBindings, tenant: TenantId, limit: number): Promise<number> =>
	deleteMarks(env, eq(pointsWritten.tenant, tenant), limit);
