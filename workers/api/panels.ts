/** What panels and variables are answered: of saved dashboards, and of what is just being edited. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import type * as z from "zod";
import { EVERY } from "../../schema/core/template.ts";
import { type Dashboard, MAX_DASHBOARD_BYTES, type Variable } from "../../schema/dashboard.ts";
import {
	PanelPreview,
	PanelRequest,
	type VariableAnswer,
	VariablePreview,
	VariableRequest,
} from "../../schema/panel.ts";
import { Problem } from "../../schema/problem.ts";
import { askPanel, type PanelDashboard, panelOf, zoneOfDashboard } from "../panels/answer.ts";
import { panelCsv } from "../panels/csv.ts";
import { chosenUnder, underShare } from "../panels/limits.ts";
import { loadDashboard, noSuchDashboard } from "../panels/load.ts";
import { optionsOf } from "../panels/options.ts";
import { currentValues } from "../panels/values.ts";
import { type ApiEnv, type Principal, requireScope, sha256Hex, tenantConfig } from "./auth.ts";
import { readBody } from "./validate.ts";

/** Answers know by themselves how fresh they are: nothing between may keep them. */
const HEADERS = { "cache-control": "no-store" };

/** hono's own validator knows one type for what goes in and what comes out; a client needs both. */
const body =
	<Schema extends z.ZodType<object>>(schema: Schema, most?: number): Body<Schema> =>
	async (c, next) => {
		c.req.addValidatedData("json", await readBody(c, schema, most));
		await next();
	};
type Body<Schema extends z.ZodType<object>> = MiddlewareHandler<
	ApiEnv,
	string,
	{ in: { json: z.input<Schema> }; out: { json: z.output<Schema> } }
>;

/** The dashboard, if the caller may see it: a shared link opens one. Problem 404. */
async function dashboardOf(c: Context<ApiEnv>, uid: string, version?: number): Promise<Dashboard> {
	const { tenant, share } = c.get("principal");
	if (share !== undefined && share.dashboard !== uid) throw noSuchDashboard(uid);
	return loadDashboard(c.env, tenant, uid, version);
}

/** Whose budget it is: a person's, a key's, or of a shared link each address's. Addresses are hashed, and never stored. */
async function callerOf(c: Context<ApiEnv>): Promise<string> {
	const { actor, share }: Principal = c.get("principal");
	if (share === undefined) return `${actor.kind}:${actor.id}`;
	const address = await sha256Hex(`${share.id}/${c.req.header("cf-connecting-ip") ?? ""}`);
	return `share:${share.id}:${address.slice(0, 16)}`;
}

/** What is not saved needs only what panels use. */
const contextOf = ({ variables = [], time, timezone = "site" }: PanelPreview["context"]): PanelDashboard => ({
	variables,
	time: time ?? { from: "now-24h", to: "now" },
	timezone,
});

type Chosen = Pick<PanelRequest, "time" | "variables">;

/** Whose viewers may not choose is told what is chosen, and not what else there is. */
async function variableAnswer(
	c: Context<ApiEnv>,
	variable: Variable,
	dashboard: PanelDashboard,
	{ time = dashboard.time, variables: values }: Chosen,
): Promise<VariableAnswer> {
	const { site, tenant, share } = c.get("principal");
	if (share?.options.choose_variables === false) {
		const chosen = currentValues([variable], values).get(variable.name) ?? [];
		return {
			options: chosen.filter((value) => value !== EVERY).map((value) => ({ value, label: value })),
			more: false,
		};
	}
	const timezone = zoneOfDashboard(dashboard.timezone, site);
	const config = await tenantConfig(c.env, tenant);
	const caller = await callerOf(c);
	return optionsOf(variable, { env: c.env, site, caller, dashboard, config, time, timezone, values, now: Date.now() });
}

const wantsCsv = (c: Context): boolean => {
	const accepts = c.req.header("accept") ?? "";
	return accepts.includes("text/csv") && !accepts.includes("application/json");
};

const csv = (text: string) =>
	new Response(text, { headers: { ...HEADERS, "content-type": "text/csv; charset=utf-8" } });

/**
 * Scope `read`; `share` for the dashboard of the link. Problem 400, 401, 403, 404, 413, 422, 503; what befell one query
 * of a panel is in its result, also 429 where the caller caused too many executions.
 */
export const panels = new Hono<ApiEnv>()
	.post("/v1/dashboards/:uid/panels/:panel/query", requireScope("read", "share"), body(PanelRequest), async (c) => {
		const given = c.req.valid("json");
		const dashboard = await dashboardOf(c, c.req.param("uid"), given.version);
		const panel = panelOf(dashboard, c.req.param("panel"));
		const principal = c.get("principal");
		const request = underShare(principal, given, dashboard);
		const answered = await askPanel(c.env, principal.site, dashboard, panel, request, await callerOf(c));
		return wantsCsv(c) ? csv(panelCsv(panel, answered)) : c.json(answered.answer, 200, HEADERS);
	})
	.post("/v1/panels/query", requireScope("read"), body(PanelPreview, MAX_DASHBOARD_BYTES), async (c) => {
		const { panel, context, ...request } = c.req.valid("json");
		const { site } = c.get("principal");
		const answered = await askPanel(c.env, site, contextOf(context), panel, request, await callerOf(c));
		return wantsCsv(c) ? csv(panelCsv(panel, answered)) : c.json(answered.answer, 200, HEADERS);
	})
	.post("/v1/dashboards/:uid/variables/:name", requireScope("read", "share"), body(VariableRequest), async (c) => {
		const dashboard = await dashboardOf(c, c.req.param("uid"));
		const name = c.req.param("name");
		const variable = dashboard.variables.find((each) => each.name === name);
		if (variable === undefined)
			throw new Problem(404, "no_variable", `The dashboard has no variable ${JSON.stringify(name)}.`);
		const chosen = chosenUnder(c.get("principal"), c.req.valid("json"), dashboard);
		return c.json(await variableAnswer(c, variable, dashboard, chosen), 200, HEADERS);
	})
	.post("/v1/panels/variable", requireScope("read"), body(VariablePreview, MAX_DASHBOARD_BYTES), async (c) => {
		const { variable, context, ...chosen } = c.req.valid("json");
		return c.json(await variableAnswer(c, variable, contextOf(context), chosen), 200, HEADERS);
	});
