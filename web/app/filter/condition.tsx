import { useEffect, useState } from "preact/hooks";
import type { Scalar } from "../../../schema/core/scan/expression.ts";
import { useExplored } from "../explore/state.ts";
import { valueLabel } from "../model/label.ts";
import { DraftInput } from "../panels/draft.tsx";
import { useWorkspace } from "../state.ts";
import { Chips } from "./chips.tsx";
import { FieldSelect } from "./field.tsx";
import { fieldLabel } from "./fields.ts";
import { type ConditionFilter, newCondition, operatorInfo, operatorsFor, withOperator } from "./model.ts";

/** Field, operator, values. */
export function ConditionRow({
	condition,
	change,
}: {
	condition: ConditionFilter;
	change: (condition: ConditionFilter) => void;
}) {
	const { dim, op, values } = condition;
	const { arity, numeric } = operatorInfo(op);
	const set = (next: Scalar[]) => change({ ...condition, values: next });
	const label = `Value of ${fieldLabel(dim)}`;
	return (
		<div class="filter-row">
			<FieldSelect field={dim} change={(field) => change(newCondition(field))} label="Field" />
			<select
				aria-label="Operator"
				value={op}
				onChange={(event) => {
					const chosen = operatorsFor(dim, op).find((info) => info.op === event.currentTarget.value);
					if (chosen) change(withOperator(condition, chosen.op));
				}}
			>
				{operatorsFor(dim, op).map((info) => (
					<option key={info.op} value={info.op}>
						{info.words}
					</option>
				))}
			</select>
			{arity === "many" && <Values field={dim} values={values} change={set} label={label} />}
			{arity === "one" && <OneValue value={values[0]} numeric={numeric} change={set} label={label} />}
			{arity === "two" && <Between values={values} change={set} label={label} />}
		</div>
	);
}

function OneValue({
	value,
	numeric,
	change,
	label,
}: {
	value: Scalar | undefined;
	numeric: boolean;
	change: (values: Scalar[]) => void;
	label: string;
}) {
	const shared = {
		class: "one-value",
		"aria-label": label,
		value: value === undefined ? "" : String(value),
	};
	if (numeric)
		return (
			<DraftInput
				type="number"
				step="any"
				placeholder="number"
				finish={({ valueAsNumber: next }) => change(Number.isFinite(next) ? [next] : [])}
				{...shared}
			/>
		);
	return (
		<DraftInput
			placeholder="value"
			maxLength={256}
			finish={({ value: next }) => change(next === "" ? [] : [next])}
			{...shared}
		/>
	);
}

function Between({
	values,
	change,
	label,
}: {
	values: readonly Scalar[];
	change: (values: Scalar[]) => void;
	label: string;
}) {
	// Half of it is no value yet: it waits here for the other half.
	const [draft, setDraft] = useState(values);
	useEffect(() => setDraft(values), [values]);
	const set = (at: number, number: number) => {
		const next = [draft[0] ?? Number.NaN, draft[1] ?? Number.NaN].map((old, i) => (i === at ? number : old));
		setDraft(next);
		if (next.every((one) => Number.isFinite(Number(one)))) change(next);
	};
	const field = (at: number, name: string) => (
		<DraftInput
			type="number"
			step="any"
			class="one-value"
			aria-label={`${label}, ${name}`}
			placeholder={name}
			value={Number.isFinite(Number(draft[at] ?? Number.NaN)) ? String(draft[at]) : ""}
			finish={({ valueAsNumber }) => set(at, valueAsNumber)}
		/>
	);
	return (
		<span class="inline">
			{field(0, "least")} and {field(1, "most")}
		</span>
	);
}

/** Several values: typed, or taken from those that the field had lately. */
function Values({
	field,
	values,
	change,
	label,
}: {
	field: string;
	values: readonly Scalar[];
	change: (values: Scalar[]) => void;
	label: string;
}) {
	const { suggest } = useExplored();
	const { metrics } = useWorkspace();
	const [suggested, setSuggested] = useState<readonly string[]>([]);
	const offer = () => {
		if (field === "name") setSuggested(metrics.peek());
		else suggest(field).then(setSuggested);
	};
	return (
		<Chips<Scalar>
			values={values}
			change={change}
			label={label}
			placeholder={values.length === 0 ? "value" : "or…"}
			maxLength={256}
			named={(value) => valueLabel(field, value)}
			suggested={suggested}
			offer={offer}
		/>
	);
}
