/**
 * Frames for live viewers. A frame is computed once per distinct subscription and sent to all who have it. Values are
 * absolute and derived from windows alone, so nothing here has to survive an eviction.
 */
import { hash64 } from "../../schema/core/hash.ts";
import { formatSeries, SeriesFold, type SeriesPlan, type SeriesResult } from "../../schema/core/series.ts";
import { bucketStart, nextBucket, zoneOf } from "../../schema/core/zone.ts";
import type { Frame, Subscription } from "../../schema/live.ts";
import type { Grain, TenantConfig } from "../../schema/metric.ts";
import { planSeries } from "../../schema/plan.ts";
import { Problem } from "../../schema/problem.ts";
import type { Meta, Series } from "../../schema/query.ts";
import { activeNow } from "./active.ts";
import { MINUTE } from "./state.ts";
import { type Sources, viewsOf } from "./windows.ts";

/** A subscription reaches at most this far back. */
const LONGEST_MS = 24 * 60 * MINUTE;
/** Standard error of a p = 14 sketch, which slots are. */
const ACTIVE_ERROR = 0.0081;
/** Groups of a `limit` change places all the time: viewers get a new selection at most this often. */
const RANK_EVERY_MS = 10_000;

export interface LiveContext {
	sources: Sources;
	config: TenantConfig;
	now: number;
	/** Sequence of the newest change: `epoch-n`. */
	cursor: string;
	behindMs: number;
}

/** Equal subscriptions have equal keys: zod puts the fields in one order. Short enough for a socket's tag. */
export function keyOf(subscription: Subscription): string {
	const { hi, lo } = hash64(JSON.stringify(subscription));
	return `${hi.toString(36)}.${lo.toString(36)}`;
}

/** A subscription under its name: frames carry it, and sockets are tagged with it. */
export interface Topic {
	key: string;
	subscription: Subscription;
}

export const topicOf = (subscription: Subscription): Topic => ({ key: keyOf(subscription), subscription });

/** What all viewers of one subscription share. */
export class Feed {
	readonly key: string;
	readonly subscription: Subscription;
	/** Groups that viewers were shown: deltas keep to them. Null: not known (after hibernation), so a snapshot is due. */
	#groups: string[][] | null = null;
	#rankedAt = 0;

	constructor({ key, subscription }: Topic) {
		this.key = key;
		this.subscription = subscription;
	}

	/**
	 * A snapshot for one viewer. Where the feed is `shared`, others may have been shown other groups, or groups that are
	 * not known any more: they get a snapshot with the next frame.
	 */
	opening(shared: boolean, context: LiveContext): Frame {
		const before = this.#groups;
		const frame = this.snapshot(context);
		if (shared && !sameGroups(before, this.#groups)) this.#groups = null;
		return frame;
	}

	/** Everything of the range, for all viewers. Problem 422 where the subscription makes no sense. */
	snapshot(context: LiveContext): Frame {
		const { cursor, now, behindMs } = context;
		const began = Date.now();
		const plan = planOf(this.subscription, context);
		if (this.subscription.measure === "active") {
			const { active, rows } = activeNow(context.sources, now);
			const meta = metaOf(plan, { exact: active.now === 0, error: ACTIVE_ERROR, rows, began, behindMs });
			return { t: "snapshot", sub: this.key, cursor, series: [], active, meta, at: now };
		}
		const { result, rows } = foldRange(plan, context.sources, new Set(plan.buckets));
		this.#show(result, now);
		const meta = metaOf(plan, { exact: result.exact, error: result.error, rows, began, behindMs });
		return { t: "snapshot", sub: this.key, cursor, series: formatSeries(plan, result.rows), meta, at: now };
	}

	/** The buckets of these minutes; a snapshot where other groups lead now; null where none is in the range. */
	delta(minutes: Iterable<number>, context: LiveContext): Frame | null {
		const { cursor, now, behindMs } = context;
		if (this.subscription.measure === "active") {
			const { active } = activeNow(context.sources, now);
			return { t: "delta", sub: this.key, cursor, series: [], active, behind_ms: behindMs, at: now };
		}
		const plan = planOf(this.subscription, context);
		const changed = bucketsOf(plan, minutes);
		if (changed.size === 0) return null;
		if (this.#mustShow(plan, changed, context)) return this.snapshot(context);
		const { result } = foldRange(plan, context.sources, changed, this.#groups ?? undefined);
		const series = changedOnly(formatSeries(plan, result.rows), plan, changed);
		return { t: "delta", sub: this.key, cursor, series, behind_ms: behindMs, at: now };
	}

	/** What changed since a cursor: a delta even where nothing did, for it tells the new cursor. */
	since(minutes: Iterable<number>, context: LiveContext): Frame {
		const { cursor, behindMs, now } = context;
		const nothing: Frame = { t: "delta", sub: this.key, cursor, series: [], behind_ms: behindMs, at: now };
		return this.delta(minutes, context) ?? nothing;
	}

	#show(result: SeriesResult, now: number): void {
		this.#groups = this.subscription.groupBy.length === 0 ? null : namedGroups(result);
		this.#rankedAt = now;
	}

	#mustShow(plan: SeriesPlan, changed: ReadonlySet<number>, { sources, now }: LiveContext): boolean {
		if (this.subscription.groupBy.length === 0) return false;
		if (this.#groups === null) return true;
		const full = this.#groups.length >= this.subscription.limit;
		if (full && now - this.#rankedAt < RANK_EVERY_MS) return false;
		this.#rankedAt = now;
		const ranked = namedGroups(foldRange(plan, sources, changed).result);
		const shown = new Set(this.#groups.map((labels) => labels.join("\x1f")));
		return ranked.some((labels) => !shown.has(labels.join("\x1f")));
	}
}

const sameGroups = (a: string[][] | null, b: string[][] | null) => JSON.stringify(a) === JSON.stringify(b);

/** Groups but `(other)`, which comes by itself. */
function namedGroups({ rows }: SeriesResult): string[][] {
	return rows.map((row) => row.labels).filter((labels) => labels.some((label) => label !== "(other)"));
}

function planOf(subscription: Subscription, { config, sources, now }: LiveContext): SeriesPlan {
	const { metric, measure, from, interval, filters, groupBy, limit } = subscription;
	if (measure === "active" && (filters.length > 0 || groupBy.length > 0)) {
		throw new Problem(422, "measure", "active has no filters and no groupBy.");
	}
	// A metric that nobody has sent yet is an empty chart, not an error: the page is often opened first.
	const known = { ...config, metrics: [...config.metrics, metric] };
	const asked = {
		metric,
		from,
		interval,
		filters,
		groupBy,
		limit,
		measure: measure === "active" ? "uniques" : measure,
	} as const;
	const plan = planSeries(asked, known, latest(sources, now));
	if (plan.to - plan.from > LONGEST_MS + nominal(plan))
		throw new Problem(422, "range", "A live range reaches at most 24 h back.");
	return plan;
}

/** A log's clock may be a little ahead of ours: its newest minute is still part of what is live. */
function latest({ state }: Sources, now: number): number {
	let newest = now;
	for (const minute of state.minutes.keys()) if (minute < now + MINUTE) newest = Math.max(newest, minute + 1);
	return newest;
}

/** `from` was floored to a bucket's start. */
const nominal = (plan: SeriesPlan) => nextBucket(zoneOf(plan.zone), plan.step, plan.from) - plan.from;

/** Starts of the plan's buckets that contain one of these minutes. */
function bucketsOf(plan: SeriesPlan, minutes: Iterable<number>): Set<number> {
	const zone = zoneOf(plan.zone);
	const buckets = new Set<number>();
	for (const minute of minutes) {
		if (minute >= plan.from && minute < plan.end) buckets.add(bucketStart(zone, plan.step, minute));
	}
	return buckets;
}

function changedOnly(all: Series[], plan: SeriesPlan, changed: ReadonlySet<number>): Series[] {
	return all.map((series) => ({
		...series,
		points: series.points.filter((_, i) => changed.has(plan.buckets[i] ?? -1)),
	}));
}

/**
 * Folds the plan's range. Points are right for the buckets in `exact` only; the rest is there for totals and ranking,
 * and is read by the hour where an hour is over: a day is then some 24 rows, not 1,440.
 */
function foldRange(plan: SeriesPlan, sources: Sources, exact: ReadonlySet<number>, only?: string[][]) {
	const pieces = piecesOf(plan, sources, exact);
	const fold = new SeriesFold(plan, only);
	const rows = feed(fold, plan, sources, pieces);
	const result = fold.finish();
	if (result.again === null) return { result, rows };
	const second = new SeriesFold(plan, result.again);
	feed(second, plan, sources, pieces);
	return { result: second.finish(), rows };
}

function feed(fold: SeriesFold, plan: SeriesPlan, sources: Sources, pieces: Piece[]): number {
	let rows = 0;
	for (const { grain, from, to } of pieces) {
		for (const { bucket, stored, pending } of viewsOf(sources, grain, from, to, plan.parts)) {
			rows += stored.length;
			for (const read of stored)
				fold.addSections(
					bucket,
					read().filter((s) => plan.parts.includes(s.part)),
				);
			for (const window of pending) fold.addWindow(bucket, window);
		}
	}
	return rows;
}

interface Piece {
	grain: Grain;
	from: number;
	to: number;
}

/** Cuts the range into whole hours that need no points of their own, and stretches of minutes. */
function piecesOf(plan: SeriesPlan, { zone }: Sources, exact: ReadonlySet<number>): Piece[] {
	const pieces: Piece[] = [];
	const minutes = (from: number, to: number) => {
		const last = pieces.at(-1);
		if (last?.grain === "minute" && last.to === from) last.to = to;
		else pieces.push({ grain: "minute", from, to });
	};
	const hourly = plan.step === "1h" && plan.zone === zone.name;
	const busy = new Set([...exact].map((bucket) => zone.startOf("hour", bucket)));
	for (let at = plan.from; at < plan.end; ) {
		const hour = zone.startOf("hour", at);
		const next = zone.next("hour", hour);
		if (at === hour && next <= plan.end && (hourly || !busy.has(hour)))
			pieces.push({ grain: "hour", from: at, to: next });
		else minutes(at, Math.min(next, plan.end));
		at = next;
	}
	return pieces;
}

interface MetaParts {
	exact: boolean;
	error: number | null;
	rows: number;
	began: number;
	behindMs: number;
}

function metaOf(plan: SeriesPlan, { exact, error, rows, began, behindMs }: MetaParts): Meta {
	const zone = zoneOf(plan.zone);
	return {
		sources: ["window"],
		behind_ms: behindMs,
		exact,
		error,
		sampled: false,
		partial: plan.open,
		rows_read: rows,
		took_ms: Date.now() - began,
		from: zone.iso(plan.from),
		to: zone.iso(plan.to),
		interval: plan.step,
		timezone: plan.zone,
	};
}
