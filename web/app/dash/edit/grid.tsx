/** The panels of a dashboard where they stand, with handles to move and resize them by pointer, touch and keys. */
import { useComputed } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { COLUMNS, type Panel } from "../../../../schema/dashboard.ts";
import { useWidth } from "../../explore/charts/size.ts";
import { Icon } from "../../panels/icon.tsx";
import { Popover } from "../../panels/popover.tsx";
import { inReadingOrder } from "../grid.tsx";
import { Item as MenuItem } from "../menu.tsx";
import { type Box, type Edge, rowsOf, swapInOrder } from "./model/layout.ts";
import { boxesOf, layOut, panelName } from "./model/panels.ts";
import { Mover, type Moving } from "./mover.ts";
import { Preview } from "./preview.tsx";
import { useEditing } from "./session.ts";

/** Narrower than this the panels stand in one column, px. */
const NARROW = "(max-width: 719px)";

/** What can be done with a panel. */
export interface PanelActions {
	edit(panel: Panel): void;
	duplicate(panel: Panel): void;
	copy(panel: Panel): void;
	remove(panel: Panel): void;
}

/** Wider than this the view's rows are higher (theme/dash.css), px. */
const LARGE = "(min-width: 2560px)";
/** A row and the gap under it, as the view has them, px. */
const ROW = 40;
const LARGE_ROW = 52;

function useMedia(condition: string): boolean {
	const [matches, setMatches] = useState(() => matchMedia(condition).matches);
	useEffect(() => {
		const query = matchMedia(condition);
		const onChange = () => setMatches(query.matches);
		query.addEventListener("change", onChange);
		return () => query.removeEventListener("change", onChange);
	}, [condition]);
	return matches;
}

const useRowHeight = (): number => (useMedia(LARGE) ? LARGE_ROW : ROW);

export function EditGrid({ actions }: { actions: PanelActions }) {
	const narrow = useMedia(NARROW);
	return narrow ? <Column actions={actions} /> : <Grid actions={actions} />;
}

function Grid({ actions }: { actions: PanelActions }) {
	const { session, announce } = useEditing();
	const [host, width] = useWidth<HTMLElement>();
	const mover = useMemo(
		() => new Mover((boxes) => session.change((dashboard) => layOut(dashboard, boxes)), announce),
		[session, announce],
	);
	const row = useRowHeight();
	const { panels } = session.dashboard.value;
	const moving = mover.moving.value;
	const boxes = moving?.now ?? boxesOf(panels);
	const rows = rowsOf(boxes);
	const landing = moving && boxes.find(({ id }) => id === moving.id);
	return (
		<section
			class={`edit-grid${moving ? " moving" : ""}`}
			ref={host}
			aria-label="Panels"
			style={{ height: `${(rows + 1) * row}px`, "--row": `${row}px` }}
		>
			{landing && <div class="edit-landing" style={placeOf(landing)} />}
			{panels.map((panel) => {
				const box = boxes.find(({ id }) => id === panel.id);
				return (
					box && (
						<Item
							key={panel.id}
							panel={panel}
							box={box}
							moving={moving?.id === panel.id ? moving : null}
							mover={mover}
							cells={{ width, row }}
							actions={actions}
						/>
					)
				);
			})}
		</section>
	);
}

const placeOf = ({ x, y, w, h }: Box) => ({
	left: `${(100 * x) / COLUMNS}%`,
	width: `${(100 * w) / COLUMNS}%`,
	top: `calc(${y} * var(--row))`,
	height: `calc(${h} * var(--row))`,
});

/** Where the pointer has a panel: from where it was taken, not from where it would land. */
function carried(moving: Moving): Record<string, string> {
	const from = moving.start.find(({ id }) => id === moving.id);
	if (!from) return {};
	return { ...placeOf(from), transform: `translate(${moving.dx}px, ${moving.dy}px)` };
}

const PULLED: readonly Edge[] = ["e", "w", "s", "sw", "se"];

/** A panel is taken by its head, but for what can be clicked there; the grip is such, too. */
function isHandle(target: EventTarget | null): boolean {
	if (!(target instanceof Element) || !target.closest(".panel-head")) return false;
	return target.closest(".edit-handle") !== null || !target.closest("button, a, .popover");
}

function Item({
	panel,
	box,
	moving,
	mover,
	cells,
	actions,
}: {
	panel: Panel;
	box: Box;
	moving: Moving | null;
	mover: Mover;
	/** Of the grid, px. */
	cells: { width: number; row: number };
	actions: PanelActions;
}) {
	const { session } = useEditing();
	const boxes = () => boxesOf(session.dashboard.peek().panels);
	// While something moves only places change: what is drawn stays as it is
	const body = useMemo(
		() => (
			<Preview
				panel={panel}
				tools={
					<>
						<Handle panel={panel} mover={mover} />
						<PanelTools panel={panel} actions={actions} />
					</>
				}
			/>
		),
		[panel, mover, actions],
	);
	const held = moving === null ? "" : ` ${moving.by}`;
	return (
		<div
			class={`edit-item${held}`}
			style={moving?.by === "drag" ? carried(moving) : placeOf(box)}
			onPointerDown={(event) => isHandle(event.target) && mover.take(event, boxes, panel.id, cells)}
		>
			{body}
			{PULLED.map((edge) => (
				<span
					key={edge}
					class={`edit-edge ${edge}`}
					onPointerDown={(event) => mover.take(event, boxes, panel.id, cells, edge)}
				/>
			))}
		</div>
	);
}

/** Says that a panel can be taken, and takes it by keys. */
function Handle({ panel, mover }: { panel: Panel; mover: Mover }) {
	const { session } = useEditing();
	const name = panelName(panel);
	const boxes = () => boxesOf(session.dashboard.peek().panels);
	const held = useComputed(() => mover.moving.value?.by === "keys" && mover.moving.value.id === panel.id);
	return (
		<button
			type="button"
			class="icon-button small edit-handle"
			aria-label={`Move or resize ${name}`}
			aria-pressed={held.value}
			title="Drag to move. Or press Enter, then arrows to move, Shift and arrows to resize."
			onKeyDown={(event) => mover.onKey(event, boxes(), panel.id, name)}
			onBlur={() => mover.leave(panel.id)}
		>
			<Icon name="grip" size={15} />
		</button>
	);
}

function PanelTools({ panel, actions }: { panel: Panel; actions: PanelActions }) {
	const name = panelName(panel);
	return (
		<>
			<button
				type="button"
				class="icon-button small"
				aria-label={`Edit ${name}`}
				title="Edit"
				onClick={() => actions.edit(panel)}
			>
				<Icon name="pencil" size={15} />
			</button>
			<Popover
				label={`Menu of ${name}`}
				name={`Menu of ${name}`}
				look="icon-button small"
				panel="menu"
				button={<Icon name="more" size={15} />}
			>
				{(close) => {
					const then = (work: (panel: Panel) => void) => () => {
						close();
						work(panel);
					};
					return (
						<>
							<MenuItem icon="pencil" onClick={then(actions.edit)}>
								Edit
							</MenuItem>
							<MenuItem icon="copy" onClick={then(actions.duplicate)}>
								Duplicate
							</MenuItem>
							<MenuItem icon="code" onClick={then(actions.copy)}>
								Copy as JSON
							</MenuItem>
							<MenuItem icon="trash" onClick={then(actions.remove)}>
								Delete
							</MenuItem>
						</>
					);
				}}
			</Popover>
		</>
	);
}

/** On a narrow screen: one under the other, moved by buttons. */
function Column({ actions }: { actions: PanelActions }) {
	const { session, announce } = useEditing();
	const { panels } = session.dashboard.value;
	const order = inReadingOrder(panels);
	const swap = (panel: Panel, by: -1 | 1) => {
		session.change((dashboard) => layOut(dashboard, swapInOrder(boxesOf(dashboard.panels), panel.id, by)));
		announce(`${panelName(panel)} moved ${by === 1 ? "down" : "up"}`);
	};
	return (
		<ol class="edit-column">
			{order.map((panel, at) => (
				<li key={panel.id} class={`edit-row-${panel.kind}`}>
					<Preview
						panel={panel}
						tools={
							<>
								<button
									type="button"
									class="icon-button small"
									aria-label={`Move ${panelName(panel)} up`}
									disabled={at === 0}
									onClick={() => swap(panel, -1)}
								>
									<Icon name="up" size={15} />
								</button>
								<button
									type="button"
									class="icon-button small"
									aria-label={`Move ${panelName(panel)} down`}
									disabled={at === order.length - 1}
									onClick={() => swap(panel, 1)}
								>
									<Icon name="chevron" size={15} />
								</button>
								<PanelTools panel={panel} actions={actions} />
							</>
						}
					/>
				</li>
			))}
		</ol>
	);
}
