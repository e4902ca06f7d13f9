import { describe, expect, test } from "vitest";
import { Frames } from "./frames.ts";

function screen() {
	const asked: (() => void)[] = [];
	const frames = new Frames((draw) => void asked.push(draw));
	/** Draws the next frame; false: nobody asked for one. */
	const frame = () => {
		const [draw] = asked.splice(0, 1);
		draw?.();
		return draw !== undefined;
	};
	return { frames, frame, asked };
}

describe("frames", () => {
	test("twelve panels take six frames, in the order in which they came", () => {
		const { frames, frame } = screen();
		const drawn: number[][] = [];
		let current: number[] = [];
		for (let n = 0; n < 12; n++) frames.add(() => void current.push(n));
		while (frame()) {
			drawn.push(current);
			current = [];
		}
		expect(drawn).toEqual([
			[0, 1],
			[2, 3],
			[4, 5],
			[6, 7],
			[8, 9],
			[10, 11],
		]);
	});

	test("one panel that asks again and again is drawn once a frame, and holds back no other", () => {
		const { frames, frame, asked } = screen();
		const drawn: string[] = [];
		const busy = () => void drawn.push("busy");
		const other = () => void drawn.push("other");
		for (let n = 0; n < 3; n++) frames.add(busy);
		frames.add(other);
		expect(asked).toHaveLength(1);
		frame();
		frames.add(busy);
		frame();
		frame();
		expect(drawn).toEqual(["busy", "other", "busy"]);
		expect(frame()).toBe(false);
	});

	test("a panel that is gone is not drawn, and a draw may ask for the next", () => {
		const { frames, frame } = screen();
		let drawn = 0;
		const gone = () => {
			throw new Error("drawn");
		};
		const again = () => {
			if (++drawn < 3) frames.add(again);
		};
		frames.add(gone);
		frames.add(again);
		frames.drop(gone);
		while (frame());
		expect(drawn).toBe(3);
	});
});
