import { expect, test } from "vitest";
import { readRecent, withRecent } from "./recent.ts";

const time = (n: number) => ({ from: `now-${n}h`, to: "now" });

test("the newest come first, each once, and only a few are kept", () => {
	const recent = [2, 3, 4, 2, 5, 7].reduce((kept, n) => withRecent(kept, time(n)), readRecent(null));
	expect(recent).toEqual([7, 5, 2, 4].map(time));
});

test("what the list offers anyway is not kept", () => {
	expect(withRecent([], { from: "now-7d", to: "now" })).toEqual([]);
	expect(withRecent([], { from: "now/d", to: "now/d" })).toEqual([]);
});

test("what is stored may be anything", () => {
	for (const text of ["", "{", "null", "[1,null,{}]", '{"from":"now"}']) expect(readRecent(text)).toEqual([]);
	expect(readRecent('[{"from":"a","to":"b"},{"from":1}]')).toEqual([{ from: "a", to: "b" }]);
});
