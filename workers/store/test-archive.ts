/** Helpers of the archive's tests: what a scan of a tenant with one partition sees, by event id. */
import { logStub } from "../../durable-objects/stubs.ts";
import type { Segment } from "../../schema/archive/read.ts";
import { decodeTable, rowAt } from "../../schema/core/columns.ts";
import { EVENT_LAYOUT } from "../../schema/event.ts";
import { archivePrefix, type TenantId } from "../../schema/ids.ts";
import type { Env } from "../env.ts";
import { openSegment } from "../query/scan/r2.ts";
import { snapshot } from "./segments.ts";

export interface Scanned {
	/** Ids in the catalogued segments, sorted. */
	archived: string[];
	/** Ids in the log's tail after them, sorted. */
	tail: string[];
	/** Snapshots that were too old when the tail was read. */
	retries: number;
}

/** By the protocol of segments.ts. `pause`: between the snapshot and the tail, and between the tail's pieces. */
export async function scanned(env: Env, tenant: TenantId, pause = async () => {}): Promise<Scanned> {
	for (let retries = 0; ; retries++) {
		const { segments, sealed } = await snapshot(env, tenant, null);
		await pause();
		const tail = await tailIds(env, tenant, sealed.get(0) ?? 0, pause);
		if (tail === null) continue;
		const archived: string[] = [];
		for (const row of segments) archived.push(...(await idsOf(await openSegment(env.ARCHIVE, row))));
		return { archived: archived.sort(), tail: tail.sort(), retries };
	}
}

export async function idsOf(segment: Segment): Promise<string[]> {
	const ids: string[] = [];
	for (let group = 0; group < segment.groups.length; group++) {
		const { values, index } = (await segment.read(group, [], ["id"])).texts.id ?? { values: [], index: [] };
		for (const i of index) ids.push(values[i] as string);
	}
	return ids;
}

/** Row by row. Null where the journal no longer has all that comes after. */
export async function tailIds(
	env: Env,
	tenant: TenantId,
	after: number,
	pause = async () => {},
): Promise<string[] | null> {
	const ids: string[] = [];
	for (let at: number | null = after; at !== null; ) {
		const answer = await logStub(env, tenant, 0).readTail({ after: at, bytes: 1 });
		if (answer.trimmed > at) return null;
		for (const { bytes } of answer.tables) {
			const table = decodeTable(EVENT_LAYOUT, bytes);
			for (let i = 0; i < table.rows; i++) ids.push(String(rowAt(EVENT_LAYOUT, table, i).id));
		}
		at = answer.next;
		await pause();
	}
	return ids;
}

/** Keys of the tenant's objects on R2. */
export const objectsOf = async (env: Env, tenant: TenantId) =>
	(await env.ARCHIVE.list({ prefix: archivePrefix(tenant) })).objects.map(({ key }) => key);
