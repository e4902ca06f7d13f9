import { useMemo, useState } from "preact/hooks";
import { brief } from "../../../model/format.ts";
import { countryName } from "../../../model/label.ts";
import { Figure } from "../figure.tsx";
import { write, writeFull } from "../model/figures.ts";
import { rooted, shade } from "../model/ramp.ts";
import { type GroupRow, groupsOf } from "../model/rows.ts";
import type { Source } from "../model/sources.ts";
import { Notes } from "../notes.tsx";
import { ScaleLegend } from "../scale-legend.tsx";
import { Tip, type TipAt } from "../tip.tsx";
import type { KindProps } from "../types.ts";
import world from "./world.json";

const SHAPES = Object.entries(world.shapes);
const DOTS = Object.entries(world.dots).map(([code, at]) => {
	const [x, y] = at.split(" ").map(Number);
	return { code, x: x ?? 0, y: y ?? 0 };
});
/** Of countries too small for an outline; units of the drawing. */
const DOT = 7;

interface Read {
	code: string;
	at: TipAt | null;
}

/** Countries by shade, and as a list: the list is the way for keyboards and screen readers. */
export default function MapPanel({ panel, answer, around }: KindProps<"map">) {
	const { columns, rows, notes } = useMemo(
		() => groupsOf(panel, answer, around.currency),
		[panel, answer, around.currency],
	);
	const [read, setRead] = useState<Read | null>(null);
	const byCode = useMemo(() => new Map(rows.map((row) => [row.group.country ?? "", row])), [rows]);
	const [column] = columns;
	if (!column) return <Notes notes={notes} />;
	const high = rows.reduce((top, { values, other }) => Math.max(top, other ? 0 : (values[0] ?? 0)), 0);
	const whole = column.total ?? rows.reduce((sum, { values }) => sum + (values[0] ?? 0), 0);
	const chosen = read ? byCode.get(read.code) : undefined;
	return (
		<div class={`kind map show-${panel.show}`}>
			{panel.show !== "list" && (
				<figure class="map-figure">
					<World byCode={byCode} high={high} on={read?.code ?? null} setRead={setRead} pick={around.onPick} />
					<ScaleLegend ends={["0", write(high, column.style)]} />
				</figure>
			)}
			{panel.show !== "map" && (
				<List
					rows={rows}
					column={column}
					high={high}
					whole={whole}
					on={read?.code ?? null}
					hover={(code) => setRead(code === null ? null : { code, at: null })}
					pick={around.onPick}
				/>
			)}
			{read?.at && (
				<Tip at={read.at}>
					<div class="kind-tip-row">
						<span>{countryName(read.code)}</span>
						<b>{writeFull(chosen?.values[0] ?? 0, column.style)}</b>
						{chosen && whole > 0 && <small>{brief((chosen.values[0] ?? 0) / whole, "percent")}</small>}
					</div>
				</Tip>
			)}
			<Notes notes={notes} />
		</div>
	);
}

type Pick = ((dim: string, value: string) => void) | null;

interface WorldProps {
	byCode: ReadonlyMap<string, GroupRow>;
	high: number;
	on: string | null;
	setRead: (read: Read | null) => void;
	pick: Pick;
}

function World({ byCode, high, on, setRead, pick }: WorldProps) {
	const ramp = rooted(high);
	const shownOf = (code: string) => byCode.get(code)?.values[0] ?? 0;
	const look = (code: string) => {
		const value = shownOf(code);
		return {
			class: `${value > 0 ? "some" : ""}${on === code ? " on" : ""}`,
			style: value > 0 ? { "--shade": `${(100 * shade(ramp(value))).toFixed(1)}%` } : {},
			"data-code": code,
		};
	};
	const codeOf = ({ target }: Event) => (target instanceof SVGElement ? (target.dataset.code ?? null) : null);
	return (
		// The list beside it says the same to keyboards and screen readers.
		<svg
			class={`world${pick ? " picks" : ""}`}
			viewBox={`0 0 ${world.width} ${world.height}`}
			aria-hidden="true"
			onMouseMove={(event) => {
				const code = codeOf(event);
				setRead(code === null ? null : { code, at: { x: event.clientX, y: event.clientY } });
			}}
			onMouseLeave={() => setRead(null)}
			onClick={(event) => {
				const code = codeOf(event);
				if (code !== null && byCode.has(code)) pick?.("country", code);
			}}
		>
			{SHAPES.map(([code, path]) => (
				<path key={code} d={path} {...look(code)} />
			))}
			{DOTS.filter(({ code }) => byCode.has(code)).map(({ code, x, y }) => (
				<circle key={code} cx={x} cy={y} r={DOT} {...look(code)} />
			))}
		</svg>
	);
}

interface ListProps {
	rows: readonly GroupRow[];
	column: Source;
	high: number;
	whole: number;
	on: string | null;
	hover: (code: string | null) => void;
	pick: Pick;
}

function List({ rows, column, high, whole, on, hover, pick }: ListProps) {
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling list has to be reachable by keyboard
		<ol class="map-list" tabIndex={0} aria-label="Countries">
			{rows.map((row) => {
				const code = row.group.country ?? "";
				const value = row.values[0] ?? 0;
				const known = /^[A-Z]{2}$/.test(code);
				return (
					<li
						key={row.id}
						class={on === code ? "on" : ""}
						onMouseEnter={() => hover(code)}
						onMouseLeave={() => hover(null)}
					>
						<i
							class="map-bar"
							style={{ width: `${high > 0 && !row.other ? (100 * value) / high : 0}%` }}
							aria-hidden="true"
						/>
						<span class="chip-code" aria-hidden="true">
							{known ? code : "–"}
						</span>
						{pick && known ? (
							<button type="button" title={`Only ${row.label}`} onClick={() => pick("country", code)}>
								{row.label}
							</button>
						) : (
							<span class="map-name">{row.label}</span>
						)}
						<b>
							<Figure value={row.values[0] ?? null} style={column.style} error={column.error} />
						</b>
						<small>{whole > 0 ? brief(value / whole, "percent") : ""}</small>
					</li>
				);
			})}
		</ol>
	);
}
