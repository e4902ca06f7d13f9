/** The variables of the dashboard: what each is called, what one can choose, and what is chosen at first. */
import { useState } from "preact/hooks";
import type { Variable } from "../../../../schema/dashboard.ts";
import { INTERVALS } from "../../../../schema/query.ts";
import { Count } from "../../explore/parts/controls.tsx";
import { FieldSelect } from "../../filter/field.tsx";
import { Filters } from "../../filter/filters.tsx";
import { Icon } from "../../panels/icon.tsx";
import { Field, FieldProblem, Row, Section, TextField, Toggle } from "./fields.tsx";
import { moved } from "./model/panels.ts";
import {
	isUsed,
	newVariable,
	optionsOf,
	textOfOptions,
	VARIABLE_KINDS,
	type VariableOf,
	withVariables,
} from "./model/variables.ts";
import { MetricSelect } from "./query.tsx";
import { useEditing } from "./session.ts";
import { DefaultValue, VariablePreview } from "./variable-preview.tsx";

/** As the schema has it. */
const MOST = 20;

type Change = (variable: Variable, key?: string) => void;

export function Variables() {
	const { session } = useEditing();
	const { variables } = session.dashboard.value;
	const [open, setOpen] = useState<number | null>(null);
	const set = (next: Variable[], key?: string) =>
		session.change((old) => withVariables(old, next), key === undefined ? null : key);
	return (
		<Section title="Variables">
			<p class="hint">
				Viewers choose values; titles, filters and Markdown hold them as <code>$name</code>. Filters of a variable may
				hold those of others.
			</p>
			{variables.map((variable, at) => (
				<fieldset class="edit-query" key={at} aria-label={`Variable ${variable.name}`}>
					<VariableHead
						variable={variable}
						at={at}
						count={variables.length}
						open={open === at}
						toggle={() => setOpen(open === at ? null : at)}
						move={(by) => {
							set(moved(variables, at, at + by));
							setOpen(null);
						}}
						remove={() => {
							set(variables.filter((_, i) => i !== at));
							setOpen(null);
						}}
					/>
					{open === at && (
						<VariableForm
							variable={variable}
							path={`variables.${at}`}
							change={(next, key) =>
								set(
									variables.map((old, i) => (i === at ? next : old)),
									key === undefined ? undefined : `variable.${at}.${key}`,
								)
							}
						/>
					)}
				</fieldset>
			))}
			<FieldProblem path="variables" within />
			<div class="edit-adds">
				{VARIABLE_KINDS.map(([kind, name, hint]) => (
					<button
						type="button"
						class="button small"
						key={kind}
						title={hint}
						disabled={variables.length >= MOST}
						onClick={() => {
							set([...variables, newVariable(kind, variables)]);
							setOpen(variables.length);
						}}
					>
						<Icon name="plus" size={14} /> {name}
					</button>
				))}
			</div>
		</Section>
	);
}

function VariableHead({
	variable,
	at,
	count,
	open,
	toggle,
	move,
	remove,
}: {
	variable: Variable;
	at: number;
	count: number;
	open: boolean;
	toggle: () => void;
	move: (by: -1 | 1) => void;
	remove: () => void;
}) {
	const { session } = useEditing();
	const [sure, setSure] = useState(false);
	const used = isUsed(session.dashboard.value, variable.name);
	const kind = VARIABLE_KINDS.find(([id]) => id === variable.kind)?.[1] ?? variable.kind;
	return (
		<div class="edit-query-head">
			<button type="button" class="edit-open" aria-expanded={open} onClick={toggle}>
				<Icon name={open ? "up" : "chevron"} size={14} />
				<b>${variable.name}</b> <span class="muted">{kind}</span>
			</button>
			<span class="grow" />
			<button
				type="button"
				class="icon-button small"
				aria-label={`Move ${variable.name} up`}
				disabled={at === 0}
				onClick={() => move(-1)}
			>
				<Icon name="up" size={14} />
			</button>
			<button
				type="button"
				class="icon-button small"
				aria-label={`Move ${variable.name} down`}
				disabled={at === count - 1}
				onClick={() => move(1)}
			>
				<Icon name="chevron" size={14} />
			</button>
			{sure ? (
				<button type="button" class="button small danger" onClick={remove} onBlur={() => setSure(false)}>
					It is in use. Delete it?
				</button>
			) : (
				<button
					type="button"
					class="icon-button small"
					aria-label={`Delete ${variable.name}`}
					onClick={() => (used ? setSure(true) : remove())}
				>
					<Icon name="trash" size={14} />
				</button>
			)}
		</div>
	);
}

function VariableForm({ variable, path, change }: { variable: Variable; path: string; change: Change }) {
	return (
		<>
			<Row>
				<TextField
					label="Name"
					path={`${path}.name`}
					max={32}
					wide={false}
					mono
					value={variable.name}
					change={(name) => change({ ...variable, name }, "name")}
				/>
				<TextField
					label="Label"
					path={`${path}.label`}
					max={100}
					wide={false}
					placeholder={variable.name}
					value={variable.label}
					change={(label) => change({ ...variable, label }, "label")}
				/>
			</Row>
			{variable.kind === "query" && <QueryFields variable={variable} path={path} change={change} />}
			{variable.kind === "list" && <ListFields variable={variable} path={path} change={change} />}
			{variable.kind === "interval" && <IntervalFields variable={variable} path={path} change={change} />}
			{"multi" in variable && (
				<div class="edit-toggles">
					<Toggle
						label="Several at once"
						value={variable.multi}
						change={(multi) =>
							change({ ...variable, multi, value: multi ? variable.value : variable.value.slice(0, 1) })
						}
					/>
					<Toggle
						label="All"
						hint="Then filters by it hold nothing back."
						value={variable.all}
						change={(all) => change({ ...variable, all })}
					/>
				</div>
			)}
			<DefaultValue variable={variable} change={(value) => change({ ...variable, value })} />
			<FieldProblem path={`${path}.value`} within />
			{variable.kind === "query" && <VariablePreview variable={variable} />}
		</>
	);
}

interface KindProps<Kind extends Variable["kind"]> {
	variable: VariableOf<Kind>;
	path: string;
	change: Change;
}

function QueryFields({ variable, path, change }: KindProps<"query">) {
	return (
		<>
			<Row>
				<Field label="Values of" path={`${path}.dim`}>
					<FieldSelect field={variable.dim} change={(dim) => change({ ...variable, dim })} label="Values of" />
				</Field>
				<Field label="In events" path={`${path}.metric`}>
					<MetricSelect value={variable.metric} change={(metric) => change({ ...variable, metric })} />
				</Field>
				<Count
					label="At most"
					value={variable.limit}
					min={1}
					max={500}
					change={(limit) => change({ ...variable, limit })}
				/>
			</Row>
			<Filters
				filters={variable.filters}
				change={(filters) => change({ ...variable, filters })}
				label={`Filters of variable ${variable.name}`}
			/>
			<FieldProblem path={`${path}.filters`} within />
		</>
	);
}

function ListFields({ variable, path, change }: KindProps<"list">) {
	// What is typed stays as it is typed: a line that is half done is no option yet.
	const [draft, setDraft] = useState(() => textOfOptions(variable.options));
	return (
		<>
			<TextField
				label="Values, one a line"
				hint="A value, or value = label."
				max={60_000}
				rows={5}
				mono
				value={draft}
				change={(text) => {
					setDraft(text);
					change({ ...variable, options: optionsOf(text) }, "options");
				}}
			/>
			<FieldProblem path={`${path}.options`} within />
		</>
	);
}

function IntervalFields({ variable, path, change }: KindProps<"interval">) {
	const { options } = variable;
	return (
		<Field label="Steps to choose from" path={`${path}.options`} wide group>
			<span class="edit-toggles">
				{INTERVALS.map((interval) => (
					<Toggle
						key={interval}
						label={interval}
						value={options.includes(interval)}
						change={(on) =>
							change({
								...variable,
								options: INTERVALS.filter((one) => (one === interval ? on : options.includes(one))),
							})
						}
					/>
				))}
			</span>
		</Field>
	);
}
