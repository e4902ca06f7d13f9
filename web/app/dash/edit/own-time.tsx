import { Field, FieldProblem, Section, Toggle } from "./fields.tsx";

export interface Time {
	from: string;
	to: string;
}

const SUGGESTED: readonly (readonly [from: string, name: string])[] = [
	["now-60m", "Last 60 minutes"],
	["now/d", "Today"],
	["now-24h", "Last 24 hours"],
	["now-7d", "Last 7 days"],
	["now-30d", "Last 30 days"],
	["now-90d", "Last 90 days"],
	["now/M", "This month"],
];

/** Both ends of a range, typed or taken from a list. `path`: where problems with it are found. */
export function TimeFields({ time, change, path }: { time: Time; change: (time: Time) => void; path: string }) {
	return (
		<div class="edit-row">
			<Field label="From" path={`${path}.from`}>
				<input
					type="text"
					list="edit-times"
					maxLength={64}
					value={time.from}
					onInput={(event) => change({ ...time, from: event.currentTarget.value })}
				/>
			</Field>
			<Field label="To" path={`${path}.to`}>
				<input
					type="text"
					maxLength={64}
					value={time.to}
					onInput={(event) => change({ ...time, to: event.currentTarget.value })}
				/>
			</Field>
			<datalist id="edit-times">
				{SUGGESTED.map(([from, name]) => (
					<option key={from} value={from}>
						{name}
					</option>
				))}
			</datalist>
			<FieldProblem path={path} />
		</div>
	);
}

/** A range of the panel's own, whatever the dashboard looks at. */
export function OwnTime({ time, change }: { time: Time | null; change: (time: Time | null) => void }) {
	return (
		<Section title="Time">
			<Toggle
				label="A range of its own"
				hint="Otherwise the dashboard's."
				value={time !== null}
				change={(own) => change(own ? { from: "now-7d", to: "now" } : null)}
			/>
			{time && <TimeFields time={time} change={change} path="time" />}
		</Section>
	);
}
