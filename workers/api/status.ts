/** GET /v1/status: how a site's logs stand, and what its panels cost. */
import { Hono } from "hono";
import * as z from "zod";
import { logStub } from "../../durable-objects/stubs.ts";
import { proxyCounters } from "../panels/ask.ts";
import { type ApiEnv, requireScope, tenantConfig } from "./auth.ts";
import { available } from "./tenant.ts";

export const LogStanding = z.object({
	partition: z.int(),
	/** Newest journal offset, and up to where the journal is in the archive. */
	offset: z.int(),
	sealed: z.int(),
	journal_bytes: z.int(),
	/** Journal bytes that are in no segment yet. */
	unsealed_bytes: z.int(),
	/** Effective dedupe horizon E, ms: a retry within it is known, an event older than it is `late`. */
	dedupe_horizon_ms: z.number(),
	/** Sessions that are open, or that a late event can still reach. */
	sessions: z.int(),
});
/** Panel queries since the objects that run them started (docs/decisions/0017). */
export const ProxyStanding = z.object({
	/** Questions that stores were asked. */
	executions: z.int(),
	/** Answered from what was known: fresh, or stale while it was computed anew. */
	hits: z.int(),
	/** Waited for somebody else's execution. */
	coalesced: z.int(),
	/** Executions that a store failed. */
	failures: z.int(),
	/** Refused: the caller had caused too many. */
	refused: z.int(),
});
export const Status = z.object({
	/** The shortest of the partitions: what the site can count on. */
	dedupe_horizon_ms: z.number(),
	logs: z.array(LogStanding),
	proxy: ProxyStanding,
});
export type Status = z.infer<typeof Status>;

/** Scope `read`. Problem 401, 403, 503. */
export const status = new Hono<ApiEnv>().get("/v1/status", requireScope("read"), async (c) => {
	const { tenant } = c.get("principal");
	const { partitions } = await tenantConfig(c.env, tenant);
	const asked = Array.from({ length: partitions }, (_, partition) => standing(c.env, tenant, partition));
	const [logs, proxy] = await available(Promise.all([Promise.all(asked), proxyCounters(c.env, tenant)]));
	const answer: Status = { dedupe_horizon_ms: Math.min(...logs.map((log) => log.dedupe_horizon_ms)), logs, proxy };
	return c.json(answer, 200, { "cache-control": "no-store" });
});

async function standing(...[env, tenant, partition]: Parameters<typeof logStub>): Promise<z.infer<typeof LogStanding>> {
	const log = await logStub(env, tenant, partition).status();
	return {
		partition,
		offset: log.offset,
		sealed: log.sealed,
		journal_bytes: log.journalBytes,
		unsealed_bytes: log.unsealedBytes,
		dedupe_horizon_ms: log.horizonMs,
		sessions: log.sessions,
	};
}
