import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hash64 } from "./hash.ts";
import { P_CELL } from "./hll.ts";
import { HeavyHitters, OTHER } from "./topk.ts";

/** Small, so that capacity (12) is passed often. */
const KEEP = 3;
const CAPACITY = 12;

const labels = (kinds: number, maxLength: number) =>
	fc.array(
		fc.nat(kinds - 1).map((n) => `/${n}`),
		{ maxLength },
	);

function of(list: readonly string[], keep = KEEP): HeavyHitters {
	const hitters = new HeavyHitters(P_CELL, keep);
	list.forEach((label, i) => {
		const { hi, lo } = hash64(`${label} ${i % 7}`);
		hitters.add(label, i % 2 === 0 ? 1 : Number.NaN, hi, lo);
	});
	return hitters;
}

function union(...parts: HeavyHitters[]): HeavyHitters {
	const [first, ...more] = parts.map((part) => part.clone());
	for (const part of more) (first as HeavyHitters).merge(part);
	return first as HeavyHitters;
}

const read = (h: HeavyHitters) => ({
	cells: [...h.cells]
		.map(([label, c]) => [label, c.count, c.sum, c.uniques?.count()] as const)
		.sort(([a], [b]) => (a < b ? -1 : 1)),
	other: [h.other.count, h.other.sum, h.other.uniques?.count()],
	undercount: h.undercount,
});

function counted(list: readonly string[]): Map<string, number> {
	const counts = new Map<string, number>();
	for (const label of list) counts.set(label, (counts.get(label) ?? 0) + 1);
	return counts;
}

function expectBounded(hitters: HeavyHitters, list: readonly string[]): void {
	let held = hitters.other.count;
	for (const cell of hitters.cells.values()) held += cell.count;
	expect(held).toBe(list.length);
	for (const [label, exact] of counted(list)) {
		const count = hitters.cells.get(label)?.count ?? 0;
		expect(count).toBeLessThanOrEqual(exact);
		expect(count).toBeGreaterThanOrEqual(exact - hitters.undercount);
	}
}

describe("HeavyHitters", () => {
	test("is exact, and merges commutatively and associatively, up to its capacity (I3)", () => {
		const list = labels(CAPACITY, 40);
		fc.assert(
			fc.property(list, list, list, (a, b, c) => {
				const [x, y, z] = [of(a), of(b), of(c)];
				const all = read(union(x, y, z));
				expect(read(union(x, union(y, z)))).toEqual(all);
				expect(read(union(z, y, x))).toEqual(all);
				expect(all.cells.map(([label, count]) => [label, count])).toEqual(
					[...counted([...a, ...b, ...c])].sort(([p], [q]) => (p < q ? -1 : 1)),
				);
				expect([all.other[0], all.undercount]).toEqual([0, 0]);
			}),
			{ seed: 1 },
		);
	});

	test("past its capacity every count is conserved, and off by at most `undercount` (I3)", () => {
		const list = labels(60, 200);
		fc.assert(
			fc.property(list, list, list, fc.boolean(), (a, b, c, stored) => {
				const [x, y, z] = [of(a), of(b), of(c)];
				if (stored) for (const part of [x, y, z]) part.truncate();
				for (const merged of [union(x, y, z), union(x, union(y, z)), union(z, y, x)]) {
					expect(merged.cells.size).toBeLessThanOrEqual(CAPACITY);
					expectBounded(merged, [...a, ...b, ...c]);
					merged.truncate();
					expect(merged.cells.size).toBeLessThanOrEqual(KEEP);
					expectBounded(merged, [...a, ...b, ...c]);
				}
			}),
			{ seed: 2 },
		);
	});

	test("merging is commutative even past its capacity (I3)", () => {
		const list = labels(60, 200);
		fc.assert(
			fc.property(list, list, (a, b) => {
				expect(read(union(of(a), of(b)))).toEqual(read(union(of(b), of(a))));
			}),
			{ seed: 3 },
		);
	});

	test("a visitor who is dropped is still in the uniques of all", () => {
		const list = Array.from({ length: 500 }, (_, i) => `/${i}`);
		const hitters = of(list);
		const all = hitters.other.uniques?.clone();
		for (const cell of hitters.cells.values()) if (cell.uniques !== null) all?.merge(cell.uniques);
		expect(Math.round(all?.count() ?? 0)).toBe(500);
	});

	test("keeps the labels that count most, ties by label, however they came", () => {
		const list = ["/c", "/a", "/d", "/b", "/e", "/e"];
		const kept = (order: string[]) => {
			const hitters = of(order);
			hitters.truncate();
			return [...hitters.cells.keys()].sort();
		};
		expect(kept(list)).toEqual(["/a", "/b", "/e"]);
		expect(kept([...list].reverse())).toEqual(["/a", "/b", "/e"]);
	});

	test("finds the true top labels of a skewed stream many times its capacity", () => {
		let state = 1;
		const list = Array.from({ length: 30_000 }, () => {
			state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
			return `/${Math.floor((state / 2 ** 32) ** -1.1)}`;
		});
		const hitters = of(list, 50);
		hitters.truncate();
		const top = [...counted(list)].sort(([, a], [, b]) => b - a).slice(0, 20);
		for (const [label, exact] of top) expect(hitters.cells.get(label)?.count).toBe(exact);
		expectBounded(hitters, list);
	});

	test("signed cells that were taken back make room, and take nothing with them", () => {
		const hitters = new HeavyHitters(null, KEEP);
		for (let i = 0; i < 10; i++) hitters.addSigned(`/${i}`, 1, 1000, 2, 0);
		for (let i = 1; i < 10; i++) hitters.addSigned(`/${i}`, -1, -1000, -2, 0);
		hitters.truncate();
		expect([...hitters.cells.keys()]).toEqual(["/0"]);
		expect([hitters.other.isEmpty(), hitters.undercount]).toEqual([true, 0]);
	});

	test("what is already called (other) is not a hitter", () => {
		const hitters = of([OTHER, "/a"]);
		expect([...hitters.cells.keys()]).toEqual(["/a"]);
		expect(hitters.other.count).toBe(1);
	});

	test("`truncated` leaves the open summary whole", () => {
		const hitters = of(["/a", "/a", "/b", "/c", "/d", "/e"]);
		const before = read(hitters);
		expect(hitters.truncated().cells.size).toBe(KEEP);
		expect(read(hitters)).toEqual(before);
	});
});
