/**
 * The overflow Queue: what a log did not take waits there, and is appended by `drain`. Only where the Queue is durable
 * (deployed): on one machine it lives in memory, and a batch is 503 instead (I1).
 */
import { decodeTable, encodeTable, rowAt } from "../../schema/core/columns.ts";
import { EVENT_LAYOUT, type EventRow } from "../../schema/event.ts";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import { Problem } from "../../schema/problem.ts";
import { OverflowMessage } from "../../schema/rollup.ts";
import { noSuchSite, siteOf } from "../api/tenant.ts";
import type { Env } from "../env.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { logsOf } from "./logs.ts";
import { route, type Share, unavailable } from "./route.ts";

/** A message holds 128 KB; with base64 (× 4/3) and the envelope this stays under 96 KB + 1 KB. */
const CHUNK_BYTES = 72 * 1024;
/** A sendBatch holds 256 KB: two of the largest messages. */
const SEND_BYTES = 200 * 1024;
/** Seconds before an undelivered message comes again; a log that is down for hours is still caught up with. */
const RETRY_S = 10;
const MAX_RETRY_S = 600;

export async function spill(
	env: Pick<Env, "OVERFLOW" | "LOCAL">,
	tenant: TenantId,
	share: Share,
	retryAfter: number,
): Promise<void> {
	if (env.LOCAL === "1") throw unavailable(retryAfter);
	try {
		for (const messages of packed(messagesOf(tenant, share))) {
			await env.OVERFLOW.sendBatch(messages.map((body) => ({ body, contentType: "json" as const })));
		}
	} catch (error) {
		console.error("overflow queue did not take a batch", { tenant, events: share.rows.length }, error);
		throw unavailable(retryAfter);
	}
}

/** The messages that hold a share; counts ride on the first. */
export function messagesOf(tenant: TenantId, share: Share): OverflowMessage[] {
	const messages = chunks(share.rows).map(
		(bytes): OverflowMessage => ({ v: 1, tenant, partition: share.partition, batch: toBase64(bytes) }),
	);
	const [first] = messages;
	if (first && share.counts) first.counts = share.counts;
	return messages;
}

/** Encoded rows, halved until each piece fits; one event always does (32 KiB). */
function chunks(rows: EventRow[]): Uint8Array[] {
	const bytes = encodeTable(EVENT_LAYOUT, rows);
	if (bytes.length <= CHUNK_BYTES || rows.length <= 1) return [bytes];
	const half = rows.length >> 1;
	return [...chunks(rows.slice(0, half)), ...chunks(rows.slice(half))];
}

/** Groups of messages, each small enough for one sendBatch. */
function packed(messages: OverflowMessage[]): OverflowMessage[][] {
	const groups: OverflowMessage[][] = [];
	let bytes = Number.POSITIVE_INFINITY;
	for (const message of messages) {
		if (bytes + message.batch.length > SEND_BYTES) {
			groups.push([]);
			bytes = 0;
		}
		groups.at(-1)?.push(message);
		bytes += message.batch.length;
	}
	return groups;
}

/** Consumer of the overflow Queue: each message is acknowledged once its events are in a log, else comes again. */
export async function drain(batch: MessageBatch<unknown>, env: Env): Promise<void> {
	await Promise.all(
		batch.messages.map(async (message) => {
			try {
				await append(OverflowMessage.parse(message.body), env);
				message.ack();
			} catch (error) {
				// The site was deleted meanwhile, and its events with it.
				if (error instanceof Problem && error.status === 404) return message.ack();
				console.error("overflow message not delivered", { id: message.id, attempts: message.attempts }, error);
				// Poison too: it ends in the dead letter queue, where it can be seen.
				message.retry({ delaySeconds: Math.min(MAX_RETRY_S, RETRY_S * message.attempts) });
			}
		}),
	);
}

/**
 * Routed anew: the slots may have moved since. A log that does not take it fails the message; ids deduplicate.
 * Problem 404 where the site's deletion has begun, though its directory may still be there.
 */
async function append(message: OverflowMessage, env: Env): Promise<void> {
	const tenant = tenantId(message.tenant);
	if (!(await siteOf(env, tenant))) throw noSuchSite(tenant);
	const table = decodeTable(EVENT_LAYOUT, fromBase64(message.batch));
	const rows = Array.from({ length: table.rows }, (_, i) => rowAt(EVENT_LAYOUT, table, i));
	const refuse = async (_: Share, retryAfter: number) => {
		throw unavailable(retryAfter);
	};
	await route(rows, message.counts ?? {}, logsOf(env, tenant, refuse));
}
