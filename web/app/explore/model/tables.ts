/** Each answer as rows: the table behind a chart, and its CSV. */
import type { Answer } from "../../../../schema/query.ts";
import type {
	EventRecord,
	FunnelAnswer,
	FunnelStep,
	LifecycleAnswer,
	PathsAnswer,
	RetentionAnswer,
	VisitorRow,
} from "../../../../schema/questions.ts";

/** Null: there is none (not 0). */
export type Cell = string | number | null;
export interface Table {
	head: string[];
	rows: Cell[][];
}

const groupCells = (group: Record<string, string>, dims: readonly string[]): Cell[] =>
	dims.map((dim) => group[dim] ?? "");

/** A row for each bucket of each group; the previous period's beside it, bucket by bucket. */
export function seriesTable({ series = [], compare }: Answer, dims: readonly string[], measure: string): Table {
	const before = new Map((compare ?? []).map((one) => [JSON.stringify(one.group), one.points]));
	const head = ["from", ...dims, measure, ...(compare ? ["previous"] : [])];
	const rows = series.flatMap(({ group, points }) => {
		const previous = before.get(JSON.stringify(group));
		return points.map(([at, value], i): Cell[] => [
			at,
			...groupCells(group, dims),
			value,
			...(compare ? [previous?.[i]?.[1] ?? null] : []),
		]);
	});
	return { head, rows };
}

const STEP_HEAD = [
	"step",
	"name",
	"count",
	"conversion",
	"step_conversion",
	"dropped",
	"in_progress",
	"median_ms",
	"p90_ms",
];

const stepCells = (step: FunnelStep, index: number, label: string): Cell[] => [
	index + 1,
	label,
	step.count,
	step.conversion,
	step.step_conversion,
	step.dropped,
	step.in_progress,
	step.times?.median_ms ?? null,
	step.times?.p90_ms ?? null,
];

/** A row for each step, and for each step of each group. */
export function funnelTable(
	{ steps, groups = [] }: FunnelAnswer,
	labels: readonly string[],
	dim: string | null,
): Table {
	const rowsOf = (of: readonly FunnelStep[], group: Cell[]) =>
		of.map((step, i) => [...group, ...stepCells(step, i, labels[i] ?? step.label)]);
	if (dim === null) return { head: STEP_HEAD, rows: rowsOf(steps, []) };
	return {
		head: [dim, ...STEP_HEAD],
		rows: [...rowsOf(steps, ["(all)"]), ...groups.flatMap((one) => rowsOf(one.steps, groupCells(one.group, [dim])))],
	};
}

/** A row a cohort and period that has begun. */
export function retentionTable({ cohorts }: RetentionAnswer, period: string): Table {
	return {
		head: ["cohort", "size", period, "count", "rate", "complete"],
		rows: cohorts.flatMap(({ t, size, values }) =>
			values.flatMap((value, n): Cell[][] =>
				value === null ? [] : [[t, size, n, value.count, value.rate, value.complete ? "yes" : "no"]],
			),
		),
	};
}

/** A row a link, largest first within its step. */
export function pathsTable({ nodes, links }: PathsAnswer): Table {
	const byId = new Map(nodes.map((node) => [node.id, node]));
	const rows = links.map(({ source, target, count }): Cell[] => {
		const from = byId.get(source);
		const to = byId.get(target);
		return [Math.max(from?.level ?? 0, to?.level ?? 0), from?.label ?? "", to?.label ?? "", count];
	});
	rows.sort((a, b) => Number(a[0]) - Number(b[0]) || Number(b[3]) - Number(a[3]));
	return { head: ["step", "from", "to", "count"], rows };
}

export const lifecycleTable = ({ points }: LifecycleAnswer): Table => ({
	head: ["from", "new", "returning", "resurrecting", "dormant"],
	rows: points.map((p) => [p.t, p.new, p.returning, p.resurrecting, p.dormant]),
});

const VISITOR_HEAD = [
	"visitor",
	"user_id",
	"first_seen",
	"last_seen",
	"events",
	"sessions",
	"value",
	"country",
	"city",
	"device",
	"browser",
	"os",
	"channel",
	"referrer",
	"last_path",
] as const;

export const visitorsTable = (visitors: readonly VisitorRow[]): Table => ({
	head: [...VISITOR_HEAD, "traits"],
	rows: visitors.map((row) => [...VISITOR_HEAD.map((name) => row[name]), JSON.stringify(row.traits)]),
});

/** Fields in the order in which they were first met. */
export function eventsTable(events: readonly EventRecord[]): Table {
	const fields = [...new Set(events.flatMap((event) => Object.keys(event.fields)))];
	return {
		head: ["t", "name", "visitor", "value", "flags", ...fields, "props"],
		rows: events.map((event) => [
			event.t,
			event.name,
			event.visitor,
			event.value,
			event.flags.join(" "),
			...fields.map((name) => event.fields[name] ?? null),
			JSON.stringify(event.props),
		]),
	};
}
