/**
 * What a shared link may watch: subscriptions that a panel of its dashboard is given, and nothing else. The panels are
 * resolved as for the viewer, with what the link lets choose; how wide the screen is decides only among their intervals.
 */
import * as z from "zod";
import { keyOf } from "../../durable-objects/metric/live.ts";
import { parseInstant } from "../../schema/core/range.ts";
import { MINUTE, STEP_MS } from "../../schema/core/zone.ts";
import type { Dashboard, Panel } from "../../schema/dashboard.ts";
import type { Subscription } from "../../schema/live.ts";
import { PanelRequest } from "../../schema/panel.ts";
import { rangeContext } from "../../schema/plan.ts";
import { Problem } from "../../schema/problem.ts";
import type { Env } from "../env.ts";
import { chosenUnder } from "../panels/limits.ts";
import { firstOptions } from "../panels/options.ts";
import { type PanelContext, type Resolved, resolvePanel } from "../panels/resolve.ts";
import { type Principal, tenantConfig } from "./auth.ts";

/** Points of charts from a phone's to the widest, so that `auto` stands for each interval that sockets know. */
const POINTS = [2_000, 1_000, 500, 250, 120, 60, 30, 12, 6];
/** A page's panels were answered some time ago, by a range that moves on: it resumes where it began. */
const LOADED_AGO_MS = 15 * MINUTE;
/** A range of calendar units begins earlier in another zone; subscriptions reach no further than this then. */
const REACH_MS = 180 * MINUTE;

type Sharer = Principal & Required<Pick<Principal, "share">>;

/** `time=from,to` and `vars=JSON` of the URL: what the viewer chose. Problem 400. */
const Chosen = z.object({
	time: z
		.string()
		.regex(/^[^,]{1,64},[^,]{1,64}$/, "write it as from,to")
		.optional(),
	vars: z.string().max(100_000).default("{}"),
});

function chosenBy(params: URLSearchParams): Pick<PanelRequest, "time" | "variables"> {
	try {
		const { time, vars } = Chosen.parse(Object.fromEntries(params));
		const [from = "", to = ""] = time?.split(",") ?? [];
		return PanelRequest.pick({ time: true, variables: true }).parse({
			variables: JSON.parse(vars),
			...(time !== undefined && { time: { from, to } }),
		});
	} catch {
		throw new Problem(400, "subscription", "time is from,to, and vars the JSON of the variables' values.");
	}
}

/** The first subscription that is none of the dashboard's; undefined: all are. Problem 400, 422, 503. */
export async function findForeign(
	env: Env,
	principal: Sharer,
	dashboard: Dashboard,
	subscriptions: readonly Subscription[],
	params: URLSearchParams,
	now = Date.now(),
): Promise<Subscription | undefined> {
	const { share, site, tenant } = principal;
	const config = await tenantConfig(env, tenant);
	const chosen = chosenUnder(principal, chosenBy(params), dashboard);
	const { zone: timezone } = site;
	const { variables } = dashboard;
	const time = chosen.time ?? dashboard.time;
	const asker = { env, site, caller: share.id, dashboard, config, time, timezone, now };
	const allowed: Allowed[] = [];
	for (const panel of dashboard.panels) {
		const values = await firstOptions(panel, { ...asker, values: chosen.variables });
		allowed.push(...liveOf(panel, { time, timezone, variables, values, config }, now));
	}
	const free = share.options.choose_time;
	const context = rangeContext({}, config, now);
	return subscriptions.find((one) => {
		const since = sinceOf(one, context);
		return !allowed.some(({ key, from, own }) => key === shapeOf(one) && ((free && !own) || since >= from));
	});
}

interface Allowed {
	/** The subscription but for its beginning. */
	key: string;
	/** It reaches no further back than this, epoch ms. */
	from: number;
	/** The range is the panel's own, which no viewer chooses. */
	own: boolean;
}

const shapeOf = (subscription: Subscription): string => keyOf({ ...subscription, from: "" });

function sinceOf({ from }: Subscription, context: Parameters<typeof parseInstant>[2]): number {
	try {
		return parseInstant(from, "from", context);
	} catch {
		// Whoever plans it says what is wrong.
		return Number.NEGATIVE_INFINITY;
	}
}

function liveOf(panel: Panel, context: PanelContext, now: number): Allowed[] {
	const own = "time" in panel && panel.time !== null ? panel.time : null;
	const calendar = (own ?? context.time).from.includes("/");
	return POINTS.flatMap((maxDataPoints) => {
		const resolved = resolvedOr(panel, { ...context, maxDataPoints }, now);
		return (resolved?.queries ?? []).flatMap((query): Allowed[] => {
			if (!("live" in query) || query.live === null || resolved === null) return [];
			const since = calendar ? Math.min(resolved.from, now - REACH_MS) : resolved.from;
			const from = since - LOADED_AGO_MS - STEP_MS[query.live.interval];
			return [{ key: shapeOf(query.live), from, own: own !== null }];
		});
	});
}

/** Null where the panel cannot be asked so: it brings nothing. */
function resolvedOr(panel: Panel, context: PanelContext, now: number): Resolved | null {
	try {
		return resolvePanel(panel, context, now);
	} catch (error) {
		if (error instanceof Problem) return null;
		throw error;
	}
}
