/** Which saved funnels are counted as events arrive, and bringing the directory to what is saved. */
import { directory, fitsDirectory } from "../../durable-objects/stubs.ts";
import type { Expression } from "../../schema/core/scan/expression.ts";
import { isTrait } from "../../schema/core/scan/fields.ts";
import { DAY } from "../../schema/core/zone.ts";
import type { TenantId } from "../../schema/ids.ts";
import {
	ALL,
	type FunnelConfig,
	funnelMetric,
	funnelWindows,
	MAX_LIVE_FUNNELS,
	type TenantConfig,
} from "../../schema/metric.ts";
import type { EventMatch, FunnelDefinition } from "../../schema/questions.ts";
import type { Segments } from "../../schema/saved.ts";
import { expressionOf } from "../../schema/scan-plan.ts";
import type { Env } from "../env.ts";
import { beginBackfill, beginCleaning } from "../jobs/backfill.ts";
import { windowMs } from "../query/raw.ts";
import { funnelShelf, type Saved, segmentsOf } from "../store/saved.ts";

/** A longer window would change what metric objects no longer hold (durable-objects/metric/rollup.ts). */
const MAX_LIVE_WINDOW_MS = 7 * DAY;

type Row = Pick<Saved<FunnelDefinition>, "id" | "name" | "body">;

/** A funnel as the directory takes it, or why it cannot be counted as events arrive. */
export function liveFunnel(
	row: Row,
	segments: Segments,
	config: TenantConfig,
): Omit<FunnelConfig, "generation"> | string {
	const { steps, exclusions, window, order, reentry, count } = row.body;
	const matched = ({ event, label, filters }: EventMatch) => ({
		event: event === ALL ? null : event,
		where: expressionOf(
			filters.map((filter) => segments.inline(filter)),
			config,
		),
		label: label ?? event,
	});
	if (windowMs(window) > MAX_LIVE_WINDOW_MS) return "Its window is longer than 7 days.";
	if (filtersVisitors(row.body, segments))
		return "It filters by what a visitor did or is (did, traits), which an event alone does not tell.";
	const funnel = {
		id: row.id,
		name: row.name,
		steps: steps.map(matched),
		exclusions: exclusions.map((match) => ({ ...matched(match), after: match.after })),
		windowMs: windowMs(window),
		order,
		reentry,
		count,
	};
	return fitsDirectory(funnel) ? funnel : "Its filters are too long: live ones take some 5 KB together.";
}

function filtersVisitors({ steps, exclusions }: FunnelDefinition, segments: Segments): boolean {
	const filters = [...steps, ...exclusions].flatMap((match) => match.filters);
	return filters.some((filter) => asksVisitor(segments.inline(filter)));
}

/** Filters and expressions have the same form; segments are in place. */
function asksVisitor(filter: Expression | ReturnType<Segments["inline"]>): boolean {
	if ("and" in filter) return filter.and.some(asksVisitor);
	if ("or" in filter) return filter.or.some(asksVisitor);
	if ("not" in filter) return asksVisitor(filter.not);
	return "did" in filter || "segment" in filter || isTrait(filter.dim);
}

export type Liveness = { live: true; metric: string } | { live: false; live_reason: string };

/** What a saved funnel's resource says of it. */
export function livenessOf(row: Row, segments: Segments, config: TenantConfig): Liveness {
	if (config.funnels?.some(({ id }) => id === row.id)) return { live: true, metric: funnelMetric(row) };
	const funnel = unlessBroken(() => liveFunnel(row, segments, config));
	if (typeof funnel === "string") return { live: false, live_reason: funnel };
	return { live: false, live_reason: `A site has at most ${MAX_LIVE_FUNNELS} live funnels.` };
}

/**
 * Brings the directory to what is saved, and history to what changed. Repeats are harmless. Those that are live stay,
 * others come in the order of names while there is room.
 */
export async function syncFunnels(
	env: Env,
	tenant: TenantId,
	config: TenantConfig,
	now: number,
): Promise<TenantConfig> {
	const rows = await funnelShelf.list(env, tenant);
	const { funnels = [] } = config;
	if (rows.length === 0 && funnels.length === 0) return config;
	const segments = await segmentsOf(env, tenant);
	const wanted = rows.flatMap((row) => {
		const funnel = unlessBroken(() => liveFunnel(row, segments, config));
		return typeof funnel === "string" ? [] : [funnel];
	});
	const isLive = ({ id }: { id: string }) => funnels.some((funnel) => funnel.id === id);
	const chosen = [...wanted.filter(isLive), ...wanted.filter((each) => !isLive(each))].slice(0, MAX_LIVE_FUNNELS);
	const object = directory(env, tenant);
	let next = config;
	for (const { id } of funnels) if (!chosen.some((each) => each.id === id)) next = await object.dropFunnel(id);
	for (const funnel of chosen) next = await object.setFunnel(funnel);
	await followUp(env, tenant, funnels, next.funnels ?? [], now);
	return next;
}

/** What was saved was right once; a dimension or segment may have changed since. */
function unlessBroken<T>(make: () => T): T | string {
	try {
		return make();
	} catch (error) {
		return `Its filters mean nothing any more: ${error instanceof Error ? error.message : error}`;
	}
}

/** A job for each generation that is new, and for each that is gone. */
async function followUp(
	env: Env,
	tenant: TenantId,
	before: readonly FunnelConfig[],
	after: readonly FunnelConfig[],
	now: number,
): Promise<void> {
	const known = new Set(before.map(funnelWindows));
	for (const funnel of after) if (!known.has(funnelWindows(funnel))) await beginBackfill(env, tenant, funnel, now);
	const kept = new Set(after.map(funnelWindows));
	for (const metric of known) if (!kept.has(metric)) await beginCleaning(env, tenant, metric, now);
}
