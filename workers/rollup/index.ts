/** What the Worker does when a Queue or the clock calls it. */
import { sendDue } from "../digests/send.ts";
import { drain } from "../edge/spill.ts";
import type { Env } from "../env.ts";
import { compact } from "../jobs/compact.ts";
import { consumeJobs, kickJobs } from "../jobs/run.ts";
import { openHours } from "../store/points.ts";
import { consumeRollups } from "./consume.ts";
import { consumeDead, QUEUES } from "./dead.ts";
import { retain, retainArchive } from "./retention.ts";

type Consumer = (batch: MessageBatch<unknown>, env: Env) => Promise<void>;

const CONSUMERS: ReadonlyMap<string, Consumer> = new Map<string, Consumer>([
	[QUEUES.rollups, consumeRollups],
	[QUEUES.overflow, drain],
	[QUEUES.jobs, consumeJobs],
	[QUEUES.dead, consumeDead],
]);

export async function queue(batch: MessageBatch<unknown>, env: Env): Promise<void> {
	const consume = CONSUMERS.get(batch.queue);
	if (!consume) throw new Error(`no consumer for ${batch.queue}`);
	await consume(batch, env);
}

/** Points that have waited this long for their message have lost it, ms. */
const LOST_MS = 10 * 60_000;
/** After this their object no longer has the hour, ms. */
const GONE_MS = 8 * 86_400_000;
const KICKED = 100;

/** Every minute. Each part runs whatever becomes of the others. */
export async function scheduled(controller: Pick<ScheduledController, "scheduledTime">, env: Env): Promise<void> {
	const now = controller.scheduledTime;
	const parts = [
		kickJobs(env, now),
		kickPoints(env, now),
		retain(env, now),
		retainArchive(env, now),
		compact(env, now),
		sendDue(env, now),
	];
	const results = await Promise.allSettled(parts);
	const failed = results.find((result) => result.status === "rejected");
	if (failed) throw failed.reason;
}

async function kickPoints(env: Env, now: number): Promise<void> {
	for (const hour of await openHours(env, now - GONE_MS, now - LOST_MS, KICKED)) {
		await env.ROLLUPS.send({ v: 1, ...hour, grain: "hour", version: { epoch: 0, n: 0 }, closed: true });
	}
}
