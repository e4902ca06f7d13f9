import { useState } from "preact/hooks";
import type { DidFilter, Filter } from "../../../schema/expression.ts";
import { useExplored } from "../explore/state.ts";
import { DraftInput } from "../panels/draft.tsx";
import { Icon } from "../panels/icon.tsx";
import { ConditionRow } from "./condition.tsx";
import { EventSelect } from "./event.tsx";
import { filterOf, type GroupMode, newCondition, type Row, rowOf } from "./model.ts";

/** As deep as the builder goes by itself; a link may be deeper. The API's own limit is 8. */
const DEEPEST = 4;
/** What a new condition is about: the field that most questions begin with. */
const FIRST_FIELD = "country";

interface FiltersProps {
	filters: readonly Filter[];
	change: (filters: Filter[]) => void;
	/** What it narrows, for screen readers. */
	label: string;
	depth?: number;
	/** The word between the rows. */
	joint?: string;
	/** Offer what a visitor did, and segments? Not within a step of a funnel. */
	visitors?: boolean;
}

/** Filters, one a row, and buttons for more. */
export function Filters({ filters, change, label, depth = 0, joint = "and", visitors = true }: FiltersProps) {
	const replace = (at: number, filter: Filter) => change(filters.map((old, i) => (i === at ? filter : old)));
	const remove = (at: number) => change(filters.filter((_, i) => i !== at));
	return (
		<fieldset class="filters" aria-label={label}>
			{filters.map((filter, i) => (
				<div class="filter-line" key={i}>
					<span class="filter-joint">{i === 0 ? (depth === 0 ? "where" : "") : joint}</span>
					<FilterRow filter={filter} change={(next) => replace(i, next)} depth={depth} visitors={visitors} />
					<button
						type="button"
						class="icon-button small"
						aria-label={`Remove filter ${i + 1}`}
						onClick={() => remove(i)}
					>
						<Icon name="close" size={14} />
					</button>
				</div>
			))}
			<AddFilter add={(filter) => change([...filters, filter])} depth={depth} visitors={visitors} />
		</fieldset>
	);
}

function AddFilter({ add, depth, visitors }: { add: (filter: Filter) => void; depth: number; visitors: boolean }) {
	const { segments } = useExplored();
	const first = segments.items.value?.[0];
	return (
		<div class="filter-add">
			<button type="button" class="quiet" onClick={() => add(newCondition(FIRST_FIELD))}>
				<Icon name="plus" size={14} /> Filter
			</button>
			{visitors && (
				<button type="button" class="quiet" onClick={() => add({ did: "*", at_least: 1 })}>
					<Icon name="plus" size={14} /> Did or did not
				</button>
			)}
			{visitors && first && (
				<button type="button" class="quiet" onClick={() => add({ segment: first.id })}>
					<Icon name="plus" size={14} /> Segment
				</button>
			)}
			{depth < DEEPEST && (
				<button type="button" class="quiet" onClick={() => add({ or: [newCondition(FIRST_FIELD)] })}>
					<Icon name="plus" size={14} /> Filter group
				</button>
			)}
		</div>
	);
}

interface RowProps {
	filter: Filter;
	change: (filter: Filter) => void;
	depth: number;
	visitors: boolean;
}

function FilterRow({ filter, change, depth, visitors }: RowProps) {
	const row = rowOf(filter);
	switch (row.kind) {
		case "condition":
			return <ConditionRow condition={row.condition} change={change} />;
		case "segment":
			return <SegmentRow row={row} change={(next) => change(filterOf(next))} />;
		case "did":
			return <DidRow row={row} change={(next) => change(filterOf(next))} depth={depth} />;
		case "group":
			return <GroupRow row={row} change={(next) => change(filterOf(next))} depth={depth} visitors={visitors} />;
	}
}

type RowOf<Kind extends Row["kind"]> = Extract<Row, { kind: Kind }>;

function SegmentRow({ row, change }: { row: RowOf<"segment">; change: (row: Row) => void }) {
	const { segments } = useExplored();
	const items = segments.items.value ?? [];
	const known = items.some((item) => item.id === row.id);
	return (
		<div class="filter-row">
			<select
				aria-label="In or not in"
				value={row.negated ? "out" : "in"}
				onChange={(event) => change({ ...row, negated: event.currentTarget.value === "out" })}
			>
				<option value="in">is in segment</option>
				<option value="out">is not in segment</option>
			</select>
			<select
				aria-label="Segment"
				value={row.id}
				onChange={(event) => change({ ...row, id: event.currentTarget.value })}
			>
				{!known && <option value={row.id}>{row.id} (deleted)</option>}
				{items.map((item) => (
					<option key={item.id} value={item.id}>
						{item.name}
					</option>
				))}
			</select>
		</div>
	);
}

const MODES: readonly (readonly [GroupMode, string])[] = [
	["all", "all of"],
	["any", "any of"],
	["none", "none of"],
];

function GroupRow({
	row,
	change,
	depth,
	visitors,
}: {
	row: RowOf<"group">;
	change: (row: Row) => void;
	depth: number;
	visitors: boolean;
}) {
	return (
		<div class="filter-group">
			<select
				aria-label="How many of the group must hold"
				value={row.mode}
				onChange={(event) => {
					const mode = MODES.find(([id]) => id === event.currentTarget.value)?.[0];
					if (mode) change({ ...row, mode });
				}}
			>
				{MODES.map(([mode, words]) => (
					<option key={mode} value={mode}>
						{words}
					</option>
				))}
			</select>
			<Filters
				filters={row.filters}
				change={(filters) => change({ ...row, filters: filters.length > 0 ? filters : [newCondition(FIRST_FIELD)] })}
				label={`Filter group: ${row.mode} of`}
				depth={depth + 1}
				joint={row.mode === "all" ? "and" : "or"}
				visitors={visitors}
			/>
		</div>
	);
}

function DidRow({ row, change, depth }: { row: RowOf<"did">; change: (row: Row) => void; depth: number }) {
	const { did, negated } = row;
	const set = (next: Partial<DidFilter>) => change({ ...row, did: { ...did, ...next } });
	const narrow = (filters: Filter[]) => {
		const { where: _, ...rest } = did;
		const [first] = filters;
		const where = filters.length > 1 ? { and: filters } : first;
		change({ ...row, did: where ? { ...rest, where } : rest });
	};
	const where = did.where ? ("and" in did.where ? did.where.and : [did.where]) : [];
	return (
		<div class="filter-did">
			<div class="filter-row">
				<select
					aria-label="Did or did not"
					value={negated ? "not" : "did"}
					onChange={(event) => change({ ...row, negated: event.currentTarget.value === "not" })}
				>
					<option value="did">visitor did</option>
					<option value="not">visitor did not do</option>
				</select>
				<EventSelect event={did.did} change={(event) => set({ did: event })} label="Event that was done" />
				{/* biome-ignore lint/a11y/noLabelWithoutControl: the control is the child */}
				<label class="inline">
					at least
					<DraftInput
						type="number"
						class="count"
						min={1}
						max={1_000_000}
						value={did.at_least}
						finish={({ valueAsNumber }) => set({ at_least: Math.max(1, Math.round(valueAsNumber) || 1) })}
					/>
					{did.at_least === 1 ? "time" : "times"}
				</label>
				<WithinDays days={did.within_days} change={(days) => set({ within_days: days })} />
				{where.length === 0 && (
					<button type="button" class="quiet" onClick={() => narrow([newCondition(FIRST_FIELD)])}>
						<Icon name="plus" size={14} /> where
					</button>
				)}
			</div>
			{where.length > 0 && (
				<Filters filters={where} change={narrow} label="What it was narrowed to" depth={depth + 1} visitors={false} />
			)}
		</div>
	);
}

const MOST_DAYS = 400;
const FIRST_DAYS = 30;

function WithinDays({ days, change }: { days: number | undefined; change: (days: number | undefined) => void }) {
	const [last, setLast] = useState(days ?? FIRST_DAYS);
	return (
		<span class="inline">
			<select
				aria-label="In which time"
				value={days === undefined ? "range" : "days"}
				onChange={(event) => change(event.currentTarget.value === "days" ? last : undefined)}
			>
				<option value="range">in the period</option>
				<option value="days">within the last</option>
			</select>
			{days !== undefined && (
				<span class="inline">
					<DraftInput
						type="number"
						class="count"
						aria-label="Days"
						min={1}
						max={MOST_DAYS}
						value={days}
						finish={({ valueAsNumber }) => {
							const next = Math.min(MOST_DAYS, Math.max(1, Math.round(valueAsNumber) || FIRST_DAYS));
							setLast(next);
							change(next);
						}}
					/>
					days
				</span>
			)}
		</span>
	);
}
