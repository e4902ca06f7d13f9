/**
 * Counts of what was refused before it reached a log. They are visible to the tenant like everything else that did
 * not count, but whoever floods a site with refused requests must not thereby flood its logs: counts wait in the
 * isolate and go out at most once a second a tenant, after the answer.
 */
import type { TenantId } from "../../schema/ids.ts";
import type { Reason } from "../../schema/metric.ts";

export type Counts = Partial<Record<Reason, number>>;

const FLUSH_MS = 1_000;
/** The request whose `waitUntil` was to flush was cancelled: another one takes over. */
const STALE_MS = 10_000;

interface Pending {
	counts: Counts;
	since: number;
}

export interface RefusalDeps {
	now: () => number;
	sleep: (ms: number) => Promise<unknown>;
}

export type SendCounts = (counts: Counts) => Promise<unknown>;

export class Refusals {
	readonly #deps: RefusalDeps;
	readonly #pending = new Map<TenantId, Pending>();

	constructor(deps: RefusalDeps) {
		this.#deps = deps;
	}

	/** Adds; if a flush is due from this caller, `waitUntil` gets it. `send` is the caller's, as is its I/O. */
	add(tenant: TenantId, counts: Counts, waitUntil: (flush: Promise<unknown>) => void, send: SendCounts): void {
		const now = this.#deps.now();
		const held = this.#pending.get(tenant);
		const merged = addCounts(held?.counts ?? {}, counts);
		if (held && now - held.since < STALE_MS) {
			held.counts = merged;
			return;
		}
		const pending = { counts: merged, since: now };
		this.#pending.set(tenant, pending);
		waitUntil(this.#flush(tenant, pending, send));
	}

	async #flush(tenant: TenantId, pending: Pending, send: SendCounts): Promise<void> {
		await this.#deps.sleep(FLUSH_MS);
		if (this.#pending.get(tenant) !== pending) return;
		this.#pending.delete(tenant);
		try {
			await send(pending.counts);
		} catch (error) {
			console.error("counts of refused events were lost", { tenant, counts: pending.counts }, error);
		}
	}
}

/** Adds `more` to `counts`, in place. */
export function addCounts(counts: Counts, more: Counts): Counts {
	for (const reason of Object.keys(more) as Reason[]) {
		counts[reason] = (counts[reason] ?? 0) + (more[reason] ?? 0);
	}
	return counts;
}
