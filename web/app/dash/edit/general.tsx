import { useState } from "preact/hooks";
import type { Dashboard } from "../../../../schema/dashboard.ts";
import { go, leaving } from "../../route.ts";
import { deleteDashboard } from "../api.ts";
import { REFRESH, type Refresh } from "../view.ts";
import { Field, Row, Section, SelectField, TextField } from "./fields.tsx";
import { dropDraft } from "./model/drafts.ts";
import { TimeFields } from "./own-time.tsx";
import { isNew, useEditing } from "./session.ts";
import { TagsField } from "./tags.tsx";

const REFRESH_WORDS: Record<Refresh, string> = {
	off: "By hand",
	live: "Live",
	"10s": "Every 10 seconds",
	"30s": "Every 30 seconds",
	"1m": "Every minute",
	"5m": "Every 5 minutes",
	"15m": "Every 15 minutes",
	"1h": "Every hour",
};

export function General() {
	const { session, view } = useEditing();
	const dashboard = session.dashboard.value;
	const set = (next: Partial<Dashboard>, key?: string) =>
		session.change((old) => ({ ...old, ...next }), key === undefined ? null : key);
	const seen = view.time;
	return (
		<>
			<Section title="About">
				<TextField
					label="Title"
					path="title"
					max={100}
					value={dashboard.title}
					change={(title) => set({ title }, "title")}
				/>
				<TextField
					label="Description"
					path="description"
					max={2000}
					rows={3}
					value={dashboard.description}
					change={(description) => set({ description }, "description")}
				/>
				<TagsField label="Tags" path="tags" tags={dashboard.tags} change={(tags) => set({ tags })} />
			</Section>
			<Section title="When it is opened">
				<TimeFields time={dashboard.time} change={(time) => set({ time }, "time")} path="time" />
				{seen && (seen.from !== dashboard.time.from || seen.to !== dashboard.time.to) && (
					<p class="hint">
						<button type="button" class="button small" onClick={() => set({ time: seen })}>
							Use what I see now
						</button>{" "}
						{seen.from} to {seen.to}
					</p>
				)}
				<Row>
					<SelectField
						label="Refresh"
						value={dashboard.refresh}
						options={REFRESH.map((id) => [id, REFRESH_WORDS[id]] as const)}
						change={(refresh) => set({ refresh })}
					/>
					<ZoneField zone={dashboard.timezone} change={(timezone) => set({ timezone }, "timezone")} />
				</Row>
			</Section>
			{!isNew(session.base.value) && <DeleteDashboard />}
		</>
	);
}

/** The site's zone, the viewer's, or one by its name. */
function ZoneField({ zone, change }: { zone: string; change: (zone: string) => void }) {
	const own = zone !== "site" && zone !== "browser";
	return (
		<>
			<SelectField
				label="Time zone"
				value={own ? "own" : zone}
				options={[
					["site", "The site's"],
					["browser", "The viewer's"],
					["own", "This one…"],
				]}
				change={(chosen) => change(chosen === "own" ? Intl.DateTimeFormat().resolvedOptions().timeZone : chosen)}
			/>
			{own && (
				<Field label="Zone" path="timezone">
					<input
						type="text"
						list="edit-zones"
						maxLength={64}
						value={zone}
						onInput={(event) => change(event.currentTarget.value)}
					/>
				</Field>
			)}
			<datalist id="edit-zones">
				{Intl.supportedValuesOf("timeZone").map((name) => (
					<option key={name} value={name} />
				))}
			</datalist>
		</>
	);
}

/** Asks twice, in words: a deleted dashboard takes its links and digests with it. */
function DeleteDashboard() {
	const { session } = useEditing();
	const [sure, setSure] = useState(false);
	const [failed, setFailed] = useState("");
	const remove = async () => {
		try {
			const { uid } = session.base.peek();
			await deleteDashboard(uid);
			dropDraft(sessionStorage, uid);
			leaving.ask = null;
			go("/dashboards");
		} catch (error) {
			setFailed(error instanceof Error ? error.message : String(error));
		}
	};
	return (
		<Section title="Delete">
			{sure ? (
				<p class="edit-sure">
					<span>The dashboard, its versions, its shared links and its digests are gone for good.</span>
					<button type="button" class="button small danger" onClick={remove}>
						Delete it
					</button>
					<button type="button" class="button small" onClick={() => setSure(false)}>
						Keep it
					</button>
				</p>
			) : (
				<div class="edit-adds">
					<button type="button" class="button small" onClick={() => setSure(true)}>
						Delete this dashboard…
					</button>
				</div>
			)}
			{failed !== "" && (
				<p class="field-problem" role="alert">
					{failed}
				</p>
			)}
		</Section>
	);
}
