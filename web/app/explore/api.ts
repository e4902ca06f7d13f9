import type { Filter } from "../../../schema/expression.ts";
import type { Field } from "../../../schema/fields.ts";
import type { RawAnswer } from "../../../schema/query.ts";
import type { FunnelDefinition, RawQuestion, RawQuestionInput } from "../../../schema/questions.ts";
import type { SavedFunnel, SavedSegment } from "../../../schema/saved.ts";
import { Failure, send } from "../api.ts";

const JSON_TYPE = { "content-type": "application/json" };

async function call<Body>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Body> {
	const response = await send(path, {
		method,
		cache: "no-store",
		...(body === undefined ? {} : { headers: JSON_TYPE, body: JSON.stringify(body) }),
		...(signal ? { signal } : {}),
	});
	return response.json();
}

/** POST /v1/query of a question that only raw events answer: its kind decides what comes back. */
export const askRaw = <Kind extends RawQuestion["kind"]>(
	question: Extract<RawQuestionInput, { kind: Kind }>,
	signal: AbortSignal,
): Promise<RawAnswer<Kind>> => call("POST", "/v1/query", question, signal);

/** GET /v1/fields: names that filters and breakdowns take; null where the server has no such route. */
export async function fetchFields(): Promise<string[] | null> {
	try {
		const { fields } = await call<{ fields: Field[] }>("GET", "/v1/fields");
		return fields.filter((field) => field.kind !== "time").map((field) => field.name);
	} catch (error) {
		if (error instanceof Failure && error.status === 404) return null;
		throw error;
	}
}

/** What is saved under a name: its routes, and the names of its fields in their bodies. */
export interface Resource<Item, Body> {
	list(): Promise<Item[]>;
	create(name: string, body: Body): Promise<Item>;
	/** Failure 409 where somebody changed it since `version`. */
	update(id: string, version: number, name: string, body: Body): Promise<Item>;
	remove(id: string): Promise<unknown>;
}

export const segmentResource: Resource<SavedSegment, Filter> = {
	list: async () => (await call<{ segments: SavedSegment[] }>("GET", "/v1/segments")).segments,
	create: async (name, filter) =>
		(await call<{ segment: SavedSegment }>("POST", "/v1/segments", { name, filter })).segment,
	update: async (id, version, name, filter) =>
		(await call<{ segment: SavedSegment }>("PUT", `/v1/segments/${id}`, { version, name, filter })).segment,
	remove: (id) => call("DELETE", `/v1/segments/${id}`),
};

export const funnelResource: Resource<SavedFunnel, FunnelDefinition> = {
	list: async () => (await call<{ funnels: SavedFunnel[] }>("GET", "/v1/funnels")).funnels,
	create: async (name, definition) =>
		(await call<{ funnel: SavedFunnel }>("POST", "/v1/funnels", { name, definition })).funnel,
	update: async (id, version, name, definition) =>
		(await call<{ funnel: SavedFunnel }>("PUT", `/v1/funnels/${id}`, { version, name, definition })).funnel,
	remove: (id) => call("DELETE", `/v1/funnels/${id}`),
};
