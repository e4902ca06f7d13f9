/** Messages that were given up on: kept where they can be seen, and sent again on request. */
import * as z from "zod";
import { OverflowMessage, RollupMessage } from "../../schema/rollup.ts";
import type { Env } from "../env.ts";
import { type DeadLetter, insertDeadLetter, markReplayed, waitingDeadLetters } from "../store/dead.ts";

export const QUEUES = {
	rollups: "nowcast-rollups",
	overflow: "nowcast-overflow",
	jobs: "nowcast-jobs",
	dead: "nowcast-dead",
} as const;

/** Enough of a body to know whose it was. */
const Owned = z.object({ tenant: z.string() });

/** Keeps a message as a dead letter. Once, however often it is delivered. */
export async function bury(
	env: Env,
	queue: string,
	message: Pick<Message<unknown>, "id" | "body">,
	reason: string,
	now: number,
): Promise<void> {
	const tenant = Owned.safeParse(message.body).data?.tenant ?? null;
	const body = JSON.stringify(message.body) ?? "null";
	await insertDeadLetter(env, { id: message.id, queue, tenant, body, reason, at: now });
}

/** A dead letter queue does not say where a message came from; its body does. */
function origin(body: unknown): string {
	if (RollupMessage.safeParse(body).success) return QUEUES.rollups;
	if (OverflowMessage.safeParse(body).success) return QUEUES.overflow;
	return QUEUES.jobs;
}

/** Consumer of nowcast-dead. */
export async function consumeDead(batch: MessageBatch<unknown>, env: Env, now = Date.now): Promise<void> {
	for (const message of batch.messages) {
		try {
			await bury(env, origin(message.body), message, "its consumer failed at every retry", now());
			message.ack();
		} catch (error) {
			console.error("dead letter not stored", error);
			message.retry({ delaySeconds: 60 });
		}
	}
}

/** Letters that one replay sends. */
export const REPLAYED = 100;

/**
 * Sends letters again to the queue they came from: one by id, else the oldest. `tenant` null: of everyone. A letter
 * that fails again comes back as another one. Answers how many were sent.
 */
export async function replay(env: Env, tenant: string | null, id: string | undefined, now: number): Promise<number> {
	const letters = await waitingDeadLetters(env, tenant, id, REPLAYED);
	for (const letter of letters) {
		await resend(env, letter);
		await markReplayed(env, letter.id, now);
	}
	return letters.length;
}

/** The consumer checks the body as it checks any: a letter that is malformed still is buried again. */
async function resend(env: Env, letter: DeadLetter): Promise<void> {
	const body = JSON.parse(letter.body);
	if (letter.queue === QUEUES.rollups) await env.ROLLUPS.send(body);
	else if (letter.queue === QUEUES.overflow) await env.OVERFLOW.send(body);
	else await env.JOBS.send(body);
}
