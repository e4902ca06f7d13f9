/** GET /v1/live: authenticates a viewer, reads its subscriptions, and hands the socket to the metric's object. */
import { Hono } from "hono";
import { sharedBy } from "../../durable-objects/metric/keys.ts";
import { keyOf } from "../../durable-objects/metric/live.ts";
import { CURSOR_HEADER, KEY_HEADER, refuseSocket, SUBSCRIPTIONS_HEADER } from "../../durable-objects/sockets.ts";
import { metricStub } from "../../durable-objects/stubs.ts";
import { PAGEVIEW } from "../../schema/event.ts";
import type { TenantId } from "../../schema/ids.ts";
import { LIVE_PROTOCOL, MAX_SUBSCRIPTIONS, Subscription } from "../../schema/live.ts";
import { isFunnel, SESSION, type TenantConfig } from "../../schema/metric.ts";
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
	viewerPrincipal,
} from "./auth.ts";
import { parseInWords } from "./issues.ts";
import { sharePrincipal } from "./share-principal.ts";
import { findForeign } from "./shared-live.ts";
import { sharedDashboard } from "./shares.ts";
import { consumeTicket } from "./tickets.ts";
import { detailOf, toProblem } from "./validate.ts";

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
	const principal = await viewer(env, request, params);
	const { tenant, share } = principal;
	const subscriptions = parseSubscriptions(params);
	const shared = share && (await sharedDashboard(env, tenant, share));
	const foreign =
		share && shared && (await findForeign(env, { ...principal, share }, shared.dashboard, subscriptions, params));
	if (foreign) return refuseSocket(NOT_SHARED, { sub: keyOf(foreign), subs: subscriptions.map(keyOf) });
	const keyId = shared ? sharedBy(principal.keyId, shared.version) : principal.keyId;
	await checkMetric(env, tenant, subscriptions[0].metric);
	const metric = await objectOf(env, tenant, subscriptions);
	const headers = new Headers({ upgrade: "websocket", [KEY_HEADER]: keyId });
	// Labels may be any Unicode, headers may not.
	headers.set(SUBSCRIPTIONS_HEADER, encodeURIComponent(JSON.stringify(subscriptions)));
	const cursor = params.get("cursor") ?? "";
	if (CURSORS.test(cursor)) headers.set(CURSOR_HEADER, cursor);
	return metricStub(env, tenant, metric).fetch("https://metric.invalid/live", { headers });
}

const NOT_SHARED = new Problem(403, "share", "No panel of the shared dashboard watches this.");

type Subscriptions = [Subscription, ...Subscription[]];

/** One for all, or comma-separated one for each, where none is empty. */
const CURSORS = /^[\d-]{0,32}(,[\d-]{0,32})*$/;

/** The metric whose object has the windows of all of them. Problem 400 where they are of two. */
async function objectOf(env: Env, tenant: TenantId, subscriptions: Subscriptions): Promise<string> {
	const [{ metric }] = subscriptions;
	// Only funnels have their windows elsewhere by what is configured, which was just asked for.
	const config = isFunnel(metric) ? await tenantConfig(env, tenant) : {};
	const [stored = metric, ...others] = new Set(subscriptions.map((each) => storedMetric(each, config)));
	if (others.length === 0) return stored;
	throw new Problem(
		400,
		"subscription",
		`sub: measures of sessions are of the metric ${others.includes(SESSION) ? SESSION : stored}, which takes a socket of its own.`,
	);
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

/**
 * Who watches: by ticket, by the key or the share's token that comes as second subprotocol, or by the session's cookie,
 * which opens sockets to our own pages only. Problem 401, 403, 404, 422.
 */
async function viewer(env: Env, request: Request, params: URLSearchParams): Promise<Principal> {
	const ticket = params.get("ticket");
	if (ticket !== null) return consumeTicket(env, ticket);
	const key = keySent(env, request, params);
	if (key?.startsWith("sh_")) return sharePrincipal(env, key);
	const site = params.get("site") ?? undefined;
	const principal = await (key === null ? viewerPrincipal(env, request, site) : authenticate(env, key, site));
	assertScope(principal, ["read"]);
	assertSiteNamed(principal);
	return principal;
}

function keySent(env: Env, request: Request, params: URLSearchParams): string | null {
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

const NOT_SUBSCRIPTION = new Set(["key", "ticket", "site", "cursor", "time", "vars"]);

/** What a URL asks for. Problem 400 with the first thing that is wrong. */
export function parseSubscriptions(params: URLSearchParams): Subscriptions {
	const [first, ...others] = params.getAll("sub");
	if (first === undefined) return [alone(params)];
	if (others.length >= MAX_SUBSCRIPTIONS)
		throw new Problem(400, "subscription", `sub: at most ${MAX_SUBSCRIPTIONS} a socket; open another one.`);
	for (const name of params.keys()) {
		if (name === "sub" || name === "metric" || NOT_SUBSCRIPTION.has(name)) continue;
		throw new Problem(400, "subscription", `${name}: where there is a sub, it stands in there.`);
	}
	const metric = params.get("metric") ?? undefined;
	const one = (text: string) => subscriptionOf({ ...jsonObject(text), metric });
	return [one(first), ...others.map(one)];
}

/** One, written as parameters. */
function alone(params: URLSearchParams): Subscription {
	const input: Record<string, unknown> = {};
	for (const [name, value] of params) if (!NOT_SUBSCRIPTION.has(name)) Object.assign(input, field(name, value));
	return subscriptionOf(input);
}

function subscriptionOf(input: Record<string, unknown>): Subscription {
	const parsed = parseInWords(Subscription, input);
	if (parsed.faults === undefined) return parsed.data;
	throw new Problem(400, "subscription", detailOf(parsed.faults, "The subscription"), {
		extra: { errors: parsed.faults },
	});
}

/** Problem 400 also where it names a metric: all of a socket are of one, which stands beside them. */
function jsonObject(text: string): object {
	const value = parsed(text);
	if (typeof value === "object" && value !== null && !Array.isArray(value) && !("metric" in value)) return value;
	throw new Problem(400, "subscription", "sub: a JSON object of a subscription, without metric.");
}

/** One URL parameter as a field of the schema, which names the plural. */
function field(name: string, value: string): Record<string, unknown> {
	if (name === "filter" || name === "filters") return { filters: parseFilters(value) };
	if (name === "groupBy") return { groupBy: value.split(",").filter((dim) => dim !== "") };
	if (name === "limit") return { limit: Number(value) };
	return { [name]: value };
}

function parseFilters(value: string): unknown {
	const filters = parsed(value);
	if (filters !== undefined) return filters;
	throw new Problem(400, "subscription", "filter: not a JSON array of filters.");
}

/** Undefined: not JSON. */
function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
