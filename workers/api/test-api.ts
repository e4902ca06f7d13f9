/** Test support. For the tests of the admin routes: the routes alone, a caller, and sites of one's own. */
import { env } from "cloudflare:test";
import { Hono } from "hono";
import type { ProblemDocument } from "../../schema/problem.ts";
import { annotations } from "./annotations.ts";
import { audit, auditing } from "./audit.ts";
import type { ApiEnv, Site } from "./auth.ts";
import { dashboards } from "./dashboards.ts";
import { dead } from "./dead.ts";
import { digests } from "./digests.ts";
import { funnels } from "./funnels.ts";
import { imports } from "./import.ts";
import { jobs } from "./jobs.ts";
import { keys } from "./keys.ts";
import { members } from "./members.ts";
import { panels } from "./panels.ts";
import { rebuild } from "./rebuild.ts";
import { segments } from "./segments.ts";
import { session } from "./session.ts";
import { shares } from "./shares.ts";
import { sites } from "./sites.ts";
import { status } from "./status.ts";
import { tickets } from "./tickets.ts";
import { toProblem } from "./validate.ts";
import { visitors } from "./visitors.ts";

export const app = new Hono<ApiEnv>();
app.use("/v1/*", auditing);
for (const route of [dead, funnels, imports, jobs, keys, rebuild, segments, sites, status, tickets, visitors])
	app.route("/", route);
for (const route of [session, members, audit, dashboards, annotations, panels, shares, digests]) app.route("/", route);
app.onError((error) => toProblem(error).toResponse());

export const ROOT = "ak_test_root";

export interface Made {
	site: Site;
	keys: { write: string; server: string; read: string; edit: string; admin: string };
}

const request = (method: string, path: string, key: string | null, body?: unknown) =>
	app.request(
		path,
		{
			method,
			headers: key === null ? {} : { authorization: `Bearer ${key}` },
			...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
		},
		env,
	);

/** The JSON of an answer that must have this status. */
export async function call<T = Record<string, unknown>>(
	status: number,
	method: string,
	path: string,
	key: string | null,
	body?: unknown,
): Promise<T> {
	const response = await request(method, path, key, body);
	const text = await response.text();
	if (response.status !== status) throw new Error(`${method} ${path}: ${response.status} ${text}`);
	return JSON.parse(text) as T;
}

/** The problem document of a refusal: checked to be one. */
export async function refused(
	status: number,
	method: string,
	path: string,
	key: string | null,
	body?: unknown,
): Promise<ProblemDocument> {
	const response = await request(method, path, key, body);
	const document = (await response.json()) as ProblemDocument;
	const type = response.headers.get("content-type");
	if (type !== "application/problem+json" || response.status !== status || document.status !== status) {
		throw new Error(`${method} ${path}: ${response.status} ${type} ${JSON.stringify(document)}`);
	}
	return document;
}

export const newSite = (settings: Record<string, unknown> = {}): Promise<Made> =>
	call<Made>(201, "POST", "/v1/sites", ROOT, { name: "a site", ...settings });
