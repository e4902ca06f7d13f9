/** What is watched, by one or by several: the subscription as it goes to the server, and how far its watchers were told. */
import type { Active, Frame, Subscription } from "../../../schema/live.ts";
import type { Point, Series } from "../../../schema/query.ts";
import { SESSION } from "../model/words.ts";

export type Watch = Pick<Subscription, "metric" | "measure"> & Partial<Subscription>;

export interface Watcher {
	/** Absolute values of buckets of the first series. `whole`: forget what came before (a snapshot). */
	points?(points: readonly Point[], whole: boolean): void;
	/** All series, told apart by their `group`; of each the buckets that changed, or where `whole` all there are. */
	series?(series: readonly Series[], whole: boolean): void;
	/** Active now, by the server's clock. */
	active?(active: Active): void;
	/** Something arrived since the last frame. */
	changed?(): void;
	/** The server lost our place: ask history again. */
	resync?(): void;
	/** The server does not bring this, and will not. */
	refused?(problem: Readonly<Record<string, unknown>>): void;
}

/** Measures of sessions, which of `*` too come from the object that has the sessions' windows. */
const OF_SESSIONS: readonly string[] = ["sessions", "bounce_rate", "views", "views_per_session", "duration"];

/** Names the object whose socket brings this: only what one object has shares a socket. */
export const objectOf = ({ metric, measure }: Watch): string =>
	metric === "*" && OF_SESSIONS.includes(measure) ? `* ${SESSION}` : metric;

/** The subscription as `sub` of the URL; equal ones have equal texts. What is the default stays out. */
export function subscriptionText({ measure, from, interval, filters, groupBy, limit }: Watch): string {
	const lists = {
		...(filters?.length && { filters }),
		...(groupBy?.length && { groupBy }),
	};
	return JSON.stringify({ measure, from, interval, ...lists, limit });
}

export class Topic {
	readonly text: string;
	readonly watchers = new Set<Watcher>();
	/** Everything up to here was told to all watchers; null: not even a snapshot. */
	cursor: string | null = null;
	/** Somebody joined who has no snapshot, and none is asked for yet. */
	late = true;
	refused = false;

	constructor(text: string) {
		this.text = text;
	}

	join(watcher: Watcher): void {
		this.watchers.add(watcher);
		this.refused = false;
		// Where a snapshot is on its way already, it is everybody's.
		if (this.cursor === null) return;
		this.cursor = null;
		this.late = true;
	}

	tell(frame: Extract<Frame, { t: "snapshot" | "delta" }>): void {
		const whole = frame.t === "snapshot";
		// Before the snapshot a change tells only itself: its cursor stands for more than was told.
		if (whole || this.cursor !== null) this.cursor = frame.cursor;
		const points = frame.series[0]?.points ?? [];
		const news = !whole && (frame.active !== undefined || frame.series.some((series) => series.points.length > 0));
		for (const watcher of [...this.watchers]) {
			watcher.points?.(points, whole);
			watcher.series?.(frame.series, whole);
			if (frame.active) watcher.active?.(frame.active);
			if (news) watcher.changed?.();
		}
	}

	resync(): void {
		this.cursor = null;
		for (const watcher of [...this.watchers]) watcher.resync?.();
	}

	refuse(problem: Readonly<Record<string, unknown>>): void {
		this.refused = true;
		for (const watcher of [...this.watchers]) watcher.refused?.(problem);
	}
}
