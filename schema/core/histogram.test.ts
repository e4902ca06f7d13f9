import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DDSketch } from "./ddsketch.ts";
import { EDGE_ERROR, edgesOf, histogramOf } from "./histogram.ts";

function sketchOf(values: readonly number[]): DDSketch {
	const sketch = new DDSketch();
	for (const value of values) sketch.add(value);
	return sketch;
}
const edges = (values: readonly number[], most = 12) => edgesOf(sketchOf(values), most);
const from1To = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const merged = (sketches: readonly DDSketch[]) => {
	const sum = new DDSketch();
	for (const sketch of sketches) sum.merge(sketch);
	return sum;
};

const value = fc.oneof(
	fc.double({ min: 0.01, max: 5_000, noNaN: true }),
	fc.double({ min: -1e6, max: 1e6, noNaN: true }).filter((v) => v === 0 || Math.abs(v) > 1e-9),
	fc.integer({ min: -50, max: 500 }),
);
const bucket = fc.array(value, { maxLength: 40 });

describe("edges", () => {
	it.each([
		["are even where values are near each other", from1To(100), [0, 20, 40, 60, 80, 100, 120]],
		[
			"go by powers of ten where values are spread",
			from1To(100).map((n) => n ** 3 / 1000),
			[0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000],
		],
		["by 1, 2, 5 where that fits", [1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 8, 30], [1, 2, 5, 10, 20, 50]],
		["hold one value", [42], [42, 43]],
		["hold nothing but zeros", [0, 0], [0, 1]],
		["go below zero", [-30, -10, 0, 10, 30], [-30, -20, -10, 0, 10, 20, 30, 40]],
	])("%s", (_, values, expected) => {
		const found = edges(values);
		expect(found[0]).toBeLessThanOrEqual(Math.min(...values));
		expect(found.length).toBeLessThanOrEqual(13);
		expect(found).toEqual(expected);
	});

	it("set what is far from the rest apart, at each end in one range", () => {
		const found = edges([0.001, ...from1To(998).map((n) => 100 + (n % 50)), 1e6]);
		expect(found.slice(0, 2)).toEqual([0.001, 100]);
		expect(found.slice(-2)).toEqual([160, 2_000_000]);
	});

	it("are ascending, at most as many as asked for, and around every value", () => {
		fc.assert(
			fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.integer({ min: 2, max: 50 }), (values, most) => {
				const found = edges(values, most);
				expect(found.length - 1).toBeGreaterThan(0);
				expect(found.length - 1).toBeLessThanOrEqual(most);
				expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
				const slack = (edge: number) => Math.abs(edge) * EDGE_ERROR * 1.1 + 1e-300;
				const [first, last] = [found[0] as number, found.at(-1) as number];
				expect(Math.min(...values)).toBeGreaterThanOrEqual(first - slack(first));
				expect(Math.max(...values)).toBeLessThanOrEqual(last + slack(last));
			}),
		);
	});
});

describe("counts", () => {
	it("a value on an edge is in the range above it", () => {
		const values = from1To(100);
		const rows = histogramOf([sketchOf(values)], sketchOf(values), 12);
		const of = (from: string) => rows.find(({ labels }) => labels[0] === from)?.total;
		expect(rows.map(({ total }) => total)).toEqual([19, 20, 20, 20, 20, 1]);
		expect(of("100")).toBe(1);
	});

	it("count every value once, in a range whose edges are off by a bin at most (brute force)", () => {
		fc.assert(
			fc.property(
				fc.array(bucket, { minLength: 1, maxLength: 6 }),
				fc.integer({ min: 2, max: 20 }),
				(buckets, most) => {
					const sketches = buckets.map(sketchOf);
					const rows = histogramOf(sketches, merged(sketches), most);
					const all = buckets.flat();
					expect(rows.reduce((sum, { total }) => sum + total, 0)).toBe(all.length);
					let [least, highest] = [0, 0];
					let counted = 0;
					for (const { labels, total } of rows) {
						// Cumulated counts stand between those of the edge moved by its error either way.
						const to = Number(labels[1]);
						const slack = Math.abs(to) * EDGE_ERROR * 1.1;
						counted += total;
						least = all.filter((v) => v < to - slack).length;
						highest = all.filter((v) => v <= to + slack).length;
						expect(counted).toBeGreaterThanOrEqual(least);
						expect(counted).toBeLessThanOrEqual(highest);
					}
					buckets.forEach((values, i) => {
						expect(rows.reduce((sum, { points }) => sum + (points[i] ?? 0), 0)).toBe(values.length);
					});
				},
			),
		);
	});

	it("stay finite in number at the ends of what numbers can be", () => {
		const values = [-Number.MAX_VALUE, -1e-300, 0, 1e-308, Number.MAX_VALUE];
		for (const most of [2, 3, 4, 50]) {
			const rows = histogramOf([sketchOf(values)], sketchOf(values), most);
			expect(rows.reduce((sum, { total }) => sum + total, 0)).toBe(5);
		}
	});

	it("of nothing are no ranges", () => {
		expect(histogramOf([null, null], null, 10)).toEqual([]);
		expect(histogramOf([null], new DDSketch(), 10)).toEqual([]);
	});
});
