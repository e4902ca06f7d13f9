import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zoneOf } from "../../schema/core/zone.ts";
import { lastDue, nextDue, periodOf, type Schedule } from "./schedule.ts";

const daily = (hour: number): Schedule => ({ every: "day", weekday: 1, hour });
const iso = (t: number) => new Date(t).toISOString();
const at = (text: string) => Date.parse(text);

describe("a digest is due", () => {
	it("every day at its hour in the site's zone, an hour later in UTC once winter comes", () => {
		const zone = "Europe/Berlin";
		expect(iso(nextDue(daily(8), at("2026-10-24T06:00:00Z"), zone))).toBe("2026-10-25T07:00:00.000Z");
		expect(iso(nextDue(daily(8), at("2026-10-24T05:59:59Z"), zone))).toBe("2026-10-24T06:00:00.000Z");
	});

	it("when the clocks pass an hour that does not come, and once in one that comes twice", () => {
		const zone = "Europe/Berlin";
		const skipped = nextDue(daily(2), at("2026-03-28T12:00:00Z"), zone);
		expect(iso(skipped)).toBe("2026-03-29T01:00:00.000Z");
		const first = nextDue(daily(2), at("2026-10-24T12:00:00Z"), zone);
		expect(iso(first)).toBe("2026-10-25T00:00:00.000Z");
		expect(iso(nextDue(daily(2), first, zone))).toBe("2026-10-26T01:00:00.000Z");
	});

	it("every week on its weekday, as the zone has it", () => {
		const monday: Schedule = { every: "week", weekday: 1, hour: 8 };
		expect(iso(nextDue(monday, at("2026-11-22T23:30:00Z"), "Asia/Tokyo"))).toBe("2026-11-29T23:00:00.000Z");
		expect(iso(nextDue(monday, at("2026-11-22T22:30:00Z"), "Asia/Tokyo"))).toBe("2026-11-22T23:00:00.000Z");
	});

	it("again after it was, at the same local hour, and the last time is the next one's last", () => {
		const zones = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe");
		const schedules = fc.record({
			every: fc.constantFrom("day" as const, "week" as const),
			weekday: fc.integer({ min: 0, max: 6 }),
			hour: fc.integer({ min: 4, max: 23 }),
		});
		const times = fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2028-01-01T00:00:00Z") });
		fc.assert(
			fc.property(zones, schedules, times, (zone, schedule, now) => {
				const next = nextDue(schedule, now, zone);
				const local = new Date(next + zoneOf(zone).offset(next));
				expect(next).toBeGreaterThan(now);
				expect([local.getUTCHours(), local.getUTCMinutes()]).toEqual([schedule.hour, 0]);
				if (schedule.every === "week") expect(local.getUTCDay()).toBe(schedule.weekday);
				expect(lastDue(schedule, next, zone)).toBe(next);
				expect(lastDue(schedule, next - 1, zone)).toBeLessThanOrEqual(now);
				expect(nextDue(schedule, lastDue(schedule, now, zone), zone)).toBe(next);
			}),
		);
	});
});

describe("a digest tells", () => {
	it("of the whole day before, also of one of 25 hours", () => {
		const { from, to } = periodOf(daily(8), at("2026-10-26T07:00:00Z"), "Europe/Berlin");
		expect([iso(from), iso(to)]).toEqual(["2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"]);
	});

	it("of the seven days before", () => {
		const { from, to } = periodOf({ every: "week" }, at("2026-11-23T08:00:00Z"), "UTC");
		expect([iso(from), iso(to)]).toEqual(["2026-11-16T00:00:00.000Z", "2026-11-23T00:00:00.000Z"]);
	});
});
