import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ask } from "../api.ts";
import { useLoaded } from "../loader.ts";
import { CUBE, type CubeChoice, cubeChoices } from "../model/choices.ts";
import { short } from "../model/format.ts";
import { dimLabel, valueLabel } from "../model/label.ts";
import { rangeQuery } from "../model/range.ts";
import { isFiltered, toggleFilter } from "../model/view.ts";
import { show, useWorkspace, view } from "../state.ts";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icon.tsx";
import { Mark } from "./mark.tsx";
import { Problem } from "./states.tsx";

/** The filters in force. A click on "is" turns it to "is not". */
export function FilterChips() {
	const { filters } = view.value;
	if (filters.length === 0) return null;
	const negated = (op: string) => op === "neq" || op === "nin";
	return (
		<fieldset class="chips" aria-label="Filters">
			{filters.map((filter) => (
				<span class="filter-chip" key={`${filter.dim}.${filter.op}`}>
					<span class="muted">{dimLabel(filter.dim)}</span>
					<button
						type="button"
						class="filter-op"
						title="Turn around"
						onClick={() =>
							show({ filters: filters.map((f) => (f === filter ? { ...f, op: negated(f.op) ? "in" : "nin" } : f)) })
						}
					>
						{negated(filter.op) ? "is not" : "is"}
					</button>
					<b>{filter.values.map((value) => valueLabel(filter.dim, value)).join(" or ")}</b>
					<button
						type="button"
						class="filter-drop"
						aria-label={`Remove filter on ${dimLabel(filter.dim)}`}
						onClick={() => show({ filters: filters.filter((f) => f !== filter) })}
					>
						<Icon name="close" size={12} />
					</button>
				</span>
			))}
			<button type="button" class="quiet" onClick={() => show({ filters: [] })}>
				Clear <kbd>x</kbd>
			</button>
		</fieldset>
	);
}

const CHOICES_PER_DIMENSION = 100;

/** Finds a value of any dimension that can be filtered by, and filters by it. */
export function FilterPalette({ close }: { close: () => void }) {
	const { site, slowTick } = useWorkspace();
	const { range, filters } = view.value;
	const [search, setSearch] = useState("");
	const [at, setAt] = useState(0);
	const input = useRef<HTMLInputElement>(null);
	useEffect(() => input.current?.focus(), []);
	const dims = [...CUBE, ...site.dimensions];
	const { from, to } = rangeQuery(range);
	const { data, failure, retry } = useLoaded(
		JSON.stringify([dims, range]),
		(abort) =>
			Promise.all(
				dims.map(async (dim) => ({
					dim,
					rows:
						(
							await ask(
								{
									kind: "breakdown",
									metric: "*",
									measure: "count",
									from,
									to,
									groupBy: [dim],
									limit: CHOICES_PER_DIMENSION,
								},
								abort,
							)
						).table ?? [],
				})),
			),
		slowTick,
	);
	const choices = useMemo(() => cubeChoices(data ?? [], search), [data, search]);
	const choose = (choice: CubeChoice | undefined) => {
		if (!choice) return;
		show({ filters: toggleFilter(filters, choice.dim, choice.value) });
		close();
	};
	const onKeyDown = (event: KeyboardEvent) => {
		const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
		if (event.key === "Enter") choose(choices[at]);
		else if (by !== 0) setAt((at + by + choices.length) % Math.max(1, choices.length));
		else return;
		event.preventDefault();
	};
	const list = useRef<HTMLDivElement>(null);
	// The chosen one is kept in sight as it moves
	useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [at]);
	return (
		<Dialog title="Filter" kind="palette" close={close}>
			<label class="search">
				<Icon name="search" />
				<input
					ref={input}
					type="text"
					role="combobox"
					aria-expanded="true"
					aria-controls="filter-choices"
					aria-activedescendant={choices[at] ? `choice-${at}` : undefined}
					autocomplete="off"
					value={search}
					placeholder={`Filter by ${dims.map((dim) => dimLabel(dim).toLowerCase()).join(", ")}…`}
					aria-label="Filter by"
					onInput={(event) => {
						setSearch(event.currentTarget.value);
						setAt(0);
					}}
					onKeyDown={onKeyDown}
				/>
				<kbd>esc</kbd>
			</label>
			{failure && !data && <Problem failure={failure} retry={retry} />}
			<div class="choices" id="filter-choices" role="listbox" aria-label="Values" ref={list}>
				{choices.map((choice, i) => (
					// biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the combobox's, which holds the focus
					<div
						key={`${choice.dim}.${choice.value}`}
						id={`choice-${i}`}
						role="option"
						tabIndex={-1}
						aria-selected={i === at}
						onMouseMove={() => setAt(i)}
						onClick={() => choose(choice)}
					>
						<span class="muted">{dimLabel(choice.dim)}</span>
						<Mark dim={choice.dim} value={choice.value} />
						<span class="choice-label">{choice.label}</span>
						{isFiltered(filters, choice.dim, choice.value) && <Icon name="check" size={14} />}
						<span class="muted number">{short(choice.count)}</span>
					</div>
				))}
			</div>
			{data && choices.length === 0 && (
				<p class="palette-empty">Nothing matches. Pages and referrers cannot be filtered by yet.</p>
			)}
			{!data && !failure && <p class="palette-empty">Loading values…</p>}
		</Dialog>
	);
}
