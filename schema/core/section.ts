/**
 * The stored form of a window: sections, each one part (`total`, `dim:<dimension>`, `hit:<dimension>`, `cube`) or a page
 * of it, in three columns of bytes that are read alone. Every column that is not empty starts with a version byte; then
 * the stats of `total` have the window's shape, those of `cube` its dimensions, and then all have what part.ts says.
 */
import { ByteReader, ByteWriter } from "./bytes.ts";
import type { Cell } from "./cell.ts";
import { type DecodedPage, decodePage, encodePart, type Part } from "./part.ts";

const VERSION = 1;
/** All three columns of a page together: one row of D1, which takes 2,000,000 bytes and moves them as hex; with room for names. */
const PAGE_BYTES = 1_000_000 - 8192;

/** Which cells a window keeps. Names of dimensions. */
export interface WindowShape {
	/** Declared dimensions, in the order of the cube's keys. A shorter list is a prefix of a longer one: what it lacks is "(none)". */
	cube: string[];
	/** Exact marginals that are not part of the cube, such as `slot10`. */
	marginals: string[];
	/** Open dimensions, kept as heavy hitters. */
	hits: string[];
	/** Cells of a derived metric: counts that may be taken back, no sketches. */
	signed: boolean;
}

/** Structurally the `Section` of schema/rollup.ts, which says what its fields mean. */
export interface Section {
	part: string;
	page: number;
	stats: Uint8Array;
	uniques: Uint8Array;
	quantiles: Uint8Array;
}

/** What is read from the pages of one part without building a window. */
export interface DecodedPart {
	/** `total`, `dim:<dimension>`, `hit:<dimension>` or `cube`. */
	part: string;
	dims: string[];
	/** One list per dimension, each in the order of `cells`. Never has "(other)": that is `other`. */
	labels: string[][];
	cells: Cell[];
	/** What passed a cap, or null if nothing did. */
	other: Cell | null;
	/** Whether every count is exact: nothing passed a cap. */
	exact: boolean;
	/** The most by which a hitter's count may be too low. */
	undercount: number;
}

/** Encodes a part into sections. `shape`: of the window, for the part `total`. */
export function encodeSections(name: string, dims: string[], part: Part, shape: WindowShape): Section[] {
	return encodePart(part, PAGE_BYTES).map((columns, page) => {
		const stats = new ByteWriter(columns.stats.length + 64);
		stats.u8(VERSION);
		if (name === "total") writeShape(stats, shape);
		if (name === "cube") stats.strings(dims);
		stats.raw(columns.stats);
		const uniques = versioned(columns.uniques);
		return { part: name, page, stats: stats.slice(), uniques, quantiles: versioned(columns.quantiles) };
	});
}

/** The shape of a window, from its section `total`. */
export function sectionShape(total: Section): WindowShape {
	const r = new ByteReader(total.stats);
	r.version(VERSION, "window");
	return readShape(r);
}

/** Reads all pages of one part. A sketch column that is empty leaves the cells' sketches null; `stats` is needed. */
export function decodePart(sections: readonly Section[]): DecodedPart {
	const [first, ...more] = [...sections].sort((a, b) => a.page - b.page);
	if (first === undefined) throw new RangeError("a part without pages");
	const { dims, page } = readSection(first);
	const part = { part: first.part, dims, exact: true, ...page };
	for (const section of more) {
		if (section.part !== first.part) throw new RangeError("pages of different parts");
		const next = readSection(section).page;
		next.labels.forEach((list, d) => {
			part.labels[d]?.push(...list);
		});
		part.cells.push(...next.cells);
		part.other ??= next.other;
		part.undercount += next.undercount;
	}
	part.exact = part.other === null && part.undercount === 0;
	return part;
}

export function writeShape(w: ByteWriter, shape: WindowShape): void {
	w.u8(shape.signed ? 1 : 0);
	w.strings(shape.cube);
	w.strings(shape.marginals);
	w.strings(shape.hits);
}

export function readShape(r: ByteReader): WindowShape {
	const signed = r.u8() === 1;
	return { signed, cube: r.strings(), marginals: r.strings(), hits: r.strings() };
}

/** Reads one section; an empty sketch column leaves the cells' sketches null. */
export function readSection(section: Section): { dims: string[]; page: DecodedPage } {
	const stats = new ByteReader(section.stats);
	stats.version(VERSION, "window");
	const dims = readDims(section.part, stats);
	const uniques = columnReader(section.uniques);
	return { dims, page: decodePage(dims.length, stats, uniques, columnReader(section.quantiles)) };
}

function readDims(part: string, stats: ByteReader): string[] {
	if (part === "cube") return stats.strings();
	if (part !== "total") return [part.slice(part.indexOf(":") + 1)];
	readShape(stats);
	return [];
}

function columnReader(column: Uint8Array): ByteReader | null {
	if (column.length === 0) return null;
	const r = new ByteReader(column);
	r.version(VERSION, "window");
	return r;
}

function versioned(column: Uint8Array): Uint8Array {
	if (column.length === 0) return column;
	const out = new Uint8Array(column.length + 1);
	out[0] = VERSION;
	out.set(column, 1);
	return out;
}
