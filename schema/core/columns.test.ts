import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeTable, encodeTable, layout, type Row, rowAt } from "./columns.ts";

const SPEC = { at: "f64", hash: "u32", slot: "u16", flags: "u8", more: "u8", name: "str", path: "str" } as const;
const LAYOUT = layout(7, SPEC);
type Sample = Row<typeof SPEC>;

const text = fc.oneof(
	fc.constantFrom(undefined, "", "a", "b", "ü", "\ud800", "\u0000", '"'),
	fc.string({ unit: "binary" }),
);
const row: fc.Arbitrary<Sample> = fc.record({
	at: fc.double(),
	hash: fc.nat(0xffffffff),
	slot: fc.nat(0xffff),
	flags: fc.nat(255),
	more: fc.nat(255),
	name: text,
	path: text,
});
const rows = fc.array(row, { maxLength: 40 });
/** "" is how a missing string may also be said. */
const canonical = (r: Sample): Sample => ({ ...r, name: r.name || undefined, path: r.path || undefined });
const read = (bytes: Uint8Array) => {
	const table = decodeTable(LAYOUT, bytes);
	return Array.from({ length: table.rows }, (_, i) => rowAt(LAYOUT, table, i));
};
const hex = (bytes: Uint8Array) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

describe("a table", () => {
	it("reads as what was written (I3)", () => {
		fc.assert(
			fc.property(rows, (rs) => {
				expect(read(encodeTable(LAYOUT, rs))).toEqual(rs.map(canonical));
			}),
		);
	});

	it("reads the same from any offset of a buffer, and writing to a column writes to its bytes", () => {
		fc.assert(
			fc.property(rows, fc.nat(16), (rs, offset) => {
				const bytes = encodeTable(LAYOUT, rs);
				const shifted = new Uint8Array(bytes.length + offset + 3);
				shifted.set(bytes, offset);
				const table = decodeTable(LAYOUT, shifted.subarray(offset, offset + bytes.length));
				expect(hex(table.bytes)).toBe(hex(bytes));
				if (table.rows === 0) return;
				table.columns.flags[0] = 99;
				expect(decodeTable(LAYOUT, table.bytes).columns.flags[0]).toBe(99);
			}),
		);
	});

	it("holds each string once", () => {
		const same = Array.from({ length: 100 }, () => ({
			at: 0,
			hash: 0,
			slot: 0,
			flags: 0,
			more: 0,
			name: "x",
			path: "x",
		}));
		expect(decodeTable(LAYOUT, encodeTable(LAYOUT, same)).strings).toEqual(["", "x"]);
	});

	it("has bytes of its own, none of another table's", () => {
		const bytes = encodeTable(LAYOUT, []);
		expect(bytes.buffer.byteLength).toBe(bytes.length);
	});

	it("has these bytes for ever: the journal and the overflow queue hold them", () => {
		const bytes = encodeTable(LAYOUT, [
			{ at: 1.5, hash: 0xdeadbeef, slot: 0x1234, flags: 1, more: 2, name: "pageview", path: "/ü" },
			{ at: Number.NaN, hash: 1, slot: 4095, flags: 255, more: 0, name: undefined, path: "pageview" },
		]);
		expect(hex(bytes)).toBe(
			[
				"0107020015000000",
				"000000000000f83f000000000000f87f",
				"efbeadde01000000",
				"3412ff0f",
				"01000000",
				"02000100",
				"01ff0200",
				hex(new TextEncoder().encode('["","pageview","/ü"]')),
			].join(""),
		);
	});

	it("is refused where it is cut short, too long, of another kind or version", () => {
		const bytes = encodeTable(LAYOUT, [{ at: 1, hash: 1, slot: 1, flags: 1, more: 1, name: "a", path: "b" }]);
		const changed = (at: number, value: number) => Object.assign(bytes.slice(), { [at]: value });
		for (let cut = 0; cut < bytes.length; cut++) {
			expect(() => decodeTable(LAYOUT, bytes.slice(0, cut))).toThrow(RangeError);
		}
		expect(() => decodeTable(LAYOUT, new Uint8Array([...bytes, 0]))).toThrow(RangeError);
		expect(() => decodeTable(LAYOUT, changed(0, 2))).toThrow(/version 2/);
		expect(() => decodeTable(LAYOUT, changed(1, 8))).toThrow(/kind 8/);
	});

	it("refuses more strings than it can count", () => {
		const many = Array.from({ length: 40_000 }, (_, i) => ({
			at: 0,
			hash: 0,
			slot: 0,
			flags: 0,
			more: 0,
			name: `n${i}`,
			path: `p${i}`,
		}));
		expect(() => encodeTable(LAYOUT, many)).toThrow(RangeError);
	});
});
