/** Who manages people: admins of their organisation who signed in, and root keys. */
import type { MiddlewareHandler } from "hono";
import { every } from "hono/combine";
import { Problem } from "../../schema/problem.ts";
import { type ApiEnv, requireScope } from "./auth.ts";

/** After `requireScope`: a key that was made for one site is refused. Problem 403. */
export const notOfASite: MiddlewareHandler<ApiEnv> = async (c, next) => {
	const { root, person } = c.get("principal");
	if (!root && !person)
		throw new Problem(
			403,
			"people",
			"The key of one site does not manage people: sign in as an admin, or use a root key.",
		);
	await next();
};

/** Lets in admins of the organisation: that of `?org=`, else of the site. Problem 401, 403, 404. */
export const requireOrgAdmin = (): MiddlewareHandler<ApiEnv> => every(requireScope("admin"), notOfASite);
