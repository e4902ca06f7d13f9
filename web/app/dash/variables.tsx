/** The bar of variables: one control each, always equal to the address. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useMemo, useState } from "preact/hooks";
import type { Variable } from "../../../schema/dashboard.ts";
import type { VariableAnswer, VariableValues } from "../../../schema/panel.ts";
import { Loader } from "../loader.ts";
import { DraftInput } from "../panels/draft.tsx";
import { Icon } from "../panels/icon.tsx";
import { Popover } from "../panels/popover.tsx";
import { Problem } from "../panels/states.tsx";
import { askVariable } from "./api.ts";
import {
	choiceLabel,
	chooseValues,
	dependsOn,
	EVERY,
	type Option,
	ownOptions,
	takesSeveral,
	toggled,
	valuesOf,
	worded,
} from "./values.ts";
import type { Time } from "./view.ts";

interface BarProps {
	uid: string;
	variables: readonly Variable[];
	chosen: VariableValues;
	time: Time;
	choose: (chosen: VariableValues) => void;
	/** Of those that nobody chose, and that have no default. */
	firsts: VariableValues;
}

export function VariablesBar(props: BarProps) {
	if (props.variables.length === 0) return null;
	return (
		<fieldset class="variables" aria-label="Variables">
			{props.variables.map((variable) =>
				variable.kind === "text" ? (
					<TextVariable key={variable.name} {...props} variable={variable} />
				) : (
					<ChoiceVariable key={variable.name} {...props} variable={variable} />
				),
			)}
		</fieldset>
	);
}

const labelOf = ({ label, name }: Variable) => (label === "" ? name : label);

function TextVariable({ variable, chosen, choose }: BarProps & { variable: Variable }) {
	const [value = ""] = valuesOf(variable, chosen, null);
	return (
		// biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
		<label class="variable text">
			<span>{labelOf(variable)}</span>
			<DraftInput
				value={value}
				maxLength={256}
				placeholder="any"
				finish={(input) => choose(chooseValues(chosen, variable, input.value === "" ? [] : [input.value]))}
			/>
		</label>
	);
}

/** What variables have that nobody chose, and that have no default: the first value there is, which only the server knows. */
export function useFirsts({ uid, variables, chosen, time }: Omit<BarProps, "choose" | "firsts">): VariableValues {
	const [firsts, setFirsts] = useState<VariableValues>({});
	const unknown = variables.filter(
		(variable) => ownOptions(variable) === null && valuesOf(variable, chosen, null).length === 0,
	);
	const asked = unknown.map((variable) => [variable, dependsOn(variable).map((name) => chosen[name] ?? null)]);
	useEffect(() => {
		const off = new AbortController();
		for (const { name } of unknown)
			askVariable(uid, name, { time, variables: { ...chosen } }, off.signal).then(
				({ options: [first] }) => first && setFirsts((known) => ({ ...known, [name]: [first.value] })),
				() => {}, // its menu says so
			);
		return () => off.abort();
	}, [JSON.stringify([uid, time, asked])]);
	return firsts;
}

/** What can be chosen: known at once, or asked again where what it depends on changes. */
function useOptions({ uid, chosen, time }: BarProps, variable: Variable, needed: boolean) {
	const loader = useMemo(() => new Loader<VariableAnswer>(), []);
	const own = useMemo(() => ownOptions(variable), [variable]);
	const ask = own === null && needed;
	const others = Object.fromEntries(dependsOn(variable).map((name) => [name, chosen[name] ?? null]));
	const question = JSON.stringify([uid, variable, time, others]);
	useEffect(() => {
		if (!ask) return;
		loader.load(question, (signal) => askVariable(uid, variable.name, { time, variables: { ...chosen } }, signal));
	}, [loader, question, ask]);
	useEffect(() => () => loader.stop(), [loader]);
	const { data, failure, stale } = loader.state.value;
	const asked = useMemo(
		() =>
			data &&
			worded(
				variable,
				data.options.map(({ value }) => value),
			),
		[data, variable],
	);
	return { options: own ?? asked, more: data?.more ?? false, failure, stale, retry: loader.retry };
}

function ChoiceVariable(props: BarProps & { variable: Variable }) {
	const { variable, chosen, choose, firsts } = props;
	const opened = useSignal(false);
	const state = useOptions(props, variable, opened.value);
	const own = valuesOf(variable, chosen, state.options);
	const values = own.length > 0 ? own : (firsts[variable.name] ?? []);
	const label = labelOf(variable);
	const chip = choiceLabel(variable, values);
	return (
		<Popover
			label={label}
			look={`button variable${chosen[variable.name] ? " chosen" : ""}`}
			panel="variable-options"
			button={
				<>
					<span class="variable-name">{label}</span>
					<b>{chip}</b>
					<Icon name="chevron" size={14} />
				</>
			}
		>
			{(close) => (
				<Opened tell={() => (opened.value = true)}>
					{state.options === null && state.failure ? (
						<Problem failure={state.failure} retry={state.retry} />
					) : (
						<Options
							variable={variable}
							options={state.options}
							more={state.more}
							stale={state.stale}
							values={values}
							pick={(value) => choose(chooseValues(chosen, variable, toggled(variable, values, value)))}
							done={close}
						/>
					)}
				</Opened>
			)}
		</Popover>
	);
}

/** Says that the popover was opened: only then many options are asked for. */
function Opened({ tell, children }: { tell: () => void; children: ComponentChildren }) {
	useEffect(tell, []);
	return <>{children}</>;
}

/** From so many on, one searches. */
const MANY = 9;
/** Rows at once; a search finds the others. */
const SHOWN = 100;

interface OptionsProps {
	variable: Variable;
	options: readonly Option[] | null;
	more: boolean;
	stale: boolean;
	values: readonly string[];
	pick: (value: string) => void;
	done: () => void;
}

function Options({ variable, options, more, stale, values, pick, done }: OptionsProps) {
	const sought = useSignal("");
	const name = useId();
	if (options === null)
		return (
			<div class="options-wait" aria-busy="true">
				<span class="skeleton" />
				<span class="skeleton" />
				<span class="skeleton" />
			</div>
		);
	const word = sought.value.trim().toLowerCase();
	const offered = withChosen(variable, options, values);
	const found = offered.filter(({ value, label }) => `${label} ${value}`.toLowerCase().includes(word));
	const all = "all" in variable && variable.all && word === "";
	const type = takesSeveral(variable) ? "checkbox" : "radio";
	const row = ({ value, label }: Option) => (
		<label key={value} class="option">
			<input
				type={type}
				name={name}
				checked={values.includes(value)}
				onChange={() => pick(value)}
				// Arrow keys choose, too, and go on from there: only a pointer is done with one.
				onClick={(event) => {
					if (event.detail > 0 && type === "radio") done();
				}}
				onKeyDown={(event) => {
					if (event.key === "Enter") done();
				}}
			/>
			<span title={value}>{label}</span>
		</label>
	);
	return (
		<>
			{offered.length >= MANY && (
				<label class="search">
					<Icon name="search" />
					<input
						type="search"
						data-autofocus
						aria-label={`Search ${labelOf(variable)}`}
						placeholder="Search"
						value={sought.value}
						onInput={(event) => {
							sought.value = event.currentTarget.value;
						}}
						onKeyDown={(event) => {
							const [first] = found;
							if (event.key !== "Enter" || !first) return;
							pick(first.value);
							if (type === "radio") done();
						}}
					/>
				</label>
			)}
			<fieldset class={`options${stale ? " dim" : ""}`} aria-label={labelOf(variable)} onKeyDown={moveFocus}>
				{all && row({ value: EVERY, label: "All" })}
				{found.slice(0, SHOWN).map(row)}
			</fieldset>
			{found.length === 0 && !all && (
				<p class="muted options-note">{word === "" ? "No values yet." : "Nothing found."}</p>
			)}
			{(more || found.length > SHOWN) && <p class="muted options-note">There are more: these are the most frequent.</p>}
		</>
	);
}

/** What is chosen is always offered, also where the period has none of it. */
function withChosen(variable: Variable, options: readonly Option[], values: readonly string[]): readonly Option[] {
	const missing = values.filter((value) => value !== EVERY && !options.some((option) => option.value === value));
	return [...worded(variable, missing), ...options];
}

/** Arrows go through the boxes, as they do by themselves through radio buttons. */
function moveFocus(event: KeyboardEvent): void {
	const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
	const { currentTarget: list, target } = event;
	if (by === 0 || !(list instanceof HTMLElement) || !(target instanceof HTMLInputElement)) return;
	if (target.type !== "checkbox") return;
	event.preventDefault();
	const boxes = [...list.querySelectorAll("input")];
	boxes[(boxes.indexOf(target) + by + boxes.length) % boxes.length]?.focus();
}
