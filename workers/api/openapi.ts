/** GET /v1/openapi.json: the API as OpenAPI 3.1, made from the schemas that check the requests. */
import { Hono } from "hono";
import * as z from "zod";
import { IngestAnswer, LIMITS, WireBatch, WireEvent } from "../../schema/event.ts";
import { Filter } from "../../schema/expression.ts";
import { Frame, LIVE_PROTOCOL, MAX_SUBSCRIPTIONS, Subscription } from "../../schema/live.ts";
import { Answer, Query, Question, RAW_ANSWERS } from "../../schema/query.ts";
import { FunnelChange, NewFunnel, NewSegment, SavedFunnel, SavedSegment, SegmentChange } from "../../schema/saved.ts";
import { Values, ValuesParams } from "./dimensions.ts";
import { FieldList } from "./fields.ts";
import { ImportAnswer, ImportParams } from "./import.ts";
import { NewKey } from "./keys.ts";
import { MetricList } from "./metrics.ts";
import { DASHBOARD_OPERATIONS, NAMED } from "./openapi-dashboards.ts";
import { RebuildRequest } from "./rebuild.ts";
import { NewSite, SiteChange } from "./sites.ts";

export interface Operation {
	method: "get" | "post" | "put" | "patch" | "delete";
	path: string;
	summary: string;
	/** Scopes of the key, as the prefix says: pk_ write, sk_ server, rk_ read, ek_ edit, ak_ admin. None: public. */
	scopes: string[];
	params?: z.ZodObject;
	body?: z.ZodType;
	status: number;
	/** A JSON answer; none: no body, or one that is not described. */
	answer?: z.ZodType;
	/** Also as CSV, where the caller accepts text/csv. */
	csv?: boolean;
	/** Statuses of the problems it answers, beside 401 and 403 of every operation with scopes. */
	problems: number[];
}

const Batch = WireBatch.extend({ events: z.array(WireEvent).min(1).max(LIMITS.batchEvents) });
/** What GET writes otherwise than the body does; see workers/api/query.ts. */
const QueryParams = Query.omit({ filters: true, groupBy: true, divideBy: true }).extend({
	kind: z
		.enum(["timeseries", "total", "breakdown", "histogram", "lifecycle", "visitors", "visitor", "events"])
		.default("timeseries"),
	event: z.string().optional().describe("Of kind lifecycle."),
	visitor: z.string().optional().describe("Of kind visitor: 16 hex digits."),
	sort: z.string().optional().describe("Of kind visitors: last_seen, first_seen, events."),
	after: z.number().optional().describe("Of kind events: the cursor of the answer before."),
	filter: z.string().optional().describe("country:DE,FR; country!:DE for all but. May be repeated."),
	filters: z.string().optional().describe("JSON array, as in the body."),
	groupBy: z.string().optional().describe("Comma-separated."),
	divideBy: z.string().optional().describe("metric or metric:measure"),
});
const AnyAnswer = z.union([Answer, ...Object.values(RAW_ANSWERS)]);
const LiveParams = Subscription.omit({ filters: true, groupBy: true }).extend({
	filter: z.string().optional().describe("JSON array of filters."),
	groupBy: z.string().optional().describe("Comma-separated."),
	sub: z
		.string()
		.optional()
		.describe(`In place of all of these but metric: JSON of a subscription. Up to ${MAX_SUBSCRIPTIONS} times.`),
	cursor: z.string().optional().describe("Of the last frame: one for all subscriptions, or comma-separated."),
});
const Dimension = z.object({ dim: z.string() });
const Id = z.object({ id: z.string() });
const Visitor = z.object({ visitor: z.string().describe("16 hex digits; or no such part, and ?visitor_id=") });

/** What can be done with resources that people name and save. */
function saved(name: string, body: z.ZodType, change: z.ZodType, resource: z.ZodType): Operation[] {
	const all = `/v1/${name}s`;
	const one = { path: `${all}/{id}`, params: Id };
	const answer = z.object({ [name]: resource });
	const list = z.object({ [`${name}s`]: z.array(resource) });
	const [read, edit] = [["read"], ["edit"]];
	return [
		{ method: "get", path: all, summary: `Saved ${name}s.`, scopes: read, status: 200, answer: list, problems: [503] },
		{
			method: "post",
			path: all,
			summary: `Saves a ${name}.`,
			scopes: edit,
			body,
			status: 201,
			answer,
			problems: [400, 422, 503],
		},
		{ method: "get", ...one, summary: `A ${name}.`, scopes: read, status: 200, answer, problems: [404, 503] },
		{
			method: "put",
			...one,
			summary: `Changes a ${name}, from the version given.`,
			scopes: edit,
			body: change,
			status: 200,
			answer,
			problems: [400, 404, 409, 422, 503],
		},
		{ method: "delete", ...one, summary: `Deletes a ${name}.`, scopes: edit, status: 200, problems: [404, 409, 503] },
	];
}

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
		summary: "Answers a question: a series, a table, or what only raw events tell, by kind.",
		scopes: ["read"],
		body: Question,
		status: 200,
		answer: AnyAnswer,
		csv: true,
		problems: [400, 413, 422, 503, 504],
	},
	{
		method: "get",
		path: "/v1/query",
		summary: "The same question as parameters. Kinds that are made of more than words are asked with POST.",
		scopes: ["read"],
		params: QueryParams,
		status: 200,
		answer: AnyAnswer,
		csv: true,
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
		path: "/v1/fields",
		summary: "What events can be filtered and grouped by.",
		scopes: ["read"],
		status: 200,
		answer: FieldList,
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
		scopes: ["read", "share"],
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
	...saved("segment", NewSegment, SegmentChange, SavedSegment),
	...saved("funnel", NewFunnel, FunnelChange, SavedFunnel),
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
		path: "/v1/jobs",
		summary: "The newest jobs of a site.",
		scopes: ["admin"],
		status: 200,
		problems: [422, 503],
	},
	{
		method: "get",
		path: "/v1/jobs/{id}/result",
		summary: "The result of an export: NDJSON, an event a line. Kept for 7 days.",
		scopes: ["admin"],
		params: Id,
		status: 200,
		problems: [404, 503],
	},
	{
		method: "post",
		path: "/v1/visitors/{visitor}/export",
		summary: "Gathers everything that is kept of a visitor; answers a job.",
		scopes: ["admin"],
		params: Visitor,
		status: 202,
		problems: [400, 422, 429, 503],
	},
	{
		method: "delete",
		path: "/v1/visitors/{visitor}",
		summary: "Forgets a visitor, everywhere; answers a job.",
		scopes: ["admin"],
		params: Visitor,
		status: 202,
		problems: [400, 422, 429, 503],
	},
	{
		method: "post",
		path: "/v1/import",
		summary: "History: NDJSON, an event of the wire with `ts` a line, or CSV with a header. At most 50 MiB.",
		scopes: ["server", "admin"],
		params: ImportParams,
		status: 202,
		answer: ImportAnswer,
		problems: [400, 411, 413, 415, 422, 429, 503],
	},
	{
		method: "post",
		path: "/v1/rebuild",
		summary: "Computes the hours and days of a range anew, from raw events; answers a job.",
		scopes: ["admin"],
		body: RebuildRequest,
		status: 202,
		problems: [400, 422, 429, 503],
	},
	{
		method: "get",
		path: "/v1/health",
		summary: "200 once everything serves.",
		scopes: [],
		status: 200,
		problems: [503],
	},
	...DASHBOARD_OPERATIONS,
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

/** Schemas that contain themselves, by name: they can only be referred to. */
const named = z.registry<{ id: string }>();
named.add(Filter, { id: "Filter" });
for (const [schema, id] of NAMED) named.add(schema, { id });
const components: Record<string, unknown> = { Problem: PROBLEM };

function jsonSchema(schema: z.ZodType, io: "input" | "output"): Record<string, unknown> {
	const { $schema: _, $defs = {}, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any", metadata: named });
	// What is asked and what is answered differ in defaults, and so in what is required.
	const nameOf = (id: string) => (io === "input" ? id : `${id}Answered`);
	const placed = (value: unknown) =>
		JSON.parse(
			JSON.stringify(value).replace(/"#\/\$defs\/([^"]+)"/g, (_, id) => `"#/components/schemas/${nameOf(id)}"`),
		);
	for (const [id, { id: _, ...definition }] of Object.entries($defs)) components[nameOf(id)] = placed(definition);
	return placed(rest);
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

const content = (schema: unknown, csv = false) => ({
	content: { "application/json": { schema }, ...(csv ? { "text/csv": { schema: { type: "string" } } } : {}) },
});

function responses({ scopes, status, answer, csv, problems }: Operation) {
	const problem = {
		description: "Problem",
		...json({ $ref: "#/components/schemas/Problem" }, "application/problem+json"),
	};
	const all = [...(scopes.length > 0 ? [401, 403] : []), ...problems].sort();
	return {
		[status]: { description: "As asked", ...(answer === undefined ? {} : content(jsonSchema(answer, "output"), csv)) },
		...Object.fromEntries(all.map((code) => [code, problem])),
	};
}

const whoMay = (scopes: readonly string[]): string =>
	scopes.includes("session")
		? "Whoever is signed in."
		: `Key of scope ${scopes.join(" or ")}, or a person whose role has it.`;

function operation(op: Operation) {
	const { summary, scopes, body } = op;
	return {
		summary,
		...(scopes.length === 0 ? { security: [] } : { description: whoMay(scopes) }),
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
		security: [{ key: [] }, { session: [] }],
		paths,
		components: {
			securitySchemes: {
				key: { type: "http", scheme: "bearer", description: "pk_ write, sk_ server, rk_ read, ek_ edit, ak_ admin" },
				session: {
					type: "apiKey",
					in: "cookie",
					name: "__Host-nowcast_session",
					description:
						"Set by POST /v1/session; nowcast_session over http. Changes also need its csrf as x-nowcast-csrf.",
				},
			},
			schemas: components,
		},
	};
}

/** Made once an isolate, when first asked for. */
let document: string | null = null;

export const openapi = new Hono().get("/v1/openapi.json", (c) => {
	document ??= JSON.stringify(openApi());
	return c.body(document, 200, { "content-type": "application/json", "cache-control": "public, max-age=300" });
});
