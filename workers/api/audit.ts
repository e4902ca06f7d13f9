/** Who changed what: written after every change, read by admins. Names and ids, never secrets or bodies. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import * as z from "zod";
import type { Author } from "../../schema/dashboard.ts";
import type { AuditAction, AuditEntry } from "../../schema/people.ts";
import { type AuditCursor, type AuditRow, insertAudit, listAudit } from "../store/audit.ts";
import { type ApiEnv, backgroundOf, type Principal } from "./auth.ts";
import { requireOrgAdmin } from "./org-admin.ts";
import { randomId } from "./secrets.ts";
import { INSTANCE } from "./tenant.ts";
import { readParams } from "./validate.ts";

/** What a handler knows better of its own change than its route says: `c.set("audit", { detail: title })`. */
export interface AuditNote {
	/** Id of what it was done to; else the path's, or the answer's. */
	target?: string;
	/** A name of it, or what changed, in words. */
	detail?: string;
	/** Where the route says another: `dashboards.update`. */
	action?: AuditAction;
	/** Of routes without a principal. */
	actor?: Author;
	/** Whose log it goes to; else the principal's organisation. */
	orgs?: readonly string[] | (() => Promise<readonly string[]>);
	/** Else the principal's site; null: none's. */
	site?: string | null;
	/** Written although the request was refused. */
	refused?: boolean;
}

/** They only ask, whatever their method: questions are long, and tickets lead to nothing but reading. */
const ASKING = /^\/v1\/(query|tickets|events|panels\/.*|.*\/query|.*\/variables\/[^/]+)$/;
/** Of people and their organisation, not of the site that happened to be chosen. */
const OF_PEOPLE = new Set(["session", "sessions", "account", "members", "invitations", "organisations"]);
const VERBS: Record<string, string> = { POST: "create", PUT: "update", PATCH: "update", DELETE: "delete" };
/** What is made below something else, by the last part of the path. */
const BELOW: Record<string, string> = {
	shares: "shares.create",
	panels: "dashboards.update",
	demo: "session.create",
};
const DETAIL_CHARS = 300;

/** `dashboards.restore` of POST /v1/dashboards/:uid/versions/:n/restore; null where nothing changed. */
export function actionOf(method: string, path: string): string | null {
	const verb = VERBS[method];
	const [, version, ...parts] = path.split("/");
	if (verb === undefined || version !== "v1" || path.includes("*") || ASKING.test(path)) return null;
	const [resource = ""] = parts;
	const last = parts.at(-1) ?? "";
	if (parts.length === 1 || last.startsWith(":")) return `${resource}.${verb}`;
	return BELOW[last] ?? `${resource}.${last}`;
}

/** After every change: an entry. Mounted once, ahead of all routes. What it cannot write it logs; no request fails of it. */
export const auditing: MiddlewareHandler<ApiEnv> = async (c, next) => {
	await next();
	const note = c.get("audit") ?? {};
	if (c.res.status >= 400 && !note.refused) return;
	const action = note.action ?? actionOf(c.req.method, routePath(c));
	if (action === null) return;
	const work = write(c, action, note).catch((error: unknown) => console.error(`audit of ${action} failed`, error));
	const background = backgroundOf(c);
	if (background) background.waitUntil(work);
	else await work;
};

async function write(c: Context<ApiEnv>, action: string, note: AuditNote): Promise<void> {
	// Public routes set none.
	const principal: Principal | undefined = c.get("principal");
	const actor = note.actor ?? principal?.actor;
	if (!actor) return;
	const at = Date.now();
	// Before anything is waited for: the answer's body can be copied only until it is sent.
	const target = note.target ?? paramOf(c) ?? (await madeIn(c.res));
	const orgs = typeof note.orgs === "function" ? await note.orgs() : (note.orgs ?? (principal ? [principal.org] : []));
	const entry = {
		site: note.site === undefined ? siteOf(action, principal?.site.id) : note.site,
		at,
		actorKind: actor.kind,
		actorId: actor.id,
		actorName: actor.name,
		action,
		target,
		detail: (note.detail ?? "").slice(0, DETAIL_CHARS),
	};
	await insertAudit(
		c.env,
		orgs.map((org) => ({ ...entry, org, id: randomId("aud_") })),
	);
}

function siteOf(action: string, site: string | undefined): string | null {
	const [resource = ""] = action.split(".");
	return site === undefined || site === INSTANCE.id || OF_PEOPLE.has(resource) ? null : site;
}

/** Visitors are no target: an entry would keep who was erased. */
function paramOf(c: Context<ApiEnv>): string | undefined {
	const params: Record<string, string | undefined> = c.req.param();
	return params.id ?? params.uid ?? params.user;
}

const Named = z.object({ id: z.string().optional(), uid: z.string().optional() });
const idIn = (value: unknown): string | undefined => {
	const named = Named.safeParse(value);
	return named.success ? (named.data.id ?? named.data.uid) : undefined;
};

/** The id in an answer: its own, or that of the first thing in it. Empty where there is none. */
async function madeIn(response: Response): Promise<string> {
	if (!response.headers.get("content-type")?.includes("json")) return "";
	const body: unknown = await response.clone().json();
	if (typeof body !== "object" || body === null) return "";
	return idIn(body) ?? Object.values(body).flatMap((value) => idIn(value) ?? [])[0] ?? "";
}

const toEntry = (row: AuditRow): AuditEntry => ({
	id: row.id,
	at: row.at,
	actor: { kind: row.actorKind, id: row.actorId, name: row.actorName },
	action: row.action,
	target: row.target,
	detail: row.detail,
	site: row.site,
});

export const AuditParams = z.object({
	/** `next` of the page before. */
	before: z
		.string()
		.regex(/^\d{1,15}-[\w]{1,40}$/, "expected the `next` of the page before")
		.optional(),
	limit: z.coerce.number().int().min(1).max(500).default(100),
	org: z.string().optional(),
});

function cursorOf(before: string | undefined): AuditCursor | null {
	if (before === undefined) return null;
	const dash = before.indexOf("-");
	return { at: Number(before.slice(0, dash)), id: before.slice(dash + 1) };
}

/** GET /v1/audit: an organisation's entries, newest first. Problem 400, 401, 403, 404. */
export const audit = new Hono<ApiEnv>().get("/v1/audit", requireOrgAdmin(), async (c) => {
	const { before, limit } = readParams(c, AuditParams);
	// One more than asked for tells whether there is a next page.
	const rows = await listAudit(c.env, c.get("principal").org, cursorOf(before), limit + 1);
	const page = rows.slice(0, limit);
	const last = page.at(-1);
	const next = rows.length > limit && last ? `${last.at}-${last.id}` : null;
	return c.json({ entries: page.map(toEntry), next });
});
