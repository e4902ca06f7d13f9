import { computed, type Signal, signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Active } from "../../../schema/live.ts";
import { Failure, fetchMetrics, fetchSite, type Site } from "../api.ts";
import { segmentResource } from "../explore/api.ts";
import { Explore } from "../explore/index.tsx";
import { Shelf } from "../explore/shelf.ts";
import { signOut } from "../key.ts";
import { Live } from "../live.ts";
import { refreshMs } from "../model/range.ts";
import { throttle } from "../model/throttle.ts";
import { Logo } from "../panels/icon.tsx";
import { Problem } from "../panels/states.tsx";
import { view, type Workspace, WorkspaceContext } from "../state.ts";
import { Overview } from "./overview.tsx";
import { Start } from "./start.tsx";

const SETTLE_MS = 250; // a first event is rarely alone: wait for the frame that brings its fellows
const IDLE_REFRESH_MS = 60_000; // relative ranges move on even when nothing arrives
const SLOWER = 4; // ticks that are one for panels that cost more than they change
const NAMES_EVERY_MS = 3_000; // new event names, while events arrive
const NAMES_KNOWN_MS = 31_000; // the server remembers names for 30 s: asked once more when it has forgotten

/** Ticks while events arrive, at the pace of the range, and once a minute otherwise; never while nobody looks. */
function startTicking(
	live: Live,
	tick: Signal<number>,
	active: Signal<Active | null>,
	metrics: Signal<string[]>,
): () => void {
	const beat = () => {
		if (!document.hidden) tick.value++;
	};
	const pace = () => refreshMs(view.peek().range);
	let beats = throttle(beat, pace(), SETTLE_MS);
	const stopPace = view.subscribe(() => {
		beats.stop();
		beats = throttle(beat, pace(), SETTLE_MS);
	});
	const names = throttle(
		() =>
			fetchMetrics().then(
				(found) => {
					if (found.join() !== metrics.peek().join()) metrics.value = found;
				},
				() => {}, // the next change asks again
			),
		NAMES_EVERY_MS,
		SETTLE_MS,
	);
	let again: ReturnType<typeof setTimeout> | undefined;
	const askAgain = () => {
		again ??= setTimeout(() => {
			again = undefined;
			names.call();
		}, NAMES_KNOWN_MS);
	};
	const stopWatch = live.watch(
		{ metric: "*", measure: "active" },
		{
			active(frame) {
				active.value = frame;
			},
			changed() {
				beats.call();
				names.call();
				askAgain();
			},
			resync: beat,
		},
	);
	const timer = setInterval(beat, IDLE_REFRESH_MS);
	const onSight = () => {
		if (document.hidden) return;
		live.hurry();
		beat();
	};
	const onOnline = () => live.hurry();
	document.addEventListener("visibilitychange", onSight);
	addEventListener("online", onOnline);
	return () => {
		stopPace();
		beats.stop();
		names.stop();
		stopWatch();
		clearInterval(timer);
		clearTimeout(again);
		document.removeEventListener("visibilitychange", onSight);
		removeEventListener("online", onOnline);
	};
}

/** Everything behind the login: one site, its sockets, and the screen that fits it. */
export function WorkspacePage({ secret }: { secret: string }) {
	const [opened, setOpened] = useState<{ site: Site; metrics: string[] } | null>(null);
	const [failure, setFailure] = useState<Failure | null>(null);
	const open = () => {
		setFailure(null);
		Promise.all([fetchSite(), fetchMetrics()]).then(
			([site, metrics]) => setOpened({ site, metrics }),
			(error) => setFailure(error instanceof Failure ? error : new Failure(0, "bug", String(error))),
		);
	};
	// Once a key
	useEffect(open, [secret]);
	if (opened) return <Opened secret={secret} {...opened} />;
	return (
		<main class="splash" aria-busy={failure === null}>
			<Logo />
			{failure && (
				<>
					<Problem failure={failure} retry={open} />
					<button type="button" class="quiet" onClick={signOut}>
						Use another key
					</button>
				</>
			)}
		</main>
	);
}

const hash = signal(location.hash);
addEventListener("hashchange", () => {
	hash.value = location.hash;
});

function Opened({ secret, site, metrics: known }: { secret: string; site: Site; metrics: string[] }) {
	const [fresh, setFresh] = useState(known.length === 0);
	const [shared, signals] = useMemo(() => {
		const metrics = signal(known);
		const tick = signal(0);
		const slowTick = computed(() => Math.floor(tick.value / SLOWER));
		const active = signal<Active | null>(null);
		const workspace: Workspace = {
			site,
			live: new Live(secret),
			metrics,
			tick,
			slowTick,
			active,
			segments: new Shelf(segmentResource),
			everyMs: signal<number | null>(null),
		};
		return [workspace, { metrics, tick, active }] as const;
	}, [secret, site, known]);
	useEffect(() => {
		document.title = `${site.name} · Nowcast`;
		const stop = startTicking(shared.live, signals.tick, signals.active, signals.metrics);
		return () => {
			stop();
			shared.live.close();
		};
	}, [shared, signals, site]);
	const leave = () => {
		setFresh(false);
		if (location.hash !== "") history.pushState(null, "", location.pathname + location.search);
		hash.value = "";
	};
	return (
		<WorkspaceContext.Provider value={shared}>
			{fresh || hash.value === "#install" ? (
				<Start leave={leave} />
			) : view.value.page === "overview" ? (
				<Overview />
			) : (
				<Explore />
			)}
		</WorkspaceContext.Provider>
	);
}
