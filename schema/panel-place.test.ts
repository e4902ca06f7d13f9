import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyDashboard } from "./dashboard.testing.ts";
import { COLUMNS, Grid } from "./dashboard.ts";
import { DEFAULT_SIZE, freePanelId, placeAtEnd } from "./panel-place.ts";

const at = (x: number, y: number, w: number, h: number) => ({ grid: { x, y, w, h } });

describe("a new panel", () => {
	it("stands where no other does, in the grid, and above none", () => {
		fc.assert(
			fc.property(anyDashboard, fc.constantFrom(...Object.values(DEFAULT_SIZE)), ({ panels }, size) => {
				const place = placeAtEnd(panels, size);
				expect(Grid.parse(place)).toEqual(place);
				const taken = panels.filter(
					({ grid: { x, y, w, h } }) =>
						x < place.x + place.w && place.x < x + w && y < place.y + place.h && place.y < y + h,
				);
				expect(taken).toEqual([]);
				expect(place.x + place.w).toBeLessThanOrEqual(COLUMNS);
			}),
		);
	});

	it("goes beside the last one where there is room, else below all", () => {
		expect(placeAtEnd([], { w: 12, h: 8 })).toEqual({ x: 0, y: 0, w: 12, h: 8 });
		expect(placeAtEnd([at(0, 0, 24, 4), at(0, 4, 12, 8)], { w: 12, h: 8 })).toEqual({ x: 12, y: 4, w: 12, h: 8 });
		expect(placeAtEnd([at(0, 0, 12, 8), at(12, 0, 12, 8)], { w: 6, h: 4 })).toEqual({ x: 0, y: 8, w: 6, h: 4 });
	});

	it("has an id that no other has", () => {
		expect(freePanelId([])).toBe("p1");
		expect(freePanelId([{ id: "p1" }, { id: "x" }, { id: "p3" }])).toBe("p2");
	});
});
