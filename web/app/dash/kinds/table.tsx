import { Fragment } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { bucketLabel } from "../../charts/axes.ts";
import { fieldLabel } from "../../filter/fields.ts";
import { valueLabel } from "../../model/label.ts";
import { OTHER } from "../../model/words.ts";
import { Moved } from "../../panels/moved.tsx";
import { rowsShown, useRowRoom } from "../wall-rows.ts";
import { Figure, hadSome } from "./figure.tsx";
import { chartOf } from "./model/chart.ts";
import { type Style, toneOf } from "./model/figures.ts";
import { byValue, type GroupRow, groupsOf } from "./model/rows.ts";
import { Notes } from "./notes.tsx";
import type { KindProps } from "./types.ts";

type Panel = KindProps<"table">["panel"];

/** Rows that are drawn at once: a day of minutes would be slow to lay out, and nobody reads it. */
const MOST = 200;

interface Column {
	label: string;
	style: Style;
	good: "up" | "down" | null;
	error: number | null | undefined;
	/** Of all rows together, where it is known. */
	total: number | null;
}

interface Lines {
	/** Fields of the first columns; empty: what the rows are called is one column. */
	dims: string[];
	head: string;
	columns: Column[];
	rows: GroupRow[];
	notes: string[];
}

/** Rows of groups, or of buckets. */
export function TablePanel({ panel, answer, around }: KindProps<"table">) {
	const { zone, currency } = around;
	const lines = useMemo(
		() => (panel.by === "group" ? byGroup(panel, answer, currency) : byTime(panel, answer, zone, currency)),
		[panel, answer, zone, currency],
	);
	const [sort, setSort] = useState<Sort>({ column: panel.by === "time" ? -1 : 0, down: true });
	const [all, setAll] = useState(false);
	const section = useRef<HTMLElement>(null);
	const room = useRowRoom(section);
	const rows = useMemo(() => sorted(lines.rows, sort, panel.by === "time"), [lines, sort, panel.by]);
	const most = lines.columns.map((_, i) =>
		lines.rows.reduce((top, row) => Math.max(top, row.other ? 0 : (row.values[i] ?? 0)), 0),
	);
	const compared = panel.compare && hadSome(lines.rows);
	const shown = rowsShown(rows.length, room);
	const names = Math.max(1, lines.dims.length);
	const wide = names + lines.columns.length * (compared ? 2 : 1);
	const rest = room > 1 ? rows.slice(shown) : [];
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
		<section class="kind kind-table" ref={section} tabIndex={0} aria-label={answer.title || "Table"}>
			<table>
				<Head lines={lines} sort={sort} compared={compared} change={setSort} />
				<tbody>
					{rows.slice(0, all ? shown : Math.min(shown, MOST)).map((row) => (
						<tr key={row.id} class={row.other ? "other" : ""}>
							<Names row={row} dims={lines.dims} pick={around.onPick} />
							{lines.columns.map((column, i) => (
								<Values
									key={i}
									row={row}
									at={i}
									column={column}
									most={most[i] ?? 0}
									panel={panel}
									compared={compared}
								/>
							))}
						</tr>
					))}
					{rest.length > 0 && (
						<tr class="more">
							<td colSpan={wide}>{moreOf(rest)}</td>
						</tr>
					)}
				</tbody>
				{lines.rows.length > 1 && lines.columns.some(({ total }) => total !== null) && (
					<tfoot>
						<tr>
							<th scope="row" colSpan={names}>
								Total
							</th>
							{lines.columns.map(({ label, style, error, total }) => (
								<Fragment key={label}>
									<td>
										<Figure value={total} style={style} error={error} />
									</td>
									{compared && <td />}
								</Fragment>
							))}
						</tr>
					</tfoot>
				)}
			</table>
			{!all && shown > MOST && (
				<button type="button" class="button small kind-more" onClick={() => setAll(true)}>
					Show all {rows.length.toLocaleString("en")}
				</button>
			)}
			<Notes notes={lines.notes} />
		</section>
	);
}

/** What of the rows is not shown: "and 12 more". */
function moreOf(rest: readonly GroupRow[]): string {
	const others = rest.some(({ other }) => other);
	const more = `and ${(rest.length - Number(others)).toLocaleString("en")} more`;
	return others ? `${more}, and all others` : more;
}

/** Column -1: by name, or time. The newest first, as the largest are. */
interface Sort {
	column: number;
	down: boolean;
}

function sorted(rows: readonly GroupRow[], { column, down }: Sort, time: boolean): GroupRow[] {
	if (column >= 0) return rows.toSorted(byValue(column, down));
	if (time) return down ? rows.toReversed() : [...rows];
	const way = down ? -1 : 1;
	return rows.toSorted(
		(a, b) => Number(a.other) - Number(b.other) || way * a.label.localeCompare(b.label, "en", { numeric: true }),
	);
}

function byGroup(panel: Panel, answer: KindProps<"table">["answer"], currency: string | null): Lines {
	const { dims, columns, rows, notes } = groupsOf(panel, answer, currency);
	return {
		dims,
		head: "",
		notes,
		rows,
		columns: columns.map(({ label, style, good, error, total }) => ({ label, style, good, error, total })),
	};
}

function byTime(panel: Panel, answer: KindProps<"table">["answer"], zone: string, currency: string | null): Lines {
	const { times, partial, interval, series, notes } = chartOf(panel, answer, { zone, currency, now: Date.now() });
	return {
		dims: [],
		head: "Time",
		notes,
		columns: series.map(({ label, style, good, error, total }) => ({ label, style, good, error, total })),
		rows: times.map((at, i) => ({
			id: String(at),
			group: {},
			label: `${bucketLabel(at, interval, zone)}${i >= partial ? ", so far" : ""}`,
			other: false,
			values: series.map(({ values }) => values[i] ?? null),
			previous: series.map(({ previous }) => (previous.length > 0 ? (previous[i] ?? null) : undefined)),
		})),
	};
}

interface HeadProps {
	lines: Lines;
	sort: Sort;
	compared: boolean;
	change: (sort: Sort) => void;
}

function Head({ lines: { dims, head, columns }, sort, compared, change }: HeadProps) {
	const names = dims.length > 0 ? dims.map(fieldLabel) : [head];
	const by = (column: number, first: boolean) => change({ column, down: sort.column === column ? !sort.down : first });
	return (
		<thead>
			<tr>
				{names.map((name, i) => (
					<th key={name} scope="col" class="name" aria-sort={direction(sort, -1)}>
						{i === 0 ? <Sorter label={name} sort={sort} column={-1} onClick={() => by(-1, false)} /> : name}
					</th>
				))}
				{columns.map(({ label }, i) => (
					<Fragment key={i}>
						<th scope="col" aria-sort={direction(sort, i)}>
							<Sorter label={label} sort={sort} column={i} onClick={() => by(i, true)} />
						</th>
						{compared && (
							<th scope="col" class="moved">
								<span class="sr-only">Change of {label}</span>
							</th>
						)}
					</Fragment>
				))}
			</tr>
		</thead>
	);
}

const direction = (sort: Sort, column: number) =>
	sort.column !== column ? "none" : sort.down ? "descending" : "ascending";

function Sorter({ label, sort, column, onClick }: { label: string; sort: Sort; column: number; onClick: () => void }) {
	// On the side away from what the column is aligned to.
	const arrow = (
		<span class="kind-sort" aria-hidden="true">
			{sort.column === column ? (sort.down ? "↓" : "↑") : ""}
		</span>
	);
	return (
		<button type="button" onClick={onClick} title={`Sort by ${label || "name"}`}>
			{column >= 0 && arrow}
			{label || <span class="sr-only">Name</span>}
			{column < 0 && arrow}
		</button>
	);
}

function Names({
	row,
	dims,
	pick,
}: {
	row: GroupRow;
	dims: readonly string[];
	pick: ((dim: string, value: string) => void) | null;
}) {
	if (dims.length === 0)
		return (
			<th scope="row" class="name">
				{row.label}
			</th>
		);
	return (
		<>
			{dims.map((dim, i) => {
				const value = row.group[dim] ?? "";
				const label = valueLabel(dim, value);
				const named =
					pick && value !== OTHER && dim in row.group ? (
						<button type="button" title={`Only ${label}`} onClick={() => pick(dim, value)}>
							{label}
						</button>
					) : (
						<span title={label}>{label}</span>
					);
				return i === 0 ? (
					<th key={dim} scope="row" class="name">
						{named}
					</th>
				) : (
					<td key={dim} class="name">
						{named}
					</td>
				);
			})}
		</>
	);
}

interface ValuesProps {
	row: GroupRow;
	at: number;
	column: Column;
	most: number;
	panel: Panel;
	compared: boolean;
}

function Values({ row, at, column, most, panel, compared }: ValuesProps) {
	const value = row.values[at] ?? null;
	const before = row.previous[at];
	const tone = toneOf(value, panel.thresholds);
	const share = panel.bars && !row.other && most > 0 && value !== null ? Math.max(0, value) / most : 0;
	return (
		<>
			<td class={tone ?? ""}>
				<span class={share > 0 ? "kind-bar" : ""} style={{ "--share": share }}>
					<Figure value={value} style={column.style} error={column.error} />
				</span>
			</td>
			{compared && (
				<td class="moved">
					<Moved
						now={value}
						before={before}
						unit={column.style.unit}
						good={column.good}
						title="Against the previous period"
						among
					/>
				</td>
			)}
		</>
	);
}
