import { describe, expect, it } from "vitest";
import { decodeTable, encodeTable } from "../../schema/core/columns.ts";
import { decodeSpan, encodeSpan } from "../../schema/core/window.ts";
import { EVENT_COLUMNS, EVENT_LAYOUT, type EventRow, FLAG } from "../../schema/event.ts";
import { Cut, foldRow, type Minutes, metricsOf } from "./fold.ts";
import type { JournalRow } from "./journal.ts";

const EMPTY = Object.fromEntries(
	Object.entries(EVENT_COLUMNS).map(([name, type]) => [name, type === "str" ? undefined : 0]),
) as unknown as EventRow;
const definitions = (dimensions: string[], currency: string | null = null) => ({
	version: 1,
	metrics: ["buy", "view"],
	dimensions,
	currency,
});

function rowOf(...rows: Partial<EventRow>[]): JournalRow {
	const events = rows.map((row) => ({ ...EMPTY, value: Number.NaN, name: "view", ...row }));
	const table = decodeTable(EVENT_LAYOUT, encodeTable(EVENT_LAYOUT, events));
	return { at: 0, config: null, events: [table], sessions: [], funnels: [], counts: null };
}

function fold(rows: readonly [JournalRow, Cut][]): Map<string, Minutes> {
	const metrics = new Map<string, Minutes>();
	for (const [row, cut] of rows) {
		foldRow(row, cut, (metric) => {
			const minutes: Minutes = metrics.get(metric) ?? new Map();
			metrics.set(metric, minutes);
			return minutes;
		});
	}
	return metrics;
}

describe("foldRow", () => {
	it("counts an event in `*` and in its name, one that was not admitted in `(other)`", () => {
		const row = rowOf({ name: "view" }, { name: "buy" }, { name: "nobody knows" }, { name: "buy", ts: 60_000 });
		const metrics = fold([[row, new Cut(definitions([]))]]);
		const counts = [...metrics].map(([metric, minutes]) => [
			metric,
			[...minutes].map(([at, w]) => [at, w.total.count]),
		]);
		expect(Object.fromEntries(counts)).toEqual({
			"*": [
				[0, 3],
				[60_000, 1],
			],
			view: [[0, 1]],
			buy: [
				[0, 1],
				[60_000, 1],
			],
			"(other)": [[0, 1]],
		});
		expect([...metricsOf(row, new Cut(definitions([])))].sort()).toEqual(["(other)", "*", "buy", "view"]);
	});

	it("leaves out what is late, and bots", () => {
		const row = rowOf({ flags: FLAG.late }, { flags: FLAG.bot }, { flags: FLAG.server | FLAG.passive });
		expect(
			fold([[row, new Cut(definitions([]))]])
				.get("*")
				?.get(0)?.total.count,
		).toBe(1);
		expect(metricsOf(rowOf({ flags: FLAG.bot }), new Cut(definitions([])))).toEqual(new Set());
	});

	it.each([
		["EUR", { count: 4, values: 2, sum: 3 }],
		["USD", { count: 4, values: 2, sum: 5 }],
		["GBP", { count: 4, values: 1, sum: 1 }],
		[null, { count: 4, values: 1, sum: 1 }],
	])("sums the values of one currency: of a site in %s", (currency, total) => {
		const row = rowOf(
			{ name: "buy", value: 1 },
			{ name: "buy", value: 2, currency: "EUR" },
			{ name: "buy", value: 4, currency: "USD" },
			{ name: "buy" },
		);
		const metrics = fold([[row, new Cut(definitions([], currency))]]);
		for (const metric of ["*", "buy"]) expect(metrics.get(metric)?.get(0)?.total).toMatchObject(total);
	});

	it("cuts values at 256 characters, and takes declared dimensions from props", () => {
		const props = JSON.stringify({ plan: "pro", size: 42, nested: null, __proto__: 1 });
		const row = rowOf({ country: "x".repeat(300), props }, { props: "not json" }, { props: '{"plan":false}' });
		const window = fold([[row, new Cut(definitions(["plan", "size", "constructor"]))]])
			.get("*")
			?.get(0);
		expect([...(window?.dims.get("country")?.keys() ?? [])]).toEqual(["x".repeat(256), "(none)"]);
		expect([...(window?.dims.get("plan")?.keys() ?? [])]).toEqual(["pro", "(none)", "false"]);
		expect([...(window?.dims.get("size")?.keys() ?? [])]).toEqual(["42", "(none)"]);
		expect([...(window?.dims.get("constructor")?.keys() ?? [])]).toEqual(["(none)"]);
	});

	it("I2: goes on in the same window when a dimension is declared in the middle of a minute", () => {
		const [before, after] = [new Cut(definitions([])), new Cut(definitions(["plan"]))];
		const metrics = fold([
			[rowOf({ country: "DE", props: '{"plan":"pro"}' }), before],
			[rowOf({ country: "DE", props: '{"plan":"pro"}' }), after],
		]);
		const window = decodeSpan(encodeSpan(metrics.get("*") ?? new Map())).get(0);
		expect([...(window?.dims.get("plan") ?? [])].map(([plan, cell]) => [plan, cell.count])).toEqual([
			["(none)", 1],
			["pro", 1],
		]);
		expect(window?.total.count).toBe(2);
	});
});
