import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gather } from "./gather.ts";
import type { VisitorRows } from "./rows.ts";
import { batchOf, type TestEvent } from "./testing.ts";

const FIELDS = ["name", "country"];

const event = fc.record({
	visitor: fc.integer({ min: 0, max: 6 }),
	ts: fc.integer({ min: 0, max: 20 }),
	name: fc.constantFrom("a", "b", ""),
	flags: fc.constantFrom(0, 2),
	texts: fc.record({ country: fc.constantFrom("DE", "FR", "") }),
});
const batches = fc.array(fc.array(event, { maxLength: 60 }), { maxLength: 4 });

interface Numbered extends TestEvent {
	/** Place in the order of arrival, carried in the column `value`. */
	value: number;
}

function numbered(all: readonly (readonly TestEvent[])[]): Numbered[][] {
	let at = 0;
	return all.map((events) => events.map((e) => ({ ...e, value: at++ })));
}

/** The definition: visitor by visitor in the order of their first events, each by time, then arrival. */
function bruteForce(events: readonly Numbered[]): Numbered[] {
	const visitors = [...new Set(events.map((e) => e.visitor))];
	return visitors.flatMap((visitor) =>
		events.filter((e) => e.visitor === visitor).sort((a, b) => a.ts - b.ts || a.value - b.value),
	);
}

function eventsOf(rows: VisitorRows): unknown[] {
	const [name, country] = FIELDS.map((field) => rows.text(field));
	return Array.from({ length: rows.rows }, (_, i) => ({
		visitor: rows.number("visitor_hi")[i],
		ts: rows.number("ts")[i],
		name: name?.values[name.index[i] as number],
		flags: rows.number("flags")[i],
		texts: { country: country?.values[country.index[i] as number] },
		value: rows.number("value")[i],
	}));
}

describe("gathered rows", () => {
	it("are those of a sort by visitor, time and arrival", () => {
		fc.assert(
			fc.property(batches, (drawn) => {
				const all = numbered(drawn);
				const rows = gather(
					all.map((events) => batchOf(events, FIELDS)),
					["value"],
					FIELDS,
				);
				const expected = bruteForce(all.flat());
				expect(eventsOf(rows)).toEqual(expected);
				const visitors = [...new Set(expected.map((e) => e.visitor))];
				const ends = visitors.map((visitor) => expected.findLastIndex((e) => e.visitor === visitor) + 1);
				expect([...rows.starts]).toEqual([0, ...ends]);
			}),
		);
	});

	it("leave out what is not wanted", () => {
		fc.assert(
			fc.property(batches, (drawn) => {
				const all = numbered(drawn);
				const rows = gather(
					all.map((events) => batchOf(events, FIELDS)),
					["value"],
					FIELDS,
					({ numbers, rows: count }) =>
						Uint8Array.from({ length: count }, (_, i) => (numbers.flags?.[i] === 2 ? 0 : 1)),
				);
				expect(eventsOf(rows)).toEqual(bruteForce(all.flat().filter((e) => e.flags !== 2)));
			}),
		);
	});

	it("sort long visitors, and tell many visitors apart", () => {
		const all = numbered([
			Array.from({ length: 5000 }, (_, i) => ({ visitor: i, ts: 1, name: "a", flags: 0, texts: { country: "" } })),
			Array.from({ length: 500 }, (_, i) => ({
				visitor: 7,
				ts: (i * 37) % 100,
				name: "b",
				flags: 0,
				texts: { country: "" },
			})),
		]);
		const rows = gather(
			all.map((events) => batchOf(events, FIELDS)),
			["value"],
			FIELDS,
		);
		expect(eventsOf(rows)).toEqual(bruteForce(all.flat()));
	});

	it("have dictionaries that begin with the missing text and hold what rows name, once", () => {
		const one = {
			rows: 2,
			numbers: batchOf(
				[
					{ visitor: 1, ts: 1 },
					{ visitor: 1, ts: 2 },
				],
				[],
			).numbers,
		};
		const shared = ["", "x", "DE", "DE", "y"];
		const rows = gather(
			[
				{ ...one, texts: { country: { values: shared, index: Uint16Array.of(3, 2) } } },
				{ ...one, texts: {} },
			],
			[],
			["country"],
		);
		expect(rows.text("country")).toEqual({ values: ["", "DE"], index: Uint32Array.of(1, 0, 1, 0) });
	});

	it("give no column that was not asked for, and miss one that a batch lacks", () => {
		const rows = gather(
			[
				{
					...batchOf([{ visitor: 1, ts: 1 }], []),
					numbers: { visitor_hi: Uint32Array.of(1), visitor_lo: Uint32Array.of(1), ts: Float64Array.of(1) },
				},
			],
			["value"],
			[],
		);
		expect(() => rows.number("slot")).toThrow("not asked for");
		expect(() => rows.text("country")).toThrow("not asked for");
		expect(() => rows.number("value")).toThrow("lacks the column value");
		expect(gather([], [], []).rows).toBe(0);
	});
});
