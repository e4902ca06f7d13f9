/** Where a new panel goes, and how large it begins. */
import { COLUMNS, type Grid, type Panel, type PanelKind } from "./dashboard.ts";

/** Columns and rows of a new panel, by kind. */
export const DEFAULT_SIZE: Record<PanelKind, Pick<Grid, "w" | "h">> = {
	line: { w: 12, h: 8 },
	area: { w: 12, h: 8 },
	bar: { w: 12, h: 8 },
	pie: { w: 8, h: 8 },
	heatmap: { w: 12, h: 8 },
	table: { w: 12, h: 9 },
	stat: { w: 6, h: 4 },
	map: { w: 12, h: 10 },
	funnel: { w: 12, h: 9 },
	retention: { w: 24, h: 10 },
	text: { w: 12, h: 4 },
};

const overlap = (a: Grid, b: Grid): boolean => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** Beside what stands lowest where that leaves room, and below everything otherwise. */
export function placeAtEnd(panels: readonly Pick<Panel, "grid">[], { w, h }: Pick<Grid, "w" | "h">): Grid {
	const grids = panels.map(({ grid }) => grid);
	const end = Math.max(0, ...grids.map(({ y, h }) => y + h));
	const lowest = Math.max(0, ...grids.filter(({ y, h }) => y + h === end).map(({ y }) => y));
	for (let x = 0; x + w <= COLUMNS; x++) {
		const place = { x, y: lowest, w, h };
		if (grids.every((grid) => !overlap(grid, place))) return place;
	}
	return { x: 0, y: end, w, h };
}

/** The first of p1, p2, … that no panel has. */
export function freePanelId(panels: readonly Pick<Panel, "id">[]): string {
	const taken = new Set(panels.map(({ id }) => id));
	let n = 1;
	while (taken.has(`p${n}`)) n++;
	return `p${n}`;
}
