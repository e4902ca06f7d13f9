/** What the panels of one page share: the queue they ask by, the sockets, and the beats at which they ask again. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Live } from "../live.ts";
import { Frames } from "./frames.ts";
import { atOnce, Queue } from "./queue.ts";
import { jittered, type Refresh, refreshEvery } from "./view.ts";

export interface Board {
	queue: Queue;
	live: Live;
	/** When what sockets bring is drawn. */
	frames: Frames;
	/** Do sockets bring what they can? */
	moving: ReadonlySignal<boolean>;
	/** Grows when every panel is to ask again. */
	all: ReadonlySignal<number>;
	/** Grows when those panels are, that sockets do not bring (wholly). */
	rest: ReadonlySignal<number>;
	/** Grows when a person pressed "again": not from the cache. */
	again: Signal<number>;
	/** By panel: whether its end moves by socket, and when its figures were computed (epoch ms). */
	health: Signal<ReadonlyMap<string, Health>>;
}

export interface Health {
	live: boolean;
	at: number | null;
	/** Its newest try failed. */
	failed: boolean;
}

/** What sockets cannot bring is asked again as often while a dashboard is live, ms. */
export const REST_MS = 30_000;
/** Totals that sockets bring forward are asked again as often, for what was corrected since: every so many rests. */
const ALL_EVERY = 10;
/** Who looked away for longer sees figures asked anew, ms. */
const AWAY_MS = 5_000;

interface Beats {
	all: Signal<number>;
	rest: Signal<number>;
}

/** Beats at the pace of `refresh`, while somebody looks. Returns how to end it. */
function startBeating({ all, rest }: Beats, refresh: Refresh, live: Live): () => void {
	const every = refresh === "live" ? REST_MS : refreshEvery(refresh);
	let timer: ReturnType<typeof setTimeout> | undefined;
	let rests = 0;
	const beat = () => {
		if (!document.hidden) {
			rests++;
			if (refresh === "live" && rests % ALL_EVERY !== 0) rest.value++;
			else all.value++;
		}
		schedule();
	};
	const schedule = () => {
		if (every !== null) timer = setTimeout(beat, jittered(every, Math.random()));
	};
	let hiddenAt: number | null = document.hidden ? Date.now() : null;
	const onSight = () => {
		if (document.hidden) {
			hiddenAt = Date.now();
			return;
		}
		const away = hiddenAt === null ? 0 : Date.now() - hiddenAt;
		hiddenAt = null;
		live.hurry();
		if (every !== null && away > AWAY_MS) all.value++;
	};
	schedule();
	document.addEventListener("visibilitychange", onSight);
	return () => {
		clearTimeout(timer);
		document.removeEventListener("visibilitychange", onSight);
	};
}

/** A board for a page of panels, beating as long as it is mounted. */
export function useBoard(live: Live, refresh: Refresh): Board {
	const [board, moving, beats] = useMemo(() => {
		const beats = { all: signal(0), rest: signal(0) };
		const moving = signal(refresh === "live");
		const made: Board = {
			queue: new Queue(atOnce()),
			live,
			frames: new Frames(),
			moving,
			...beats,
			again: signal(0),
			health: signal(new Map()),
		};
		return [made, moving, beats] as const;
	}, [live]);
	useEffect(() => {
		moving.value = refresh === "live";
		return startBeating(beats, refresh, live);
	}, [moving, beats, refresh, live]);
	return board;
}

/** Says how a panel is; `null`: it is gone. */
export function report(board: Board, panel: string, health: Health | null): void {
	const known = board.health.peek();
	const before = known.get(panel);
	if (health === null ? before === undefined : before && same(before, health)) return;
	const next = new Map(known);
	if (health === null) next.delete(panel);
	else next.set(panel, health);
	board.health.value = next;
}

const same = (a: Health, b: Health) => a.live === b.live && a.at === b.at && a.failed === b.failed;
