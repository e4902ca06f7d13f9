import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { theme } from "../../theme/theme.ts";
import { mix, type Ramp, shade } from "./model/ramp.ts";
import { Tip, type TipAt } from "./tip.tsx";

interface CellsProps {
	/** A row a group or day, top down. */
	rows: readonly (readonly (number | null)[])[];
	/** Names of the rows, and of some of the columns: empty ones have no label. */
	names: readonly string[];
	heads: readonly string[];
	ramp: Ramp;
	/** Columns from this one on still count. */
	partial: number;
	label: string;
	/** What a cell says, in words. */
	say(row: number, column: number): { when: string; what: string; note: string };
}

interface At {
	row: number;
	column: number;
}

const STEPS: Record<string, At> = {
	ArrowDown: { row: 1, column: 0 },
	ArrowUp: { row: -1, column: 0 },
	ArrowRight: { row: 0, column: 1 },
	ArrowLeft: { row: 0, column: -1 },
};

/** px between cells, and as much of a cell at least as a gap takes, or there is none. */
const GAP = 2;
const LEAST_FOR_GAP = 8;

/** A grid of shades, read by pointer or arrow keys. Drawn on a canvas: a month of hours is hundreds of cells. */
export function Cells({ rows, names, heads, ramp, partial, label, say }: CellsProps) {
	const canvas = useRef<HTMLCanvasElement>(null);
	const ink = useRef<Ink | null>(null);
	const [size, setSize] = useState({ width: 0, height: 0 });
	const [at, setAt] = useState<At | null>(null);
	const colours = theme.value;
	const columns = heads.length;

	useEffect(() => {
		const element = canvas.current?.parentElement;
		if (!element) return;
		const watch = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
		watch.observe(element);
		return () => watch.disconnect();
	}, []);
	useLayoutEffect(() => {
		const element = canvas.current;
		if (!element || size.width === 0) return;
		if (ink.current?.theme !== colours) ink.current = inkOf(element, colours);
		paint(element, size, { rows, columns, ramp, partial }, ink.current);
	}, [size, rows, columns, ramp, partial, colours]);

	const cell = { width: size.width / Math.max(1, columns), height: size.height / Math.max(1, rows.length) };
	const clamp = (index: number, count: number) => Math.min(count - 1, Math.max(0, index));
	const move = (event: MouseEvent) => {
		const box = canvas.current?.getBoundingClientRect();
		if (!box) return;
		setAt({
			row: clamp(Math.floor((event.clientY - box.top) / cell.height), rows.length),
			column: clamp(Math.floor((event.clientX - box.left) / cell.width), columns),
		});
	};
	const onKeyDown = (event: KeyboardEvent) => {
		const step = STEPS[event.key];
		if (!step) return;
		event.preventDefault();
		event.stopPropagation();
		const from = at ?? { row: 0, column: step.column < 0 ? columns : -step.column };
		setAt({ row: clamp(from.row + step.row, rows.length), column: clamp(from.column + step.column, columns) });
	};
	const read = at && at.row < rows.length && at.column < columns ? at : null;
	const said = read && say(read.row, read.column);
	return (
		<div class="cells">
			<div class="cells-names" aria-hidden="true">
				{names.map((name, i) => (
					<span key={i} title={name}>
						{name}
					</span>
				))}
			</div>
			<div
				class="cells-area"
				role="slider"
				tabIndex={0}
				aria-label={`${label}, read with the arrow keys`}
				aria-valuemin={0}
				aria-valuemax={Math.max(0, rows.length * columns - 1)}
				aria-valuenow={read ? read.row * columns + read.column : 0}
				aria-valuetext={said ? `${said.when}: ${said.what}${said.note === "" ? "" : `, ${said.note}`}` : "nothing read"}
				onMouseMove={move}
				onMouseLeave={() => setAt(null)}
				onBlur={() => setAt(null)}
				onKeyDown={onKeyDown}
			>
				<canvas ref={canvas} />
				{read && (
					<i
						class="cells-at"
						style={{
							left: `${read.column * cell.width}px`,
							top: `${read.row * cell.height}px`,
							width: `${cell.width}px`,
							height: `${cell.height}px`,
						}}
					/>
				)}
			</div>
			<Heads heads={heads} width={cell.width} />
			{read && said && canvas.current && (
				<Tip at={tipAt(canvas.current, read, cell)}>
					<div class="kind-tip-when">{said.when}</div>
					<div class="kind-tip-row">
						<b>{said.what}</b>
						{said.note !== "" && <small>{said.note}</small>}
					</div>
				</Tip>
			)}
		</div>
	);
}

function tipAt(canvas: HTMLElement, { row, column }: At, cell: { width: number; height: number }): TipAt {
	const box = canvas.getBoundingClientRect();
	return { x: box.left + (column + 1) * cell.width - 6, y: box.top + (row + 0.5) * cell.height };
}

/** px that a label under the columns takes. */
const HEAD_SPACE = 56;

/** Columns between labels: what hours and quarters of them go by. */
const EVERY = [1, 2, 3, 4, 6, 12, 24, 48, 72, 96, 168, 336, 720, 1440];

/** As many as fit, by round steps from the first that begins a day: it has its date for a label. */
function Heads({ heads, width }: { heads: readonly string[]; width: number }) {
	const every = EVERY.find((step) => step * width >= HEAD_SPACE) ?? heads.length;
	const first = heads.findIndex((head) => !head.includes(":"));
	return (
		<div class="cells-heads" aria-hidden="true">
			{heads.map((head, i) =>
				(i - Math.max(0, first)) % every === 0 && (heads.length - i) * width >= HEAD_SPACE * 0.6 ? (
					<span key={i} style={{ left: `${(100 * i) / heads.length}%` }}>
						{head}
					</span>
				) : null,
			)}
		</div>
	);
}

/** Read once for each theme: asking for a computed style makes the browser lay the page out. */
interface Ink {
	theme: string;
	ground: string;
	full: string;
	none: string;
}
function inkOf(element: Element, theme: string): Ink {
	const style = getComputedStyle(element);
	const token = (name: string) => style.getPropertyValue(name).trim();
	return { theme, ground: token("--surface"), full: token("--accent"), none: token("--sunken") };
}

function paint(
	canvas: HTMLCanvasElement,
	{ width, height }: { width: number; height: number },
	{ rows, columns, ramp, partial }: { rows: CellsProps["rows"]; columns: number; ramp: Ramp; partial: number },
	{ ground, full, none }: Ink,
): void {
	const ratio = devicePixelRatio;
	canvas.width = Math.round(width * ratio);
	canvas.height = Math.round(height * ratio);
	const ctx = canvas.getContext("2d");
	if (!ctx) return;
	const [w, h] = [canvas.width / Math.max(1, columns), canvas.height / Math.max(1, rows.length)];
	const gap = (size: number) => (size >= LEAST_FOR_GAP * ratio ? GAP * ratio : size >= 4 * ratio ? ratio : 0);
	const [between, under] = [gap(w), gap(h)];
	rows.forEach((row, y) => {
		for (let x = 0; x < columns; x++) {
			const value = row[x] ?? null;
			ctx.fillStyle = value === null ? none : mix(ground, full, shade(ramp(value)));
			ctx.globalAlpha = x >= partial ? 0.55 : 1;
			const [left, top] = [Math.round(x * w), Math.round(y * h)];
			ctx.beginPath();
			ctx.roundRect(
				left,
				top,
				Math.max(1, Math.round((x + 1) * w) - left - between),
				Math.max(1, Math.round((y + 1) * h) - top - under),
				Math.min(between, under) > ratio ? 2.5 * ratio : 0,
			);
			ctx.fill();
		}
	});
}
