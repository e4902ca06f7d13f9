/** A panel's answer, kept up to date: asked in turn, asked again at the board's beats, and joined with what sockets bring. */
import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Panel } from "../../../schema/dashboard.ts";
import type { PanelAnswer } from "../../../schema/panel.ts";
import type { Watcher } from "../live.ts";
import { type Loaded, Loader } from "../loader.ts";
import { askPanel, type PanelSource } from "./api.ts";
import { type Board, report } from "./board.ts";
import { advance, isWhollyLive, joinPanel, type Tail } from "./join.ts";
import { type Asking, ownAnswer, questionOf } from "./question.ts";
import { slides, type Time } from "./view.ts";

/** A stale answer is being computed anew by then, ms. */
const STALE_MS = 1_200;
/** Typing in the editor rests before a panel asks what it would be, ms. */
const SETTLE_MS = 250;

export interface PanelState extends Loaded<PanelAnswer> {
	/** With the live tail. */
	answer: PanelAnswer | null;
	/** Does its end move by socket? */
	live: boolean;
	retry: () => void;
}

interface Options {
	panel: Panel;
	source: PanelSource;
	asking: Asking;
	board: Board;
	/** At most so many points; null: not known yet, nothing is asked. */
	points: number | null;
	/** Is it on the screen, or about to be? */
	near: boolean;
	/** The lower, the sooner it is asked. */
	rank: () => number;
}

export function usePanelAnswer({ panel, source, asking, board, points, near, rank }: Options): PanelState {
	const loader = useMemo(() => new Loader<PanelAnswer>(), []);
	const fresh = useRef(false);
	const last = useRef({ question: "", all: -1, rest: -1 });
	const own = useMemo(() => ownAnswer(panel, asking.timezone), [panel, asking.timezone]);
	const data = own ?? loader.state.value.data;
	const refused = useMemo(() => signal(false), []);
	const wholly = data !== null && board.moving.value && !refused.value && isWhollyLive(data);
	const question = points === null ? "" : questionOf(panel, source, asking, points);
	const all = board.all.value;
	const rest = board.rest.value;
	// Before the first paint: it is the way to the second.
	useLayoutEffect(() => {
		const { current: before } = last;
		if (!near || points === null || own) return;
		const isNew = question !== before.question;
		if (!isNew && all === before.all && (wholly || rest === before.rest)) return;
		const ask = () => {
			last.current = { question, all, rest };
			loader.load(question, (aborted) =>
				board.queue.run(
					() => {
						const request = { ...asking, maxDataPoints: points, fresh: fresh.current };
						fresh.current = false;
						return askPanel(panel, source, request, aborted);
					},
					aborted,
					rank(),
				),
			);
		};
		if (!("preview" in source) || before.question === "") return ask();
		const settling = setTimeout(ask, SETTLE_MS);
		return () => clearTimeout(settling);
	}, [loader, board, question, near, all, rest, wholly, own === null]);
	useEffect(() => () => loader.stop(), [loader]);
	usePressed(board, loader, fresh);
	useStale(data, loader);
	const live = useTails(panel, data, asking.time, board, near, {
		resync: loader.retry,
		refused: () => (refused.value = true),
	});
	const { failure } = loader.state.value;
	useHealth(board, panel.id, data, live !== null, failure !== null);
	const loading = own === null && loader.state.value.loading;
	return { ...loader.state.value, loading, data, answer: live ?? data, live: live !== null, retry: loader.retry };
}

/** A person pressed "again". */
function usePressed(board: Board, loader: Loader<PanelAnswer>, fresh: { current: boolean }): void {
	const pressed = board.again.value;
	const seen = useRef(pressed);
	useEffect(() => {
		if (seen.current === pressed) return;
		// `retry` asks what was asked last, so nothing where nothing was.
		seen.current = pressed;
		fresh.current = true;
		loader.retry();
	}, [pressed, loader]);
}

/** An answer that was old is asked for once more, when the server has computed it anew. */
function useStale(data: PanelAnswer | null, loader: Loader<PanelAnswer>): void {
	const chased = useRef(false);
	useEffect(() => {
		const stale = data?.results.some(({ cache }) => cache?.state === "stale") ?? false;
		if (!stale || chased.current) {
			chased.current = false;
			return;
		}
		const timer = setTimeout(() => {
			chased.current = true;
			loader.retry();
		}, STALE_MS);
		return () => clearTimeout(timer);
	}, [data, loader]);
}

/** Joins what sockets bring, when it is this panel's turn to be drawn; null where they bring nothing. */
function useTails(
	panel: Panel,
	data: PanelAnswer | null,
	time: Time,
	board: Board,
	near: boolean,
	told: Pick<Required<Watcher>, "resync" | "refused">,
): PanelAnswer | null {
	const tails = useMemo(() => signal<ReadonlyMap<number, Tail>>(new Map()), []);
	const moving = board.moving.value && near;
	// Each answer says anew from when on its tail would do. A socket that stands has been told more than that.
	const subs = JSON.stringify(data?.results.map(({ live }) => live && { ...live, from: "" }) ?? []);
	useEffect(() => {
		if (!moving || !data) return;
		const arrived = new Map<number, Tail>();
		const draw = () => {
			tails.value = new Map(arrived);
		};
		const stops = data.results.flatMap(({ live }, i) => {
			if (live === null) return [];
			return board.live.watch(live, {
				series(series, whole) {
					arrived.set(i, advance(arrived.get(i) ?? null, series, whole));
					board.frames.add(draw);
				},
				...told,
			});
		});
		return () => {
			for (const stop of stops) stop();
			board.frames.drop(draw);
			tails.value = new Map();
		};
		// `data` changes with every answer; what is watched only with `subs`
	}, [subs, moving, board, data === null]);
	const known = tails.value;
	const own = "time" in panel && panel.time ? panel.time : time;
	const sliding = slides(own);
	return useMemo(
		() => (data && known.size > 0 ? joinPanel(data, known, board.live.now(), sliding) : null),
		[data, known, board, sliding],
	);
}

function useHealth(board: Board, id: string, data: PanelAnswer | null, live: boolean, failed: boolean): void {
	const ats = data?.results.flatMap(({ cache }) => (cache ? [cache.at] : [])) ?? [];
	const at = ats.length > 0 ? Math.min(...ats) : null;
	const broken = failed || (data?.results.some(({ cache }) => cache?.state === "failed") ?? false);
	useEffect(() => report(board, id, { live, at, failed: broken }), [board, id, live, at, broken]);
	useEffect(() => () => report(board, id, null), [board, id]);
}
