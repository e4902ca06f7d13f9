import { and, desc, eq, inArray, lt, or } from "drizzle-orm";
import { audit } from "../../schema/d1/tables.ts";
import { database, type StoreBindings } from "./db.ts";

export type AuditRow = typeof audit.$inferSelect;

export async function insertAudit(env: StoreBindings, rows: AuditRow[]): Promise<void> {
	if (rows.length > 0) await database(env).insert(audit).values(rows);
}

/** Where a page ends: entries before it are older, or as old with a smaller id. */
export type AuditCursor = Pick<AuditRow, "at" | "id">;

/** An organisation's entries, newest first. */
export function listAudit(
	env: StoreBindings,
	org: string,
	before: AuditCursor | null,
	limit: number,
): Promise<AuditRow[]> {
	const older = before && or(lt(audit.at, before.at), and(eq(audit.at, before.at), lt(audit.id, before.id)));
	return database(env)
		.select()
		.from(audit)
		.where(and(eq(audit.org, org), older ?? undefined))
		.orderBy(desc(audit.at), desc(audit.id))
		.limit(limit)
		.all();
}

/** Deletes up to `limit` entries from before; answers how many. */
export async function deleteAuditBefore(env: StoreBindings, before: number, limit: number): Promise<number> {
	const db = database(env);
	const old = db.select({ id: audit.id }).from(audit).where(lt(audit.at, before)).limit(limit);
	const { meta } = await db.delete(audit).where(inArray(audit.id, old));
	return meta.changes;
}
