import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Variable } from "../../../../schema/dashboard.ts";
import type { VariableAnswer } from "../../../../schema/panel.ts";
import { useLoaded } from "../../loader.ts";
import { EVERY, ownOptions, takesSeveral, worded, wordOf } from "../values.ts";
import { previewVariable } from "./api.ts";
import { Field } from "./fields.tsx";
import { finishedVariable } from "./model/check.ts";
import { useAsking } from "./preview.tsx";
import { TagsField } from "./tags.tsx";

/** As many as say what a variable is like. */
const SHOWN = 12;
/** Asked by changes only. */
const NEVER = signal(0);

/** The options that the server has for a variable as it stands. Null: they are not known. */
function useOptions(variable: Variable) {
	const { asking, context } = useAsking();
	const whole = useMemo(() => finishedVariable(variable), [variable]);
	const { time, variables } = asking;
	const question = JSON.stringify([whole, time, variables, context.variables]);
	return useLoaded<VariableAnswer | null>(
		question,
		(aborted) =>
			whole.kind === "query"
				? previewVariable({ variable: whole, time, variables, context }, aborted)
				: Promise.resolve(null),
		NEVER,
	);
}

/** What one could choose now, live. */
export function VariablePreview({ variable }: { variable: Variable }) {
	const { data, failure, loading } = useOptions(variable);
	if (failure)
		return (
			<p class="field-problem" role="alert">
				{failure.message}
			</p>
		);
	if (!data) return <p class="hint">{loading ? "Looking for values…" : ""}</p>;
	if (data.options.length === 0) return <p class="hint">The field had no values in this range.</p>;
	return (
		<p class="edit-options">
			<span class="muted">Now:</span>
			{worded(
				variable,
				data.options.slice(0, SHOWN).map(({ value }) => value),
			).map(({ value, label }) => (
				<code key={value} title={value}>
					{label}
				</code>
			))}
			{data.options.length > SHOWN && <span class="muted">and {data.options.length - SHOWN} more</span>}
		</p>
	);
}

/** What is chosen where the address says nothing. */
export function DefaultValue({ variable, change }: { variable: Variable; change: (value: string[]) => void }) {
	if (variable.kind === "text")
		return (
			<Field label="At first" wide>
				<input
					type="text"
					maxLength={256}
					value={variable.value[0] ?? ""}
					onInput={(event) => change(event.currentTarget.value === "" ? [] : [event.currentTarget.value])}
				/>
			</Field>
		);
	if (takesSeveral(variable) && variable.kind !== "list")
		return (
			<TagsField
				label="At first"
				path=""
				hint={"all" in variable && variable.all ? "None: all of them." : "None: the first one."}
				tags={variable.value.filter((value) => value !== EVERY)}
				named={(value) => wordOf(variable, value)}
				change={change}
			/>
		);
	return <OneDefault variable={variable} change={change} />;
}

function OneDefault({ variable, change }: { variable: Variable; change: (value: string[]) => void }) {
	const known = ownOptions(variable);
	const all = "all" in variable && variable.all;
	const none = all ? "All" : "The first one";
	if (known === null)
		return (
			<Field label="At first" wide>
				<input
					type="text"
					placeholder={none}
					maxLength={256}
					value={variable.value[0] ?? ""}
					onInput={(event) => change(event.currentTarget.value === "" ? [] : [event.currentTarget.value])}
				/>
			</Field>
		);
	return (
		<Field label="At first" wide>
			<select
				value={variable.value[0] ?? ""}
				onChange={(event) => change(event.currentTarget.value === "" ? [] : [event.currentTarget.value])}
			>
				<option value="">{none}</option>
				{known.map(({ value, label }) => (
					<option key={value} value={value}>
						{label}
					</option>
				))}
			</select>
		</Field>
	);
}
