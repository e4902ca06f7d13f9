/** Answers as CSV (RFC 4180), a row for what a reader would call one. */
import type { Answer, BreakdownRow, Question, RawAnswer, Series } from "../../schema/query.ts";
import type {
	EventRecord,
	FunnelAnswer,
	FunnelStep,
	LifecycleAnswer,
	PathsAnswer,
	RetentionAnswer,
	VisitorRow,
} from "../../schema/questions.ts";

export type Cell = string | number | boolean | null | undefined;
/** The first row names the columns. */
export type Sheet = Cell[][];

export const csvOf = (question: Question, answer: Answer | RawAnswer): string => csvText(sheetOf(question, answer));

export const csvText = (sheet: Sheet): string => sheet.map((row) => `${row.map(textOf).join(",")}\r\n`).join("");

/** What a spreadsheet would take for a formula is not one: event names and props are anybody's. */
const FORMULA = /^[=+\-@\t\r]/;

function textOf(cell: Cell): string {
	if (cell === null || cell === undefined) return "";
	if (typeof cell !== "string") return String(cell);
	const text = FORMULA.test(cell) ? `'${cell}` : cell;
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function sheetOf(question: Question, answer: Answer | RawAnswer): Sheet {
	if ("table" in answer && answer.table !== undefined) return breakdownSheet(groupsOf(question), answer.table);
	if ("series" in answer && answer.series !== undefined) return seriesSheet(groupsOf(question), answer);
	if ("steps" in answer) return funnelSheet(answer);
	if ("cohorts" in answer) return retentionSheet(answer);
	if ("nodes" in answer) return pathsSheet(answer);
	if ("points" in answer) return lifecycleSheet(answer);
	if ("visitors" in answer) return visitorsSheet(answer.visitors);
	return "events" in answer ? eventsSheet(answer.events) : [];
}

function groupsOf(question: Question): string[] {
	if (question.kind === "histogram") return ["from", "to"];
	return "groupBy" in question ? question.groupBy : [];
}

function breakdownSheet(groupBy: string[], table: BreakdownRow[]): Sheet {
	const previous = table.some((row) => row.previous !== undefined);
	const rows = table.map(({ group, value, previous: before }) => [
		...groupBy.map((dim) => group[dim]),
		value,
		...(previous ? [before] : []),
	]);
	return [[...groupBy, "value", ...(previous ? ["previous"] : [])], ...rows];
}

/** A row a point; without points, a row a series. */
function seriesSheet(groupBy: string[], { series = [], compare }: Answer): Sheet {
	const periods = compare === undefined ? [] : ["period"];
	const rowsOf = (all: readonly Series[], period: string) =>
		all.flatMap(({ group, points, total }) => {
			const labels = [...(compare === undefined ? [] : [period]), ...groupBy.map((dim) => group[dim])];
			return points.length === 0 ? [[...labels, null, total]] : points.map(([t, value]) => [...labels, t, value]);
		});
	return [
		[...periods, ...groupBy, "time", "value"],
		...rowsOf(series, "current"),
		...rowsOf(compare ?? [], "previous"),
	];
}

const STEP_COLUMNS = ["step", "label", "count", "dropped", "in_progress", "conversion", "step_conversion"];

function funnelSheet({ steps, groups = [] }: FunnelAnswer): Sheet {
	const dims = Object.keys(groups[0]?.group ?? {});
	const rows = (all: readonly FunnelStep[], labels: Cell[]) =>
		all.map((s, i) => [
			...labels,
			i + 1,
			s.label,
			s.count,
			s.dropped,
			s.in_progress,
			s.conversion,
			s.step_conversion,
			s.times?.median_ms,
			s.times?.p90_ms,
		]);
	return [
		[...dims, ...STEP_COLUMNS, "median_ms", "p90_ms"],
		...rows(
			steps,
			dims.map(() => null),
		),
		...groups.flatMap(({ group, steps: own }) =>
			rows(
				own,
				dims.map((dim) => group[dim]),
			),
		),
	];
}

function retentionSheet({ cohorts }: RetentionAnswer): Sheet {
	const periods = Math.max(0, ...cohorts.map(({ values }) => values.length));
	const header = Array.from({ length: periods }, (_, i) => `period_${i}`);
	return [["cohort", "size", ...header], ...cohorts.map((c) => [c.t, c.size, ...c.values.map((v) => v?.count)])];
}

function pathsSheet({ nodes, links }: PathsAnswer): Sheet {
	const byId = new Map(nodes.map((node) => [node.id, node]));
	return [
		["level", "source", "target", "count"],
		...links.map(({ source, target, count }) => [
			byId.get(source)?.level,
			byId.get(source)?.label,
			byId.get(target)?.label,
			count,
		]),
	];
}

function lifecycleSheet({ points }: LifecycleAnswer): Sheet {
	return [
		["time", "new", "returning", "resurrecting", "dormant", "partial"],
		...points.map((p) => [p.t, p.new, p.returning, p.resurrecting, p.dormant, p.partial]),
	];
}

const VISITOR_COLUMNS = [
	"visitor",
	"user_id",
	"first_seen",
	"last_seen",
	"events",
	"sessions",
	"country",
	"city",
	"device",
	"browser",
	"os",
	"channel",
	"referrer",
	"last_path",
	"value",
] as const satisfies (keyof VisitorRow)[];

function visitorsSheet(visitors: readonly VisitorRow[]): Sheet {
	const rows = visitors.map((row) => [...VISITOR_COLUMNS.map((name) => row[name]), JSON.stringify(row.traits)]);
	return [[...VISITOR_COLUMNS, "traits"], ...rows];
}

function eventsSheet(events: readonly EventRecord[]): Sheet {
	const fields = [...new Set(events.flatMap((event) => Object.keys(event.fields)))];
	const rows = events.map((e) => [
		e.t,
		e.name,
		e.visitor,
		e.id,
		e.value,
		e.flags.join(" "),
		...fields.map((field) => e.fields[field]),
		JSON.stringify(e.props),
	]);
	return [["time", "name", "visitor", "id", "value", "flags", ...fields, "props"], ...rows];
}
