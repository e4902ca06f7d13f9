/** A shared link's page: one dashboard, and of it what the link lets be chosen. Embedded it has nothing around it. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Shared } from "../../../schema/share.ts";
import { Failure } from "../api.ts";
import { openShare, protocols, shareToken } from "../key.ts";
import { Live } from "../live.ts";
import { ThemeButton } from "../panels/header.tsx";
import { Logo } from "../panels/icon.tsx";
import { Empty, Problem } from "../panels/states.tsx";
import { go, search } from "../route.ts";
import "../theme/dash.css";
import { fetchShared, listSharedAnnotations } from "./api.ts";
import { TimeControl } from "./dashboard.tsx";
import { useKeys } from "./keys.ts";
import { warmKinds } from "./kinds/index.ts";
import { LiveBadge } from "./live-badge.tsx";
import { changed, StageBar, type StageInput, StagePanels, useStage } from "./stage.tsx";
import { Toast } from "./toast.tsx";
import { type DashView, readDashView, writeDashView } from "./view.ts";

interface SharedProps {
	share: string;
	/** What stands after the #: never sent in an address. */
	signature: string;
	embedded: boolean;
}

export function SharedPage({ share, signature, embedded }: SharedProps) {
	const [shared, setShared] = useState<Shared | null>(null);
	const [failure, setFailure] = useState<Failure | null>(null);
	const load = () => {
		setFailure(null);
		openShare(shareToken(share, signature));
		fetchShared().then(setShared, (error: unknown) =>
			setFailure(error instanceof Failure ? error : new Failure(0, "bug", String(error))),
		);
	};
	useEffect(load, [share, signature]);
	useEffect(() => {
		if (embedded) dressEmbedded(search.peek());
	}, [embedded]);
	if (shared) return <Open shared={shared} embedded={embedded} />;
	if (!failure)
		return (
			<main class="splash" aria-busy="true">
				<Logo />
			</main>
		);
	return (
		<main class="splash">
			<Logo />
			{failure.retryable ? <Problem failure={failure} retry={load} /> : <Closed failure={failure} />}
		</main>
	);
}

/** In a frame of another page: its ground shows through, and its address may name the theme. */
function dressEmbedded(address: string): void {
	const root = document.documentElement;
	root.classList.add("embedded");
	const theme = new URLSearchParams(address).get("theme");
	if (theme === "dark" || theme === "light") root.dataset.theme = theme;
}

/** The link opens nothing (any more). */
function Closed({ failure }: { failure: Failure }) {
	return (
		<Empty title="This link opens nothing">
			<p>{failure.message}</p>
		</Empty>
	);
}

/** Changes of the address keep what else it says: the theme, and the signature, without which a reload opens nothing. */
function showOf(view: DashView, shared: Shared) {
	return (change: Partial<DashView>, quiet = false) => {
		const params = new URLSearchParams(writeDashView(changed(view, change, shared.dashboard)));
		const theme = new URLSearchParams(location.search).get("theme");
		if (theme !== null) params.set("theme", theme);
		const text = params.toString();
		go(`${location.pathname}${text === "" ? "" : `?${text}`}${location.hash}`, quiet);
	};
}

/** The dashboard with the link's own range and values as its defaults. */
function asShared({ dashboard, share }: Shared): Shared["dashboard"] {
	const variables = dashboard.variables.map((variable) => {
		const value = share.variables[variable.name];
		return value && value.length > 0 ? { ...variable, value } : variable;
	});
	return { ...dashboard, variables, time: share.time ?? dashboard.time };
}

function Open({ shared, embedded }: { shared: Shared; embedded: boolean }) {
	const { uid, version, site, share } = shared;
	const view = useMemo(() => readDashView(search.value), [search.value]);
	const dashboard = useMemo(() => asShared(shared), [shared]);
	useEffect(() => warmKinds(dashboard.panels), [dashboard]);
	const watched = useRef("");
	const live = useMemo(() => new Live(protocols, () => watched.current), []);
	useEffect(() => () => live.close(), [live]);
	const input = useMemo(
		(): StageInput => ({
			uid,
			version,
			dashboard,
			site,
			live,
			view,
			show: showOf(view, { ...shared, dashboard }),
			loadAnnotations: (time, signal) => listSharedAnnotations(time, signal),
			rights: {
				chooseTime: share.choose_time,
				chooseVariables: share.choose_variables,
				annotate: false,
				edit: null,
				link: null,
			},
		}),
		[uid, version, dashboard, site, live, view, shared],
	);
	const stage = useStage(input);
	// What sockets may bring is checked against what the panels were asked for.
	watched.current = new URLSearchParams({
		time: `${stage.time.from},${stage.time.to}`,
		vars: JSON.stringify(stage.asking.variables),
	}).toString();
	useEffect(() => {
		document.title = share.name || stage.title;
	}, [share.name, stage.title]);
	useKeys({
		...(share.choose_time && { period: (time: DashView["time"]) => input.show({ time }) }),
		keys: {
			r: () => {
				stage.board.again.value++;
			},
		},
	});
	return (
		<div class={`page dash-page shared-page${embedded ? " embedded" : ""}`}>
			{!embedded && (
				<header class="top">
					<Logo />
					<h1 class="site">{site.name}</h1>
					<LiveBadge board={stage.board} refresh={view.refresh ?? dashboard.refresh} />
					<span class="grow" />
					{share.choose_time && <TimeControl stage={stage} />}
					<ThemeButton />
				</header>
			)}
			<main>
				{!embedded && (
					<div class="dash-head">
						<div class="dash-title">
							<h2>{stage.title}</h2>
						</div>
						{dashboard.description !== "" && <p class="dash-about">{dashboard.description}</p>}
					</div>
				)}
				<StageBar stage={stage} layers={!embedded} />
				<StagePanels stage={stage} />
			</main>
			{!embedded && share.expires_at !== null && (
				<footer class="bottom">
					<p class="muted">
						A shared view of {site.name}, until {new Date(share.expires_at).toLocaleDateString("en-GB")}.
					</p>
				</footer>
			)}
			<Toast />
		</div>
	);
}
