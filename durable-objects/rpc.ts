/** What the objects say to each other and to the Workers: the RPC surfaces as plain types, so that callers depend on these and tests can stand in. */
import type { FunnelConfig, Grain, Reason, TenantConfig } from "../schema/metric.ts";
import type { StoredWindow, Version } from "../schema/rollup.ts";

/** One partition's share of a batch. */
export interface AppendRequest {
	/** The layout the sender knows; an older one is answered `moved`. */
	epoch: number;
	/** Version of the definitions the sender knows; a newer one makes the log fetch them. */
	definitions: number;
	/** Events, encoded with EVENT_LAYOUT. May have no rows where there are only counts. */
	batch: Uint8Array;
	/** Events that the edge did not pass on, by reason. Journaled and windowed (metric `ingest`) like events. */
	counts?: Partial<Record<Reason, number>>;
}

/** What became of each event of a batch. */
export const CODE = { accepted: 0, duplicate: 1, late: 2 } as const;

export type AppendAnswer =
	/** Durable. One CODE an event, in order. */
	| { status: "ok"; codes: Uint8Array }
	| { status: "moved"; epoch: number }
	/** Not taken: the journal or its queue is full. Seconds. */
	| { status: "busy"; retryAfter: number };

export interface LogStatus {
	epoch: number;
	/** Newest journal offset. */
	offset: number;
	journalBytes: number;
	/** Effective dedupe horizon E, ms. */
	horizonMs: number;
	/** Offset that each metric object has acknowledged. */
	forwarded: Record<string, number>;
	sessions: number;
	/** Live funnels, by the metric of their windows: the journal offset after which each counts. */
	funnels: Record<string, number>;
	/** Journal offset up to which events are in catalogued segments. */
	sealed: number;
	/** Journal offset up to which rows were deleted. */
	trimmed: number;
	/** Bytes of the journal that are in no segment yet. */
	unsealedBytes: number;
}

/** Bounds of `TailRequest.bytes`. An RPC carries at most 32 MB. */
export const TAIL_BYTES = { default: 8 * 2 ** 20, most: 16 * 2 ** 20 } as const;

/** Events of journal rows after an offset: see workers/store/segments.ts for where a scan begins. */
export interface TailRequest {
	after: number;
	/** About how much to answer, bytes: at most 2 MB more. */
	bytes?: number;
}

export interface TailAnswer {
	/** Tables of EVENT_LAYOUT, encoded, in the order of the journal; a row may have none, or several. */
	tables: { offset: number; bytes: Uint8Array }[];
	/** Give it as `after` to go on; null: that was the journal's end. */
	next: number | null;
	/** Events up to this offset are no longer in the journal. Where `after` is less, there are no tables. */
	trimmed: number;
}

export interface SealAnswer {
	/** Journal offset up to which everything is sealed now. */
	sealed: number;
	/** Segments that this call made. */
	segments: number;
}

/** A funnel begins: `pages` are those of its automaton (schema/core/funnel-live.ts) after the journal's row `after`. */
export interface SeedRequest {
	id: string;
	generation: number;
	after: number;
	pages: Uint8Array[];
}

export type SeedAnswer =
	/** It counts what comes after the journal offset `since`, which is another's where it did already. */
	| { status: "live"; since: number }
	/** The journal no longer has all that comes after `after`. */
	| { status: "trimmed" }
	/** It is not defined any more. */
	| { status: "gone" };

export interface LogRpc {
	append(request: AppendRequest): Promise<AppendAnswer>;
	/** Brings the metric up to date now (a query found it behind, or a viewer came). Resolves when its object has everything journaled before the call. */
	pull(metric: string): Promise<void>;
	status(): Promise<LogStatus>;
	/** The events that are in the journal after an offset, those of the open group included. (`tail` is a name that RPC keeps for itself.) */
	readTail(request: TailRequest): Promise<TailAnswer>;
	/** Seals what the journal has at the call, without waiting for it to be much or old. Rejects where R2 or D1 fails. */
	seal(): Promise<SealAnswer>;
	/**
	 * Forgets what is held of a visitor beside the journal, and seals that. The visitor's events can then be taken out of
	 * the archive; the journal's rows are gone once `status().trimmed` has come to the answer's `sealed`.
	 */
	erase(visitorHi: number, visitorLo: number): Promise<SealAnswer>;
	/** Begins to count a funnel as events arrive. Repeats are harmless. */
	seedFunnel(request: SeedRequest): Promise<SeedAnswer>;
	/** Deletes everything. */
	destroy(): Promise<void>;
}

/** `span` = encodeSpan(minutes) of journal offsets (from, to] of one partition, for one metric. */
export interface ApplyRequest {
	partition: number;
	from: number;
	to: number;
	span: Uint8Array;
	/** Receive time of the newest event in it, epoch ms. */
	receivedAt: number;
}

export type ApplyAnswer =
	/** Committed, or already had (`to` ≤ offset). Come next in `nextMs`. */
	| { status: "applied"; offset: number; nextMs: number }
	/** `from` is not the offset held: fold (offset, to] again. */
	| { status: "behind"; offset: number };

export type Field = "stats" | "uniques" | "quantiles";

export interface ReadRequest {
	grain: Grain;
	/** [from, to), epoch ms; windows whose start lies in it. */
	from: number;
	to: number;
	/** Section parts wanted: `total`, `dim:country`, `hit:path`, `cube` … */
	parts: string[];
	/** Other columns come back empty. */
	fields: Field[];
}

export interface ReadAnswer {
	windows: StoredWindow[];
	/** How far the object is behind the logs, ms. */
	behindMs: number;
}

export interface WindowName {
	grain: Grain;
	bucket: number;
}

/** What whole hours of a metric are to be from now on: `span` = encodeSpan(minutes), of all logs together. */
export interface ReplaceRequest {
	/** [from, to), epoch ms: hours of the site's zone, at least SETTLED_MS old. */
	from: number;
	to: number;
	span: Uint8Array;
}
/** A window this old is settled, ms: what is late for it is no longer windowed (48 h), and was forwarded long ago. */
export const SETTLED_MS = 72 * 3_600_000;

export interface MetricRpc {
	apply(request: ApplyRequest): Promise<ApplyAnswer>;
	/** Windows of a range, open ones included. Pulls first if it lags by more than 1 s. */
	read(request: ReadRequest): Promise<ReadAnswer>;
	/** The newest state of one hour or day, whole, or null where there is none. */
	window(name: WindowName): Promise<StoredWindow | null>;
	/** These versions are in D1: they need not be announced again. */
	confirm(windows: (WindowName & { version: Version })[]): Promise<void>;
	/** Puts minutes that were computed anew into the place of all that these hours had. Repeats are harmless. */
	replace(request: ReplaceRequest): Promise<void>;
	/** Adds what came before a funnel was counted (`span` = encodeSpan(minutes)); once, however often it is called. */
	backfill(span: Uint8Array): Promise<void>;
	/** Announces every hour and day it holds, now: D1 was restored from a backup, or someone cannot wait. Answers how many. */
	announceAll(): Promise<number>;
	destroy(): Promise<void>;
	/** Upgrades to a live socket (see schema/live.ts). The caller has authenticated. */
	fetch(request: Request): Promise<Response>;
}

export interface DirectoryRpc {
	/** Creates or updates; declared dimensions only grow, partitions and zone are set once. */
	configure(
		settings: Pick<TenantConfig, "partitions" | "zone" | "week_start" | "currency" | "dimensions">,
	): Promise<TenantConfig>;
	/** The tenant's config, or null for a tenant that was never configured. */
	config(): Promise<TenantConfig | null>;
	/** Admits event names, up to MAX_METRICS; answers the config that holds. */
	admit(names: string[]): Promise<TenantConfig>;
	/** Defines a funnel that is counted live, or changes it: another definition is another generation. Problem 422. */
	setFunnel(funnel: Omit<FunnelConfig, "generation">): Promise<TenantConfig>;
	dropFunnel(id: string): Promise<TenantConfig>;
	destroy(): Promise<void>;
}
