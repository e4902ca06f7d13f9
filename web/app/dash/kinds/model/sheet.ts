/**
 * The table behind each panel. A cell's text is the whole value, as a CSV has it (numbers with every digit, times in
 * ISO 8601 with offset, groups by their own values); its title is the same for people.
 */
import { zoneOf } from "../../../../../schema/core/zone.ts";
import type { NumbersPanel, Panel, PanelOf } from "../../../../../schema/dashboard.ts";
import type { PanelAnswer, PanelResult } from "../../../../../schema/panel.ts";
import type { RawAnswer } from "../../../../../schema/query.ts";
import { bucketLabel } from "../../../charts/axes.ts";
import { funnelTable, retentionTable, type Table } from "../../../explore/model/tables.ts";
import { fieldLabel } from "../../../filter/fields.ts";
import { valueLabel } from "../../../model/label.ts";
import type { Sheet, Surroundings } from "../types.ts";
import { type Chart, chartOf } from "./chart.ts";
import { type Style, writeFull } from "./figures.ts";
import { groupsOf } from "./rows.ts";
import { type Source, sourcesOf } from "./sources.ts";
import { heatOf } from "./spread.ts";
import { dayName, weekOf } from "./week.ts";

type Around = Pick<Surroundings, "zone" | "currency" | "weekStart">;
type Cell = Sheet["rows"][number]["cells"][number];

const NO_SHEET: Sheet = { columns: [], rows: [] };

const figure = (value: number | null | undefined, style: Style): Cell =>
	value == null ? { text: "" } : { text: String(value), title: writeFull(value, style) };
const text = (name: string) => ({ name, numeric: false });
const numeric = (name: string) => ({ name, numeric: true });

/** Does the panel draw one value a group, and none over time? */
export const isByGroup = (panel: Panel): boolean =>
	panel.kind === "pie" ||
	panel.kind === "map" ||
	((panel.kind === "bar" || panel.kind === "table") && panel.by === "group");

export function sheetOf(panel: Panel, answer: PanelAnswer, around: Around): Sheet {
	switch (panel.kind) {
		case "text":
			return NO_SHEET;
		case "funnel":
			return funnelSheet(panel, answer);
		case "retention":
			return retentionSheet(panel, answer);
		case "stat":
			return statSheet(panel, answer, around);
		case "heatmap":
			return panel.by === "week"
				? weekSheet(panel, answer, around)
				: sheetOver(heatOf(panel, answer, { ...around, now: Date.now() }), around.zone);
		default:
			return isByGroup(panel) ? groupSheet(panel, answer, around) : timeSheet(panel, answer, around);
	}
}

const timeSheet = (panel: NumbersPanel, answer: PanelAnswer, around: Around): Sheet =>
	sheetOver(chartOf(panel, answer, { ...around, now: Date.now() }), around.zone);

function sheetOver({ times, interval, series, partial }: Chart, zone: string): Sheet {
	const clock = zoneOf(zone);
	const columns = series.flatMap(({ label, previous }) => [
		numeric(label),
		...(previous.length > 0 ? [numeric(`${label}, previous period`)] : []),
	]);
	return {
		columns: [text("Time"), ...columns],
		rows: times.map((at, i) => ({
			cells: [
				{
					text: clock.iso(at * 1000),
					title: `${bucketLabel(at, interval, zone)}${i >= partial ? ", so far" : ""}`,
				},
				...series.flatMap(({ values, previous, style }) => [
					figure(values[i], style),
					...(previous.length > 0 ? [figure(previous[i], style)] : []),
				]),
			],
		})),
	};
}

function groupSheet(panel: NumbersPanel, answer: PanelAnswer, { currency }: Around): Sheet {
	const { dims, columns, rows } = groupsOf(panel, answer, currency);
	const compared = columns.map((_, i) => rows.some(({ previous }) => previous[i] !== undefined));
	return {
		columns: [
			...(dims.length > 0 ? dims.map((dim) => text(fieldLabel(dim))) : [text("")]),
			...columns.flatMap(({ label }, i) => [
				numeric(label),
				...(compared[i] ? [numeric(`${label}, previous period`)] : []),
			]),
		],
		rows: rows.map(({ group, label, values, previous }) => ({
			cells: [
				...(dims.length > 0
					? dims.map((dim) => ({ text: group[dim] ?? "", title: valueLabel(dim, group[dim] ?? "") }))
					: [{ text: label }]),
				...columns.flatMap(({ style }, i) => [
					figure(values[i], style),
					...(compared[i] ? [figure(previous[i], style)] : []),
				]),
			],
		})),
	};
}

function statSheet(panel: PanelOf<"stat">, answer: PanelAnswer, { zone, currency }: Around): Sheet {
	const { series, partial } = chartOf(panel, answer, { zone, currency, now: Date.now() });
	const last = panel.value === "last";
	const compared = series.some(({ previous }) => previous.length > 0);
	return {
		columns: [
			text(""),
			numeric(last ? "Newest whole bucket" : "Value"),
			...(compared ? [numeric("Previous period")] : []),
		],
		rows: series.map(({ label, style, values, previous, total, before }) => ({
			cells: [
				{ text: label },
				figure(last ? values[partial - 1] : total, style),
				...(compared ? [figure(last ? previous[partial - 1] : before, style)] : []),
			],
		})),
	};
}

function weekSheet(panel: PanelOf<"heatmap">, answer: PanelAnswer, { zone, currency, weekStart }: Around): Sheet {
	const { times, partial, series } = chartOf(panel, answer, { zone, currency, now: Date.now() });
	const several = series.length > 1;
	return {
		columns: [
			...(several ? [text("Series")] : []),
			text("Day"),
			...Array.from({ length: 24 }, (_, hour) => numeric(`${String(hour).padStart(2, "0")}:00`)),
		],
		rows: series.flatMap(({ label, values, style }) => {
			const { rows, days } = weekOf(times, values, partial, { zone, weekStart });
			return rows.map((row, i) => ({
				cells: [
					...(several ? [{ text: label }] : []),
					{ text: dayName(days[i] ?? 0, "long") },
					...row.map((value) => figure(value, style)),
				],
			}));
		}),
	};
}

type Answered = NonNullable<PanelResult["answer"]>;
/** An answer of the kind that funnels have. */
export const isFunnel = (answer: Answered): answer is RawAnswer<"funnel"> => "steps" in answer;
export const isRetention = (answer: Answered): answer is RawAnswer<"retention"> => "cohorts" in answer;

const ofTable = ({ head, rows }: Table): Sheet => ({
	columns: head.map((name, i) => ({ name, numeric: rows.some((row) => typeof row[i] === "number") })),
	rows: rows.map((row) => ({ cells: row.map((cell) => ({ text: cell === null ? "" : String(cell) })) })),
});

function funnelSheet(panel: PanelOf<"funnel">, { results }: PanelAnswer): Sheet {
	const answer = results[0]?.answer;
	if (!answer || !isFunnel(answer)) return NO_SHEET;
	const labels = answer.steps.map(({ label }) => label);
	return ofTable(funnelTable(answer, labels, answer.groups ? panel.breakdown : null));
}

function retentionSheet(panel: PanelOf<"retention">, { results }: PanelAnswer): Sheet {
	const answer = results[0]?.answer;
	return answer && isRetention(answer) ? ofTable(retentionTable(answer, panel.period)) : NO_SHEET;
}

/** Is there nothing to draw? What is 0 all over is nothing, but as a single figure. */
export function isEmpty(panel: Panel, answer: PanelAnswer): boolean {
	switch (panel.kind) {
		case "text":
			return (answer.markdown ?? panel.markdown).trim() === "";
		case "funnel":
			return !answer.results.some((one) => one.answer && isFunnel(one.answer) && (one.answer.steps[0]?.count ?? 0) > 0);
		case "retention":
			return !answer.results.some(
				(one) => one.answer && isRetention(one.answer) && one.answer.cohorts.some(({ size }) => size > 0),
			);
		case "stat":
			return sourcesOf(panel, answer, null).sources.every(({ series, total }) => series.length === 0 && total === null);
		default:
			return isByGroup(panel) ? noGroups(panel, answer) : noSeries(panel, answer);
	}
}

const isNothing = (value: number | null) => value === null || value === 0;
const noGroups = (panel: NumbersPanel, answer: PanelAnswer) =>
	groupsOf(panel, answer, null).rows.every(({ values }) => values.every(isNothing));

function noSeries(panel: NumbersPanel, answer: PanelAnswer): boolean {
	const { sources, notes } = sourcesOf(panel, answer, null);
	const still = (series: Source["series"]) =>
		series.every(({ points }) => points.every(([, value]) => isNothing(value)));
	return notes.length === 0 && sources.every(({ series, compare }) => still(series) && still(compare));
}
