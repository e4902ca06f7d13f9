import type { ComponentChildren } from "preact";
import { DraftInput } from "../../panels/draft.tsx";
import { type DurationUnit, readDuration, UNITS, writeDuration } from "../model/duration.ts";

/** A label over its control. */
export function Labelled({ label, children }: { label: string; children: ComponentChildren }) {
	return (
		// biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
		<label class="labelled">
			<span>{label}</span>
			{children}
		</label>
	);
}

/** One of a few. */
export function Choice<T extends string>({
	label,
	value,
	options,
	change,
}: {
	label: string;
	value: T;
	options: readonly (readonly [T, string])[];
	change: (value: T) => void;
}) {
	return (
		<Labelled label={label}>
			<select
				value={value}
				onChange={(event) => {
					const chosen = options.find(([id]) => id === event.currentTarget.value);
					if (chosen) change(chosen[0]);
				}}
			>
				{options.map(([id, name]) => (
					<option key={id} value={id}>
						{name}
					</option>
				))}
			</select>
		</Labelled>
	);
}

/** A whole number between bounds; taken when it is finished. */
export function Count({
	label,
	value,
	min,
	max,
	change,
}: {
	label: string;
	value: number;
	min: number;
	max: number;
	change: (value: number) => void;
}) {
	return (
		<Labelled label={label}>
			<DraftInput
				type="number"
				class="count"
				value={value}
				min={min}
				max={max}
				finish={({ valueAsNumber }) => change(Math.min(max, Math.max(min, Math.round(valueAsNumber) || min)))}
			/>
		</Labelled>
	);
}

export function DurationField({
	label,
	value,
	change,
}: {
	label: string;
	value: string;
	change: (duration: string) => void;
}) {
	const amount = readDuration(value);
	return (
		<fieldset class="labelled" aria-label={label}>
			<span aria-hidden="true">{label}</span>
			<span class="pair">
				<DraftInput
					type="number"
					class="count"
					aria-label="How many"
					min={1}
					value={amount.count}
					finish={({ valueAsNumber }) => change(writeDuration({ ...amount, count: valueAsNumber }))}
				/>
				<select
					aria-label="Unit"
					value={amount.unit}
					onChange={(event) => {
						const unit: DurationUnit | undefined = UNITS.find(([id]) => id === event.currentTarget.value)?.[0];
						if (unit) change(writeDuration({ ...amount, unit }));
					}}
				>
					{UNITS.map(([id, name]) => (
						<option key={id} value={id}>
							{name}s
						</option>
					))}
				</select>
			</span>
		</fieldset>
	);
}

/** Two or three ways to look at the same. */
export function Switch<T extends string>({
	label,
	value,
	options,
	change,
}: {
	label: string;
	value: T;
	options: readonly (readonly [T, string])[];
	change: (value: T) => void;
}) {
	return (
		<fieldset class="periods switch" aria-label={label}>
			{options.map(([id, name]) => (
				<button type="button" key={id} aria-pressed={id === value} onClick={() => change(id)}>
					{name}
				</button>
			))}
		</fieldset>
	);
}
