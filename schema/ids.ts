/**
 * The one module that names things. Every object name and R2 prefix is built here, and every D1 key begins with, a
 * `TenantId`, and only authentication (`workers/api/auth.ts`), the queue consumers and tests mint one (I7).
 */
declare const brand: unique symbol;

/** A tenant is a site: the unit that owns events, keys, objects and rows. */
export type TenantId = string & { readonly [brand]: "TenantId" };
/** The name of a Durable Object. */
export type ObjectName = string & { readonly [brand]: "ObjectName" };

/** Mints a tenant id. Callers must have authenticated it, or have read it from a store that only we write. */
export function tenantId(id: string): TenantId {
	if (!/^[a-z0-9_]{1,40}$/.test(id)) throw new TypeError(`not a tenant id: ${JSON.stringify(id)}`);
	return id as TenantId;
}

/** Joins parts so that no two lists of parts give one name: each part carries its length. */
function name(kind: string, ...parts: string[]): ObjectName {
	return [kind, ...parts.map((p) => `${p.length}:${p}`)].join("/") as ObjectName;
}

export const logName = (tenant: TenantId, partition: number) => name("log", tenant, String(partition));
export const metricName = (tenant: TenantId, metric: string) => name("metric", tenant, metric);
/** One of the objects that scan for a tenant. They hold nothing. */
export const scannerName = (tenant: TenantId, n: number) => name("scanner", tenant, String(n));
/** One of the objects that run a tenant's panel queries, each once for all who ask. */
export const proxyName = (tenant: TenantId, n: number) => name("proxy", tenant, String(n));
export const directoryName = (tenant: TenantId) => name("directory", tenant);

/** Reads the parts back: an object learns who it is from `ctx.id.name`. */
export function parseName(objectName: string): { kind: string; parts: string[] } {
	const slash = objectName.indexOf("/");
	const kind = objectName.slice(0, slash);
	const parts: string[] = [];
	for (let at = slash + 1; at < objectName.length; ) {
		const colon = objectName.indexOf(":", at);
		const length = Number(objectName.slice(at, colon));
		parts.push(objectName.slice(colon + 1, colon + 1 + length));
		at = colon + 1 + length + 1;
	}
	return { kind, parts };
}

/** Everything a tenant owns on R2 lies under this prefix. */
export const archivePrefix = (tenant: TenantId) => `v1/${tenant}/`;
/**
 * A Parquet segment. `name` tells its rows: `<after>-<last>` for journal offsets, so that sealing twice writes the same
 * object. `day`: YYYY-MM-DD, UTC.
 */
export const segmentKey = (tenant: TenantId, day: string, partition: number, name: string) =>
	`${archivePrefix(tenant)}segments/${day}/${String(partition).padStart(2, "0")}/${name}.parquet`;

/** Every visitor hashes to one of these slots for ever; a partition owns a range of them. */
export const SLOTS = 4096;
/** The partition counts a tenant can have. */
export const PARTITIONS = [1, 4, 16, 64] as const;
/** A visitor's slot: the top 12 bits of its 64-bit hash (`hi` is the upper word). */
export const slotOf = (hi: number) => hi >>> 20;
/** The partition that owns a slot. */
export const partitionOf = (slot: number, partitions: number) => Math.floor((slot * partitions) / SLOTS);
