import { Hono } from "hono";
import type { Author } from "../../schema/dashboard.ts";
import { Problem } from "../../schema/problem.ts";
import type { Env } from "../env.ts";
import { insertTicket, takeTicket } from "../store/tickets.ts";
import { type ApiEnv, type Principal, requireScope, sha256Hex } from "./auth.ts";
import { randomKey } from "./secrets.ts";
import { siteOf } from "./tenant.ts";

/** A ticket may stand in a URL, so it lives only as long as it takes to open a socket, ms. */
const TICKET_MS = 60_000;

/** POST /v1/tickets: a single-use ticket for one live socket of the caller's site. Problem 401, 403, 422. */
export const tickets = new Hono<ApiEnv>().post("/v1/tickets", requireScope("read"), async (c) => {
	const { tenant, keyId } = c.get("principal");
	const ticket = randomKey("tk");
	const expiresAt = Date.now() + TICKET_MS;
	await insertTicket(c.env, { hash: await sha256Hex(ticket), site: tenant, keyId, expiresAt });
	return c.json({ ticket, expires_at: new Date(expiresAt).toISOString() }, 201);
});

/** Uses a ticket up; whoever has it may read what its maker may. Problem 401 for an unknown, used or old one. */
export async function consumeTicket(env: Env, ticket: string, now: () => number = Date.now): Promise<Principal> {
	const row = await takeTicket(env, await sha256Hex(ticket));
	const site = row && row.expiresAt > now() ? await siteOf(env, row.site) : null;
	if (!row || !site)
		throw new Problem(401, "ticket", "This ticket is not known, was used, or is older than 60 s: make a new one.");
	const kind = /^(ses|acc)_/.test(row.keyId) ? "user" : "key";
	const actor: Author = { kind, id: row.keyId, name: row.keyId };
	return { tenant: site.id, scope: "read", keyId: row.keyId, actor, org: site.org, site, root: false };
}
