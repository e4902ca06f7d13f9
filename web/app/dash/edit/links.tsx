import { useState } from "preact/hooks";
import type { RangeContext } from "../../../../schema/core/range.ts";
import { interpolate } from "../../../../schema/core/template.ts";
import { zoneOf as clockOf } from "../../../../schema/core/zone.ts";
import type { DashboardRecord, Variable } from "../../../../schema/dashboard.ts";
import type { VariableValues } from "../../../../schema/panel.ts";
import type { NewShare, Share } from "../../../../schema/share.ts";
import { copyText } from "../../clipboard.ts";
import { moment } from "../../explore/model/words.ts";
import { may } from "../../key.ts";
import { Icon } from "../../panels/icon.tsx";
import { Problem } from "../../panels/states.tsx";
import { useWorkspace } from "../../state.ts";
import { timeName } from "../../time/model.ts";
import { createShare, listShares, revokeShare } from "../api.ts";
import { wordsOf } from "../titles.ts";
import { knownValues } from "../values.ts";
import { type DashView, type Time, zoneOf } from "../view.ts";
import { Field, Row, Section, SelectField, Toggle } from "./fields.tsx";
import { useAttempt, useList } from "./use-list.ts";

const DAYS: readonly (readonly [string, string])[] = [
	["1", "In a day"],
	["7", "In 7 days"],
	["30", "In 30 days"],
	["90", "In 90 days"],
	["365", "In a year"],
	["", "Never"],
];
/** An embedded dashboard is as high as this until its page says otherwise, px. */
const EMBED_HEIGHT = 700;

const absolute = (path: string): string => new URL(path, location.origin).href;
const frameCode = (path: string): string =>
	`<iframe src="${absolute(path)}" width="100%" height="${EMBED_HEIGHT}" frameborder="0" title="Dashboard"></iframe>`;

export function Links({ record, view }: { record: DashboardRecord; view: DashView }) {
	const { items, failure, again, set } = useList<Share>(record.uid, () => listShares(record.uid));
	const [made, setMade] = useState<Share | null>(null);
	const listed = items?.filter((share) => share.revoked_at === null) ?? [];
	return (
		<>
			{may("edit") && (
				<NewLink
					record={record}
					view={view}
					made={(share) => {
						setMade(share);
						set((old) => [share, ...old]);
					}}
				/>
			)}
			{made && <Made share={made} />}
			<Section title="Links there are">
				{failure && <Problem failure={failure} retry={again} />}
				{items !== null && listed.length === 0 && (
					<p class="hint">None. Nobody sees the dashboard without signing in.</p>
				)}
				<ul class="edit-list">
					{listed.map((share) => (
						<li key={share.id}>
							<Listed
								share={share}
								revoked={() => {
									set((old) => old.filter(({ id }) => id !== share.id));
									if (made?.id === share.id) setMade(null);
								}}
							/>
						</li>
					))}
				</ul>
			</Section>
		</>
	);
}

function NewLink({ record, view, made }: { record: DashboardRecord; view: DashView; made: (share: Share) => void }) {
	const [form, setForm] = useState<NewShare>({
		name: "",
		days: 30,
		embed: false,
		choose_time: true,
		choose_variables: false,
		time: null,
		variables: {},
	});
	const { site } = useWorkspace();
	const { busy, failed, attempt } = useAttempt();
	const change = (next: Partial<NewShare>) => setForm({ ...form, ...next });
	const { variables, timezone } = record.dashboard;
	const hasVariables = variables.length > 0;
	const { time } = view;
	const chosen = knownValues(view.variables, variables);
	const seen = time !== null || Object.keys(chosen).length > 0;
	const zone = clockOf(zoneOf(view.zone ?? timezone, site.zone));
	const create = (event: SubmitEvent) => {
		event.preventDefault();
		attempt(async () => made(await createShare(record.uid, form)));
	};
	return (
		<Section title="A new link">
			<form onSubmit={create} class="edit-form">
				<Row>
					<Field label="Name">
						<input
							type="text"
							maxLength={100}
							placeholder="For whom it is"
							value={form.name}
							onInput={(event) => change({ name: event.currentTarget.value })}
						/>
					</Field>
					<SelectField
						label="Expires"
						value={form.days === null ? "" : String(form.days)}
						options={DAYS}
						change={(days) => change({ days: days === "" ? null : Number(days) })}
					/>
				</Row>
				<div class="edit-toggles one">
					<Toggle
						label="Viewers may choose the time range"
						value={form.choose_time}
						change={(choose_time) => change({ choose_time })}
					/>
					{hasVariables && (
						<Toggle
							label="Viewers may choose values of variables"
							value={form.choose_variables}
							change={(choose_variables) => change({ choose_variables })}
						/>
					)}
					{seen && (
						<Toggle
							label="Opens with what I see now"
							hint={seenWords(time, chosen, variables, { now: Date.now(), zone, weekStart: site.week_start })}
							value={form.time !== null || Object.keys(form.variables).length > 0}
							change={(now) => change(now ? { time, variables: chosen } : { time: null, variables: {} })}
						/>
					)}
					<Toggle
						label="May stand in a frame on other pages"
						hint="On the origins that the site's settings allow."
						value={form.embed}
						change={(embed) => change({ embed })}
					/>
				</div>
				<p class="hint">
					Whoever has the link sees the figures of this dashboard, and nothing else, without signing in.
				</p>
				{failed !== "" && (
					<p class="field-problem" role="alert">
						{failed}
					</p>
				)}
				<div class="edit-adds">
					<button type="submit" class="button primary" disabled={busy}>
						<Icon name="link" size={15} /> {busy ? "Making it…" : "Make a link"}
					</button>
				</div>
			</form>
		</Section>
	);
}

/** "Last 7 days; Country: Germany, France": in the words of the picker and the variables' menus. */
export function seenWords(
	time: Time | null,
	chosen: VariableValues,
	variables: readonly Variable[],
	context: RangeContext,
): string {
	const words = wordsOf(variables, chosen, {});
	const said = variables.flatMap(({ name, label }) =>
		chosen[name] === undefined ? [] : [`${label || name}: ${interpolate(`$${name}`, words)}`],
	);
	return [...(time ? [timeName(time, context)] : []), ...said].join("; ");
}

/** The link is told once: only its signature opens it, and nobody keeps that. */
function Made({ share }: { share: Share }) {
	if (share.link === undefined) return null;
	return (
		<section class="edit-made" aria-label="The new link">
			<p>This is the link. It is shown only now: copy it.</p>
			<Copyable label="Link" text={absolute(share.link)} />
			{share.embed_link !== undefined && <Copyable label="Code for a page" text={frameCode(share.embed_link)} />}
		</section>
	);
}

const SAID_MS = 2_000;

export function Copyable({ label, text }: { label: string; text: string }) {
	const [said, setSaid] = useState("");
	const copy = async () => {
		setSaid((await copyText(text)) ? "Copied" : "Select and copy it");
		setTimeout(() => setSaid(""), SAID_MS);
	};
	return (
		<div class="edit-copyable">
			<input
				type="text"
				class="mono"
				readOnly
				aria-label={label}
				value={text}
				onFocus={(event) => event.currentTarget.select()}
			/>
			<button type="button" class="button small" aria-label={`Copy ${label.toLowerCase()}`} onClick={copy}>
				<Icon name={said === "Copied" ? "check" : "copy"} size={14} /> <span role="status">{said || "Copy"}</span>
			</button>
		</div>
	);
}

function Listed({ share, revoked }: { share: Share; revoked: () => void }) {
	const { site } = useWorkspace();
	const [sure, setSure] = useState(false);
	const { busy, failed, attempt } = useAttempt();
	const at = (ms: number) => moment(new Date(ms).toISOString(), site.zone);
	const expired = share.expires_at !== null && share.expires_at <= Date.now();
	return (
		<>
			<span class="edit-list-what">
				<b>{share.name || "Without a name"}</b>
				<span class="muted">
					{share.created_by.name}, {at(share.created_at)}.{" "}
					{share.expires_at === null ? "Never expires." : `${expired ? "Expired" : "Expires"} ${at(share.expires_at)}.`}
					{share.embed && " May be embedded."}
				</span>
				{failed !== "" && <span class="field-problem">{failed}</span>}
			</span>
			{may("edit") && (
				<button
					type="button"
					class={`button small${sure ? " danger" : ""}`}
					disabled={busy}
					onBlur={() => setSure(false)}
					onClick={() => {
						if (!sure) return setSure(true);
						attempt(async () => {
							await revokeShare(share.id);
							revoked();
						});
					}}
				>
					{sure ? "Nobody can open it then. Revoke?" : "Revoke"}
				</button>
			)}
		</>
	);
}
