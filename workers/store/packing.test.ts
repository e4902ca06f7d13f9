/** The size of the hard case: a day of 1 M visitors from 200 countries, and 90 such days (docs/decisions). */
import { env } from "cloudflare:test";
import { beforeAll, expect, it } from "vitest";
import { hash64 } from "../../schema/core/hash.ts";
import { Hll, P_CELL } from "../../schema/core/hll.ts";
import { decodePart, Window } from "../../schema/core/window.ts";
import { tenantId } from "../../schema/ids.ts";
import type { Section, StoredWindow } from "../../schema/rollup.ts";
import { MAX_SECTION_BYTES, READ_BYTES, type RollupKey, readWindows, upsertWindow } from "./rollups.ts";

const COUNTRIES = 200;
const VISITORS = 1_000_000;
const DAYS = 90;
const DAY = 86_400_000;
const key: RollupKey = { tenant: tenantId("packing"), metric: "*", grain: "day", bucket: 0 };

/** Visitors of a country: Zipf with exponent 1, as traffic of large sites is. The smallest has 850, the largest 170,000. */
const harmonic = Array.from({ length: COUNTRIES }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b);
const visitorsOf = (rank: number) => Math.round(VISITORS / (rank + 1) / harmonic);

function hardDay(): Window {
	const window = new Window({ cube: ["country"], marginals: [], hits: [], signed: false });
	for (let rank = 0; rank < COUNTRIES; rank++) {
		const country = [`country ${rank}`];
		for (let i = 0; i < visitorsOf(rank); i++) {
			const { hi, lo } = hash64(`${rank}/${i}`);
			window.add(country, [], [], Number.NaN, hi, lo);
		}
	}
	return window;
}

const bytesOf = (sections: Section[], field: "stats" | "uniques") =>
	sections.reduce((sum, section) => sum + section[field].length, 0);

let day: Section[];
beforeAll(() => {
	day = hardDay()
		.toSections()
		.filter((section) => section.part === "dim:country");
});

it("I8: the day's countries are one row of D1; their counts are a hundredth of it", () => {
	expect(day).toHaveLength(1);
	// Seen: 614,601 bytes of HLLs (3 KB a country), 1,024 bytes of counts and labels.
	expect(bytesOf(day, "uniques")).toBeLessThan(650_000);
	expect(bytesOf(day, "uniques") + bytesOf(day, "stats")).toBeLessThan(MAX_SECTION_BYTES);
	expect(bytesOf(day, "stats")).toBeLessThan(bytesOf(day, "uniques") / 100);
});

it("I8: 90 such days are read, and merged to one HLL a country, a few days at a time", async () => {
	for (let i = 0; i < DAYS; i++) {
		const bucket = i * DAY;
		await upsertWindow(env, { ...key, bucket }, { grain: "day", bucket, version: { epoch: 0, n: 1 }, sections: day });
	}
	const merged = new Map<string, Hll>();
	let days = 0;
	let most = 0;
	const read = { ...key, from: 0, to: DAYS * DAY, parts: ["dim:country"] };
	for await (const windows of readWindows(env, { ...read, fields: ["stats", "uniques"] })) {
		most = Math.max(
			most,
			windows.reduce((sum, w) => sum + bytesOf(w.sections, "uniques") + bytesOf(w.sections, "stats"), 0),
		);
		for (const { sections } of windows) {
			days++;
			const { labels, cells } = decodePart(sections);
			for (const [i, cell] of cells.entries()) {
				const label = labels[0]?.[i] ?? "";
				const sum = merged.get(label) ?? new Hll(P_CELL);
				if (cell.uniques) sum.merge(cell.uniques);
				merged.set(label, sum);
			}
		}
	}
	expect(days).toBe(DAYS);
	expect(most).toBeLessThanOrEqual(READ_BYTES);
	expect(merged.size).toBe(COUNTRIES);
	const largest = merged.get("country 0");
	expect(Math.abs((largest?.count() ?? 0) / visitorsOf(0) - 1)).toBeLessThan(4 * (largest?.error() ?? 0));
}, 60_000);

it("counts of 90 such days by country, without sketches, are small enough for one read", async () => {
	const read = { ...key, from: 0, to: DAYS * DAY, parts: ["dim:country"] };
	const chunks: StoredWindow[][] = [];
	for await (const windows of readWindows(env, { ...read, fields: ["stats"] })) chunks.push(windows);
	expect(chunks).toHaveLength(1);
	expect(chunks.flat()).toHaveLength(DAYS);
});
