/**
 * Dashboards and their versions. The row of `dashboards` and that of its newest version change in one transaction, and
 * only from the version that the change started from.
 */
import { and, asc, desc, eq, isNull, lte, type SQL, sql } from "drizzle-orm";
import { annotations, dashboards, dashboardVersions, digests, shares } from "../../schema/d1/tables.ts";
import type { Author, Dashboard } from "../../schema/dashboard.ts";
import type { TenantId } from "../../schema/ids.ts";
import { type Database, database, type StoreBindings } from "./db.ts";

/** Most dashboards of a site, and versions kept of each: the oldest go (I8). */
export const MAX_DASHBOARDS = 500;
export const MAX_VERSIONS = 500;

export type DashboardRow = typeof dashboards.$inferSelect;
export type VersionRow = typeof dashboardVersions.$inferSelect;

/** A change of a dashboard: what it becomes, who says so, and why. */
export interface Revision {
	dashboard: Dashboard;
	by: Author;
	/** Epoch ms. */
	at: number;
	message: string;
}

/** What lists need, without the document. `panelTitles`: JSON array. */
export interface ListedRow extends Omit<DashboardRow, "tenant" | "body"> {
	description: string;
	panels: number;
	panelTitles: string;
}

const isThis = (tenant: TenantId, uid: string) => and(eq(dashboards.tenant, tenant), eq(dashboards.uid, uid));
const ofThis = (tenant: TenantId, uid: string) =>
	and(eq(dashboardVersions.tenant, tenant), eq(dashboardVersions.uid, uid));

export function dashboardByUid(env: StoreBindings, tenant: TenantId, uid: string): Promise<DashboardRow | undefined> {
	return database(env).select().from(dashboards).where(isThis(tenant, uid)).get();
}

/** All of a site's, by title. */
export function listDashboards(env: StoreBindings, tenant: TenantId): Promise<ListedRow[]> {
	return database(env)
		.select({
			uid: dashboards.uid,
			title: dashboards.title,
			tags: dashboards.tags,
			version: dashboards.version,
			createdAt: dashboards.createdAt,
			createdBy: dashboards.createdBy,
			updatedAt: dashboards.updatedAt,
			updatedBy: dashboards.updatedBy,
			description: sql<string>`coalesce(json_extract(${dashboards.body}, '$.description'), '')`,
			panels: sql<number>`coalesce(json_array_length(${dashboards.body}, '$.panels'), 0)`,
			panelTitles: sql<string>`(SELECT json_group_array(coalesce(json_extract(p.value, '$.title'), ''))
				FROM json_each(${dashboards.body}, '$.panels') p)`,
		})
		.from(dashboards)
		.where(eq(dashboards.tenant, tenant))
		.orderBy(asc(dashboards.title), asc(dashboards.uid))
		.all();
}

/** Inserts it as version 1. Answers false where the site has all that it may. */
export async function insertDashboard(
	env: StoreBindings,
	tenant: TenantId,
	uid: string,
	{ dashboard, by, at, message }: Revision,
): Promise<boolean> {
	const db = database(env);
	const { title, tags } = dashboard;
	const author = JSON.stringify(by);
	// The columns in the order of the table.
	const insert = db.insert(dashboards).select(
		sql`SELECT ${tenant}, ${uid}, ${title}, ${JSON.stringify(tags)}, ${JSON.stringify(dashboard)}, 1,
				${at}, ${author}, ${at}, ${author}
			WHERE (SELECT count(*) FROM ${dashboards} WHERE tenant = ${tenant}) < ${MAX_DASHBOARDS}`,
	);
	const [inserted] = await db.batch([insert, keepVersion(db, tenant, uid, 1, message)]);
	return inserted.meta.changes > 0;
}

/** Changes it if it is still at `version`; answers whether it was. */
export async function updateDashboard(
	env: StoreBindings,
	tenant: TenantId,
	uid: string,
	version: number,
	{ dashboard, by, at, message }: Revision,
): Promise<boolean> {
	const db = database(env);
	const { title, tags } = dashboard;
	const next = version + 1;
	const update = db
		.update(dashboards)
		.set({ title, tags, body: JSON.stringify(dashboard), version: next, updatedAt: at, updatedBy: by })
		.where(and(isThis(tenant, uid), eq(dashboards.version, version)));
	const prune = db
		.delete(dashboardVersions)
		.where(and(ofThis(tenant, uid), lte(dashboardVersions.version, next - MAX_VERSIONS), isAt(tenant, uid, next)));
	const [updated] = await db.batch([update, keepVersion(db, tenant, uid, next, message), prune]);
	return updated.meta.changes > 0;
}

const isAt = (tenant: TenantId, uid: string, version: number): SQL =>
	sql`EXISTS (SELECT 1 FROM ${dashboards} WHERE tenant = ${tenant} AND uid = ${uid} AND version = ${version})`;

/** Copies the dashboard as it then is. Where a change lost, the winner has kept that version before. */
const keepVersion = (db: Database, tenant: TenantId, uid: string, version: number, message: string) =>
	db
		.insert(dashboardVersions)
		.select(
			sql`SELECT tenant, uid, version, title, body, updated_at, updated_by, ${message} FROM ${dashboards}
				WHERE tenant = ${tenant} AND uid = ${uid} AND version = ${version}`,
		)
		.onConflictDoNothing();

/** Deletes it, its versions, annotations and digests, and revokes its shared links. Answers whether it was there. */
export async function deleteDashboard(
	env: StoreBindings,
	tenant: TenantId,
	uid: string,
	now: number,
): Promise<boolean> {
	const db = database(env);
	const [deleted] = await db.batch([
		db.delete(dashboards).where(isThis(tenant, uid)),
		db.delete(dashboardVersions).where(ofThis(tenant, uid)),
		db.delete(annotations).where(and(eq(annotations.tenant, tenant), eq(annotations.dashboard, uid))),
		db.delete(digests).where(and(eq(digests.tenant, tenant), eq(digests.dashboard, uid))),
		db
			.update(shares)
			.set({ revokedAt: now })
			.where(and(eq(shares.tenant, tenant), eq(shares.dashboard, uid), isNull(shares.revokedAt))),
	]);
	return deleted.meta.changes > 0;
}

/** Newest first, without their documents. */
export function listVersions(
	env: StoreBindings,
	tenant: TenantId,
	uid: string,
): Promise<Omit<VersionRow, "body" | "tenant" | "uid">[]> {
	const { version, title, at, by, message } = dashboardVersions;
	return database(env)
		.select({ version, title, at, by, message })
		.from(dashboardVersions)
		.where(ofThis(tenant, uid))
		.orderBy(desc(version))
		.all();
}

export function versionOf(
	env: StoreBindings,
	tenant: TenantId,
	uid: string,
	version: number,
): Promise<VersionRow | undefined> {
	return database(env)
		.select()
		.from(dashboardVersions)
		.where(and(ofThis(tenant, uid), eq(dashboardVersions.version, version)))
		.get();
}

/** Deletes up to `limit` versions of a site's dashboards, and then the dashboards; answers how many rows. */
export async function deleteDashboardsOf(env: StoreBindings, tenant: TenantId, limit: number): Promise<number> {
	const db = database(env);
	const rows = (table: SQL) => sql`rowid IN (SELECT rowid FROM ${table} WHERE tenant = ${tenant} LIMIT ${limit})`;
	const results = await db.batch([
		db.delete(dashboardVersions).where(rows(sql`${dashboardVersions}`)),
		db.delete(dashboards).where(rows(sql`${dashboards}`)),
	]);
	return results.reduce((sum, { meta }) => sum + meta.changes, 0);
}
