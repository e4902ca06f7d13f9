/** Cron: what has lived long enough, in bounded chunks, so that a run never holds D1's one writer for long. */
import type { Env } from "../env.ts";
import { noteForgotten } from "../import/mark.ts";
import { WINDOW_MS } from "../people/login-limit.ts";
import { deleteAuditBefore } from "../store/audit.ts";
import { deleteDeadLettersBefore } from "../store/dead.ts";
import { deleteInvitationsBefore } from "../store/invitations.ts";
import { deleteFailuresBefore } from "../store/logins.ts";
import { deletePointsBefore } from "../store/points.ts";
import { deleteRollupsBefore } from "../store/rollups.ts";
import { deleteSaltsBefore } from "../store/salts.ts";
import { expireSegments, forgetReplaced, replacedBefore } from "../store/segments.ts";
import { deleteSessionsBefore } from "../store/sessions.ts";
import { deleteTicketsBefore } from "../store/tickets.ts";

const DAY = 86_400_000;
/** How long D1 keeps what, ms. Salts: yesterday's is still used, and nothing older may lead back to an IP. */
export const KEEP = {
	hours: 90 * DAY,
	days: 400 * DAY,
	salts: 2 * DAY,
	points: 90 * DAY,
	deadLetters: 90 * DAY,
	audit: 400 * DAY,
	/** After they expired. */
	invitations: 30 * DAY,
} as const;

/** Rows a statement deletes; some are a megabyte. */
const CHUNK = 200;
/** Statements of one kind in a run: 1,000 rows a minute are 1.4 M a day. */
const CHUNKS = 5;

async function inChunks(deleteSome: (limit: number) => Promise<number>): Promise<void> {
	for (let i = 0; i < CHUNKS; i++) if ((await deleteSome(CHUNK)) < CHUNK) return;
}

export async function retain(env: Env, now: number): Promise<void> {
	await inChunks((limit) => deleteRollupsBefore(env, "hour", now - KEEP.hours, limit));
	await inChunks((limit) => deleteRollupsBefore(env, "day", now - KEEP.days, limit));
	await inChunks((limit) => deletePointsBefore(env, now - KEEP.points, limit));
	await inChunks((limit) => deleteDeadLettersBefore(env, now - KEEP.deadLetters, limit));
	await deleteSaltsBefore(env, new Date(now - KEEP.salts).toISOString().slice(0, 10));
	await deleteTicketsBefore(env, now);
	await retainPeople(env, now);
}

async function retainPeople(env: Env, now: number): Promise<void> {
	await inChunks((limit) => deleteSessionsBefore(env, now, limit));
	await inChunks((limit) => deleteAuditBefore(env, now - KEEP.audit, limit));
	await inChunks((limit) => deleteFailuresBefore(env, now - WINDOW_MS, limit));
	await inChunks((limit) => deleteInvitationsBefore(env, now - KEEP.invitations, limit));
}

/** A replaced segment can still be read by a scan that began before, or from a snapshot that was remembered, ms. */
export const REPLACED_MS = 15 * 60_000;
/** Segments a run; R2 deletes at most 1,000 in one call. */
const SEGMENTS = 500;

/**
 * The archive: segments whose events are all older than their site keeps them are replaced by nothing, and what was
 * replaced goes. First the object and then its row, so that a crash between leaves nothing on R2 that no row names.
 */
export async function retainArchive(env: Env, now: number): Promise<void> {
	await expireSegments(env, now, SEGMENTS);
	const keys = await replacedBefore(env, now - REPLACED_MS, SEGMENTS);
	if (keys.length === 0) return;
	await noteForgotten(env, keys);
	await env.ARCHIVE.delete(keys);
	await forgetReplaced(env, keys);
}
