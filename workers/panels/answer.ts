/** A panel's answer: every query of it at once, each with its own answer or problem. */
import { isFromEvents } from "../../schema/core/sources.ts";
import type { Dashboard, Panel } from "../../schema/dashboard.ts";
import type { PanelAnswer, PanelRequest, PanelResult } from "../../schema/panel.ts";
import { Problem } from "../../schema/problem.ts";
import type { Question } from "../../schema/query.ts";
import type { Site } from "../api/tenant.ts";
import { tenantConfig } from "../api/tenant.ts";
import type { Env } from "../env.ts";
import { anomaliesOf } from "./anomalies.ts";
import { askProxy } from "./ask.ts";
import { firstOptions } from "./options.ts";
import { type Resolved, type ResolvedQuery, resolvePanel } from "./resolve.ts";

/** What a panel needs of its dashboard. */
export type PanelDashboard = Pick<Dashboard, "variables" | "time" | "timezone"> & Partial<Pick<Dashboard, "refresh">>;

/** How long an answer is fresh, ms, by how often the dashboard is brought up to date. */
const TTL_MS: Record<Dashboard["refresh"], number> = {
	off: 30_000,
	live: 30_000,
	"10s": 10_000,
	"30s": 30_000,
	"1m": 60_000,
	"5m": 300_000,
	"15m": 300_000,
	"1h": 300_000,
};
/** Of answers from raw events, which cost seconds. */
const SCAN_TTL_MS = 60_000;

/** An answer, and what was asked. */
export interface PanelAnswered {
	answer: PanelAnswer;
	/** As the results of the answer: the question of each, null where there is none. */
	questions: (Question | null)[];
}

export async function answerPanel(...asked: Parameters<typeof askPanel>): Promise<PanelAnswer> {
	return (await askPanel(...asked)).answer;
}

/**
 * `caller`: whose budget it is. Problem 422 where the whole panel cannot be asked, 503 where not even the site's settings
 * are there; anything else is said in the result of the query that it befell.
 */
export async function askPanel(
	env: Env,
	site: Site,
	dashboard: PanelDashboard,
	panel: Panel,
	request: PanelRequest,
	caller: string,
	now = Date.now(),
): Promise<PanelAnswered> {
	const config = await tenantConfig(env, site.id);
	const time = request.time ?? dashboard.time;
	const timezone = request.timezone ?? zoneOfDashboard(dashboard.timezone, site);
	const asker: Asker = { env, site, caller, dashboard, fresh: request.fresh, now };
	const values = await firstOptions(panel, { ...asker, config, time, timezone, values: request.variables });
	const { maxDataPoints, explain, partial } = request;
	const context = { time, timezone, variables: dashboard.variables, values, config, maxDataPoints, explain, partial };
	const resolved = resolvePanel(panel, context, now);
	const results = await Promise.all(resolved.queries.map((query) => resultOf(query, panel, asker)));
	const questions = resolved.queries.map((query) => ("question" in query ? query.question : null));
	return { answer: answerOf(resolved, results), questions };
}

interface Asker {
	env: Env;
	site: Site;
	caller: string;
	dashboard: PanelDashboard;
	fresh: boolean;
	now: number;
}

/** `browser` is told by the request; where it is not, the site's own zone is as good as any. */
export const zoneOfDashboard = (timezone: string, site: Site): string =>
	timezone === "site" || timezone === "browser" ? site.zone : timezone;

function answerOf(resolved: Resolved, results: PanelResult[]): PanelAnswer {
	const { title, description, markdown, formulas, from, to, timezone } = resolved;
	return { title, description, ...(markdown !== null && { markdown }), results, formulas, from, to, timezone };
}

async function resultOf(query: ResolvedQuery, panel: Panel, asker: Asker): Promise<PanelResult> {
	const { ref, label, hidden } = query;
	if ("problem" in query) return { ref, label, problem: query.problem.toDocument(), live: null };
	const { question, scan } = query;
	const { env, site, caller, dashboard, fresh } = asker;
	const ttlMs = scan ? SCAN_TTL_MS : TTL_MS[dashboard.refresh ?? "live"];
	const asked = await askProxy(env, site.id, question, { caller, ttlMs, fresh });
	if (asked.status === "problem") return { ref, label, problem: asked.problem, live: query.live };
	const answer: NonNullable<PanelResult["answer"]> = JSON.parse(asked.body);
	// Windows that are still to be rebuilt know less than the events did, and sockets tell of windows.
	const live = isFromEvents(answer.meta) ? null : query.live;
	const judged = "anomalies" in panel && panel.anomalies && !hidden && "series" in answer;
	const anomalies = judged ? await anomaliesOf(question, answer, asked.cache.at, asker) : [];
	return { ref, label, answer, cache: asked.cache, live, ...(anomalies.length > 0 && { anomalies }) };
}

/** The panel of a dashboard. Problem 404 `no_panel`. */
export function panelOf({ panels }: Pick<Dashboard, "panels">, id: string): Panel {
	const found = panels.find((panel) => panel.id === id);
	if (found !== undefined) return found;
	throw new Problem(
		404,
		"no_panel",
		`The dashboard has no panel ${JSON.stringify(id)}. It has: ${panels.map((panel) => panel.id).join(", ")}.`,
	);
}
