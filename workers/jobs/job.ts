/** What a kind of job is: steps that may each be repeated, one after another, remembering a little in between. */
import type { TenantId } from "../../schema/ids.ts";
import type { Env } from "../env.ts";
import { insertJob, type JobRow } from "../store/jobs.ts";

export type JobKind = JobRow["kind"];

export interface StepResult {
	/** The step that comes next; "done": none. */
	next: string;
	/** What changed of the job's state. It is kept in one row, and shown as `progress`: small, and nothing secret. */
	state: Record<string, unknown>;
	/** Wait before the next step, ms; after the last, when the result goes. */
	waitMs?: number;
}

/**
 * Runs the job's step. A step takes seconds, ends before a lease of minutes does, and may run twice, even at the same
 * time: what it did is known only once its result is saved.
 */
export type RunStep = (
	env: Env,
	job: Pick<JobRow, "id" | "site" | "step" | "state">,
	now: number,
) => Promise<StepResult>;

/** A step that no repetition helps: the job ends with this as its error. */
export class JobFailed extends Error {
	override name = "JobFailed";
}

/** Starts a job; one that is there under this id already stays as it is. */
export async function startJob(
	env: Env,
	job: { id: string; kind: JobKind; site: TenantId; step: string; state: Record<string, unknown> },
	now: number,
): Promise<void> {
	await insertJob(env, { ...job, status: "waiting", createdAt: now, updatedAt: now, dueAt: now });
	await env.JOBS.send({ v: 1, job: job.id });
}
