import { useState } from "preact/hooks";
import type { Digest } from "../../../../schema/digest.ts";
import { Field, Row, SelectField, Toggle } from "./fields.tsx";
import { useAttempt } from "./use-list.ts";

export type DigestFields = Pick<Digest, "name" | "url" | "every" | "weekday" | "hour" | "format" | "enabled">;

export const newDigestFields = (title: string): DigestFields => ({
	name: title,
	url: "",
	every: "week",
	weekday: 1,
	hour: 8,
	format: "json",
	enabled: true,
});

const WEEKDAYS = [
	["1", "Monday"],
	["2", "Tuesday"],
	["3", "Wednesday"],
	["4", "Thursday"],
	["5", "Friday"],
	["6", "Saturday"],
	["0", "Sunday"],
] as const;
const HOURS = Array.from({ length: 24 }, (_, hour): [string, string] => [
	String(hour),
	`${String(hour).padStart(2, "0")}:00`,
]);

/** Where a digest goes, when, and in which form. */
export function DigestForm({
	fields,
	submit,
	verb,
	cancel,
}: {
	fields: DigestFields;
	submit: (fields: DigestFields) => Promise<void>;
	verb: string;
	cancel: () => void;
}) {
	const [form, setForm] = useState(fields);
	const { busy, failed, attempt } = useAttempt();
	const change = (next: Partial<DigestFields>) => setForm({ ...form, ...next });
	return (
		<form
			class="edit-form edit-query"
			onSubmit={(event) => {
				event.preventDefault();
				attempt(() => submit({ ...form, name: form.name.trim(), url: form.url.trim() }));
			}}
		>
			<Field label="Name" wide>
				<input
					type="text"
					required
					maxLength={100}
					value={form.name}
					onInput={(event) => change({ name: event.currentTarget.value })}
				/>
			</Field>
			<Field label="Address that is called" wide>
				<input
					type="url"
					required
					maxLength={1000}
					placeholder="https://…"
					value={form.url}
					onInput={(event) => change({ url: event.currentTarget.value })}
				/>
			</Field>
			<Row>
				<SelectField
					label="Every"
					value={form.every}
					options={[
						["day", "Day"],
						["week", "Week"],
					]}
					change={(every) => change({ every })}
				/>
				{form.every === "week" && (
					<SelectField
						label="On"
						value={String(form.weekday)}
						options={WEEKDAYS}
						change={(weekday) => change({ weekday: Number(weekday) })}
					/>
				)}
				<SelectField
					label="At"
					value={String(form.hour)}
					options={HOURS}
					change={(hour) => change({ hour: Number(hour) })}
				/>
				<SelectField
					label="As"
					value={form.format}
					options={[
						["json", "JSON: all figures"],
						["slack", "A message for Slack and its like"],
					]}
					change={(format) => change({ format })}
				/>
			</Row>
			<p class="hint">Times are of the site's zone.</p>
			<Toggle label="Active" value={form.enabled} change={(enabled) => change({ enabled })} />
			{failed !== "" && (
				<p class="field-problem" role="alert">
					{failed}
				</p>
			)}
			<div class="edit-adds">
				<button type="submit" class="button small primary" disabled={busy}>
					{busy ? "One moment…" : verb}
				</button>
				<button type="button" class="button small" disabled={busy} onClick={cancel}>
					Cancel
				</button>
			</div>
		</form>
	);
}
