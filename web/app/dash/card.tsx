/** One dashboard in the list: what it is, who changed it last, and what is done with a whole one. */
import { useSignal } from "@preact/signals";
import type { DashboardSummary } from "../../../schema/dashboard.ts";
import { Icon } from "../panels/icon.tsx";
import { Popover } from "../panels/popover.tsx";
import { follow, go } from "../route.ts";
import { deleteDashboard, duplicateDashboard } from "./api.ts";
import { Sure } from "./confirm.tsx";
import { keepExport } from "./export.ts";
import { ago, type ListView } from "./listing.ts";
import { Item } from "./menu.tsx";
import { writeKiosk } from "./rotation.ts";
import { attempt, say } from "./toast.tsx";

interface CardProps {
	one: DashboardSummary;
	canEdit: boolean;
	view: ListView;
	show: (change: Partial<ListView>) => void;
	reload: () => void;
}

export function Card({ one, canEdit, view, show, reload }: CardProps) {
	const { uid, title, description, tags, panels, updated_at, updated_by } = one;
	const href = `/d/${encodeURIComponent(uid)}`;
	return (
		<li class="card dash-card">
			<h2>
				<a href={href} onClick={follow}>
					{title}
				</a>
			</h2>
			<p class="dash-card-about">{description}</p>
			{tags.length > 0 && (
				<p class="dash-card-tags">
					{tags.map((tag) => (
						<button
							type="button"
							key={tag}
							class="tag"
							title={`Only those with ${tag}`}
							onClick={() => show({ tags: [...new Set([...view.tags, tag])] })}
						>
							{tag}
						</button>
					))}
				</p>
			)}
			<p class="dash-card-foot muted">
				<span>
					{panels} panel{panels === 1 ? "" : "s"}
				</span>
				<span title={new Date(updated_at).toLocaleString("en-GB")}>
					{updated_by.name}, {ago(updated_at, Date.now())}
				</span>
			</p>
			<CardMenu one={one} canEdit={canEdit} reload={reload} />
		</li>
	);
}

function CardMenu({ one, canEdit, reload }: { one: DashboardSummary; canEdit: boolean; reload: () => void }) {
	const { uid, title } = one;
	const deleting = useSignal(false);
	const remove = async () => {
		await deleteDashboard(uid);
		say(`“${title}” is deleted`);
		reload();
	};
	return (
		<div class="dash-card-menu">
			<Popover
				label={`Menu of ${title}`}
				name={`Menu of ${title}`}
				look="icon-button dots"
				panel="menu"
				button={<Icon name="more" />}
			>
				{(close) => {
					const then = (work: () => void) => () => {
						close();
						work();
					};
					return (
						<>
							{canEdit && (
								<Item icon="pencil" onClick={then(() => go(`/d/${encodeURIComponent(uid)}/edit`))}>
									Edit
								</Item>
							)}
							{canEdit && (
								<Item icon="copy" onClick={then(() => attempt(() => copy(uid, reload)))}>
									Duplicate
								</Item>
							)}
							<Item icon="download" onClick={then(() => attempt(() => keepExport(uid, title)))}>
								Export JSON
							</Item>
							<Item icon="tv" onClick={then(() => go(`/kiosk${writeKiosk([uid])}`))}>
								Show on a wall
							</Item>
							{canEdit && (
								<Item
									icon="trash"
									onClick={then(() => {
										deleting.value = true;
									})}
								>
									Delete…
								</Item>
							)}
						</>
					);
				}}
			</Popover>
			{deleting.value && (
				<Sure
					title={`Delete “${title}”?`}
					words="All its versions go with it, and shared links to it no longer open. An export keeps a copy."
					action="Delete"
					act={() => attempt(remove)}
					close={() => {
						deleting.value = false;
					}}
				/>
			)}
		</div>
	);
}

async function copy(uid: string, reload: () => void): Promise<void> {
	const made = await duplicateDashboard(uid);
	say(`The copy is called “${made.dashboard.title}”`);
	reload();
}
