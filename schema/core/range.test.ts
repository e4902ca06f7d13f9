import { describe, expect, it } from "vitest";
import { autoStep, parseInstant, parseRange, previousRange, type RangeContext } from "./range.ts";
import { DAY, HOUR, zoneOf } from "./zone.ts";

const zone = zoneOf("Europe/Berlin");
/** A Sunday, 10:23:45 in Berlin. */
const context: RangeContext = { now: Date.parse("2026-11-22T09:23:45Z"), zone, weekStart: "monday" };
const from = (text: string | number) => zone.iso(parseInstant(text, "from", context));
const to = (text: string | number) => zone.iso(parseInstant(text, "to", context));

describe("instants", () => {
	it("are relative as in Grafana", () => {
		expect(from("now")).toBe("2026-11-22T10:23:45+01:00");
		expect(from("now-24h")).toBe("2026-11-21T10:23:45+01:00");
		expect(from("now-90s")).toBe("2026-11-22T10:22:15+01:00");
		expect(from("now/d")).toBe("2026-11-22T00:00:00+01:00");
		expect(from("now-1d/d")).toBe("2026-11-21T00:00:00+01:00");
		expect(from("now/w")).toBe("2026-11-16T00:00:00+01:00");
		expect(from("now-1M/M")).toBe("2026-10-01T00:00:00+02:00");
		expect(from("now/d+8h")).toBe("2026-11-22T08:00:00+01:00");
		expect(from("now/y")).toBe("2026-01-01T00:00:00+01:00");
	});

	it("round up as `to`, to the first instant after the unit: ranges are half open", () => {
		expect(to("now/d")).toBe("2026-11-23T00:00:00+01:00");
		expect(to("now-1d/d")).toBe("2026-11-22T00:00:00+01:00");
		expect(to("now-1M/M")).toBe("2026-11-01T00:00:00+01:00");
	});

	it("keep the time of day over a clock change when they move by days, not when by hours", () => {
		expect(from("now-30d")).toBe("2026-10-23T10:23:45+02:00");
		expect(from("now-720h")).toBe("2026-10-23T11:23:45+02:00");
	});

	it("are ISO with an offset, ISO in the zone, or epoch ms", () => {
		expect(from("2026-11-20T10:00:00Z")).toBe("2026-11-20T11:00:00+01:00");
		expect(from("2026-11-20T10:00:00.250+05:45")).toBe("2026-11-20T05:15:00.250+01:00");
		expect(from("2026-11-20T10:00")).toBe("2026-11-20T10:00:00+01:00");
		expect(from("2026-07-01")).toBe("2026-07-01T00:00:00+02:00");
		expect(from(1_795_000_000_000)).toBe(from("1795000000000"));
	});

	it("that are none are refused", () => {
		for (const text of [
			"",
			"yesterday",
			"now-",
			"now-1x",
			"2026-13-01",
			"2026-02-30",
			"now-24h; drop",
			"-5",
			"now/s",
		]) {
			expect(() => parseInstant(text, "from", context), text).toThrow(RangeError);
		}
		for (const n of [Number.NaN, Number.POSITIVE_INFINITY, -1, 1e18]) {
			expect(() => parseInstant(n, "from", context)).toThrow(RangeError);
		}
		expect(() => parseInstant("now-999999y", "from", context)).toThrow(RangeError);
	});
});

describe("the previous period", () => {
	const previous = (a: string, b: string) => {
		const range = previousRange(parseRange(a, b, context), context);
		return [zone.iso(range.from), zone.iso(range.to)];
	};

	it("is the same length just before", () => {
		expect(previous("now-6h", "now")).toEqual(["2026-11-21T22:23:45+01:00", "2026-11-22T04:23:45+01:00"]);
	});

	it("compares this morning with yesterday's morning", () => {
		expect(previous("now/d", "now")).toEqual(["2026-11-21T00:00:00+01:00", "2026-11-21T10:23:45+01:00"]);
	});

	it("compares whole units with whole units, over a clock change too", () => {
		expect(previous("now-1d/d", "now-1d/d")).toEqual(["2026-11-20T00:00:00+01:00", "2026-11-21T00:00:00+01:00"]);
		expect(previous("now/w", "now")).toEqual(["2026-11-09T00:00:00+01:00", "2026-11-15T10:23:45+01:00"]);
		expect(previous("now-1M/M", "now-1M/M")).toEqual(["2026-09-01T00:00:00+02:00", "2026-10-01T00:00:00+02:00"]);
		expect(previous("now/M", "now")).toEqual(["2026-10-01T00:00:00+02:00", "2026-10-22T10:23:45+02:00"]);
	});

	it("of the end of a longer month ends with the shorter one", () => {
		const late = { ...context, now: Date.parse("2026-03-31T10:00Z") };
		const range = previousRange(parseRange("now/M", "now", late), late);
		expect([zone.iso(range.from), zone.iso(range.to)]).toEqual([
			"2026-02-01T00:00:00+01:00",
			"2026-02-28T12:00:00+01:00",
		]);
	});
});

it("auto is the finest step that gives no more points than asked for, and no finer than what is kept", () => {
	const now = context.now;
	expect(autoStep(now - HOUR, now, 500, "1m")).toBe("1m");
	expect(autoStep(now - DAY, now, 500, "1m")).toBe("5m");
	expect(autoStep(now - DAY, now, 50, "1m")).toBe("1h");
	expect(autoStep(now - 7 * DAY, now, 500, "1m")).toBe("1h");
	expect(autoStep(now - 30 * DAY, now, 500, "1h")).toBe("1d");
	expect(autoStep(now - HOUR, now, 500, "1d")).toBe("1d");
	expect(autoStep(now - 400 * DAY, now, 30, "1d")).toBe("1M");
});
