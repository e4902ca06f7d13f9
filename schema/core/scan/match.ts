/**
 * Filter expressions over gathered rows. A text condition is decided once for each distinct text, a visitor's (traits,
 * what it did) once for the visitor; the rows only look the answer up.
 */
import { cutValue, NONE } from "../label.ts";
import {
	type Condition,
	type Did,
	type Expression,
	MAX_CONDITIONS,
	MAX_DEPTH,
	type Operator,
	type Scalar,
} from "./expression.ts";
import { isNumberField, isTrait, joinNeeds, type Needs, needsOf, textField } from "./fields.ts";
import { compileRegex } from "./regex.ts";
import type { Numbers, TextColumn, VisitorRows } from "./rows.ts";

const DAY = 86_400_000;

/**
 * 1 for each row that an expression holds for. `did` and `traits.*` speak of the row's visitor, as of `end` (exclusive);
 * `from`: where "the whole range" of a `did` without days begins.
 */
export function matchRows(
	expression: Expression | null,
	rows: VisitorRows,
	end: number,
	from = Number.NEGATIVE_INFINITY,
): Uint8Array {
	if (expression === null) return new Uint8Array(rows.rows).fill(1);
	return evaluate(expression, { rows, end, from });
}

/** 1 for each row that is an event of that name (null: any) for which an expression holds. Needs the text `name`. */
export function matchEvents(
	event: string | null,
	where: Expression | null,
	rows: VisitorRows,
	end: number,
	from = Number.NEGATIVE_INFINITY,
): Uint8Array {
	const matched = matchRows(where, rows, end, from);
	if (event === null) return matched;
	const { values, index } = rows.text("name");
	const wanted = values.indexOf(event);
	for (let row = 0; row < matched.length; row++) if (index[row] !== wanted) matched[row] = 0;
	return matched;
}

/** What an expression reads. */
export function fieldsOf(expression: Expression | null): Needs {
	const conditions: string[] = [];
	let counts = false;
	visit(expression, (leaf) => {
		if ("did" in leaf) counts = true;
		else conditions.push(leaf.dim);
	});
	return joinNeeds(needsOf(conditions), { numbers: [], texts: counts ? ["name"] : [] });
}

/**
 * From when on events must be read, so that an expression can be told of [from, end): the days that a `did` looks back.
 * A trait may have been said at any time: -Infinity.
 */
export function readsFrom(expression: Expression | null, from: number, end: number): number {
	let earliest = from;
	visit(expression, (leaf) => {
		if ("dim" in leaf) earliest = isTrait(leaf.dim) ? Number.NEGATIVE_INFINITY : earliest;
		else if (leaf.within_days !== undefined) earliest = Math.min(earliest, end - leaf.within_days * DAY);
	});
	return earliest;
}

function visit(expression: Expression | null, leaf: (leaf: Condition | Did) => void): void {
	if (expression === null) return;
	if ("and" in expression) for (const part of expression.and) visit(part, leaf);
	else if ("or" in expression) for (const part of expression.or) visit(part, leaf);
	else if ("not" in expression) visit(expression.not, leaf);
	else {
		leaf(expression);
		if ("did" in expression) visit(expression.where ?? null, leaf);
	}
}

interface Scope {
	rows: VisitorRows;
	end: number;
	from: number;
}

function evaluate(expression: Expression, scope: Scope): Uint8Array {
	if ("and" in expression) return combine(expression.and, scope, 1);
	if ("or" in expression) return combine(expression.or, scope, 0);
	if ("not" in expression) return inverted(evaluate(expression.not, scope));
	if ("did" in expression) return matchDid(expression, scope);
	return isNumberField(expression.dim)
		? matchNumbers(expression, scope.rows.number(expression.dim))
		: matchTexts(expression, textField(scope.rows, expression.dim, scope.end));
}

/** And (`all` 1) or or (0) of several: what the first leaves open, the next decide. */
function combine(parts: readonly Expression[], scope: Scope, all: 0 | 1): Uint8Array {
	const out = new Uint8Array(scope.rows.rows).fill(all);
	for (const part of parts) {
		const holds = evaluate(part, scope);
		for (let row = 0; row < out.length; row++) if (holds[row] !== all) out[row] = 1 - all;
	}
	return out;
}

function inverted(holds: Uint8Array): Uint8Array {
	for (let row = 0; row < holds.length; row++) holds[row] = 1 - (holds[row] as number);
	return holds;
}

function matchTexts(condition: Condition, { values, index }: TextColumn): Uint8Array {
	const test = textTest(condition);
	const holds = new Uint8Array(values.length);
	for (let i = 0; i < holds.length; i++) holds[i] = test(cutValue(values[i] as string)) ? 1 : 0;
	const out = new Uint8Array(index.length);
	for (let row = 0; row < out.length; row++) out[row] = holds[index[row] as number] as number;
	return out;
}

function matchNumbers(condition: Condition, numbers: Numbers): Uint8Array {
	const test = numberTest(condition);
	const out = new Uint8Array(numbers.length);
	for (let row = 0; row < out.length; row++) out[row] = test(numbers[row] as number) ? 1 : 0;
	return out;
}

/** Counts the visitor's events in [end - days, end) that are meant, and spreads whether they are enough over its rows. */
function matchDid({ did, at_least, within_days, where }: Did, { rows, end, from }: Scope): Uint8Array {
	const matched = matchEvents(did === "*" ? null : did, where ?? null, rows, end, from);
	const since = within_days === undefined ? from : end - within_days * DAY;
	const ts = rows.number("ts");
	const { starts } = rows;
	for (let visitor = 0; visitor + 1 < starts.length; visitor++) {
		const [first, after] = [starts[visitor] as number, starts[visitor + 1] as number];
		let count = 0;
		for (let row = first; row < after; row++) {
			const t = ts[row] as number;
			if (matched[row] === 1 && t >= since && t < end) count++;
		}
		matched.fill(count >= at_least ? 1 : 0, first, after);
	}
	return matched;
}

type Test<T> = (value: T) => boolean;

/** Operators that say the contrary of another. */
const CONTRARY: Partial<Record<Operator, Operator>> = {
	neq: "in",
	nin: "in",
	not_contains: "contains",
	not_matches: "matches",
	not_exists: "exists",
};

/** Over texts as labels are made of them: cut, "" = missing. */
function textTest({ op, values, dim }: Condition): Test<string> {
	const contrary = CONTRARY[op];
	if (contrary !== undefined) {
		const test = textTest({ op: contrary, values, dim });
		return (text) => !test(text);
	}
	const wanted = values.map((value) => cutValue(String(value)));
	switch (op) {
		case "eq":
		case "in": {
			const set = new Set(wanted.map(labelOf));
			return (text) => set.has(labelOf(text));
		}
		case "contains":
			return (text) => wanted.some((part) => text.includes(part));
		case "starts_with":
			return (text) => wanted.some((part) => text.startsWith(part));
		case "ends_with":
			return (text) => wanted.some((part) => text.endsWith(part));
		case "matches": {
			const regexes = wanted.map(compileRegex);
			return (text) => regexes.some((regex) => regex.test(text));
		}
		case "exists":
			return (text) => text !== "";
		default: {
			const test = numberTest({ op, values, dim });
			return (text) => test(numberOf(text));
		}
	}
}

const labelOf = (text: string) => (text === "" ? NONE : text);

/** A text as a number; NaN, which fails every comparison, for what is none. */
const numberOf = (text: Scalar) => (typeof text === "string" && text.trim() === "" ? Number.NaN : Number(text));

/** Over numbers; NaN = missing. */
function numberTest({ op, values, dim }: Condition): Test<number> {
	const [a = Number.NaN, b = Number.NaN] = values.map(numberOf);
	switch (op) {
		case "gt":
			return (x) => x > a;
		case "gte":
			return (x) => x >= a;
		case "lt":
			return (x) => x < a;
		case "lte":
			return (x) => x <= a;
		case "between":
			return (x) => x >= a && x <= b;
		case "exists":
			return (x) => !Number.isNaN(x);
		case "not_exists":
			return (x) => Number.isNaN(x);
		case "eq":
		case "in":
			return numberIn(values);
		case "neq":
		case "nin": {
			const test = numberIn(values);
			return (x) => !test(x);
		}
		default:
			throw new RangeError(`${dim} is a number: compare it with eq, in, gt, gte, lt, lte or between, not ${op}`);
	}
}

/** Whether it is one of those. Missing (NaN) is in where "(none)" is, and nothing else that is no number matches it. */
function numberIn(values: readonly Scalar[]): Test<number> {
	const missing = values.some((value) => value === NONE || value === "");
	const set = new Set(values.map(numberOf).filter((value) => !Number.isNaN(value)));
	return (x) => (Number.isNaN(x) ? missing : set.has(x));
}

/** Operators that take one value, or two numbers. The others take any number of them, `exists` none. */
const ONE: readonly Operator[] = ["eq", "neq", "gt", "gte", "lt", "lte"];
const NUMERIC: readonly Operator[] = ["gt", "gte", "lt", "lte", "between"];

/** Refuses what cannot be answered. @throws RangeError that says what to change. */
export function checkExpression(expression: Expression | null): void {
	let conditions = 0;
	visit(expression, (leaf) => {
		if (++conditions > MAX_CONDITIONS) throw new RangeError(`at most ${MAX_CONDITIONS} conditions`);
		if ("did" in leaf) checkDid(leaf);
		else checkCondition(leaf);
	});
	if (expression !== null && depthOf(expression) > MAX_DEPTH)
		throw new RangeError(`filters nest at most ${MAX_DEPTH} deep`);
}

function depthOf(expression: Expression): number {
	if ("and" in expression) return 1 + Math.max(0, ...expression.and.map(depthOf));
	if ("or" in expression) return 1 + Math.max(0, ...expression.or.map(depthOf));
	if ("not" in expression) return 1 + depthOf(expression.not);
	return "did" in expression && expression.where !== undefined ? 1 + depthOf(expression.where) : 1;
}

function checkDid({ did, at_least, within_days }: Did): void {
	if (!(at_least >= 1)) throw new RangeError(`did ${did}: at_least must be 1 or more; wrap it in "not" for never`);
	if (within_days !== undefined && !(within_days > 0))
		throw new RangeError(`did ${did}: within_days must be more than 0`);
}

function checkCondition(condition: Condition): void {
	const { dim, op, values } = condition;
	if (op === "exists" || op === "not_exists") return;
	if (values.length === 0) throw new RangeError(`${dim} ${op}: give values to compare with`);
	if (ONE.includes(op) && values.length !== 1)
		throw new RangeError(`${dim} ${op}: give one value, or use in and nin for several`);
	if (op === "between" && values.length !== 2) throw new RangeError(`${dim} between: give two values, [least, most]`);
	if (NUMERIC.includes(op)) checkNumbers(condition);
	if (isNumberField(dim)) numberTest(condition);
	else textTest(condition);
}

function checkNumbers({ dim, op, values }: Condition): void {
	const [a = 0, b = a] = values.map(numberOf);
	if (Number.isNaN(a) || Number.isNaN(b)) throw new RangeError(`${dim} ${op}: give numbers`);
	if (op === "between" && a > b) throw new RangeError(`${dim} between: the first value must not be above the second`);
}
