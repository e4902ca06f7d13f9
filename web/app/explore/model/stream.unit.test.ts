import { expect, test } from "vitest";
import type { EventRecord } from "../../../../schema/questions.ts";
import { append, EMPTY_STREAM } from "./stream.ts";

const event = (id: string): EventRecord => ({
	id,
	t: "2026-11-22T10:00:00Z",
	received_at: "2026-11-22T10:00:00Z",
	name: "pageview",
	visitor: "0000000000000001",
	flags: [],
	value: null,
	fields: {},
	props: {},
});

test("new events come first and are marked; those of the first answer are not news", () => {
	const first = append(EMPTY_STREAM, { events: [event("b"), event("a")], left_out: 40, cursor: 1 });
	expect([first.fresh.size, first.leftOut]).toEqual([0, 0]);
	const second = append(first, { events: [event("c"), event("b")], left_out: 3, cursor: 2 });
	expect(second.events.map((e) => e.id)).toEqual(["c", "b", "a"]);
	expect([...second.fresh]).toEqual(["c"]);
	expect(append(second, { events: [], left_out: 2, cursor: 3 })).toMatchObject({ leftOut: 5, cursor: 3 });
});

test("the page never grows without end", () => {
	let stream = EMPTY_STREAM;
	for (let n = 0; n < 20; n++)
		stream = append(stream, {
			events: Array.from({ length: 50 }, (_, i) => event(`${n}-${i}`)),
			left_out: 0,
			cursor: n,
		});
	expect(stream.events).toHaveLength(300);
	expect(stream.events[0]?.id).toBe("19-0");
});
