import { expect, test } from "vitest";
import { findZones, knownZones } from "./zone.tsx";

const ALL = knownZones();

test("a zone is found by any part of its name, however it is written", () => {
	expect(findZones(ALL, "new york")).toContain("America/New_York");
	expect(findZones(ALL, "KATH")).toContain("Asia/Kathmandu");
	expect(findZones(ALL, "europe/berlin")[0]).toBe("Europe/Berlin");
	expect(findZones(ALL, "utc")[0]).toBe("UTC");
});

test("nothing typed finds nothing, and so does what is no zone", () => {
	expect(findZones(ALL, " ")).toEqual([]);
	expect(findZones(ALL, "atlantis")).toEqual([]);
});

test("what the browser does not list but knows is found whole", () => {
	expect(findZones(["Europe/Berlin"], "Asia/Tokyo")).toEqual(["Asia/Tokyo"]);
});
