/** The page of one dashboard: /d/:uid, and behind its button the editor, whose code is loaded there only. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { DashboardRecord } from "../../../schema/dashboard.ts";
import { Nav } from "../explore/nav.tsx";
import { may, sites } from "../key.ts";
import { lazy } from "../lazy.tsx";
import { Header } from "../panels/header.tsx";
import { Icon } from "../panels/icon.tsx";
import { Problem } from "../panels/states.tsx";
import { follow, go, linkTo, search } from "../route.ts";
import { useWorkspace } from "../state.ts";
import { TimePicker } from "../time/picker.tsx";
import { listAnnotations } from "./api.ts";
import { DashHead, type Over } from "./dash-head.tsx";
import { BOARD_KEYS, KeysHelp } from "./help.tsx";
import { useKeys } from "./keys.ts";
import { type Stored, useRecord } from "./record.ts";
import { RefreshControl } from "./refresh.tsx";
import { readKiosk } from "./rotation.ts";
import { changed, StageBar, type StageInput, StagePanels, type StageState, useStage } from "./stage.tsx";
import { Toast } from "./toast.tsx";
import { type DashView, readDashView, refreshEvery, type Time, writeDashView } from "./view.ts";
import { useWall, Wall } from "./wall.tsx";

const Editor = lazy(() => import("./edit/index.tsx").then((part) => part.Editor));
const Versions = lazy(() => import("./edit/versions.tsx").then((part) => part.Versions), nothing);
const ShareDialog = lazy(() => import("./edit/share-dialog.tsx").then((part) => part.ShareDialog), nothing);

function nothing() {
	return <span />;
}

const addressOf = (uid: string, view: DashView) => `/d/${encodeURIComponent(uid)}${writeDashView(view)}`;

export function DashboardPage({ uid, edit }: { uid: string; edit: boolean }) {
	const stored = useRecord(uid);
	const { record, failure, reload } = stored;
	const view = useMemo(() => readDashView(search.value), [search.value]);
	if (!record) {
		return (
			<div class="page dash-page">
				<Header />
				<Nav />
				<main aria-busy={failure === null}>
					{failure ? <Missing failure={failure} retry={reload} /> : <div class="explore-wait" />}
				</main>
			</div>
		);
	}
	// Who may not save is shown the dashboard.
	if (edit && may("edit"))
		return (
			<Editor
				record={record}
				view={view}
				onDone={(saved?: DashboardRecord) => {
					if (saved) stored.keep(saved);
					go(addressOf(uid, { ...view, panel: null }));
				}}
			/>
		);
	return <Open key={uid} stored={stored} record={record} view={view} />;
}

function Missing({ failure, retry }: { failure: NonNullable<Stored["failure"]>; retry: () => void }) {
	return (
		<>
			<Problem failure={failure} retry={retry} />
			{failure.status === 404 && sites.value.length > 1 && (
				<p class="answer-settle">It may be one of another site of yours: choose the site above.</p>
			)}
			<p class="answer-settle">
				<a href="/dashboards" onClick={follow}>
					All dashboards
				</a>
			</p>
		</>
	);
}

function Open({ stored, record, view }: { stored: Stored; record: DashboardRecord; view: DashView }) {
	const { site, live, everyMs } = useWorkspace();
	const { uid, version, dashboard } = record;
	const [over, setOver] = useState<Over>(null);
	const canEdit = may("edit");
	const input = useMemo((): StageInput => {
		const show = (change: Partial<DashView>, quiet = false) =>
			go(addressOf(uid, changed(view, change, dashboard)), quiet);
		return {
			uid,
			version,
			dashboard,
			site,
			live,
			view,
			show,
			loadAnnotations: (time, signal) => listAnnotations({ ...time, dashboard: uid }, signal),
			rights: {
				chooseTime: true,
				chooseVariables: true,
				annotate: canEdit,
				edit: canEdit ? (panel) => go(editAddress(uid, { ...view, panel })) : null,
				link: (panel) => linkTo(addressOf(uid, { ...view, panel, kiosk: false })).href,
			},
		};
	}, [uid, version, dashboard, site, live, view, canEdit]);
	const stage = useStage(input);
	const refresh = view.refresh ?? dashboard.refresh;
	useEffect(() => {
		document.title = `${stage.title} · ${site.name}`;
	}, [stage.title, site.name]);
	useEffect(() => {
		everyMs.value = refreshEvery(refresh);
		return () => {
			everyMs.value = null;
		};
	}, [everyMs, refresh]);
	const again = () => {
		stage.board.again.value++;
		stored.reload();
	};
	const edit = canEdit ? () => go(editAddress(uid, { ...view, panel: null })) : null;
	const wall = useWall(view.kiosk, (kiosk) => input.show({ kiosk }, true));
	const [paused, setPaused] = useState(false);
	const rotation = { everyMs: readKiosk(search.value).everyMs, paused, setPaused, beyond: null };
	useKeys({
		period: (time) => input.show({ time }),
		keys: {
			e: edit,
			f: wall.toggle,
			r: again,
			"?": () => setOver("help"),
			"/": () => document.querySelector<HTMLElement>(".variables button, .variables input")?.focus(),
		},
	});
	if (view.kiosk) return <Wall stage={stage} rotation={rotation} leave={wall.toggle} />;
	return (
		<div class="page dash-page">
			<Header>
				<TimeControl stage={stage} />
				<RefreshControl refresh={refresh} set={(chosen) => input.show({ refresh: chosen }, true)} again={again} />
			</Header>
			<Nav />
			<main>
				<DashHead record={record} title={stage.title} edit={edit} open={setOver} toWall={wall.toggle} />
				<StageBar stage={stage} />
				{dashboard.panels.length === 0 ? <NoPanels edit={edit} /> : <StagePanels stage={stage} />}
			</main>
			{over === "help" && <KeysHelp keys={BOARD_KEYS} close={() => setOver(null)} />}
			{over === "versions" && <Versions record={record} restored={stored.keep} close={() => setOver(null)} />}
			{over === "share" && <ShareDialog record={record} view={view} close={() => setOver(null)} />}
			<Toast />
		</div>
	);
}

const editAddress = (uid: string, view: DashView) =>
	`/d/${encodeURIComponent(uid)}/edit${writeDashView({ ...view, kiosk: false })}`;

export function TimeControl({ stage }: { stage: StageState }) {
	const { time, zone, view, dashboard, show, site } = stage;
	return (
		<TimePicker
			value={time}
			zone={zone}
			zoneChoice={view.zone ?? dashboard.timezone}
			siteZone={site.zone}
			weekStart={site.week_start}
			onChange={(chosen: Time) => show({ time: chosen })}
			onZone={(chosen: string) => show({ zone: chosen }, true)}
		/>
	);
}

function NoPanels({ edit }: { edit: (() => void) | null }) {
	return (
		<div class="state card no-panels">
			<Icon name="dashboard" size={28} />
			<strong>No panels yet</strong>
			<p>{edit ? "A dashboard is made of panels: charts, figures, tables, text." : "Who may edit it can add some."}</p>
			{edit && (
				<button type="button" class="button primary" onClick={edit}>
					Add the first panel
				</button>
			)}
		</div>
	);
}
