import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CsvParser } from "./csv.ts";
import { type ImportFormat, readRecords } from "./records.ts";

/** The text as a stream in pieces of this many bytes. */
function streamOf(text: string, size: number): ReadableStream<Uint8Array> {
	const bytes = new TextEncoder().encode(text);
	let at = 0;
	return new ReadableStream({
		pull(controller) {
			if (at >= bytes.length) return controller.close();
			controller.enqueue(bytes.slice(at, at + size));
			at += size;
		},
	});
}

async function read(format: ImportFormat, text: string, size = 7) {
	const records = [];
	for await (const some of readRecords(streamOf(text, size), format)) records.push(...some);
	return records;
}
const values = (records: Awaited<ReturnType<typeof read>>) =>
	records.map((record) => ("value" in record ? [record.line, record.value] : [record.line, record.problem]));

describe("NDJSON", () => {
	it("is a value a line, whatever pieces it comes in; empty lines are none", async () => {
		const text = '{"name":"ä"}\r\n\n{"name":"b"}\nno json\n{"name":"\\ud800"}';
		for (const size of [1, 2, 7, 1000]) {
			expect(values(await read("ndjson", text, size))).toEqual([
				[1, { name: "ä" }],
				[3, { name: "b" }],
				[4, "This line is not JSON."],
				[5, { name: "\ufffd" }],
			]);
		}
	});

	it("says which line is too long, and goes on with the next (I8)", async () => {
		const long = `{"name":"${"x".repeat(300_000)}"}`;
		for (const size of [10_000, 1_000_000]) {
			expect(values(await read("ndjson", `{"a":1}\n${long}\n{"b":2}\n`, size))).toEqual([
				[1, { a: 1 }],
				[2, "A line has at most 262144 characters."],
				[3, { b: 2 }],
			]);
		}
	});
});

describe("CSV", () => {
	it("has the wire's fields as columns; members by a dot, what is empty is missing", async () => {
		const text =
			"\ufeffname, ts,value,interactive,props.plan,props.size,context.country\r\n" +
			'buy,1700000000000,9.5,false,"pro, ""big""",,DE\r\nview,2026-01-01T00:00:00Z,much,yes,"two\nlines"\nlast,3\n1,2,3,4,5,6,7,8';
		expect(values(await read("csv", text))).toEqual([
			[
				2,
				{
					name: "buy",
					ts: 1700000000000,
					value: 9.5,
					interactive: false,
					props: { plan: 'pro, "big"' },
					context: { country: "DE" },
				},
			],
			[
				3,
				{ name: "view", ts: "2026-01-01T00:00:00Z", value: "much", interactive: "yes", props: { plan: "two\nlines" } },
			],
			[5, { name: "last", ts: 3 }],
			[6, "This line has 8 fields, and the header 7."],
		]);
	});

	it("a quote that is never closed ends the import, not the memory (I8)", async () => {
		await expect(read("csv", `name\n"${"x".repeat(200_000)}`, 10_000)).rejects.toThrow("quote left open in line 2");
	});

	it("reads back what was written, in pieces of any size", () => {
		const field = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ", "ä") });
		const table = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 6 });
		const written = (rows: string[][]) =>
			rows.map((row) => `${row.map((text) => `"${text.replaceAll('"', '""')}"`).join(",")}\r\n`).join("");
		fc.assert(
			fc.property(table, fc.integer({ min: 1, max: 9 }), (rows, size) => {
				const parser = new CsvParser();
				const text = written(rows);
				const found = [];
				for (let at = 0; at < text.length; at += size) found.push(...parser.push(text.slice(at, at + size)));
				found.push(...parser.end());
				expect(found.map(({ fields }) => fields)).toEqual(rows);
			}),
		);
	});
});
