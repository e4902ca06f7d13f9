import fc from "fast-check";
import { expect, test } from "vitest";
import type { Grid, Panel } from "../../../schema/dashboard.ts";
import { panelOf } from "./kinds/testing.ts";
import { rowsThatFit, type WallPage, wallPages } from "./wall-pages.ts";

const LAPTOP = { width: 1412, height: 840 };
const PHONE = { width: 370, height: 788 };

const line = (id: string, x: number, y: number, w: number, h: number): Panel =>
	panelOf("line", { id, grid: { x, y, w, h } });
const figure = (id: string, x: number, y: number): Panel => panelOf("stat", { id, grid: { x, y, w: 6, h: 4 } });
const ids = (pages: readonly WallPage[]) => pages.map(({ places }) => places.map(({ panel }) => panel.id).join(" "));
const at = (pages: readonly WallPage[], id: string): Grid | undefined =>
	pages.flatMap(({ places }) => places).find(({ panel }) => panel.id === id)?.grid;

test("what fits one screen legibly is one page, as it stands", () => {
	expect(rowsThatFit(LAPTOP.height)).toBe(32);
	const panels = [line("a", 0, 0, 24, 12), line("b", 0, 12, 12, 20), line("c", 12, 12, 12, 20)];
	const [page, ...more] = wallPages(panels, LAPTOP);
	expect(more).toEqual([]);
	expect(page?.rows).toBe(32);
	expect(page?.places.map(({ grid }) => grid)).toEqual(panels.map(({ grid }) => grid));
});

test("what does not is as few pages as will do, equally full, each from the top", () => {
	const panels = Array.from({ length: 5 }, (_, n) => line(`p${n}`, 0, n * 10, 24, 10));
	const pages = wallPages(panels, LAPTOP);
	expect(ids(pages)).toEqual(["p0 p1 p2", "p3 p4"]);
	expect(at(pages, "p3")).toEqual({ x: 0, y: 0, w: 24, h: 10 });
	expect(ids(wallPages(panels.slice(0, 4), LAPTOP))).toEqual(["p0 p1", "p2 p3"]);
});

test("panels beside each other stay together", () => {
	const panels = [
		line("a", 0, 0, 24, 20),
		line("tall", 0, 20, 8, 24),
		line("b", 8, 20, 16, 12),
		line("c", 8, 32, 16, 12),
	];
	expect(ids(wallPages(panels, LAPTOP))).toEqual(["a", "tall b c"]);
});

test("panels beside one that is higher than a screen go on on the next, and it is as high as the screen", () => {
	const panels = [line("tall", 0, 0, 8, 50), ...[0, 1, 2, 3].map((n) => line(`p${n}`, 8, n * 12, 16, 12))];
	const pages = wallPages(panels, LAPTOP);
	expect(ids(pages)).toEqual(["tall p0 p1", "p2 p3"]);
	expect(at(pages, "tall")?.h).toBe(32);
	expect(at(pages, "p2")?.y).toBe(0);
});

test("empty rows between panels stay, those at the top of a page do not", () => {
	const pages = wallPages([line("a", 0, 3, 24, 10), line("b", 0, 15, 24, 10), line("c", 0, 28, 24, 20)], LAPTOP);
	expect(ids(pages)).toEqual(["a b", "c"]);
	expect(at(pages, "b")?.y).toBe(12);
	expect(at(pages, "c")?.y).toBe(0);
});

test("on a phone panels stand one under the other, figures two in a row", () => {
	const panels = [figure("a", 0, 0), figure("b", 6, 0), figure("c", 12, 0), line("d", 0, 4, 24, 10)];
	const pages = wallPages(panels, PHONE);
	expect(ids(pages)).toEqual(["a b c d"]);
	expect(["a", "b", "c", "d"].map((id) => at(pages, id))).toEqual([
		{ x: 0, y: 0, w: 12, h: 5 },
		{ x: 12, y: 0, w: 12, h: 5 },
		{ x: 0, y: 5, w: 24, h: 5 },
		{ x: 0, y: 10, w: 24, h: 20 },
	]);
});

test("there figures are as high as they need, and the others share the rest of the screen", () => {
	const panels = [figure("a", 0, 0), line("b", 0, 4, 24, 10), figure("c", 0, 14), line("d", 0, 18, 24, 10)];
	const [page, ...more] = wallPages(panels, PHONE);
	expect(more).toEqual([]);
	expect(page?.rows).toBe(30);
	expect(page?.places.map(({ grid: { y, h } }) => [y, h])).toEqual([
		[0, 5],
		[5, 10],
		[15, 5],
		[20, 10],
	]);
});

test("there figures without a shape under them are lower, and several in one panel are no figure", () => {
	const plain = (id: string) => panelOf("stat", { id, spark: false });
	const groups = panelOf("stat", { id: "groups", queries: [{ ref: "A", groupBy: ["country"] }] });
	const pages = wallPages([plain("a"), plain("b"), figure("c", 0, 0), plain("d"), groups], PHONE);
	expect(["a", "b", "c", "d", "groups"].map((id) => at(pages, id))).toMatchObject([
		{ y: 0, w: 12, h: 4 },
		{ y: 0, w: 12, h: 4 },
		{ y: 4, w: 12, h: 5 },
		{ y: 4, w: 12, h: 5 },
		{ y: 9, w: 24, h: 21 },
	]);
	const [figures] = wallPages([figure("a", 0, 0), figure("b", 6, 0)], PHONE);
	expect(figures).toMatchObject({ rows: 30, places: [{ grid: { y: 0, h: 5 } }, { grid: { y: 0, h: 5 } }] });
});

test("no panels, no page; and the lowest window shows a panel", () => {
	expect(wallPages([], LAPTOP)).toEqual([]);
	expect(wallPages([line("a", 0, 0, 24, 10)], { width: 900, height: 10 })).toMatchObject([{ rows: 1 }]);
});

/** Panels on free places, from the top. */
const panels = fc
	.array(fc.tuple(fc.constantFrom(6, 8, 12, 24), fc.integer({ min: 2, max: 60 }), fc.boolean()), { maxLength: 30 })
	.map((sizes) => {
		const heights = new Array<number>(24).fill(0);
		return sizes.map(([w, h, isFigure], n) => {
			const lowest = (x: number) => Math.max(...heights.slice(x, x + w));
			const x = Array.from({ length: 24 - w + 1 }, (_, at) => at).reduce((a, b) => (lowest(b) < lowest(a) ? b : a));
			const grid = { x, y: lowest(x), w, h };
			heights.fill(grid.y + h, x, x + w);
			return panelOf(isFigure ? "stat" : "line", { id: `p${n}`, grid });
		});
	});
const room = fc.record({ width: fc.integer({ min: 300, max: 3000 }), height: fc.integer({ min: 100, max: 2000 }) });

test("every panel is on one page, whole, over no other, and every page is legible", () => {
	fc.assert(
		fc.property(panels, room, (given, room) => {
			const pages = wallPages(given, room);
			expect(pages.flatMap(({ places }) => places.map(({ panel }) => panel.id)).sort()).toEqual(
				given.map(({ id }) => id).sort(),
			);
			for (const { places, rows } of pages) {
				expect(rows).toBeLessThanOrEqual(rowsThatFit(room.height));
				const taken = new Set<string>();
				for (const { grid } of places) {
					expect(grid.x + grid.w).toBeLessThanOrEqual(24);
					expect(grid.y + grid.h).toBeLessThanOrEqual(rows);
					for (let x = grid.x; x < grid.x + grid.w; x++)
						for (let y = grid.y; y < grid.y + grid.h; y++) {
							expect(taken.has(`${x} ${y}`)).toBe(false);
							taken.add(`${x} ${y}`);
						}
				}
			}
		}),
		{ numRuns: 60 },
	);
});
