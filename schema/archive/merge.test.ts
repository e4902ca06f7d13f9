import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeTable } from "../core/columns.ts";
import { EVENT_LAYOUT, type EventRow } from "../event.ts";
import { slotOf } from "../ids.ts";
import { anyEvent } from "./arbitrary.ts";
import { type MergeOptions, mergeSegments } from "./merge.ts";
import type { Segment } from "./read.ts";
import {
	type ComparableRow,
	comparable,
	DAY,
	eventRow,
	events,
	inOrder,
	openBytes,
	random,
	readAll,
	sourcesOf,
	tableOf,
} from "./testing.ts";
import { type SegmentSource, writeSegment } from "./write.ts";

async function merged(segments: readonly Segment[], options: MergeOptions) {
	const out: { segment: Segment; rows: ComparableRow[]; bytes: Uint8Array }[] = [];
	for await (const { bytes, stats } of mergeSegments(segments, options)) {
		const segment = await openBytes(bytes);
		expect(stats.rows).toBe(segment.rows);
		out.push({ segment, rows: await readAll(segment), bytes });
	}
	return out;
}

/** Segments of these rows in runs of any length, with journal offsets that go on from one to the next. */
async function segmentsOf(runs: readonly (readonly EventRow[])[], props: readonly string[] = []): Promise<Segment[]> {
	let offset = 1;
	return Promise.all(
		runs.map((rows) => {
			const sources = sourcesOf(rows, 3, offset);
			offset += sources.length;
			return openBytes(writeSegment(sources, props).bytes);
		}),
	);
}

/** Each event of a visitor once, the first of them. */
function firstOnes(rows: readonly EventRow[]): EventRow[] {
	const seen = new Set<string>();
	return rows.filter(({ id_hi, id_lo, visitor_hi, visitor_lo }) => {
		const key = `${id_hi} ${id_lo} ${visitor_hi} ${visitor_lo}`;
		return !seen.has(key) && seen.add(key);
	});
}

/** Tables of 400 rows that differ in what segments are sorted by: made faster than by encoding each. */
function manyTables(run: number, tables: number): SegmentSource[] {
	const next = random(run + 1);
	const { bytes } = tableOf(events({ rows: 400 }));
	return Array.from({ length: tables }, (_, i) => {
		const table = decodeTable(EVENT_LAYOUT, bytes.slice());
		const { id_hi, id_lo, visitor_hi, slot } = table.columns;
		for (let row = 0; row < table.rows; row++) {
			id_hi[row] = next() * 2 ** 32;
			id_lo[row] = next() * 2 ** 32;
			visitor_hi[row] = next() * 2 ** 32;
			slot[row] = slotOf(visitor_hi[row] as number);
		}
		return { table, offset: run * tables + i };
	});
}

describe("merging segments", () => {
	const anyRuns = fc.array(fc.array(anyEvent, { maxLength: 12 }), { maxLength: 5 });
	const anyProps = fc.subarray(["plan", "price", "step"]);

	it("gives all rows, sorted, each event once (I2)", async () => {
		await fc.assert(
			fc.asyncProperty(
				anyRuns,
				anyProps,
				anyProps,
				fc.integer({ min: 1, max: 20 }),
				async (runs, from, to, maxRows) => {
					const again = [...runs, ...runs.slice(0, 1)]; // the first run once more: all of it repeats
					const out = await merged(await segmentsOf(again, from), { maxRows, props: to });
					expect(out.flatMap(({ rows }) => rows)).toEqual(inOrder(firstOnes(runs.flat())).map(comparable));
					for (const { segment } of out) {
						expect(segment.rows).toBeLessThanOrEqual(maxRows);
						expect(segment.props).toEqual(to);
					}
				},
			),
			{ numRuns: 60, endOnFailure: true },
		);
	}, 60_000);

	it("leaves out the visitors that are not kept", async () => {
		await fc.assert(
			fc.asyncProperty(anyRuns, async (runs) => {
				const keep = (hi: number, lo: number) => (hi + lo) % 2 === 0;
				const out = await merged(await segmentsOf(runs), { maxRows: 1000, keep });
				const kept = firstOnes(runs.flat()).filter(({ visitor_hi, visitor_lo }) => keep(visitor_hi, visitor_lo));
				expect(out.flatMap(({ rows }) => rows)).toEqual(inOrder(kept).map(comparable));
			}),
			{ numRuns: 30, endOnFailure: true },
		);
	}, 60_000);

	it("gives the bytes of sealing all at once, where nothing repeats", async () => {
		const rows = events({ rows: 3000 });
		const all = writeSegment(sourcesOf(rows, 100), ["plan"]).bytes;
		const parts = [rows.slice(0, 1000), rows.slice(1000, 1700), rows.slice(1700)];
		const segments = await Promise.all(
			parts.map((part, i) => openBytes(writeSegment(sourcesOf(part, 100, [1, 11, 18][i]), ["plan"]).bytes)),
		);
		const [out] = await merged(segments, { maxRows: 10_000 });
		expect(Buffer.compare(out?.bytes ?? Buffer.alloc(0), all)).toBe(0);
	});

	it("keeps of two copies the one that arrived first, though its time is later", async () => {
		const [first, again] = [DAY + 50, DAY];
		const segments = await segmentsOf([
			[eventRow({ id: "a", ts: first, received_at: 1 })],
			[eventRow({ id: "a", ts: again, received_at: 2 }), eventRow({ id: "a", visitor: "another", ts: again })],
		]);
		const [out] = await merged(segments, { maxRows: 10 });
		expect(out?.rows.map(({ ts }) => ts).sort()).toEqual([again, first]);
		expect(out?.rows.map(({ received_at }) => received_at)).toContain(1);
	});

	it("goes through many row groups and ranges of slots", async () => {
		const segments: Segment[] = [];
		let sum = 0;
		for (let run = 0; run < 4; run++) {
			const sources = manyTables(run, 175);
			for (const { table } of sources) for (const lo of table.columns.id_lo) sum += lo;
			segments.push(await openBytes(writeSegment(sources, []).bytes));
		}
		let [rows, last] = [0, -1];
		for await (const { bytes, stats } of mergeSegments(segments, { maxRows: 120_000 })) {
			const segment = await openBytes(bytes);
			expect(segment.rows).toBeLessThanOrEqual(120_000);
			expect(stats.minSlot).toBeGreaterThanOrEqual(last);
			last = stats.maxSlot;
			for (let group = 0; group < segment.groups.length; group++) {
				const { numbers } = await segment.read(group, ["id_lo", "visitor_hi", "slot"], []);
				rows += numbers.id_lo?.length ?? 0;
				for (const lo of numbers.id_lo ?? []) sum -= lo;
				const hi = [...(numbers.visitor_hi ?? [])];
				expect(hi.every((x, i) => i === 0 || x >= (hi[i - 1] as number))).toBe(true);
			}
		}
		expect([rows, sum]).toEqual([280_000, 0]);
	}, 60_000);

	it("gives nothing where there is nothing", async () => {
		expect(await merged([], { maxRows: 10 })).toEqual([]);
		const segments = await segmentsOf([[eventRow({ id: "a" })]]);
		expect(await merged(segments, { maxRows: 10, keep: () => false })).toEqual([]);
	});
});
