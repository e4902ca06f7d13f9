/** /kiosk?d=uid&d=uid&every=30s: dashboards on a wall, one after the other. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { DashboardRecord } from "../../../schema/dashboard.ts";
import { Problem } from "../panels/states.tsx";
import { go, search } from "../route.ts";
import { useWorkspace } from "../state.ts";
import { listAnnotations, listDashboards } from "./api.ts";
import { useKeys } from "./keys.ts";
import { useRecord } from "./record.ts";
import { readKiosk, writeKiosk } from "./rotation.ts";
import { changed, type StageInput, useStage } from "./stage.tsx";
import { type Rotation, TurnControls, useTurns } from "./turns.tsx";
import { type DashView, PLAIN_VIEW } from "./view.ts";
import { Wall } from "./wall.tsx";

export function KioskPage() {
	const { uids, everyMs } = useMemo(() => readKiosk(search.value), [search.value]);
	const [at, setAt] = useState(0);
	const [paused, setPaused] = useState(false);
	const uid = uids[at % Math.max(1, uids.length)];
	useKeys({ keys: { f: () => document.documentElement.requestFullscreen?.().catch(() => {}) } });
	if (uid === undefined) return <Choose />;
	const beyond = uids.length > 1 ? (by: 1 | -1) => setAt((now) => (now + by + uids.length) % uids.length) : null;
	return <KioskBoard key={`${uid} ${at}`} uid={uid} rotation={{ everyMs, paused, setPaused, beyond }} />;
}

const leave = () => go("/dashboards");

interface BoardProps {
	rotation: Rotation;
}

function KioskBoard({ uid, rotation }: BoardProps & { uid: string }) {
	const { record, failure, reload } = useRecord(uid);
	if (record) return <KioskStage record={record} rotation={rotation} />;
	return <NotYet rotation={rotation}>{failure && <Problem failure={failure} retry={reload} />}</NotYet>;
}

/** Also past a dashboard that does not come the others are shown. */
function NotYet({ rotation, children }: BoardProps & { children: ComponentChildren }) {
	const turns = useTurns(1, rotation);
	return (
		<div class="wall" aria-busy={!children}>
			{children}
			<TurnControls turns={turns} leave={leave} />
		</div>
	);
}

function KioskStage({ record, rotation }: BoardProps & { record: DashboardRecord }) {
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
	return <Wall stage={useStage(input)} rotation={rotation} leave={leave} kiosk />;
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
