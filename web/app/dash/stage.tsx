/** A dashboard's panels with all that they share. The page, the kiosk and shared links put their own frame around it. */
import { signal } from "@preact/signals";
import { useMemo, useState } from "preact/hooks";
import type { Annotation } from "../../../schema/annotation.ts";
import { interpolate, type TemplateValues } from "../../../schema/core/template.ts";
import type { Dashboard, Panel } from "../../../schema/dashboard.ts";
import type { VariableValues } from "../../../schema/panel.ts";
import type { Live } from "../live.ts";
import { AnnotationForm, type Draft, LayersMenu, useAnnotations } from "./annotations.tsx";
import { type Board, useBoard } from "./board.ts";
import { FullScreen } from "./full.tsx";
import { PanelGrid, placesOf } from "./grid.tsx";
import type { Surroundings } from "./kinds/types.ts";
import { marksAnomalies, type Switched, shownAnnotations } from "./layers.ts";
import type { MenuActions } from "./menu.tsx";
import { PanelView } from "./panel.tsx";
import type { Asking } from "./question.ts";
import { nameOf, wordsOf } from "./titles.ts";
import { everything, isNarrowed, knownValues, picked, valuesOf } from "./values.ts";
import { useFirsts, VariablesBar } from "./variables.tsx";
import { type DashView, stretch, type Time, withoutDefaults, zoneOf } from "./view.ts";
import type { WallPage } from "./wall-pages.ts";

/** What of a site its figures need to be told. */
export interface SiteWords {
	zone: string;
	currency: string | null;
	week_start: "monday" | "sunday";
}

/** What this viewer may do. */
export interface Rights {
	chooseTime: boolean;
	chooseVariables: boolean;
	annotate: boolean;
	/** Goes to the editor, at this panel; null: not by this viewer. */
	edit: ((panel: string) => void) | null;
	/** The address of a panel; null: it has none of its own. */
	link: ((panel: string) => string) | null;
}

export interface StageInput {
	uid: string;
	version: number;
	dashboard: Dashboard;
	site: SiteWords;
	live: Live;
	view: DashView;
	/** Changes the view, and the address with it. */
	show: (change: Partial<DashView>, quiet?: boolean) => void;
	loadAnnotations: (time: Time, signal: AbortSignal) => Promise<Annotation[]>;
	rights: Rights;
}

export interface StageState extends StageInput {
	board: Board;
	/** The dashboard's, with variables in place. */
	title: string;
	/** What people call the values of variables. */
	words: TemplateValues;
	/** Of variables that nobody chose, and that have no default. */
	firsts: VariableValues;
	/** In force. */
	time: Time;
	zone: string;
	asking: Asking;
	around: Surroundings;
	annotations: readonly Annotation[];
	switched: Switched;
	setSwitched: (switched: Switched) => void;
	/** Are anomalies marked? */
	anomalies: boolean;
	draft: Draft | null;
	setDraft: (draft: Draft | null) => void;
	reloadAnnotations: () => void;
}

export function useStage(input: StageInput): StageState {
	const { dashboard, view, show, site, live, rights } = input;
	const { variables } = dashboard;
	const time = (rights.chooseTime ? view.time : null) ?? dashboard.time;
	const zone = zoneOf(view.zone ?? dashboard.timezone, site.zone);
	const board = useBoard(live, view.refresh ?? dashboard.refresh);
	const [switched, setSwitched] = useState<Switched>(new Map());
	const [draft, setDraft] = useState<Draft | null>(null);
	const [loaded, reloadAnnotations] = useAnnotations(input.loadAnnotations, time, board);
	const crosshair = useMemo(() => signal<number | null>(null), []);
	const chosen = rights.chooseVariables ? view.variables : NOTHING_CHOSEN;
	const named = JSON.stringify([time, zone, knownValues(chosen, variables)]);
	const asking = useMemo((): Asking => ({ time, timezone: zone, variables: knownValues(chosen, variables) }), [named]);
	const values = useMemo(
		() => new Map(variables.map((variable) => [variable.name, valuesOf(variable, chosen, null)])),
		[dashboard, named],
	);
	const firsts = useFirsts({ uid: input.uid, variables, chosen, time });
	const words = useMemo(() => wordsOf(variables, chosen, firsts), [dashboard, named, firsts]);
	const annotations = useMemo(
		() => shownAnnotations(loaded, dashboard.annotations, switched, values),
		[loaded, dashboard, switched, values],
	);
	const pick = useMemo(() => {
		if (!rights.chooseVariables || !variables.some(({ kind }) => kind === "query")) return null;
		return (dim: string, value: string) => {
			const values = picked(dashboard, chosen, dim, value);
			if (values) show({ variables: values });
		};
	}, [dashboard, named, rights.chooseVariables, show]);
	const around = useMemo(
		(): Surroundings => ({
			zone,
			currency: site.currency,
			weekStart: site.week_start,
			crosshair,
			annotations,
			onZoom: (from, to) => {
				if (rights.chooseTime && to > from) show({ time: stretch(from, to) });
			},
			onAnnotate: rights.annotate ? (at, until) => setDraft({ at, until }) : null,
			onPick: pick,
		}),
		[zone, site, crosshair, annotations, rights.chooseTime, rights.annotate, pick, show],
	);
	return {
		...input,
		board,
		title: interpolate(dashboard.title, words),
		words,
		firsts,
		time,
		zone,
		asking,
		around,
		annotations,
		switched,
		setSwitched,
		anomalies: marksAnomalies(dashboard.annotations, switched),
		draft,
		setDraft,
		reloadAnnotations,
	};
}

const NOTHING_CHOSEN: VariableValues = {};

/** The bar under the head: variables, and layers of annotations. */
export function StageBar({ stage, layers = true }: { stage: StageState; layers?: boolean }) {
	const { dashboard, view, show, rights, annotations, zone } = stage;
	const editing = rights.annotate
		? (annotation: Annotation | null) => stage.setDraft(annotation ?? { at: Date.now(), until: null })
		: null;
	return (
		<div class="dash-bar">
			{rights.chooseVariables && (
				<VariablesBar
					uid={stage.uid}
					variables={dashboard.variables}
					chosen={view.variables}
					time={stage.time}
					choose={(variables) => show({ variables })}
					firsts={stage.firsts}
				/>
			)}
			<span class="grow" />
			{layers && (
				<LayersMenu
					layers={dashboard.annotations}
					switched={stage.switched}
					set={stage.setSwitched}
					shown={annotations}
					zone={zone}
					edit={editing}
				/>
			)}
		</div>
	);
}

/** All panels where the dashboard has them; on a wall in pages, of which `page` is shown. */
export function StagePanels({
	stage,
	wall,
}: {
	stage: StageState;
	wall?: { pages: readonly WallPage[]; page: number };
}) {
	const { dashboard, view, show } = stage;
	const full = dashboard.panels.find(({ id }) => id === view.panel);
	const places = useMemo(() => placesOf(dashboard.panels), [dashboard.panels]);
	return (
		<>
			{wall ? (
				wall.pages.map(({ places, rows }, i) => (
					<PanelGrid
						key={i}
						places={places}
						rows={rows}
						away={i !== wall.page}
						render={(panel) => <StagePanel stage={stage} panel={panel} menu={null} />}
					/>
				))
			) : (
				<PanelGrid places={places} render={(panel) => <StagePanel stage={stage} panel={panel} menu="panel" />} />
			)}
			{full && (
				<FullScreen key={full.id} label={nameOf(full)} leave={() => show({ panel: null })}>
					<StagePanel stage={stage} panel={full} menu="full" />
				</FullScreen>
			)}
			{stage.draft && (
				<AnnotationForm
					draft={stage.draft}
					uid={stage.uid}
					zone={stage.zone}
					done={stage.reloadAnnotations}
					close={() => stage.setDraft(null)}
				/>
			)}
		</>
	);
}

interface StagePanelProps {
	stage: StageState;
	panel: Panel;
	/** The menu of a panel among others, or of one that fills the screen. */
	menu: "panel" | "full" | null;
}

/** What a panel is drawn from stays the same while the page around it is drawn anew, and then so does the panel. */
function StagePanel({ stage, panel, menu }: StagePanelProps) {
	const { uid, version, dashboard, view, show, rights, asking, around, board, anomalies, words } = stage;
	const source = useMemo(() => ({ uid, version }), [uid, version]);
	const { id } = panel;
	const actions = useMemo((): MenuActions | null => {
		const { edit, link } = rights;
		return (
			menu && {
				full: menu === "full",
				setFull: (on) => show({ panel: on ? id : null }),
				link: link && (() => link(id)),
				edit: edit && (() => edit(id)),
			}
		);
	}, [menu, id, rights, show]);
	const clear = useMemo(() => {
		if (!rights.chooseVariables || !isNarrowed(dashboard.variables, view.variables)) return null;
		return () => show({ variables: everything(dashboard.variables, view.variables) });
	}, [rights.chooseVariables, dashboard, view.variables, show]);
	return useMemo(
		() => (
			<PanelView
				panel={panel}
				asking={asking}
				source={source}
				around={around}
				board={board}
				anomalies={anomalies}
				words={words}
				clear={clear}
				eager={menu === "full"}
				{...(actions && { menu: actions })}
			/>
		),
		[panel, asking, source, around, board, anomalies, words, clear, menu, actions],
	);
}

/** The next view: what the dashboard says anyway is not written. */
export const changed = (view: DashView, change: Partial<DashView>, dashboard: Dashboard): DashView =>
	withoutDefaults({ ...view, ...change }, dashboard);
