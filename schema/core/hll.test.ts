import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { hash64 } from "./hash.ts";
import { Hll, P_CELL, P_TOTAL } from "./hll.ts";

type Hash = readonly [hi: number, lo: number];

function encoded(hll: Hll): Uint8Array {
	const w = new ByteWriter();
	hll.encode(w);
	return w.slice();
}
const hex = (hll: Hll) => Buffer.from(encoded(hll)).toString("hex");
const fromHex = (text: string) => Hll.decode(new ByteReader(Buffer.from(text, "hex")));

function of(p: number, hashes: readonly Hash[]): Hll {
	const hll = new Hll(p);
	for (const [hi, lo] of hashes) hll.add(hi, lo);
	return hll;
}

function union(...parts: Hll[]): Hll {
	const [first, ...more] = parts;
	const result = (first as Hll).clone();
	for (const part of more) result.merge(part);
	return result;
}

/** A stream of even 64-bit hashes, two mixed counters: far cheaper than hashing a million texts. */
function* hashes(seed: number): Generator<Hash> {
	const mix = (x: number) => {
		let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
		h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
		return (h ^ (h >>> 16)) >>> 0;
	};
	for (let i = 1; ; i++) yield [mix(i * 2654435761 + seed), mix(mix(i + seed * 7919) ^ 0x9e3779b9)];
}

function take(seed: number, n: number): Hash[] {
	const list: Hash[] = [];
	for (const hash of hashes(seed)) {
		if (list.length === n) break;
		list.push(hash);
	}
	return list;
}

/** The definition, bit by bit: `lo` from the top, `hi` from the bottom; index, then the run of zeros. */
function modelRegisters(p: number, list: readonly Hash[]): Uint8Array {
	const registers = new Uint8Array(2 ** p);
	for (const [hi, lo] of list) {
		const bits = lo.toString(2).padStart(32, "0") + [...hi.toString(2).padStart(32, "0")].reverse().join("");
		const index = Number.parseInt(bits.slice(0, p), 2);
		const one = bits.indexOf("1", p);
		const rho = (one === -1 ? 64 : one) - p + 1;
		registers[index] = Math.max(registers[index] as number, rho);
	}
	return registers;
}

/** 6 bits each, first register in the highest bits. */
function modelPacked(registers: Uint8Array): Uint8Array {
	const bits = [...registers].map((rho) => rho.toString(2).padStart(6, "0")).join("");
	return Uint8Array.from({ length: bits.length / 8 }, (_, i) => Number.parseInt(bits.slice(i * 8, i * 8 + 8), 2));
}

/** Hashes with long runs of zeros and shared indices, which even ones would never show. */
const oddHash = fc.tuple(
	fc.oneof(fc.constantFrom(0, 1, 0x80000000, 0x00010000), fc.nat(0xffffffff)),
	fc.oneof(fc.constantFrom(0, 1, 64, 128, 0x40000, 0x80000, 0x100000, 0x80000000), fc.nat(0xffffffff)),
);
const some = fc.oneof(
	fc.array(oddHash, { maxLength: 30 }),
	fc.tuple(fc.nat(1000), fc.nat(2000)).map(([seed, n]) => take(seed, n)),
);
const precision = fc.constantFrom(4, 8, P_CELL, P_TOTAL);

describe("Hll", () => {
	test("dense registers are those of the definition", () => {
		for (const p of [4, 8, P_CELL, P_TOTAL]) {
			const list: Hash[] = [...take(p, 8000), [0, 0], [1, 0], [0x80000000, 0x40], [5, 0x80]];
			expect(encoded(of(p, list)).slice(1)).toEqual(modelPacked(modelRegisters(p, list)));
		}
	});

	test("merging is commutative and associative to the byte, sparse, dense and between precisions (I3)", () => {
		const part = fc.tuple(precision, some);
		fc.assert(
			fc.property(part, part, part, ([pa, a], [pb, b], [pc, c]) => {
				const [x, y, z] = [of(pa, a), of(pb, b), of(pc, c)];
				const all = hex(union(x, y, z));
				expect(hex(union(x, union(y, z)))).toBe(all);
				expect(hex(union(z, y, x))).toBe(all);
				expect(hex(union(y, z, x, x))).toBe(all);
				expect(all).toBe(hex(of(Math.min(pa, pb, pc), [...a, ...b, ...c])));
			}),
			{ seed: 1, numRuns: 150 },
		);
	});

	test("decode(encode(x)) reads and goes on as x (I3)", () => {
		fc.assert(
			fc.property(precision, some, some, (p, a, b) => {
				const hll = of(p, a);
				const copy = fromHex(hex(hll));
				expect(copy.p).toBe(p);
				expect(copy.count()).toBe(hll.count());
				for (const [hi, lo] of b) {
					hll.add(hi, lo);
					copy.add(hi, lo);
				}
				expect(hex(copy)).toBe(hex(hll));
			}),
			{ seed: 2, numRuns: 150 },
		);
	});

	test("a merge with a lower precision folds to it, says so, and leaves the other alone", () => {
		const total = of(P_TOTAL, take(1, 50_000));
		const cell = of(P_CELL, take(2, 50));
		const before = hex(cell);
		total.merge(cell);
		expect(total.p).toBe(P_CELL);
		expect(total.error()).toBeCloseTo(0.01625, 4);
		expect(hex(cell)).toBe(before);
		cell.add(1, 2);
		expect(hex(total)).toBe(hex(union(of(P_CELL, take(1, 50_000)), of(P_CELL, take(2, 50)))));
	});

	test("the order of adds and repeats does not matter", () => {
		const list = take(3, 3000);
		expect(hex(of(P_CELL, [...list].reverse()))).toBe(hex(of(P_CELL, [...list, ...list])));
	});

	test.each([10, 100, 1000, 10_000, 100_000, 1_000_000])("counts %i visitors within 3 σ", (n) => {
		for (const p of [P_CELL, P_TOTAL]) {
			const hll = new Hll(p);
			let i = 0;
			for (const [hi, lo] of hashes(n)) {
				if (i++ === n) break;
				hll.add(hi, lo);
			}
			expect(Math.abs(hll.count() / n - 1)).toBeLessThan(3 * hll.error());
		}
	});

	test("counts hashed texts", () => {
		const hll = new Hll(P_TOTAL);
		for (let i = 0; i < 200_000; i++) {
			const { hi, lo } = hash64(`visitor-${i}`);
			hll.add(hi, lo);
		}
		expect(Math.abs(hll.count() / 200_000 - 1)).toBeLessThan(3 * hll.error());
	});

	test("its error over many sets is 1.04/√m, without bias, where it turns dense and far beyond", () => {
		for (const n of [900, 2500, 10_000, 40_000]) {
			const errors = Array.from({ length: 60 }, (_, seed) => of(P_CELL, take(seed * 31 + n, n)).count() / n - 1);
			const rms = Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length);
			const bias = errors.reduce((sum, e) => sum + e, 0) / errors.length;
			expect(rms).toBeLessThan(1.3 * 0.01625);
			expect(Math.abs(bias)).toBeLessThan((4 * 0.01625) / Math.sqrt(errors.length));
		}
	});

	test("a partition's visitors, who share the top bits of their hash, are counted as well as any", () => {
		const list = take(9, 20_000).map(([hi, lo]): Hash => [(hi & 0x3ff) >>> 0, lo]);
		expect(Math.abs(of(P_CELL, list).count() / 20_000 - 1)).toBeLessThan(3 * 0.01625);
	});

	test("is all but exact while sparse, and small: a visitor takes 4 bytes, a dense cell 3 KiB", () => {
		for (let n = 0; n <= 700; n += 50) expect(Math.round(of(P_CELL, take(n, n)).count())).toBe(n);
		expect(encoded(of(P_CELL, take(1, 1))).length).toBeLessThanOrEqual(6);
		expect(encoded(of(P_CELL, take(1, 5))).length).toBeLessThanOrEqual(24);
		expect(encoded(of(P_CELL, take(1, 700))).length).toBeLessThan(2000);
		expect(encoded(of(P_CELL, take(1, 100_000))).length).toBe(1 + 3072);
		expect(encoded(of(P_TOTAL, take(1, 100_000))).length).toBe(1 + 12_288);
	});

	test("is empty until something is added", () => {
		const hll = new Hll(P_CELL);
		expect([hll.isEmpty(), hll.count()]).toEqual([true, 0]);
		hll.merge(new Hll(P_TOTAL));
		expect(hll.isEmpty()).toBe(true);
		hll.add(0, 0);
		expect([hll.isEmpty(), Math.round(hll.count())]).toEqual([false, 1]);
	});

	test("refuses broken bytes and precisions", () => {
		expect(() => new Hll(3)).toThrow(RangeError);
		expect(() => fromHex("00")).toThrow("unknown HLL version 0");
		expect(() => fromHex(hex(of(P_CELL, take(1, 5))).slice(0, -2))).toThrow(RangeError);
		expect(() => fromHex(hex(of(P_CELL, take(1, 5000))).slice(0, -2))).toThrow(RangeError);
	});
});
