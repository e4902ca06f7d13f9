/** How windows close: pending minutes are folded into stored ones and into their hours, and hours and days announced. */
import { sectionShape } from "../../schema/core/section.ts";
import { Window } from "../../schema/core/window.ts";
import type { RollupMessage, Version } from "../../schema/rollup.ts";
import { CLOSE_MS, MINUTE } from "./state.ts";
import type { Dirty, FoundWindow, StoredGrain } from "./store.ts";
import { mergeAll, type Sources, versionOf } from "./windows.ts";

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Minutes and hours stay this long. Longer than the dedupe horizon (48 h), so that nothing late meets a hole. */
export const KEEP_MS = 8 * DAY;
/**
 * Hours of a funnel stay longer: they change until its window is over (at most 7 days after step 1), by results of the
 * whole day of step 1, for events that come two days late.
 */
export const KEEP_FUNNEL_MS = 12 * DAY;
/** An open hour or day is announced this often. */
export const OPEN_EVERY_MS = 5 * MINUTE;
/** A closed window that changed, at most this often: in its first hour, and after it. */
export const YOUNG_EVERY_MS = MINUTE;
export const OLD_EVERY_MS = 10 * MINUTE;
/** Announced again after 1, 2, 4 … min: the consumer confirms within seconds; a local Queue forgets on restart. */
const RETRY_MS = MINUTE;
const RETRY_MAX_MS = HOUR;

const GRAINS = ["hour", "day"] as const;
type RollupGrain = (typeof GRAINS)[number];

/** Minutes folded in one go: an object that comes back after hours must not stand still for seconds. */
export const FOLD_MINUTES = 120;

/**
 * Folds pending minutes that are over, in one transaction, with their hours. Answers them: FOLD_MINUTES if there may be more. A pending row goes
 * when all of its minutes are folded; one that waits for an open minute is not counted again at wake, because the
 * stored n of a folded minute is at least the row's (I2).
 */
export function fold(sources: Sources, now: number): number[] {
	const { state, store, zone } = sources;
	const minutes = state.closed(now).slice(0, FOLD_MINUTES);
	const done = new Set(minutes);
	const rows = state.rowsOnlyOf(done);
	if (rows.length === 0 && minutes.length === 0) return [];
	store.transaction(() => {
		const changed = GRAINS.flatMap((grain) =>
			[...Map.groupBy(minutes, (m) => zone.startOf(grain, m)).keys()].map((bucket) => ({
				grain,
				bucket,
				first: isNew(sources, grain, bucket),
			})),
		);
		for (const minute of minutes) foldInto(sources, "minute", minute, [minute]);
		for (const [hour, group] of Map.groupBy(minutes, (m) => zone.startOf("hour", m)))
			foldInto(sources, "hour", hour, group);
		for (const { grain, bucket, first } of changed) touch(sources, grain, bucket, now, first);
		store.deletePending(rows);
		store.saveState(state.n, state.offsets);
	});
	state.folded(done);
	return minutes;
}

/** Merges pending minutes into one stored window and rewrites it. */
function foldInto({ state, store }: Sources, grain: StoredGrain, bucket: number, minutes: readonly number[]): void {
	const stored = store.window(grain, bucket);
	const pending = minutes.flatMap((m) => state.minutes.get(m) ?? []);
	const before = stored === undefined ? [] : [Window.fromSections(stored.sections)];
	const window = mergeAll([...before, ...pending.map((p) => p.window)], grain);
	if (window === null) return;
	const n = Math.max(stored?.n ?? 0, ...pending.map((p) => p.n));
	store.putWindow(grain, { bucket, n, sections: window.toSections() } satisfies FoundWindow);
}

/** Nothing of it is stored yet, so it was never announced either. */
function isNew({ store, zone }: Sources, grain: RollupGrain, bucket: number): boolean {
	const end = zone.next(grain, bucket);
	return (grain === "hour" ? store.versionOf("hour", bucket) : store.newest("hour", bucket, end)) === 0;
}

/** A window changed: it has to be announced. One that is over when its `first` minutes come, at once. */
function touch({ store, zone }: Sources, grain: RollupGrain, bucket: number, now: number, first: boolean): void {
	const known = store.dirty(grain, bucket);
	const end = zone.next(grain, bucket);
	const wanted = first && now >= end + CLOSE_MS ? now : announceAt(end, now);
	const due = Math.min(known?.due ?? Number.POSITIVE_INFINITY, wanted);
	// The commonest case, an open hour that is announced in a few minutes anyway, writes nothing.
	if (known !== undefined && known.due === due && known.tries === 0) return;
	store.putDirty({ grain, bucket, due, tries: 0, closed: known?.closed ?? false });
}

/**
 * Puts minutes into the place of all that whole hours had, and announces what came of it. None of them may be pending.
 * Their versions are the next n, so that they win wherever the old ones went. An hour that has nothing any more is
 * kept empty: what is not there would replace nothing.
 */
export function replace(
	{ state, store, zone }: Sources,
	{ from, to }: { from: number; to: number },
	minutes: ReadonlyMap<number, Window>,
	now: number,
): void {
	const n = state.n + 1;
	store.transaction(() => {
		const hours = new Set(store.versions("hour", from, to).map(({ bucket }) => bucket));
		const emptied = [...hours].map((bucket) => [bucket, store.window("hour", bucket, ["total"])] as const);
		store.deleteRange("minute", from, to);
		store.deleteRange("hour", from, to);
		for (const [bucket, found] of emptied) if (found !== undefined) putEmpty(store, bucket, n, found);
		for (const [bucket, window] of minutes) {
			store.putWindow("minute", { bucket, n, sections: window.toSections() });
		}
		for (const [bucket, group] of Map.groupBy(minutes, ([minute]) => zone.startOf("hour", minute))) {
			const hour = mergeAll(
				group.map(([, window]) => window),
				"hour",
			);
			if (hour !== null) store.putWindow("hour", { bucket, n, sections: hour.toSections() });
			hours.add(bucket);
		}
		announceNow({ state, store, zone }, hours, now);
		store.saveState(n, state.offsets);
	});
	state.n = n;
}

function putEmpty(store: Sources["store"], bucket: number, n: number, { sections }: FoundWindow): void {
	const total = sections.find((section) => section.part === "total");
	if (total === undefined) return;
	store.putWindow("hour", { bucket, n, sections: new Window(sectionShape(total)).toSections() });
}

/** Every hour and day that is held is to be announced now, whatever was confirmed. Answers how many. */
export function touchAll({ state, store, zone }: Sources, now: number): number {
	const hours = [...store.buckets("hour"), ...[...state.minutes.keys()].map((minute) => zone.startOf("hour", minute))];
	let windows = 0;
	store.transaction(() => {
		windows = announceNow({ state, store, zone }, hours, now);
	});
	return windows;
}

/** These hours, and their days, are to be announced now. Answers how many windows that are. */
function announceNow({ store, zone }: Sources, hours: Iterable<number>, now: number): number {
	const windows = GRAINS.flatMap((grain) =>
		[...new Set([...hours].map((hour) => zone.startOf(grain, hour)))].map((bucket) => ({ grain, bucket })),
	);
	for (const { grain, bucket } of windows) {
		store.putDirty({ grain, bucket, due: now, tries: 0, closed: now >= zone.next(grain, bucket) + CLOSE_MS });
	}
	return windows.length;
}

/** When a window that changes now is announced. */
export function announceAt(end: number, now: number): number {
	if (now < end + CLOSE_MS) return Math.min(now + OPEN_EVERY_MS, end + CLOSE_MS);
	return now + (now - end < HOUR ? YOUNG_EVERY_MS : OLD_EVERY_MS);
}

/** The entry of a window that is being announced now: when it comes again if no confirmation does. */
export function announced(dirty: Dirty, end: number, now: number): Dirty {
	const closed = now >= end + CLOSE_MS;
	if (!closed) return { ...dirty, due: Math.min(now + OPEN_EVERY_MS, end + CLOSE_MS), tries: 0, closed };
	const wait = Math.min(RETRY_MS * 2 ** Math.min(dirty.tries, 10), RETRY_MAX_MS);
	return { ...dirty, due: now + wait, tries: dirty.tries + 1, closed };
}

export type Send = (messages: RollupMessage[]) => Promise<void>;

/** Announces what is due. Sent first and noted after: what is announced twice harms nothing, what is forgotten does. */
export async function announce(
	sources: Sources,
	who: { tenant: string; metric: string; epoch: number },
	now: number,
	send: Send,
) {
	const { store, zone } = sources;
	const entries = store
		.due(now)
		.map((before) => ({ before, after: announced(before, zone.next(before.grain, before.bucket), now) }));
	const messages = entries.map(
		({ after: { grain, bucket, closed } }): RollupMessage => ({
			v: 1,
			tenant: who.tenant,
			metric: who.metric,
			grain,
			bucket,
			version: { epoch: who.epoch, n: versionOf(sources, grain, bucket) },
			closed,
		}),
	);
	for (let at = 0; at < messages.length; at += BATCH) await send(messages.slice(at, at + BATCH));
	store.transaction(() => {
		for (const { before, after } of entries) {
			// What changed, was confirmed or asked for while the messages went is newer than what they said.
			const known = store.dirty(before.grain, before.bucket);
			if (known !== undefined && known.due === before.due && known.tries === before.tries) store.putDirty(after);
		}
	});
}

/** Messages of one sendBatch, by the platform's limit. */
const BATCH = 100;

/** A version is in D1. A closed window that has not changed since needs nothing more; an open one waits for its end. */
export function confirm(sources: Sources, epoch: number, grain: RollupGrain, bucket: number, version: Version): void {
	const { store, zone } = sources;
	const entry = store.dirty(grain, bucket);
	if (entry === undefined || version.epoch !== epoch || version.n < versionOf(sources, grain, bucket)) return;
	if (entry.closed) store.deleteDirty(grain, bucket);
	else store.putDirty({ ...entry, due: zone.next(grain, bucket) + CLOSE_MS, tries: 0 });
}

/** Deletes what is too old: hours by whole days, so that a day is complete or not there at all. */
export function retain({ store, zone }: Sources, now: number, keepHours = KEEP_MS): void {
	const firstDay = zone.startOf("day", now - keepHours);
	store.transaction(() => {
		store.deleteBefore("minute", zone.startOf("hour", now - KEEP_MS));
		store.deleteBefore("hour", firstDay);
		store.deleteDirtyBefore(firstDay);
	});
}

/** When something is next too old, or null where nothing is stored. Minutes go by the hour. */
export function retainDue({ store, zone }: Sources, keepHours = KEEP_MS): number | null {
	const minute = store.oldest("minute");
	if (minute !== null) return zone.next("hour", zone.startOf("hour", minute)) + KEEP_MS;
	const hour = store.oldest("hour");
	return hour === null ? null : zone.next("day", zone.startOf("day", hour)) + keepHours;
}
