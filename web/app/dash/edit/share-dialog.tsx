/** Sharing a dashboard: links that show it and nothing else, and digests that are sent by themselves. */
import { useState } from "preact/hooks";
import type { DashboardRecord } from "../../../../schema/dashboard.ts";
import { Dialog } from "../../panels/dialog.tsx";
import { Tabs } from "../../panels/tabs.tsx";
import "../../theme/explore.css";
import "../../theme/edit.css";
import type { DashView } from "../view.ts";
import { Digests } from "./digests.tsx";
import { Links } from "./links.tsx";

interface ShareProps {
	record: DashboardRecord;
	/** What is being looked at: a link may hold it fast. */
	view: DashView;
	close: () => void;
}

const TABS = [
	{ id: "links", label: "Links" },
	{ id: "digests", label: "Digests" },
];

export function ShareDialog({ record, view, close }: ShareProps) {
	const [tab, setTab] = useState("links");
	return (
		<Dialog title={`Share “${record.dashboard.title}”`} kind="drawer" close={close}>
			<div class="edit-settings">
				<Tabs tabs={TABS} chosen={tab} choose={setTab} label="Ways to share" />
				<div class="edit-settings-body ask" role="tabpanel" key={tab}>
					{tab === "links" ? <Links record={record} view={view} /> : <Digests record={record} />}
				</div>
			</div>
		</Dialog>
	);
}
