import { expect, test } from "vitest";
import { fileName } from "./file.ts";
import { pageMs, readKiosk, writeKiosk } from "./rotation.ts";

test("a kiosk names its dashboards and its pace", () => {
	expect(readKiosk("?d=a&d=b&every=30s")).toEqual({ uids: ["a", "b"], everyMs: 30_000 });
	expect(readKiosk(writeKiosk(["a", "b"], "2m"))).toEqual({ uids: ["a", "b"], everyMs: 120_000 });
});

test("what cannot be read has its default, and no pace is too fast to look at", () => {
	expect(readKiosk("?every=soon")).toEqual({ uids: [], everyMs: 60_000 });
	expect(readKiosk("?d=a&every=1s").everyMs).toBe(5_000);
	expect(readKiosk(`?d=${"x".repeat(41)}`).uids).toEqual([]);
});

test("pages share a dashboard's time, as long as that leaves enough to read each", () => {
	expect([1, 2, 3, 10].map((pages) => pageMs(60_000, pages))).toEqual([60_000, 30_000, 20_000, 15_000]);
	expect(pageMs(5_000, 3)).toBe(5_000);
	expect(pageMs(60_000, 0)).toBe(60_000);
});

test("files are named after what is in them", () => {
	const now = new Date("2026-11-22T10:00:00Z");
	expect(fileName("Visitors by country", "csv", now)).toBe("visitors-by-country-2026-11-22.csv");
	expect(fileName("  …  ", "png", now)).toBe("panel-2026-11-22.png");
	expect(fileName("Größe / 東京", "json", now)).toBe("größe-東京-2026-11-22.json");
});
