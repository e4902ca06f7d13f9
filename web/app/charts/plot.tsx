/** What charts on a canvas have in common: the element they are drawn in, and how those of lines are read and brushed. */
import { type Signal, signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

interface PlotHostProps {
	host: { current: HTMLDivElement | null };
	label: string;
	/** How many buckets there are, which one is read, and what that says. */
	count: number;
	read: number;
	said: string;
	onKeyDown: (event: KeyboardEvent) => void;
	onBlur: () => void;
	children?: ComponentChildren;
}

/** The element that a chart is drawn in: to keyboards and screen readers a slider over its buckets. */
export function PlotHost({ host, label, count, read, said, onKeyDown, onBlur, children }: PlotHostProps) {
	return (
		<div
			class="plot"
			ref={host}
			role="slider"
			tabIndex={0}
			aria-label={`${label}, read with the arrow keys`}
			aria-valuemin={0}
			aria-valuemax={Math.max(0, count - 1)}
			aria-valuenow={Math.max(0, read)}
			aria-valuetext={said}
			onKeyDown={onKeyDown}
			onBlur={onBlur}
		>
			{children}
		</div>
	);
}

/** Where a cursor is that reads nothing. */
export const AWAY = { left: -10, top: -10 };
/** px: less is a click. */
const LEAST_BRUSH = 6;

export interface Hover {
	index: number;
	/** px of the plot's area. */
	left: number;
}

interface Drawing {
	options: (host: HTMLElement, hooks: uPlot.Hooks.Arrays) => uPlot.Options;
	columns: () => uPlot.AlignedData;
	/** A stretch was brushed: epoch seconds. */
	onBrush: (from: number, to: number) => void;
	made?: (plot: uPlot) => void;
}

export interface DrawnPlot {
	host: { current: HTMLDivElement | null };
	hover: Signal<Hover | null>;
	onKeyDown: (event: KeyboardEvent) => void;
	onBlur: () => void;
}

/**
 * A plot of lines, read by pointer, finger and arrow keys. It is made anew with what it cannot change (`remade`), and
 * given its data anew with what that comes from (`redrawn`).
 */
export function usePlot(drawing: Drawing, remade: unknown[], redrawn: unknown[]): DrawnPlot {
	const host = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot | null>(null);
	const latest = useRef(drawing);
	latest.current = drawing;
	const hover = useMemo(() => signal<Hover | null>(null), []);

	useEffect(() => {
		const element = host.current;
		if (!element) return;
		const { options, columns, made } = latest.current;
		const hooks = {
			setCursor: [(u: uPlot) => (hover.value = hoverOf(u))],
			setSelect: [(u: uPlot) => brush(u, latest.current.onBrush)],
		};
		const drawn = new uPlot(options(element, hooks), columns(), element);
		readByFinger(drawn);
		made?.(drawn);
		plot.current = drawn;
		const watch = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: element.clientHeight }));
		watch.observe(element);
		return () => {
			watch.disconnect();
			drawn.destroy();
			plot.current = null;
			hover.value = null;
		};
	}, remade);

	// The plot that was just made has its data
	useEffect(() => plot.current?.setData(drawing.columns()), redrawn);

	const onKeyDown = (event: KeyboardEvent) => {
		const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
		const u = plot.current;
		if (by === 0 || !u) return;
		event.preventDefault();
		event.stopPropagation();
		const [times] = u.data;
		const last = times.length - 1;
		const index = Math.min(last, Math.max(0, (hover.value?.index ?? (by > 0 ? -1 : last + 1)) + by));
		u.setCursor({ left: u.valToPos(times[index] ?? 0, "x"), top: 8 });
	};
	return { host, hover, onKeyDown, onBlur: () => plot.current?.setCursor(AWAY) };
}

function hoverOf(u: uPlot): Hover | null {
	const { idx, left } = u.cursor;
	if (idx == null || left === undefined || left < 0) return null;
	return { index: idx, left: u.valToPos(u.data[0][idx] ?? 0, "x") };
}

function brush(u: uPlot, onBrush: Drawing["onBrush"]): void {
	const { left, width } = u.select;
	if (width < LEAST_BRUSH) return;
	u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
	onBrush(u.posToVal(left, "x"), u.posToVal(left + width, "x"));
}

/** The cursor goes to where a finger is. */
export function cursorTo(u: uPlot, { clientX, clientY }: PointerEvent): void {
	const box = u.over.getBoundingClientRect();
	u.setCursor({ left: clientX - box.left, top: clientY - box.top });
}

/** A finger reads as it moves sideways. Up and down it scrolls the page, which ends the reading (`pointercancel`). */
function readByFinger(u: uPlot): void {
	const read = (event: PointerEvent) => {
		if (event.pointerType === "touch") cursorTo(u, event);
	};
	u.over.addEventListener("pointerdown", read);
	u.over.addEventListener("pointermove", read);
	u.over.addEventListener("pointercancel", () => u.setCursor(AWAY));
}
