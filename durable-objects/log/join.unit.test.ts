import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { writeSegment } from "../../schema/archive/write.ts";
import { decodeTable, encodeTable } from "../../schema/core/columns.ts";
import { EVENT_LAYOUT } from "../../schema/event.ts";
import { SourceJoiner } from "./join.ts";
import { event } from "./testing.ts";

const T0 = 1_795_000_000_000;
const row = fc
	.record({
		visitor: fc.constantFrom("a", "b", "c"),
		after: fc.nat(5000),
		path: fc.constantFrom(undefined, "", "/", "/a", "/b"),
		props: fc.constantFrom(undefined, '{"plan":"pro"}', '{"plan":1}', "{"),
		value: fc.constantFrom(Number.NaN, 0, 1.5),
		id: fc.uuid(),
	})
	.map(({ visitor, after, ...more }) => event(visitor, T0 + after, more));

function joinedOf(tables: readonly { bytes: Uint8Array; offset: number }[]) {
	const joiner = new SourceJoiner();
	for (const { bytes, offset } of tables) joiner.add(bytes, offset);
	return { rows: joiner.rows, sources: joiner.finish() };
}

describe("SourceJoiner", () => {
	it("changes nothing about the segment", () => {
		fc.assert(
			fc.property(fc.array(fc.array(row, { maxLength: 4 }), { minLength: 1, maxLength: 12 }), (rows) => {
				const tables = rows.map((some, i) => ({ bytes: encodeTable(EVENT_LAYOUT, some), offset: 1 + (i >> 1) }));
				const apart = tables.map(({ bytes, offset }) => ({ table: decodeTable(EVENT_LAYOUT, bytes), offset }));
				const joined = joinedOf(tables);
				expect(joined.rows).toBe(rows.flat().length);
				expect(joined.sources.length).toBeLessThanOrEqual(1);
				const [one, other] = [writeSegment(joined.sources, ["plan"]), writeSegment(apart, ["plan"])];
				expect(one.stats).toEqual(other.stats);
				expect(Buffer.compare(one.bytes, other.bytes)).toBe(0);
			}),
			{ numRuns: 60 },
		);
	});

	it("I8: begins another table before a dictionary could overflow", () => {
		const rows = Array.from({ length: 500 }, (_, i) => event(`v${i}`, T0 + i));
		const tables = Array.from({ length: 12 }, (_, i) => ({ bytes: encodeTable(EVENT_LAYOUT, rows), offset: i + 1 }));
		const { sources } = joinedOf(tables);
		expect(sources.map(({ table }) => table.rows)).toEqual([2000, 2000, 2000]);
	});
});
