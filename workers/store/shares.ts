/** Shared links. Rows keep no secret: what opens one is a signature (api/share-principal.ts). */
import { and, desc, eq, isNull, lt, or, sql } from "drizzle-orm";
import { dashboards, shares } from "../../schema/d1/tables.ts";
import type { TenantId } from "../../schema/ids.ts";
import { database, type StoreBindings } from "./db.ts";

export type ShareRow = typeof shares.$inferSelect;

/** Links of a site that are open at a time (I8). */
export const MAX_SHARES = 1_000;
/** Links that are over stay in the lists for so long, ms: whoever asks why one does not open finds out. */
const KEEP_MS = 90 * 86_400_000;

/** The share with this id, revoked and expired ones too. */
export function shareById(env: StoreBindings, id: string): Promise<ShareRow | undefined> {
	return database(env).select().from(shares).where(eq(shares.id, id)).get();
}

/** Inserts it. Answers false where the site has all that it may, or no such dashboard. */
export async function insertShare(env: StoreBindings, row: ShareRow): Promise<boolean> {
	const { id, tenant, dashboard, options, createdAt, expiresAt } = row;
	const db = database(env);
	const mine = eq(shares.tenant, tenant);
	const open = sql`tenant = ${tenant} AND revoked_at IS NULL AND coalesce(expires_at > ${createdAt}, 1)`;
	await db.delete(shares).where(and(mine, or(...overBefore(createdAt - KEEP_MS))));
	const { meta } = await db.run(
		sql`INSERT INTO ${shares} (id, tenant, dashboard, options, created_at, created_by, expires_at)
			SELECT ${id}, ${tenant}, ${dashboard}, ${options}, ${createdAt}, ${JSON.stringify(row.createdBy)}, ${expiresAt}
			WHERE (SELECT count(*) FROM ${shares} WHERE ${open}) < ${MAX_SHARES}
				AND EXISTS (SELECT 1 FROM ${dashboards} WHERE tenant = ${tenant} AND uid = ${dashboard})`,
	);
	return meta.changes > 0;
}

const overBefore = (at: number) => [lt(shares.revokedAt, at), lt(shares.expiresAt, at)];

/** Newest first, with those that are over; of one dashboard where it is named. */
export function listShares(env: StoreBindings, tenant: TenantId, dashboard: string | null): Promise<ShareRow[]> {
	const ofIt = dashboard === null ? undefined : eq(shares.dashboard, dashboard);
	return database(env)
		.select()
		.from(shares)
		.where(and(eq(shares.tenant, tenant), ofIt))
		.orderBy(desc(shares.createdAt), desc(shares.id))
		.limit(MAX_SHARES)
		.all();
}

/** Repeats are harmless: the first time stays. */
export async function revokeShare(env: StoreBindings, tenant: TenantId, id: string, now: number): Promise<void> {
	await database(env)
		.update(shares)
		.set({ revokedAt: now })
		.where(and(eq(shares.tenant, tenant), eq(shares.id, id), isNull(shares.revokedAt)));
}

/** Of a site that is deleted; answers how many. */
export async function deleteSharesOf(env: StoreBindings, tenant: TenantId): Promise<number> {
	return (await database(env).delete(shares).where(eq(shares.tenant, tenant))).meta.changes;
}
