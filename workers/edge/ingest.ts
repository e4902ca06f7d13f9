/** A batch of an admitted sender, from quota to answer. */
import { CODE } from "../../durable-objects/rpc.ts";
import type { IngestAnswer, WireBatch } from "../../schema/event.ts";
import { Problem } from "../../schema/problem.ts";
import type { Principal } from "../api/auth.ts";
import { available } from "../api/tenant.ts";
import type { Env } from "../env.ts";
import { identify, type Prepared, prepare } from "./batch.ts";
import { appendCounts, logsOf } from "./logs.ts";
import { Quotas } from "./quota.ts";
import { type Counts, Refusals } from "./refusals.ts";
import { route } from "./route.ts";
import type { Sender } from "./sender.ts";
import { spill } from "./spill.ts";
import { cookielessId } from "./visitor.ts";

const quotas = new Quotas();
const refusals = new Refusals({ now: Date.now, sleep: (ms) => scheduler.wait(ms) });

/** Counts what will not reach a log with its batch, without making the answer wait. */
export function countRefused(env: Env, ctx: ExecutionContext, { tenant }: Principal, counts: Counts): void {
	refusals.add(
		tenant,
		counts,
		(flush) => ctx.waitUntil(flush),
		(all) => appendCounts(env, tenant, all),
	);
}

/** Problem 429 over the site's quota, 503 where the events could not be made durable. */
export async function ingest(env: Env, ctx: ExecutionContext, sender: Sender, batch: WireBatch): Promise<IngestAnswer> {
	const { principal, received } = sender;
	const events = batch.events.length;
	const wait = quotas.take(principal.site.id, principal.site.quota, events, received);
	if (wait > 0) {
		countRefused(env, ctx, principal, { quota: events });
		throw new Problem(429, "quota", "This site's quota of events a second is used up.", { retryAfter: wait });
	}
	const prepared = prepare(batch, sender);
	const { rows, cookieless, counts } = prepared;
	if (rows.length === 0) {
		countRefused(env, ctx, principal, counts);
		return answerOf(prepared, new Uint8Array(), undefined);
	}
	const { tenant } = principal;
	const slot =
		cookieless.length === 0
			? undefined
			: await identify(cookieless, batch.slot, (device) => available(cookielessId(env, tenant, device, received)));
	const logs = logsOf(env, tenant, (share, retryAfter) => spill(env, tenant, share, retryAfter));
	return answerOf(prepared, await route(rows, counts, logs), slot);
}

/** Duplicates are accepted: a retry gets its first answer. */
function answerOf(prepared: Prepared, codes: Uint8Array, slot: number | undefined): IngestAnswer {
	const { rows, indexes, rejected, notes } = prepared;
	const noted = notes.length;
	for (let i = 0; i < codes.length; i++) {
		if (codes[i] === CODE.late) notes.push({ index: indexes[i] as number, code: "late" });
	}
	if (noted > 0 && notes.length > noted) notes.sort((a, b) => a.index - b.index);
	const answer = { accepted: rows.length, rejected, notes };
	return slot === undefined ? answer : { ...answer, slot };
}
