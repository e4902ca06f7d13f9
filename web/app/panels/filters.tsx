import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { fetchValues } from "../api.ts";
import { type Loaded, useLoaded } from "../loader.ts";
import {
	type Choice,
	choiceKind,
	choicesOf,
	type DimensionValues,
	searchWithin,
	segmentChoices,
} from "../model/choices.ts";
import { short } from "../model/format.ts";
import { dimLabel, valueLabel } from "../model/label.ts";
import { type Range, rangeQuery } from "../model/range.ts";
import { CUBE, isOfSessions, OPEN, scopeNotes } from "../model/scope.ts";
import { isFiltered, isNarrowed, toggleFilter, toggleSegment, UNFILTERED } from "../model/view.ts";
import { SESSION } from "../model/words.ts";
import { show, useWorkspace, view } from "../state.ts";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icon.tsx";
import { Mark } from "./mark.tsx";
import { Problem } from "./states.tsx";

interface ChipProps {
	what: string;
	value: string;
	negated: boolean;
	turn: () => void;
	drop: () => void;
}

function Chip({ what, value, negated, turn, drop }: ChipProps) {
	return (
		<span class="filter-chip">
			<span class="muted">{what}</span>
			<button type="button" class="filter-op" title="Turn around" onClick={turn}>
				{negated ? "is not" : "is"}
			</button>
			<b title={value}>{value}</b>
			<button
				type="button"
				class="filter-drop"
				aria-label={`Remove filter on ${what.toLowerCase()} ${value}`}
				onClick={drop}
			>
				<Icon name="close" size={12} />
			</button>
		</span>
	);
}

/** The filters in force, and what they do not mean. A click on "is" turns it to "is not". */
export function FilterChips() {
	const { filters, segments } = view.value;
	const shelf = useSegments(segments.length > 0);
	if (!isNarrowed(view.value)) return null;
	const isNegated = (op: string) => op === "neq" || op === "nin";
	return (
		<fieldset class="chips" aria-label="Filters">
			{filters.map((filter) => (
				<Chip
					key={`${filter.dim}.${filter.op}`}
					what={dimLabel(filter.dim)}
					value={filter.values.map((value) => valueLabel(filter.dim, value)).join(" or ")}
					negated={isNegated(filter.op)}
					turn={() =>
						show({ filters: filters.map((f) => (f === filter ? { ...f, op: isNegated(f.op) ? "in" : "nin" } : f)) })
					}
					drop={() => show({ filters: filters.filter((f) => f !== filter) })}
				/>
			))}
			{segments.map((segment) => (
				<Chip
					key={segment.id}
					what="Segment"
					value={shelf.nameOf(segment.id)}
					negated={segment.negated}
					turn={() => show({ segments: segments.map((s) => (s === segment ? { ...s, negated: !s.negated } : s)) })}
					drop={() => show({ segments: segments.filter((s) => s !== segment) })}
				/>
			))}
			<button type="button" class="quiet" onClick={() => show(UNFILTERED)}>
				Clear <kbd>x</kbd>
			</button>
			{scopeNotes(view.value).map((note) => (
				<span key={note} class="scope-note muted">
					{note}
				</span>
			))}
		</fieldset>
	);
}

/** The saved segments, loaded once they are needed. */
function useSegments(needed: boolean) {
	const { segments } = useWorkspace();
	useEffect(() => {
		if (needed && segments.items.peek() === null) segments.load();
	}, [segments, needed]);
	return segments;
}

/** Of each dimension; in a longer list the server looks for what was typed. */
const VALUES_PER_DIMENSION = 100;
/** Between two letters of somebody who types (ms). */
const TYPING_MS = 200;

const valuesOf = async (dim: string, range: Range, search: string, abort: AbortSignal): Promise<DimensionValues> => {
	const { from, to } = rangeQuery(range);
	const params = { from: String(from), to: String(to), search, limit: VALUES_PER_DIMENSION };
	const { values, more } = await fetchValues(dim, { ...params, ...(isOfSessions(dim) && { metric: SESSION }) }, abort);
	return { dim, values, more };
};

/** Values of every dimension; and, where there are too many of one, those that have what is typed in them. */
function useValues(dims: readonly string[], search: string): Loaded<DimensionValues[]> & { retry: () => void } {
	const { slowTick } = useWorkspace();
	const { range } = view.value;
	const typed = useSettled(search, TYPING_MS);
	const first = useLoaded(
		JSON.stringify([dims, range]),
		(abort) => Promise.all(dims.map((dim) => valuesOf(dim, range, "", abort))),
		slowTick,
	);
	const wanted = (first.data ?? []).flatMap(({ dim, more }) => {
		const search = more ? searchWithin(dim, typed) : null;
		return search === null ? [] : [{ dim, search }];
	});
	const further = useLoaded(
		JSON.stringify([wanted, range]),
		(abort) => Promise.all(wanted.map(({ dim, search }) => valuesOf(dim, range, search, abort))),
		slowTick,
	);
	const data = useMemo(() => first.data && [...first.data, ...(further.data ?? [])], [first.data, further.data]);
	return { ...first, data, loading: first.loading || further.loading || typed !== search };
}

function useSettled(value: string, ms: number): string {
	const [settled, setSettled] = useState(value);
	useEffect(() => {
		const timer = setTimeout(() => setSettled(value), ms);
		return () => clearTimeout(timer);
	}, [value, ms]);
	return settled;
}

/** Finds a value of any dimension, or a saved segment, and filters by it. */
export function FilterPalette({ close }: { close: () => void }) {
	const { site } = useWorkspace();
	const { filters, segments } = view.value;
	const shelf = useSegments(true);
	const [search, setSearch] = useState("");
	const [at, setAt] = useState(0);
	const input = useRef<HTMLInputElement>(null);
	useEffect(() => input.current?.focus(), []);
	const dims = useMemo(() => [...CUBE, ...site.dimensions, ...OPEN], [site]);
	const { data, failure, loading, retry } = useValues(dims, search);
	const saved = shelf.items.value;
	const choices = useMemo(
		() => [...segmentChoices(saved ?? [], search), ...choicesOf(data ?? [], search)],
		[saved, data, search],
	);
	const choose = (choice: Choice | undefined) => {
		if (!choice) return;
		if (choice.kind === "segment") show({ segments: toggleSegment(segments, choice.id) });
		else show({ filters: toggleFilter(filters, choice.dim, choice.value) });
		close();
	};
	const isChosen = (choice: Choice) =>
		choice.kind === "segment"
			? segments.some(({ id }) => id === choice.id)
			: isFiltered(filters, choice.dim, choice.value);
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
					placeholder="Filter by page, country, source, segment…"
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
						key={choice.kind === "segment" ? choice.id : `${choice.dim}.${choice.value}`}
						id={`choice-${i}`}
						role="option"
						tabIndex={-1}
						aria-selected={i === at}
						onMouseMove={() => setAt(i)}
						onClick={() => choose(choice)}
					>
						<span class="muted">{choiceKind(choice)}</span>
						{choice.kind === "value" && <Mark dim={choice.dim} value={choice.value} />}
						<span class="choice-label">{choice.label}</span>
						{isChosen(choice) && <Icon name="check" size={14} />}
						{choice.kind === "value" && <span class="muted number">{short(choice.count)}</span>}
					</div>
				))}
			</div>
			{choices.length === 0 && !failure && (
				<p class="palette-empty">{loading ? "Looking for values…" : `Nothing in this period matches “${search}”.`}</p>
			)}
		</Dialog>
	);
}
