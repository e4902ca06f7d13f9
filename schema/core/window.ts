/**
 * A window: all cells of one metric and one minute, hour or day. It is what the log folds events into, what metric
 * objects merge and store, and what queries read.
 *
 * `total` and the marginals in `dims` are exact (up to I8's caps), `cube` holds every combination of the declared
 * dimensions, `hits` the heavy hitters of the open ones. In each place, what passes a cap is in a cell "(other)".
 */
import { ByteReader, ByteWriter } from "./bytes.ts";
import { Cell } from "./cell.ts";
import { P_CELL, P_TOTAL } from "./hll.ts";
import { type DecodedPage, decodePage, encodePart, type Part } from "./part.ts";
import {
	encodeSections,
	readSection,
	readShape,
	type Section,
	sectionShape,
	type WindowShape,
	writeShape,
} from "./section.ts";
import { dropEmpty, dropSmallest, HeavyHitters, OTHER } from "./topk.ts";

export { type DecodedPart, decodePart, type Section, type WindowShape } from "./section.ts";

/** Cells of the cube, and values of a dimension, in one window, "(other)" among them (I8). */
export const MAX_CELLS = 1000;
/** Joins the values of a cube key. */
export const KEY_SEPARATOR = "\x1f";
/** The same texts as NONE and SLOT_DIMENSION of schema/metric.ts, which core cannot import. */
const NONE = "(none)";
const SLOT_DIMENSION = "slot10";

/** Of a span. */
const VERSION = 1;
const MINUTE_MS = 60_000;
type Cells = Map<string, Cell>;
type Paths = Map<string, Paths | Cell>;

const NOTHING: readonly string[] = [];

/** The cells that one event goes into; reused, so that adding allocates nothing. */
const touched: Cell[] = [];

export class Window {
	readonly shape: WindowShape;
	readonly total: Cell;
	/** Exact marginals, by dimension of the cube and of `shape.marginals`, then by value. */
	readonly dims = new Map<string, Cells>();
	/** Heavy hitters by open dimension. */
	readonly hits = new Map<string, HeavyHitters>();
	/** Cells by the values of the cube's dimensions, joined by KEY_SEPARATOR. Empty where the shape has no cube. */
	readonly cube: Cells = new Map();
	/** Finds cells of the cube by walking from value to value, without joining a key. A cache of `cube`. */
	private readonly paths: Paths = new Map();
	/** `dims` and `hits` in the order of the shape. */
	private cubeDims: Cells[] = [];
	private readonly marginals: Cells[];
	private readonly hitters: HeavyHitters[];

	constructor(shape: WindowShape) {
		this.shape = { ...shape };
		this.total = new Cell(shape.signed ? null : P_TOTAL);
		this.cubeDims = shape.cube.map((name) => entry(this.dims, name));
		this.marginals = shape.marginals.map((name) => entry(this.dims, name));
		this.hitters = shape.hits.map((name) => {
			const hitters = new HeavyHitters(this.precision);
			this.hits.set(name, hitters);
			return hitters;
		});
	}

	/** Precision of the cells but total and slots. */
	private get precision(): number | null {
		return this.shape.signed ? null : P_CELL;
	}

	/** Events that a cap sent to "(other)", in the marginal or cube where they are most. */
	get overflowed(): number {
		let most = this.cube.get(this.overflowKey())?.count ?? 0;
		for (const cells of this.dims.values()) most = Math.max(most, cells.get(OTHER)?.count ?? 0);
		return most;
	}

	/**
	 * Adds an event. Values are in the order of the shape. A missing one is "" or not there: "(none)" in the cube and
	 * marginals, nothing in the hitters. `value` NaN: the event has none. `hi`, `lo`: the visitor's hash.
	 */
	add(
		cubeValues: readonly string[],
		marginalValues: readonly string[],
		hitValues: readonly string[],
		value: number,
		hi: number,
		lo: number,
	): void {
		const n = this.touch(cubeValues, marginalValues, hitValues);
		for (let i = 0; i < n; i++) (touched[i] as Cell).add(value, hi, lo);
	}

	/** Adds sessions, or takes them back. `duration` in ms. */
	addSigned(
		cubeValues: readonly string[],
		hitValues: readonly string[],
		count: number,
		duration: number,
		views: number,
		bounces: number,
		marginalValues: readonly string[] = NOTHING,
	): void {
		const n = this.touch(cubeValues, marginalValues, hitValues);
		for (let i = 0; i < n; i++) (touched[i] as Cell).addSigned(count, duration, views, bounces);
	}

	/**
	 * Takes in what `other` has, which stays as it is. The cube becomes the longer of the two. Marginals and hitters
	 * that this window does not keep are left out: so an hour drops the minutes' slots.
	 */
	merge(other: Window): void {
		if (other.shape.cube.length > this.shape.cube.length) this.widen(other.shape.cube);
		else if (!isPrefix(other.shape.cube, this.shape.cube)) throw new RangeError("windows of different cubes");
		this.total.merge(other.total);
		this.shape.cube.forEach((name, d) => {
			this.mergeCells(this.cubeDims[d] as Cells, other.dims.get(name) ?? this.noneOf(other, NONE));
		});
		this.shape.marginals.forEach((name, d) => {
			this.mergeCells(this.marginals[d] as Cells, other.dims.get(name) ?? new Map());
		});
		for (const [name, hitters] of this.hits) {
			const more = other.hits.get(name);
			if (more !== undefined) hitters.merge(more);
		}
		this.mergeCells(this.cube, this.paddedCube(other), this.overflowKey());
		this.paths.clear();
	}

	/** The stored form: parts by what is read together, pages of at most 1 MiB in all columns. Hitters are truncated. */
	toSections(): Section[] {
		return this.parts(true).flatMap(({ name, dims, part }) => {
			if (name !== "total" && part.rows.length === 0 && part.other === null && part.undercount === 0) return [];
			return encodeSections(name, dims, part, this.shape);
		});
	}

	/** Reads the stored form back; needs all parts with all columns. Throws RangeError on broken bytes. */
	static fromSections(sections: readonly Section[]): Window {
		const total = sections.find((section) => section.part === "total");
		if (total === undefined) throw new RangeError("a window without its total");
		const window = new Window(sectionShape(total));
		for (const section of sections) {
			if (!window.shape.signed && section.uniques.length === 0) throw new RangeError("a window without its uniques");
			const { dims, page } = readSection(section);
			window.fill(section.part, dims, page);
		}
		return window;
	}

	/** Appends this window's parts to the columns of a span, in the order of the shape. */
	writeParts(stats: ByteWriter, uniques: ByteWriter, quantiles: ByteWriter): void {
		for (const { part } of this.parts(false)) {
			for (const columns of encodePart(part, Number.POSITIVE_INFINITY)) {
				stats.raw(columns.stats);
				uniques.raw(columns.uniques);
				quantiles.raw(columns.quantiles);
			}
		}
	}

	static readParts(shape: WindowShape, stats: ByteReader, uniques: ByteReader, quantiles: ByteReader): Window {
		const window = new Window(shape);
		for (const { name, dims } of window.parts(false)) {
			window.fill(name, dims, decodePage(dims.length, stats, uniques, quantiles));
		}
		return window;
	}

	/** Gathers the cells of an event into `touched`; answers how many. */
	private touch(
		cubeValues: readonly string[],
		marginalValues: readonly string[],
		hitValues: readonly string[],
	): number {
		let n = 0;
		touched[n++] = this.total;
		const { cubeDims, marginals, hitters } = this;
		const p = this.precision;
		for (let d = 0; d < cubeDims.length; d++)
			touched[n++] = capped(cubeDims[d] as Cells, cubeValues[d] || NONE, OTHER, p);
		for (let d = 0; d < marginals.length && d < marginalValues.length; d++) {
			const precision = this.shape.marginals[d] === SLOT_DIMENSION && p !== null ? P_TOTAL : p;
			touched[n++] = capped(marginals[d] as Cells, marginalValues[d] || NONE, OTHER, precision);
		}
		for (let d = 0; d < hitters.length; d++) {
			const label = hitValues[d];
			if (label) touched[n++] = (hitters[d] as HeavyHitters).cell(label);
		}
		if (cubeDims.length > 0) touched[n++] = this.cubeCell(cubeValues);
		return n;
	}

	private cubeCell(values: readonly string[]): Cell {
		let at: Paths | Cell | undefined = this.paths;
		for (let d = 0; d < this.cubeDims.length && at instanceof Map; d++) at = at.get(values[d] || NONE);
		return at instanceof Cell ? at : this.newCubeCell(values);
	}

	/** Finds or makes the cell by its key, and lays the path to it. None to "(other)": there is no end of those. */
	private newCubeCell(values: readonly string[]): Cell {
		const path = this.shape.cube.map((_, d) => values[d] || NONE);
		// A separator within a value would make the key one of other values.
		const key = path.map((value) => value.replaceAll(KEY_SEPARATOR, " ")).join(KEY_SEPARATOR);
		const cell = capped(this.cube, key, this.overflowKey(), this.precision);
		if (this.cube.get(key) !== cell) return cell;
		let at = this.paths;
		for (const value of path.slice(0, -1)) at = entry(at as Map<string, Paths>, value);
		at.set(path.at(-1) as string, cell);
		return cell;
	}

	private overflowKey(): string {
		return this.shape.cube.map(() => OTHER).join(KEY_SEPARATOR);
	}

	/** Takes longer keys. What was here before the new dimensions were declared has "(none)" in them. */
	private widen(cube: string[]): void {
		if (!isPrefix(this.shape.cube, cube)) throw new RangeError("windows of different cubes");
		const before = this.paddedCube(this, cube.length);
		for (const name of cube.slice(this.shape.cube.length)) this.dims.set(name, this.noneOf(this, NONE));
		this.shape.cube = cube;
		this.cubeDims = cube.map((name) => entry(this.dims, name));
		this.cube.clear();
		for (const [key, cell] of before) this.cube.set(key, cell);
	}

	/** All of a window as one cell of this window's precision under `key`. */
	private noneOf(window: Window, key: string): Cells {
		if (window.total.isEmpty()) return new Map();
		const cell = new Cell(this.precision);
		cell.merge(window.total);
		return new Map([[key, cell]]);
	}

	/** A window's cube with keys of `width` values. */
	private paddedCube(window: Window, width = this.shape.cube.length): Cells {
		const missing = width - window.shape.cube.length;
		if (missing === 0) return window.cube;
		const padding = Array.from({ length: missing }, () => NONE).join(KEY_SEPARATOR);
		if (window.shape.cube.length === 0) return this.noneOf(window, padding);
		const overflow = window.overflowKey();
		const padded: Cells = new Map();
		for (const [key, cell] of window.cube) {
			padded.set(key === overflow ? overflowOf(width) : key + KEY_SEPARATOR + padding, cell);
		}
		return padded;
	}

	private mergeCells(into: Cells, from: Cells, overflow = OTHER): void {
		for (const [label, cell] of from) {
			const held = into.get(label);
			if (held === undefined) into.set(label, cell.clone());
			else held.merge(cell);
		}
		if (into.size < MAX_CELLS || (into.size === MAX_CELLS && into.has(overflow))) return;
		if (this.shape.signed) dropEmpty(into);
		const other = into.get(overflow) ?? new Cell(this.precision);
		into.delete(overflow);
		for (const cell of dropSmallest(into, MAX_CELLS - 1)) other.merge(cell);
		if (!other.isEmpty()) into.set(overflow, other);
	}

	/** All parts, in the order of the shape. */
	private parts(truncate: boolean): { name: string; dims: string[]; part: Part }[] {
		const { cube, marginals, hits } = this.shape;
		const rows = [{ labels: [], cell: this.total }];
		const parts = [
			{ name: "total", dims: [] as string[], part: { width: 0, rows, other: null, undercount: 0 } as Part },
		];
		for (const name of [...cube, ...marginals]) {
			parts.push({ name: `dim:${name}`, dims: [name], part: this.part(1, entry(this.dims, name), OTHER) });
		}
		for (const name of hits) {
			const held = this.hits.get(name) as HeavyHitters;
			const { cells, other, undercount } = truncate ? held.truncated() : held;
			const part = { ...this.part(1, cells, OTHER), other: other.isEmpty() ? null : other, undercount };
			parts.push({ name: `hit:${name}`, dims: [name], part });
		}
		if (cube.length > 0) {
			parts.push({ name: "cube", dims: cube, part: this.part(cube.length, this.cube, this.overflowKey()) });
		}
		return parts;
	}

	/** Cells as a part, without those that were taken back. */
	private part(width: number, cells: Cells, overflow: string): Part {
		const rows = [];
		for (const [key, cell] of cells) {
			if (key === overflow || (this.shape.signed && cell.isEmpty())) continue;
			rows.push({ labels: width === 1 ? [key] : key.split(KEY_SEPARATOR), cell });
		}
		return { width, rows, other: cells.get(overflow) ?? null, undercount: 0 };
	}

	/** Puts the cells of a decoded page where they belong. */
	private fill(part: string, dims: string[], page: DecodedPage): void {
		if (part === "total") {
			const total = page.cells[0];
			if (total === undefined) throw new RangeError("a window without its total");
			this.total.merge(total);
			return;
		}
		const hitters = part.startsWith("hit:") ? this.hits.get(dims[0] as string) : undefined;
		const cells = part === "cube" ? this.cube : (hitters?.cells ?? this.dims.get(dims[0] as string));
		if (cells === undefined) throw new RangeError(`a window has no part ${part}`);
		page.cells.forEach((cell, i) => {
			const key = page.labels.map((list) => list[i]).join(KEY_SEPARATOR);
			// Two labels can become one by encoding: a lone surrogate is U+FFFD in UTF-8.
			const held = cells.get(key);
			if (held === undefined) cells.set(key, cell);
			else held.merge(cell);
		});
		if (hitters !== undefined) hitters.undercount += page.undercount;
		if (page.other === null) return;
		if (hitters !== undefined) hitters.other = page.other;
		else cells.set(part === "cube" ? this.overflowKey() : OTHER, page.other);
	}
}

/**
 * Encodes the minutes of a span, keyed by their start in epoch ms. Nothing is truncated.
 *
 *   u8 version · uniques with length · quantiles with length · shapes · varint minutes, then each:
 *   zigzag minutes since the one before · varint shape · stats of its parts
 */
export function encodeSpan(minutes: ReadonlyMap<number, Window>): Uint8Array {
	const stats = new ByteWriter(1024);
	const uniques = new ByteWriter(1024);
	const quantiles = new ByteWriter(64);
	const shapes = new Map<string, Uint8Array>();
	let previous = 0;
	for (const [start, window] of [...minutes].sort(([a], [b]) => a - b)) {
		const minute = Math.floor(start / MINUTE_MS);
		stats.zigzag(minute - previous);
		stats.varint(shapeIndex(shapes, window.shape));
		window.writeParts(stats, uniques, quantiles);
		previous = minute;
	}
	const w = new ByteWriter(stats.length + uniques.length + quantiles.length + 256);
	w.u8(VERSION);
	w.bytes(uniques.slice());
	w.bytes(quantiles.slice());
	w.varint(shapes.size);
	for (const shape of shapes.values()) w.raw(shape);
	w.varint(minutes.size);
	w.raw(stats.slice());
	return w.slice();
}

/** Reads a span back. Throws RangeError on broken bytes. */
export function decodeSpan(bytes: Uint8Array): Map<number, Window> {
	const r = new ByteReader(bytes);
	r.version(VERSION, "span");
	const uniques = new ByteReader(r.bytes());
	const quantiles = new ByteReader(r.bytes());
	const shapes = Array.from({ length: r.count() }, () => readShape(r));
	const minutes = new Map<number, Window>();
	let minute = 0;
	for (let n = r.count(); n > 0; n--) {
		minute += r.zigzag();
		const shape = shapes[r.varint()];
		if (shape === undefined) throw new RangeError("a span has an unknown shape");
		minutes.set(minute * MINUTE_MS, Window.readParts(shape, r, uniques, quantiles));
	}
	return minutes;
}

function shapeIndex(shapes: Map<string, Uint8Array>, shape: WindowShape): number {
	const w = new ByteWriter();
	writeShape(w, shape);
	const bytes = w.slice();
	const key = bytes.join();
	if (!shapes.has(key)) shapes.set(key, bytes);
	return [...shapes.keys()].indexOf(key);
}

/** The cell of a label, made if there is room, else that of `overflow`. */
function capped(cells: Cells, label: string, overflow: string, p: number | null): Cell {
	const held = cells.get(label);
	if (held !== undefined) return held;
	// One place is kept for "(other)", so that the cap holds with it.
	if (cells.size >= MAX_CELLS - 1 && label !== overflow) return capped(cells, overflow, overflow, p);
	const cell = new Cell(p);
	cells.set(label, cell);
	return cell;
}

function entry<V>(map: Map<string, Map<string, V>>, name: string): Map<string, V> {
	let found = map.get(name);
	if (found === undefined) {
		found = new Map();
		map.set(name, found);
	}
	return found;
}

const overflowOf = (width: number) => Array.from({ length: width }, () => OTHER).join(KEY_SEPARATOR);
const isPrefix = (short: string[], long: string[]) => short.every((name, i) => name === long[i]);
