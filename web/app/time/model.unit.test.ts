import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RangeContext } from "../../../schema/core/range.ts";
import { DAY, HOUR, MINUTE, zoneOf } from "../../../schema/core/zone.ts";
import {
	addMonths,
	CALENDAR,
	canGoOn,
	dayOf,
	daysOf,
	daysTime,
	fromText,
	monthGrid,
	offsetName,
	QUICK,
	rangeOf,
	relativeName,
	shift,
	type Time,
	timeName,
	toText,
	weekEdge,
	zoomOut,
} from "./model.ts";

const NOW = Date.parse("2026-11-22T12:34:56Z");
/** As exact as ranges are written. */
const MINUTES = Math.floor(NOW / MINUTE) * MINUTE;
const at = (zone: string, now = NOW): RangeContext => ({ now, zone: zoneOf(zone), weekStart: "monday" });
const UTC = at("UTC");
const BERLIN = at("Europe/Berlin");
const NEPAL = at("Asia/Kathmandu");
const lengthOf = (time: Time, context: RangeContext) => {
	const { from, to } = rangeOf(time, context);
	return to - from;
};

describe("names", () => {
	test("what is quick has its name, what is like it one of the same kind", () => {
		for (const quick of [...QUICK, ...CALENDAR]) expect(relativeName(quick)).toBe(quick.name);
		expect(relativeName({ from: "now-2h", to: "now" })).toBe("Last 2 hours");
		expect(relativeName({ from: "now-1h", to: "now" })).toBe("Last hour");
		expect(relativeName({ from: "now/d", to: "now/d" })).toBe("Today");
		expect(relativeName({ from: "now-7d", to: "now-1d" })).toBeNull();
	});

	test("others are named by their ends, whole days without a time", () => {
		const days = daysTime("2026-11-03", "2026-11-01", BERLIN);
		expect(timeName(days, BERLIN)).toMatch(/^1\s*–\s*3 Nov 2026$/);
		const hours = { from: "2026-11-21T10:00:00Z", to: "2026-11-21T14:30:00Z" };
		expect(timeName(hours, NEPAL)).toContain("15:45");
		expect(timeName({ from: "now", to: "never" }, UTC)).toBe("now to never");
	});
});

describe("text", () => {
	test("an instant is shown and read by the zone's clocks, and means the same in every zone", () => {
		const typed = fromText("2026-11-01 10:00", "from", NEPAL);
		expect(typed).toBe("2026-11-01T10:00:00+05:45");
		expect(toText(typed, "from", NEPAL)).toBe("2026-11-01 10:00");
		expect(toText(typed, "from", UTC)).toBe("2026-11-01 04:15");
		expect(toText(String(NOW), "from", UTC)).toBe("2026-11-22 12:34:56");
	});

	test("a date ends with its day, also where that day has 25 hours", () => {
		expect(fromText("2026-10-25", "from", BERLIN)).toBe("2026-10-25T00:00:00+02:00");
		expect(fromText("2026-10-25", "to", BERLIN)).toBe("2026-10-26T00:00:00+01:00");
	});

	test("relative times stay as they are; what is no time is said in words", () => {
		expect(fromText(" now-1d/d ", "to", UTC)).toBe("now-1d/d");
		for (const bad of ["", "yesterday", "2026-13-01", "now-1x", "2026-02-30"])
			expect(() => fromText(bad, "from", UTC)).toThrow(RangeError);
	});

	test("what a field shows is read back as the same instant", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 0, max: 2_000_000_000 }),
				fc.constantFrom("UTC", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe"),
				(seconds, name) => {
					const context = at(name);
					const shown = toText(String(seconds * 1000 + 100_000_000), "from", context);
					const read = rangeOf({ from: fromText(shown, "from", context), to: "now+6000d" }, context).from;
					// An hour that clocks show twice is read as its first showing.
					expect(toText(String(read), "from", context)).toBe(shown);
				},
			),
		);
	});
});

describe("zoom out", () => {
	test("what ends now goes on to end now", () => {
		expect(zoomOut({ from: "now-15m", to: "now" }, UTC)).toEqual({ from: "now-30m", to: "now" });
	});

	test("the past doubles around its middle", () => {
		const time = { from: "2026-11-10T00:00:00Z", to: "2026-11-12T00:00:00Z" };
		expect(rangeOf(zoomOut(time, UTC), UTC)).toMatchObject({
			from: Date.parse("2026-11-09T00:00:00Z"),
			to: Date.parse("2026-11-13T00:00:00Z"),
		});
	});

	test("near now it grows into the past", () => {
		const time = { from: "2026-11-22T10:00:00Z", to: "2026-11-22T12:00:00Z" };
		const next = rangeOf(zoomOut(time, UTC), UTC);
		expect(next.to).toBe(MINUTES);
		expect(next.to - next.from).toBe(4 * HOUR);
	});
});

describe("shift", () => {
	test("by its length, to the minute", () => {
		const before = shift({ from: "now-6h", to: "now" }, -1, UTC);
		expect(rangeOf(before, UTC)).toMatchObject({ from: MINUTES - 12 * HOUR, to: MINUTES - 6 * HOUR });
		expect(canGoOn({ from: "now-6h", to: "now" }, UTC)).toBe(false);
		expect(canGoOn(before, UTC)).toBe(true);
	});

	test("a day by a day, where clocks change", () => {
		const long = daysTime("2026-10-25", "2026-10-25", BERLIN);
		expect(lengthOf(long, BERLIN)).toBe(25 * HOUR);
		const before = shift(long, -1, BERLIN);
		expect(lengthOf(before, BERLIN)).toBe(24 * HOUR);
		expect(before.from).toBe("2026-10-24T00:00:00+02:00");
		expect(shift(before, 1, BERLIN)).toEqual(long);
	});

	test("a month by a month, yesterday by a day", () => {
		const previous = { from: "now-1M/M", to: "now-1M/M" };
		const before = shift(previous, -1, NEPAL);
		expect(before).toEqual({ from: "2026-09-01T00:00:00+05:45", to: "2026-10-01T00:00:00+05:45" });
		const yesterday = shift({ from: "now-1d/d", to: "now-1d/d" }, -1, NEPAL);
		expect(daysOf(yesterday, NEPAL)).toEqual({ first: "2026-11-20", last: "2026-11-20" });
	});

	test("today, so far, by whole days", () => {
		const yesterday = shift({ from: "now/d", to: "now" }, -1, BERLIN);
		expect(yesterday).toEqual(daysTime("2026-11-21", "2026-11-21", BERLIN));
	});

	test("never past now", () => {
		const next = rangeOf(shift({ from: "2026-11-22T06:00:00Z", to: "2026-11-22T12:00:00Z" }, 1, UTC), UTC);
		expect(next.to).toBe(MINUTES);
		expect(next.to - next.from).toBe(6 * HOUR);
	});

	test("there and back is where one was, for what is over", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 60 * 24 * 40 }),
				fc.integer({ min: 1, max: 60 * 24 * 300 }),
				(length, age) => {
					const end = Math.floor(NOW / MINUTE) * MINUTE - age * MINUTE;
					const time = { from: NEPAL.zone.iso(end - length * MINUTE), to: NEPAL.zone.iso(end) };
					expect(shift(shift(time, -1, NEPAL), 1, NEPAL)).toEqual(time);
				},
			),
		);
	});
});

describe("the calendar", () => {
	test("six weeks hold the month, from the site's first day of the week", () => {
		const grid = monthGrid({ year: 2026, month: 10 }, "monday");
		expect(grid).toHaveLength(6);
		expect(grid[0]?.[0]).toBe("2026-10-26");
		expect(grid[0]?.[6]).toBe("2026-11-01");
		expect(monthGrid({ year: 2026, month: 10 }, "sunday")[0]?.[0]).toBe("2026-11-01");
	});

	test("every month is in its grid, day after day", () => {
		fc.assert(
			fc.property(fc.integer({ min: 1971, max: 2199 }), fc.integer({ min: 0, max: 11 }), (year, month) => {
				const days = monthGrid({ year, month }, "monday").flat();
				expect(new Set(days).size).toBe(42);
				const last = new Date(Date.UTC(year, month + 1, 0)).toISOString().slice(0, 10);
				expect(days).toContain(`${last.slice(0, 8)}01`);
				expect(days).toContain(last);
			}),
		);
	});

	test("days are the zone's own", () => {
		expect(dayOf(NOW, at("Pacific/Kiritimati").zone)).toBe("2026-11-23");
		expect(daysTime("2026-11-01", "2026-11-02", NEPAL)).toEqual({
			from: "2026-11-01T00:00:00+05:45",
			to: "2026-11-03T00:00:00+05:45",
		});
		expect(daysOf(daysTime("2026-11-01", "2026-11-02", NEPAL), NEPAL)).toEqual({
			first: "2026-11-01",
			last: "2026-11-02",
		});
	});

	test("keys move by weeks and months", () => {
		expect(weekEdge("2026-11-22", "first", "monday")).toBe("2026-11-16");
		expect(weekEdge("2026-11-22", "last", "sunday")).toBe("2026-11-28");
		expect(addMonths("2026-01-31", 1)).toBe("2026-02-28");
		expect(addMonths("2026-01-15", -1)).toBe("2025-12-15");
		expect(lengthOf(daysTime("2026-03-29", "2026-03-29", BERLIN), BERLIN)).toBe(DAY - HOUR);
	});

	test("offsets are told as clocks are ahead", () => {
		expect(offsetName(NEPAL.zone, NOW)).toBe("+05:45");
		expect(offsetName(zoneOf("America/New_York"), NOW)).toBe("−05:00");
	});
});
