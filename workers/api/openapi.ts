/** GET /v1/openapi.json: the API as OpenAPI 3.1, made from the schemas that check the requests. */
import { Hono } from "hono";
import * as z from "zod";
import { IngestAnswer, LIMITS, WireBatch, WireEvent } from "../../schema/event.ts";
import { Frame, LIVE_PROTOCOL, Subscription } from "../../schema/live.ts";
import { Answer, Query } from "../../schema/query.ts";
import { Values, ValuesParams } from "./dimensions.ts";
import { NewKey } from "./keys.ts";
import { MetricList } from "./metrics.ts";
import { NewSite, SiteChange } from "./sites.ts";

interface Operation {
	method: "get" | "post" | "patch" | "delete";
	path: string;
	summary: string;
	/** Scopes of the key, as the prefix says: pk_ write, sk_ server, rk_ read, ak_ admin. None: public. */
	scopes: string[];
	params?: z.ZodObject;
	body?: z.ZodType;
	status: number;
	/** A JSON answer; none: no body, or one that is not described. */
	answer?: z.ZodType;
	/** Statuses of the problems it answers, beside 401 and 403 of every operation with scopes. */
	problems: number[];
}

const Batch = WireBatch.extend({ events: z.array(WireEvent).min(1).max(LIMITS.batchEvents) });
/** What GET writes otherwise than the body does; see workers/api/query.ts. */
const QueryParams = Query.omit({ filters: true, groupBy: true, divideBy: true }).extend({
	filter: z.string().optional().describe("country:DE,FR; country!:DE for all but. May be repeated."),
	filters: z.string().optional().describe("JSON array, as in the body."),
	groupBy: z.string().optional().describe("Comma-separated."),
	divideBy: z.string().optional().describe("metric or metric:measure"),
});
const LiveParams = Subscription.omit({ filters: true, groupBy: true }).extend({
	filter: z.string().optional().describe("JSON array of filters."),
	groupBy: z.string().optional().describe("Comma-separated."),
});
const Dimension = z.object({ dim: z.string() });
const Id = z.object({ id: z.string() });

const OPERATIONS: Operation[] = [
	{
		method: "post",
		path: "/v1/events",
		summary: "Takes a batch of events. 202 means durable. Browsers send ?key= and text/plain.",
		scopes: ["write", "server"],
		body: Batch,
		status: 202,
		answer: IngestAnswer,
		problems: [400, 413, 415, 429, 503],
	},
	{
		method: "post",
		path: "/v1/query",
		summary: "Answers a question.",
		scopes: ["read"],
		body: Query,
		status: 200,
		answer: Answer,
		problems: [400, 413, 422, 503, 504],
	},
	{
		method: "get",
		path: "/v1/query",
		summary: "The same question as parameters.",
		scopes: ["read"],
		params: QueryParams,
		status: 200,
		answer: Answer,
		problems: [400, 422, 503, 504],
	},
	{
		method: "get",
		path: "/v1/metrics",
		summary: "What can be asked.",
		scopes: ["read"],
		status: 200,
		answer: MetricList,
		problems: [503],
	},
	{
		method: "get",
		path: "/v1/dimensions/{dim}/values",
		summary: "The values that a dimension had.",
		scopes: ["read"],
		params: ValuesParams.extend(Dimension.shape),
		status: 200,
		answer: Values,
		problems: [400, 422, 503, 504],
	},
	{
		method: "get",
		path: "/v1/live",
		summary: `A WebSocket of frames, subprotocol ${LIVE_PROTOCOL} and the key.`,
		scopes: ["read"],
		params: LiveParams,
		status: 101,
		answer: Frame,
		problems: [400, 422, 503],
	},
	{
		method: "post",
		path: "/v1/tickets",
		summary: "A ticket for one socket, valid 60 s.",
		scopes: ["read"],
		status: 201,
		problems: [503],
	},
	{
		method: "get",
		path: "/v1/site",
		summary: "The caller's own site.",
		scopes: ["read"],
		status: 200,
		problems: [503],
	},
	{
		method: "get",
		path: "/v1/sites",
		summary: "Sites that the key manages.",
		scopes: ["admin"],
		status: 200,
		problems: [503],
	},
	{
		method: "post",
		path: "/v1/sites",
		summary: "Makes a site and its first keys, shown once.",
		scopes: ["admin"],
		body: NewSite,
		status: 201,
		problems: [400, 503],
	},
	{
		method: "get",
		path: "/v1/sites/{id}",
		summary: "A site.",
		scopes: ["admin"],
		params: Id,
		status: 200,
		problems: [404, 503],
	},
	{
		method: "patch",
		path: "/v1/sites/{id}",
		summary: "Changes a site, from the version given.",
		scopes: ["admin"],
		params: Id,
		body: SiteChange,
		status: 200,
		problems: [400, 404, 409, 422, 503],
	},
	{
		method: "delete",
		path: "/v1/sites/{id}",
		summary: "Deletes a site and all it owns; answers a job.",
		scopes: ["admin"],
		params: Id,
		status: 202,
		problems: [404, 503],
	},
	{
		method: "get",
		path: "/v1/keys",
		summary: "Keys, without their secrets.",
		scopes: ["admin"],
		status: 200,
		problems: [503],
	},
	{
		method: "post",
		path: "/v1/keys",
		summary: "Makes a key, shown once.",
		scopes: ["admin"],
		body: NewKey,
		status: 201,
		problems: [400, 422, 503],
	},
	{
		method: "delete",
		path: "/v1/keys/{id}",
		summary: "Revokes a key: dead everywhere within 60 s.",
		scopes: ["admin"],
		params: Id,
		status: 200,
		problems: [404, 503],
	},
	{
		method: "get",
		path: "/v1/jobs/{id}",
		summary: "How far a job is.",
		scopes: ["admin"],
		params: Id,
		status: 200,
		problems: [404, 503],
	},
	{
		method: "get",
		path: "/v1/health",
		summary: "200 once everything serves.",
		scopes: [],
		status: 200,
		problems: [503],
	},
];

const PROBLEM = {
	type: "object",
	description: "RFC 9457. `type` is stable; `detail` says what to do.",
	required: ["type", "title", "status", "detail"],
	properties: {
		type: { type: "string" },
		title: { type: "string" },
		status: { type: "integer" },
		detail: { type: "string" },
		errors: {
			type: "array",
			items: { type: "object", properties: { path: { type: "string" }, message: { type: "string" } } },
		},
	},
};

function jsonSchema(schema: z.ZodType, io: "input" | "output"): Record<string, unknown> {
	const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
	return rest;
}

const json = (schema: unknown, type = "application/json") => ({ content: { [type]: { schema } } });

function parameters({ path, params }: Operation) {
	if (params === undefined) return {};
	const { properties = {}, required = [] } = jsonSchema(params, "input") as {
		properties?: object;
		required?: string[];
	};
	const list = Object.entries(properties).map(([name, schema]) => {
		const inPath = path.includes(`{${name}}`);
		return { name, in: inPath ? "path" : "query", required: inPath || required.includes(name), schema };
	});
	return { parameters: list };
}

function responses({ scopes, status, answer, problems }: Operation) {
	const problem = {
		description: "Problem",
		...json({ $ref: "#/components/schemas/Problem" }, "application/problem+json"),
	};
	const all = [...(scopes.length > 0 ? [401, 403] : []), ...problems].sort();
	return {
		[status]: { description: "As asked", ...(answer === undefined ? {} : json(jsonSchema(answer, "output"))) },
		...Object.fromEntries(all.map((code) => [code, problem])),
	};
}

function operation(op: Operation) {
	const { summary, scopes, body } = op;
	return {
		summary,
		...(scopes.length === 0 ? { security: [] } : { description: `Key of scope ${scopes.join(" or ")}.` }),
		...parameters(op),
		...(body === undefined ? {} : { requestBody: { required: true, ...json(jsonSchema(body, "input")) } }),
		responses: responses(op),
	};
}

/** The document; the same for every caller. */
export function openApi(): Record<string, unknown> {
	const paths: Record<string, Record<string, unknown>> = {};
	for (const op of OPERATIONS) paths[op.path] = { ...paths[op.path], [op.method]: operation(op) };
	return {
		openapi: "3.1.0",
		info: {
			title: "Nowcast",
			version: "1",
			description: "Real-time analytics. Every answer says how fresh and how exact it is.",
		},
		security: [{ key: [] }],
		paths,
		components: {
			securitySchemes: {
				key: { type: "http", scheme: "bearer", description: "pk_ write, sk_ server, rk_ read, ak_ admin" },
			},
			schemas: { Problem: PROBLEM },
		},
	};
}

/** Made once an isolate, when first asked for. */
let document: string | null = null;

export const openapi = new Hono().get("/v1/openapi.json", (c) => {
	document ??= JSON.stringify(openApi());
	return c.body(document, 200, { "content-type": "application/json", "cache-control": "public, max-age=300" });
});
