import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COLUMNS, Grid } from "../../../../../schema/dashboard.ts";
import {
	type Box,
	compact,
	type Direction,
	EDGES,
	freePlace,
	LEAST,
	move,
	overlaps,
	resize,
	rowsOf,
	type Steps,
	step,
	swapInOrder,
	walk,
} from "./layout.ts";

const box = (id: string, x: number, y: number, w: number, h: number): Box => ({ id, x, y, w, h });

const anyBox = fc
	.record({
		x: fc.integer({ min: 0, max: COLUMNS - LEAST }),
		y: fc.integer({ min: 0, max: 40 }),
		w: fc.integer({ min: LEAST, max: COLUMNS }),
		h: fc.integer({ min: LEAST, max: 20 }),
	})
	.map(({ x, w, ...rest }) => ({ x, w: Math.min(w, COLUMNS - x), ...rest }));
/** Boxes anywhere, also over each other. */
const anyBoxes = fc
	.array(anyBox, { minLength: 1, maxLength: 12 })
	.map((all): Box[] => all.map((one, i) => ({ id: `p${i}`, ...one })));
/** As the editor leaves them. */
const anyLayout = anyBoxes.map(compact);
const anyId = fc.nat().map((n) => (boxes: readonly Box[]) => `p${n % boxes.length}`);
const place = fc.record({ x: fc.integer({ min: -10, max: 40 }), y: fc.integer({ min: -10, max: 80 }) });

function expectSound(boxes: readonly Box[]) {
	for (const one of boxes) {
		const { id: _, ...grid } = one;
		expect(Grid.safeParse(grid).success).toBe(true);
		for (const other of boxes) if (other.id !== one.id) expect(overlaps(one, other)).toBe(false);
	}
}

/** Boxes that share columns with any of the first, directly or by others in between. */
function reach(boxes: readonly Box[], first: readonly Box[]): Set<string> {
	const reached = [...first];
	const ids = new Set<string>();
	for (const seen of reached)
		for (const one of boxes)
			if (!ids.has(one.id) && one.x < seen.x + seen.w && seen.x < one.x + one.w) {
				ids.add(one.id);
				reached.push(one);
			}
	return ids;
}

/** Steps from where a box stands; null where one of them cannot be taken. */
function stepsOf(boxes: readonly Box[], id: string, ...directions: Direction[]): Steps | null {
	const at = boxes.find((one) => one.id === id);
	const start: Steps = { x: at?.x ?? 0, y: at?.y ?? 0, columns: 0, rows: 0 };
	return directions.reduce<Steps | null>((steps, direction) => steps && step(boxes, id, steps, direction), start);
}

describe("a layout", () => {
	it("has no overlaps and no panel outside of the grid, whatever is moved or pulled", () => {
		fc.assert(
			fc.property(
				anyBoxes,
				anyId,
				place,
				fc.constantFrom(...EDGES),
				fc.constantFrom("left" as const, "right" as const, "up" as const, "down" as const),
				(boxes, pick, to, edge, direction) => {
					const id = pick(boxes);
					expectSound(compact(boxes));
					expectSound(move(boxes, id, to));
					expectSound(resize(boxes, id, edge, { columns: to.x, rows: to.y }));
					expectSound(
						walk(boxes, id, stepsOf(boxes, id, direction, direction) ?? { x: 0, y: 0, columns: to.x, rows: to.y }),
					);
					expectSound(swapInOrder(boxes, id, 1));
					expectSound(swapInOrder(boxes, id, -1));
				},
			),
		);
	});

	it("is left alone by falling up a second time", () => {
		fc.assert(
			fc.property(anyBoxes, (boxes) => {
				expect(compact(compact(boxes))).toEqual(compact(boxes));
			}),
		);
	});

	it("is compact after every move", () => {
		fc.assert(
			fc.property(anyLayout, anyId, place, (boxes, pick, to) => {
				const moved = move(boxes, pick(boxes), to);
				expect(compact(moved)).toEqual(moved);
			}),
		);
	});

	it("does not change when a panel is moved to where it is, or pulled by nothing", () => {
		fc.assert(
			fc.property(anyLayout, anyId, fc.constantFrom(...EDGES), (boxes, pick, edge) => {
				const id = pick(boxes);
				const at = boxes.find((one) => one.id === id);
				expect(move(boxes, id, { x: at?.x ?? 0, y: at?.y ?? 0 })).toEqual(boxes);
				expect(resize(boxes, id, edge, { columns: 0, rows: 0 })).toEqual(boxes);
			}),
		);
	});

	it("keeps sizes of the others; one changes places with it and all others stay, or they keep their columns, and their places where their columns are not concerned", () => {
		fc.assert(
			fc.property(anyLayout, anyId, place, (boxes, pick, to) => {
				const id = pick(boxes);
				const moved = move(boxes, id, to);
				const aside = boxes.filter((one, i) => one.id !== id && one.x !== moved[i]?.x);
				if (aside.length > 0) {
					const [swapped] = aside;
					expect(aside).toHaveLength(1);
					for (const [i, one] of boxes.entries())
						if (one.id !== id && one.id !== swapped?.id) expect(moved[i]).toEqual(one);
					return;
				}
				const concerned = reach(
					boxes,
					[...boxes, ...moved].filter((one) => one.id === id),
				);
				for (const [i, one] of boxes.entries()) {
					if (one.id === id) continue;
					expect(moved[i]).toMatchObject({ id: one.id, x: one.x, w: one.w, h: one.h });
					if (!concerned.has(one.id)) expect(moved[i]).toEqual(one);
				}
			}),
		);
	});

	it("has a free place for any panel, and adding one there moves nobody", () => {
		fc.assert(
			fc.property(anyLayout, anyBox, (boxes, { w, h }) => {
				const added = { id: "new", w, h, ...freePlace(boxes, { w, h }) };
				for (const one of boxes) expect(overlaps(one, added)).toBe(false);
				expect(compact([...boxes, added]).slice(0, boxes.length)).toEqual(boxes);
			}),
		);
	});
});

describe("moving", () => {
	const two = [box("a", 0, 0, 12, 8), box("b", 0, 8, 12, 8)];

	it("changes places once half of the other is passed, and not before", () => {
		expect(move(two, "a", { x: 0, y: 4 })).toEqual(two);
		expect(move(two, "a", { x: 0, y: 5 })).toEqual([box("a", 0, 8, 12, 8), box("b", 0, 0, 12, 8)]);
		expect(move(two, "b", { x: 0, y: 5 })).toEqual(two);
		expect(move(two, "b", { x: 0, y: 4 })).toEqual([box("a", 0, 8, 12, 8), box("b", 0, 0, 12, 8)]);
	});

	describe("to the side", () => {
		const figures = [box("a", 0, 0, 6, 4), box("b", 6, 0, 6, 4), box("c", 12, 0, 12, 4), box("d", 0, 4, 24, 8)];
		const moved = (id: string, x: number, y: number) =>
			move(figures, id, { x, y }).flatMap((one, i) =>
				one.x === figures[i]?.x && one.y === figures[i]?.y ? [] : [`${one.id} ${one.x},${one.y}`],
			);

		it("changes places with the one it is carried onto, once that is nearer than where it came from; nobody else moves", () => {
			expect(moved("a", 2, 0)).toEqual([]);
			expect(moved("a", 4, 0)).toEqual(["a 6,0", "b 0,0"]);
			expect(moved("a", 6.4, -0.9)).toEqual(["a 6,0", "b 0,0"]);
			expect(moved("b", 15, 0)).toEqual(["b 18,0", "c 6,0"]);
			expect(moved("c", 4, 1)).toEqual(["b 18,0", "c 6,0"]);
		});

		it("lets others fall back where it leaves them", () => {
			const free = [box("a", 0, 0, 6, 4), box("b", 6, 0, 6, 4)];
			expect(move(free, "a", { x: 6, y: 0 })[1]).toEqual(box("b", 0, 0, 6, 4));
			expect(move(free, "a", { x: 12, y: 0 })).toEqual([box("a", 12, 0, 6, 4), box("b", 6, 0, 6, 4)]);
		});

		it("changes places also with one of another row that is as large", () => {
			const rows = [box("a", 0, 0, 12, 8), box("b", 12, 0, 12, 8), box("c", 0, 8, 12, 8), box("d", 12, 8, 12, 8)];
			expect(move(rows, "a", { x: 11, y: 7 })).toEqual([
				box("a", 12, 8, 12, 8),
				box("b", 12, 0, 12, 8),
				box("c", 0, 8, 12, 8),
				box("d", 0, 0, 12, 8),
			]);
		});

		it("goes over or under another one where it is carried higher or lower than that", () => {
			const row = [box("a", 0, 0, 12, 8), box("b", 12, 0, 12, 8)];
			expect(move(row, "b", { x: 2, y: -3 })).toEqual([box("a", 0, 8, 12, 8), box("b", 2, 0, 12, 8)]);
			expect(move(row, "b", { x: 2, y: 3 })).toEqual([box("a", 0, 8, 12, 8), box("b", 2, 0, 12, 8)]);
			expect(move(row, "b", { x: 2, y: 5 })).toEqual([box("a", 0, 0, 12, 8), box("b", 2, 8, 12, 8)]);
		});

		it("pushes down what is in the way and does not fit where it came from", () => {
			const wide = [box("a", 0, 0, 6, 4), box("b", 6, 0, 12, 8), box("c", 0, 4, 6, 4)];
			expect(move(wide, "a", { x: 6, y: 0 })).toEqual([
				box("a", 6, 0, 6, 4),
				box("b", 6, 4, 12, 8),
				box("c", 0, 0, 6, 4),
			]);
		});
	});

	it("leaves no hole behind", () => {
		expect(move(two, "a", { x: 12, y: 0 })).toEqual([box("a", 12, 0, 12, 8), box("b", 0, 0, 12, 8)]);
	});
});

describe("resizing", () => {
	it("pushes neighbours down, and the left edge moves the left edge only", () => {
		const row = [box("a", 0, 0, 12, 8), box("b", 12, 0, 12, 8)];
		expect(resize(row, "a", "e", { columns: 3, rows: 9 })).toEqual([box("a", 0, 0, 15, 8), box("b", 12, 8, 12, 8)]);
		expect(resize(row, "b", "w", { columns: 4, rows: 0 })).toEqual([box("a", 0, 0, 12, 8), box("b", 16, 0, 8, 8)]);
		expect(resize(row, "b", "sw", { columns: 30, rows: -30 })[1]).toEqual(box("b", 22, 0, 2, 2));
	});
});

describe("steps by keyboard", () => {
	const boxes = [box("a", 0, 0, 12, 8), box("b", 12, 0, 12, 8), box("c", 0, 8, 24, 4)];
	const walked = (id: string, ...directions: Direction[]) => {
		const steps = stepsOf(boxes, id, ...directions);
		return steps && walk(boxes, id, steps);
	};

	it("goes under the next panel and back over it", () => {
		expect(walked("a", "down")?.[0]).toEqual(box("a", 0, 12, 12, 8));
		expect(walked("a", "down", "up")).toEqual(boxes);
	});

	it("changes places with the neighbour and back", () => {
		expect(walked("a", "right")).toEqual([box("a", 12, 0, 12, 8), box("b", 0, 0, 12, 8), box("c", 0, 8, 24, 4)]);
		expect(walked("a", "right", "left")).toEqual(boxes);
	});

	it("goes column by column where nobody stands", () => {
		const free = [box("a", 0, 0, 6, 4), box("b", 12, 0, 6, 4)];
		const steps = stepsOf(free, "a", "right", "right");
		expect(steps && walk(free, "a", steps)).toEqual([box("a", 2, 0, 6, 4), box("b", 12, 0, 6, 4)]);
	});

	it("stays at the edges", () => {
		expect(walked("a", "left")).toBeNull();
		expect(walked("a", "up")).toBeNull();
		expect(walked("c", "down")).toBeNull();
	});
});

describe("the order of a narrow screen", () => {
	it("changes sides of neighbours, and places of those over each other", () => {
		const boxes = [box("a", 0, 0, 12, 8), box("b", 12, 0, 12, 8), box("c", 0, 8, 24, 4)];
		expect(swapInOrder(boxes, "a", 1)).toEqual([box("a", 12, 0, 12, 8), box("b", 0, 0, 12, 8), box("c", 0, 8, 24, 4)]);
		const up = swapInOrder(boxes, "c", -1);
		expect(up.find(({ id }) => id === "c")?.y).toBeLessThan(up.find(({ id }) => id === "b")?.y ?? 0);
		expect(swapInOrder(boxes, "a", -1)).toEqual(boxes);
		expect(rowsOf(boxes)).toBe(12);
	});
});
