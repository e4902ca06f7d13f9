/** Filters on the wire: conditions, what a visitor did, saved segments, and and/or/not of them. */
import * as z from "zod";
import { MAX_CONDITIONS, type Scalar } from "./core/scan/expression.ts";

export { MAX_CONDITIONS, MAX_DEPTH } from "./core/scan/expression.ts";

export const OPERATORS = [
	"eq",
	"neq",
	"in",
	"nin",
	"contains",
	"not_contains",
	"starts_with",
	"ends_with",
	"matches",
	"not_matches",
	"gt",
	"gte",
	"lt",
	"lte",
	"between",
	"exists",
	"not_exists",
] as const;

const scalar: z.ZodType<Scalar> = z.union([z.string().max(256), z.number(), z.boolean()]);

/** `values` may be left out for `exists` and `not_exists`; `between` takes two, comparisons and `matches` one. */
export const Condition = z.strictObject({
	dim: z.string().min(1).max(80),
	op: z.enum(OPERATORS).default("in"),
	values: z.array(scalar).max(1000).default([]),
});

export interface DidInput {
	did: string;
	at_least?: number | undefined;
	within_days?: number | undefined;
	where?: FilterInput | undefined;
}
export type FilterInput =
	| z.input<typeof Condition>
	| DidInput
	| { segment: string }
	| { and: FilterInput[] }
	| { or: FilterInput[] }
	| { not: FilterInput };

export interface DidFilter {
	did: string;
	at_least: number;
	within_days?: number | undefined;
	where?: Filter | undefined;
}
/** `segment`: the id of a saved one; it is put in place before a question is planned. */
export type Filter =
	| z.infer<typeof Condition>
	| DidFilter
	| { segment: string }
	| { and: Filter[] }
	| { or: Filter[] }
	| { not: Filter };

/** Visitors who did an event at least n times within the last days of the range. */
const Did = z.strictObject({
	did: z.string().min(1).max(64),
	at_least: z.int().min(1).max(1_000_000).default(1),
	within_days: z.number().positive().max(400).optional(),
	get where() {
		return Filter.optional();
	},
});

export const Filter: z.ZodType<Filter, FilterInput> = z.lazy(() =>
	z.union([
		Condition,
		Did,
		z.strictObject({ segment: z.string().min(1).max(64) }),
		z.strictObject({ and: z.array(Filter).min(1).max(MAX_CONDITIONS) }),
		z.strictObject({ or: z.array(Filter).min(1).max(MAX_CONDITIONS) }),
		z.strictObject({ not: Filter }),
	]),
);
