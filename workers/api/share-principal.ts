/**
 * Who holds a shared link: `sh_<id>.<signature>`, of which the row keeps no secret. The signature is an HMAC over the
 * share's id and expiry, so nobody who reads the database can make a link.
 */
import { Problem } from "../../schema/problem.ts";
import { NewShare } from "../../schema/share.ts";
import type { Env } from "../env.ts";
import { isSigned, sign } from "../people/signing.ts";
import { IsolateCache } from "../store/cache.ts";
import { type ShareRow, shareById } from "../store/shares.ts";
import type { Principal } from "./auth.ts";
import { available, CACHE, type Site, siteOf } from "./tenant.ts";

const ID = /^shr_[0-9a-z]{1,32}$/;
/** Token: `sh_shr_x1y2….<43 characters>`. */
const TOKEN = /^sh_(shr_[0-9a-z]{1,32})\.([A-Za-z0-9_-]{43})$/;
/** By id: up to 30 s old, so that a revoked link is dead within 60 s. */
const shares = new IsolateCache<ShareRow | null>(CACHE);

type Signed = Pick<ShareRow, "id" | "expiresAt">;
const textOf = ({ id, expiresAt }: Signed) => `share|${id}|${expiresAt ?? "never"}`;

/** What stands after the # of a link. */
export const shareSignature = (env: Pick<Env, "SECRET">, row: Signed): Promise<string> =>
	sign(env, "share", textOf(row));

/** The bearer token of a share: `sh_<id>.<signature>`. */
export const shareToken = async (env: Pick<Env, "SECRET">, row: Signed): Promise<string> =>
	`sh_${row.id}.${await shareSignature(env, row)}`;

/** Forgets what this isolate holds of a share that was just revoked here. */
export const forgetShare = (id: string): void => shares.forget(id);

interface OpenShare {
	row: ShareRow;
	options: NewShare;
	site: Site;
}

/** A share that is neither revoked nor expired, and whose site is there; else null. Problem 503. */
async function openShare(env: Env, id: string, now: number): Promise<OpenShare | null> {
	const row = await available(shares.get(id, async () => (await shareById(env, id)) ?? null));
	if (!row || row.revokedAt !== null || (row.expiresAt !== null && row.expiresAt <= now)) return null;
	const site = await siteOf(env, row.tenant);
	return site && { row, options: NewShare.parse(JSON.parse(row.options)), site };
}

/** Problem 401 for a link that was made up, is revoked or expired, or whose site is gone; 503 while D1 does not answer. */
export async function sharePrincipal(env: Env, token: string, now: () => number = Date.now): Promise<Principal> {
	const [, id = "", signature = ""] = TOKEN.exec(token) ?? [];
	const open = id === "" ? null : await openShare(env, id, now());
	if (!open || !(await isSigned(env, "share", textOf(open.row), signature))) throw unknownShare();
	const { row, options, site } = open;
	return {
		tenant: site.id,
		scope: "share",
		keyId: id,
		actor: { kind: "share", id, name: options.name || id },
		org: site.org,
		share: { id, dashboard: row.dashboard, options, expiresAt: row.expiresAt },
		site,
		root: false,
	};
}

/** Origins whose pages may show the share in a frame, which its site names. None where it is not open, or not for frames. */
export async function framersOf(env: Env, id: string, now: () => number = Date.now): Promise<readonly string[]> {
	const open = ID.test(id) ? await openShare(env, id, now()) : null;
	return open?.options.embed ? open.site.embed_origins : [];
}

export const unknownShare = () =>
	new Problem(401, "share", "This link is not known, was revoked, or has expired. Ask whoever sent it for a new one.");
