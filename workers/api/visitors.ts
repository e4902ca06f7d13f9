/** What visitors may ask for by law: a copy of their data, and to be forgotten. */
import { type Context, Hono } from "hono";
import { hash64 } from "../../schema/core/hash.ts";
import { Problem } from "../../schema/problem.ts";
import { beginErasure } from "../jobs/erase.ts";
import { beginExport } from "../jobs/export.ts";
import { hex64 } from "../jobs/record.ts";
import { type ApiEnv, assertSiteNamed, requireScope } from "./auth.ts";
import { assertRoomForJob, started } from "./jobs.ts";
import { randomId } from "./secrets.ts";

/** A visitor as questions name it: the hash, 16 hex digits. */
const VISITOR = /^[0-9a-f]{16}$/;

/**
 * The visitor of the path, or by `?visitor_id=` the one whom the page or the server calls so (workers/edge/enrich.ts
 * hashes the same way).
 */
function visitorOf(c: Context<ApiEnv>): string {
	const hex = c.req.param("visitor");
	if (hex !== undefined && VISITOR.test(hex)) return hex;
	const id = c.req.query("visitor_id");
	if (hex === undefined && id !== undefined && id !== "") {
		const { hi, lo } = hash64(id);
		return hex64(hi, lo);
	}
	const detail = "Name the visitor by 16 hex digits in the path, as questions answer it, or by ?visitor_id=.";
	throw new Problem(400, "invalid", detail);
}

async function exportVisitor(c: Context<ApiEnv>): Promise<Response> {
	const { tenant } = c.get("principal");
	assertSiteNamed(c.get("principal"));
	const visitor = visitorOf(c);
	await assertRoomForJob(c.env, tenant);
	const id = randomId("export_");
	await beginExport(c.env, tenant, visitor, id, Date.now());
	return c.json(started(id), 202);
}

async function eraseVisitor(c: Context<ApiEnv>): Promise<Response> {
	const { tenant } = c.get("principal");
	assertSiteNamed(c.get("principal"));
	const visitor = visitorOf(c);
	await assertRoomForJob(c.env, tenant);
	const id = randomId("erase_");
	await beginErasure(c.env, tenant, visitor, id, Date.now());
	return c.json(started(id), 202);
}

/** POST /v1/visitors/:visitor/export, DELETE /v1/visitors/:visitor; or both with ?visitor_id= in the visitor's stead. */
export const visitors = new Hono<ApiEnv>()
	.post("/v1/visitors/export", requireScope("admin"), exportVisitor)
	.post("/v1/visitors/:visitor/export", requireScope("admin"), exportVisitor)
	.delete("/v1/visitors", requireScope("admin"), eraseVisitor)
	.delete("/v1/visitors/:visitor", requireScope("admin"), eraseVisitor);
