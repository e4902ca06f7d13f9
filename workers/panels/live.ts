/** What brings the newest buckets of a question by socket: windows of its metric, where they can. */
import { parseInstant } from "../../schema/core/range.ts";
import { MINUTE, STEP_MS } from "../../schema/core/zone.ts";
import { Subscription } from "../../schema/live.ts";
import { type PlanConfig, planSeries, rangeContext } from "../../schema/plan.ts";
import { Problem } from "../../schema/problem.ts";
import type { Query } from "../../schema/query.ts";
import { plainFilters, whyScan } from "../../schema/scan-plan.ts";

/** Far enough back that a stale answer and its tail meet, and short enough that a snapshot is small. */
const REACH_MS = 180 * MINUTE;
const REACH = "now-3h";

/** Null where nothing does: a scan's answer, a range that ends before now, days. */
export function liveOf(query: Query, config: PlanConfig, now: number): Subscription | null {
	const { kind, metric, measure, interval, groupBy, limit, exact, timezone } = query;
	if (kind !== "timeseries" || exact || !endsNow(query, config, now) || whyScan(query, config) !== null) return null;
	// Hours are cut in the site's zone; minutes are the same everywhere.
	if (interval === "1h" && timezone !== undefined && timezone !== config.zone) return null;
	const filters = plainFilters(query.filters, config);
	const from = reach(query, config, now);
	const parsed = Subscription.safeParse({ metric, measure, from, interval, filters, groupBy, limit });
	return parsed.success && isPlanned(parsed.data, config, now) ? parsed.data : null;
}

const endsNow = ({ to, timezone }: Query, config: PlanConfig, now: number): boolean =>
	typeof to === "string" &&
	to.startsWith("now") &&
	parseInstant(to, "to", rangeContext({ timezone }, config, now)) >= now;

function reach({ from, timezone, interval }: Query, config: PlanConfig, now: number): string {
	const since = parseInstant(from, "from", rangeContext({ timezone }, config, now));
	if (since < now - REACH_MS) return REACH;
	// As it is written it stays the same subscription while time goes on.
	if (typeof from === "string" && /^now(-\d{1,6}[smh])*$/.test(from)) return from;
	// A range of calendar units begins in the viewer's zone, and the socket's in the site's.
	const step = interval === "auto" ? MINUTE : STEP_MS[interval];
	return String(since - (since % step));
}

/** As the metric's object will plan it (durable-objects/metric/live.ts), of a metric that is known. */
function isPlanned(subscription: Subscription, config: PlanConfig, now: number): boolean {
	const { measure, ...rest } = subscription;
	if (measure === "active") return false;
	try {
		planSeries({ ...rest, measure }, config, now);
		return true;
	} catch (error) {
		if (error instanceof Problem) return false;
		throw error;
	}
}
