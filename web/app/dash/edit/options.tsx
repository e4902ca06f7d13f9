/** How a panel of numbers is drawn: what all kinds have, and what only some do. */
import { useContext } from "preact/hooks";
import { type NumbersPanel, UNITS } from "../../../../schema/dashboard.ts";
import { INTERVALS } from "../../../../schema/query.ts";
import { NamesContext, NumberField, Row, Section, SelectField, Toggle } from "./fields.tsx";
import type { PanelFormProps } from "./panel-editor.tsx";

type Words<T extends string> = readonly (readonly [T, string])[];

const UNIT_WORDS: Record<(typeof UNITS)[number], string> = {
	auto: "Automatic",
	count: "Whole numbers",
	number: "Numbers",
	currency: "Money",
	duration: "Durations (of ms)",
	percent: "Percent (of 0 to 1)",
};
const INTERVAL_WORDS: Record<(typeof INTERVALS)[number], string> = {
	auto: "Automatic",
	"1m": "Minute",
	"5m": "5 minutes",
	"15m": "15 minutes",
	"1h": "Hour",
	"1d": "Day",
	"1w": "Week",
	"1M": "Month",
};
const LEGENDS: Words<"none" | "bottom" | "right"> = [
	["bottom", "Below"],
	["right", "On the right"],
	["none", "None"],
];
const STACKINGS: Words<"none" | "stacked" | "percent"> = [
	["none", "Beside each other"],
	["stacked", "Stacked"],
	["percent", "Stacked to 100 %"],
];

const optionsOf = <T extends string>(ids: readonly T[], words: Record<T, string>) =>
	ids.map((id) => [id, words[id]] as const);

export function KindOptions({ panel, change }: PanelFormProps<NumbersPanel>) {
	return (
		<>
			<Section title="Drawing">
				<Row>
					<OwnOptions panel={panel} change={change} />
					<Interval panel={panel} change={change} />
					{"legend" in panel && (
						<SelectField
							label="Legend"
							value={panel.legend}
							options={LEGENDS}
							change={(legend) => change({ ...panel, legend })}
						/>
					)}
				</Row>
				<div class="edit-toggles">
					<Toggles panel={panel} change={change} />
				</div>
			</Section>
			<Section title="Numbers">
				<Row>
					<SelectField
						label="Unit"
						value={panel.unit}
						options={optionsOf(UNITS, UNIT_WORDS)}
						change={(unit) => change({ ...panel, unit })}
					/>
					<NumberField
						label="Decimals"
						path="decimals"
						value={panel.decimals}
						min={0}
						max={6}
						change={(decimals) =>
							change({ ...panel, decimals: decimals === null ? null : Math.min(6, Math.max(0, Math.round(decimals))) })
						}
					/>
					{"min" in panel && (
						<NumberField label="Axis from" path="min" value={panel.min} change={(min) => change({ ...panel, min })} />
					)}
					{"max" in panel && (
						<NumberField label="Axis to" path="max" value={panel.max} change={(max) => change({ ...panel, max })} />
					)}
				</Row>
			</Section>
		</>
	);
}

/** What only this kind has. */
function OwnOptions({ panel, change }: PanelFormProps<NumbersPanel>) {
	switch (panel.kind) {
		case "area":
			return <Stacking value={panel.stacking} change={(stacking) => change({ ...panel, stacking })} />;
		case "bar":
			return (
				<>
					<SelectField
						label="A bar for each"
						value={panel.by}
						options={[
							["time", "Stretch of time"],
							["group", "Group"],
						]}
						change={(by) => change({ ...panel, by })}
					/>
					<Stacking value={panel.stacking} change={(stacking) => change({ ...panel, stacking })} />
				</>
			);
		case "heatmap":
			return (
				<SelectField
					label="Cells"
					value={panel.by}
					options={[
						["week", "Hours of the day over days of the week"],
						["time", "Groups over time"],
						["value", "Ranges of the value over time"],
					]}
					change={(by) => change({ ...panel, by })}
				/>
			);
		case "table":
			return (
				<SelectField
					label="A row for each"
					value={panel.by}
					options={[
						["group", "Group"],
						["time", "Stretch of time"],
					]}
					change={(by) => change({ ...panel, by })}
				/>
			);
		case "stat":
			return (
				<SelectField
					label="The number is"
					value={panel.value}
					options={[
						["total", "Of the whole range"],
						["last", "Of its newest whole step"],
					]}
					change={(value) => change({ ...panel, value })}
				/>
			);
		case "map":
			return (
				<SelectField
					label="Show"
					value={panel.show}
					options={[
						["both", "Map and list"],
						["map", "Map"],
						["list", "List"],
					]}
					change={(show) => change({ ...panel, show })}
				/>
			);
		default:
			return null;
	}
}

const Stacking = ({
	value,
	change,
}: {
	value: "none" | "stacked" | "percent";
	change: (value: "none" | "stacked" | "percent") => void;
}) => <SelectField label="Series" value={value} options={STACKINGS} change={change} />;

/** Does the panel cut time in steps? */
function isOverTime(panel: NumbersPanel): boolean {
	if (panel.kind === "heatmap") return panel.by !== "week";
	if (panel.kind === "bar" || panel.kind === "table") return panel.by === "time";
	return true;
}

/** A step of time, or the variable that says it. */
function Interval({ panel, change }: PanelFormProps<NumbersPanel>) {
	const names = useContext(NamesContext);
	if (!("interval" in panel) || !isOverTime(panel)) return null;
	const options = [...optionsOf(INTERVALS, INTERVAL_WORDS), ...names.map((name) => [`$${name}`, `$${name}`] as const)];
	return (
		<SelectField
			label="Every"
			path="interval"
			value={panel.interval}
			options={options}
			change={(interval) => change({ ...panel, interval })}
		/>
	);
}

function Toggles({ panel, change }: PanelFormProps<NumbersPanel>) {
	return (
		<>
			{"compare" in panel && (
				<Toggle
					label="Compare"
					hint="With the period before."
					value={panel.compare}
					change={(compare) => change({ ...panel, compare })}
				/>
			)}
			{"anomalies" in panel && isOverTime(panel) && (
				<Toggle
					label="Anomalies"
					hint="Draws what is usual, and marks what is not."
					value={panel.anomalies}
					change={(anomalies) => change({ ...panel, anomalies })}
				/>
			)}
			{"other" in panel && (
				<Toggle
					label="The rest"
					hint="Groups over the limit, as (other)."
					value={panel.other}
					change={(other) => change({ ...panel, other })}
				/>
			)}
			{"donut" in panel && (
				<Toggle
					label="Ring"
					hint="A hole in the middle."
					value={panel.donut}
					change={(donut) => change({ ...panel, donut })}
				/>
			)}
			{"bars" in panel && (
				<Toggle
					label="Bars"
					hint="Behind the numbers of a column."
					value={panel.bars}
					change={(bars) => change({ ...panel, bars })}
				/>
			)}
			{"spark" in panel && (
				<Toggle
					label="Small chart"
					hint="Under the number."
					value={panel.spark}
					change={(spark) => change({ ...panel, spark })}
				/>
			)}
		</>
	);
}
