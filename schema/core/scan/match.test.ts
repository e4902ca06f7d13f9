import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Condition, Expression, Operator } from "./expression.ts";
import { checkExpression, fieldsOf, matchEvents, matchRows, readsFrom } from "./match.ts";
import { rowsOf, type TestEvent } from "./testing.ts";

const DAY = 86_400_000;
const FIELDS = ["country", "props.plan", "props.n"];
const long = (last: string) => "x".repeat(256) + last;

const event = fc.record({
	visitor: fc.integer({ min: 0, max: 3 }),
	ts: fc.integer({ min: 0, max: 9 }).map((d) => d * DAY),
	name: fc.constantFrom("view", "buy", "identify"),
	value: fc.constantFrom(Number.NaN, 0, 5, 10),
	texts: fc.record({
		country: fc.constantFrom("DE", "FR", "", long("a")),
		"props.plan": fc.constantFrom("pro", "free", ""),
		"props.n": fc.constantFrom("", "0", "7", "1e1", "many", " "),
	}),
});
const events = fc.array(event, { maxLength: 40 });

const text: fc.Arbitrary<Condition> = fc.record({
	dim: fc.constantFrom("country", "props.plan", "traits.plan", "name"),
	op: fc.constantFrom<Operator>(
		"in",
		"nin",
		"contains",
		"not_contains",
		"starts_with",
		"ends_with",
		"exists",
		"not_exists",
	),
	values: fc.array(fc.constantFrom("DE", "FR", "(none)", "", "pro", "r", "view", long("b")), {
		minLength: 1,
		maxLength: 3,
	}),
});
const number: fc.Arbitrary<Condition> = fc.record({
	dim: fc.constantFrom("value", "props.n", "ts"),
	op: fc.constantFrom<Operator>("gt", "gte", "lt", "lte", "between"),
	values: fc.constantFrom([0, 7], ["5", "10"], [-1, DAY * 4]),
});
const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
	expression: fc.oneof(
		{ maxDepth: 3 },
		text,
		number,
		fc.record({
			did: fc.constantFrom("view", "buy", "*"),
			at_least: fc.integer({ min: 1, max: 3 }),
			within_days: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
			where: fc.option(tie("expression"), { nil: undefined }),
		}),
		fc.record({ and: fc.array(tie("expression"), { minLength: 1, maxLength: 3 }) }),
		fc.record({ or: fc.array(tie("expression"), { minLength: 1, maxLength: 3 }) }),
		fc.record({ not: tie("expression") }),
	),
}));

/** The definition, over one event among all. */
function holds(x: Expression, e: TestEvent, all: readonly TestEvent[], end: number): boolean {
	if ("and" in x) return x.and.every((part) => holds(part, e, all, end));
	if ("or" in x) return x.or.some((part) => holds(part, e, all, end));
	if ("not" in x) return !holds(x.not, e, all, end);
	const own = all.filter((other) => other.visitor === e.visitor && other.ts < end);
	if ("did" in x) {
		const since = x.within_days === undefined ? Number.NEGATIVE_INFINITY : end - x.within_days * DAY;
		const done = own.filter((o) => (x.did === "*" || o.name === x.did) && o.ts >= since);
		return done.filter((o) => x.where === undefined || holds(x.where, o, all, end)).length >= x.at_least;
	}
	if (x.dim === "value") return compare(x.op, e.value ?? Number.NaN, x.values.map(Number));
	if (x.dim === "ts") return compare(x.op, e.ts, x.values.map(Number));
	if (x.dim === "name") return says(x, e.name ?? "");
	if (x.dim !== "traits.plan") return says(x, e.texts?.[x.dim] ?? "");
	const newest = own
		.filter((o) => o.name === "identify")
		.reduce<TestEvent | null>((a, b) => (a === null || b.ts >= a.ts ? b : a), null);
	return says(x, newest?.texts?.["props.plan"] ?? "");
}

function says({ op, values }: Condition, whole: string): boolean {
	const text = whole.slice(0, 256);
	const wanted = values.map((value) => String(value).slice(0, 256));
	if (op === "in") return wanted.some((w) => (w === "(none)" ? "" : w) === text);
	if (op === "contains") return wanted.some((w) => text.includes(w));
	if (op === "starts_with") return wanted.some((w) => text.indexOf(w) === 0);
	if (op === "ends_with") return wanted.some((w) => text.endsWith(w));
	if (op === "exists") return text.length > 0;
	if (op === "nin") return !says({ op: "in", values, dim: "" }, text);
	if (op === "not_contains") return !says({ op: "contains", values, dim: "" }, text);
	if (op === "not_exists") return text === "";
	return text.trim() !== "" && compare(op, Number(text), values.map(Number));
}

function compare(op: Operator, x: number, [a = 0, b = 0]: readonly number[]): boolean {
	if (op === "between") return a <= x && x <= b;
	return op === "gt" ? x > a : op === "gte" ? x >= a : op === "lt" ? x < a : x <= a;
}

/** Values of the matching events, by a search key that each event carries. */
function matching(x: Expression | null, list: readonly TestEvent[], end = 10 * DAY): number[] {
	const rows = rowsOf(list, [...FIELDS, ...fieldsOf(x).texts]);
	const matched = matchRows(x, rows, end);
	const visitors = rows.number("visitor_hi");
	return Array.from(matched, (m, i) => (m === 1 ? (visitors[i] as number) : -1)).filter((visitor) => visitor >= 0);
}

describe("matchRows", () => {
	it("agrees with the definition, event by event", () => {
		fc.assert(
			fc.property(events, expression, fc.constantFrom(5 * DAY, 10 * DAY), (list, x, end) => {
				const rows = rowsOf(list, FIELDS);
				const matched = matchRows(x, rows, end);
				const visitors = [...new Set(list.map((e) => e.visitor))];
				const inOrder = visitors.flatMap((v) => list.filter((e) => e.visitor === v).sort((a, b) => a.ts - b.ts));
				expect([...matched]).toEqual(inOrder.map((e) => (holds(x, e, list, end) ? 1 : 0)));
			}),
			{ numRuns: 500 },
		);
	});

	it("matches every row of no expression, and names", () => {
		const rows = rowsOf([
			{ visitor: 1, ts: 0, name: "a" },
			{ visitor: 1, ts: 1, name: "b" },
		]);
		expect([...matchRows(null, rows, 9)]).toEqual([1, 1]);
		expect([...matchEvents("b", null, rows, 9)]).toEqual([0, 1]);
		expect([...matchEvents("c", null, rows, 9)]).toEqual([0, 0]);
		expect([...matchEvents(null, { dim: "name", op: "neq", values: ["b"] }, rows, 9)]).toEqual([1, 0]);
	});

	it("compares texts and patterns", () => {
		const list = ["/blog/a", "/docs", ""].map((path, visitor) => ({ visitor, ts: 0, texts: { path } }));
		const of = (op: Operator, ...values: (string | number | boolean)[]) => matching({ dim: "path", op, values }, list);
		expect(of("matches", "^/(blog|news)/")).toEqual([0]);
		expect(of("not_matches", "(?i)^/BLOG")).toEqual([1, 2]);
		expect(of("eq", "(none)")).toEqual([2]);
		expect(of("neq", "/docs")).toEqual([0, 2]);
		expect(of("gt", 0)).toEqual([]);
	});

	it("reads props as text and as numbers, and the event's value as a number", () => {
		const list = [10, 9, Number.NaN].map((value, visitor) => ({
			visitor,
			ts: 0,
			value,
			texts: { "props.n": ["10", "true", "x"][visitor] ?? "" },
		}));
		expect(matching({ dim: "props.n", op: "eq", values: [10] }, list)).toEqual([0]);
		expect(matching({ dim: "props.n", op: "eq", values: [true] }, list)).toEqual([1]);
		expect(matching({ dim: "props.n", op: "lt", values: ["11"] }, list)).toEqual([0]);
		expect(matching({ dim: "value", op: "in", values: ["9", 3] }, list)).toEqual([1]);
		expect(matching({ dim: "value", op: "neq", values: [9] }, list)).toEqual([0, 2]);
		expect(matching({ dim: "value", op: "in", values: ["(none)"] }, list)).toEqual([2]);
		expect(matching({ dim: "value", op: "exists", values: [] }, list)).toEqual([0, 1]);
	});

	it("counts what a visitor did in the days before the end, or from the start of the range", () => {
		const list = [0, 4, 9].map((day) => ({ visitor: 1, ts: day * DAY, name: "buy" }));
		const did = (at_least: number, within_days?: number): Expression => ({ did: "buy", at_least, within_days });
		expect(matching(did(3), list)).toHaveLength(3);
		expect(matching(did(3, 9), list)).toHaveLength(0);
		expect(matching(did(2, 6), list)).toHaveLength(3);
		expect(matching(did(2, 6), list, 9 * DAY)).toHaveLength(0);
		const rows = rowsOf(list);
		expect([...matchRows(did(3), rows, 10 * DAY, 4 * DAY)]).toEqual([0, 0, 0]);
	});
});

describe("an expression", () => {
	it("says what it reads, and from when on", () => {
		const x: Expression = {
			and: [
				{ dim: "traits.plan", op: "exists", values: [] },
				{ not: { did: "buy", at_least: 1, within_days: 30, where: { dim: "value", op: "gt", values: [1] } } },
				{ or: [{ dim: "country", op: "in", values: ["DE"] }] },
			],
		};
		expect(fieldsOf(x)).toEqual({ numbers: ["value"], texts: ["name", "props.plan", "country"] });
		expect(fieldsOf(null)).toEqual({ numbers: [], texts: [] });
		expect(readsFrom(x, 90 * DAY, 100 * DAY)).toBe(Number.NEGATIVE_INFINITY);
		expect(readsFrom(x.and[1] ?? null, 90 * DAY, 100 * DAY)).toBe(70 * DAY);
		expect(readsFrom(null, 90 * DAY, 100 * DAY)).toBe(90 * DAY);
	});

	const condition = (dim: string, op: Operator, ...values: (string | number)[]): Expression => ({ dim, op, values });
	const nested = (depth: number): Expression => (depth === 0 ? condition("a", "eq", 1) : { not: nested(depth - 1) });
	it.each<[Expression, string]>([
		[condition("path", "matches", "(a"), "not closed"],
		[condition("path", "not_matches", "(?=a)"), "not supported"],
		[condition("country", "in"), "give values"],
		[condition("country", "eq", "DE", "FR"), "use in"],
		[condition("value", "between", 1), "two values"],
		[condition("value", "between", 2, 1), "must not be above"],
		[condition("props.n", "gt", "many"), "give numbers"],
		[condition("value", "contains", "1"), "is a number"],
		[condition("ts", "matches", "1"), "is a number"],
		[{ did: "buy", at_least: 0 }, "at_least"],
		[{ did: "buy", at_least: 1, within_days: 0 }, "within_days"],
		[{ did: "buy", at_least: 1, where: condition("path", "matches", "*") }, "nothing to repeat"],
		[{ and: Array.from({ length: 101 }, () => condition("a", "eq", 1)) }, "at most 100"],
		[nested(8), "at most 8 deep"],
	])("is refused where it cannot be answered: %j", (x, why) => {
		expect(() => checkExpression(x)).toThrow(RangeError);
		expect(() => checkExpression(x)).toThrow(why);
	});

	it("is let through where it can", () => {
		checkExpression(null);
		checkExpression(nested(7));
		checkExpression({
			and: [condition("country", "exists"), condition("value", "in", 1, 2), condition("path", "matches", "a|b")],
		});
	});
});
