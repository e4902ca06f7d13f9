import type { App } from "nowcast:app";
import { hc, type InferRequestType, type InferResponseType } from "hono/client";
import type * as z from "zod";
import type { DashboardRecord } from "../../schema/dashboard.ts";
import type { Session, SignIn } from "../../schema/people.ts";
import type { ProblemDocument } from "../../schema/problem.ts";
import type { Answer, QueryInput } from "../../schema/query.ts";
import { type Credential, credential, enterSession, signOut } from "./key.ts";
import { CSRF } from "./model/words.ts";

export { liveQuery, protocols } from "./key.ts";

/**
 * The API, typed by the app that serves it: a route that changes breaks the page when it is checked, not when it is open.
 * The types are declarations (dist/types, by `npm run check`): the Worker's sources know a Worker's globals, not a page's.
 */
const { v1 } = hc<App>("/", { fetch: send });

/** The caller's own site. */
export type Site = InferResponseType<typeof v1.site.$get>["site"];

/** What went wrong, in words for the person in front of the page. */
export class Failure extends Error {
	override name = "Failure";
	/** HTTP status; 0 where no answer came. */
	readonly status: number;
	/** Slug of the problem document's type; empty where there was none. */
	readonly code: string;
	/** The problem document's further members: `current` of a conflict, for one. */
	readonly extra: Record<string, unknown>;
	/** Seconds after which another try makes sense; null where the server did not say. */
	readonly retryAfter: number | null;

	constructor(
		status: number,
		code: string,
		detail: string,
		extra: Record<string, unknown> = {},
		retryAfter: number | null = null,
	) {
		super(detail);
		this.status = status;
		this.code = code;
		this.extra = extra;
		this.retryAfter = retryAfter;
	}

	/** Is asking again worth a button? */
	get retryable(): boolean {
		return this.status === 0 || this.status === 429 || this.status >= 500;
	}
}

/** A whole answer takes milliseconds; past this a connection is as good as lost. */
const TIMEOUT_MS = 30_000;
const AUTHORIZATION = "authorization";

async function failureOf(response: Response): Promise<Failure> {
	const text = await response.text();
	const retryAfter = Number(response.headers.get("retry-after")) || null;
	try {
		const { type, title, status: _, detail, ...extra } = JSON.parse(text) as Partial<ProblemDocument>;
		const code = (type ?? "").split(":").pop() ?? "";
		const said = detail ?? title ?? `The server answered ${response.status}.`;
		return new Failure(response.status, code, said, extra, retryAfter);
	} catch {
		return new Failure(response.status, "", `The server answered ${response.status}.`, {}, retryAfter);
	}
}

/** For `fetch`: says who asks, and of which site. A session's cookie goes by itself; its CSRF word does not. */
function signed(
	mine: Credential | null,
	input: RequestInfo | URL,
	method: string,
	headers: Headers,
): RequestInfo | URL {
	if (mine === null || headers.has(AUTHORIZATION)) return input;
	if (mine.kind === "session") {
		if (method !== "GET" && method !== "HEAD") headers.set(CSRF, mine.session.csrf);
	} else headers.set(AUTHORIZATION, `Bearer ${mine.kind === "key" ? mine.key : mine.token}`);
	if (mine.kind === "share") return input;
	if (mine.site === "" || input instanceof Request) return input;
	const url = new URL(input, location.href);
	if (!url.searchParams.has("site")) url.searchParams.set("site", mine.site);
	return url;
}

/** The one place that talks HTTP: signed, within a time limit, and `Failure` for every answer that is none. */
export async function send(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
	const headers = new Headers(init.headers);
	const mine = headers.has(AUTHORIZATION) ? null : credential.peek();
	const target = signed(mine, input, (init.method ?? "GET").toUpperCase(), headers);
	const timeout = AbortSignal.timeout(TIMEOUT_MS);
	let response: Response;
	try {
		response = await fetch(target, {
			...init,
			headers,
			signal: init.signal ? AbortSignal.any([init.signal, timeout]) : timeout,
		});
	} catch (error) {
		if (init.signal?.aborted) throw error;
		throw new Failure(
			0,
			"unreachable",
			timeout.aborted ? "No answer after 30 seconds." : "The server cannot be reached.",
		);
	}
	if (response.ok) return response;
	// A key that was revoked, or a session that ended, while the page was open: back to the login.
	if (response.status === 401 && mine !== null && mine.kind !== "share" && mine === credential.peek()) signOut();
	const failure = await failureOf(response);
	if (failure.code === "csrf" && mine?.kind === "session" && (await renewed(mine))) return send(input, init);
	throw failure;
}

/** Signing in in another tab changes the word that changes need: asks for the new one. False: it was the right one. */
async function renewed({ session }: Extract<Credential, { kind: "session" }>): Promise<boolean> {
	const now = await fetchSession();
	if (now === null || now.user.id !== session.user.id || now.csrf === session.csrf) return false;
	enterSession(now);
	return true;
}

const JSON_TYPE = { "content-type": "application/json" };

/** One call of the API with JSON both ways; null where the answer is empty. @throws Failure */
export async function call<Answer>(
	method: string,
	path: string,
	body?: unknown,
	signal?: AbortSignal,
): Promise<Answer> {
	const response = await send(path, {
		method,
		cache: "no-store",
		...(body === undefined ? {} : { headers: JSON_TYPE, body: JSON.stringify(body) }),
		...(signal ? { signal } : {}),
	});
	const text = await response.text();
	return JSON.parse(text === "" ? "null" : text);
}

/** GET /v1/dashboards/:uid */
export const fetchDashboard = (uid: string, signal?: AbortSignal): Promise<DashboardRecord> =>
	call("GET", `/v1/dashboards/${encodeURIComponent(uid)}`, undefined, signal);

/** GET /v1/session: whose cookie this browser has; null where it has none. @throws Failure where the server did not say */
export async function fetchSession(): Promise<Session | null> {
	try {
		return await call<Session>("GET", "/v1/session");
	} catch (error) {
		if (error instanceof Failure && (error.status === 401 || error.status === 404)) return null;
		throw error;
	}
}

/** POST /v1/session. @throws Failure 401 for a wrong address or password, 429 after too many tries */
export const postSession = (how: z.input<typeof SignIn>): Promise<Session> => call("POST", "/v1/session", how);

/** Signs out here, and at the server where there is a session: its cookie is the server's to take away. */
export async function leave(): Promise<void> {
	// Also where the server does not answer: this browser at least forgets.
	if (credential.peek()?.kind === "session") await call("DELETE", "/v1/session").catch(() => {});
	signOut();
}

/** POST /v1/query. A metric that nobody has sent yet is an empty answer, not an error: the page is often opened first. */
export async function ask(query: QueryInput, signal?: AbortSignal): Promise<Answer> {
	try {
		const response = await v1.query.$post({ json: query }, signal ? { init: { signal } } : {});
		const answer = await response.json();
		// The route answers raw questions, too; a question about series gets series or a table.
		if ("series" in answer || "table" in answer) return answer;
		throw new Failure(response.status, "answer", "The server answered another question.");
	} catch (error) {
		if (error instanceof Failure && error.code === "metric") return nothing(query);
		throw error;
	}
}

function nothing({ interval = "auto", timezone = "UTC" }: QueryInput): Answer {
	const now = new Date().toISOString();
	const exactly = { exact: true, error: null, sampled: false, partial: false, behind_ms: 0, rows_read: 0, took_ms: 0 };
	return {
		series: [{ group: {}, points: [], total: 0 }],
		table: [],
		total: 0,
		meta: { sources: [], ...exactly, from: now, to: now, interval, timezone },
	};
}

/** GET /v1/site; `as` tries a key before it is kept. */
export async function fetchSite(as?: string): Promise<Site> {
	const response = await v1.site.$get({}, as === undefined ? {} : { headers: { [AUTHORIZATION]: `Bearer ${as}` } });
	return (await response.json()).site;
}

/**
 * Does any site have this key? A write key may read nothing, so the refusal tells: 403 for a key that is known, 401 for
 * one that is not. @throws Failure where the server did not say
 */
export async function isKnownKey(value: string): Promise<boolean> {
	try {
		await fetchSite(value);
		return true;
	} catch (error) {
		if (error instanceof Failure && (error.status === 401 || error.status === 403)) return error.status === 403;
		throw error;
	}
}

/** GET /v1/metrics: names of the site's events, without the synthetic ones. */
export async function fetchMetrics(): Promise<string[]> {
	const response = await v1.metrics.$get({}, { init: { cache: "no-store" } });
	const { metrics } = await response.json();
	return metrics.filter((metric) => metric.kind === "event").map((metric) => metric.name);
}

const values = v1.dimensions[":dim"].values.$get;
type ValuesParams = InferRequestType<typeof values>["query"];

/** GET /v1/dimensions/:dim/values: what a field had lately, most frequent first. */
export async function fetchValues(
	dim: string,
	{ limit, ...params }: Omit<ValuesParams, "limit"> & { limit: number },
	signal?: AbortSignal,
) {
	const query = { ...params, limit: String(limit) };
	const response = await values(
		{ param: { dim: encodeURIComponent(dim) }, query },
		{ init: { cache: "no-store", ...(signal && { signal }) } },
	);
	return response.json();
}
