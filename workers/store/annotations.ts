/** Annotations: what happened when, of a site or of one of its dashboards. */
import { and, desc, eq, gte, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import { annotations } from "../../schema/d1/tables.ts";
import type { TenantId } from "../../schema/ids.ts";
import { database, type StoreBindings } from "./db.ts";

/** Most of them a site has (I8): ten deployments a day for five years. */
export const MAX_ANNOTATIONS = 20_000;
/** Most that are listed: the newest. */
export const LISTED_ANNOTATIONS = 1000;

export type AnnotationRow = typeof annotations.$inferSelect;
type Changes = Pick<AnnotationRow, "at" | "until" | "text" | "tags" | "dashboard">;

export interface AnnotationQuery {
	/** Epoch ms, [from, to): what overlaps it. */
	from: number;
	to: number;
	/** Those of this dashboard beside those of the whole site; null: only the latter. */
	dashboard: string | null;
	/** With any of these; none: all. */
	tags: readonly string[];
}

const isThis = (tenant: TenantId, id: string) => and(eq(annotations.tenant, tenant), eq(annotations.id, id));

/** Newest first. */
export function annotationsIn(
	env: StoreBindings,
	tenant: TenantId,
	{ from, to, dashboard, tags }: AnnotationQuery,
): Promise<AnnotationRow[]> {
	return database(env)
		.select()
		.from(annotations)
		.where(
			and(
				eq(annotations.tenant, tenant),
				lt(annotations.at, to),
				gte(sql`coalesce(${annotations.until}, ${annotations.at})`, from),
				dashboard === null
					? isNull(annotations.dashboard)
					: or(isNull(annotations.dashboard), eq(annotations.dashboard, dashboard)),
				tags.length === 0 ? undefined : hasAny(tags),
			),
		)
		.orderBy(desc(annotations.at), desc(annotations.id))
		.limit(LISTED_ANNOTATIONS)
		.all();
}

const hasAny = (tags: readonly string[]): SQL =>
	sql`EXISTS (SELECT 1 FROM json_each(${annotations.tags}) t
		WHERE t.value IN (SELECT value FROM json_each(${JSON.stringify(tags)})))`;

export function annotationById(env: StoreBindings, tenant: TenantId, id: string): Promise<AnnotationRow | undefined> {
	return database(env).select().from(annotations).where(isThis(tenant, id)).get();
}

/** Answers false where the site has all that it may. */
export async function insertAnnotation(env: StoreBindings, row: AnnotationRow): Promise<boolean> {
	const { tenant, id, at, until, text, tags, dashboard, by, createdAt } = row;
	const { meta } = await database(env).run(
		sql`INSERT INTO ${annotations} (tenant, id, at, until, text, tags, dashboard, by, created_at)
			SELECT ${tenant}, ${id}, ${at}, ${until}, ${text}, ${JSON.stringify(tags)}, ${dashboard},
				${JSON.stringify(by)}, ${createdAt}
			WHERE (SELECT count(*) FROM ${annotations} WHERE tenant = ${tenant}) < ${MAX_ANNOTATIONS}`,
	);
	return meta.changes > 0;
}

/** Changes it if it is still at `version`; answers it as it then is, or undefined where somebody was faster. */
export function updateAnnotation(
	env: StoreBindings,
	tenant: TenantId,
	id: string,
	version: number,
	changes: Changes,
): Promise<AnnotationRow | undefined> {
	return database(env)
		.update(annotations)
		.set({ ...changes, version: version + 1 })
		.where(and(isThis(tenant, id), eq(annotations.version, version)))
		.returning()
		.get();
}

/** Answers whether it was there. */
export async function deleteAnnotation(env: StoreBindings, tenant: TenantId, id: string): Promise<boolean> {
	const { meta } = await database(env).delete(annotations).where(isThis(tenant, id));
	return meta.changes > 0;
}

/** Deletes up to `limit` of a site's; answers how many. */
export async function deleteAnnotationsOf(env: StoreBindings, tenant: TenantId, limit: number): Promise<number> {
	const some = sql`SELECT id FROM ${annotations} WHERE ${eq(annotations.tenant, tenant)} LIMIT ${limit}`;
	const { meta } = await database(env).run(
		sql`DELETE FROM ${annotations} WHERE ${eq(annotations.tenant, tenant)} AND id IN (${some})`,
	);
	return meta.changes;
}
