import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cell } from "./cell.ts";
import { hash64 } from "./hash.ts";
import { P_CELL, P_TOTAL } from "./hll.ts";
import {
	decodePart,
	decodeSpan,
	encodeSpan,
	KEY_SEPARATOR,
	MAX_CELLS,
	type Section,
	Window,
	type WindowShape,
} from "./window.ts";

const SHAPE: WindowShape = {
	cube: ["country", "device"],
	marginals: ["slot10"],
	hits: ["path", "browser"],
	signed: false,
};
const SIGNED: WindowShape = { cube: ["country", "device"], marginals: [], hits: ["path"], signed: true };
const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 22, 12);

interface Event {
	country: string;
	device: string;
	slot: string;
	path: string;
	browser: string;
	value: number;
	visitor: number;
}

/** Values are whole, so that sums are exact in any order. */
const event: fc.Arbitrary<Event> = fc.record({
	country: fc.constantFrom("DE", "FR", "", "Ünited"),
	device: fc.constantFrom("mobile", "desktop"),
	slot: fc.constantFrom("0", "5"),
	path: fc.constantFrom("/", "/shop", "/shop/😀", "/shop/😁", ""),
	browser: fc.constantFrom("Firefox", ""),
	value: fc.option(fc.integer({ min: -1000, max: 100_000 }), { nil: Number.NaN }),
	visitor: fc.nat(50),
});
const events = fc.array(event, { maxLength: 30 });

function addTo(window: Window, e: Event): void {
	const { hi, lo } = hash64(`v${e.visitor}`);
	const values = [e.country, e.device, "blue"].slice(0, window.shape.cube.length);
	window.add(values, [e.slot], [e.path, e.browser], e.value, hi, lo);
}

function of(list: readonly Event[], shape = SHAPE): Window {
	const window = new Window(shape);
	for (const e of list) addTo(window, e);
	return window;
}

function union(...parts: Window[]): Window {
	const result = new Window((parts[0] as Window).shape);
	for (const part of parts) result.merge(part);
	return result;
}

const bytesOf = (sections: Section[]) =>
	sections.reduce((sum, s) => sum + s.stats.length + s.uniques.length + s.quantiles.length, 0);
/** The stored form as text, because comparing long byte arrays one by one is slow. */
const stored = (window: Window) =>
	window.toSections().map((s) => {
		const [stats, uniques, quantiles] = [s.stats, s.uniques, s.quantiles].map((c) => Buffer.from(c).toString("base64"));
		return { ...s, stats, uniques, quantiles };
	});
const partOf = (window: Window, part: string) => window.toSections().filter((section) => section.part === part);
const countsOf = (cells: Map<string, Cell>) =>
	Object.fromEntries([...cells].map(([label, cell]) => [label, cell.count]));
const sumOf = (cells: Iterable<Cell>) => [...cells].reduce((sum, cell) => sum + cell.count, 0);
const key = (...values: string[]) => values.join(KEY_SEPARATOR);

function event1(more: Partial<Event>): Event {
	return {
		country: "DE",
		device: "mobile",
		slot: "0",
		path: "/",
		browser: "Firefox",
		value: Number.NaN,
		visitor: 1,
		...more,
	};
}

describe("Window", () => {
	test("counts an event in its total, marginals, hitters and cube cell", () => {
		const window = of([
			event1({ value: 5 }),
			event1({ country: "", path: "", visitor: 2 }),
			event1({ slot: "1", path: "/shop", value: 7 }),
		]);
		expect([window.total.count, window.total.values, window.total.sum]).toEqual([3, 2, 12]);
		expect(Math.round(window.total.uniques?.count() ?? 0)).toBe(2);
		expect(countsOf(window.dims.get("country") ?? new Map())).toEqual({ DE: 2, "(none)": 1 });
		expect(countsOf(window.dims.get("slot10") ?? new Map())).toEqual({ "0": 2, "1": 1 });
		expect(countsOf(window.hits.get("path")?.cells ?? new Map())).toEqual({ "/": 1, "/shop": 1 });
		expect(countsOf(window.cube)).toEqual({ [key("DE", "mobile")]: 2, [key("(none)", "mobile")]: 1 });
		expect(window.overflowed).toBe(0);
	});

	test("keeps total and slots at p 14, everything else at p 12", () => {
		const window = of([event1({})]);
		expect(window.total.uniques?.p).toBe(P_TOTAL);
		expect(window.dims.get("slot10")?.get("0")?.uniques?.p).toBe(P_TOTAL);
		expect(window.dims.get("country")?.get("DE")?.uniques?.p).toBe(P_CELL);
		expect(window.hits.get("path")?.cells.get("/")?.uniques?.p).toBe(P_CELL);
		expect(window.cube.get(key("DE", "mobile"))?.uniques?.p).toBe(P_CELL);
	});

	test("merging is commutative and associative to the byte, and the same as adding all to one (I3)", () => {
		fc.assert(
			fc.property(events, events, events, (a, b, c) => {
				const all = stored(of([...a, ...b, ...c]));
				const [x, y, z] = [of(a), of(b), of(c)];
				expect(stored(union(x, union(y, z)))).toEqual(all);
				expect(stored(union(union(z, y), x))).toEqual(all);
				expect(stored(x)).toEqual(stored(of(a)));
			}),
			{ seed: 1, numRuns: 60 },
		);
	});

	test("sections and spans read back as the window, which goes on as if it had never been encoded (I3)", () => {
		fc.assert(
			fc.property(events, events, (a, b) => {
				const window = of(a);
				const restored = Window.fromSections(window.toSections());
				const sent = decodeSpan(encodeSpan(new Map([[NOON, window]]))).get(NOON) as Window;
				for (const copy of [restored, sent]) {
					expect(copy.shape).toEqual(window.shape);
					expect(stored(copy)).toEqual(stored(window));
				}
				for (const e of b) for (const w of [window, restored, sent]) addTo(w, e);
				expect(stored(restored)).toEqual(stored(window));
				expect(stored(sent)).toEqual(stored(window));
			}),
			{ seed: 2, numRuns: 60 },
		);
	});

	test("marginals and cube add up to the total (I8)", () => {
		fc.assert(
			fc.property(events, (list) => {
				const window = of(list);
				for (const cells of [...window.dims.values(), window.cube]) expect(sumOf(cells.values())).toBe(list.length);
			}),
			{ seed: 3 },
		);
	});
});

describe("signed windows", () => {
	const change = fc.record({
		country: fc.constantFrom("DE", "FR"),
		path: fc.constantFrom("/", "/shop"),
		duration: fc.nat(1_800_000),
		views: fc.nat(10),
		bounce: fc.nat(1),
	});

	test("take back what was added, to the byte of an empty one (I3)", () => {
		fc.assert(
			fc.property(fc.array(change), fc.array(change), (kept, corrected) => {
				const window = new Window(SIGNED);
				for (const c of [...kept, ...corrected])
					window.addSigned([c.country, "mobile"], [c.path], 1, c.duration, c.views, c.bounce);
				const restored = Window.fromSections(window.toSections());
				const correction = new Window(SIGNED);
				for (const c of corrected) {
					correction.addSigned([c.country, "mobile"], [c.path], -1, -c.duration, -c.views, -c.bounce);
				}
				restored.merge(decodeSpan(encodeSpan(new Map([[0, correction]]))).get(0) as Window);
				const expected = new Window(SIGNED);
				for (const c of kept) expected.addSigned([c.country, "mobile"], [c.path], 1, c.duration, c.views, c.bounce);
				expect(stored(restored)).toEqual(stored(expected));
			}),
			{ seed: 4 },
		);
	});

	test("read as sessions: duration, views, bounces", () => {
		const window = new Window(SIGNED);
		window.addSigned(["DE", "mobile"], ["/"], 1, 61_500, 3, 0);
		window.addSigned(["DE", "mobile"], ["/"], 1, 0, 1, 1);
		const [cell] = decodePart(partOf(window, "dim:country")).cells;
		expect(cell).toMatchObject({ count: 2, sum: 61_500, views: 4, bounces: 1, uniques: null, quantiles: null });
	});

	test("without a cube count by their marginals alone", () => {
		const window = new Window({ cube: [], marginals: ["reason"], hits: [], signed: true });
		window.add([], ["late"], [], Number.NaN, 0, 0);
		window.add([], ["bot"], [], Number.NaN, 0, 0);
		expect(window.toSections().map((section) => section.part)).toEqual(["total", "dim:reason"]);
		expect(decodePart(partOf(window, "dim:reason")).labels).toEqual([["bot", "late"]]);
	});
});

describe("cubes of different length", () => {
	const longer: WindowShape = { ...SHAPE, cube: ["country", "device", "plan"] };

	test.each(["shorter into longer", "longer into shorter"])("merge, what was missing is (none): %s", (order) => {
		const before = of([event1({}), event1({ country: "FR" })]);
		const after = of([event1({})], longer);
		const merged = order.startsWith("shorter") ? union(after, before) : union(before, after);
		expect(merged.shape.cube).toEqual(longer.cube);
		expect(countsOf(merged.dims.get("plan") ?? new Map())).toEqual({ "(none)": 2, blue: 1 });
		expect(merged.dims.get("plan")?.get("(none)")?.uniques?.p).toBe(P_CELL);
		expect(countsOf(merged.cube)).toEqual({
			[key("DE", "mobile", "blue")]: 1,
			[key("DE", "mobile", "(none)")]: 1,
			[key("FR", "mobile", "(none)")]: 1,
		});
		addTo(merged, event1({}));
		expect(merged.cube.get(key("DE", "mobile", "blue"))?.count).toBe(2);
	});

	test("the order does not show in the bytes (I3)", () => {
		fc.assert(
			fc.property(events, events, events, (a, b, c) => {
				const [x, y, z] = [of(a), of(b, longer), of(c, { ...SHAPE, cube: [] })];
				const all = stored(union(x, y, z));
				expect(stored(union(z, union(y, x)))).toEqual(all);
				expect(stored(union(y, union(z, x)))).toEqual(all);
			}),
			{ seed: 5, numRuns: 50 },
		);
	});

	test("that are no prefix of one another do not merge", () => {
		expect(() => of([]).merge(new Window({ ...SHAPE, cube: ["plan"] }))).toThrow(RangeError);
		expect(() => of([]).merge(new Window({ ...SHAPE, cube: ["plan", "country", "device"] }))).toThrow(RangeError);
	});

	test("marginals the merged window does not keep are left out: hours drop the minutes' slots", () => {
		const hour = new Window({ ...SHAPE, marginals: [] });
		hour.merge(of([event1({})]));
		expect([...hour.dims.keys()]).toEqual(["country", "device"]);
		expect(hour.total.count).toBe(1);
	});
});

describe("caps (I8)", () => {
	const many = (from: number, n: number) =>
		Array.from({ length: n }, (_, i) => event1({ country: `C${from + i}`, visitor: from + i }));

	test("values and cube cells past 1,000 are counted in (other), where it shows", () => {
		const window = of([...many(0, 1500), ...many(0, 10)]);
		const countries = window.dims.get("country") as Map<string, Cell>;
		expect([countries.size, window.cube.size]).toEqual([MAX_CELLS, MAX_CELLS]);
		expect([sumOf(countries.values()), sumOf(window.cube.values())]).toEqual([1510, 1510]);
		expect([countries.get("(other)")?.count, countries.get("C5")?.count]).toEqual([501, 2]);
		expect(window.cube.get(key("(other)", "(other)"))?.count).toBe(501);
		expect(window.overflowed).toBe(501);
		const part = decodePart(partOf(window, "dim:country"));
		expect([part.cells.length, part.other?.count, part.exact]).toEqual([999, 501, false]);
		expect(decodePart(partOf(window, "dim:device")).exact).toBe(true);
		expect(Window.fromSections(window.toSections()).overflowed).toBe(501);
	});

	test("a merge past the cap keeps the largest, in either order", () => {
		const a = of([...many(0, 900), ...many(0, 900)]);
		const b = of(many(5000, 900));
		const ab = union(a, b);
		expect(stored(union(b, a))).toEqual(stored(ab));
		expect(ab.cube.size).toBe(MAX_CELLS);
		expect(sumOf(ab.cube.values())).toBe(2700);
		expect(ab.cube.get(key("C899", "mobile"))?.count).toBe(2);
		addTo(ab, event1({ country: "C1" }));
		addTo(ab, event1({ country: "new" }));
		expect(sumOf(ab.cube.values())).toBe(2702);
		expect(ab.cube.get(key("C1", "mobile"))?.count).toBe(3);
	});

	test("the cap holds with (other) where a merge had just filled the rest", () => {
		const window = union(of(many(0, 900)), of(many(900, 100)));
		addTo(window, event1({ country: "new" }));
		expect([window.dims.get("country")?.size, window.cube.size]).toEqual([MAX_CELLS, MAX_CELLS]);
		expect(sumOf(window.cube.values())).toBe(1001);
	});

	test("(other) stays (other) when the cube grows longer", () => {
		const merged = union(of(many(0, 1200)), of([event1({})], { ...SHAPE, cube: ["country", "device", "plan"] }));
		// One more than there were: the new event's cell pushes out another.
		expect(merged.cube.get(key("(other)", "(other)", "(other)"))?.count).toBe(202);
		expect(sumOf(merged.cube.values())).toBe(1201);
	});

	test("100 hitters are stored, 400 held and sent", () => {
		const window = of(Array.from({ length: 300 }, (_, i) => event1({ path: `/${i}`, visitor: i })));
		expect(window.hits.get("path")?.cells.size).toBe(300);
		const sent = decodeSpan(encodeSpan(new Map([[0, window]]))).get(0) as Window;
		expect(sent.hits.get("path")?.cells.size).toBe(300);
		const part = decodePart(partOf(window, "hit:path"));
		expect([part.cells.length, part.other?.count, part.undercount, part.exact]).toEqual([100, 200, 1, false]);
		const read = Window.fromSections(window.toSections()).hits.get("path");
		expect([read?.cells.size, read?.other.count, read?.undercount]).toEqual([100, 200, 1]);
	});

	test("values joined to keys stay apart, whatever is in them", () => {
		const window = of([event1({ country: "a", device: "b" }), event1({ country: `a${KEY_SEPARATOR}b`, device: "" })]);
		const restored = Window.fromSections(window.toSections());
		expect(stored(restored)).toEqual(stored(window));
	});
});

describe("sections", () => {
	/** 400 cells with dense sketches: more than a page. */
	function large(): Window {
		const window = new Window(SHAPE);
		for (let i = 0; i < 400_000; i++) {
			const visitor = Math.imul(i, 0x9e3779b1) >>> 0;
			window.add([`C${i % 400}`, "mobile"], ["0"], ["/", ""], i % 97, Math.imul(visitor, 0x85ebca6b), visitor);
		}
		return window;
	}

	test("merge labels that encoding makes one: a lone surrogate is U+FFFD in UTF-8 (I2)", () => {
		const list = ["\ud83d", "\ud83e", "\ufffd"].map((path, i) => ({
			...{ country: path, device: "mobile", slot: "0", path, browser: "Firefox" },
			...{ value: 1, visitor: i },
		}));
		const stored = Window.fromSections(of(list).toSections());
		const [span] = decodeSpan(encodeSpan(new Map([[NOON, of(list)]]))).values();
		for (const window of [stored, span]) {
			expect(window?.hits.get("path")?.cells.get("\ufffd")?.count).toBe(3);
			expect(window?.dims.get("country")?.get("\ufffd")?.count).toBe(3);
			expect(window?.cube.get(["\ufffd", "mobile"].join(KEY_SEPARATOR))?.uniques?.count()).toBeCloseTo(3, 1);
		}
	});

	test("are paged: every page stays under 1 MiB in all columns, and the pages read as one part", () => {
		const window = large();
		const sections = window.toSections();
		for (const s of sections) expect(s.stats.length + s.uniques.length + s.quantiles.length).toBeLessThan(2 ** 20);
		const pages = sections.filter((s) => s.part === "dim:country");
		expect(pages.length).toBeGreaterThan(1);
		expect(pages.map((s) => s.page)).toEqual(pages.map((_, i) => i));
		const part = decodePart([...pages].reverse());
		expect(part.labels[0]).toEqual(Array.from({ length: 400 }, (_, i) => `C${i}`).sort());
		expect(sumOf(part.cells)).toBe(400_000);
		expect(stored(Window.fromSections([...sections].reverse()))).toEqual(stored(window));
	});

	test("labels alone can fill pages", () => {
		const window = new Window({ cube: ["a", "b", "c", "d", "e"], marginals: [], hits: [], signed: true });
		for (let i = 0; i < 900; i++) {
			const values = [0, 1, 2, 3, 4].map((d) => `${d}-${i}-`.padEnd(256, "語"));
			window.addSigned(values, [], 1, 0, 0, 0);
		}
		const pages = partOf(window, "cube");
		expect(pages.length).toBeGreaterThan(1);
		for (const page of pages) expect(page.stats.length).toBeLessThan(2 ** 20);
		expect(decodePart(pages).cells.length).toBe(900);
	});

	test("stats are read without the sketches, and sketches where they are wanted", () => {
		const window = of([event1({ value: 5 }), event1({ country: "FR", value: 7, visitor: 2 })]);
		const empty = new Uint8Array(0);
		const stats = decodePart(partOf(window, "cube").map((s) => ({ ...s, uniques: empty, quantiles: empty })));
		expect(stats.dims).toEqual(["country", "device"]);
		expect(stats.labels).toEqual([
			["DE", "FR"],
			["mobile", "mobile"],
		]);
		expect(stats.cells.map((c) => [c.count, c.sum, c.min, c.max, c.uniques, c.quantiles])).toEqual([
			[1, 5, 5, 5, null, null],
			[1, 7, 7, 7, null, null],
		]);
		// Broken sketches do not matter to who does not ask for them.
		const uniques = decodePart(partOf(window, "cube").map((s) => ({ ...s, quantiles: empty })));
		expect(uniques.cells.map((c) => Math.round(c.uniques?.count() ?? 0))).toEqual([1, 1]);
		expect(uniques.cells[0]?.quantiles).toBeNull();
		const quantiles = decodePart(partOf(window, "cube").map((s) => ({ ...s, uniques: empty })));
		expect(quantiles.cells[1]?.quantiles?.quantile(0.5)).toBeCloseTo(7, 0);
	});

	test("of an empty window are its total alone", () => {
		const window = new Window(SHAPE);
		expect(window.toSections().map((s) => s.part)).toEqual(["total"]);
		const read = Window.fromSections(window.toSections());
		expect(read.shape).toEqual(SHAPE);
		expect(read.total.isEmpty()).toBe(true);
	});

	test("of a quiet minute are small: ten events, eight hitters each, take under 1 KB", () => {
		const shape = {
			...SHAPE,
			hits: ["path", "referrer", "channel", "browser", "os", "utm_source", "utm_medium", "utm_campaign"],
		};
		const window = new Window(shape);
		for (let i = 0; i < 10; i++) {
			const { hi, lo } = hash64(`v${i % 7}`);
			const hits = [`/product/${i % 4}`, "google.com", "search", i % 2 === 0 ? "Chrome" : "Safari", "iOS", "", "", ""];
			window.add([["DE", "FR", "US"][i % 3] as string, "mobile"], [String(i % 6)], hits, Number.NaN, hi, lo);
		}
		expect(bytesOf(window.toSections())).toBeLessThan(1024);
		expect(encodeSpan(new Map([[NOON, window]])).length).toBeLessThan(1024);
	});

	test("that are broken or incomplete are refused", () => {
		const sections = of([event1({ value: 1 })]).toSections();
		const edited = (part: string, edit: Partial<Section>) =>
			sections.map((s) => (s.part === part ? { ...s, ...edit } : s));
		expect(() => Window.fromSections(sections.slice(1))).toThrow("without its total");
		expect(() => Window.fromSections(edited("cube", { uniques: new Uint8Array(0) }))).toThrow("without its uniques");
		expect(() => Window.fromSections(edited("cube", { stats: Uint8Array.of(9) }))).toThrow("unknown window version 9");
		expect(() => Window.fromSections(edited("cube", { stats: Uint8Array.of(1, 1) }))).toThrow(RangeError);
		expect(() => Window.fromSections([...sections, { ...(sections[1] as Section), part: "dim:unknown" }])).toThrow(
			RangeError,
		);
		expect(() => decodePart([])).toThrow(RangeError);
		expect(() => decodePart(sections)).toThrow("pages of different parts");
	});
});

describe("spans", () => {
	test("carry minutes in any order, of more than one shape", () => {
		const minutes = new Map([
			[NOON + 5 * MINUTE, of([event1({ value: 3 })])],
			[NOON, of([event1({})], { ...SHAPE, cube: ["country", "device", "plan"] })],
			[NOON + MINUTE, new Window(SIGNED)],
		]);
		const read = decodeSpan(encodeSpan(minutes));
		expect([...read.keys()]).toEqual([NOON, NOON + MINUTE, NOON + 5 * MINUTE]);
		for (const [start, window] of minutes) expect(stored(read.get(start) as Window)).toEqual(stored(window));
	});

	test("are the same bytes for the same events, whatever their order: a replay is recognised (I2)", () => {
		fc.assert(
			fc.property(events, (list) => {
				const span = (order: Event[]) => encodeSpan(new Map([[NOON, of(order)]]));
				expect(span([...list].reverse())).toEqual(span(list));
			}),
			{ seed: 6, numRuns: 50 },
		);
	});

	test("of nothing are empty, and broken ones are refused", () => {
		expect(decodeSpan(encodeSpan(new Map())).size).toBe(0);
		const bytes = encodeSpan(new Map([[NOON, of([event1({ value: 3 })])]]));
		expect(() => decodeSpan(Uint8Array.of(9))).toThrow("unknown span version 9");
		for (const cut of [1, 10, bytes.length >> 1, bytes.length - 1]) {
			expect(() => decodeSpan(bytes.subarray(0, cut))).toThrow(RangeError);
		}
	});
});
