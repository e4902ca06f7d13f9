import { expect, test } from "vitest";
import type { EventRecord } from "../../../../schema/questions.ts";
import { ago, clock, eventDetail, moment, visitorName } from "./words.ts";

test("times are the zone's, and ago is never in the future", () => {
	const t = "2026-11-22T09:04:09.500Z";
	expect(clock(t, "Europe/Berlin")).toBe("10:04:09");
	expect(moment(t, "Asia/Kathmandu")).toContain("14:49:09");
	const now = Date.parse(t);
	expect([-5_000, 0, 12_000, 3 * 3_600_000, 47 * 3_600_000, 120 * 3_600_000].map((ms) => ago(t, now + ms))).toEqual([
		"just now",
		"just now",
		"12 s ago",
		"3 h ago",
		"47 h ago",
		"5 days ago",
	]);
});

test("a visitor has the best name there is", () => {
	const visitor = "00ff00ff00ff00ff";
	expect(visitorName({ visitor, user_id: "u_1", traits: { name: "Ada", email: "ada@example.org" } })).toBe("Ada");
	expect(visitorName({ visitor, user_id: "u_1", traits: { name: 7 } })).toBe("u_1");
	expect(visitorName({ visitor, user_id: null, traits: {} })).toBe("00ff00ff");
});

test("an event is told by its page, or by what it brought", () => {
	const event: EventRecord = {
		id: "1",
		t: "",
		received_at: "",
		name: "pageview",
		visitor: "",
		flags: [],
		value: null,
		fields: { path: "/pricing" },
		props: {},
	};
	expect(eventDetail(event)).toBe("/pricing");
	expect(eventDetail({ ...event, name: "signup", props: { plan: "pro", seats: 3 } })).toBe("plan: pro, seats: 3");
	expect(eventDetail({ ...event, name: "signup" })).toBe("/pricing");
});
