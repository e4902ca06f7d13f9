import { Hono } from "hono";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import { Problem } from "../../schema/problem.ts";
import type { Env } from "../env.ts";
import { resultKey } from "../jobs/export.ts";
import { countOpenJobs, type JobRow, jobById, listJobs } from "../store/jobs.ts";
import { type ApiEnv, assertSiteNamed, type Principal, requireScope } from "./auth.ts";

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
	next_at: job.status === "waiting" || job.status === "running" ? time(job.dueAt) : null,
});

/** Jobs in a list. */
const LISTED = 50;

/** The job, for the site's admin and root; to others it does not exist. Problem 404. */
async function visibleJob(env: Env, principal: Principal, id: string): Promise<JobRow> {
	const job = await jobById(env, id);
	if (job && (principal.root || job.site === principal.tenant)) return job;
	throw new Problem(404, "no_job", `There is no job ${JSON.stringify(id)} here.`);
}

/** Jobs of a site that are not over. */
const MOST_OPEN = 50;

/** Problem 429 where too many of the site's jobs are not over yet (I8). */
export async function assertRoomForJob(env: Env, site: TenantId): Promise<void> {
	if ((await countOpenJobs(env, site)) < MOST_OPEN) return;
	const detail = `This site has ${MOST_OPEN} jobs that are not done. GET /v1/jobs lists them; try again later.`;
	throw new Problem(429, "jobs", detail, { retryAfter: 60 });
}

/** What a route answers that started a job. */
export const started = (id: string) => ({ job: { id, status: `/v1/jobs/${id}` } });

/** The result of an export. Problem 404 where there is none: not yet, or no more. */
async function resultOf(env: Env, { id, site, kind, step }: JobRow): Promise<Response> {
	const isThere = kind === "export" && step === "done";
	const object = isThere ? await env.ARCHIVE.get(resultKey(tenantId(site), id)) : null;
	if (object === null) {
		const detail = "There is no result: exports have one from when they are done until 7 days later.";
		throw new Problem(404, "no_result", detail);
	}
	const headers = new Headers({ "cache-control": "no-store", "content-length": String(object.size) });
	headers.set("content-type", "application/x-ndjson");
	headers.set("content-disposition", `attachment; filename="${id}.ndjson"`);
	return new Response(object.body, { headers });
}

/** GET /v1/jobs, /v1/jobs/:id, /v1/jobs/:id/result. Problem 401, 403, 404, 422. */
export const jobs = new Hono<ApiEnv>()
	.get("/v1/jobs", requireScope("admin"), async (c) => {
		assertSiteNamed(c.get("principal"));
		const rows = await listJobs(c.env, c.get("principal").tenant, LISTED);
		return c.json({ jobs: rows.map(toStatus) });
	})
	.get("/v1/jobs/:id", requireScope("admin"), async (c) =>
		c.json({ job: toStatus(await visibleJob(c.env, c.get("principal"), c.req.param("id"))) }),
	)
	.get("/v1/jobs/:id/result", requireScope("admin"), async (c) =>
		resultOf(c.env, await visibleJob(c.env, c.get("principal"), c.req.param("id"))),
	);
