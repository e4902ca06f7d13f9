/** What saved segments and funnels have in common as resources. */
import { and, asc, eq, sql } from "drizzle-orm";
import { dashboards } from "../../schema/d1/tables.ts";
import type { Filter } from "../../schema/expression.ts";
import type { TenantId } from "../../schema/ids.ts";
import { funnelMetric, type TenantConfig } from "../../schema/metric.ts";
import { Problem } from "../../schema/problem.ts";
import { eventsIn, filtersOf, type Segments, segmentsIn } from "../../schema/saved.ts";
import { expressionOf } from "../../schema/scan-plan.ts";
import type { Env } from "../env.ts";
import { database } from "../store/db.ts";
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

/** What names a saved segment or funnel; `id` of a dashboard is its uid. */
export interface User {
	kind: "segment" | "funnel" | "dashboard";
	id: string;
	name: string;
}

const usersBy = (kind: User["kind"], rows: readonly { id: string; name: string }[]): User[] =>
	rows.map(({ id, name }) => ({ kind, id, name }));

/** Whose filters name this segment: segments, funnels, and dashboards by their panels and variables. */
async function usersOfSegment(env: Env, tenant: TenantId, segment: string): Promise<User[]> {
	const [segments, funnels, inDashboards] = await Promise.all([
		segmentShelf.list(env, tenant),
		funnelShelf.list(env, tenant),
		dashboardsWith(env, tenant, "segment", segment),
	]);
	const inSegments = segments.filter(({ body }) => segmentsIn([body]).has(segment));
	const inFunnels = funnels.filter(({ body }) => segmentsIn(filtersOf(body)).has(segment));
	return [...usersBy("segment", inSegments), ...usersBy("funnel", inFunnels), ...inDashboards];
}

/**
 * Dashboards with this field of this value somewhere. Their JSON is as we write it, without spaces, and quotes in texts
 * are escaped there, so that the text of the pair is found where the pair is, and nowhere else.
 */
async function dashboardsWith(env: Env, tenant: TenantId, field: string, value: string): Promise<User[]> {
	const pair = JSON.stringify({ [field]: value }).slice(1, -1);
	const rows = await database(env)
		.select({ id: dashboards.uid, name: dashboards.title })
		.from(dashboards)
		.where(and(eq(dashboards.tenant, tenant), sql`instr(${dashboards.body}, ${pair}) > 0`))
		.orderBy(asc(dashboards.title), asc(dashboards.uid))
		.all();
	return usersBy("dashboard", rows);
}

/** Users that a refusal names; all are in its `users`. */
const NAMED = 5;

/** Problem 409 `in_use` with `users` where something names it. */
export async function assertUnused(env: Env, tenant: TenantId, kind: "segment" | "funnel", id: string): Promise<void> {
	const users = await (kind === "segment"
		? usersOfSegment(env, tenant, id)
		: dashboardsWith(env, tenant, "metric", funnelMetric({ id })));
	if (users.length === 0) return;
	const names = users.slice(0, NAMED).map((user) => `${user.kind} ${JSON.stringify(user.name)}`);
	const more = users.length > NAMED ? ` and ${users.length - NAMED} more` : "";
	const detail = `In use by ${names.join(", ")}${more}: take it out there first.`;
	throw new Problem(409, "in_use", detail, { extra: { users } });
}
