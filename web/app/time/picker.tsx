/** The control of a time range: its name, a panel to choose another, and the ways back, on and out. */
import { useEffect, useState } from "preact/hooks";
import type { RangeContext } from "../../../schema/core/range.ts";
import { type WeekStart, zoneOf } from "../../../schema/core/zone.ts";
import { Icon } from "../panels/icon.tsx";
import { Popover } from "../panels/popover.tsx";
import { Calendar } from "./calendar.tsx";
import {
	CALENDAR,
	canGoOn,
	dayOf,
	daysOf,
	daysTime,
	fromText,
	QUICK,
	type Quick,
	rangeOf,
	sameTime,
	shift,
	type Time,
	timeName,
	toText,
	zoomOut,
} from "./model.ts";
import { recentTimes, remember } from "./recent.ts";
import { ZoneChoice } from "./zone.tsx";
import "../theme/time.css";

export interface TimePickerProps {
	value: Time;
	/** IANA: the one in force. */
	zone: string;
	/** `site`, `browser` or an IANA zone: what was chosen. */
	zoneChoice: string;
	/** IANA: what `site` means, to say so. */
	siteZone?: string;
	weekStart?: WeekStart;
	onChange: (time: Time) => void;
	/** Null: the zone is not for this person to choose. */
	onZone: ((choice: string) => void) | null;
}

/** What `work` gives; null where the range cannot be read, and nothing can be done with it. */
function attempt<T>(work: () => T): T | null {
	try {
		return work();
	} catch {
		return null;
	}
}

function QuickList({
	title,
	times,
	value,
	choose,
}: {
	title: string;
	times: readonly Quick[];
	value: Time;
	choose: (time: Time) => void;
}) {
	return (
		<section aria-label={title}>
			<h3>{title}</h3>
			{times.map((quick) => (
				<button
					type="button"
					key={`${quick.from} ${quick.to}`}
					aria-pressed={sameTime(quick, value)}
					onClick={() => choose({ from: quick.from, to: quick.to })}
				>
					{quick.name}
				</button>
			))}
		</section>
	);
}

/** What is typed, and what is wrong with it. */
function read(typed: Time, context: RangeContext): { time: Time | null; from: string | null; to: string | null } {
	const wrong = { from: null as string | null, to: null as string | null };
	const end = (side: "from" | "to") => {
		try {
			return fromText(typed[side], side, context);
		} catch (error) {
			wrong[side] = error instanceof RangeError ? error.message : String(error);
			return null;
		}
	};
	const [from, to] = [end("from"), end("to")];
	if (from === null || to === null) return { time: null, ...wrong };
	try {
		rangeOf({ from, to }, context);
		return { time: { from, to }, ...wrong };
	} catch (error) {
		return { time: null, ...wrong, to: error instanceof RangeError ? error.message : String(error) };
	}
}

function Panel({
	value,
	context,
	choose,
	...zones
}: TimePickerProps & { context: RangeContext; choose: (time: Time) => void }) {
	const shown = { from: toText(value.from, "from", context), to: toText(value.to, "to", context) };
	const [typed, setTyped] = useState(shown);
	const [asked, setAsked] = useState(false);
	// Other clocks show the same instants otherwise.
	useEffect(() => setTyped(shown), [zones.zone]);
	const [recent] = useState(recentTimes);
	const { time, from, to } = read(typed, context);
	const change = (side: "from" | "to", text: string) => {
		setAsked(false);
		setTyped({ ...typed, [side]: text });
	};
	const field = (side: "from" | "to", label: string, problem: string | null) => (
		<div class="time-field">
			<label for={`time-${side}`}>{label}</label>
			<input
				id={`time-${side}`}
				type="text"
				autocomplete="off"
				spellcheck={false}
				value={typed[side]}
				aria-invalid={asked && problem !== null}
				aria-describedby={`time-${side}-problem`}
				onInput={(event) => change(side, event.currentTarget.value)}
			/>
			<p id={`time-${side}-problem`} class="field-problem">
				{asked ? problem : null}
			</p>
		</div>
	);
	return (
		<div class="time-panel">
			<div class="time-quick">
				<QuickList title="Until now" times={QUICK} value={value} choose={choose} />
				<QuickList title="By the calendar" times={CALENDAR} value={value} choose={choose} />
				{recent.length > 0 && (
					<QuickList
						title="Lately"
						times={recent.map((one) => ({ ...one, name: timeName(one, context) }))}
						value={value}
						choose={choose}
					/>
				)}
			</div>
			<form
				class="time-absolute"
				onSubmit={(event) => {
					event.preventDefault();
					if (time) choose(time);
					else setAsked(true);
				}}
			>
				<Calendar
					chosen={time && daysOf(time, context)}
					today={dayOf(context.now, context.zone)}
					weekStart={context.weekStart}
					choose={(one, other) => {
						const days = daysTime(one, other, context);
						setTyped({ from: toText(days.from, "from", context), to: toText(days.to, "to", context) });
					}}
				/>
				{field("from", "From", from)}
				{field("to", "To", to)}
				<button type="submit" class="button primary">
					Apply
				</button>
				{zones.onZone && (
					<ZoneChoice
						choice={zones.zoneChoice}
						zone={zones.zone}
						siteZone={zones.siteZone ?? null}
						now={context.now}
						choose={zones.onZone}
					/>
				)}
			</form>
		</div>
	);
}

export function TimePicker(props: TimePickerProps) {
	const { value, zone, onChange } = props;
	const context: RangeContext = { now: Date.now(), zone: zoneOf(zone), weekStart: props.weekStart ?? "monday" };
	const name = timeName(value, context);
	const go = (time: Time | null) => {
		if (time) onChange(time);
	};
	return (
		<fieldset class="time" aria-label="Time range">
			<button
				type="button"
				class="time-step"
				aria-label="Earlier"
				title="Earlier"
				onClick={() => go(attempt(() => shift(value, -1, context)))}
			>
				<Icon name="left" />
			</button>
			<Popover
				label="Choose a time range"
				name={`Time range: ${name}`}
				look="time-button"
				panel="time-popover"
				button={
					<>
						<Icon name="clock" />
						<span class="time-name">{name}</span>
						{props.zoneChoice !== "site" && <span class="time-zone">{zone}</span>}
					</>
				}
			>
				{(close) => (
					<Panel
						{...props}
						context={context}
						choose={(time) => {
							remember(time);
							close();
							onChange(time);
						}}
					/>
				)}
			</Popover>
			<button
				type="button"
				class="time-step"
				aria-label="Later"
				title="Later"
				disabled={!canGoOn(value, context)}
				onClick={() => go(attempt(() => shift(value, 1, context)))}
			>
				<Icon name="right" />
			</button>
			<button
				type="button"
				class="time-step"
				aria-label="Zoom out"
				title="Zoom out"
				onClick={() => go(attempt(() => zoomOut(value, context)))}
			>
				<Icon name="zoomout" />
			</button>
		</fieldset>
	);
}
