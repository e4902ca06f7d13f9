import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { DDSketch, MAX_BINS, RELATIVE_ACCURACY } from "./ddsketch.ts";

function encoded(sketch: DDSketch): Uint8Array {
	const w = new ByteWriter();
	sketch.encode(w);
	return w.slice();
}
const hex = (sketch: DDSketch) => Buffer.from(encoded(sketch)).toString("hex");
const fromHex = (text: string) => DDSketch.decode(new ByteReader(Buffer.from(text, "hex")));

function of(values: readonly number[]): DDSketch {
	const sketch = new DDSketch();
	for (const value of values) sketch.add(value);
	return sketch;
}

function union(...parts: DDSketch[]): DDSketch {
	const result = new DDSketch();
	for (const part of parts) result.merge(part);
	return result;
}

const QUANTILES = [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1];

function expectAccurate(sketch: DDSketch, values: readonly number[]): void {
	const sorted = [...values].sort((a, b) => a - b);
	for (const q of QUANTILES) {
		const exact = sorted[Math.floor(q * (sorted.length - 1))] as number;
		// A little room for the floating point of the bins' own bounds.
		expect(Math.abs((sketch.quantile(q) as number) - exact)).toBeLessThanOrEqual(
			Math.abs(exact) * (RELATIVE_ACCURACY + 1e-9),
		);
	}
}

const money = fc.integer({ min: -1_000_000, max: 100_000_000 }).map((cents) => cents / 100);
/** So far apart that bins collapse. */
const wide = fc.tuple(fc.constantFrom(-1, 1), fc.integer({ min: -300, max: 300 })).map(([sign, e]) => sign * 10 ** e);

describe("DDSketch", () => {
	test("quantiles are within 1 % of the value of that rank: negative, zero and positive", () => {
		fc.assert(
			fc.property(fc.array(money, { minLength: 1, maxLength: 300 }), (values) => {
				expectAccurate(of(values), values);
			}),
			{ seed: 1, numRuns: 200 },
		);
	});

	test.each([10, 100, 1000, 10_000, 100_000, 1_000_000])("holds at n = %i of a long tail", (n) => {
		let state = n;
		const values = Array.from({ length: n }, () => {
			state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
			return 20 / (1 - (state + 0.5) / 2 ** 32) ** 0.8;
		});
		expectAccurate(of(values), values);
	});

	test("merging is commutative and associative to the byte, collapsed or not (I3)", () => {
		const list = fc.array(fc.oneof(money, wide, fc.constant(0)), { maxLength: 40 });
		fc.assert(
			fc.property(list, list, list, (a, b, c) => {
				const all = hex(of([...a, ...b, ...c]));
				const [x, y, z] = [of(a), of(b), of(c)];
				expect(hex(union(union(x, y), z))).toBe(all);
				expect(hex(union(x, union(y, z)))).toBe(all);
				expect(hex(union(z, y, x))).toBe(all);
				expect(hex(x)).toBe(hex(of(a)));
			}),
			{ seed: 2, numRuns: 300 },
		);
	});

	test("decode(encode(x)) reads and goes on as x (I3)", () => {
		fc.assert(
			fc.property(fc.array(fc.oneof(money, wide)), fc.array(money), (a, b) => {
				const sketch = of(a);
				const copy = fromHex(hex(sketch));
				expect(copy.count).toBe(sketch.count);
				expect(QUANTILES.map((q) => copy.quantile(q))).toEqual(QUANTILES.map((q) => sketch.quantile(q)));
				for (const value of b) {
					sketch.add(value);
					copy.add(value);
				}
				expect(hex(copy)).toBe(hex(sketch));
			}),
			{ seed: 3 },
		);
	});

	test("past 2,048 bins the smallest magnitudes collapse, for both signs, and nothing is lost", () => {
		const values = [1e-100, 1e-50, 1, 2, 1e100];
		const sketch = of([...values, ...values.map((v) => -v)]);
		expect(sketch.count).toBe(10);
		expect(Math.abs((sketch.quantile(1) as number) / 1e100 - 1)).toBeLessThan(0.0101);
		expect(Math.abs((sketch.quantile(0) as number) / -1e100 - 1)).toBeLessThan(0.0101);
		// What collapsed reads as the lowest bin kept: about 1e100 / γ^2047.
		const lowest = sketch.quantile(0.6) as number;
		expect(lowest).toBeGreaterThan(1e100 / 1.0203 ** MAX_BINS);
		expect(lowest).toBeLessThan(1e83);
	});

	test("an array of bins never outgrows its bound", () => {
		const sketch = new DDSketch();
		for (let e = -300; e <= 300; e += 0.05) sketch.add(10 ** e);
		expect(encoded(sketch).length).toBeLessThan(MAX_BINS * 3);
		expect(sketch.quantile(1)).toBeLessThan(Number.POSITIVE_INFINITY);
	});

	test("takes weights and the smallest numbers, and leaves NaN out", () => {
		const sketch = of([Number.NaN, 5e-324, -0]);
		sketch.add(7, 3);
		expect(sketch.count).toBe(5);
		expect(sketch.quantile(0.25)).toBe(0);
		expect(Math.abs((sketch.quantile(0.5) as number) / 7 - 1)).toBeLessThanOrEqual(0.01);
	});

	test("counts infinities as very large numbers, and answers finite ones", () => {
		const sketch = of([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_VALUE]);
		expect(sketch.count).toBe(3);
		expect(sketch.quantile(0)).toBeLessThan(-1e307);
		expect(sketch.quantile(1)).toBeGreaterThan(1e307);
		expect(sketch.quantile(1)).toBeLessThan(Number.POSITIVE_INFINITY);
	});

	test("of nothing is null, and one value takes a few bytes", () => {
		expect(new DDSketch().quantile(0.5)).toBeNull();
		expect(encoded(of([59.9])).length).toBeLessThanOrEqual(7);
	});

	test("refuses broken bytes", () => {
		expect(() => fromHex("09")).toThrow("unknown DDSketch version 9");
		expect(() => fromHex(hex(of([1, 2, 3])).slice(0, -2))).toThrow(RangeError);
	});
});
