/** What a request is told that no route takes: 405 where the path takes another method, else 404. */
import type { Hono } from "hono";
import { Problem } from "../../schema/problem.ts";
import type { ApiEnv } from "./auth.ts";

/** Asked of browsers and proxies, which have their own ways with them. */
const ASIDE = new Set(["HEAD", "OPTIONS"]);

/**
 * By the routes alone, which anybody may read in /v1/openapi.json: not by what is behind a path, nor by who asks, so that
 * it tells nothing of either.
 */
export function noRoute(app: Hono<ApiEnv>, method: string, path: string): Problem {
	const allow = ASIDE.has(method) ? [] : methodsOf(app, path);
	if (allow.length === 0) {
		return new Problem(404, "no_route", `There is no ${method} ${path}. See /v1/openapi.json.`);
	}
	return new Problem(405, "method", `${path} takes ${allow.join(", ")}, not ${method}.`, { allow });
}

/** Methods that a route of this path takes; HEAD where GET. Middleware takes all, and is no route. */
function methodsOf(app: Hono<ApiEnv>, path: string): string[] {
	const known = new Set(app.routes.map(({ method }) => method).filter((method) => method !== "ALL"));
	const takes = (method: string) => app.router.match(method, path)[0].some(([[, route]]) => route.method === method);
	return [...known]
		.filter(takes)
		.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]))
		.sort();
}
