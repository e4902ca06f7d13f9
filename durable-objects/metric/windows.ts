/** Windows as they are now: what is folded, and what is pending, of a range. Nothing here writes. */
import { Window } from "../../schema/core/window.ts";
import type { Zone } from "../../schema/core/zone.ts";
import { type Grain, NONE, SLOT_DIMENSION } from "../../schema/metric.ts";
import type { Section } from "../../schema/rollup.ts";
import { columnOf } from "./codec.ts";
import type { MetricState } from "./state.ts";
import type { FoundWindow, MetricStore, StoredGrain } from "./store.ts";

/**
 * One bucket of a range: its pieces have to be merged, and mostly are only one. `n` is the highest of any piece.
 * A day's hours are read when they are asked for: at their caps they are tens of megabytes each.
 */
export interface View {
	bucket: number;
	n: number;
	stored: (() => Section[])[];
	pending: Window[];
}

/** What is read: parts of schema/rollup.ts, or everything. */
export type Parts = readonly string[] | "all";

export interface Sources {
	state: MetricState;
	store: MetricStore;
	zone: Zone;
}

/** The windows of a grain whose start lies in [from, to), in order, open ones included. */
export function viewsOf({ state, store, zone }: Sources, grain: Grain, from: number, to: number, parts: Parts): View[] {
	const views = new Map<number, View>();
	const at = (bucket: number): View => {
		const view = views.get(bucket) ?? { bucket, n: 0, stored: [], pending: [] };
		views.set(bucket, view);
		return view;
	};
	// A day's hours reach past the end of the range that its start lies in.
	const last = grain === "day" && to > from ? zone.next("day", zone.startOf("day", to - 1)) : to;
	const bucketOf = (t: number) => (grain === "minute" ? t : zone.startOf(grain, t));
	for (const { bucket, n, read } of grain === "day"
		? hoursOf(store, from, last, parts)
		: found(store, grain, from, last, parts)) {
		const view = at(bucketOf(bucket));
		view.n = Math.max(view.n, n);
		view.stored.push(read);
	}
	for (const [minute, { window, n }] of state.minutes) {
		const bucket = bucketOf(minute);
		if (bucket < from || bucket >= to) continue;
		const view = at(bucket);
		view.n = Math.max(view.n, n);
		view.pending.push(window);
	}
	return [...views.values()].filter((v) => v.bucket >= from && v.bucket < to).sort((a, b) => a.bucket - b.bucket);
}

interface Piece {
	bucket: number;
	n: number;
	read: () => Section[];
}

function found(store: MetricStore, grain: StoredGrain, from: number, to: number, parts: Parts): Piece[] {
	return store.windows(grain, from, to, columnsOf(parts)).map((window) => {
		const sections = pick(window, parts);
		return { bucket: window.bucket, n: window.n, read: () => sections };
	});
}

function hoursOf(store: MetricStore, from: number, to: number, parts: Parts): Piece[] {
	return store.versions("hour", from, to).map(({ bucket, n }) => ({
		bucket,
		n,
		read: () => {
			const hour = store.window("hour", bucket, columnsOf(parts));
			return hour === undefined ? [] : pick(hour, parts);
		},
	}));
}

/** The version a window has now, or 0 where there is none. Reads no blob. */
export function versionOf({ state, store, zone }: Sources, grain: "hour" | "day", bucket: number): number {
	const end = zone.next(grain, bucket);
	let n = grain === "hour" ? store.versionOf("hour", bucket) : store.newest("hour", bucket, end);
	for (const [minute, pending] of state.minutes) if (minute >= bucket && minute < end) n = Math.max(n, pending.n);
	return n;
}

/** A view as one window's sections, with only these parts. */
export function sectionsOf(view: View, grain: Grain, parts: Parts): Section[] {
	const [first] = view.stored;
	const only = view.pending.length === 0 && view.stored.length === 1 ? first : undefined;
	const sections = only?.() ?? mergeAll(piecesOf(view, parts), grain)?.toSections() ?? [];
	return sections.filter((s) => wants(parts, s.part));
}

/** A view's pieces, each decoded when its turn comes: a day at its caps would not fit in memory hour beside hour. */
function* piecesOf({ stored, pending }: View, parts: Parts): Iterable<Window> {
	const wanted = (window: Window) => (parts === "all" ? window : project(window, parts));
	for (const read of stored) yield wanted(Window.fromSections(read()));
	for (const window of pending) yield wanted(window);
}

/** Merges into a new window; the ones given stay as they are. Hours and days drop the 10 s slots. */
export function mergeAll(windows: Iterable<Window>, grain: Grain): Window | null {
	let out: Window | null = null;
	for (const window of windows) {
		out ??= emptyLike(window, grain);
		out.merge(window);
	}
	return out;
}

function emptyLike({ shape }: Window, grain: Grain): Window {
	const marginals = shape.marginals.filter((dim) => grain === "minute" || dim !== SLOT_DIMENSION);
	return new Window({ ...shape, cube: [...shape.cube], marginals });
}

/** The parts of a window that are wanted, as a window without the others. Shares its cells: only to be read. */
function project(window: Window, parts: readonly string[]): Window {
	const named = (kind: string) => parts.filter((p) => p.startsWith(kind)).map((p) => p.slice(kind.length));
	const cube = parts.includes("cube") ? [...window.shape.cube] : [];
	const marginals = named("dim:").filter((dim) => !cube.includes(dim));
	const out = new Window({ cube, marginals, hits: named("hit:"), signed: window.shape.signed });
	out.total.merge(window.total);
	for (const dim of named("dim:")) {
		// A dimension that was declared after this window: all of it is "(none)", as in a merge of whole windows.
		const cells = window.dims.get(dim) ?? (dim === SLOT_DIMENSION ? undefined : new Map([[NONE, window.total]]));
		if (cells !== undefined) out.dims.set(dim, cells);
	}
	for (const dim of named("hit:")) {
		const hitters = window.hits.get(dim);
		if (hitters !== undefined) out.hits.set(dim, hitters);
	}
	if (cube.length > 0) for (const [key, cell] of window.cube) out.cube.set(key, cell);
	return out;
}

export const wants = (parts: Parts, part: string): boolean => parts === "all" || parts.includes(part);

function pick({ sections }: FoundWindow, parts: Parts): Section[] {
	return sections.filter((s) => s.part === "total" || wants(parts, s.part));
}

function columnsOf(parts: Parts) {
	// The total carries the window's shape, without which nothing merges.
	return parts === "all" ? undefined : [...new Set(["total" as const, ...parts.map(columnOf)])];
}
