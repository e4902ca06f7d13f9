/** What the whole dashboard says: its name and tags, its defaults, its variables, what is drawn on its charts. */
import { useMemo, useState } from "preact/hooks";
import { Dialog } from "../../panels/dialog.tsx";
import { Tabs } from "../../panels/tabs.tsx";
import { ProblemsContext } from "./fields.tsx";
import { General } from "./general.tsx";
import { JsonEditor } from "./json.tsx";
import { Layers } from "./layers.tsx";
import { settingsProblems } from "./model/check.ts";
import { useEditing } from "./session.ts";
import { Variables } from "./variables.tsx";

const TABS = [
	{ id: "general", label: "General" },
	{ id: "variables", label: "Variables" },
	{ id: "layers", label: "Annotations" },
	{ id: "json", label: "JSON" },
];

export function SettingsSheet({ close }: { close: () => void }) {
	const { session } = useEditing();
	const [tab, setTab] = useState("general");
	const dashboard = session.dashboard.value;
	const problems = useMemo(() => settingsProblems(dashboard), [dashboard]);
	return (
		<Dialog title="Dashboard settings" kind="drawer" close={close}>
			<ProblemsContext.Provider value={problems}>
				<div class="edit-settings">
					<Tabs tabs={TABS} chosen={tab} choose={setTab} label="Settings" />
					<div class="edit-settings-body ask" role="tabpanel" key={tab}>
						{tab === "general" && <General />}
						{tab === "variables" && <Variables />}
						{tab === "layers" && <Layers />}
						{tab === "json" && <JsonEditor />}
					</div>
				</div>
			</ProblemsContext.Provider>
		</Dialog>
	);
}
