/** Brings jobs forward, one step a message. The state is D1's: a message that is lost or comes twice changes nothing. */
import * as z from "zod";
import type { Env } from "../env.ts";
import { bury } from "../rollup/dead.ts";
import { claimJob, dueJobs, type JobRow, jobById, saveStep } from "../store/jobs.ts";
import { siteById } from "../store/sites.ts";
import { runBackfillStep } from "./backfill.ts";
import { runDeleteStep } from "./delete-site.ts";
import { runEraseStep } from "./erase.ts";
import { expireExports, runExportStep } from "./export.ts";
import { JobFailed, type JobKind, type RunStep } from "./job.ts";
import { runRebuildStep } from "./rebuild.ts";

export const JobMessage = z.object({ v: z.literal(1), job: z.string() });

const KINDS: Record<JobKind, RunStep> = {
	delete_site: runDeleteStep,
	export: runExportStep,
	rebuild: runRebuildStep,
	erase: runEraseStep,
	backfill: runBackfillStep,
};

/** How long a step is left alone before the cron takes its message for lost, ms. Steps take seconds. */
const LEASE_MS = 5 * 60_000;
/** A step that failed is tried again after this, then after twice of it, up to AGAIN_MAX_MS. */
const AGAIN_MS = 60_000;
const AGAIN_MAX_MS = 60 * 60_000;
/** Failures of one step after which a job is given up: some 12 h. What must end, whatever happens, has no end of tries. */
const TRIES = 16;
const MUST_END: ReadonlySet<JobKind> = new Set(["delete_site", "erase"]);
/** Jobs that one cron run kicks. */
const KICKED = 50;
/** The longest delay a Queue takes, s. */
const MAX_DELAY_S = 12 * 3600;

/** Consumer of nowcast-jobs. */
export async function consumeJobs(batch: MessageBatch<unknown>, env: Env, now = Date.now): Promise<void> {
	for (const message of batch.messages) {
		const parsed = JobMessage.safeParse(message.body);
		if (parsed.success) await advance(env, parsed.data.job, now);
		else await bury(env, batch.queue, message, `malformed: ${parsed.error.message}`, now());
		message.ack();
	}
}

const isOver = ({ status }: JobRow) => status === "done" || status === "failed";

/** Runs the job's step if it is due, and sends for the next one. */
export async function advance(env: Env, id: string, now: () => number): Promise<void> {
	const job = await jobById(env, id);
	if (!job || isOver(job)) return;
	// Another message has this step, or had it: each sends for the next one itself, and the cron for one that was lost.
	if (job.dueAt > now()) return;
	const lease = now() + LEASE_MS;
	if (!(await claimJob(env, job, lease, now()))) return;
	const change = await runStep(env, job, now);
	// Whoever took the lease over repeats the step, and says what comes of it.
	if (!(await saveStep(env, id, lease, { ...change, updatedAt: now() }))) return;
	if (change.status === "waiting" || change.status === "running")
		await send(env, id, Math.max(0, change.dueAt - now()));
}

/** What becomes of the job. */
async function runStep(env: Env, job: JobRow, now: () => number) {
	try {
		if (job.kind !== "delete_site" && !(await siteById(env, job.site))) throw new JobFailed("The site was deleted.");
		const { next, state, waitMs = 0 } = await KINDS[job.kind](env, job, now());
		const status = next === "done" ? "done" : waitMs > 0 ? "waiting" : "running";
		const stand = { state: { ...job.state, ...state }, error: null, tries: 0, dueAt: now() + waitMs };
		return { ...stand, status, step: next } as const;
	} catch (error) {
		return { ...failed(error, job), dueAt: now() + Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** job.tries) } as const;
	}
}

function failed(error: unknown, { kind, step, tries }: JobRow) {
	console.error(`job ${kind}: step ${step} failed`, error);
	const hopeless = error instanceof JobFailed || (tries + 1 >= TRIES && !MUST_END.has(kind));
	return {
		status: hopeless ? "failed" : "waiting",
		error: error instanceof Error ? error.message : String(error),
		tries: tries + 1,
	} as const;
}

async function send(env: Env, job: string, waitMs: number): Promise<void> {
	await env.JOBS.send({ v: 1, job }, { delaySeconds: Math.min(MAX_DELAY_S, Math.ceil(waitMs / 1000)) });
}

/** Cron: sends for the steps that are due, in case a message was lost (a local Queue forgets at a restart), and tidies up. */
export async function kickJobs(env: Env, now: number): Promise<void> {
	for (const job of await dueJobs(env, now, KICKED)) await send(env, job.id, 0);
	await expireExports(env, now);
}
