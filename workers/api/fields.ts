/** GET /v1/fields: what events can be filtered and grouped by; for pickers. */
import { Hono } from "hono";
import * as z from "zod";
import { Field, fieldsOf } from "../../schema/fields.ts";
import { EVENT_HITS } from "../../schema/metric.ts";
import { type ApiEnv, requireScope, tenantConfig } from "./auth.ts";

export const FieldList = z.object({
	fields: z.array(Field),
	/** `props.<name>` of any prop, and `traits.<name>` of what `identify` events said of a visitor. */
	prefixes: z.array(z.string()),
});
export type FieldList = z.infer<typeof FieldList>;

/** Scope `read`. Problem 401, 403, 503. */
export const fields = new Hono<ApiEnv>().get("/v1/fields", requireScope("read"), async (c) => {
	const config = await tenantConfig(c.env, c.get("principal").tenant);
	const list: FieldList = { fields: fieldsOf(config, EVENT_HITS), prefixes: ["props.", "traits."] };
	// One browser may hold the keys of two sites, and a cache does not look at keys (I7).
	return c.json(list, 200, { "cache-control": "no-store" });
});
