import { beforeEach, describe, expect, it } from "vitest";
import type { Box } from "./model/layout.ts";
import { type KeyPress, Mover } from "./mover.ts";

const boxes: readonly Box[] = [
	{ id: "a", x: 0, y: 0, w: 12, h: 8 },
	{ id: "b", x: 12, y: 0, w: 12, h: 8 },
];
let dropped: (readonly Box[])[] = [];
let said: string[] = [];
let mover: Mover;

function press(key: string, shiftKey = false): void {
	const event: KeyPress = { key, shiftKey, preventDefault: () => {}, stopPropagation: () => {} };
	mover.onKey(event, boxes, "a", "Visitors");
}

beforeEach(() => {
	dropped = [];
	said = [];
	mover = new Mover(
		(layout) => dropped.push(layout),
		(text) => said.push(text),
	);
});

describe("moving by keys", () => {
	it("takes with Enter, moves with arrows, and changes the dashboard only when it drops", () => {
		press("Enter");
		press("ArrowRight");
		press("ArrowRight");
		expect(dropped).toEqual([]);
		expect(mover.moving.value?.now[0]).toMatchObject({ id: "a", x: 2 });
		press("Enter");
		expect(mover.moving.value).toBeNull();
		expect(dropped).toHaveLength(1);
		expect(dropped[0]?.[0]).toMatchObject({ x: 2 });
		expect(said).toEqual([
			expect.stringMatching(/^Visitors taken/),
			"Column 2, row 1",
			"Column 3, row 1",
			"Visitors dropped",
		]);
	});

	it("resizes with Shift and arrows", () => {
		press(" ");
		press("ArrowDown", true);
		press("ArrowLeft", true);
		expect(mover.moving.value?.now[0]).toMatchObject({ w: 11, h: 9 });
		expect(said.at(-1)).toBe("11 columns wide, 9 rows high");
	});

	it("puts it back with Escape", () => {
		press("Enter");
		press("ArrowRight");
		press("Escape");
		expect(dropped).toEqual([]);
		expect(said.at(-1)).toBe("Visitors put back");
	});

	it("drops it where the focus goes elsewhere", () => {
		press("Enter");
		press("ArrowRight");
		mover.leave("b");
		expect(dropped).toEqual([]);
		mover.leave("a");
		expect(dropped).toHaveLength(1);
	});

	it("says that it cannot go further, and does nothing before it is taken", () => {
		press("ArrowLeft");
		expect(mover.moving.value).toBeNull();
		press("Enter");
		press("ArrowLeft");
		expect(said.at(-1)).toBe("It cannot go further that way");
	});
});
