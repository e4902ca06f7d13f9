/** Scheduled digests. A due one is claimed by moving `due_at`, so that of two runs only one sends it. */
import { and, asc, eq, lte, sql } from "drizzle-orm";
import { digests } from "../../schema/d1/tables.ts";
import type { Author } from "../../schema/dashboard.ts";
import type { Delivery, NewDigest } from "../../schema/digest.ts";
import type { TenantId } from "../../schema/ids.ts";
import { tenantId } from "../../schema/ids.ts";
import { database, type StoreBindings } from "./db.ts";

/** Most of them a site has (I8). */
export const MAX_DIGESTS = 50;

/** What a digest says, and the address of this Nowcast when it was said, for links. */
export type DigestBody = NewDigest & { origin: string };

export interface StoredDigest {
	tenant: TenantId;
	id: string;
	body: DigestBody;
	secret: string;
	version: number;
	createdAt: number;
	createdBy: Author;
	dueAt: number;
	/** Deliveries begun since it was due. */
	tries: number;
	last: Delivery | null;
}

/** Only what the API's schemas let in is ever stored. */
const read = (row: typeof digests.$inferSelect): StoredDigest => ({
	tenant: tenantId(row.tenant),
	id: row.id,
	body: JSON.parse(row.body) as DigestBody,
	secret: row.secret,
	version: row.version,
	createdAt: row.createdAt,
	createdBy: row.createdBy,
	dueAt: row.dueAt,
	tries: row.tries,
	last: row.last === null ? null : (JSON.parse(row.last) as Delivery),
});

const isThis = ({ tenant, id }: Pick<StoredDigest, "tenant" | "id">) =>
	and(eq(digests.tenant, tenant), eq(digests.id, id));

export async function listDigests(env: StoreBindings, tenant: TenantId): Promise<StoredDigest[]> {
	const rows = await database(env)
		.select()
		.from(digests)
		.where(eq(digests.tenant, tenant))
		.orderBy(asc(digests.createdAt), asc(digests.id))
		.all();
	return rows.map(read);
}

export async function digestById(env: StoreBindings, tenant: TenantId, id: string): Promise<StoredDigest | undefined> {
	const row = await database(env).select().from(digests).where(isThis({ tenant, id })).get();
	return row && read(row);
}

/** Answers false where the site has all that it may. */
export async function insertDigest(env: StoreBindings, digest: StoredDigest): Promise<boolean> {
	const { tenant, id, body, secret, createdAt, createdBy, dueAt } = digest;
	const { meta } = await database(env).run(
		sql`INSERT INTO ${digests} (tenant, id, dashboard, body, secret, enabled, created_at, created_by, due_at)
			SELECT ${tenant}, ${id}, ${body.dashboard}, ${JSON.stringify(body)}, ${secret}, ${body.enabled ? 1 : 0},
				${createdAt}, ${JSON.stringify(createdBy)}, ${dueAt}
			WHERE (SELECT count(*) FROM ${digests} WHERE tenant = ${tenant}) < ${MAX_DIGESTS}`,
	);
	return meta.changes > 0;
}

/** Changes it if it is still at `version`; answers whether it was. Tries of the old one are over. */
export async function updateDigest(
	env: StoreBindings,
	{ tenant, id, version }: Pick<StoredDigest, "tenant" | "id" | "version">,
	{ body, dueAt }: Pick<StoredDigest, "body" | "dueAt">,
): Promise<boolean> {
	const { meta } = await database(env)
		.update(digests)
		.set({ body: JSON.stringify(body), enabled: body.enabled, dueAt, tries: 0, version: version + 1 })
		.where(and(isThis({ tenant, id }), eq(digests.version, version)));
	return meta.changes > 0;
}

/** Answers whether it was there. */
export async function deleteDigest(env: StoreBindings, tenant: TenantId, id: string): Promise<boolean> {
	const { meta } = await database(env).delete(digests).where(isThis({ tenant, id }));
	return meta.changes > 0;
}

/** Those that are due, the longest waiting first. */
export async function dueDigests(env: StoreBindings, now: number, limit: number): Promise<StoredDigest[]> {
	const rows = await database(env)
		.select()
		.from(digests)
		.where(and(eq(digests.enabled, true), lte(digests.dueAt, now)))
		.orderBy(asc(digests.dueAt))
		.limit(limit)
		.all();
	return rows.map(read);
}

/** Takes it until `lease`, as one more try. Of several who found it due only one gets it: answers whether it was this one. */
export async function claimDigest(env: StoreBindings, digest: StoredDigest, lease: number): Promise<boolean> {
	const { meta } = await database(env)
		.update(digests)
		.set({ dueAt: lease, tries: digest.tries + 1 })
		.where(and(isThis(digest), eq(digests.dueAt, digest.dueAt), eq(digests.enabled, true)));
	return meta.changes > 0;
}

/** When it goes next, unless it was changed, or claimed anew, since the claim until `lease`. */
export async function releaseDigest(
	env: StoreBindings,
	digest: Pick<StoredDigest, "tenant" | "id">,
	lease: number,
	next: Pick<StoredDigest, "dueAt" | "tries">,
): Promise<void> {
	await database(env)
		.update(digests)
		.set(next)
		.where(and(isThis(digest), eq(digests.dueAt, lease)));
}

/** Keeps what came of the newest delivery. */
export async function noteDelivery(
	env: StoreBindings,
	digest: Pick<StoredDigest, "tenant" | "id">,
	last: Delivery,
): Promise<void> {
	await database(env)
		.update(digests)
		.set({ last: JSON.stringify(last) })
		.where(isThis(digest));
}

/** Deletes all of a site's; answers how many. */
export async function deleteDigestsOf(env: StoreBindings, tenant: TenantId): Promise<number> {
	const { meta } = await database(env).delete(digests).where(eq(digests.tenant, tenant));
	return meta.changes;
}
