import fc from "fast-check";
import { expect, test } from "vitest";
import { Filter, OPERATORS } from "../../../schema/expression.ts";
import { asOne, complete, filterOf, OPERATOR_INFO, operatorsFor, rowOf, withOperator } from "./model.ts";

const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
	filter: fc.oneof(
		{ maxDepth: 4 },
		fc.record({
			dim: fc.constantFrom("country", "value", "props.plan"),
			op: fc.constantFrom(...OPERATORS),
			values: fc.array(fc.oneof(fc.string({ maxLength: 5 }), fc.integer()), { maxLength: 3 }),
		}),
		fc.record({ did: fc.constant("purchase"), at_least: fc.integer({ min: 1, max: 9 }) }),
		fc.record({ did: fc.constant("purchase"), at_least: fc.constant(1), where: tie("filter") }),
		fc.record({ segment: fc.constantFrom("", "seg_1") }),
		fc.record({ and: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }) }),
		fc.record({ or: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }) }),
		fc.record({ not: tie("filter") }),
	),
}));

test("a row is its filter, said otherwise at most", () => {
	fc.assert(
		fc.property(filter, (f) => {
			const again = filterOf(rowOf(f));
			expect(filterOf(rowOf(again))).toEqual(again);
			expect(rowOf(again)).toEqual(rowOf(f));
		}),
	);
});

test("every operator of the API has words", () => {
	expect(OPERATOR_INFO.map((info) => info.op).toSorted()).toEqual([...OPERATORS].toSorted());
});

test("what is asked is what the API takes, and complete", () => {
	const whole = (f: Filter): boolean => {
		const row = rowOf(f);
		if (row.kind === "group") return row.filters.length > 0 && row.filters.every(whole);
		if (row.kind === "did") return !row.did.where || whole(row.did.where);
		return row.kind === "segment" ? row.id !== "" : complete([f]).length === 1;
	};
	fc.assert(
		fc.property(fc.array(filter, { maxLength: 4 }), (filters) => {
			for (const one of complete(filters)) {
				expect(Filter.safeParse(one).success).toBe(true);
				expect(whole(one)).toBe(true);
			}
			expect(complete(complete(filters))).toEqual(complete(filters));
		}),
	);
});

test("rows that are still being filled in are left out", () => {
	const empty = { dim: "country", op: "in" as const, values: [] };
	const done = { dim: "os", op: "exists" as const, values: [] };
	expect(complete([empty, done, { or: [empty] }, { or: [empty, done] }, { not: { or: [empty] } }])).toEqual([
		done,
		{ or: [done] },
	]);
	expect(complete([{ did: "purchase", at_least: 2, where: empty }])).toEqual([{ did: "purchase", at_least: 2 }]);
	expect(asOne([empty])).toBeNull();
	expect(asOne([done])).toEqual(done);
	expect(asOne([done, done])).toEqual({ and: [done, done] });
});

test("another operator keeps the values that fit it", () => {
	const condition = { dim: "props.n", op: "in" as const, values: ["a", 3, 5, 7] };
	expect(withOperator(condition, "matches").values).toEqual(["a"]);
	expect(withOperator(condition, "between").values).toEqual([3, 5]);
	expect(withOperator(condition, "exists").values).toEqual([]);
	expect(withOperator(condition, "nin").values).toEqual(["a", 3, 5, 7]);
});

test("a country is never larger than another; a value always compares", () => {
	expect(operatorsFor("country", "in").map((info) => info.op)).not.toContain("gt");
	expect(operatorsFor("value", "gte").map((info) => info.op)).toContain("between");
	expect(operatorsFor("props.seats", "in").map((info) => info.op)).toContain("gt");
	expect(operatorsFor("country", "gt").map((info) => info.op)).toContain("gt"); // an old link's choice stays
});
