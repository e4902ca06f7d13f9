/** GET /v1/live: authenticates a viewer, reads its subscription, and hands the socket to the metric's object. */
import { Hono } from "hono";
import { CURSOR_HEADER, KEY_HEADER, refuseSocket, SUBSCRIPTION_HEADER } from "../../durable-objects/sockets.ts";
import { metricStub } from "../../durable-objects/stubs.ts";
import { PAGEVIEW } from "../../schema/event.ts";
import type { TenantId } from "../../schema/ids.ts";
import { LIVE_PROTOCOL, Subscription } from "../../schema/live.ts";
import { isFunnel, type TenantConfig } from "../../schema/metric.ts";
import { planSeries, storedMetric } from "../../schema/plan.ts";
import { Problem } from "../../schema/problem.ts";
import type { Env } from "../env.ts";
import {
	type ApiEnv,
	assertScope,
	assertSiteNamed,
	authenticate,
	type Principal,
	refresh,
	tenantConfig,
} from "./auth.ts";
import { consumeTicket } from "./tickets.ts";
import { toProblem } from "./validate.ts";

/** A query or socket key never stands in a URL, but for these, which are printed in the README (one machine only). */
const DEMO_KEYS = new Set(["rk_demo", "ak_demo"]);

/** A socket is told its problem in a frame, because a browser cannot read a refused upgrade; anyone else by status. */
export const live = new Hono<ApiEnv>().get("/v1/live", async (c) => {
	const request = c.req.raw;
	if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
		throw new Problem(400, "upgrade", `This is a WebSocket: connect with subprotocols ${LIVE_PROTOCOL} and your key.`);
	}
	try {
		return await open(c.env, request);
	} catch (error) {
		return refuseSocket(toProblem(error));
	}
});

async function open(env: Env, request: Request): Promise<Response> {
	const params = new URL(request.url).searchParams;
	const { tenant, keyId } = await viewer(env, request, params);
	const subscription = parseSubscription(params);
	await checkMetric(env, tenant, subscription.metric);
	const headers = new Headers({ upgrade: "websocket", [KEY_HEADER]: keyId });
	// Labels may be any Unicode, headers may not.
	headers.set(SUBSCRIPTION_HEADER, encodeURIComponent(JSON.stringify(subscription)));
	const cursor = params.get("cursor");
	if (cursor !== null && /^[\d-]{1,32}$/.test(cursor)) headers.set(CURSOR_HEADER, cursor);
	// Only funnels have their windows elsewhere by what is configured, which was just asked for.
	const config = isFunnel(subscription.metric) ? await tenantConfig(env, tenant) : {};
	return metricStub(env, tenant, storedMetric(subscription, config)).fetch("https://metric.invalid/live", { headers });
}

/**
 * Problem 422 for a metric that the site does not have, with names that are close: an object made for it would pass the
 * cap of metrics (I8), and be found by no deletion. A name this isolate does not know may have been admitted since.
 */
async function checkMetric(env: Env, tenant: TenantId, metric: string): Promise<void> {
	// What every page sends first: its dashboard is often opened before.
	if (metric === PAGEVIEW) return;
	try {
		assertKnown(metric, await tenantConfig(env, tenant));
	} catch (error) {
		if (!(error instanceof Problem && error.code === "metric")) throw error;
		refresh(tenant);
		assertKnown(metric, await tenantConfig(env, tenant));
	}
}

/** By the planner of history, so that both name the same metrics: a question that is right for every one there is. */
function assertKnown(metric: string, config: TenantConfig): void {
	planSeries(
		{ metric, measure: "count", from: "now-1h", interval: "1m", filters: [], groupBy: [], limit: 1 },
		config,
		Date.now(),
	);
}

/** Who watches: by ticket, or by the key that comes as second subprotocol. Problem 401, 403, 404, 422. */
async function viewer(env: Env, request: Request, params: URLSearchParams): Promise<Principal> {
	const ticket = params.get("ticket");
	if (ticket !== null) return consumeTicket(env, ticket);
	const principal = await authenticate(env, keyOf(env, request, params), params.get("site") ?? undefined);
	assertScope(principal, ["read"]);
	assertSiteNamed(principal);
	return principal;
}

function keyOf(env: Env, request: Request, params: URLSearchParams): string | null {
	const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((p) => p.trim());
	const key = offered.find((p) => p !== "" && p !== LIVE_PROTOCOL);
	if (key !== undefined) return key;
	const inUrl = params.get("key");
	if (inUrl === null) return null;
	if (env.LOCAL === "1" && DEMO_KEYS.has(inUrl)) return inUrl;
	throw new Problem(
		403,
		"key_in_url",
		`A key never stands in a URL: send it as second subprotocol after ${LIVE_PROTOCOL}.`,
	);
}

const NOT_SUBSCRIPTION = new Set(["key", "ticket", "site", "cursor"]);

/** Problem 400 with the first thing that is wrong. */
export function parseSubscription(params: URLSearchParams): Subscription {
	const input: Record<string, unknown> = {};
	for (const [name, value] of params) if (!NOT_SUBSCRIPTION.has(name)) Object.assign(input, field(name, value));
	const parsed = Subscription.safeParse(input);
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	throw new Problem(400, "subscription", `${issue?.path.join(".") || "subscription"}: ${issue?.message}`);
}

/** One URL parameter as a field of the schema, which names the plural. */
function field(name: string, value: string): Record<string, unknown> {
	if (name === "filter" || name === "filters") return { filters: parseFilters(value) };
	if (name === "groupBy") return { groupBy: value.split(",").filter((dim) => dim !== "") };
	if (name === "limit") return { limit: Number(value) };
	return { [name]: value };
}

function parseFilters(value: string): unknown {
	try {
		return JSON.parse(value);
	} catch {
		throw new Problem(400, "subscription", "filter: not a JSON array of filters.");
	}
}
