import fc from "fast-check";
import { expect, test } from "vitest";
import { answerOf, hours, panelOf, resultOf } from "../testing.ts";
import { placed } from "./annotations.ts";
import { arc, slices } from "./arcs.ts";
import { coloursOf, PALETTE } from "./colours.ts";
import { doubt, toneOf, write } from "./figures.ts";
import { linear, longHex, mix, rooted } from "./ramp.ts";
import { byValue, groupsOf, partsOf, pickOf } from "./rows.ts";
import { bounds } from "./scale.ts";
import { isEmpty, sheetOf } from "./sheet.ts";
import { stack, sums } from "./stack.ts";
import { weekOf } from "./week.ts";

const value = fc.option(fc.integer({ min: 0, max: 1000 }), { nil: null });
const rows = fc
	.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 8 }))
	.chain(([series, buckets]) =>
		fc.array(fc.array(value, { minLength: buckets, maxLength: buckets }), { minLength: series, maxLength: series }),
	);

test("stacked, each stands on the one below, and the last reaches the sum", () => {
	fc.assert(
		fc.property(rows, (values) => {
			const layers = stack(values, "stacked");
			for (const [i, layer] of layers.entries())
				expect(layer.base).toEqual(i === 0 ? layer.base.map(() => 0) : layers[i - 1]?.top);
			expect(layers.at(-1)?.top).toEqual(sums(values).map((sum) => sum ?? 0));
		}),
	);
});

test("in shares, every bucket that has something reaches 1", () => {
	fc.assert(
		fc.property(rows, (values) => {
			const top = stack(values, "percent").at(-1)?.top ?? [];
			for (const [i, sum] of sums(values).entries()) expect(top[i]).toBeCloseTo(sum ? 1 : 0);
		}),
	);
});

test("what is below zero is stacked downwards", () => {
	expect(stack([[2], [-1], [3], [-4]], "stacked").map(({ base, top }) => [base[0], top[0]])).toEqual([
		[0, 2],
		[0, -1],
		[2, 5],
		[-1, -5],
	]);
});

test("a group's colour does not hang on the order of groups, and is the same in another panel", () => {
	const names = ["DE", "FR", "US", "GB"];
	const of = (order: string[]) =>
		new Map(coloursOf(order.map((name) => ({ name }))).map((one, i) => [order[i], one.slot]));
	expect(of([...names].reverse())).toEqual(new Map([...of(names)].reverse()));
	expect(of(["DE"]).get("DE")).toBe(of(["DE", "desktop"]).get("DE"));
});

test("colours are all different for as long as the palette lasts; then they come again, and say so", () => {
	const names = Array.from({ length: 12 }, (_, i) => ({ name: `group ${i}` }));
	const colours = coloursOf([...names, null]);
	expect(new Set(colours.slice(0, PALETTE).map(({ slot }) => slot)).size).toBe(PALETTE);
	expect(colours.map(({ again }) => again)).toEqual([...Array(8).fill(false), ...Array(4).fill(true), false]);
	expect(colours.at(-1)?.slot).toBeNull();
});

test("the hours of a week are means in the zone: the skipped hour has none, the repeated one is two samples", () => {
	const hoursFrom = (iso: string, count: number) =>
		Array.from({ length: count }, (_, i) => Date.parse(iso) / 1000 + i * 3600);
	const berlin = { zone: "Europe/Berlin", weekStart: "monday" } as const;
	const spring = hoursFrom("2026-03-29T00:00:00+01:00", 23);
	const skipped = weekOf(
		spring,
		spring.map(() => 10),
		23,
		berlin,
	);
	expect(skipped.rows[6]?.[2]).toBeNull();
	expect(skipped.counts[6]?.filter((count) => count === 1)).toHaveLength(23);
	const autumn = hoursFrom("2026-10-25T00:00:00+02:00", 25);
	const repeated = weekOf(
		autumn,
		autumn.map((_, i) => (i === 2 ? 10 : i === 3 ? 30 : 1)),
		25,
		berlin,
	);
	expect([repeated.rows[6]?.[2], repeated.counts[6]?.[2]]).toEqual([20, 2]);
});

test("weeks begin on the site's first day, and a bucket that still counts is left out", () => {
	const monday = Date.parse("2026-11-23T00:00:00+05:45") / 1000;
	const kathmandu = { zone: "Asia/Kathmandu", weekStart: "sunday" } as const;
	const week = weekOf([monday, monday + 3600], [4, 8], 1, kathmandu);
	expect(week.days).toEqual([0, 1, 2, 3, 4, 5, 6]);
	expect(week.rows[1]?.slice(0, 2)).toEqual([4, null]);
});

test("slices are shares of a whole, thin ones are one, and a single one is a whole circle", () => {
	const drawn = slices([500, 490, 4, 3, 3, 0, -5], 100, 60);
	expect(drawn.map(({ of }) => of)).toEqual([[0], [1], [2, 3, 4]]);
	expect(drawn.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
	expect(slices([0, 0], 100, 0)).toEqual([]);
	expect(arc(0, 1, 100, 60).match(/M/g)).toHaveLength(2);
});

test("the axis has room above, keeps to fixed edges, and never is empty", () => {
	const free = { min: null, max: null, thresholds: [], unit: "number", whole: false } as const;
	expect(bounds(0, 100, free)).toEqual({ from: 0, to: 108 });
	expect(bounds(null, null, free)).toEqual({ from: 0, to: 4 });
	expect(bounds(-10, 5, { ...free, unit: "ratio" }).from).toBeLessThan(-10);
	expect(bounds(0, 100, { ...free, min: 20, max: 50 })).toEqual({ from: 20, to: 50 });
	expect(bounds(0, 100, { ...free, min: 20, max: 10 }).to).toBeGreaterThan(20);
	expect(bounds(0, 0.99, { ...free, unit: "percent" }).to).toBe(1);
	expect(bounds(0, 2, { ...free, unit: "percent" }).to).toBeGreaterThan(2);
	expect(
		bounds(0, 100, {
			...free,
			thresholds: [
				{ value: 120, tone: "bad" },
				{ value: 900, tone: "bad" },
			],
		}).to,
	).toBeCloseTo(129.6);
});

test("a value has the tone of the highest threshold that it reached", () => {
	const thresholds = [
		{ value: 10, tone: "bad" as const },
		{ value: 5, tone: "warn" as const },
	];
	expect([4, 5, 11, null].map((one) => toneOf(one, thresholds))).toEqual([null, "warn", "bad", null]);
});

test("numbers keep to the panel's decimals, and estimates say so", () => {
	const style = { unit: "percent", currency: "EUR", decimals: 2 } as const;
	expect(write(0.12345, style)).toBe("12.35%");
	expect(write(1234.5, { ...style, unit: "money" })).toBe("€1,234.50");
	expect(write(1234.5678, { ...style, unit: "ratio", decimals: null })).toBe("1,235");
	expect(write(null, style)).toBe("–");
	expect(doubt(100_000, 0.0081)).toEqual({ rough: true, said: "between 98,412 and 101,588 (95 %)" });
	expect(doubt(100_000, undefined).rough).toBe(false);
});

test("shades go from the ground to the full colour", () => {
	expect(longHex("#fff")).toBe("#ffffff");
	expect(mix("#fff", "#000000", 0.5)).toBe("rgb(128 128 128)");
	expect([linear(0, 10)(5), linear(3, 3)(3), rooted(100)(25), rooted(0)(1)]).toEqual([0.5, 1, 0.5, 0]);
});

test("annotations that would cover each other share a mark; what lasted is a stretch, cut where the chart ends", () => {
	const by = { kind: "user", id: "u", name: "Ada" } as const;
	const at = (id: string, from: number, until: number | null = null) => ({
		id,
		at: from,
		until,
		text: id,
		tags: [],
		dashboard: null,
		version: 1,
		by,
		created_at: 0,
	});
	const { marks, stretches } = placed([at("c", 90, 400), at("a", 10), at("b", 11), at("gone", 500)], {
		from: 0,
		to: 100,
		width: 200,
	});
	expect(marks.map(({ x, items }) => [x, items.map(({ id }) => id)])).toEqual([
		[0.1, ["a", "b"]],
		[0.9, ["c"]],
	]);
	expect(stretches).toMatchObject([{ from: 0.9, to: 1 }]);
});

const device = (name: string, one: number, previous?: number) => ({
	group: { device: name },
	value: one,
	...(previous !== undefined && { previous }),
});

test("a row a group, a column a query or formula; (other) last", () => {
	const grouped = { groupBy: ["device"] };
	const panel = panelOf("table", {
		queries: [
			{ ref: "A", ...grouped },
			{ ref: "B", measure: "uniques", ...grouped },
		],
		formulas: [{ label: "each", expression: "A / B" }],
	});
	const answer = answerOf(
		resultOf("A", { table: [device("(other)", 99), device("mobile", 4, 2), device("desktop", 8)], total: 111 }),
		resultOf("B", { table: [device("desktop", 4), device("(other)", 33), device("mobile", 2)], total: 36 }),
	);
	const { dims, columns, rows } = groupsOf(panel, answer, null);
	expect(dims).toEqual(["device"]);
	expect(columns.map(({ label }) => label)).toEqual(["Events", "Visitors", "each"]);
	expect(rows.map(({ label, values }) => [label, values])).toEqual([
		["Desktop", [8, 4, 2]],
		["Mobile", [4, 2, 2]],
		["All others", [99, 33, 3]],
	]);
	expect(rows[1]?.previous[0]).toBe(2);
	expect(columns[2]?.total).toBeCloseTo(111 / 36);
	expect(rows.toSorted(byValue(0, false)).map(({ label }) => label)).toEqual(["Mobile", "Desktop", "All others"]);
});

test("queries without groups are one part each, named by the query", () => {
	const panel = panelOf("pie", { queries: [{ ref: "A", label: "Clicks" }, { ref: "B" }] });
	const answer = answerOf(resultOf("A", { table: [{ group: {}, value: 3 }] }), resultOf("B", { table: [], total: 5 }));
	expect(partsOf(groupsOf(panel, answer, null)).map(({ label, value }) => [label, value])).toEqual([
		["Clicks", 3],
		["Events", 5],
	]);
});

test("only one named value can be picked", () => {
	expect(pickOf({ device: "mobile" })).toEqual(["device", "mobile"]);
	expect([pickOf({}), pickOf({ a: "1", b: "2" }), pickOf({ device: "(other)" })]).toEqual([null, null, null]);
});

const here = { zone: "Europe/Berlin", currency: "EUR", weekStart: "monday" } as const;

test("the table behind a chart has every digit, times with their offset, and the previous period", () => {
	const panel = panelOf("line", { compare: true });
	const answer = answerOf(resultOf("A", { series: [hours([1 / 3])], compare: [hours([2], {}, 21)] }));
	const { columns, rows } = sheetOf(panel, answer, here);
	expect(columns.map(({ name }) => name)).toEqual(["Time", "Events", "Events, previous period"]);
	expect(rows[0]?.cells.map(({ text }) => text)).toEqual(["2026-11-22T01:00:00+01:00", String(1 / 3), "2"]);
});

test("the table behind groups has their own values, and names for people", () => {
	const panel = panelOf("map", { queries: [{ ref: "A", groupBy: ["country"] }] });
	const answer = answerOf(resultOf("A", { table: [{ group: { country: "DE" }, value: 1234567 }] }));
	expect(sheetOf(panel, answer, here).rows[0]?.cells).toEqual([
		{ text: "DE", title: "Germany" },
		{ text: "1234567", title: "1,234,567" },
	]);
});

test("a heat map's table is the week it draws; a stat's is its figures", () => {
	const answer = answerOf(resultOf("A", { series: [hours([5, 7])], compare: [hours([1, 2], {}, 21)] }));
	const week = sheetOf(panelOf("heatmap", {}), answer, here);
	expect([week.rows.length, week.columns.length, week.rows[6]?.cells[2]?.text]).toEqual([7, 25, "5"]);
	expect(sheetOf(panelOf("stat", {}), answer, here).rows[0]?.cells.map(({ text }) => text)).toEqual([
		"Events",
		"12",
		"3",
	]);
});

test("nothing but zeros is nothing to draw, but as a single figure", () => {
	const none = answerOf(resultOf("A", { series: [hours([0, null])], total: 0, table: [] }));
	expect(isEmpty(panelOf("line", {}), none)).toBe(true);
	expect(isEmpty(panelOf("pie", {}), none)).toBe(true);
	expect(isEmpty(panelOf("stat", {}), none)).toBe(false);
	expect(isEmpty(panelOf("line", {}), answerOf(resultOf("A", { series: [hours([0, 1])] })))).toBe(false);
	expect(isEmpty(panelOf("line", {}), answerOf(resultOf("A", { series: [hours([0])], compare: [hours([4])] })))).toBe(
		false,
	);
});
