/** What saved segments and funnels have in common as resources. */
import type { Filter } from "../../schema/expression.ts";
import type { TenantId } from "../../schema/ids.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import { Problem } from "../../schema/problem.ts";
import { eventsIn, filtersOf, type Segments, segmentsIn } from "../../schema/saved.ts";
import { expressionOf } from "../../schema/scan-plan.ts";
import type { Env } from "../env.ts";
import { funnelShelf, type Saved, segmentProblem, segmentShelf } from "../store/saved.ts";
import { assertSiteNamed, type Principal } from "./auth.ts";

/** Where a change is written. Problem 422 for a root key that named no site. */
export function siteOf(principal: Principal): TenantId {
	assertSiteNamed(principal);
	return principal.tenant;
}

/** What the API answers of a row; `field` names its body. */
export const toResource = <Field extends string, Body>(field: Field, row: Saved<Body>) => ({
	id: row.id,
	name: row.name,
	...({ [field]: row.body } as Record<Field, Body>),
	version: row.version,
	created_at: row.createdAt,
	updated_at: row.updatedAt,
});

/** Problem 404. */
export function assertFound<T>(row: T | undefined, kind: "segment" | "funnel", id: string): T {
	if (row !== undefined) return row;
	throw new Problem(404, `no_${kind}`, `There is no saved ${kind} ${JSON.stringify(id)} here.`);
}

export function tooMany(kind: "segment" | "funnel", limit: number): Problem {
	return new Problem(422, "too_many", `A site has at most ${limit} saved ${kind}s: delete one first.`);
}

/** A change that started from another version than the current one. */
export function stale(kind: "segment" | "funnel", from: number, current: { version: number }): Problem {
	const detail = `The ${kind} is at version ${current.version}, the change started from ${from}.`;
	return new Problem(409, "version", detail, { extra: { current } });
}

/**
 * Problem 422 where these filters, once their segments are in place, are none that a question may have. Only that an
 * event was never sent is no reason: it may be about to be.
 */
export function assertAnswerable(filters: readonly Filter[], segments: Segments, config: TenantConfig): void {
	for (const filter of filters) {
		const inlined = inline(filter, segments);
		expressionOf([inlined], { ...config, metrics: [...config.metrics, ...eventsIn([inlined])] });
	}
}

function inline(filter: Filter, segments: Segments): Filter {
	try {
		return segments.inline(filter);
	} catch (error) {
		throw segmentProblem(error);
	}
}

/** A saved segment or funnel whose filters name a segment. */
export interface User {
	kind: "segment" | "funnel";
	id: string;
	name: string;
}

/** Who names this segment. */
export async function usersOf(env: Env, tenant: TenantId, segment: string): Promise<User[]> {
	const [segments, funnels] = await Promise.all([segmentShelf.list(env, tenant), funnelShelf.list(env, tenant)]);
	const inSegments = segments.filter(({ body }) => segmentsIn([body]).has(segment));
	const inFunnels = funnels.filter(({ body }) => segmentsIn(filtersOf(body)).has(segment));
	return [
		...inSegments.map(({ id, name }) => ({ kind: "segment" as const, id, name })),
		...inFunnels.map(({ id, name }) => ({ kind: "funnel" as const, id, name })),
	];
}
