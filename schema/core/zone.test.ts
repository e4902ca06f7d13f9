import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { bucketEdges, bucketStart, HOUR, isZone, nextBucket, type Step, type Unit, Zone, zoneOf } from "./zone.ts";

const at = (iso: string) => Date.parse(iso);
const lengths = (edges: number[]) => edges.slice(1).map((edge, i) => (edge - (edges[i] ?? 0)) / HOUR);

describe("offsets", () => {
	it("are the zone's at that instant", () => {
		expect(zoneOf("Asia/Kathmandu").offset(at("2026-06-01T00:00Z"))).toBe(5.75 * HOUR);
		expect(zoneOf("Asia/Tehran").offset(at("2026-06-01T00:00Z"))).toBe(3.5 * HOUR);
		expect(zoneOf("America/St_Johns").offset(at("2026-01-01T00:00Z"))).toBe(-3.5 * HOUR);
		expect(zoneOf("UTC").offset(0)).toBe(0);
	});

	it("change at the second the clocks do", () => {
		const berlin = zoneOf("Europe/Berlin");
		const spring = at("2026-03-29T01:00Z");
		expect([berlin.offset(spring - 1), berlin.offset(spring)]).toEqual([HOUR, 2 * HOUR]);
		const autumn = at("2026-10-25T01:00Z");
		expect([berlin.offset(autumn - 1), berlin.offset(autumn)]).toEqual([2 * HOUR, HOUR]);
	});

	it("agree with Intl at random instants", () => {
		const names = ["Europe/Berlin", "Australia/Lord_Howe", "Pacific/Chatham", "America/New_York", "Africa/Casablanca"];
		fc.assert(
			fc.property(
				fc.constantFrom(...names),
				fc.integer({ min: at("2020-01-01"), max: at("2030-01-01") }),
				(name, t) => {
					const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: name, dateStyle: "short", timeStyle: "medium" });
					const local = new Date(t + zoneOf(name).offset(t)).toISOString().slice(0, 19).replace("T", " ");
					expect(local).toBe(parts.format(t));
				},
			),
		);
	});

	it("knows a zone when it sees one", () => {
		expect(["Europe/Berlin", "UTC", "Mars/Olympus", "", "<script>"].map(isZone)).toEqual([
			true,
			true,
			false,
			false,
			false,
		]);
	});
});

describe("hours", () => {
	it("begin at the zone's full hour", () => {
		expect(bucketStart(zoneOf("Asia/Kathmandu"), "1h", at("2026-06-01T10:20Z"))).toBe(at("2026-06-01T10:15Z"));
		expect(bucketStart(zoneOf("Asia/Kathmandu"), "1h", at("2026-06-01T10:10Z"))).toBe(at("2026-06-01T09:15Z"));
		expect(bucketStart(zoneOf("Asia/Tehran"), "1h", at("2026-06-01T10:29:59Z"))).toBe(at("2026-06-01T09:30Z"));
	});

	it("are 23 or 25 on the days the clocks change", () => {
		const berlin = zoneOf("Europe/Berlin");
		const hours = (day: string, end: string) => bucketEdges(berlin, "1h", at(day), at(end)).length - 1;
		expect(hours("2026-03-28T23:00Z", "2026-03-29T22:00Z")).toBe(23);
		expect(hours("2026-10-24T22:00Z", "2026-10-25T23:00Z")).toBe(25);
	});

	it("are cut where a zone shifts by half an hour", () => {
		const edges = bucketEdges(zoneOf("Australia/Lord_Howe"), "1h", at("2026-10-03T13:30Z"), at("2026-10-03T17:30Z"));
		expect(lengths(edges)).toEqual([1, 1, 0.5, 1, 1]);
		const back = bucketEdges(zoneOf("Australia/Lord_Howe"), "1h", at("2026-04-04T13:00Z"), at("2026-04-04T16:30Z"));
		expect(lengths(back)).toEqual([1, 1, 0.5, 1]);
	});
});

describe("days, weeks, months", () => {
	it("begin at local midnight, and are 23 and 25 hours long when the clocks change", () => {
		const berlin = zoneOf("Europe/Berlin");
		const spring = bucketEdges(berlin, "1d", at("2026-03-28T12:00Z"), at("2026-03-30T12:00Z"));
		expect(spring.map((t) => berlin.iso(t))).toEqual([
			"2026-03-28T00:00:00+01:00",
			"2026-03-29T00:00:00+01:00",
			"2026-03-30T00:00:00+02:00",
			"2026-03-31T00:00:00+02:00",
		]);
		expect(lengths(spring)).toEqual([24, 23, 24]);
		expect(lengths(bucketEdges(berlin, "1d", at("2026-10-24T12:00Z"), at("2026-10-26T12:00Z")))).toEqual([24, 25, 24]);
	});

	it("begin when the clocks skip midnight at the instant they do", () => {
		const cairo = zoneOf("Africa/Cairo");
		const day = bucketStart(cairo, "1d", at("2026-04-24T12:00Z"));
		expect(cairo.iso(day)).toBe("2026-04-24T01:00:00+03:00");
		expect(cairo.iso(nextBucket(cairo, "1d", day))).toBe("2026-04-25T00:00:00+03:00");
	});

	it("go over a whole year of clock changes without a gap", () => {
		for (const name of ["Europe/Berlin", "Asia/Kathmandu", "Africa/Cairo", "Australia/Lord_Howe"]) {
			const edges = bucketEdges(zoneOf(name), "1d", at("2026-01-01T12:00Z"), at("2026-12-31T12:00Z"));
			const odd = lengths(edges).filter((length) => length !== 24);
			expect(edges.length - 1).toBeGreaterThanOrEqual(365);
			expect(odd.reduce((sum, length) => sum + length - 24, 0)).toBe(0);
		}
	});

	it("weeks begin on Monday or Sunday, months on the first", () => {
		const berlin = zoneOf("Europe/Berlin");
		const sunday = at("2026-11-22T10:00Z");
		expect(berlin.iso(bucketStart(berlin, "1w", sunday, "monday"))).toBe("2026-11-16T00:00:00+01:00");
		expect(berlin.iso(bucketStart(berlin, "1w", sunday, "sunday"))).toBe("2026-11-22T00:00:00+01:00");
		expect(berlin.iso(bucketStart(berlin, "1M", sunday))).toBe("2026-11-01T00:00:00+01:00");
		expect(berlin.iso(nextBucket(berlin, "1M", at("2026-02-28T23:00Z")))).toBe("2026-04-01T00:00:00+02:00");
	});

	it("move by calendar units at the same time of day; the 31st becomes the last", () => {
		const berlin = zoneOf("Europe/Berlin");
		expect(berlin.iso(berlin.add(at("2026-03-29T08:30Z"), "day", -1))).toBe("2026-03-28T10:30:00+01:00");
		expect(berlin.iso(berlin.add(at("2026-03-31T08:00Z"), "month", -1))).toBe("2026-02-28T10:00:00+01:00");
		expect(berlin.iso(berlin.add(at("2024-02-29T08:00Z"), "year", 1))).toBe("2025-02-28T09:00:00+01:00");
	});
});

it("writes the offset, also a negative one and one of 45 minutes", () => {
	expect(zoneOf("Asia/Kathmandu").iso(at("2026-06-01T00:00Z"))).toBe("2026-06-01T05:45:00+05:45");
	expect(zoneOf("America/St_Johns").iso(at("2026-01-01T00:00Z"))).toBe("2025-12-31T20:30:00-03:30");
	expect(zoneOf("UTC").iso(at("2026-01-01T00:00:00.250Z"))).toBe("2026-01-01T00:00:00.250+00:00");
});

it("any instant lies in its bucket, and buckets follow one another", () => {
	const names = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "Asia/Tehran", "Australia/Lord_Howe", "Africa/Cairo"];
	const steps: Step[] = ["1m", "5m", "15m", "1h", "1d", "1w", "1M"];
	const instant = fc.integer({ min: at("2024-01-01"), max: at("2028-01-01") });
	fc.assert(
		fc.property(fc.constantFrom(...names), fc.constantFrom(...steps), instant, (name, step, t) => {
			const zone = zoneOf(name);
			const start = bucketStart(zone, step, t);
			const end = nextBucket(zone, step, start);
			expect(start).toBeLessThanOrEqual(t);
			expect(end).toBeGreaterThan(t);
			expect(bucketStart(zone, step, start)).toBe(start);
			expect(bucketStart(zone, step, end)).toBe(end);
			expect(bucketStart(zone, step, end - 1)).toBe(start);
		}),
		{ numRuns: 500 },
	);
});

it("lists a day of minutes with hardly any Intl", () => {
	const zone = new Zone("Europe/Berlin");
	const asked = vi.spyOn(Intl.DateTimeFormat.prototype, "formatToParts");
	const units: Unit[] = ["hour", "day"];
	const minutes = bucketEdges(zone, "1m", at("2026-11-21"), at("2026-11-22"));
	for (const t of minutes) {
		for (const unit of units) zone.startOf(unit, t);
		zone.iso(t);
	}
	expect(minutes.length).toBe(1441);
	expect(asked.mock.calls.length).toBeGreaterThan(0);
	expect(asked.mock.calls.length).toBeLessThan(20);
	asked.mockRestore();
});
