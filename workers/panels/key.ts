/**
 * One form for questions that mean the same, and its name: what viewers ask together is computed once. Relative times
 * stay words (`now-24h`), so that all who look at a moving range share its answer for as long as that is fresh.
 */
import { bucketStart, HOUR, nextBucket, STEP_MS, type Step, type Zone } from "../../schema/core/zone.ts";
import type { Filter } from "../../schema/expression.ts";
import type { Question } from "../../schema/query.ts";

/** Absolute times go out to whole steps, of at most an hour: a brush over a chart never gives the same millisecond twice. */
export function aligned(from: number, to: number, step: Step, zone: Zone): { from: number; to: number } {
	const grain: Step = STEP_MS[step] < HOUR ? step : "1h";
	const end = bucketStart(zone, grain, to);
	return { from: bucketStart(zone, grain, from), to: end < to ? nextBucket(zone, grain, end) : end };
}

/** The same question, with what has no order in order. */
export function normalise<T extends Question>(question: T): T {
	return { ...question, filters: canonical(question.filters) };
}

/** All must hold, in whatever order; twice is once. */
function canonical(filters: readonly Filter[]): Filter[] {
	const byText = new Map(filters.map(ordered).map((filter) => [JSON.stringify(filter), filter]));
	return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, filter]) => filter);
}

function ordered(filter: Filter): Filter {
	if ("and" in filter) return { and: canonical(filter.and) };
	if ("or" in filter) return { or: canonical(filter.or) };
	if ("not" in filter) return { not: ordered(filter.not) };
	if ("segment" in filter) return { segment: filter.segment };
	if ("did" in filter) {
		const { did, at_least, within_days, where } = filter;
		return { did, at_least, within_days, where: where === undefined ? where : ordered(where) };
	}
	const { dim, op, values } = filter;
	if (op === "between") return { dim, op, values };
	const byText = new Map(values.map((value) => [JSON.stringify(value), value]));
	return { dim, op, values: [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value) };
}

/** SHA-256 of a normalised question, hex. Fields come in the order of their names, whoever made the question. */
export async function keyOf(question: Question): Promise<string> {
	const bytes = new TextEncoder().encode(JSON.stringify(question, inOrder));
	const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
	return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function inOrder(_: string, value: unknown): unknown {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
	return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Which of a tenant's objects runs it. */
export const proxyOf = (key: string, proxies: number): number => Number.parseInt(key.slice(0, 8), 16) % proxies;
