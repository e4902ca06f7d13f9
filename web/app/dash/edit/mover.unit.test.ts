import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Box } from "./model/layout.ts";
import { type KeyPress, Mover, type Press } from "./mover.ts";

const at = (id: string, x: number, y: number): Box => ({ id, x, y, w: 12, h: 8 });
const boxes: readonly Box[] = [at("a", 0, 0), at("b", 12, 0)];
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
		expect(dropped).toEqual([]);
		expect(mover.moving.value?.now[0]).toMatchObject({ id: "a", x: 12 });
		press("Enter");
		expect(mover.moving.value).toBeNull();
		expect(dropped).toEqual([[at("a", 12, 0), at("b", 0, 0)]]);
		expect(said).toEqual([expect.stringMatching(/^Visitors taken/), "Column 13, row 1", "Visitors dropped"]);
	});

	it("resizes with Shift and arrows", () => {
		press(" ");
		press("ArrowDown", true);
		press("ArrowLeft", true);
		expect(mover.moving.value?.now[0]).toMatchObject({ w: 11, h: 9 });
		expect(said.at(-1)).toBe("11 columns wide, 9 rows high");
	});

	it("gives back the place that it took from others", () => {
		press("Enter");
		press("ArrowRight", true);
		expect(mover.moving.value?.now[1]).toMatchObject({ y: 8 });
		press("ArrowLeft", true);
		press("ArrowRight");
		press("ArrowLeft");
		expect(mover.moving.value?.now).toEqual(boxes);
		press("Enter");
		expect(dropped).toEqual([]);
	});

	it("says where it cannot be pulled further, and does not count that", () => {
		press("Enter");
		for (let n = 0; n < 14; n++) press("ArrowRight", true);
		expect(said.at(-1)).toBe("It cannot be pulled further that way");
		press("ArrowLeft", true);
		expect(mover.moving.value?.now[0]).toMatchObject({ w: 23 });
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

describe("moving by pointer", () => {
	/** What the browser's elements do that matters here. */
	class Handle extends EventTarget {
		setPointerCapture() {}
	}
	const pointer = (type: string, x = 0, y = 0) => Object.assign(new Event(type), { clientX: x, clientY: y });
	let handle: Handle;
	const down = (more = {}) => {
		const press = { button: 0, isPrimary: true, pointerId: 1, clientX: 0, clientY: 300, ...more };
		mover.take({ ...press, currentTarget: handle } as unknown as Press, () => boxes, "a", { width: 240, row: 40 });
	};

	beforeEach(() => {
		handle = new Handle();
		const frames = { requestAnimationFrame: () => 1, cancelAnimationFrame: () => {} };
		const page = { scrollX: 0, scrollY: 0, innerHeight: 1000, HTMLElement: Handle };
		const listeners = { addEventListener: () => {} };
		for (const [name, value] of Object.entries({ ...frames, ...page, ...listeners })) vi.stubGlobal(name, value);
	});
	afterEach(() => vi.unstubAllGlobals());

	it("takes nothing at a click, nor with another button or a second finger", () => {
		down();
		handle.dispatchEvent(pointer("pointermove", 2, 302));
		expect(mover.moving.value).toBeNull();
		handle.dispatchEvent(pointer("pointerup"));
		for (const other of [{ button: 2 }, { isPrimary: false }]) {
			down(other);
			handle.dispatchEvent(pointer("pointermove", 200, 300));
			expect(mover.moving.value).toBeNull();
		}
		expect(dropped).toEqual([]);
	});

	it("lets those it was carried over go back to where they were, and drops what it shows", () => {
		down();
		handle.dispatchEvent(pointer("pointermove", 20, 460));
		expect(mover.moving.value?.now).toEqual([at("a", 2, 0), at("b", 12, 8)]);
		handle.dispatchEvent(pointer("pointermove", 110, 300));
		expect(mover.moving.value?.now).toEqual([at("a", 12, 0), at("b", 0, 0)]);
		handle.dispatchEvent(pointer("pointermove", 5, 300));
		expect(mover.moving.value?.now).toEqual(boxes);
		handle.dispatchEvent(pointer("pointerup"));
		expect(dropped).toEqual([]);
		down();
		handle.dispatchEvent(pointer("pointermove", 110, 300));
		handle.dispatchEvent(pointer("pointerup"));
		expect(dropped).toEqual([[at("a", 12, 0), at("b", 0, 0)]]);
		expect(mover.moving.value).toBeNull();
	});

	it("drops what the keyboard holds before it takes anything", () => {
		press("Enter");
		press("ArrowRight");
		down();
		expect(dropped).toHaveLength(1);
	});
});
