/** The API: one Hono app, a module a resource. `App` is what the web client's types come from. */
import { Hono } from "hono";
import { annotations } from "./api/annotations.ts";
import { audit, auditing } from "./api/audit.ts";
import type { ApiEnv } from "./api/auth.ts";
import { dashboards } from "./api/dashboards.ts";
import { dead } from "./api/dead.ts";
import { digests } from "./api/digests.ts";
import { dimensions } from "./api/dimensions.ts";
import { fields } from "./api/fields.ts";
import { funnels } from "./api/funnels.ts";
import { health } from "./api/health.ts";
import { imports } from "./api/import.ts";
import { jobs } from "./api/jobs.ts";
import { keys } from "./api/keys.ts";
import { live } from "./api/live.ts";
import { members } from "./api/members.ts";
import { metrics } from "./api/metrics.ts";
import { noRoute } from "./api/no-route.ts";
import { openapi } from "./api/openapi.ts";
import { panels } from "./api/panels.ts";
import { query } from "./api/query.ts";
import { rebuild } from "./api/rebuild.ts";
import { segments } from "./api/segments.ts";
import { session } from "./api/session.ts";
import { shares } from "./api/shares.ts";
import { sites } from "./api/sites.ts";
import { status } from "./api/status.ts";
import { tickets } from "./api/tickets.ts";
import { toProblem } from "./api/validate.ts";
import { visitors } from "./api/visitors.ts";

export const app = new Hono<ApiEnv>()
	.use("/v1/*", auditing)
	.get("/v1/health", (c) => health(c.env))
	.route("/", query)
	.route("/", metrics)
	.route("/", dimensions)
	.route("/", fields)
	.route("/", live)
	.route("/", tickets)
	.route("/", sites)
	.route("/", keys)
	.route("/", segments)
	.route("/", funnels)
	.route("/", session)
	.route("/", members)
	.route("/", audit)
	.route("/", dashboards)
	.route("/", annotations)
	.route("/", panels)
	.route("/", shares)
	.route("/", digests)
	.route("/", imports)
	.route("/", rebuild)
	.route("/", visitors)
	.route("/", jobs)
	.route("/", dead)
	.route("/", status)
	.route("/", openapi);

app.notFound((c) => noRoute(app, c.req.method, c.req.path).toResponse());
app.onError((error) => toProblem(error).toResponse());

export type App = typeof app;
