import { Hono } from "hono";
import * as z from "zod";
import { Problem } from "../../schema/problem.ts";
import type { Env } from "../env.ts";
import { insertKeys, type KeyRow, listKeys, revokeKey } from "../store/keys.ts";
import { type ApiEnv, assertSiteNamed, forgetKeys, type Principal, requireScope, sha256Hex } from "./auth.ts";
import { DEMO_KEYS } from "./demo.ts";
import { randomId, randomKey } from "./secrets.ts";
import { DEMO_SITE_ID } from "./tenant.ts";
import { readBody } from "./validate.ts";

export const SCOPES = ["write", "server", "read", "edit", "admin"] as const;
export type KeyScope = (typeof SCOPES)[number];
const PREFIXES: Record<KeyScope, string> = { write: "pk", server: "sk", read: "rk", edit: "ek", admin: "ak" };

/** Characters of a key that a list shows of its beginning: the scope, and enough to recognise it. */
const PREFIX_CHARS = 7;

export const NewKey = z.strictObject({
	scope: z.enum(SCOPES),
	name: z.string().max(100).default(""),
	/** A root admin's only: another root key, bound to no site. */
	root: z.boolean().default(false),
});

/** Makes keys and answers them: the only time that anyone sees them. `site` null: root. */
export async function makeKeys(
	env: Env,
	site: string | null,
	wanted: { scope: KeyScope; name: string }[],
	now: number,
): Promise<{ id: string; key: string; scope: KeyScope }[]> {
	const made = wanted.map(({ scope, name }) => ({
		id: randomId("key_"),
		key: randomKey(PREFIXES[scope]),
		scope,
		name,
	}));
	const row = async ({ id, key, scope, name }: (typeof made)[number]) => ({
		id,
		hash: await sha256Hex(key),
		scope,
		site,
		name,
		prefix: key.slice(0, PREFIX_CHARS),
		last4: key.slice(-4),
		createdAt: now,
	});
	await insertKeys(env, await Promise.all(made.map(row)));
	return made.map(({ id, key, scope }) => ({ id, key, scope }));
}

/** What a list says of a key; never the key, nor its hash. */
const toListed = (row: KeyRow) => ({
	id: row.id,
	scope: row.scope,
	site: row.site,
	name: row.name,
	prefix: row.prefix,
	last4: row.last4,
	created_at: row.createdAt,
	revoked_at: row.revokedAt,
	/** Within some minutes; null: never. */
	last_used_at: row.lastUsedAt,
});

/** Keys that nobody made and nobody can revoke: the demo site's, on one machine. They are no secret. */
const builtIn = ({ LOCAL }: Env, { tenant }: Principal): { key: string; scope: string }[] =>
	LOCAL === "1" && tenant === DEMO_SITE_ID ? [...DEMO_KEYS].map(([key, scope]) => ({ key, scope })) : [];

/** The site whose keys an admin sees: its own; for root the one it named, or null for all. */
function visibleSite(principal: Principal, named: string | undefined): string | null {
	return principal.root && named === undefined ? null : principal.tenant;
}

/** POST, GET /v1/keys; DELETE /v1/keys/:id. Problem 400, 401, 403, 404, 422. */
export const keys = new Hono<ApiEnv>()
	.post("/v1/keys", requireScope("admin"), async (c) => {
		const principal = c.get("principal");
		const { scope, name, root } = await readBody(c, NewKey);
		if (root) assertRootKey(principal, scope);
		else assertSiteNamed(principal);
		const [made] = await makeKeys(c.env, root ? null : principal.tenant, [{ scope, name }], Date.now());
		c.set("audit", { detail: `${name === "" ? "a key without a name" : name}, ${scope}` });
		return c.json({ ...made, name, site: root ? null : principal.tenant }, 201);
	})
	.get("/v1/keys", requireScope("admin"), async (c) => {
		const principal = c.get("principal");
		const rows = await listKeys(c.env, visibleSite(principal, c.req.query("site")));
		return c.json({ keys: rows.map(toListed), built_in: builtIn(c.env, principal) });
	})
	.delete("/v1/keys/:id", requireScope("admin"), async (c) => {
		const id = c.req.param("id");
		const site = visibleSite(c.get("principal"), c.req.query("site"));
		const key = (await listKeys(c.env, site)).find((one) => one.id === id);
		if (!key) throw new Problem(404, "no_key_with_id", `There is no key ${JSON.stringify(id)} here.`);
		await revokeKey(c.env, site, id, Date.now());
		forgetKeys();
		c.set("audit", { detail: `${key.name || `${key.prefix}…${key.last4}`}, ${key.scope}` });
		return c.json({ id, revoked: true, dead_everywhere_within_s: 60 });
	});

function assertRootKey(principal: Principal, scope: KeyScope): void {
	if (!principal.root)
		throw new Problem(403, "scope", "Only a root key makes root keys: ask whoever runs this Nowcast.");
	if (scope !== "admin") throw new Problem(422, "root_scope", "A root key is an admin's: its scope must be admin.");
}
