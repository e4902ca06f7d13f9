/** Brings jobs forward, one step a message. The state is D1's: a message that is lost or comes twice changes nothing. */
import * as z from "zod";
import type { Env } from "../env.ts";
import { bury } from "../rollup/dead.ts";
import { dueJobs, type JobRow, jobById, saveJob } from "../store/jobs.ts";
import { runDeleteStep } from "./delete-site.ts";

export const JobMessage = z.object({ v: z.literal(1), job: z.string() });

/** How long a step is left alone before the cron takes its message for lost, ms. Steps take seconds. */
const LEASE_MS = 5 * 60_000;
/** A step that failed is tried again after this; without end, because a deletion must end, and its error is shown. */
const AGAIN_MS = 60_000;
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

/** Runs the job's step if it is due, and sends for the next one. */
export async function advance(env: Env, id: string, now: () => number): Promise<void> {
	const job = await jobById(env, id);
	if (!job || job.status === "done") return;
	if (job.dueAt > now()) return send(env, id, job.dueAt - now());
	await saveJob(env, id, { status: "running", dueAt: now() + LEASE_MS, updatedAt: now() });
	const waitMs = await runStep(env, job, now);
	if (waitMs !== null) await send(env, id, waitMs);
}

/** Answers how long to wait for the next step, or null after the last. */
async function runStep(env: Env, job: JobRow, now: () => number): Promise<number | null> {
	try {
		const { next, state, waitMs = 0 } = await runDeleteStep(env, job, now());
		const status = next === "done" ? "done" : waitMs > 0 ? "waiting" : "running";
		const stand = { status, state: { ...job.state, ...state }, error: null, updatedAt: now() } as const;
		await saveJob(env, job.id, { ...stand, step: next, dueAt: now() + waitMs });
		return next === "done" ? null : waitMs;
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		await saveJob(env, job.id, { status: "waiting", error: reason, dueAt: now() + AGAIN_MS, updatedAt: now() });
		return AGAIN_MS;
	}
}

async function send(env: Env, job: string, waitMs: number): Promise<void> {
	await env.JOBS.send({ v: 1, job }, { delaySeconds: Math.min(MAX_DELAY_S, Math.ceil(waitMs / 1000)) });
}

/** Cron: sends for the steps that are due, in case a message was lost (a local Queue forgets at a restart). */
export async function kickJobs(env: Env, now: number): Promise<void> {
	for (const job of await dueJobs(env, now, KICKED)) await send(env, job.id, 0);
}
