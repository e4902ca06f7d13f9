/** What of the archive a question reads: which times, and events of which names. The rest is not even decoded. */

import { IDENTIFY } from "../../../schema/core/flag.ts";
import type { Expression } from "../../../schema/core/scan/expression.ts";
import { isTrait } from "../../../schema/core/scan/fields.ts";
import { DAY } from "../../../schema/core/zone.ts";
import { ALL } from "../../../schema/metric.ts";
import type { Reach } from "./tasks.ts";

/** Null where it may be any. */
export const namesOf = (event: string | null): string[] | null => (event === null || event === ALL ? null : [event]);

/** What an expression looks at beside the events that it is asked of: what visitors did, and what was said of them. */
export function expressionReaches(expression: Expression | null, from: number, to: number): Reach[] {
	if (expression === null) return [];
	if ("and" in expression) return expression.and.flatMap((part) => expressionReaches(part, from, to));
	if ("or" in expression) return expression.or.flatMap((part) => expressionReaches(part, from, to));
	if ("not" in expression) return expressionReaches(expression.not, from, to);
	if ("dim" in expression) return fieldReaches([expression.dim], to);
	const { did, within_days: days, where = null } = expression;
	const since = days === undefined ? from : to - days * DAY;
	return [{ from: since, to, names: namesOf(did) }, ...expressionReaches(where, from, to)];
}

/** Traits may have been said at any time before. */
export const fieldReaches = (fields: readonly string[], to: number): Reach[] =>
	fields.some(isTrait) ? [{ from: 0, to, names: [IDENTIFY] }] : [];
