/** /kiosk?d=uid&d=uid&every=30s: dashboards on a wall, one after the other. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { DashboardRecord } from "../../../schema/dashboard.ts";
import { Icon } from "../panels/icon.tsx";
import { Problem } from "../panels/states.tsx";
import { go, search } from "../route.ts";
import { useWorkspace } from "../state.ts";
import { listAnnotations, listDashboards } from "./api.ts";
import { useKeys } from "./keys.ts";
import { useRecord } from "./record.ts";
import { readKiosk, writeKiosk } from "./rotation.ts";
import { changed, type StageInput, useStage } from "./stage.tsx";
import { type DashView, PLAIN_VIEW } from "./view.ts";
import { Wall } from "./wall.tsx";

/** Controls go away by themselves, ms. */
const CONTROLS_MS = 4_000;

export function KioskPage() {
	const kiosk = useMemo(() => readKiosk(search.value), [search.value]);
	const { uids, everyMs } = kiosk;
	const [at, setAt] = useState(0);
	const [paused, setPaused] = useState(false);
	const [controls, showControls] = useState(false);
	const uid = uids[at % Math.max(1, uids.length)];
	const turning = uids.length > 1 && !paused;
	const turn = (by: number) => setAt((now) => (now + by + uids.length) % Math.max(1, uids.length));
	useEffect(() => {
		if (!turning) return;
		const timer = setTimeout(() => turn(1), everyMs);
		return () => clearTimeout(timer);
	}, [turning, everyMs, at]);
	useEffect(() => {
		if (!controls) return;
		const timer = setTimeout(() => showControls(false), CONTROLS_MS);
		return () => clearTimeout(timer);
	}, [controls, at, paused]);
	useKeys({
		keys: {
			Escape: () => showControls((shown) => !shown),
			ArrowRight: () => turn(1),
			ArrowLeft: () => turn(-1),
			" ": () => setPaused((now) => !now),
			f: () => document.documentElement.requestFullscreen?.().catch(() => {}),
		},
	});
	if (uid === undefined) return <Choose />;
	return (
		<div class="kiosk" onPointerMove={() => showControls(true)}>
			<KioskBoard key={`${uid} ${at}`} uid={uid} />
			{uids.length > 1 && (
				<span
					class={`kiosk-progress${paused ? " paused" : ""}`}
					key={`${at} ${paused}`}
					style={{ animationDuration: `${everyMs}ms` }}
				/>
			)}
			<nav class={`kiosk-controls${controls ? "" : " away"}`} aria-label="Kiosk">
				<button type="button" class="icon-button" aria-label="Previous" onClick={() => turn(-1)}>
					<Icon name="left" />
				</button>
				<button
					type="button"
					class="icon-button"
					aria-label={paused ? "Go on" : "Pause"}
					onClick={() => setPaused(!paused)}
				>
					<Icon name={paused ? "play" : "pause"} />
				</button>
				<button type="button" class="icon-button" aria-label="Next" onClick={() => turn(1)}>
					<Icon name="right" />
				</button>
				<button type="button" class="button small" onClick={() => go("/dashboards")}>
					Leave
				</button>
			</nav>
		</div>
	);
}

function KioskBoard({ uid }: { uid: string }) {
	const { record, failure, reload } = useRecord(uid);
	if (record) return <KioskStage record={record} />;
	return failure ? <Problem failure={failure} retry={reload} /> : <div class="explore-wait" aria-busy="true" />;
}

function KioskStage({ record }: { record: DashboardRecord }) {
	const { site, live } = useWorkspace();
	const { uid, version, dashboard } = record;
	const [view, setView] = useState<DashView>(PLAIN_VIEW);
	const input = useMemo(
		(): StageInput => ({
			uid,
			version,
			dashboard,
			site,
			live,
			view,
			show: (change) => setView((now) => changed(now, change, dashboard)),
			loadAnnotations: (time, signal) => listAnnotations({ ...time, dashboard: uid }, signal),
			rights: { chooseTime: true, chooseVariables: false, annotate: false, edit: null, link: null },
		}),
		[uid, version, dashboard, site, live, view],
	);
	return <Wall stage={useStage(input)} leave={() => go("/dashboards")} />;
}

/** None was named: all that there are. */
function Choose() {
	useEffect(() => {
		const off = new AbortController();
		listDashboards(off.signal).then(
			({ dashboards }) => {
				const [first] = dashboards;
				go(first ? `/kiosk${writeKiosk(dashboards.map(({ uid }) => uid))}` : "/dashboards", true);
			},
			() => go("/dashboards", true), // which says what is wrong
		);
		return () => off.abort();
	}, []);
	return <div class="explore-wait" aria-busy="true" />;
}
