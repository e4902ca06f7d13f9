/** Digests of a dashboard: its figures, sent to a webhook every day or week. */
import { useState } from "preact/hooks";
import type { DashboardRecord } from "../../../../schema/dashboard.ts";
import type { Digest } from "../../../../schema/digest.ts";
import { moment } from "../../explore/model/words.ts";
import { may } from "../../key.ts";
import { Icon } from "../../panels/icon.tsx";
import { Problem } from "../../panels/states.tsx";
import { useWorkspace } from "../../state.ts";
import { createDigest, deleteDigest, listDigests, sendDigest, updateDigest } from "./api.ts";
import { type DigestFields, DigestForm, newDigestFields } from "./digest-form.tsx";
import { Section } from "./fields.tsx";
import { Copyable } from "./links.tsx";
import { useAttempt, useList } from "./use-list.ts";

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

export function Digests({ record }: { record: DashboardRecord }) {
	const { items, failure, again, set } = useList<Digest>(record.uid, () => listDigests(record.uid));
	const [adding, setAdding] = useState(false);
	const [secret, setSecret] = useState<string | null>(null);
	const create = async (fields: DigestFields) => {
		const made = await createDigest({ ...fields, dashboard: record.uid });
		setSecret(made.secret ?? null);
		set((old) => [...old, made]);
		setAdding(false);
	};
	return (
		<Section title="Digests">
			<p class="hint">The figures of this dashboard, sent to a webhook every day or week.</p>
			{failure && <Problem failure={failure} retry={again} />}
			{secret !== null && (
				<section class="edit-made" aria-label="The secret of the new digest">
					<p>Deliveries are signed with this secret. It is shown only now: copy it.</p>
					<Copyable label="Secret" text={secret} />
				</section>
			)}
			<ul class="edit-list">
				{items?.map((digest) => (
					<li key={digest.id}>
						<Listed
							digest={digest}
							changed={(next) => set((old) => old.map((one) => (one.id === digest.id ? next : one)))}
							removed={() => set((old) => old.filter(({ id }) => id !== digest.id))}
						/>
					</li>
				))}
			</ul>
			{items?.length === 0 && !adding && <p class="hint">There is none.</p>}
			{may("edit") &&
				(adding ? (
					<DigestForm
						fields={newDigestFields(record.dashboard.title)}
						submit={create}
						verb="Make the digest"
						cancel={() => setAdding(false)}
					/>
				) : (
					<div class="edit-adds">
						<button type="button" class="button small" onClick={() => setAdding(true)}>
							<Icon name="plus" size={14} /> Digest
						</button>
					</div>
				))}
		</Section>
	);
}

/** `Every Monday at 08:00 to hooks.example.com` */
function scheduleWords({ every, weekday, hour, url }: Digest): string {
	const day = every === "day" ? "Every day" : `Every ${WEEKDAYS[weekday] ?? "week"}`;
	return `${day} at ${String(hour).padStart(2, "0")}:00 to ${new URL(url).host}`;
}

function Listed({
	digest,
	changed,
	removed,
}: {
	digest: Digest;
	changed: (digest: Digest) => void;
	removed: () => void;
}) {
	const { site } = useWorkspace();
	const [editing, setEditing] = useState(false);
	const [sure, setSure] = useState(false);
	const { busy, failed, attempt } = useAttempt();
	const at = (ms: number) => moment(new Date(ms).toISOString(), site.zone);
	const { last } = digest;
	const { name, url, every, weekday, hour, format, enabled } = digest;
	if (editing)
		return (
			<DigestForm
				fields={{ name, url, every, weekday, hour, format, enabled }}
				submit={async (fields) => {
					changed(await updateDigest(digest.id, { ...fields, version: digest.version }));
					setEditing(false);
				}}
				verb="Save"
				cancel={() => setEditing(false)}
			/>
		);
	return (
		<>
			<span class="edit-list-what">
				<b>{name}</b>
				<span class="muted">
					{scheduleWords(digest)}. {enabled ? `Next ${at(digest.due_at)}.` : "Paused."}
				</span>
				{last && (
					<span class={last.error === null ? "muted" : "field-problem"}>
						{last.error === null
							? `Sent ${at(last.at)}, answered ${last.status ?? ""}.`
							: `Not delivered ${at(last.at)}: ${last.error}`}
					</span>
				)}
				{failed !== "" && (
					<span class="field-problem" role="alert">
						{failed}
					</span>
				)}
			</span>
			{may("edit") && (
				<span class="edit-list-acts">
					<button
						type="button"
						class="button small"
						disabled={busy}
						onClick={() => attempt(async () => changed({ ...digest, last: await sendDigest(digest.id) }))}
					>
						{busy ? "Sending…" : "Send now"}
					</button>
					<button type="button" class="icon-button small" aria-label={`Edit ${name}`} onClick={() => setEditing(true)}>
						<Icon name="pencil" size={14} />
					</button>
					{sure ? (
						<button
							type="button"
							class="button small danger"
							onBlur={() => setSure(false)}
							onClick={() =>
								attempt(async () => {
									await deleteDigest(digest.id);
									removed();
								})
							}
						>
							Delete
						</button>
					) : (
						<button type="button" class="icon-button small" aria-label={`Delete ${name}`} onClick={() => setSure(true)}>
							<Icon name="trash" size={14} />
						</button>
					)}
				</span>
			)}
		</>
	);
}
