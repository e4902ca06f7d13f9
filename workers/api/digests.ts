/** Scheduled digests of dashboards. Answers are Digests themselves; the secret is only in the one that made it. */
import { type Context, Hono } from "hono";
import { type Digest, DigestChange, NewDigest } from "../../schema/digest.ts";
import type { TenantId } from "../../schema/ids.ts";
import { Problem } from "../../schema/problem.ts";
import { nextDue } from "../digests/schedule.ts";
import { digestDeps, sendNow } from "../digests/send.ts";
import type { Env } from "../env.ts";
import { whyNot } from "../notify/address.ts";
import { newSecret } from "../notify/webhook.ts";
import { dashboardByUid } from "../store/dashboards.ts";
import {
	type DigestBody,
	deleteDigest,
	digestById,
	insertDigest,
	listDigests,
	MAX_DIGESTS,
	type StoredDigest,
	updateDigest,
} from "../store/digests.ts";
import { type ApiEnv, requireScope } from "./auth.ts";
import { siteOf } from "./saved.ts";
import { randomId } from "./secrets.ts";
import { readBody } from "./validate.ts";

function toDigest({ id, body, version, createdAt, createdBy, dueAt, last }: StoredDigest): Digest {
	const { origin: _, ...said } = body;
	return { ...said, id, version, created_at: createdAt, created_by: createdBy, due_at: dueAt, last };
}

/** Problem 404. */
async function found(env: Env, tenant: TenantId, id: string): Promise<StoredDigest> {
	const digest = await digestById(env, tenant, id);
	if (digest) return digest;
	throw new Problem(404, "no_digest", `There is no digest ${JSON.stringify(id)} here.`);
}

/** Problem 422 `url`. */
function assertSendable(env: Env, url: string): void {
	const reason = whyNot(url, env.LOCAL === "1");
	if (reason !== null) throw new Problem(422, "url", `url ${reason}.`);
}

const originOf = (c: Context): string => new URL(c.req.url).origin;

/** Reading: scope `read`, changing and sending: `edit`. Problem 400, 401, 403, 404, 409, 422. */
export const digests = new Hono<ApiEnv>()
	.get("/v1/digests", requireScope("read"), async (c) =>
		c.json({ digests: (await listDigests(c.env, c.get("principal").tenant)).map(toDigest) }),
	)
	.post("/v1/digests", requireScope("edit"), async (c) => {
		const principal = c.get("principal");
		const tenant = siteOf(principal);
		const body: DigestBody = { ...(await readBody(c, NewDigest)), origin: originOf(c) };
		assertSendable(c.env, body.url);
		if (!(await dashboardByUid(c.env, tenant, body.dashboard))) {
			const detail = `There is no dashboard ${JSON.stringify(body.dashboard)} here.`;
			throw new Problem(422, "no_dashboard", detail);
		}
		const now = Date.now();
		const made = { createdAt: now, createdBy: principal.actor, version: 1, tries: 0, last: null };
		const dueAt = nextDue(body, now, principal.site.zone);
		const digest = { tenant, id: randomId("dg_"), body, secret: newSecret(), dueAt, ...made };
		if (!(await insertDigest(c.env, digest))) {
			throw new Problem(422, "too_many", `A site has at most ${MAX_DIGESTS} digests: delete one first.`);
		}
		c.set("audit", { detail: body.name });
		return c.json({ ...toDigest(digest), secret: digest.secret }, 201);
	})
	.put("/v1/digests/:id", requireScope("edit"), async (c) => {
		const principal = c.get("principal");
		const tenant = siteOf(principal);
		const { version, ...change } = await readBody(c, DigestChange);
		assertSendable(c.env, change.url);
		const before = await found(c.env, tenant, c.req.param("id"));
		const body = { ...change, dashboard: before.body.dashboard, origin: originOf(c) };
		const next = { body, dueAt: nextDue(body, Date.now(), principal.site.zone) };
		const changed = await updateDigest(c.env, { tenant, id: before.id, version }, next);
		const current = toDigest(await found(c.env, tenant, before.id));
		if (!changed) {
			const detail = `The digest is at version ${current.version}, the change started from ${version}.`;
			throw new Problem(409, "version", detail, { extra: { current } });
		}
		c.set("audit", { detail: body.name });
		return c.json(current);
	})
	.delete("/v1/digests/:id", requireScope("edit"), async (c) => {
		const { tenant, id, body } = await found(c.env, siteOf(c.get("principal")), c.req.param("id"));
		await deleteDigest(c.env, tenant, id);
		c.set("audit", { detail: body.name });
		return c.json({ id, deleted: true });
	})
	.post("/v1/digests/:id/send", requireScope("edit"), async (c) => {
		const principal = c.get("principal");
		const digest = await found(c.env, siteOf(principal), c.req.param("id"));
		c.set("audit", { detail: digest.body.name });
		return c.json(await sendNow(c.env, principal.site, digest, digestDeps(c.env)));
	});
