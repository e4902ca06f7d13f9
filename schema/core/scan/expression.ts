/**
 * What decides whether an event (or its visitor) is meant. Plain data, the same on the wire and in a scan.
 *
 * A field is a column of an event (`country`, `path`, `name`, `host`, `user_id` …), the number `value`, a prop
 * (`props.plan`; a declared one also by its bare name), or a trait of the visitor (`traits.plan`: what the visitor's
 * newest `identify` event before the end of the question's range says).
 */

/** Bounds (I8): conditions in one question, and how deep they nest. */
export const MAX_CONDITIONS = 100;
export const MAX_DEPTH = 8;

export type Scalar = string | number | boolean;

export type Operator =
	| "eq"
	| "neq"
	| "in"
	| "nin"
	| "contains"
	| "not_contains"
	| "starts_with"
	| "ends_with"
	| "matches"
	| "not_matches"
	| "gt"
	| "gte"
	| "lt"
	| "lte"
	| "between"
	| "exists"
	| "not_exists";

/** A field against values. Text is compared as text, `gt … between` as numbers; what is no number fails them. */
export interface Condition {
	dim: string;
	op: Operator;
	values: readonly Scalar[];
}

/** The visitor did an event at least `at_least` times in the `within_days` before the question's end (none: in its whole range). */
export interface Did {
	did: string;
	at_least: number;
	within_days?: number | undefined;
	where?: Expression | undefined;
}

export type Expression =
	| Condition
	| Did
	| { and: readonly Expression[] }
	| { or: readonly Expression[] }
	| { not: Expression };
