import { useEffect, useMemo } from "preact/hooks";
import type { DashboardRecord } from "../../../../schema/dashboard.ts";
import { go } from "../../route.ts";
import { useWorkspace } from "../../state.ts";
import { PLAIN_VIEW } from "../view.ts";
import { Editor } from "./index.tsx";
import { isNew, newRecord } from "./session.ts";

/** Begins a dashboard with nothing on it. There is none before it is saved for the first time. */
export function NewDashboard() {
	const { site } = useWorkspace();
	const record = useMemo(newRecord, []);
	useEffect(() => {
		document.title = `${record.dashboard.title} · ${site.name}`;
	}, [record, site.name]);
	// Going back from what was saved leads to the list, not to another new one.
	const leave = (saved?: DashboardRecord) => {
		go(saved && !isNew(saved) ? `/d/${encodeURIComponent(saved.uid)}` : "/dashboards", true);
		scrollTo(0, 0);
	};
	return <Editor record={record} view={PLAIN_VIEW} onDone={leave} />;
}
