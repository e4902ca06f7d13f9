import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyEvent } from "./arbitrary.ts";
import { tableBatch } from "./table-batch.ts";
import { comparable, comparableBatch, eventRow, NUMBERS, TEXTS, tableOf } from "./testing.ts";

describe("a table of the tail as a batch", () => {
	it("has the table's rows", () => {
		fc.assert(
			fc.property(fc.array(anyEvent, { maxLength: 20 }), (rows) => {
				const wellFormed = rows.map((row) =>
					Object.fromEntries(
						Object.entries(row).map(([k, v]) => [k, typeof v === "string" && k !== "props" ? v.toWellFormed() : v]),
					),
				) as typeof rows;
				expect(comparableBatch(tableBatch(tableOf(wellFormed), NUMBERS, TEXTS))).toEqual(rows.map(comparable));
			}),
			{ numRuns: 50, endOnFailure: true },
		);
	});

	it("copies nothing but what it reads from props", () => {
		const table = tableOf([
			eventRow({ id: "1", name: "view", props: '{"plan":"pro","n":1}' }),
			eventRow({ id: "2", name: "view", props: '{"plan":"pro","n":2}' }),
			eventRow({ id: "3", name: "click" }),
		]);
		const { numbers, texts } = tableBatch(table, ["ts"], ["name", "props.plan", "props.n"]);
		expect(numbers.ts).toBe(table.columns.ts);
		expect(texts.name?.index).toBe(table.columns.name);
		expect(texts.name?.values).toBe(table.strings);
		expect(texts["props.plan"]).toMatchObject({ values: ["", "pro"], index: Uint32Array.of(1, 1, 0) });
		expect(texts["props.n"]).toMatchObject({ values: ["", "1", "2"], index: Uint32Array.of(1, 2, 0) });
	});

	it("refuses fields that no event has", () => {
		expect(() => tableBatch(tableOf([]), [], ["nonsense"])).toThrow(RangeError);
	});
});
