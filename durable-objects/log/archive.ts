/** Where segments go: an object on R2, and its row in the catalogue. */
import { catalogueSealed, type NewSegment } from "./catalogue.ts";

export interface Archive {
	/** Stores a segment and then catalogues it. Repeats are harmless. */
	put(segment: NewSegment, bytes: Uint8Array): Promise<void>;
}

/** Longest that R2 or D1 is waited for, ms. Whoever is late may still be through: that is a repeat. */
const TIMEOUT_MS = 20_000;
export const PARQUET = { httpMetadata: { contentType: "application/vnd.apache.parquet" } };

/** An object that is not catalogued is part of no answer; so first the object. */
export function archiveOf(env: { ARCHIVE: R2Bucket; DB: D1Database }): Archive {
	return {
		async put(segment, bytes) {
			await within(TIMEOUT_MS, env.ARCHIVE.put(segment.key, bytes, PARQUET));
			if (await within(TIMEOUT_MS, catalogueSealed(env.DB, segment))) return;
			await env.ARCHIVE.delete(segment.key);
		},
	};
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
	let timer: ReturnType<typeof setTimeout> | null = null;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms);
	});
	try {
		return await Promise.race([answer, late]);
	} finally {
		if (timer !== null) clearTimeout(timer);
	}
}
