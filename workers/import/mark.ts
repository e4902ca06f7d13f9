/**
 * That a segment was imported is noted beside the catalogue, which forgets the names of segments that were compacted
 * or erased since.
 */
import { archivePrefix, type TenantId } from "../../schema/ids.ts";
import type { Env } from "../env.ts";

/** What segments of imports are called, by the digest of their lines. */
export const importName = (digest: string) => `i-${digest}`;

const markOf = (prefix: string, digest: string) => `${prefix}imports/${digest}`;

export async function isImported({ ARCHIVE }: Pick<Env, "ARCHIVE">, tenant: TenantId, digest: string) {
	return (await ARCHIVE.head(markOf(archivePrefix(tenant), digest))) !== null;
}

export async function noteImported({ ARCHIVE }: Pick<Env, "ARCHIVE">, tenant: TenantId, digest: string) {
	await ARCHIVE.put(markOf(archivePrefix(tenant), digest), "");
}

/** Before the catalogue forgets these segments: whoever catalogued an imported one may have died before it noted that. */
export async function noteForgotten({ ARCHIVE }: Pick<Env, "ARCHIVE">, keys: readonly string[]): Promise<void> {
	for (const key of keys) {
		const [, prefix, digest] = /^(.+\/)segments\/.+\/i-([0-9a-f]+)\.parquet$/.exec(key) ?? [];
		if (prefix !== undefined && digest !== undefined) await ARCHIVE.put(markOf(prefix, digest), "");
	}
}
