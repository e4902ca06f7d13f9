/** What the builder does to filters. A filter is kept as the API has it; these read and change it. */
import type { DidFilter, Filter, OPERATORS } from "../../../schema/expression.ts";
import { isNumeric } from "./fields.ts";

export type Operator = (typeof OPERATORS)[number];
export type ConditionFilter = Extract<Filter, { dim: string }>;
export type GroupMode = "all" | "any" | "none";

/** A filter as a row of the builder shows it. */
export type Row =
	| { kind: "condition"; condition: ConditionFilter }
	| { kind: "did"; did: DidFilter; negated: boolean }
	| { kind: "segment"; id: string; negated: boolean }
	| { kind: "group"; mode: GroupMode; filters: Filter[] };

export function rowOf(filter: Filter): Row {
	if ("dim" in filter) return { kind: "condition", condition: filter };
	if ("did" in filter) return { kind: "did", did: filter, negated: false };
	if ("segment" in filter) return { kind: "segment", id: filter.segment, negated: false };
	if ("and" in filter) return { kind: "group", mode: "all", filters: filter.and };
	if ("or" in filter) return { kind: "group", mode: "any", filters: filter.or };
	const inner = filter.not;
	if ("did" in inner) return { kind: "did", did: inner, negated: true };
	if ("segment" in inner) return { kind: "segment", id: inner.segment, negated: true };
	return { kind: "group", mode: "none", filters: "or" in inner ? inner.or : [inner] };
}

const negate = (filter: Filter, negated: boolean): Filter => (negated ? { not: filter } : filter);

/** The filter of a row: `rowOf` backwards. */
export function filterOf(row: Row): Filter {
	switch (row.kind) {
		case "condition":
			return row.condition;
		case "did":
			return negate(row.did, row.negated);
		case "segment":
			return negate({ segment: row.id }, row.negated);
		case "group":
			if (row.mode === "all") return { and: row.filters };
			return negate({ or: row.filters }, row.mode === "none");
	}
}

/** How many values an operator takes. */
export type Arity = "none" | "one" | "two" | "many";

export interface OperatorInfo {
	op: Operator;
	words: string;
	arity: Arity;
	/** Compares numbers. */
	numeric: boolean;
}

export const OPERATOR_INFO: readonly OperatorInfo[] = [
	{ op: "in", words: "is", arity: "many", numeric: false },
	{ op: "nin", words: "is not", arity: "many", numeric: false },
	{ op: "contains", words: "contains", arity: "many", numeric: false },
	{ op: "not_contains", words: "does not contain", arity: "many", numeric: false },
	{ op: "starts_with", words: "starts with", arity: "many", numeric: false },
	{ op: "ends_with", words: "ends with", arity: "many", numeric: false },
	{ op: "matches", words: "matches regex", arity: "one", numeric: false },
	{ op: "not_matches", words: "does not match regex", arity: "one", numeric: false },
	{ op: "gt", words: ">", arity: "one", numeric: true },
	{ op: "gte", words: "≥", arity: "one", numeric: true },
	{ op: "lt", words: "<", arity: "one", numeric: true },
	{ op: "lte", words: "≤", arity: "one", numeric: true },
	{ op: "between", words: "is between", arity: "two", numeric: true },
	{ op: "exists", words: "is set", arity: "none", numeric: false },
	{ op: "not_exists", words: "is not set", arity: "none", numeric: false },
	{ op: "eq", words: "equals", arity: "one", numeric: false },
	{ op: "neq", words: "does not equal", arity: "one", numeric: false },
];

export const operatorInfo = (op: Operator): OperatorInfo => {
	const found = OPERATOR_INFO.find((info) => info.op === op);
	if (!found) throw new Error(`no operator ${op}`);
	return found;
};

/** Operators to offer for a field: comparisons of numbers only where there may be numbers. */
export function operatorsFor(field: string, chosen: Operator): OperatorInfo[] {
	const number = isNumeric(field);
	const open = field.includes(".");
	return OPERATOR_INFO.filter(({ op, numeric }) => {
		if (op === chosen) return true;
		if (op === "eq" || op === "neq") return number;
		if (number) return numeric || op === "exists" || op === "not_exists";
		return open || !numeric;
	});
}

export const newCondition = (field: string): ConditionFilter => ({
	dim: field,
	op: isNumeric(field) ? "gte" : "in",
	values: [],
});

/** The same condition with another operator: values that fit stay. */
export function withOperator(condition: ConditionFilter, op: Operator): ConditionFilter {
	const { arity, numeric } = operatorInfo(op);
	const fitting = numeric ? condition.values.filter((value) => typeof value === "number") : condition.values;
	const most = { none: 0, one: 1, two: 2, many: fitting.length }[arity];
	return { ...condition, op, values: fitting.slice(0, most) };
}

function isComplete({ op, values }: ConditionFilter): boolean {
	const least = { none: 0, one: 1, two: 2, many: 1 }[operatorInfo(op).arity];
	return values.length >= least;
}

/** What can be asked now: rows that are still being filled in are left out, and groups of nothing with them. */
export function complete(filters: readonly Filter[]): Filter[] {
	return filters.flatMap((filter): Filter[] => {
		const row = rowOf(filter);
		if (row.kind === "condition") return isComplete(row.condition) ? [filter] : [];
		if (row.kind === "segment") return row.id === "" ? [] : [filter];
		if (row.kind === "did") {
			if (!row.did.where) return [filter];
			const { where, ...rest } = row.did;
			const [inner] = complete([where]);
			return [filterOf({ ...row, did: inner ? { ...rest, where: inner } : rest })];
		}
		const inner = complete(row.filters);
		return inner.length === 0 ? [] : [filterOf({ ...row, filters: inner })];
	});
}

/** All of them as one filter, for a saved segment; null of none. */
export function asOne(filters: readonly Filter[]): Filter | null {
	const whole = complete(filters);
	return whole.length > 1 ? { and: whole } : (whole[0] ?? null);
}
