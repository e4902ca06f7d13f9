import { effect, signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { bucketLabel } from "../../../charts/axes.ts";
import { AWAY, PlotHost } from "../../../charts/plot.tsx";
import { theme } from "../../../theme/theme.ts";
import { bucketAt, bucketEnd } from "../model/chart.ts";
import { ink } from "../model/colours.ts";
import { type Reading, readings } from "../model/tip.ts";
import { Tip } from "../tip.tsx";
import type { Surroundings } from "../types.ts";
import { type Gestures, Pointer } from "./gestures.ts";
import { inkOf } from "./ink.ts";
import { Marks } from "./marks.tsx";
import { type Current, options } from "./plot.ts";
import { axesOf, isVisible, scaleOf, structure } from "./scene.ts";

interface PlotProps extends Current {
	label: string;
	around: Surroundings;
	live: boolean;
}

interface Hover {
	index: number;
	/** px of the viewport. */
	x: number;
	y: number;
}

/** What the plot shows, and where its area is in the host: annotations lie over it. */
interface Frame {
	left: number;
	top: number;
	width: number;
	height: number;
	/** Epoch ms. */
	from: number;
	to: number;
}

/** Dots of more lines than these would be a row of lights. */
const MOST_DOTS = 8;

/**
 * A chart over time. A plot is made anew only where its structure or the theme changes; new values are handed to it, at
 * most once a frame.
 */
export function Plot(props: PlotProps) {
	const host = useRef<HTMLDivElement>(null);
	const over = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot | null>(null);
	const latest = useRef(props);
	latest.current = props;
	const reading = useRef(false);
	const anchor = useRef<number | null>(null);
	const hover = useMemo(() => signal<Hover | null>(null), []);
	const frame = useMemo(() => signal<Frame | null>(null), []);
	const shape = structure(props.scene);

	useEffect(() => {
		const element = host.current;
		if (!element) return;
		const pointer = new Pointer(() => gesturesOf(latest.current, reading, hover));
		const made = new uPlot(
			options(element, () => latest.current, inkOf(element), {
				setCursor: [(u) => reading.current && follow(u, latest.current, hover)],
				setSelect: [pointer.select],
				draw: [
					(u) => {
						place(u, over.current, latest.current);
						const next = frameOf(u);
						if (JSON.stringify(next) !== JSON.stringify(frame.peek())) frame.value = next;
					},
				],
			}),
			latest.current.scene.columns,
			element,
		);
		pointer.attach(made);
		plot.current = made;
		const watch = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: element.clientHeight }));
		watch.observe(element);
		const stop = effect(() => cross(made, latest.current, reading.current, latest.current.around.crosshair.value));
		return () => {
			stop();
			watch.disconnect();
			made.destroy();
			plot.current = null;
			if (reading.current) leave(latest.current, reading, hover);
		};
	}, [theme.value, shape, props.zone, props.around.crosshair]);

	// The plot that was just made has its data; a burst of answers is drawn once.
	useEffect(() => {
		const at = requestAnimationFrame(() => plot.current?.setData(latest.current.scene.columns));
		return () => cancelAnimationFrame(at);
	}, [props.scene, props.thresholds, props.min, props.max]);

	const { times, partial, interval, series } = props.scene.chart;
	const last = times.length - 1;
	const read = Math.min(hover.value?.index ?? last, last);
	const at = times[read];
	const said = at === undefined ? [] : readings(props.scene.chart, read, props.scene.isolated);
	const area = frame.value;
	return (
		<div class="kind-plot">
			<PlotHost
				host={host}
				label={props.label}
				count={times.length}
				read={read}
				said={at === undefined ? "nothing" : spoken(bucketLabel(at, interval, props.zone), read >= partial, said)}
				onKeyDown={(event) => onKey(event, plot.current, latest.current, { reading, anchor, hover })}
				onBlur={() => {
					anchor.current = null;
					leave(latest.current, reading, hover);
					plot.current?.setCursor(AWAY, false);
				}}
			/>
			<div class="kind-over" ref={over}>
				{area && props.around.annotations.length > 0 && (
					<Marks
						annotations={props.around.annotations}
						from={area.from}
						to={area.to}
						width={area.width}
						zone={props.zone}
					/>
				)}
				{props.live &&
					props.scene.shape !== "bar" &&
					props.scene.stacking === "none" &&
					series
						.filter((one) => isVisible(props.scene, one))
						.slice(0, MOST_DOTS)
						.map((one) => (
							<span key={one.id} data-id={one.id} class="live-dot" style={{ background: ink(one.colour) }} />
						))}
			</div>
			{hover.value && at !== undefined && (
				<Tip at={hover.value}>
					<ReadingRows when={bucketLabel(at, interval, props.zone)} open={read >= partial} rows={said} />
				</Tip>
			)}
		</div>
	);
}

type Ref<T> = { current: T };
type HoverSignal = { value: Hover | null };

/** The cursor moved by this plot's own pointer or keys: the reading, and the crosshair of all. */
function follow(u: uPlot, { around }: PlotProps, hover: HoverSignal): void {
	const { idx, left } = u.cursor;
	if (idx == null || left === undefined || left < 0) {
		hover.value = null;
		around.crosshair.value = null;
		return;
	}
	const at = u.data[0][idx] ?? 0;
	const box = u.over.getBoundingClientRect();
	const top = u.cursor.top ?? 0;
	hover.value = { index: idx, x: box.left + u.valToPos(at, "x"), y: box.top + Math.max(0, Math.min(top, box.height)) };
	around.crosshair.value = at;
}

function leave({ around }: PlotProps, reading: Ref<boolean>, hover: HoverSignal): void {
	if (!reading.current) return;
	reading.current = false;
	hover.value = null;
	around.crosshair.value = null;
}

/** Another chart is read: the line stands in the bucket that holds the same moment. */
function cross(u: uPlot, { scene, zone }: PlotProps, own: boolean, at: number | null): void {
	if (own) return;
	const { times, interval } = scene.chart;
	const index = at === null ? -1 : bucketAt(times, at);
	const start = times[index];
	const held = at !== null && start !== undefined && at < bucketEnd(start, interval, zone);
	u.setCursor(held ? { left: u.valToPos(start, "x"), top: 8 } : AWAY, false);
}

function gesturesOf(props: PlotProps, reading: Ref<boolean>, hover: HoverSignal): Gestures {
	const { onAnnotate, onZoom } = props.around;
	return {
		zoom: (from, to) => onZoom(startOf(props, from), endOf(props, to)),
		annotate: onAnnotate && ((from, to) => onAnnotate(startOf(props, from), to === null ? null : endOf(props, to))),
		reading: (on) => {
			if (on) reading.current = true;
			else leave(props, reading, hover);
		},
	};
}

const startOf = ({ scene }: PlotProps, index: number) => (scene.chart.times[index] ?? 0) * 1000;
/** All of the last bucket that was chosen. */
const endOf = ({ scene: { chart }, zone }: PlotProps, index: number) =>
	bucketEnd(chart.times[index] ?? 0, chart.interval, zone) * 1000;

/** Buckets that Page Up and Page Down go by. */
const PAGE = 10;

interface Reader {
	reading: Ref<boolean>;
	/** Where a stretch was begun with Shift. */
	anchor: Ref<number | null>;
	hover: HoverSignal;
}

/** Arrows read; with Shift they choose a stretch; Enter zooms into it, `a` annotates it, or the moment. */
function onKey(event: KeyboardEvent, u: uPlot | null, props: PlotProps, { reading, anchor, hover }: Reader): void {
	const last = props.scene.chart.times.length - 1;
	if (!u || last < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
	const now = hover.value?.index ?? null;
	const to = target(event.key, now, last);
	const { zoom, annotate } = gesturesOf(props, reading, hover);
	const [from, until] = [
		Math.min(anchor.current ?? now ?? 0, now ?? 0),
		Math.max(anchor.current ?? now ?? 0, now ?? 0),
	];
	if (to !== null) {
		if (!event.shiftKey) anchor.current = null;
		else anchor.current ??= now;
		reading.current = true;
		u.setCursor({ left: u.valToPos(props.scene.chart.times[to] ?? 0, "x"), top: u.over.clientHeight / 3 });
		mark(u, props, anchor.current, to);
	} else if (event.key === "Enter" && anchor.current !== null && now !== null) zoom(from, until);
	else if (event.key === "a" && annotate && now !== null) annotate(from, anchor.current === null ? null : until);
	else if (event.key === "Escape" && now !== null) {
		anchor.current = null;
		leave(props, reading, hover);
		u.setCursor(AWAY, false);
		mark(u, props, null, 0);
	} else return;
	event.preventDefault();
	event.stopPropagation();
}

function target(key: string, now: number | null, last: number): number | null {
	const clamp = (index: number) => Math.min(last, Math.max(0, index));
	if (key === "ArrowRight") return clamp((now ?? -1) + 1);
	if (key === "ArrowLeft") return clamp((now ?? last + 1) - 1);
	if (key === "PageDown") return clamp((now ?? 0) + PAGE);
	if (key === "PageUp") return clamp((now ?? last) - PAGE);
	return key === "Home" ? 0 : key === "End" ? last : null;
}

function mark(u: uPlot, { scene }: PlotProps, from: number | null, to: number): void {
	const x = (index: number) => u.valToPos(scene.chart.times[index] ?? 0, "x");
	const [a, b] = from === null ? [0, 0] : [x(Math.min(from, to)), x(Math.max(from, to))];
	u.setSelect({ left: a, top: 0, width: b - a, height: from === null ? 0 : u.over.clientHeight }, false);
}

const frameOf = (u: uPlot): Frame => ({
	left: u.bbox.left / devicePixelRatio,
	top: u.bbox.top / devicePixelRatio,
	width: u.bbox.width / devicePixelRatio,
	height: u.bbox.height / devicePixelRatio,
	from: (u.scales.x?.min ?? 0) * 1000,
	to: (u.scales.x?.max ?? 0) * 1000,
});

/** Lays what is drawn in HTML over the plot's area, and the dots on the ends of the lines. */
function place(u: uPlot, over: HTMLElement | null, { scene }: PlotProps): void {
	if (!over) return;
	const { left, top, width, height } = frameOf(u);
	Object.assign(over.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
	const last = scene.chart.times.length - 1;
	const axes = axesOf(scene);
	for (const dot of over.querySelectorAll<HTMLElement>(".live-dot")) {
		const series = scene.chart.series.find(({ id }) => id === dot.dataset.id);
		const value = series?.values[last];
		dot.hidden = value == null;
		if (!series || value == null) continue;
		const y = u.valToPos(value, scaleOf(axes, series));
		// Where it first stands it has not come to from the corner.
		dot.style.transition = dot.style.transform === "" ? "none" : "";
		dot.style.transform = `translate(${u.valToPos(scene.chart.times[last] ?? 0, "x")}px, ${y}px)`;
	}
}

/** Readings in a tip: more of them would cover the chart. */
const MOST_ROWS = 12;

function ReadingRows({ when, open, rows }: { when: string; open: boolean; rows: readonly Reading[] }) {
	return (
		<>
			<div class="kind-tip-when">
				{when}
				{open && <em>so far</em>}
			</div>
			{rows.slice(0, MOST_ROWS).map(({ series, text, change }) => (
				<div class="kind-tip-row" key={series.id}>
					<i class="kind-key" style={{ color: ink(series.colour) }} />
					<span>{series.label}</span>
					<b>{text}</b>
					{change !== "" && <small>{change}</small>}
				</div>
			))}
			{rows.length > MOST_ROWS && <div class="kind-tip-when">and {rows.length - MOST_ROWS} more</div>}
		</>
	);
}

/** One bucket in words, for screen readers. */
function spoken(when: string, open: boolean, rows: readonly Reading[]): string {
	const values = rows.map(({ series, text, change }) => `${series.label} ${text}${change === "" ? "" : `, ${change}`}`);
	return `${when}${open ? ", so far" : ""}: ${values.join("; ")}`;
}
