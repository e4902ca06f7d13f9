/** What the objects say to each other and to the Workers: the RPC surfaces as plain types, so that callers depend on these and tests can stand in. */
import type { Grain, Reason, TenantConfig } from "../schema/metric.ts";
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
}

export interface LogRpc {
	append(request: AppendRequest): Promise<AppendAnswer>;
	/** Brings the metric up to date now (a query found it behind, or a viewer came). Resolves when its object has everything journaled before the call. */
	pull(metric: string): Promise<void>;
	status(): Promise<LogStatus>;
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

export interface MetricRpc {
	apply(request: ApplyRequest): Promise<ApplyAnswer>;
	/** Windows of a range, open ones included. Pulls first if it lags by more than 1 s. */
	read(request: ReadRequest): Promise<ReadAnswer>;
	/** The newest state of one hour or day, whole, or null where there is none. */
	window(name: WindowName): Promise<StoredWindow | null>;
	/** These versions are in D1: they need not be announced again. */
	confirm(windows: (WindowName & { version: Version })[]): Promise<void>;
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
	destroy(): Promise<void>;
}
