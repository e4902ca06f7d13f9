import { useMemo, useState } from "preact/hooks";
import type { PanelKind } from "../../../../schema/dashboard.ts";
import type { Answer, Interval, QueryInput } from "../../../../schema/query.ts";
import { ask } from "../../api.ts";
import { bucketLabel } from "../../charts/axes.ts";
import { LineChart } from "../../charts/line.tsx";
import { EventSelect } from "../../filter/event.tsx";
import { fieldLabel } from "../../filter/fields.ts";
import { complete } from "../../filter/model.ts";
import { SplitBy } from "../../filter/split.tsx";
import { eventLabel } from "../../filter/words.ts";
import { brief, change as changeOf, full, isRough } from "../../model/format.ts";
import { seconds, stepOf } from "../../model/join.ts";
import { previousName, rangeName } from "../../model/range.ts";
import { show, useWorkspace, view } from "../../state.ts";
import { colourOf, Lines } from "../charts/lines.tsx";
import { SegmentationForm } from "../model/forms.ts";
import { MEASURE_INFO, measuresFor } from "../model/measures.ts";
import { type Chart, chartOf, type Group, lineOf } from "../model/series.ts";
import { seriesTable } from "../model/tables.ts";
import { AnswerCard, DataTable, OpenKey, TableSwitch } from "../parts/answer.tsx";
import { Choice, Labelled } from "../parts/controls.tsx";
import { PageHead, QuestionFilters } from "../parts/question.tsx";
import { type PlacelessPanel, SaveToDashboard } from "../parts/save-to-dashboard.tsx";
import { rangeOf, useAnswer, useForm } from "../state.ts";

const INTERVALS: readonly (readonly [Interval, string])[] = [
	["auto", "Automatic"],
	["1m", "Minute"],
	["5m", "5 minutes"],
	["15m", "15 minutes"],
	["1h", "Hour"],
	["1d", "Day"],
	["1w", "Week"],
	["1M", "Month"],
];
const LIMITS = ["3", "5", "8", "12", "20"] as const;

/** A point every five pixels or so: more is noise to the eye. */
const POINTS = 200;

const questionOf = (form: SegmentationForm): QueryInput => ({
	kind: "timeseries",
	metric: form.metric,
	measure: form.measure,
	interval: form.interval,
	maxDataPoints: POINTS,
	filters: complete(form.filters),
	groupBy: form.groupBy,
	limit: form.limit,
	exact: form.exact,
	...rangeOf(),
	...(form.compare ? { compare: "previous" as const } : {}),
});

const PANEL_KINDS: readonly (readonly [PanelKind, string])[] = [
	["line", "Lines"],
	["area", "Areas"],
	["bar", "Bars"],
	["table", "Table"],
	["pie", "Pie"],
	["stat", "Figure"],
];

/** The question as a panel; what a kind has no field for is left out. */
function panelOf(form: SegmentationForm, kind: PanelKind): PlacelessPanel {
	const { metric, measure, groupBy, limit, exact, interval, compare } = form;
	const query = { ref: "A" as const, metric, measure, filters: complete(form.filters), groupBy, limit, exact };
	const queries = [kind === "stat" ? { ...query, groupBy: [] } : query];
	switch (kind) {
		case "area":
		case "bar":
		case "table":
			return { kind, queries, interval, compare };
		case "pie":
			return { kind, queries };
		case "stat":
			return { kind, queries, interval };
		default:
			return { kind: "line", queries, interval, compare };
	}
}

/** Segmentation: any measure, narrowed by any filter, split by any field. */
export function Segmentation() {
	const { form, change, broken } = useForm(SegmentationForm);
	const question = questionOf(form);
	const loaded = useAnswer(question, ask);
	const { data } = loaded;
	const [isolated, setIsolated] = useState<string | null>(null);
	const [table, setTable] = useState(false);
	const { unit, gaps, label } = MEASURE_INFO[form.measure];
	const whole = form.metric === "*" ? label : `${label}: ${form.metric}`;
	const chart = useMemo(
		() => data && chartOf(data, { empty: gaps ? null : 0, now: Date.now() / 1000, whole }),
		[data, gaps, whole],
	);
	const narrowed = question.filters !== undefined && question.filters.length > 0;
	return (
		<>
			<PageHead
				title="Explore"
				lead="Any figure over time, for whom you like, split by what you like."
				table={data && (() => seriesTable(data, form.groupBy, form.measure))}
				refresh={loaded.retry}
			>
				<SaveToDashboard kinds={PANEL_KINDS} panel={(kind) => panelOf(form, kind)} title={whole} />
			</PageHead>
			<section class="card ask-form" aria-label="Question">
				<Broken broken={broken} />
				<div class="ask-row">
					<Choice
						label="Show"
						value={form.measure}
						options={measuresFor(form.metric, form.measure)}
						change={(measure) => change({ measure })}
					/>
					<Labelled label="of">
						<EventSelect event={form.metric} change={(metric) => change({ metric })} label="Event" />
					</Labelled>
					<GroupBy form={form} change={change} />
					<Choice label="Every" value={form.interval} options={INTERVALS} change={(interval) => change({ interval })} />
					<Labelled label="Compare">
						<select
							value={form.compare ? "previous" : ""}
							onChange={(event) => change({ compare: event.currentTarget.value !== "" })}
						>
							<option value="">Nothing</option>
							<option value="previous">Period before</option>
						</select>
					</Labelled>
					{form.measure === "uniques" && (
						<Labelled label="Counting">
							<select
								value={form.exact ? "exact" : ""}
								onChange={(event) => change({ exact: event.currentTarget.value !== "" })}
							>
								<option value="">Fast</option>
								<option value="exact">One by one</option>
							</select>
						</Labelled>
					)}
				</div>
				<QuestionFilters filters={form.filters} change={(filters) => change({ filters })} />
			</section>
			<AnswerCard
				label="Answer"
				loaded={loaded}
				skeleton={
					<div class="chart-box">
						<div class="skeleton chart" />
					</div>
				}
				isEmpty={() => chart === null || chart.groups.every((group) => group.values.every((value) => !value))}
				clear={narrowed ? () => change({ filters: [] }) : null}
				aside={
					<>
						{chart && data && <OpenKey at={chart.times[chart.partial]} meta={data.meta} />}
						<TableSwitch table={table} set={setTable} />
					</>
				}
				tools={
					<span class="answer-title">
						{whole}
						{form.compare && <span class="muted"> against {previousName(view.value.range)}</span>}
					</span>
				}
			>
				{(answer) =>
					chart && (
						<>
							<div class="chart-box">
								{table ? (
									<Buckets answer={answer} form={form} />
								) : (
									<Drawing chart={chart} answer={answer} form={form} isolated={isolated} />
								)}
							</div>
							<Groups
								chart={chart}
								form={form}
								error={answer.meta.exact ? undefined : answer.meta.error}
								isolated={isolated}
								isolate={(id) => setIsolated(id === isolated ? null : id)}
								unit={unit}
							/>
						</>
					)
				}
			</AnswerCard>
		</>
	);
}

/** A link that could not be read says so, and nothing more. */
export const Broken = ({ broken }: { broken: boolean }) =>
	broken ? (
		<p class="notice bad" role="alert">
			This link could not be read. Here is an empty question instead.
		</p>
	) : null;

function GroupBy({ form, change }: { form: SegmentationForm; change: (next: Partial<SegmentationForm>) => void }) {
	return (
		<>
			<SplitBy fields={form.groupBy} change={(groupBy) => change({ groupBy })} />
			{form.groupBy.length > 0 && (
				<Labelled label="Groups">
					<select value={String(form.limit)} onChange={(event) => change({ limit: Number(event.currentTarget.value) })}>
						{[...new Set([...LIMITS, String(form.limit)])].map((limit) => (
							<option key={limit} value={limit}>
								Top {limit}
							</option>
						))}
					</select>
				</Labelled>
			)}
		</>
	);
}

/** A brushed stretch becomes the range, in whole buckets. */
function brush(from: number, to: number, interval: string): void {
	const step = Math.min(stepOf(interval), stepOf("1h"));
	const start = Math.floor(from / step) * step * 1000;
	const end = Math.min(Math.ceil(to / step) * step * 1000, Date.now());
	if (end > start) show({ range: { from: start, to: end } });
}

function Drawing({
	chart,
	answer,
	form,
	isolated,
}: {
	chart: Chart;
	answer: Answer;
	form: SegmentationForm;
	isolated: string | null;
}) {
	const { site } = useWorkspace();
	const { interval, timezone } = answer.meta;
	const shared = {
		unit: MEASURE_INFO[form.measure].unit,
		currency: site.currency,
		zone: timezone,
		interval,
		label: `${MEASURE_INFO[form.measure].label}, ${rangeName(view.value.range, timezone)}`,
		onBrush: (from: number, to: number) => brush(from, to, interval),
	};
	if (form.groupBy.length > 0) return <Lines chart={chart} isolated={isolated} {...shared} />;
	const line = lineOf(chart);
	return (
		<LineChart
			line={line}
			previous={chart.groups[0]?.previous ?? []}
			live={line.partial < line.times.length}
			{...shared}
		/>
	);
}

function Buckets({ answer, form }: { answer: Answer; form: SegmentationForm }) {
	const { site } = useWorkspace();
	const { unit, label } = MEASURE_INFO[form.measure];
	const { interval, timezone } = answer.meta;
	const table = seriesTable(answer, form.groupBy, form.measure);
	const head = [
		`From (${timezone})`,
		...form.groupBy.map(fieldLabel),
		label,
		...(answer.compare ? ["Period before"] : []),
	];
	const values = 1 + form.groupBy.length;
	return (
		<DataTable
			table={{ ...table, head }}
			label={label}
			format={(cell, column) => {
				if (column === 0) return bucketLabel(seconds(String(cell)), interval, timezone);
				if (column < values) return cell;
				return full(typeof cell === "number" ? cell : null, unit, site.currency);
			}}
		/>
	);
}

/** Totals, which are the legend too: a click on one takes it out of the crowd. */
function Groups({
	chart,
	form,
	error,
	isolated,
	isolate,
	unit,
}: {
	chart: Chart;
	form: SegmentationForm;
	/** Of estimates: their error, null where it is not known. */
	error: number | null | undefined;
	isolated: string | null;
	isolate: (id: string) => void;
	unit: (typeof MEASURE_INFO)[keyof typeof MEASURE_INFO]["unit"];
}) {
	const { site } = useWorkspace();
	const name = form.groupBy.length > 0 ? form.groupBy.map(fieldLabel).join(", ") : eventLabel(form.metric);
	const rough = (group: Group) => form.measure === "uniques" && error !== undefined && isRough(group.total, error);
	// Where no group was there before, all would be new.
	const compared = chart.groups.some(({ before }) => before);
	return (
		<div class="groups">
			<table>
				<thead>
					<tr>
						<th scope="col">{name}</th>
						<th scope="col">Whole period</th>
						{form.compare && <th scope="col">Period before</th>}
						{form.compare && <th scope="col">Change</th>}
					</tr>
				</thead>
				<tbody>
					{chart.groups.map((group) => (
						<tr key={group.id} class={isolated === group.id ? "isolated" : ""}>
							<th scope="row">
								<button
									type="button"
									class="group-name"
									aria-pressed={isolated === group.id}
									disabled={form.groupBy.length === 0}
									onClick={() => isolate(group.id)}
								>
									{form.groupBy.length > 0 && <i class="swatch" style={{ background: `var(${colourOf(group)})` }} />}
									<span>{group.label}</span>
								</button>
							</th>
							<td title={full(group.total, unit, site.currency)}>
								{rough(group) && <i class="about">~</i>}
								{brief(group.total, unit, site.currency)}
							</td>
							{form.compare && <td>{brief(group.before, unit, site.currency)}</td>}
							{form.compare && <td>{compared && changeOf(group.total, group.before, unit)?.text}</td>}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}
