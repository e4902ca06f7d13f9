/**
 * The keys, sessions and shares behind a metric's sockets. A socket outlives the request that authenticated it, so its key
 * is looked up again while frames go: what is revoked is dead everywhere within 60 s, on open sockets too.
 */
import type { TenantId } from "../../schema/ids.ts";

/**
 * Least time between two looks. The Worker that let a socket in may have remembered its key for 30 s: together they
 * stay under the minute that is promised. One query by primary key, whatever the number of sockets.
 */
export const CHECK_MS = 25_000;
/** After D1 did not answer. Until it does, sockets stream on. */
const AGAIN_MS = 5_000;
/** Ids that workers/api/auth.ts gives to keys that are no rows: the instance's secret, and the demo keys. */
const NO_ROW = /^(root|[psrea]k_demo)$/;

/**
 * A share as it is checked while a socket stands: with the version of its dashboard, because what the link shows, and so
 * what the socket may bring, is another with the next one.
 */
export const sharedBy = (share: string, version: number): string => `${share}@${version}`;
export const isShared = (id: string): boolean => id.includes("@");

/**
 * Those that still open the site: keys (a deleted site's are no rows any more), sessions (`ses_…`) and people whom Access
 * let in (`acc_<user>.<organisation>`) while they are members, and shares of dashboards as they are.
 */
const VALID = `WITH asked AS (SELECT value AS id FROM json_each(?1)), mine AS (SELECT org FROM sites WHERE id = ?2 AND deleted_at IS NULL)
	SELECT id FROM keys WHERE revoked_at IS NULL AND id IN asked
	UNION ALL SELECT s.id FROM sessions s JOIN members m ON m.user = s.user AND m.org IN mine
		WHERE s.expires_at > ?3 AND s.id IN asked
	UNION ALL SELECT 'acc_' || user || '.' || org FROM members
		WHERE org IN mine AND 'acc_' || user || '.' || org IN asked
	UNION ALL SELECT s.id || '@' || d.version FROM shares s JOIN dashboards d ON d.tenant = s.tenant AND d.uid = s.dashboard
		WHERE s.tenant = ?2 AND s.revoked_at IS NULL AND coalesce(s.expires_at > ?3, 1) AND s.id || '@' || d.version IN asked
			AND s.id IN (SELECT substr(id, 1, instr(id, '@') - 1) FROM asked)`;

/** Rejects while D1 does not answer. */
export async function validKeys(
	db: D1Database,
	tenant: TenantId,
	ids: readonly string[],
	now: number,
): Promise<Set<string>> {
	const { results } = await db.prepare(VALID).bind(JSON.stringify(ids), tenant, now).all<{ id: string }>();
	return new Set(results.map((row) => row.id));
}

export interface KeyWatchDeps {
	now: () => number;
	valid: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
	/** Has the key a socket still? */
	connected: (id: string) => boolean;
	/** Ends the sockets of a key. */
	shut: (id: string) => void;
}

export class KeyWatch {
	readonly #deps: KeyWatchDeps;
	readonly #ids = new Set<string>();
	/** Not before, epoch ms. After a wake at once: when the last look was is forgotten. */
	#nextAt = 0;

	constructor(deps: KeyWatchDeps) {
		this.#deps = deps;
	}

	add(id: string): void {
		if (!NO_ROW.test(id)) this.#ids.add(id);
	}

	/** Looks the keys up if the last look is long enough ago, and ends the sockets of those that are none any more. */
	async check(): Promise<void> {
		const { now, valid, connected, shut } = this.#deps;
		if (this.#ids.size === 0 || now() < this.#nextAt) return;
		for (const id of this.#ids) if (!connected(id)) this.#ids.delete(id);
		this.#nextAt = now() + CHECK_MS;
		const asked = [...this.#ids];
		if (asked.length === 0) return;
		try {
			const good = await valid(asked);
			for (const id of asked) {
				if (good.has(id)) continue;
				this.#ids.delete(id);
				shut(id);
			}
		} catch (error) {
			console.error("keys of live sockets could not be checked", error);
			this.#nextAt = now() + AGAIN_MS;
		}
	}
}
