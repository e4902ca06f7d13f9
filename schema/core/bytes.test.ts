import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteReader, ByteWriter } from "./bytes.ts";

function written(write: (w: ByteWriter) => void): Uint8Array {
	const w = new ByteWriter(1);
	write(w);
	return w.slice();
}

describe("ByteWriter and ByteReader", () => {
	test("read back what was written, in order (I3)", () => {
		const item = fc.oneof(
			fc.record({ kind: fc.constant("varint" as const), value: fc.maxSafeNat() }),
			fc.record({ kind: fc.constant("zigzag" as const), value: fc.integer({ min: -(2 ** 51), max: 2 ** 51 }) }),
			fc.record({ kind: fc.constant("f64" as const), value: fc.double() }),
			fc.record({
				kind: fc.constant("number" as const),
				value: fc.oneof(fc.double(), fc.maxSafeInteger(), fc.integer()),
			}),
			fc.record({ kind: fc.constant("u32" as const), value: fc.nat(0xffffffff) }),
			fc.record({ kind: fc.constant("u16" as const), value: fc.nat(0xffff) }),
			fc.record({ kind: fc.constant("u8" as const), value: fc.nat(255) }),
		);
		fc.assert(
			fc.property(fc.array(item), fc.array(fc.string({ unit: "grapheme" })), (items, texts) => {
				const r = new ByteReader(
					written((w) => {
						for (const { kind, value } of items) w[kind](value);
						w.strings(texts);
					}),
				);
				// `number` reads -0 as 0; nothing here tells them apart.
				for (const { kind, value } of items) expect(r[kind]() + 0).toBe(value + 0);
				expect(r.strings()).toEqual(texts);
				expect(r.left).toBe(0);
			}),
			{ seed: 1 },
		);
	});

	test("small numbers and amounts are short", () => {
		expect(written((w) => w.number(31)).length).toBe(2);
		expect(written((w) => w.number(59.9)).length).toBe(3);
		expect(written((w) => w.number(Math.PI)).length).toBe(9);
		expect(written((w) => w.varint(127)).length).toBe(1);
		expect(written((w) => w.varint(Number.MAX_SAFE_INTEGER)).length).toBe(8);
	});

	test("throw RangeError on what was cut short, and on counts that cannot be", () => {
		const bytes = written((w) => {
			w.string("hello");
			w.f64(1);
		});
		for (let cut = 0; cut < bytes.length; cut++) {
			const r = new ByteReader(bytes.subarray(0, cut));
			expect(() => {
				r.string();
				r.f64();
			}).toThrow(RangeError);
		}
		expect(() => new ByteReader(written((w) => w.varint(1e9))).strings()).toThrow(RangeError);
		expect(() => new ByteWriter().varint(-1)).toThrow(RangeError);
		expect(() => new ByteReader(Uint8Array.of(7)).version(1, "thing")).toThrow("unknown thing version 7");
	});

	test("read views with an offset", () => {
		const bytes = Uint8Array.of(9, 9, 1, 2, 3, 4, 9);
		const r = new ByteReader(bytes.subarray(2, 6));
		expect(r.u32()).toBe(0x04030201);
		expect(() => r.u8()).toThrow(RangeError);
	});
});
