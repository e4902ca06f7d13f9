import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import { describe, expect, it } from "vitest";
import { EVENT_COLUMNS } from "../event.ts";
import { anyEvent } from "./arbitrary.ts";
import { EVENT_TEXTS, GROUP_ROWS, NUMBER_SOURCE } from "./columns.ts";
import { Segment } from "./read.ts";
import {
	comparable,
	DAY,
	eventRow,
	events,
	inOrder,
	memorySource,
	openBytes,
	readAll,
	sourcesOf,
	TEXTS,
	withoutMark,
} from "./testing.ts";
import { writeSegment } from "./write.ts";

const RUNS = { numRuns: 60, endOnFailure: true };
const anyRows = fc.array(anyEvent, { maxLength: 40 });
const textsOf = async (segment: Segment, field: string) => {
	const out: string[] = [];
	for (let group = 0; group < segment.groups.length; group++) {
		const { texts, rows } = await segment.read(group, [], [field]);
		const column = texts[field];
		for (let i = 0; i < rows; i++) out.push(column?.values[column.index[i] as number] as string);
	}
	return out;
};

describe("the columns of a segment", () => {
	it("hold every column of an event but yesterday's visitor", () => {
		const held = new Set([...EVENT_TEXTS, ...Object.keys(NUMBER_SOURCE)]);
		const lacking = Object.keys(EVENT_COLUMNS).filter((name) => !held.has(name));
		expect(lacking).toEqual(["yesterday_hi", "yesterday_lo"]);
		expect(EVENT_TEXTS.size).toBe(TEXTS.length);
	});
});

describe("a segment", () => {
	it("reads as the rows that were written, sorted (I3)", async () => {
		await fc.assert(
			fc.asyncProperty(anyRows, fc.subarray(["plan", "price", "a.b", "__proto__", "step"]), async (rows, props) => {
				const { bytes, stats } = writeSegment(sourcesOf(rows, 7), props);
				const segment = await openBytes(bytes);
				expect(await readAll(segment)).toEqual(inOrder(rows).map(comparable));
				expect(segment.rows).toBe(rows.length);
				expect(segment.props).toEqual(props);
				expect(stats.rows).toBe(rows.length);
				if (rows.length === 0) return;
				expect(stats.minTs).toBe(Math.min(...rows.map(({ ts }) => ts)));
				expect(stats.maxTs).toBe(Math.max(...rows.map(({ ts }) => ts)));
				expect(stats.minSlot).toBe(Math.min(...rows.map(({ slot }) => slot)));
				expect(stats.maxSlot).toBe(Math.max(...rows.map(({ slot }) => slot)));
				const names = new Set(rows.map(({ name }) => (name ?? "").toWellFormed()).filter((name) => name !== ""));
				expect(stats.names).toEqual([...names].sort());
			}),
			RUNS,
		);
	}, 60_000);

	it("is the same bytes whenever the same tables are written, in whatever order they come", () => {
		fc.assert(
			fc.property(anyRows, (rows) => {
				const sources = sourcesOf(rows, 5);
				const { bytes } = writeSegment(sources, ["plan"]);
				expect(Buffer.compare(writeSegment(sources, ["plan"]).bytes, bytes)).toBe(0);
				expect(Buffer.compare(writeSegment(sources.toReversed(), ["plan"]).bytes, bytes)).toBe(0);
			}),
			RUNS,
		);
	}, 60_000);

	it("gives a prop the same text whether it has a column or not", async () => {
		await fc.assert(
			fc.asyncProperty(anyRows, async (rows) => {
				const own = await openBytes(writeSegment(sourcesOf(rows), ["plan", "price", "step"]).bytes);
				const none = await openBytes(writeSegment(sourcesOf(rows), []).bytes);
				for (const field of ["props.plan", "props.price", "props.step"]) {
					const expected = inOrder(rows).map(({ props }) => propTextOf(props, field.slice("props.".length)));
					expect(await textsOf(own, field)).toEqual(expected);
					expect(await textsOf(none, field)).toEqual(expected);
				}
			}),
			RUNS,
		);
	}, 60_000);

	it("reads the same with hyparquet's own reader", async () => {
		await fc.assert(
			fc.asyncProperty(anyRows, async (rows) => {
				const { bytes } = writeSegment(sourcesOf(rows), ["plan"]);
				const objects = await parquetReadObjects({ file: bytes.slice().buffer });
				const read = objects.map((row) => ({
					ts: row.ts.getTime(),
					visitor: BigInt.asUintN(64, row.visitor),
					id: BigInt.asUintN(64, row.id),
					value: row.value,
					slot: row.slot,
					event_id: row.event_id ?? "",
					city: row.city ?? "",
				}));
				expect(read).toEqual(
					inOrder(rows).map((row) => ({
						ts: row.ts,
						visitor: (BigInt(row.visitor_hi) << 32n) | BigInt(row.visitor_lo),
						id: (BigInt(row.id_hi) << 32n) | BigInt(row.id_lo),
						value: Number.isNaN(row.value) ? null : row.value,
						slot: row.slot,
						event_id: withoutMark(row.id),
						city: withoutMark(row.city),
					})),
				);
			}),
			RUNS,
		);
	}, 60_000);

	it("has no row groups without rows", async () => {
		const { bytes, stats } = writeSegment([], ["plan"]);
		const segment = await openBytes(bytes);
		expect(segment.groups).toEqual([]);
		expect(stats).toEqual({ rows: 0, minTs: 0, maxTs: 0, minSlot: 0, maxSlot: 0, names: [] });
	});

	it("holds more rows than 16 bits count, in groups of one size", async () => {
		const rows = Array.from({ length: 70_000 }, (_, i) =>
			eventRow({ id: `id ${i}`, visitor: `visitor ${i % 5000}`, ts: DAY + i, name: "view", path: `/${i}` }),
		);
		const segment = await openBytes(writeSegment(sourcesOf(rows), []).bytes);
		expect(segment.groups.map(({ rows }) => rows)).toEqual([14_000, 14_000, 14_000, 14_000, 14_000]);
		expect(segment.groups.every(({ rows }) => rows <= GROUP_ROWS)).toBe(true);
		expect(await textsOf(segment, "path")).toEqual(inOrder(rows).map(({ path }) => path));
		for (const [i, { minSlot, maxSlot, minTs, maxTs }] of segment.groups.entries()) {
			const { numbers } = await segment.read(i, ["slot", "ts"], []);
			expect([minSlot, maxSlot]).toEqual([numbers.slot?.at(0), numbers.slot?.at(-1)]);
			const ts = [...(numbers.ts ?? [])].sort((a, b) => a - b);
			expect([minTs, maxTs]).toEqual([ts.at(0), ts.at(-1)]);
		}
	});

	it("lists no names where there are more than 300", () => {
		const named = (count: number) => Array.from({ length: count }, (_, i) => eventRow({ id: `${i}`, name: `n${i}` }));
		expect(writeSegment(sourcesOf(named(300)), []).stats.names).toHaveLength(300);
		expect(writeSegment(sourcesOf(named(301)), []).stats.names).toBeNull();
	});

	it("has numbers in a declared prop's column only where all values are numbers", async () => {
		const rows = [
			eventRow({ id: "1", ts: DAY + 1, props: '{"price":9.5,"mixed":1,"flag":true,"other":"x"}' }),
			eventRow({ id: "2", ts: DAY + 2, props: '{"price":null,"mixed":"1","flag":"","other":"y"}' }),
			eventRow({ id: "3", ts: DAY + 3 }),
		];
		const { bytes } = writeSegment(sourcesOf(rows), ["price", "mixed", "flag", "none"]);
		const objects = await parquetReadObjects({ file: bytes.slice().buffer });
		const seen = objects.map((row) => [row["props.price"], row["props.mixed"], row["props.flag"], row["props.none"]]);
		expect(seen).toEqual([
			[9.5, "1", "true", null],
			[null, "1", null, null],
			[null, null, null, null],
		]);
		expect(objects.map(({ props }) => props)).toEqual([
			'{"mixed":1,"flag":true,"other":"x"}',
			'{"price":null,"flag":"","other":"y"}',
			null,
		]);
		const segment = await openBytes(bytes);
		expect(segment.propColumns).toEqual([
			{ name: "price", kind: "double" },
			{ name: "mixed", kind: "text" },
			{ name: "flag", kind: "text" },
			{ name: "none", kind: null },
		]);
	});
});

function propTextOf(json: string | undefined, name: string): string {
	try {
		const props: unknown = JSON.parse(json ?? "");
		if (typeof props !== "object" || props === null || Array.isArray(props)) return "";
		const value = Object.getOwnPropertyDescriptor(props, name)?.value;
		return value === null || value === undefined ? "" : String(value).toWellFormed();
	} catch {
		return "";
	}
}

describe("reading a segment", () => {
	const { bytes } = writeSegment(sourcesOf(events({ rows: 40_000 })), ["plan"]);

	it("takes one request for the footer, and one for columns that lie close together", async () => {
		const source = memorySource(bytes);
		const segment = await Segment.open(source);
		expect(source.ranges).toEqual([[bytes.length - 65_536, bytes.length]]);
		source.ranges.length = 0;
		await segment.read(0, ["visitor_hi", "visitor_lo", "ts", "flags", "slot"], ["name"]);
		expect(source.ranges).toHaveLength(1);
		source.ranges.length = 0;
		await segment.read(0, ["ts"], ["id"]);
		expect(source.ranges).toHaveLength(2);
		const [first, second] = source.ranges;
		const read = (first?.[1] ?? 0) - (first?.[0] ?? 0) + (second?.[1] ?? 0) - (second?.[0] ?? 0);
		expect(read).toBeLessThan(20_000 * 8 + 20_000 * 24);
	});

	it("takes no more than the first request where a segment is small", async () => {
		const source = memorySource(writeSegment(sourcesOf(events({ rows: 200 })), []).bytes);
		const segment = await Segment.open(source);
		expect((await segment.read(0, ["ts"], ["name", "id", "props"])).rows).toBe(200);
		expect(source.ranges).toHaveLength(1);
	});

	it("takes another request for a footer that is longer than the first one brought", async () => {
		const props = Array.from({ length: 1500 }, (_, i) => `a rather long name of a prop, number ${i}`);
		const wide = writeSegment(sourcesOf(events({ rows: 10 })), props);
		const source = memorySource(wide.bytes);
		const segment = await Segment.open(source);
		expect(segment.props).toEqual(props);
		expect(source.ranges).toHaveLength(2);
	});

	it("refuses fields that no event has", async () => {
		const segment = await openBytes(bytes);
		await expect(segment.read(0, [], ["nonsense"])).rejects.toThrow(RangeError);
	});

	it("refuses what is no segment, is cut short, or is of a later version", async () => {
		const small = writeSegment(sourcesOf(events({ rows: 50 })), []).bytes;
		const later = small.slice();
		const key = Buffer.from(later).indexOf("nowcast.version");
		later[key + "nowcast.version".length + 2] = "2".charCodeAt(0);
		await expect(openBytes(later)).rejects.toThrow("segment version 2");
		await expect(openBytes(new Uint8Array(3))).rejects.toThrow();
		await expect(openBytes(new Uint8Array(3000))).rejects.toThrow();
		for (let length = 0; length < small.length; length += 97) {
			await expect(openBytes(small.slice(0, length))).rejects.toThrow();
		}
	});
});
