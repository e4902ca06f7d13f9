/** Helpers of the log's tests: events, batches, and what a metric object has of them. */
import { encodeTable } from "../../schema/core/columns.ts";
import { hash64 } from "../../schema/core/hash.ts";
import { EVENT_COLUMNS, EVENT_LAYOUT, type EventRow } from "../../schema/event.ts";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import type { Env } from "../../workers/env.ts";
import type { AppendAnswer, AppendRequest } from "../rpc.ts";
import { directory, logStub } from "../stubs.ts";

const EMPTY = Object.fromEntries(
	Object.entries(EVENT_COLUMNS).map(([name, type]) => [name, type === "str" ? undefined : 0]),
) as unknown as EventRow;

/** An event of a visitor, received as it happens unless said otherwise. */
export function event(visitor: string, ts: number, more: Partial<EventRow> = {}): EventRow {
	const { hi: visitor_hi, lo: visitor_lo } = hash64(visitor);
	const id = more.id ?? crypto.randomUUID();
	const { hi: id_hi, lo: id_lo } = hash64(id);
	const slot = visitor_hi >>> 20;
	const base = { ts, received_at: ts, value: Number.NaN, id, id_hi, id_lo, visitor_hi, visitor_lo, slot };
	return { ...EMPTY, ...base, name: "pageview", path: "/", country: "DE", device: "mobile", ...more };
}

export const batch = (rows: readonly EventRow[], more: Partial<AppendRequest> = {}): AppendRequest => ({
	epoch: 1,
	definitions: 1,
	batch: encodeTable(EVENT_LAYOUT, rows),
	...more,
});

let tenants = 0;

/** A tenant of its own for each test, with one partition. */
export async function someTenant(env: Env, dimensions: string[] = []): Promise<TenantId> {
	const tenant = tenantId(`log_${++tenants}`);
	await directory(env, tenant).configure({
		partitions: 1,
		zone: "UTC",
		week_start: "monday",
		currency: null,
		dimensions,
	});
	return tenant;
}

/** Appends and answers the codes; fails where the log did not take the batch. */
export async function append(env: Env, tenant: TenantId, rows: readonly EventRow[]): Promise<number[]> {
	const answer: AppendAnswer = await logStub(env, tenant, 0).append(batch(rows));
	if (answer.status !== "ok") throw new Error(`append: ${answer.status}`);
	return [...answer.codes];
}
