/**
 * The keys behind a metric's sockets. A socket outlives the request that authenticated it, so its key is looked up
 * again while frames go: a revoked key is dead everywhere within 60 s, on open sockets too.
 */

/**
 * Least time between two looks. The Worker that let a socket in may have remembered its key for 30 s: together they
 * stay under the minute that is promised. One query by primary key, whatever the number of sockets.
 */
export const CHECK_MS = 25_000;
/** After D1 did not answer. Until it does, sockets stream on. */
const AGAIN_MS = 5_000;
/** Ids that workers/api/auth.ts gives to keys that are no rows: the instance's secret, and the demo keys. */
const NO_ROW = /^(root|[psra]k_demo)$/;

/** Those of the ids that are keys now. A deleted site's keys are no rows any more. Rejects while D1 does not answer. */
export async function validKeys(db: D1Database, ids: readonly string[]): Promise<Set<string>> {
	const { results } = await db
		.prepare("SELECT id FROM keys WHERE revoked_at IS NULL AND id IN (SELECT value FROM json_each(?))")
		.bind(JSON.stringify(ids))
		.all<{ id: string }>();
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
