/** What the objects that run panel queries answer: see docs/decisions/0017. */
import type { CacheState } from "../../schema/panel.ts";
import type { ProblemDocument } from "../../schema/problem.ts";
import type { Question } from "../../schema/query.ts";

/** Objects that run a tenant's panel queries, each those whose keys fall to it. */
export const PROXIES = 8;

/** One query of one panel, with variables in place. */
export interface ProxyRequest {
	/** Names the answer: equal questions have equal keys. */
	key: string;
	question: Question;
	/** Who asks, for the limit of what one viewer may cause: a user, a key, or a share and an address. */
	caller: string;
	/** How long an answer is fresh, ms. */
	ttlMs: number;
	/** Compute anew, once for all who ask meanwhile. */
	fresh: boolean;
}

export type ProxyAnswer =
	/** `body`: the answer's JSON, as it goes to the viewer. */
	| { status: "ok"; body: string; cache: CacheState }
	| { status: "problem"; problem: ProblemDocument; retryAfter?: number };

export interface ProxyCounters {
	/** Questions that stores were asked. */
	executions: number;
	/** Answered from what was known: fresh, or stale while it is computed anew. */
	hits: number;
	/** Waited for somebody else's execution. */
	coalesced: number;
	failures: number;
	refused: number;
}

export interface ProxyRpc {
	ask(request: ProxyRequest): Promise<ProxyAnswer>;
	counters(): Promise<ProxyCounters>;
	/** Forgets every answer: what they were made of was erased. Those under way are given, and not kept. */
	forget(): Promise<void>;
	destroy(): Promise<void>;
}
