/** What a viewer may do with a panel. */
import { useState } from "preact/hooks";
import type { Panel } from "../../../schema/dashboard.ts";
import { copyText } from "../clipboard.ts";
import { Icon, type IconName } from "../panels/icon.tsx";
import { Popover } from "../panels/popover.tsx";
import type { PanelState } from "./answer.ts";
import { type PanelSource, panelCsv } from "./api.ts";
import { Explain } from "./explain.tsx";
import { fileName, keepFile } from "./file.ts";
import type { Asking } from "./question.ts";
import { nameOf } from "./titles.ts";
import { attempt, say } from "./toast.tsx";

/** What the page lets be done; null: not by this viewer, or not here. */
export interface MenuActions {
	/** Fills the screen? */
	full: boolean;
	setFull: (full: boolean) => void;
	/** The panel's own address. */
	link: (() => string) | null;
	edit: (() => void) | null;
}

interface MenuProps {
	panel: Panel;
	source: PanelSource;
	asking: Asking;
	points: number;
	state: PanelState;
	frame: { current: HTMLElement | null };
	table: boolean;
	setTable: (table: boolean) => void;
	actions: MenuActions;
}

export function PanelMenu(props: MenuProps) {
	const { panel, state, actions, table, setTable } = props;
	const [explaining, setExplaining] = useState(false);
	const title = nameOf(panel, state.answer);
	const figures = panel.kind !== "text";
	return (
		<>
			{actions.full && (
				<button
					type="button"
					class="icon-button panel-leave"
					aria-label="Leave full screen"
					title="Leave full screen (Esc)"
					onClick={() => actions.setFull(false)}
				>
					<Icon name="close" size={16} />
				</button>
			)}
			<Popover
				label={`Menu of ${title}`}
				name={`Menu of ${title}`}
				look="icon-button dots panel-menu-button"
				panel="menu"
				button={<Icon name="more" size={16} />}
			>
				{(close) => {
					const then = (work: () => void) => () => {
						close();
						work();
					};
					return (
						<>
							{!actions.full && (
								<Item icon="expand" onClick={then(() => actions.setFull(true))}>
									Full screen
								</Item>
							)}
							{figures && (
								<Item icon={table ? "chart" : "table"} onClick={then(() => setTable(!table))}>
									{table ? "Show as drawn" : "Show as a table"}
								</Item>
							)}
							{figures && (
								<Item icon="info" onClick={then(() => setExplaining(true))}>
									Explain these figures
								</Item>
							)}
							{figures && (
								<Item icon="download" onClick={then(() => attempt(() => saveCsv(props, title)))}>
									Download CSV
								</Item>
							)}
							<Item icon="download" onClick={then(() => attempt(() => savePicture(props.frame.current, title)))}>
								Download PNG
							</Item>
							{actions.link && (
								<Item icon="link" onClick={then(() => attempt(() => copyLink(actions.link?.() ?? "")))}>
									Copy link
								</Item>
							)}
							{actions.edit && (
								<Item icon="pencil" onClick={then(actions.edit)}>
									Edit this panel
								</Item>
							)}
						</>
					);
				}}
			</Popover>
			{explaining && <Explain {...props} title={title} close={() => setExplaining(false)} />}
		</>
	);
}

export function Item({ icon, onClick, children }: { icon: IconName; onClick: () => void; children: string }) {
	return (
		<button type="button" onClick={onClick}>
			<Icon name={icon} /> {children}
		</button>
	);
}

async function saveCsv({ panel, source, asking, points }: MenuProps, title: string): Promise<void> {
	const csv = await panelCsv(panel, source, { ...asking, maxDataPoints: points });
	keepFile(fileName(title, "csv", new Date()), csv);
}

/** The code that draws pictures comes when the first is asked for. */
async function savePicture(frame: HTMLElement | null, title: string): Promise<void> {
	if (!frame) return;
	const { pictureOf } = await import("./picture.ts");
	keepFile(fileName(title, "png", new Date()), await pictureOf(frame));
}

async function copyLink(link: string): Promise<void> {
	say((await copyText(link)) ? "Link copied" : `The browser did not allow it. The link is ${link}`);
}
