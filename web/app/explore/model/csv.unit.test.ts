import fc from "fast-check";
import { expect, test } from "vitest";
import { csvName, toCsv } from "./csv.ts";

/** A reader of RFC 4180, to read back what was written. */
function parse(text: string): string[][] {
	const rows: string[][] = [];
	let row: string[] = [];
	const fields = /("((?:[^"]|"")*)"|[^",\r\n]*)(,|\r\n)/gy;
	for (let found = fields.exec(text); found; found = fields.exec(text)) {
		row.push(found[2] === undefined ? (found[1] ?? "") : found[2].replaceAll('""', '"'));
		if (found[3] === "\r\n") {
			rows.push(row);
			row = [];
		}
	}
	return rows;
}

test("what is written can be read again", () => {
	const text = fc.string({ unit: "grapheme" }).filter((s) => !/^[=+\-@\t\r]/.test(s));
	fc.assert(
		fc.property(fc.array(fc.tuple(text, text), { maxLength: 5 }), (rows) => {
			expect(parse(toCsv({ head: ["a", "b"], rows }).slice(1))).toEqual([["a", "b"], ...rows]);
		}),
	);
});

test("what a visitor sent is never a formula; numbers stay numbers, nothing stays empty", () => {
	const csv = toCsv({
		head: ["path", "change"],
		rows: [
			['=HYPERLINK("x")', -3.5],
			["-1+1", null],
		],
	});
	expect(csv).toBe('\uFEFFpath,change\r\n"\'=HYPERLINK(""x"")",-3.5\r\n\'-1+1,\r\n');
});

test("a file says what it is, and of when", () => {
	expect(csvName("funnels", new Date("2026-11-22T10:00:00Z"))).toBe("funnels-2026-11-22.csv");
});
