import { useMemo } from "preact/hooks";
import type { Tone } from "../../../../schema/dashboard.ts";
import { Moved } from "../../panels/moved.tsx";
import { Figure, hadSome } from "./figure.tsx";
import { GREY, ink } from "./model/colours.ts";
import { toneOf } from "./model/figures.ts";
import { type GroupRow, groupsOf, partsOf, pickOf } from "./model/rows.ts";
import type { Source } from "./model/sources.ts";
import { Notes } from "./notes.tsx";
import type { KindProps } from "./types.ts";

/** One bar a group, longest first: beside each other, or on top, where there are several queries. */
export function GroupBars({ panel, answer, around }: KindProps<"bar">) {
	const groups = useMemo(() => groupsOf(panel, answer, around.currency), [panel, answer, around.currency]);
	const { columns, rows, notes } = groups;
	const compared = panel.compare && hadSome(rows);
	// Queries without groups are what is compared: each is a row.
	const lone = rows.length === 1 && columns.length > 1 && Object.keys(rows[0]?.group ?? {}).length === 0;
	return (
		<div class="kind group-bars">
			{columns.length > 1 && !lone && panel.legend !== "none" && <Columns columns={columns} />}
			<ul>
				{lone
					? partsOf(groups).map((part) => (
							<Row
								key={part.id}
								row={{
									id: part.id,
									group: {},
									label: part.label,
									other: false,
									values: [part.value],
									previous: [part.previous],
								}}
								columns={[part.source]}
								colours={[ink(part.colour)]}
								panel={panel}
								most={Math.max(...(rows[0]?.values ?? []).map((value) => value ?? 0))}
								compared={compared}
								pick={null}
							/>
						))
					: rows.map((row) => (
							<Row
								key={row.id}
								row={row}
								columns={columns}
								colours={columns.map((_, i) => (row.other ? ink(GREY) : ink({ slot: i % 8, again: false })))}
								panel={panel}
								most={mostOf(rows, panel.stacking)}
								compared={compared}
								pick={around.onPick}
							/>
						))}
			</ul>
			<Notes notes={notes} />
		</div>
	);
}

type Panel = KindProps<"bar">["panel"];

const sum = (values: readonly (number | null)[]) =>
	values.reduce<number>((all, value) => all + Math.max(0, value ?? 0), 0);

/** What a bar as long as the panel stands for. */
const mostOf = (rows: readonly GroupRow[], stacking: Panel["stacking"]): number =>
	Math.max(
		0,
		...rows.map(({ values }) => (stacking === "none" ? Math.max(...values.map((one) => one ?? 0)) : sum(values))),
	);

const Columns = ({ columns }: { columns: readonly Source[] }) => (
	<ul class="kind-columns">
		{columns.map(({ id, label }, i) => (
			<li key={id}>
				<i class="kind-key" style={{ color: ink({ slot: i % 8, again: false }) }} /> {label}
			</li>
		))}
	</ul>
);

const TONES: Record<Tone, string> = {
	good: "var(--good)",
	warn: "var(--late)",
	bad: "var(--bad)",
	neutral: "var(--text-3)",
};

interface RowProps {
	row: GroupRow;
	columns: readonly Source[];
	colours: readonly string[];
	panel: Panel;
	most: number;
	compared: boolean;
	pick: ((dim: string, value: string) => void) | null;
}

function Row({ row, columns, colours, panel, most, compared, pick }: RowProps) {
	const chosen = pick === null ? null : pickOf(row.group);
	const stacked = panel.stacking !== "none" && columns.length > 1;
	const whole = panel.stacking === "percent" && stacked ? sum(row.values) : most;
	const [first] = columns;
	const tone = columns.length === 1 ? toneOf(row.values[0] ?? null, panel.thresholds) : null;
	const before = row.previous[0];
	const share = (value: number | null) => `${whole > 0 ? (100 * Math.max(0, value ?? 0)) / whole : 0}%`;
	return (
		<li class="group-bar">
			<div class="group-bar-head">
				{chosen && pick ? (
					<button type="button" title={`Only ${row.label}`} onClick={() => pick(...chosen)}>
						{row.label}
					</button>
				) : (
					<span title={row.label}>{row.label}</span>
				)}
				{first && compared && (
					<Moved
						now={row.values[0] ?? null}
						before={before}
						unit={first.style.unit}
						good={first.good}
						title="Against the previous period"
						among
					/>
				)}
				{columns.map(({ id, style, error }, i) => (
					<b key={id}>
						<Figure value={row.values[i] ?? null} style={style} error={error} />
					</b>
				))}
			</div>
			<div class={`group-bar-track${stacked ? " stacked" : ""}`} aria-hidden="true">
				{columns.map(({ id }, i) => (
					<span
						key={id}
						style={{
							width: share(row.values[i] ?? null),
							color: tone === null ? (colours[i] ?? ink(GREY)) : TONES[tone],
						}}
					/>
				))}
				{compared && before != null && columns.length === 1 && (
					<i class="group-bar-before" style={{ insetInlineStart: share(before) }} />
				)}
			</div>
		</li>
	);
}
