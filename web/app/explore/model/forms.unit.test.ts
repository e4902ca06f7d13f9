import fc from "fast-check";
import { expect, test } from "vitest";
import type { FilterInput } from "../../../../schema/expression.ts";
import { FunnelForm, PathsForm, RetentionForm, readForm, SegmentationForm, VisitorsForm, writeForm } from "./forms.ts";

const { filter } = fc.letrec<{ filter: FilterInput }>((tie) => ({
	filter: fc.oneof(
		{ maxDepth: 3 },
		fc.record({
			dim: fc.constantFrom("country", "props.plan", "traits.company"),
			op: fc.constantFrom("in" as const, "matches" as const, "between" as const, "exists" as const),
			values: fc.array(fc.oneof(fc.string({ unit: "grapheme", maxLength: 12 }), fc.integer(), fc.boolean()), {
				maxLength: 3,
			}),
		}),
		fc.record({ did: fc.constant("purchase"), at_least: fc.integer({ min: 1, max: 9 }) }),
		fc.record({ segment: fc.constant("seg_1") }),
		fc.record({ and: fc.array(tie("filter"), { minLength: 1, maxLength: 2 }) }),
		fc.record({ or: fc.array(tie("filter"), { minLength: 1, maxLength: 2 }) }),
		fc.record({ not: tie("filter") }),
	),
}));
const filters = fc.array(filter, { maxLength: 3 });
const match = fc.record({ event: fc.constantFrom("*", "pageview", "täg/ö"), filters });

test("a link is what you see: every segmentation survives it", () => {
	const form = fc
		.record({
			measure: fc.constantFrom("count", "uniques", "p95"),
			filters,
			groupBy: fc.uniqueArray(fc.constantFrom("country", "path", "props.plan"), { maxLength: 2 }),
			compare: fc.boolean(),
		})
		.map((said) => SegmentationForm.parse(said));
	fc.assert(
		fc.property(form, (f) => {
			expect(readForm(SegmentationForm, writeForm(SegmentationForm, f))).toEqual({ form: f, broken: false });
		}),
	);
});

test("and every funnel", () => {
	const form = fc
		.record({
			steps: fc.array(match, { minLength: 2, maxLength: 4 }),
			window: fc.constantFrom("30m", "7d"),
			order: fc.constantFrom("ordered", "any"),
			exclusions: fc.array(
				match.map((m) => ({ ...m, after: 1 })),
				{ maxLength: 2 },
			),
		})
		.map((said) => FunnelForm.parse(said));
	fc.assert(
		fc.property(form, (f) => {
			expect(readForm(FunnelForm, writeForm(FunnelForm, f))).toEqual({ form: f, broken: false });
		}),
	);
});

test("a form that nobody touched is no part of the link", () => {
	for (const schema of [RetentionForm, PathsForm, VisitorsForm]) {
		const { form, broken } = readForm<object>(schema, "");
		expect(broken).toBe(false);
		expect(writeForm<object>(schema, form)).toBe("");
	}
});

test("only what differs is said", () => {
	const { form } = readForm(PathsForm, "");
	expect(writeForm(PathsForm, { ...form, depth: 3 })).toBe('{"depth":3}');
});

test("what cannot be read opens the default form, and says so", () => {
	for (const text of ["{", '{"depth":99}', '{"nobody":"knows"}', "[]"])
		expect(readForm(PathsForm, text)).toEqual({ form: PathsForm.parse({}), broken: true });
});
