import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hash64 } from "./hash.ts";

const hex = (text: string) => {
	const { hi, lo } = hash64(text);
	return hi.toString(16).padStart(8, "0") + lo.toString(16).padStart(8, "0");
};
/** Bits that differ. */
const distance = (a: string, b: string) => (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2).replaceAll("0", "").length;

describe("hash64", () => {
	// Stored slots, registers and dedupe ids depend on these. The values are those of MurmurHash3_x86_128 elsewhere.
	test.each([
		["", "0000000000000000"],
		["hello", "2b2444a0db91def7"],
		["The quick brown fox jumps over the lazy dog", "2f1583c3ecee2c67"],
		["é😀xyz", "c6cbe02365ac6a92"],
		["0123456789abcdef0123456789abcdef", "1f5c0a6453f841bc"],
	])("is frozen for %j", (text, expected) => {
		expect(hex(text)).toBe(expected);
	});

	test("is of the text alone, not of longer texts hashed before", () => {
		const alone = hex("short");
		hash64("x".repeat(100_000));
		expect(hex("short")).toBe(alone);
	});

	test("takes lone surrogates as UTF-8 does: as U+FFFD", () => {
		expect(hex("a\ud800b")).toBe(hex("a\ufffdb"));
	});

	test("any one changed character flips about half of the bits", () => {
		let sum = 0;
		let n = 0;
		fc.assert(
			fc.property(fc.string({ minLength: 1, maxLength: 40 }), fc.nat(), (text, at) => {
				const i = at % text.length;
				const changed = text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ 1) + text.slice(i + 1);
				sum += distance(hex(text), hex(changed));
				n++;
			}),
			{ seed: 1, numRuns: 2000 },
		);
		expect(sum / n).toBeGreaterThan(31.5);
		expect(sum / n).toBeLessThan(32.5);
	});

	test("each input bit flips each output bit half of the time", () => {
		const runs = 400;
		for (const bit of [0, 3, 6]) {
			for (const at of [0, 7, 17]) {
				const flips = new Array<number>(64).fill(0);
				for (let i = 0; i < runs; i++) {
					const text = `${String(i * 7919).padStart(9, "0")}abcdefghi`;
					const changed =
						text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1);
					const flipped = (BigInt(`0x${hex(text)}`) ^ BigInt(`0x${hex(changed)}`)).toString(2).padStart(64, "0");
					for (let b = 0; b < 64; b++) if (flipped[b] === "1") flips[b] = (flips[b] as number) + 1;
				}
				// 5 σ of a fair coin.
				for (const n of flips) expect(Math.abs(n / runs - 0.5)).toBeLessThan(5 * (0.5 / Math.sqrt(runs)));
			}
		}
	});

	test("200,000 ids do not collide, and fill the slots evenly", () => {
		const n = 200_000;
		const seen = new Set<number>();
		const slots = new Int32Array(4096);
		for (let i = 0; i < n; i++) {
			const { hi, lo } = hash64(`visitor-${i}`);
			// 53 of the 64 bits: by chance 2e-6 collisions.
			seen.add((hi & 0x1fffff) * 2 ** 32 + lo);
			slots[hi >>> 20] = (slots[hi >>> 20] as number) + 1;
		}
		expect(seen.size).toBe(n);
		const expected = n / 4096;
		const chi = slots.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
		// χ² with 4,095 degrees of freedom: 4,095 ± 90.
		expect(Math.abs(chi - 4095)).toBeLessThan(450);
	});
});
