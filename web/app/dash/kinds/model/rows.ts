/** A panel by group as rows: a row a group, a column a query or formula. For bars, pies, tables and maps. */
import type { NumbersPanel } from "../../../../../schema/dashboard.ts";
import type { PanelAnswer } from "../../../../../schema/panel.ts";
import type { BreakdownRow } from "../../../../../schema/query.ts";
import { groupLabel } from "../../../filter/fields.ts";
import { keyOf } from "./chart.ts";
import { type Colour, coloursOf } from "./colours.ts";
import { isOther, type Source, sourcesOf } from "./sources.ts";

export interface GroupRow {
	id: string;
	group: Record<string, string>;
	label: string;
	/** What passed the limit: always last. */
	other: boolean;
	/** One a column; null where the group has none. */
	values: (number | null)[];
	/** Of the previous period; undefined where it was not asked. */
	previous: (number | null | undefined)[];
}

export interface Groups {
	/** Fields that the rows are grouped by. */
	dims: string[];
	columns: Source[];
	rows: GroupRow[];
	notes: string[];
}

/** An answer over time will do, too: its totals are the rows. A query without groups has one row. */
function tableOf({ table, series, compare, total }: Source): readonly BreakdownRow[] {
	if (table.length > 0) return table;
	if (series.length > 0) {
		const before = new Map(compare.map((one) => [JSON.stringify(one.group), one.total]));
		return series.map(({ group, total }) => {
			const previous = before.get(JSON.stringify(group));
			return { group, value: total, ...(previous !== undefined && { previous }) };
		});
	}
	return total === null ? [] : [{ group: {}, value: total }];
}

/** Largest first by the first column that has them, `(other)` last. */
export function groupsOf(panel: NumbersPanel, answer: PanelAnswer, currency: string | null): Groups {
	const { sources, notes } = sourcesOf(panel, answer, currency);
	const rows = new Map<string, GroupRow>();
	sources.forEach((source, column) => {
		for (const { group, value, previous } of tableOf(source)) {
			const id = JSON.stringify(Object.entries(group));
			const row = rows.get(id) ?? emptyRow(id, group, source.label, sources.length);
			row.values[column] = value;
			row.previous[column] = previous;
			rows.set(id, row);
		}
	});
	const dims = [...new Set([...rows.values()].flatMap(({ group }) => Object.keys(group)))];
	return { dims, columns: sources, rows: [...rows.values()].sort(byValue(0)), notes };
}

const emptyRow = (id: string, group: Record<string, string>, label: string, columns: number): GroupRow => ({
	id,
	group,
	label: groupLabel(group) || label,
	other: isOther(group),
	values: new Array<number | null>(columns).fill(null),
	previous: new Array<number | null | undefined>(columns).fill(undefined),
});

/** What has no value goes behind what has, `(other)` behind all. */
export const byValue =
	(column: number, descending = true) =>
	(a: GroupRow, b: GroupRow): number => {
		if (a.other !== b.other) return a.other ? 1 : -1;
		const [x, y] = [a.values[column] ?? null, b.values[column] ?? null];
		if (x === null || y === null) return Number(x === null) - Number(y === null);
		return descending ? y - x : x - y;
	};

/** One bar or slice. */
export interface Part {
	id: string;
	label: string;
	group: Record<string, string>;
	colour: Colour;
	value: number;
	previous: number | null | undefined;
	source: Source;
}

/** Every value of every column for itself: slices, and bars of queries without groups. */
export function partsOf({ columns, rows }: Groups): Part[] {
	const several = columns.length > 1;
	const parts = rows.flatMap((row) =>
		columns.flatMap((source, column) => {
			const value = row.values[column] ?? null;
			const grouped = Object.keys(row.group).length > 0;
			if (value === null) return [];
			const label = !grouped ? source.label : several ? `${row.label} · ${source.label}` : row.label;
			const key = keyOf(row.group, column, several ? source.id : "");
			return [{ id: source.id + row.id, label, group: row.group, key, value, previous: row.previous[column], source }];
		}),
	);
	const colours = coloursOf(parts.map(({ key }) => key));
	return parts.map(({ key: _, ...part }, i) => ({ ...part, colour: colours[i] ?? { slot: null, again: false } }));
}

/** The one field and value of a group that a click can filter by; null where there is none. */
export function pickOf(group: Record<string, string>): [dim: string, value: string] | null {
	const [only, ...more] = Object.entries(group);
	return only === undefined || more.length > 0 || isOther(group) ? null : only;
}
