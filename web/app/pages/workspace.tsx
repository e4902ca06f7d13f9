import { computed, type Signal, signal } from "@preact/signals";
import type { ComponentType, VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { Active } from "../../../schema/live.ts";
import { call, Failure, fetchMetrics, fetchSite, leave, liveQuery, protocols, type Site } from "../api.ts";
import { segmentResource } from "../explore/api.ts";
import { Nav } from "../explore/nav.tsx";
import { Shelf } from "../explore/shelf.ts";
import { chooseSite, credential, knowSites, may, type SiteChoice, sites, unseen } from "../key.ts";
import { lazy } from "../lazy.tsx";
import { Live } from "../live.ts";
import { refreshMs } from "../model/range.ts";
import { throttle } from "../model/throttle.ts";
import { Header } from "../panels/header.tsx";
import { Logo } from "../panels/icon.tsx";
import { Empty, Problem } from "../panels/states.tsx";
import { go, hash, INSTALL, place, siteInAddress } from "../route.ts";
import { siteChanges, view, type Workspace, WorkspaceContext } from "../state.ts";

const loadOverview = () => import("./overview.tsx");
const loadExplore = () => import("../explore/page.tsx");
const loadDash = () => import("../dash/page.tsx");
const loadSettings = () => import("../settings/index.tsx");

/** The frame of a page whose code is on its way, or does not come. */
const frame = (problem?: VNode) => (
	<div class="page">
		<Header />
		<Nav />
		<main aria-busy={!problem}>{problem ?? <div class="explore-wait" />}</main>
	</div>
);
const page = (load: () => Promise<ComponentType>) => lazy(load, () => frame(), frame);

const Overview = page(() => loadOverview().then((part) => part.Overview));
const Explore = page(() => loadExplore().then((part) => part.ExplorePage));
const Start = lazy(
	() => import("./start.tsx").then((part) => part.Start),
	() => frame(),
	frame,
);
const DashPage = page(() => loadDash().then((part) => part.DashPage));
const Settings = page(() => loadSettings().then((part) => part.Settings));

/** Fetches the code of the place that is open: it comes while the server is asked, not after. */
export function warm(): void {
	const { at } = place.peek();
	const ofSite = view.peek().page === "overview" ? loadOverview : loadExplore;
	const load = at === "site" ? ofSite : at === "settings" ? loadSettings : loadDash;
	load().catch(() => {}); // where it is to be shown, it says so
}

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

/** Before there is anything to show; or why there is nothing. */
export function Splash({ failure, retry = () => {} }: { failure?: Failure | null; retry?: () => void }) {
	return (
		<main class="splash" aria-busy={!failure}>
			<Logo />
			{failure && (
				<>
					<Problem failure={failure} retry={retry} />
					<button type="button" class="quiet" onClick={leave}>
						Sign in another way
					</button>
				</>
			)}
		</main>
	);
}

/** A link of a site that is not among one's own: its figures are not shown as another's. */
function Unseen() {
	const mine = credential.value;
	const own = sites.value.find(({ id }) => mine?.kind !== "share" && id === mine?.site);
	return (
		<main class="splash">
			<Logo />
			<Empty title="This link is of a site that you cannot see">
				<p>
					It may be gone, or belong to an organisation that you are no member of. Ask whoever sent it to invite you.
				</p>
			</Empty>
			{own && (
				<button
					type="button"
					class="button"
					onClick={() => {
						chooseSite(own.id);
						go("/");
					}}
				>
					Open {own.name}
				</button>
			)}
			<button type="button" class="quiet" onClick={leave}>
				Sign in another way
			</button>
		</main>
	);
}

const fetchSites = async () => (await call<{ sites: SiteChoice[] }>("GET", "/v1/sites")).sites;

const siteRequired = (error: unknown): null => {
	if (error instanceof Failure && error.code === "site_required") return null;
	throw error;
};

/** Of an admin key that may be a root key: the sites to choose from. Another one then is the one that is looked at. */
async function settleSite(): Promise<void> {
	const mine = credential.peek();
	if (mine?.kind !== "key" || mine.sites.length > 0 || !may("admin")) return;
	const [known, own] = await Promise.all([fetchSites(), fetchSite().catch(siteRequired)]);
	if (known.length === 0)
		throw new Failure(422, "no_site", "There is no site yet. Make one with: npm run site -- create NAME");
	if (own === null || known.length > 1) knowSites(known, siteInAddress(), own?.id ?? null);
}

/** Everything behind the login: one site, its sockets, and the screen that fits it. Mounted anew for another one. */
export function WorkspacePage() {
	const [opened, setOpened] = useState<{ site: Site; metrics: string[] } | null>(null);
	const [failure, setFailure] = useState<Failure | null>(null);
	const open = () => {
		setFailure(null);
		settleSite()
			.then(() => Promise.all([fetchSite(), fetchMetrics()]))
			.then(
				([site, metrics]) => setOpened({ site, metrics }),
				(error) => setFailure(error instanceof Failure ? error : new Failure(0, "bug", String(error))),
			);
	};
	useLayoutEffect(open, [siteChanges.value]);
	useEffect(warm, []);
	if (unseen.value !== null) return <Unseen />;
	return opened ? <Opened {...opened} /> : <Splash failure={failure} retry={open} />;
}

function Opened({ site, metrics: known }: { site: Site; metrics: string[] }) {
	const [shared, signals] = useMemo(() => {
		const metrics = signal(known);
		const tick = signal(0);
		const slowTick = computed(() => Math.floor(tick.value / SLOWER));
		const active = signal<Active | null>(null);
		const workspace: Workspace = {
			site,
			live: new Live(protocols, liveQuery),
			metrics,
			tick,
			slowTick,
			active,
			segments: new Shelf(segmentResource),
			everyMs: signal<number | null>(null),
		};
		return [workspace, { metrics, tick, active }] as const;
	}, [site, known]);
	useEffect(() => {
		const stop = startTicking(shared.live, signals.tick, signals.active, signals.metrics);
		return () => {
			stop();
			shared.live.close();
		};
	}, [shared, signals]);
	return (
		<WorkspaceContext.Provider value={shared}>
			<Screen site={site} isNew={known.length === 0} />
		</WorkspaceContext.Provider>
	);
}

/** The place that is open. `isNew`: nothing ever arrived, so that the first screen tells how it will. */
function Screen({ site, isNew }: { site: Site; isNew: boolean }) {
	const [fresh, setFresh] = useState(isNew);
	const { at } = place.value;
	useEffect(() => {
		// Other places name what is open there.
		if (at === "site") document.title = `${site.name} · Nowcast`;
	}, [at, site]);
	if (at === "settings") return <Settings />;
	if (at !== "site") return <DashPage />;
	if (fresh || `/${hash.value}` === INSTALL)
		return (
			<Start
				leave={() => {
					setFresh(false);
					if (hash.peek() !== "") go(location.pathname + location.search);
				}}
			/>
		);
	return view.value.page === "overview" ? <Overview /> : <Explore />;
}
