/** A dashboard's head: what it is called and about, and what is done with it. */
import type { DashboardRecord } from "../../../schema/dashboard.ts";
import { Icon } from "../panels/icon.tsx";
import { Popover } from "../panels/popover.tsx";
import { follow, go } from "../route.ts";
import { duplicateDashboard } from "./api.ts";
import { keepExport } from "./export.ts";
import { Item } from "./menu.tsx";
import { attempt, say } from "./toast.tsx";

/** What stands over the page. */
export type Over = "help" | "versions" | "share" | null;

interface HeadProps {
	record: DashboardRecord;
	/** With variables in place. */
	title: string;
	edit: (() => void) | null;
	open: (over: Over) => void;
	toWall: () => void;
}

export function DashHead({ record, title, edit, open, toWall }: HeadProps) {
	const { dashboard } = record;
	return (
		<div class="dash-head">
			<div class="dash-title">
				<a class="dash-up" href="/dashboards" aria-label="All dashboards" title="All dashboards" onClick={follow}>
					<Icon name="left" />
				</a>
				<h2>{title}</h2>
				{dashboard.tags.map((tag) => (
					<a key={tag} class="tag" href={`/dashboards?tag=${encodeURIComponent(tag)}`} onClick={follow}>
						{tag}
					</a>
				))}
			</div>
			<div class="dash-actions">
				{edit && (
					<button type="button" class="button" title="Edit (e)" onClick={edit}>
						<Icon name="pencil" size={15} /> <span class="word">Edit</span>
					</button>
				)}
				{edit && (
					<button type="button" class="button" title="Share" onClick={() => open("share")}>
						<Icon name="share" size={15} /> <span class="word">Share</span>
					</button>
				)}
				<button type="button" class="icon-button" aria-label="Full screen" title="Full screen (f)" onClick={toWall}>
					<Icon name="expand" />
				</button>
				<MoreMenu record={record} canEdit={edit !== null} open={open} />
			</div>
			{dashboard.description !== "" && <p class="dash-about">{dashboard.description}</p>}
		</div>
	);
}

function MoreMenu({
	record,
	canEdit,
	open,
}: {
	record: DashboardRecord;
	canEdit: boolean;
	open: (over: Over) => void;
}) {
	const { uid, dashboard } = record;
	return (
		<Popover label="More" name="More" look="icon-button dots" panel="menu" button={<Icon name="more" />}>
			{(close) => {
				const then = (work: () => void) => () => {
					close();
					work();
				};
				return (
					<>
						<Item icon="history" onClick={then(() => open("versions"))}>
							Versions
						</Item>
						{canEdit && (
							<Item icon="copy" onClick={then(() => attempt(() => openCopy(uid)))}>
								Duplicate
							</Item>
						)}
						<Item icon="download" onClick={then(() => attempt(() => keepExport(uid, dashboard.title)))}>
							Export JSON
						</Item>
						<Item icon="tv" onClick={then(() => go(`/kiosk?d=${encodeURIComponent(uid)}`))}>
							Show on a wall
						</Item>
						<Item icon="keyboard" onClick={then(() => open("help"))}>
							Keyboard
						</Item>
					</>
				);
			}}
		</Popover>
	);
}

async function openCopy(uid: string): Promise<void> {
	const copy = await duplicateDashboard(uid);
	go(`/d/${encodeURIComponent(copy.uid)}`);
	say(`This is the copy: “${copy.dashboard.title}”`);
}
