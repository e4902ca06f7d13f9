import { expect, test } from "vitest";
import type { EventRecord } from "../../../../schema/questions.ts";
import { timeline } from "./timeline.ts";

const at = (t: string): EventRecord => ({
	id: t,
	t,
	received_at: t,
	name: "pageview",
	visitor: "0000000000000001",
	flags: [],
	value: null,
	fields: {},
	props: {},
});

test("half an hour without an event ends a visit; exactly half an hour does not", () => {
	const [day] = timeline([at("2026-11-22T12:00:00Z"), at("2026-11-22T11:30:00Z"), at("2026-11-22T10:59:59Z")], "UTC");
	expect(day?.visits.map((visit) => visit.events.length)).toEqual([2, 1]);
	expect(day?.visits[0]).toMatchObject({
		from: Date.parse("2026-11-22T11:30:00Z"),
		to: Date.parse("2026-11-22T12:00:00Z"),
	});
});

test("days are the zone's, and a visit past midnight belongs to the day in which it began", () => {
	const events = [at("2026-11-22T22:10:00Z"), at("2026-11-22T00:10:00Z"), at("2026-11-21T23:50:00Z")];
	expect(timeline(events, "UTC").map((day) => day.visits.length)).toEqual([1, 1]);
	// In Berlin the last is of the 22nd too, and the first of the 22nd still.
	expect(timeline(events, "Europe/Berlin").map((day) => day.visits.length)).toEqual([2]);
});

test("of nothing there is no day", () => {
	expect(timeline([], "UTC")).toEqual([]);
});
