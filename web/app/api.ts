import type { ProblemDocument } from "../../schema/problem.ts";
import type { Answer, QueryInput } from "../../schema/query.ts";
import { key, signOut } from "./key.ts";

/** The caller's own site, as far as the page shows it. */
export interface Site {
	id: string;
	name: string;
	zone: string;
	currency: string | null;
	dimensions: string[];
}

/** What went wrong, in words for the person in front of the page. */
export class Failure extends Error {
	override name = "Failure";
	/** HTTP status; 0 where no answer came. */
	readonly status: number;
	/** Slug of the problem document's type; empty where there was none. */
	readonly code: string;

	constructor(status: number, code: string, detail: string) {
		super(detail);
		this.status = status;
		this.code = code;
	}

	/** Is asking again worth a button? */
	get retryable(): boolean {
		return this.status === 0 || this.status === 429 || this.status >= 500;
	}
}

/** A whole answer takes milliseconds; past this a connection is as good as lost. */
const TIMEOUT_MS = 30_000;

async function failureOf(response: Response): Promise<Failure> {
	const text = await response.text();
	try {
		const problem = JSON.parse(text) as Partial<ProblemDocument>;
		const code = (problem.type ?? "").split(":").pop() ?? "";
		return new Failure(
			response.status,
			code,
			problem.detail ?? problem.title ?? `The server answered ${response.status}.`,
		);
	} catch {
		return new Failure(response.status, "", `The server answered ${response.status}.`);
	}
}

/** The one place that talks HTTP. `T` is the contract's type for that route (schema/). */
async function call<T>(path: string, init: RequestInit & { as?: string } = {}): Promise<T> {
	const { as = key.peek(), ...rest } = init;
	const headers = new Headers(rest.headers);
	if (as !== null) headers.set("authorization", `Bearer ${as}`);
	const timeout = AbortSignal.timeout(TIMEOUT_MS);
	let response: Response;
	try {
		response = await fetch(path, {
			...rest,
			headers,
			signal: rest.signal ? AbortSignal.any([rest.signal, timeout]) : timeout,
		});
	} catch (error) {
		if (rest.signal?.aborted) throw error;
		throw new Failure(
			0,
			"unreachable",
			timeout.aborted ? "No answer after 30 seconds." : "The server cannot be reached.",
		);
	}
	if (response.ok) return (await response.json()) as T;
	// A key that was revoked while the page was open: back to the login.
	if (response.status === 401 && as === key.peek()) signOut();
	throw await failureOf(response);
}

/** POST /v1/query. A metric that nobody has sent yet is an empty answer, not an error: the page is often opened first. */
export async function ask(query: QueryInput, signal?: AbortSignal): Promise<Answer> {
	try {
		return await call<Answer>("/v1/query", {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(query),
			...(signal ? { signal } : {}),
		});
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
export const fetchSite = async (as?: string): Promise<Site> =>
	(await call<{ site: Site }>("/v1/site", as === undefined ? {} : { as })).site;

/** GET /v1/metrics: names of the site's events, without the synthetic ones. */
export async function fetchMetrics(): Promise<string[]> {
	const { metrics } = await call<{ metrics: { name: string; kind: string }[] }>("/v1/metrics", { cache: "no-store" });
	return metrics.filter((metric) => metric.kind === "event").map((metric) => metric.name);
}
