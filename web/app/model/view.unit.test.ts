import fc from "fast-check";
import { expect, test } from "vitest";
import type { Filter } from "../../../schema/query.ts";
import {
	DEFAULT_VIEW,
	isFiltered,
	PAGES,
	pageView,
	readView,
	toggleFilter,
	toggleSegment,
	type View,
	writeView,
} from "./view.ts";

const filter: fc.Arbitrary<Filter> = fc.record({
	dim: fc.stringMatching(/^[a-z_]{1,12}$/),
	op: fc.constantFrom("eq", "neq", "in", "nin"),
	values: fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 }),
});
const view: fc.Arbitrary<View> = fc.record({
	page: fc.constantFrom(...PAGES),
	question: fc.oneof(fc.constant(""), fc.json()),
	range: fc.oneof(
		fc.constantFrom("today" as const, "60m" as const, "24h" as const, "90d" as const),
		fc.integer({ min: 1, max: 1e9 }).map((n) => ({ from: 1_760_000_000_000, to: 1_760_000_000_000 + n })),
	),
	filters: fc.array(filter, { maxLength: 3 }),
	segments: fc.array(fc.record({ id: fc.stringMatching(/^seg_[\w-]{1,12}$/), negated: fc.boolean() }), {
		maxLength: 2,
	}),
	stat: fc.constantFrom("visitors", "views", "bounce"),
	compare: fc.boolean(),
	tabs: fc.dictionary(fc.constantFrom("pages", "sources"), fc.constantFrom("entry", "campaigns")),
});

test("a link is what you see: every view survives the URL", () => {
	fc.assert(
		fc.property(view, (v) => {
			expect(readView(writeView(v))).toEqual(v);
		}),
	);
});

test("the default view is the bare address", () => {
	expect(writeView(DEFAULT_VIEW)).toBe("");
	expect(readView("")).toEqual(DEFAULT_VIEW);
});

test("every page opens by its name alone, over the range that fits it", () => {
	for (const page of PAGES) expect(readView(writeView(pageView(page)))).toEqual(pageView(page));
	expect(writeView(pageView("funnels"))).toBe("?page=funnels");
	expect(readView("?page=nowhere")).toEqual(DEFAULT_VIEW);
});

test("what cannot be read falls back, and sinks nothing else", () => {
	const v = readView("?range=never&f=country&f=device.in:mobile&f=x.in:%25E0&stat=views");
	expect(v).toEqual({ ...DEFAULT_VIEW, stat: "views", filters: [{ dim: "device", op: "in", values: ["mobile"] }] });
});

test("a click on a value adds it, the second click takes it out", () => {
	const one = toggleFilter([], "country", "DE");
	const two = toggleFilter(one, "country", "FR");
	expect(two).toEqual([{ dim: "country", op: "in", values: ["DE", "FR"] }]);
	expect(isFiltered(two, "country", "FR")).toBe(true);
	expect(toggleFilter(toggleFilter(two, "country", "DE"), "country", "FR")).toEqual([]);
});

test("choosing a segment again takes it away, in or out", () => {
	const one = toggleSegment([], "seg_a");
	expect(one).toEqual([{ id: "seg_a", negated: false }]);
	expect(toggleSegment([{ id: "seg_a", negated: true }], "seg_a")).toEqual([]);
});
