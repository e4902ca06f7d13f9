import { expect, test } from "vitest";
import { activeAt, clockSkew, nextExpiry } from "./countdown.ts";

const frame = {
	now: 9,
	expiries: [
		[10_000, 7],
		[20_000, 3],
		[30_000, 0],
	] as [number, number][],
};

test("active now counts down by the frame's own expiries", () => {
	expect([0, 9_999, 10_000, 25_000, 99_000].map((now) => activeAt(frame, now))).toEqual([9, 9, 7, 3, 0]);
});

test("the page sleeps until the next expiry, and then for good", () => {
	expect(nextExpiry(frame, 10_000)).toBe(20_000);
	expect(nextExpiry(frame, 30_000)).toBeNull();
	expect(activeAt({ now: 4, expiries: [] }, 1e12)).toBe(4);
});

test("the clock's skew is taken from the least delayed frame", () => {
	expect(clockSkew(null, 1_000, 1_300)).toBe(-300);
	expect(clockSkew(-300, 2_000, 2_050)).toBe(-50);
	expect(clockSkew(-50, 3_000, 3_900)).toBe(-50);
});
