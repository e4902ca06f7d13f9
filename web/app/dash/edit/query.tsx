/** The form of one query: which event, what of it, narrowed to what, split by what. */

import { signal } from "@preact/signals";
import { useContext, useMemo } from "preact/hooks";
import type { PanelQuery } from "../../../../schema/dashboard.ts";
import { MEASURES, type Measure } from "../../../../schema/metric.ts";
import { RANGES } from "../../../../schema/query.ts";
import { MEASURE_INFO, measuresFor } from "../../explore/model/measures.ts";
import { Count } from "../../explore/parts/controls.tsx";
import { ExploredContext, useExplored } from "../../explore/state.ts";
import { Filters } from "../../filter/filters.tsx";
import { SplitBy } from "../../filter/split.tsx";
import { eventLabel } from "../../filter/words.ts";
import { Icon } from "../../panels/icon.tsx";
import { useWorkspace } from "../../state.ts";
import { Field, FieldProblem, NamesContext, Row, TextField, Toggle } from "./fields.tsx";

interface QueryProps {
	query: PanelQuery;
	at: number;
	count: number;
	/** All letters are taken. */
	full: boolean;
	/** groups: it may be split. values: it counts events by their value. whole: neither. */
	by: "groups" | "values" | "whole";
	change: (query: PanelQuery, key?: string) => void;
	move: (by: -1 | 1) => void;
	duplicate: () => void;
	remove: () => void;
}

const isMeasure = (text: string): text is Measure => MEASURES.some((measure) => measure === text);

/** What a query is called without a label of its own. */
function defaultLabel({ metric, measure }: PanelQuery, by: QueryProps["by"]): string {
	if (by === "values") return eventLabel(metric);
	const words = isMeasure(measure) ? MEASURE_INFO[measure].label : measure;
	return metric === "*" ? words : `${words}: ${metric}`;
}

export function QueryForm(props: QueryProps) {
	const { query, at, change } = props;
	const path = `queries.${at}`;
	return (
		<fieldset class={`edit-query${query.hidden ? " hidden" : ""}`} aria-label={`Query ${query.ref}`}>
			<QueryHead {...props} />
			<Row>
				<Field label="Event" path={`${path}.metric`}>
					<MetricSelect value={query.metric} change={(metric) => change({ ...query, metric })} />
				</Field>
				{props.by === "values" ? (
					<Count
						label="Ranges at most"
						value={Math.min(RANGES.most, Math.max(RANGES.least, query.limit))}
						min={RANGES.least}
						max={RANGES.most}
						change={(limit) => change({ ...query, limit })}
					/>
				) : (
					<Field label="Show" path={`${path}.measure`}>
						<MeasureSelect query={query} change={(measure) => change({ ...query, measure })} />
					</Field>
				)}
			</Row>
			<Filters
				filters={query.filters}
				change={(filters) => change({ ...query, filters })}
				label={`Filters of query ${query.ref}`}
			/>
			<FieldProblem path={`${path}.filters`} within />
			{props.by === "groups" && <GroupBy query={query} path={path} change={change} />}
			<Row>
				<TextField
					label="Label"
					path={`${path}.label`}
					max={100}
					placeholder={defaultLabel(query, props.by)}
					variables
					wide={false}
					value={query.label}
					change={(label) => change({ ...query, label }, "label")}
				/>
			</Row>
			<div class="edit-toggles">
				<Toggle
					label="Hidden"
					hint="Only for formulas."
					value={query.hidden}
					change={(hidden) => change({ ...query, hidden })}
				/>
				<Toggle
					label="Exact"
					hint="Counts from raw events: slower, without estimates."
					value={query.exact}
					change={(exact) => change({ ...query, exact })}
				/>
			</div>
			<FieldProblem path={`${path}.ref`} />
		</fieldset>
	);
}

function QueryHead({ query, by, at, count, full, move, duplicate, remove }: QueryProps) {
	const button = (icon: "up" | "chevron" | "copy" | "trash", label: string, act: () => void, disabled: boolean) => (
		<button
			type="button"
			class="icon-button small"
			aria-label={`${label} query ${query.ref}`}
			title={label}
			disabled={disabled}
			onClick={act}
		>
			<Icon name={icon} size={14} />
		</button>
	);
	return (
		<div class="edit-query-head">
			<b class="edit-ref">{query.ref}</b>
			<span class="muted">{query.label === "" ? defaultLabel(query, by) : query.label}</span>
			<span class="grow" />
			{count > 1 && button("up", "Move up", () => move(-1), at === 0)}
			{count > 1 && button("chevron", "Move down", () => move(1), at === count - 1)}
			{button("copy", "Duplicate", duplicate, full)}
			{button("trash", "Remove", remove, count === 1)}
		</div>
	);
}

/** `$name` of each variable of the dashboard. */
const useVariables = (): string[] => useContext(NamesContext).map((name) => `$${name}`);

/** Variables, behind what a select offers by itself. */
const VariableOptions = ({ names }: { names: readonly string[] }) =>
	names.length === 0 ? null : (
		<optgroup label="Variables">
			{names.map((name) => (
				<option key={name} value={name}>
					{name}
				</option>
			))}
		</optgroup>
	);

/** An event by its name, or the variable that says it. */
export function MetricSelect({
	value,
	change,
	label,
}: {
	value: string;
	change: (value: string) => void;
	label?: string;
}) {
	const events = ["*", ...useWorkspace().metrics.value];
	const names = useVariables();
	const known = events.includes(value) || names.includes(value);
	return (
		<select aria-label={label} value={value} onChange={(event) => change(event.currentTarget.value)}>
			{!known && <option value={value}>{value}</option>}
			{events.map((name) => (
				<option key={name} value={name}>
					{eventLabel(name)}
				</option>
			))}
			<VariableOptions names={names} />
		</select>
	);
}

function MeasureSelect({ query, change }: { query: PanelQuery; change: (measure: PanelQuery["measure"]) => void }) {
	const names = useVariables();
	const { measure } = query;
	// What a variable will say as the event is not known: anything may make sense of it.
	const metric = query.metric.startsWith("$") ? "*" : query.metric;
	const measures = measuresFor(metric, isMeasure(measure) ? measure : "count");
	const known = isMeasure(measure) || names.includes(measure);
	return (
		<select value={measure} onChange={(event) => change(event.currentTarget.value)}>
			{!known && <option value={measure}>{measure}</option>}
			{measures.map(([id, name]) => (
				<option key={id} value={id}>
					{name}
				</option>
			))}
			<VariableOptions names={names} />
		</select>
	);
}

/** No field, one or two, and how many groups. A variable may name the field. */
function GroupBy({
	query,
	path,
	change,
}: {
	query: PanelQuery;
	path: string;
	change: (query: PanelQuery, key?: string) => void;
}) {
	const explored = useExplored();
	const names = useContext(NamesContext);
	const known = explored.fields.value;
	const offering = useMemo(
		() => ({ ...explored, fields: signal([...known, ...names.map((name) => `$${name}`)]) }),
		[explored, known, names],
	);
	return (
		<ExploredContext.Provider value={offering}>
			<Row>
				<SplitBy fields={query.groupBy} change={(groupBy) => change({ ...query, groupBy })} />
				{query.groupBy.length > 0 && (
					<Count
						label="Groups at most"
						value={query.limit}
						min={1}
						max={100}
						change={(limit) => change({ ...query, limit })}
					/>
				)}
			</Row>
			<FieldProblem path={`${path}.groupBy`} within />
		</ExploredContext.Provider>
	);
}
