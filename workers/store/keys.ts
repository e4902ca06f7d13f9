import { and, asc, eq, isNull, lt, or } from "drizzle-orm";
import { keys, sites } from "../../schema/d1/tables.ts";
import { database, type StoreBindings } from "./db.ts";
import type { SiteRow } from "./sites.ts";

export type KeyRow = typeof keys.$inferSelect;

/** The key with this SHA-256 (hex) and its site; undefined where it is unknown, revoked, or its site is being deleted. */
export async function keyByHash(
	env: StoreBindings,
	hash: string,
): Promise<{ key: KeyRow; site: SiteRow | null } | undefined> {
	const found = await database(env)
		.select({ key: keys, site: sites })
		.from(keys)
		.leftJoin(sites, eq(keys.site, sites.id))
		.where(and(eq(keys.hash, hash), isNull(keys.revokedAt)))
		.get();
	if (!found) return undefined;
	if (found.key.site !== null && (found.site === null || found.site.deletedAt !== null)) return undefined;
	return found;
}

export async function insertKeys(env: StoreBindings, rows: (typeof keys.$inferInsert)[]): Promise<void> {
	await database(env).insert(keys).values(rows);
}

/** Keys of one site, revoked ones included; of every site where `site` is null. */
export function listKeys(env: StoreBindings, site: string | null): Promise<KeyRow[]> {
	const query = database(env).select().from(keys);
	return (site === null ? query : query.where(eq(keys.site, site))).orderBy(asc(keys.createdAt), asc(keys.id)).all();
}

/** Revokes a key of the site (any key where `site` is null); answers whether there was such a key. */
export async function revokeKey(env: StoreBindings, site: string | null, id: string, now: number): Promise<boolean> {
	const mine = site === null ? undefined : eq(keys.site, site);
	const db = database(env);
	await db
		.update(keys)
		.set({ revokedAt: now })
		.where(and(eq(keys.id, id), isNull(keys.revokedAt), mine));
	return (
		(await db
			.select({ id: keys.id })
			.from(keys)
			.where(and(eq(keys.id, id), mine))
			.get()) !== undefined
	);
}

export async function revokeKeysOf(env: StoreBindings, site: string, now: number): Promise<void> {
	await database(env)
		.update(keys)
		.set({ revokedAt: now })
		.where(and(eq(keys.site, site), isNull(keys.revokedAt)));
}

export async function deleteKeysOf(env: StoreBindings, site: string): Promise<void> {
	await database(env).delete(keys).where(eq(keys.site, site));
}

/** Notes that the key was used, unless that was noted after `since`. */
export async function noteUsed(env: StoreBindings, id: string, now: number, since: number): Promise<void> {
	await database(env)
		.update(keys)
		.set({ lastUsedAt: now })
		.where(and(eq(keys.id, id), or(isNull(keys.lastUsedAt), lt(keys.lastUsedAt, since))));
}
