/** What the pages of settings are made of. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId, useMemo } from "preact/hooks";
import type { Action } from "../action.ts";
import { type Loaded, useLoaded } from "../loader.ts";
import { Dialog } from "../panels/dialog.tsx";
import { Snippet } from "../panels/snippet.tsx";
import { Notice, Problem } from "../panels/states.tsx";
import { ago, moment } from "./words.ts";

export function Section({ title, lead, children }: { title: string; lead?: string; children: ComponentChildren }) {
	const id = useId();
	return (
		<section class="card set-section" aria-labelledby={id}>
			<h3 id={id}>{title}</h3>
			{lead && <p class="set-lead">{lead}</p>}
			{children}
		</section>
	);
}

/** Something that is listed: `again` asks anew, for instance after a change. */
export function useList<T>(name: string, load: (signal: AbortSignal) => Promise<T>) {
	const tick = useMemo(() => signal(0), []);
	const loaded = useLoaded(name, load, tick);
	return { ...loaded, again: loaded.retry };
}

/** The outline of a list that is on its way. */
export const Waiting = () => (
	<div class="set-wait" aria-busy="true">
		<span class="skeleton" />
		<span class="skeleton" />
		<span class="skeleton" />
	</div>
);

/** A list once it is there; before that its outline, or why it does not come. */
export function Listed<T>({
	loaded,
	children,
}: {
	loaded: Loaded<T> & { retry: () => void };
	children: (data: T) => ComponentChildren;
}) {
	const { data, failure, slow, retry } = loaded;
	if (data === null) return failure ? <Problem failure={failure} retry={retry} /> : <Waiting />;
	return (
		<>
			<Notice failure={failure} slow={slow} retry={retry} />
			{children(data)}
		</>
	);
}

/** Rows under headings; `actions`: a last column without one. On a phone each row is a card (settings.css). */
export function Table({
	heads,
	actions = true,
	look = "",
	children,
}: {
	heads: readonly string[];
	actions?: boolean;
	look?: string;
	children: ComponentChildren;
}) {
	return (
		<table class={`set-table ${look}`}>
			<thead>
				<tr>
					{heads.map((head) => (
						<th key={head} scope="col">
							{head}
						</th>
					))}
					{actions && <td />}
				</tr>
			</thead>
			<tbody>{children}</tbody>
		</table>
	);
}

/** What came of an action. */
export function Outcome({ action }: { action: Action }) {
	return (
		<>
			<p class="field-problem" role="alert">
				{action.problem}
			</p>
			<p class="set-done" role="status">
				{action.done}
			</p>
		</>
	);
}

/** When something was: how long ago, and the moment on hover. */
export function When({ at, never = "never" }: { at: number | null | undefined; never?: string }) {
	if (at === null || at === undefined) return <span class="muted">{never}</span>;
	return (
		<time datetime={new Date(at).toISOString()} title={moment(at)}>
			{ago(at, Date.now())}
		</time>
	);
}

/** A secret that is shown this once. */
export function Once({ secret, label, children }: { secret: string; label: string; children: ComponentChildren }) {
	return (
		<div class="set-once" role="status">
			<p>{children}</p>
			<Snippet code={secret} label={label} />
		</div>
	);
}

/** Asks before what cannot be taken back. */
export function Confirm({
	title,
	verb,
	action,
	confirm,
	close,
	children,
}: {
	title: string;
	/** On the button: what will be done. */
	verb: string;
	action: Action;
	confirm: () => void;
	close: () => void;
	children: ComponentChildren;
}) {
	return (
		<Dialog title={title} kind="sheet" close={close}>
			<div class="set-confirm">
				<p>{children}</p>
				<Outcome action={action} />
				<div class="set-buttons">
					<button type="button" class="button" onClick={close}>
						Cancel
					</button>
					<button type="button" class="button danger" disabled={action.busy} onClick={confirm}>
						{verb}
					</button>
				</div>
			</div>
		</Dialog>
	);
}

export function Select<Value extends string>({
	label,
	value,
	options,
	change,
	disabled = false,
	bare = false,
}: {
	label: string;
	value: Value;
	options: readonly (readonly [Value, string])[];
	change: (value: Value) => void;
	disabled?: boolean;
	/** The label is only said: a table's heading shows it. */
	bare?: boolean;
}) {
	const id = useId();
	return (
		<div class={bare ? "" : "field"}>
			<label for={id} class={bare ? "sr-only" : ""}>
				{label}
			</label>
			<select
				id={id}
				value={value}
				disabled={disabled}
				onChange={(event) => {
					const chosen = options.find(([option]) => option === event.currentTarget.value);
					if (chosen) change(chosen[0]);
				}}
			>
				{options.map(([option, name]) => (
					<option key={option} value={option}>
						{name}
					</option>
				))}
			</select>
		</div>
	);
}
