import { describe, expect, it } from "vitest";
import { announceAt, announced } from "./rollup.ts";
import type { Dirty } from "./store.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const END = 100 * HOUR;
const entry: Dirty = { grain: "hour", bucket: END - HOUR, due: 0, tries: 0, closed: false };

describe("when a window that changes is announced", () => {
	it.each([
		["open: in 5 min", END - 30 * MINUTE, END - 25 * MINUTE],
		["open, nearly over: when it closes", END - MINUTE, END + 10_000],
		["over for less than an hour: in 60 s", END + 30 * MINUTE, END + 31 * MINUTE],
		["older: in 10 min", END + 2 * HOUR, END + 2 * HOUR + 10 * MINUTE],
	])("%s", (_, now, due) => expect(announceAt(END, now)).toBe(due));
});

describe("a window that was announced", () => {
	it("comes again in 5 min while open, and when it closes", () => {
		expect(announced(entry, END, END - 30 * MINUTE)).toMatchObject({ due: END - 25 * MINUTE, closed: false });
		expect(announced(entry, END, END - MINUTE)).toMatchObject({ due: END + 10_000, closed: false });
	});

	it("comes again after 1, 2, 4 … min up to an hour once closed, for ever", () => {
		let dirty = entry;
		const waits: number[] = [];
		for (let i = 0, now = END + 10_000; i < 9; i++, now = dirty.due) {
			dirty = announced(dirty, END, now);
			waits.push((dirty.due - now) / MINUTE);
		}
		expect(dirty.closed).toBe(true);
		expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
	});
});
