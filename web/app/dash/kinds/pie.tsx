import { useMemo, useState } from "preact/hooks";
import { brief } from "../../model/format.ts";
import { Figure } from "./figure.tsx";
import { slices } from "./model/arcs.ts";
import { GREY, tint } from "./model/colours.ts";
import { writeFull } from "./model/figures.ts";
import { groupsOf, type Part, partsOf, pickOf } from "./model/rows.ts";
import { Notes } from "./notes.tsx";
import type { KindProps } from "./types.ts";

/** Units of the drawing: a circle of 100 around 0, and a ring's hole. */
const RADIUS = 100;
const HOLE = 62;
/** Thinner slices have no room for their share. */
const LABELLED = 0.06;

/** Shares of a whole. */
export default function PiePanel({ panel, answer, around }: KindProps<"pie">) {
	const groups = useMemo(() => groupsOf(panel, answer, around.currency), [panel, answer, around.currency]);
	const parts = useMemo(() => partsOf(groups), [groups]);
	const [on, setOn] = useState<string | null>(null);
	const drawn = slices(
		parts.map(({ value }) => value),
		RADIUS,
		panel.donut ? HOLE : 0,
	);
	const whole = drawn.reduce((sum, { value }) => sum + value, 0);
	const [column] = groups.columns;
	// The total of the answer, where the slices are all of one query: visitors of two slices may be the same ones.
	const total = groups.columns.length === 1 ? (column?.total ?? whole) : whole;
	const names = (of: readonly number[]) =>
		of.length === 1 ? (parts[of[0] ?? 0]?.label ?? "") : `${of.length} small ones`;
	return (
		<div class={`kind pie legend-${panel.legend}`}>
			<div class="pie-parts">
				<div class="pie-drawing">
					{/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be a drawing */}
					<svg viewBox="-104 -104 208 208" role="group" aria-label={answer.title || "Shares"}>
						{drawn.map(({ of, path, share, value }) => {
							const part = parts[of[0] ?? 0];
							if (!part) return null;
							const said = `${names(of)}: ${writeFull(value, part.source.style)}, ${brief(share, "percent")}`;
							const id = of.length === 1 ? part.id : "thin";
							return (
								// biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: a slice is read by keyboard as by pointer
								<path
									key={id}
									d={path}
									tabIndex={0}
									role="img"
									aria-label={said}
									class={on !== null && on !== id ? "back" : ""}
									style={{ fill: tint(of.length === 1 ? part.colour : GREY) }}
									onMouseEnter={() => setOn(id)}
									onMouseLeave={() => setOn(null)}
									onFocus={() => setOn(id)}
									onBlur={() => setOn(null)}
								>
									<title>{said}</title>
								</path>
							);
						})}
						<g>
							{drawn.map(({ of, share, x, y }) =>
								share < LABELLED ? null : (
									<text key={of[0]} class="pie-share" x={x} y={y} dy="0.35em">
										{brief(share, "percent")}
									</text>
								),
							)}
						</g>
					</svg>
					{panel.donut && column && <Centre parts={parts} on={on} total={total} />}
				</div>
				{panel.legend !== "none" && (
					<PieLegend parts={parts} whole={whole} on={on} setOn={setOn} pick={around.onPick} />
				)}
			</div>
			<Notes notes={groups.notes} />
		</div>
	);
}

/** The total, or the slice that is read. */
function Centre({ parts, on, total }: { parts: readonly Part[]; on: string | null; total: number }) {
	const read = parts.find(({ id }) => id === on);
	const style = (read ?? parts[0])?.source.style;
	if (!style) return null;
	return (
		<div class="pie-centre" aria-hidden="true">
			<b>
				<Figure value={read?.value ?? total} style={style} error={parts[0]?.source.error} />
			</b>
			<span>{read?.label ?? "total"}</span>
		</div>
	);
}

interface PieLegendProps {
	parts: readonly Part[];
	whole: number;
	on: string | null;
	setOn: (id: string | null) => void;
	pick: ((dim: string, value: string) => void) | null;
}

function PieLegend({ parts, whole, on, setOn, pick }: PieLegendProps) {
	return (
		<ul class="pie-legend">
			{parts.map((part) => {
				const chosen = pick === null ? null : pickOf(part.group);
				return (
					<li
						key={part.id}
						class={on === part.id ? "on" : ""}
						onMouseEnter={() => setOn(part.id)}
						onMouseLeave={() => setOn(null)}
					>
						<i class="kind-key" style={{ color: tint(part.colour) }} />
						{chosen && pick ? (
							<button type="button" title={`Only ${part.label}`} onClick={() => pick(...chosen)}>
								{part.label}
							</button>
						) : (
							<span title={part.label}>{part.label}</span>
						)}
						<b>
							<Figure value={part.value} style={part.source.style} error={part.source.error} />
						</b>
						<small>{whole > 0 ? brief(Math.max(0, part.value) / whole, "percent") : ""}</small>
					</li>
				);
			})}
		</ul>
	);
}
