/**
 * Bytes of version 1, as they lie in journals, windows and D1. Every later version must read them and mean the same.
 * Never regenerate these: a change that breaks one needs a new version byte and a reader for both.
 */
import { describe, expect, test } from "vitest";
import { ByteReader, ByteWriter } from "./bytes.ts";
import type { Cell } from "./cell.ts";
import { DDSketch } from "./ddsketch.ts";
import { hash64 } from "./hash.ts";
import { Hll } from "./hll.ts";
import { decodePart, decodeSpan, KEY_SEPARATOR, type Section, Window } from "./window.ts";

const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
const reader = (base64: string) => new ByteReader(bytes(base64));

/** Two purchases (59.9 of visitor a at /shop, -2 of visitor b) and a view of a at /shop/1, all in the fourth slot. */
const WINDOW: Section[] = [
	["total", "AQACB2NvdW50cnkGZGV2aWNlAQZzbG90MTABBHBhdGgxAQMC8ekCDLH2Ag==", "ASoCwLXVCoih5wQ=", "AQEAAZoDAQFGAQ=="],
	["dim:country", "ATECAgACREUAAkZSAgGx9gIBAQw=", "ASgBwLXVCigByNa8Dw==", "AQEAAZoDAQABAAABRgE="],
	["dim:device", "ATEBAQAGbW9iaWxlAwLx6QIMsfYC", "ASgCwLXVCoih5wQ=", "AQEAAZoDAQFGAQ=="],
	["dim:slot10", "ATEBAQABMwMC8ekCDLH2Ag==", "ASoCwLXVCoih5wQ=", "AQEAAZoDAQFGAQ=="],
	["hit:path", "ATECAgAFL3Nob3AFAi8xAQGx9gIBAA==", "ASgBwLXVCigBwLXVCg==", "AQEAAZoDAQAA"],
	[
		"cube",
		"AQIHY291bnRyeQZkZXZpY2UxAgIAAkRFAAJGUgEABm1vYmlsZQAAAQACAbH2AgEBDA==",
		"ASgBwLXVCigByNa8Dw==",
		"AQEAAZoDAQABAAABRgE=",
	],
].map(([part = "", stats = "", uniques = "", quantiles = ""]) => {
	return { part, page: 0, stats: bytes(stats), uniques: bytes(uniques), quantiles: bytes(quantiles) };
});

/** That window at 2025-11-22T12:00Z, and a minute later sessions: one of DE, and one of FR taken back. */
const SPAN =
	"AUIqAsC11QqIoecEKAHAtdUKKAHI1rwPKALAtdUKiKHnBCoCwLXVCoih5wQoAcC11QooAcC11QooAcC11QooAcjWvA89AQABmgMBAUYBAQABmgMBAAEAAAFG" +
	"AQEAAZoDAQFGAQEAAZoDAQFGAQEAAZoDAQAAAQABmgMBAAEAAAFGAQIAAgdjb3VudHJ5BmRldmljZQEGc2xvdDEwAQRwYXRoAQEHY291bnRyeQABBWVudHJ5" +
	"AqC+hBwAMQEDAvHpAgyx9gIxAgIAAkRFAAJGUgIBsfYCAQEMMQEBAAZtb2JpbGUDAvHpAgyx9gIxAQEAATMDAvHpAgyx9gIxAgIABS9zaG9wBQIvMQEBsfYC" +
	"AQAxAgIAAkRFAAJGUgEABm1vYmlsZQAAAQACAbH2AgEBDAIBAgEAkIMeBAECAgIAAkRFAAJGUgLggx4GAAFMAQECAQEAAS8AkIMeBAECAgIAAkRFAAJGUgLg" +
	"gx4GAAFMAQE=";

function expectPurchases(window: Window): void {
	const { count, values, sum, min, max } = window.total;
	expect({ count, values, sum, min, max }).toEqual({ count: 3, values: 2, sum: 57.9, min: -2, max: 59.9 });
	expect(Math.round(window.total.uniques?.count() ?? 0)).toBe(2);
	expect(window.total.quantiles?.quantile(1)).toBeCloseTo(59.7, 0);
	expect(countsOf(window.dims.get("country"))).toEqual({ DE: 2, FR: 1 });
	expect(countsOf(window.dims.get("slot10"))).toEqual({ "3": 3 });
	expect(countsOf(window.hits.get("path")?.cells)).toEqual({ "/shop": 1, "/shop/1": 1 });
	expect(countsOf(window.cube)).toEqual({ [`DE${KEY_SEPARATOR}mobile`]: 2, [`FR${KEY_SEPARATOR}mobile`]: 1 });
	// The same visitor hashes to the same bits: nobody is counted twice.
	for (const visitor of ["a", "b"]) {
		const { hi, lo } = hash64(visitor);
		window.total.uniques?.add(hi, lo);
	}
	expect(Math.round(window.total.uniques?.count() ?? 0)).toBe(2);
}

const countsOf = (cells: Map<string, Cell> | undefined) =>
	Object.fromEntries([...(cells ?? [])].map(([label, cell]) => [label, cell.count]));

describe("bytes of version 1 (I3)", () => {
	test("a sparse HLL: a, b, c and the hash 0", () => {
		const hll = Hll.decode(reader("KAQBKMC11QqIoecEvq+NBw=="));
		for (const visitor of ["a", "b", "c"]) {
			const { hi, lo } = hash64(visitor);
			hll.add(hi, lo);
		}
		expect([hll.p, Math.round(hll.count())]).toEqual([12, 4]);
	});

	test("a dense HLL of 200", () => {
		const hll = Hll.decode(reader("MQgwwwhwhAwxBhRhQgxghCBBQwhhRQgxxA=="));
		expect([hll.p, hll.count()]).toEqual([5, expect.closeTo(223.78, 2)]);
		const w = new ByteWriter();
		hll.encode(w);
		for (let i = 0; i < 200; i++) {
			const { hi, lo } = hash64(`v${i}`);
			hll.add(hi, lo);
		}
		const again = new ByteWriter();
		hll.encode(again);
		expect(again.slice()).toEqual(w.slice());
	});

	test("a DDSketch of -5, 0, 0, 1, 2, 59.9, 1000", () => {
		const sketch = DDSketch.decode(reader("AQIEAAEiAakBAYwBAQGiAQE="));
		expect(sketch.count).toBe(7);
		[-5, 0, 0, 1, 2, 59.9, 1000].forEach((value, rank) => {
			const read = sketch.quantile(rank / 6) as number;
			expect(Math.abs(read - value)).toBeLessThanOrEqual(Math.abs(value) * 0.01 + 1e-9);
		});
	});

	test("a window's sections", () => {
		expectPurchases(Window.fromSections(WINDOW));
		const paths = decodePart(WINDOW.filter((section) => section.part === "hit:path"));
		expect([paths.dims, paths.labels, paths.exact]).toEqual([["path"], [["/shop", "/shop/1"]], true]);
		expect(paths.cells.map((cell) => cell.sum)).toEqual([59.9, 0]);
	});

	test("a span, signed minutes among it", () => {
		const noon = Date.UTC(2025, 10, 22, 12);
		const minutes = decodeSpan(bytes(SPAN));
		expect([...minutes.keys()]).toEqual([noon, noon + 60_000]);
		expectPurchases(minutes.get(noon) as Window);
		const sessions = minutes.get(noon + 60_000) as Window;
		expect(sessions.shape.signed).toBe(true);
		expect(sessions.dims.get("country")?.get("DE")).toMatchObject({ count: 1, sum: 61_500, views: 3, bounces: 0 });
		expect(sessions.hits.get("entry")?.cells.get("/")).toMatchObject({ count: 0, sum: 61_490, views: 2, bounces: -1 });
		expect(sessions.dims.get("country")?.get("FR")).toMatchObject({ count: -1, sum: -10, views: -1, bounces: -1 });
	});
});
