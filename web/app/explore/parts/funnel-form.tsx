import type { EventMatch } from "../../../../schema/questions.ts";
import { EventSelect } from "../../filter/event.tsx";
import { FieldSelect } from "../../filter/field.tsx";
import { eventLabel } from "../../filter/words.ts";
import { Icon } from "../../panels/icon.tsx";
import { useWorkspace } from "../../state.ts";
import type { FunnelForm } from "../model/forms.ts";
import { Choice, DurationField, Labelled } from "./controls.tsx";
import { MatchEditor } from "./match.tsx";

interface FieldsProps {
	form: FunnelForm;
	change: (next: Partial<FunnelForm>) => void;
	/** Without what only the page of funnels shows: the trend, and splits at another step than the first. */
	bare?: boolean;
}

const MOST_STEPS = 10;
const MOST_EXCLUSIONS = 10;

/** Everything that makes a funnel: steps first, then how they are counted. */
export function FunnelFields({ form, change, bare = false }: FieldsProps) {
	return (
		<>
			<Steps form={form} change={change} />
			<Exclusions form={form} change={change} />
			<Counting form={form} change={change} bare={bare} />
		</>
	);
}

/** The same list with two neighbours swapped. */
function swapped<T>(list: readonly T[], at: number): T[] {
	const before = list[at - 1];
	const here = list[at];
	if (before === undefined || here === undefined) return [...list];
	return list.map((one, i) => (i === at - 1 ? here : i === at ? before : one));
}

function Steps({ form: { steps }, change }: FieldsProps) {
	const { metrics } = useWorkspace();
	const set = (next: EventMatch[]) => change({ steps: next });
	const add = () => {
		const used = new Set(steps.map((step) => step.event));
		const event = metrics.peek().find((name) => !used.has(name)) ?? "*";
		set([...steps, { event, filters: [] }]);
	};
	return (
		<ol class="steps">
			{steps.map((step, i) => (
				<li key={i}>
					<span class="step-number" aria-hidden="true">
						{i + 1}
					</span>
					<MatchEditor
						match={step}
						change={(next) => set(steps.map((old, at) => (at === i ? next : old)))}
						label={`Step ${i + 1}`}
					>
						<button
							type="button"
							class="icon-button small"
							aria-label={`Move step ${i + 1} up`}
							disabled={i === 0}
							onClick={() => set(swapped(steps, i))}
						>
							<Icon name="up" size={14} />
						</button>
						<button
							type="button"
							class="icon-button small"
							aria-label={`Move step ${i + 1} down`}
							disabled={i === steps.length - 1}
							onClick={() => set(swapped(steps, i + 1))}
						>
							<Icon name="chevron" size={14} />
						</button>
						<button
							type="button"
							class="icon-button small"
							aria-label={`Remove step ${i + 1}`}
							disabled={steps.length <= 2}
							onClick={() => set(steps.filter((_, at) => at !== i))}
						>
							<Icon name="close" size={14} />
						</button>
					</MatchEditor>
				</li>
			))}
			<li class="steps-add">
				<button type="button" class="button small" disabled={steps.length >= MOST_STEPS} onClick={add}>
					<Icon name="plus" size={14} /> Step
				</button>
			</li>
		</ol>
	);
}

/** Events that must not come between two steps. */
function Exclusions({ form: { steps, exclusions }, change }: FieldsProps) {
	const set = (next: FunnelForm["exclusions"]) => change({ exclusions: next });
	return (
		<div class="exclusions">
			{exclusions.map((one, i) => (
				<div class="filter-row" key={i}>
					<span class="muted">but not</span>
					<EventSelect
						event={one.event}
						change={(event) => set(exclusions.map((old, at) => (at === i ? { ...old, event } : old)))}
						label={`Exclusion ${i + 1}`}
						any={false}
					/>
					<select
						aria-label={`Where exclusion ${i + 1} must not be`}
						value={String(one.after)}
						onChange={(event) => {
							const after = Number(event.currentTarget.value);
							set(exclusions.map((old, at) => (at === i ? { ...old, after } : old)));
						}}
					>
						{steps.slice(1).map((_, step) => (
							<option key={step} value={String(step + 1)}>
								between {step + 1} and {step + 2}
							</option>
						))}
					</select>
					<button
						type="button"
						class="icon-button small"
						aria-label={`Remove exclusion of ${eventLabel(one.event)}`}
						onClick={() => set(exclusions.filter((_, at) => at !== i))}
					>
						<Icon name="close" size={14} />
					</button>
				</div>
			))}
			{exclusions.length < MOST_EXCLUSIONS && (
				<AddExclusion add={(event) => set([...exclusions, { event, filters: [], after: 1 }])} />
			)}
		</div>
	);
}

function AddExclusion({ add }: { add: (event: string) => void }) {
	const { metrics } = useWorkspace();
	const first = metrics.value[0];
	if (first === undefined) return null;
	return (
		<button type="button" class="quiet" onClick={() => add(first)}>
			<Icon name="plus" size={14} /> Exclusion
		</button>
	);
}

const ORDERS = [
	["ordered", "In this order"],
	["strict", "Directly after each other"],
	["any", "In any order"],
] as const;
const COUNTS = [
	["visitors", "Visitors"],
	["sessions", "Sessions"],
] as const;
const REENTRIES = [
	["any", "Every attempt"],
	["first", "Only the first attempt"],
] as const;
const INTERVALS = [
	["", "Not shown"],
	["1h", "By hour"],
	["1d", "By day"],
	["1w", "By week"],
	["1M", "By month"],
] as const;

function Counting({ form, change, bare = false }: FieldsProps) {
	return (
		<div class="ask-row">
			<DurationField label="Within" value={form.window} change={(window) => change({ window })} />
			<Choice label="Order" value={form.order} options={ORDERS} change={(order) => change({ order })} />
			<Choice label="Count" value={form.count} options={COUNTS} change={(count) => change({ count })} />
			<Choice label="Attempts" value={form.reentry} options={REENTRIES} change={(reentry) => change({ reentry })} />
			{!bare && (
				<Choice
					label="Trend"
					value={form.interval ?? ""}
					options={INTERVALS}
					change={(interval) => change({ interval: interval === "" ? undefined : interval })}
				/>
			)}
			<BreakdownFields form={form} change={change} bare={bare} />
		</div>
	);
}

function BreakdownFields({ form: { breakdown, steps }, change, bare = false }: FieldsProps) {
	const attributions: [string, string][] = [
		["first", "at the first step"],
		["last", "at the last step reached"],
		...steps.map((_, i): [string, string] => [`step:${i + 1}`, `at step ${i + 1}`]),
	];
	return (
		<>
			<Labelled label="Split by">
				<FieldSelect
					field={breakdown?.dim ?? ""}
					none="Nothing"
					label="Split by"
					change={(dim) =>
						change({ breakdown: dim === "" ? undefined : { dim, attribution: breakdown?.attribution ?? "step:1" } })
					}
				/>
			</Labelled>
			{breakdown && !bare && (
				<Choice
					label="Its value"
					value={breakdown.attribution}
					options={attributions}
					change={(attribution) => change({ breakdown: { ...breakdown, attribution } })}
				/>
			)}
		</>
	);
}
