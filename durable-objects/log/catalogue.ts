/** Writes the catalogue of the archive (D1, `archive_segments`). What reads it is in workers/store/segments.ts. */
import { and, eq, getTableColumns, max, ne, type SQL, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import { archiveSegments } from "../../schema/d1/tables.ts";

export type NewSegment = typeof archiveSegments.$inferInsert;

const COLUMNS = getTableColumns(archiveSegments);
/** A row's values in the order of the columns. */
const valuesOf = (segment: NewSegment) =>
	Object.entries(COLUMNS).map(([key, column]) => sql`${sql.param(segment[key as keyof NewSegment] ?? null, column)}`);

/** What a second attempt may find otherwise: a newer version's object of the same span has other bytes. */
const WRITTEN_ANEW = ["rows", "bytes", "minTs", "maxTs", "minSlot", "maxSlot", "names", "props"] as const;
const anew = Object.fromEntries(WRITTEN_ANEW.map((key) => [key, sql`excluded.${sql.identifier(COLUMNS[key].name)}`]));

/** Catalogues a segment if `when` holds. A row that is there already stays replaced if it is. */
export function insertSegment(db: DrizzleD1Database<Record<string, unknown>>, segment: NewSegment, when: SQL) {
	return db
		.insert(archiveSegments)
		.select(sql`SELECT ${sql.join(valuesOf(segment), sql`, `)} WHERE ${when}`)
		.onConflictDoUpdate({ target: archiveSegments.key, set: anew });
}

/**
 * Catalogues a span that a log has sealed; repeats are harmless. False where other rows have these offsets: an earlier
 * attempt was catalogued, and has been compacted since; then the object just written is nobody's.
 * @throws Error where the catalogue knows offsets of the partition that the journal has not reached.
 */
export async function catalogueSealed(d1: D1Database, segment: NewSegment): Promise<boolean> {
	const db = drizzle(d1);
	const { tenant, partition, lastOffset, key } = segment;
	const others = and(
		eq(archiveSegments.tenant, tenant),
		eq(archiveSegments.partition, partition),
		ne(archiveSegments.key, key),
	);
	const isNew = sql`NOT EXISTS (SELECT 1 FROM ${archiveSegments} WHERE ${others} AND last_offset >= ${lastOffset})`;
	const { meta } = await insertSegment(db, segment, isNew);
	if (meta.changes > 0) return true;
	const newest = await db
		.select({ offset: max(archiveSegments.lastOffset) })
		.from(archiveSegments)
		.where(others)
		.get();
	if (newest?.offset === lastOffset) return false;
	throw new Error(`the catalogue ends at offset ${newest?.offset}, this journal at ${lastOffset}: was it lost?`);
}
