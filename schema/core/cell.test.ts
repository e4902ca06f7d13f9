import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Cell } from "./cell.ts";
import { hash64 } from "./hash.ts";
import { P_CELL, P_TOTAL } from "./hll.ts";

/** Whole cents as numbers of cents, so that sums are exact in any order. */
const event = fc.record({
	value: fc.option(fc.integer({ min: -9999, max: 9999 }), { nil: Number.NaN }),
	visitor: fc.nat(20),
});
const change = fc.record({
	count: fc.constantFrom(-1, 1),
	duration: fc.integer(),
	views: fc.integer(),
	bounces: fc.integer(),
});
type Event = { value: number; visitor: number };
type Change = { count: number; duration: number; views: number; bounces: number };

function of(events: readonly Event[], p: number | null = P_CELL): Cell {
	const cell = new Cell(p);
	for (const { value, visitor } of events) {
		const { hi, lo } = hash64(`v${visitor}`);
		cell.add(value, hi, lo);
	}
	return cell;
}

function ofChanges(changes: readonly Change[], sign = 1): Cell {
	const cell = new Cell(null);
	for (const c of changes) cell.addSigned(sign * c.count, sign * c.duration, sign * c.views, sign * c.bounces);
	return cell;
}

const read = (cell: Cell) => ({
	...cell,
	uniques: cell.uniques?.count() ?? null,
	quantiles: cell.quantiles === null ? null : [0, 0.5, 0.99, 1].map((q) => cell.quantiles?.quantile(q)),
});

function union(...parts: Cell[]): Cell {
	const [first, ...more] = parts.map((part) => part.clone());
	for (const part of more) (first as Cell).merge(part);
	return first as Cell;
}

describe("Cell", () => {
	test("says what was added", () => {
		const cell = of([
			{ value: 10, visitor: 1 },
			{ value: Number.NaN, visitor: 1 },
			{ value: -4, visitor: 2 },
		]);
		const { count, values, sum, min, max } = cell;
		expect({ count, values, sum, min, max }).toEqual({ count: 3, values: 2, sum: 6, min: -4, max: 10 });
		expect(Math.round(cell.uniques?.count() ?? 0)).toBe(2);
		expect(cell.quantiles?.count).toBe(2);
	});

	test("has no extremes and no quantiles without values", () => {
		const cell = of([{ value: Number.NaN, visitor: 1 }]);
		expect([cell.min, cell.max, cell.quantiles]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null]);
	});

	test("merging is commutative and associative, and the same as adding all to one (I3)", () => {
		const list = fc.array(event, { maxLength: 20 });
		fc.assert(
			fc.property(list, list, list, (a, b, c) => {
				const all = read(of([...a, ...b, ...c]));
				const [x, y, z] = [of(a), of(b), of(c)];
				expect(read(union(x, union(y, z)))).toEqual(all);
				expect(read(union(union(z, y), x))).toEqual(all);
				expect(read(x)).toEqual(read(of(a)));
			}),
			{ seed: 1 },
		);
	});

	test("merging two precisions folds to the lower (I3)", () => {
		const merged = union(of([{ value: 1, visitor: 1 }], P_TOTAL), of([{ value: 2, visitor: 2 }], P_CELL));
		expect(merged.uniques?.p).toBe(P_CELL);
	});

	test("signed cells merge as sums, and subtract back to empty (I3)", () => {
		const list = fc.array(change, { maxLength: 20 });
		fc.assert(
			fc.property(list, list, (a, b) => {
				const both = union(ofChanges(a), ofChanges(b));
				expect(read(both)).toEqual(read(ofChanges([...b, ...a])));
				expect(union(both, ofChanges(b, -1), ofChanges(a, -1)).isEmpty()).toBe(true);
			}),
			{ seed: 2 },
		);
	});

	test("a signed cell keeps no sketches", () => {
		const cell = of([{ value: 5, visitor: 1 }], null);
		expect([cell.count, cell.sum, cell.uniques, cell.quantiles]).toEqual([1, 5, null, null]);
	});

	test("a clone goes its own way", () => {
		const cell = of([{ value: 5, visitor: 1 }]);
		const copy = cell.clone();
		copy.add(6, 7, 8);
		expect(read(cell)).toEqual(read(of([{ value: 5, visitor: 1 }])));
		expect(copy.count).toBe(2);
	});
});
