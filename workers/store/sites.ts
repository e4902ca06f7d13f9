import { and, asc, eq, isNull, sql } from "drizzle-orm";
import { sites } from "../../schema/d1/tables.ts";
import { database, type StoreBindings } from "./db.ts";

export type SiteRow = typeof sites.$inferSelect;
export type SiteChanges = Partial<
	Pick<
		SiteRow,
		"name" | "weekStart" | "currency" | "origins" | "dimensions" | "quota" | "retentionDays" | "embedOrigins"
	>
>;

/** The site, or undefined where there is none or its deletion has begun. */
export function siteById(env: StoreBindings, id: string): Promise<SiteRow | undefined> {
	return database(env)
		.select()
		.from(sites)
		.where(and(eq(sites.id, id), isNull(sites.deletedAt)))
		.get();
}

export function listSites(env: StoreBindings): Promise<SiteRow[]> {
	return database(env).select().from(sites).where(isNull(sites.deletedAt)).orderBy(asc(sites.createdAt)).all();
}

/** Inserts the site unless it is there. */
export async function insertSite(env: StoreBindings, row: typeof sites.$inferInsert): Promise<void> {
	await database(env).insert(sites).values(row).onConflictDoNothing();
}

/** Changes the site if it is still at `version`; answers it as it then is, or undefined where somebody was faster. */
export function updateSite(
	env: StoreBindings,
	id: string,
	version: number,
	changes: SiteChanges,
): Promise<SiteRow | undefined> {
	return database(env)
		.update(sites)
		.set({ ...changes, version: sql`${sites.version} + 1` })
		.where(and(eq(sites.id, id), eq(sites.version, version), isNull(sites.deletedAt)))
		.returning()
		.get();
}

/** From now on the site is not found; its rows go with the job that deletes it. */
export async function markSiteDeleted(env: StoreBindings, id: string, now: number): Promise<void> {
	await database(env)
		.update(sites)
		.set({ deletedAt: now })
		.where(and(eq(sites.id, id), isNull(sites.deletedAt)));
}

export async function deleteSite(env: StoreBindings, id: string): Promise<void> {
	await database(env).delete(sites).where(eq(sites.id, id));
}
