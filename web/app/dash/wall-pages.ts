/**
 * A dashboard on a wall, which never scrolls: in pages of whole panels, where one screen cannot show all of it legibly.
 * Pure. Heights are in rows of the grid.
 */
import type { Grid, Panel, PanelOf } from "../../../schema/dashboard.ts";
import { type Placed, placesOf } from "./grid.tsx";

/** Lower rows cannot be read from some steps away: a figure of four of them is 98 px high. */
const LEAST_ROW_PX = 20;
/** Between panels; the style sheet's `--gap-px` of a wall. */
const GAP_PX = 6;
/** Under it there is one column, px; as in the style sheet. */
const NARROW_PX = 720;
const COLUMNS = 24;

export interface WallPage {
	places: Placed[];
	rows: number;
}

/** px that panels have. */
export interface Room {
	width: number;
	height: number;
}

/** Panels that no horizontal line divides. */
interface Band extends WallPage {
	/** Empty rows before it. */
	above: number;
}

/** How many legible rows there is room for. */
export const rowsThatFit = (height: number): number =>
	Math.max(1, Math.floor((height + GAP_PX) / (LEAST_ROW_PX + GAP_PX)));

/** As few pages as there can be, and those about equally full. No panels: no page. */
export function wallPages(panels: readonly Panel[], { width, height }: Room): WallPage[] {
	const most = rowsThatFit(height);
	const places = placesOf(panels);
	if (width >= NARROW_PX) return paged(places, most);
	return paged(stacked(places), most).map((page) => grown(page, most));
}

function paged(places: readonly Placed[], most: number): WallPage[] {
	const bands = bandsOf(places).flatMap((band) => cut(band, most));
	const wanted = filled(bands, most).length;
	const least = Math.max(1, ...bands.map(({ rows }) => rows));
	for (let rows = least; rows < most; rows++) {
		const pages = filled(bands, rows);
		if (pages.length === wanted) return pages;
	}
	return filled(bands, most);
}

const bottomOf = ({ grid }: Placed): number => grid.y + grid.h;

/** From the top. */
function bandsOf(places: readonly Placed[]): Band[] {
	const bands: Placed[][] = [];
	let bottom = 0;
	for (const place of places) {
		const band = bands.at(-1);
		if (band && place.grid.y < bottom) band.push(place);
		else bands.push([place]);
		bottom = Math.max(bottom, bottomOf(place));
	}
	let end: number | null = null;
	return bands.map((band) => {
		const start = Math.min(...band.map(({ grid }) => grid.y));
		const above = start - (end ?? start);
		end = Math.max(...band.map(bottomOf));
		return { places: moved(band, -start), rows: end - start, above };
	});
}

const moved = (places: readonly Placed[], by: number): Placed[] =>
	places.map(({ panel, grid }) => ({ panel, grid: { ...grid, y: grid.y + by } }));

/** What is higher than a screen goes on on the next one. A panel that is higher by itself becomes as high as the screen. */
function cut(band: Band, most: number): Band[] {
	if (band.rows <= most) return [band];
	const [first, ...more] = band.places.map(({ panel, grid }) => ({
		panel,
		grid: { ...grid, h: Math.min(grid.h, most) },
	}));
	if (!first) return [];
	const fits = (place: Placed) => bottomOf(place) - first.grid.y <= most;
	const here = moved([first, ...more.filter(fits)], -first.grid.y);
	const rest = bandsOf(more.filter((place) => !fits(place))).flatMap((next) => cut(next, most));
	return [{ places: here, rows: Math.max(...here.map(bottomOf)), above: band.above }, ...rest];
}

/** Page after page, each as full as whole bands make it. */
function filled(bands: readonly Band[], most: number): WallPage[] {
	const pages: WallPage[] = [];
	for (const { places, rows, above } of bands) {
		const page = pages.at(-1);
		if (!page || page.rows + above + rows > most) pages.push({ places, rows });
		else {
			page.places = [...page.places, ...moved(places, page.rows + above)];
			page.rows += above + rows;
		}
	}
	return pages;
}

/** Rows that kinds need where all are as wide as a phone; others have as many as their dashboard gives them, within bounds. */
const STACKED_ROWS: Partial<Record<Panel["kind"], number>> = { line: 8, area: 8, bar: 8, map: 14 };
const STACKED_LEAST = 5;
const STACKED_MOST = 14;
/** A figure with its change: 98 px; and with its shape under it. */
const FIGURE_ROWS = 4;
const FIGURE_SPARK_ROWS = 5;

/** Of one figure: what has groups, or several of them, needs more room than that. */
function isFigure(panel: Panel): panel is PanelOf<"stat"> {
	if (panel.kind !== "stat" || panel.queries.some(({ groupBy }) => groupBy.length > 0)) return false;
	return panel.queries.filter(({ hidden }) => !hidden).length + panel.formulas.length <= 1;
}

function rowsOf(panel: Panel): number {
	if (isFigure(panel)) return panel.spark ? FIGURE_SPARK_ROWS : FIGURE_ROWS;
	return STACKED_ROWS[panel.kind] ?? Math.min(STACKED_MOST, Math.max(STACKED_LEAST, panel.grid.h));
}

/** As many rows as there is room for: what is left goes to all but figures, which would be boxes with little in them. */
function grown({ places, rows }: WallPage, most: number): WallPage {
	const total = places.reduce((sum, { panel, grid }) => sum + (isFigure(panel) ? 0 : grid.h), 0);
	let before = 0;
	let given = 0;
	const larger = places.map(({ panel, grid }) => {
		const y = grid.y + given;
		if (isFigure(panel)) return { panel, grid: { ...grid, y } };
		before += grid.h;
		const more = Math.floor(((most - rows) * before) / total) - given;
		given += more;
		return { panel, grid: { ...grid, y, h: grid.h + more } };
	});
	return { places: larger, rows: most };
}

/** One under the other, figures two in a row. */
function stacked(places: readonly Placed[]): Placed[] {
	let y = 0;
	let left: Grid | null = null;
	return places.map(({ panel }, i) => {
		if (left) {
			const grid = { ...left, x: COLUMNS / 2 };
			left = null;
			return { panel, grid };
		}
		const next = places[i + 1]?.panel;
		const paired = isFigure(panel) && next !== undefined && isFigure(next);
		const h = paired ? Math.max(rowsOf(panel), rowsOf(next)) : rowsOf(panel);
		const grid = { x: 0, y, w: paired ? COLUMNS / 2 : COLUMNS, h };
		if (paired) left = grid;
		y += h;
		return { panel, grid };
	});
}
