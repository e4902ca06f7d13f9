import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePart, Window } from "../../schema/core/window.ts";
import type { Section } from "../../schema/rollup.ts";
import frozen from "./codec.fixture.json" with { type: "json" };
import {
	COLUMNS,
	columnOf,
	decodePending,
	encodePending,
	join,
	packSections,
	pages,
	ROW_BYTES,
	toRows,
	unpackSections,
} from "./codec.ts";
import { MetricState } from "./state.ts";

const bytes = () => fc.uint8Array({ maxLength: 40 });
const section = () =>
	fc.record({
		part: fc.constantFrom("total", "dim:slot10", "dim:country", "hit:path", "cube"),
		page: fc.nat(3),
		stats: bytes(),
		uniques: bytes(),
		quantiles: bytes(),
	});

/** A matcher that explains differences takes seconds for megabytes. */
const same = (a: Uint8Array, b: Uint8Array | undefined) => a.length === b?.length && a.every((x, i) => x === b[i]);

describe("stored bytes", () => {
	it("decode(encode(x)) reads as x: sections", () => {
		fc.assert(
			fc.property(fc.array(section()), (sections) => {
				expect(unpackSections(packSections(sections))).toEqual(sections);
			}),
		);
	});

	it("decode(encode(x)) reads as x: pending rows", () => {
		const span = fc.record({
			partition: fc.nat(63),
			to: fc.maxSafeNat(),
			receivedAt: fc.double({ noNaN: true }),
			span: bytes(),
		});
		fc.assert(
			fc.property(fc.array(span), (spans) => {
				expect(decodePending(encodePending(spans))).toEqual(spans);
			}),
		);
	});

	it("refuses what it does not know", () => {
		expect(() => decodePending(new Uint8Array([2, 0]))).toThrow(RangeError);
		expect(() => unpackSections(new Uint8Array([9]))).toThrow(RangeError);
		expect(() => decodePending(new Uint8Array([1, 1, 0]))).toThrow(RangeError);
	});

	it("lays a window out in rows under the limit, totals first, and reads it back by column", () => {
		const big = (part: string, page: number): Section => ({
			part,
			page,
			stats: new Uint8Array(900_000).fill(page),
			uniques: new Uint8Array(0),
			quantiles: new Uint8Array(0),
		});
		const sections = [big("cube", 0), big("cube", 1), big("dim:country", 0), big("total", 0)];
		const rows = toRows(sections);
		expect(rows).toHaveLength(4);
		for (const row of rows) {
			expect(Object.values(row).reduce((sum, b) => sum + b.length, 0)).toBeLessThanOrEqual(ROW_BYTES);
		}
		expect(rows[0]?.total?.length).toBeGreaterThan(900_000);
		const back = COLUMNS.flatMap((column) => unpackSections(join(rows.flatMap((row) => row[column] ?? []))));
		const expected = [...sections].sort(
			(a, b) => COLUMNS.indexOf(columnOf(a.part)) - COLUMNS.indexOf(columnOf(b.part)),
		);
		expect(back.map((s) => [s.part, s.page])).toEqual(expected.map((s) => [s.part, s.page]));
		expect(back.every((s, i) => same(s.stats, expected[i]?.stats))).toBe(true);
	});

	it("cuts and joins any length", () => {
		for (const length of [0, 1, ROW_BYTES, ROW_BYTES + 1, 2 * ROW_BYTES]) {
			const whole = new Uint8Array(length).map((_, i) => i % 251);
			expect(same(join(pages(whole)), whole)).toBe(true);
			expect(pages(whole)).toHaveLength(Math.max(1, Math.ceil(length / ROW_BYTES)));
		}
	});
});

describe("bytes that an earlier release stored", () => {
	const frozenBytes = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

	it("a pending row is still read", () => {
		const state = new MetricState(0, []);
		state.recover(7, decodePending(frozenBytes(frozen.pending)), () => 0);
		expect([...state.offsets]).toEqual([
			[0, 2],
			[3, 41],
		]);
		expect([...state.minutes].map(([minute, { window, n }]) => [minute, window.total.count, n])).toEqual([
			[1_930_728_000_000, 2, 7],
			[1_930_728_060_000, 1, 7],
		]);
	});

	it("a window's columns are still read", () => {
		const sections = frozen.window.flatMap((column) => unpackSections(frozenBytes(column)));
		const window = Window.fromSections(sections);
		expect(window.total).toMatchObject({ count: 2, sum: 12.5, min: 12.5, max: 12.5 });
		expect(window.total.uniques?.count()).toBeCloseTo(2, 1);
		expect(window.total.quantiles?.quantile(0.5)).toBeCloseTo(12.5, 0);
		const countries = decodePart(sections.filter((s) => s.part === "dim:country"));
		expect([countries.labels, countries.cells.map((c) => c.count)]).toEqual([[["DE", "FR"]], [1, 1]]);
	});
});
