/** Rows to the partitions that own their visitors' slots, all at once. */
import type { AppendAnswer, AppendRequest } from "../../durable-objects/rpc.ts";
import { encodeTable } from "../../schema/core/columns.ts";
import { EVENT_LAYOUT, type EventRow } from "../../schema/event.ts";
import { partitionOf } from "../../schema/ids.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import { Problem } from "../../schema/problem.ts";
import type { Counts } from "./refusals.ts";

/** A tenant's logs, as far as a batch needs them. */
export interface Logs {
	/** `anew`: not the cached one. */
	config(anew: boolean): Promise<TenantConfig>;
	append(partition: number, request: AppendRequest): Promise<AppendAnswer>;
	/** Keeps a share that its log did not take. Resolves once it is durable; Problem 503 where nothing durable is there. */
	spill(share: Share, retryAfter: number): Promise<void>;
}

/** One partition's rows. */
export interface Share {
	partition: number;
	rows: EventRow[];
	/** Each row's index in what was routed. */
	at: number[];
	counts?: Counts;
}

/** Seconds after which to come again where a log did not say. */
const RETRY_S = 1;

/**
 * Resolves with a CODE per row once every row is in a log's storage or spilled; counts ride on the first share. If any
 * partition did neither, the whole batch is 503 and its retry deduplicates (I1).
 */
export async function route(rows: readonly EventRow[], counts: Counts, logs: Logs): Promise<Uint8Array> {
	const codes = new Uint8Array(rows.length);
	const config = await configOrNull(logs);
	const parts = shares(rows, config?.partitions ?? 1);
	const [first] = parts;
	if (first && Object.keys(counts).length > 0) first.counts = counts;
	if (!config) await Promise.all(parts.map((share) => logs.spill(share, RETRY_S)));
	else if (parts.length === 1 && first) await deliver(first, config, logs, codes);
	else await allSettled(parts.map((share) => deliver(share, config, logs, codes)));
	return codes;
}

/** Null where the directory is out of reach: the rows can still be kept, and routed when they are drained. */
async function configOrNull(logs: Logs): Promise<TenantConfig | null> {
	try {
		return await logs.config(false);
	} catch (error) {
		if (error instanceof Problem && error.status !== 503) throw error;
		console.error("directory did not answer", error);
		return null;
	}
}

/** Waits for all before it fails with the first failure: nothing of a batch is under way once it is answered. */
async function allSettled(deliveries: Promise<void>[]): Promise<void> {
	for (const outcome of await Promise.allSettled(deliveries)) {
		if (outcome.status === "rejected") throw outcome.reason;
	}
}

/** By partition, in the order of the batch: a visitor's events stay in order. */
export function shares(rows: readonly EventRow[], partitions: number): Share[] {
	const byPartition = new Map<number, Share>();
	for (let i = 0; i < rows.length; i++) {
		const row = rows[i] as EventRow;
		const partition = partitionOf(row.slot, partitions);
		let share = byPartition.get(partition);
		if (!share) {
			share = { partition, rows: [], at: [] };
			byPartition.set(partition, share);
		}
		share.rows.push(row);
		share.at.push(i);
	}
	return [...byPartition.values()];
}

async function deliver(share: Share, config: TenantConfig, logs: Logs, codes: Uint8Array): Promise<void> {
	const answer = await offer(share, config, logs);
	if (answer.status === "moved") return redeliver(share, logs, codes);
	if (answer.status === "busy") return logs.spill(share, answer.retryAfter);
	keep(share, answer.codes, codes);
}

/** Slots have moved: asks who owns them now, and tries the new owners once. */
async function redeliver(share: Share, logs: Logs, codes: Uint8Array): Promise<void> {
	const config = await logs.config(true);
	const parts = shares(share.rows, config.partitions);
	const [first] = parts;
	if (first && share.counts) first.counts = share.counts;
	await allSettled(
		parts.map(async (part) => {
			part.at = part.at.map((i) => share.at[i] as number);
			const answer = await offer(part, config, logs);
			if (answer.status === "ok") return keep(part, answer.codes, codes);
			await logs.spill(part, answer.status === "busy" ? answer.retryAfter : RETRY_S);
		}),
	);
}

function keep(share: Share, answered: Uint8Array, codes: Uint8Array): void {
	for (let i = 0; i < share.at.length; i++) codes[share.at[i] as number] = answered[i] ?? 0;
}

/** A log that throws (overloaded, restarting, out of reach) is as one that is busy; it may have committed, and ids tell. */
async function offer(share: Share, config: TenantConfig, logs: Logs): Promise<AppendAnswer> {
	try {
		return await logs.append(share.partition, {
			epoch: config.epoch,
			definitions: config.version,
			batch: encodeTable(EVENT_LAYOUT, share.rows),
			...(share.counts ? { counts: share.counts } : {}),
		});
	} catch (error) {
		console.error("log did not answer", { partition: share.partition, events: share.rows.length }, error);
		return { status: "busy", retryAfter: RETRY_S };
	}
}

export const unavailable = (retryAfter: number) =>
	new Problem(503, "log_unavailable", "The event log does not take this batch now. Send it again, with the same ids.", {
		retryAfter: Math.max(1, Math.ceil(retryAfter)),
	});
