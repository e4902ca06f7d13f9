import { Hono } from "hono";
import { Problem } from "../../schema/problem.ts";
import { type JobRow, jobById } from "../store/jobs.ts";
import { type ApiEnv, requireScope } from "./auth.ts";

const time = (ms: number) => new Date(ms).toISOString();

const toStatus = (job: JobRow) => ({
	id: job.id,
	kind: job.kind,
	site: job.site,
	status: job.status,
	step: job.step,
	progress: job.state,
	error: job.error,
	created_at: time(job.createdAt),
	updated_at: time(job.updatedAt),
	next_at: job.status === "done" ? null : time(job.dueAt),
});

/** GET /v1/jobs/:id, for the site's admin and root. Problem 401, 403, 404. */
export const jobs = new Hono<ApiEnv>().get("/v1/jobs/:id", requireScope("admin"), async (c) => {
	const principal = c.get("principal");
	const id = c.req.param("id");
	const job = await jobById(c.env, id);
	if (!job || !(principal.root || job.site === principal.tenant)) {
		throw new Problem(404, "no_job", `There is no job ${JSON.stringify(id)} here.`);
	}
	return c.json({ job: toStatus(job) });
});
