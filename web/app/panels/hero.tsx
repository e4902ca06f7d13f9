import { useState } from "preact/hooks";
import type { Answer } from "../../../schema/query.ts";
import { bucketLabel, soFar } from "../charts/axes.ts";
import { LineChart } from "../charts/line.tsx";
import type { Loaded } from "../loader.ts";
import { full } from "../model/format.ts";
import { type Line, stepOf } from "../model/join.ts";
import { previousName, rangeName } from "../model/range.ts";
import type { Stat } from "../model/stats.ts";
import { isNarrowed, UNFILTERED } from "../model/view.ts";
import { show, useWorkspace, view } from "../state.ts";
import { Explained } from "./explained.tsx";
import { Icon } from "./icon.tsx";
import { Nothing, Notice, Problem } from "./states.tsx";

interface HeroProps {
	stat: Stat;
	loaded: Loaded<Answer>;
	retry: () => void;
	line: Line;
	/** Do sockets bring its end? */
	live: boolean;
}

/** The large chart: history and live tail in one line, the previous period faint behind it. */
export function Hero({ stat, loaded, retry, line, live }: HeroProps) {
	const [table, setTable] = useState(false);
	const { data, failure, stale, slow } = loaded;
	const { range, compare } = view.value;
	const previous = compare ? (data?.compare?.[0]?.points.map(([, value]) => value) ?? NO_POINTS) : NO_POINTS;
	return (
		<div class="hero">
			<div class="hero-head">
				<span class="legend">
					<i class="key now" /> {stat.label}
				</span>
				<button
					type="button"
					class="legend"
					aria-pressed={compare}
					title="Comparison on or off (c)"
					onClick={() => show({ compare: !compare }, true)}
				>
					<i class="key before" /> {compare ? previousName(range) : "no comparison"}
				</button>
				<OpenKey line={line} data={data} />
				<Notice failure={data ? failure : null} slow={slow && data !== null} retry={retry} />
				<span class="grow" />
				<button type="button" class="quiet" aria-pressed={table} onClick={() => setTable(!table)}>
					<Icon name={table ? "chart" : "table"} size={15} /> {table ? "Chart" : "Table"}
				</button>
			</div>
			<div class={`hero-body${stale ? " dim" : ""}`} aria-busy={loaded.loading}>
				<HeroBody stat={stat} loaded={loaded} retry={retry} line={line} live={live} previous={previous} table={table} />
			</div>
			{data ? <Explained meta={data.meta} /> : <p class="explained">{slow ? "This takes longer than usual…" : " "}</p>}
		</div>
	);
}

/** Says what the dashed end of the line is: a bucket that still counts, and no plunge. */
function OpenKey({ line, data }: { line: Line; data: Answer | null }) {
	const at = line.times[line.partial];
	if (at === undefined || !data) return null;
	return (
		<span class="legend so-far">
			<i class="key open" /> {soFar(at, data.meta.interval, data.meta.timezone)}
		</span>
	);
}

const NO_POINTS: readonly (number | null)[] = [];

function HeroBody({
	stat,
	loaded,
	retry,
	line,
	live,
	previous,
	table,
}: HeroProps & { previous: readonly (number | null)[]; table: boolean }) {
	const { site } = useWorkspace();
	const { range } = view.value;
	const { data, failure } = loaded;
	if (!data) return failure ? <Problem failure={failure} retry={retry} /> : <div class="skeleton chart" />;
	const quiet = line.values.every((value) => !value) && previous.every((value) => !value);
	if (quiet)
		return (
			<Nothing
				clear={isNarrowed(view.value) ? () => show(UNFILTERED) : null}
				filtered={`No ${stat.label.toLowerCase()} match these filters in this period.`}
			>
				<p>The chart draws itself as soon as an event arrives.</p>
			</Nothing>
		);
	const { timezone, interval } = data.meta;
	if (table) return <HeroTable stat={stat} line={line} previous={previous} interval={interval} zone={timezone} />;
	return (
		<LineChart
			line={line}
			previous={previous}
			unit={stat.unit}
			currency={site.currency}
			zone={timezone}
			interval={interval}
			live={live && line.partial < line.times.length}
			label={`${stat.label}, ${rangeName(range, timezone)}`}
			onBrush={(from, to) => brush(from, to, interval)}
		/>
	);
}

/** A brushed stretch becomes the range of everything, in whole buckets. */
function brush(from: number, to: number, interval: string): void {
	const step = interval === "1d" || interval === "1w" || interval === "1M" ? stepOf("1h") : stepOf(interval);
	const start = Math.floor(from / step) * step * 1000;
	const end = Math.min(Math.ceil(to / step) * step * 1000, Date.now());
	if (end > start) show({ range: { from: start, to: end } });
}

function HeroTable({
	stat,
	line,
	previous,
	interval,
	zone,
}: {
	stat: Stat;
	line: Line;
	previous: readonly (number | null)[];
	interval: string;
	zone: string;
}) {
	const { site } = useWorkspace();
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
		<section class="table-scroll" tabIndex={0} aria-label={`${stat.label} as a table`}>
			<table>
				<thead>
					<tr>
						<th scope="col">From ({zone})</th>
						<th scope="col">{stat.label}</th>
						{previous.length > 0 && <th scope="col">Before</th>}
					</tr>
				</thead>
				<tbody>
					{line.times.map((at, i) => (
						<tr key={at}>
							<th scope="row">
								{bucketLabel(at, interval, zone)}
								{i >= line.partial && <em> so far</em>}
							</th>
							<td>{full(line.values[i] ?? null, stat.unit, site.currency)}</td>
							{previous.length > 0 && <td>{full(previous[i] ?? null, stat.unit, site.currency)}</td>}
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}
