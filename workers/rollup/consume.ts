/** Consumer of nowcast-rollups: messages name windows, and redelivery, reordering and loss of them are harmless. */
import { RollupMessage } from "../../schema/rollup.ts";
import type { Env } from "../env.ts";
import { bury } from "./dead.ts";
import { PointWriter } from "./points.ts";
import { storeWindow } from "./store.ts";

/** Windows stored at the same time. Each may hold tens of megabytes of a 128 MB Worker. */
const LANES = 2;
/** First wait after a failure, s; doubles with every attempt. */
const BACKOFF_S = 5;
/** Longest wait, s: with max_retries = 5 a message waits some 2.5 min for D1 before it is a dead letter. */
const BACKOFF_MAX_S = 300;
/** Points that an invocation may not write any more wait for one that may, s. */
const POINTS_AGAIN_S = 10;

type Delivery = { message: Message<unknown>; body: RollupMessage };

const windowOf = ({ body }: Delivery) => JSON.stringify([body.tenant, body.metric, body.grain, body.bucket]);

const backoffSeconds = (attempts: number): number =>
	Math.min(BACKOFF_MAX_S, BACKOFF_S * 2 ** Math.max(0, attempts - 1));

export async function consumeRollups(batch: MessageBatch<unknown>, env: Env, now = Date.now): Promise<void> {
	const deliveries = await wellFormed(batch, env, now);
	const writer = env.POINTS ? new PointWriter(env.POINTS) : null;
	const groups = [...Map.groupBy(deliveries, windowOf).values()];
	const lane = async () => {
		for (let group = groups.shift(); group; group = groups.shift())
			await consumeGroup(env, batch.queue, group, writer, now);
	};
	await Promise.all(Array.from({ length: LANES }, lane));
}

/** What parses. The rest is buried at once: no retry would make it well-formed. */
async function wellFormed(batch: MessageBatch<unknown>, env: Env, now: () => number): Promise<Delivery[]> {
	const deliveries: Delivery[] = [];
	for (const message of batch.messages) {
		const parsed = RollupMessage.safeParse(message.body);
		if (parsed.success) deliveries.push({ message, body: parsed.data });
		else await give(env, batch.queue, [message], `malformed: ${parsed.error.message}`, now);
	}
	return deliveries;
}

/** All messages of one window: it is fetched and stored once, and they share its fate. */
async function consumeGroup(
	env: Env,
	queue: string,
	group: Delivery[],
	writer: PointWriter | null,
	now: () => number,
): Promise<void> {
	const [first] = group;
	if (!first) return;
	const body = { ...first.body, closed: group.some((delivery) => delivery.body.closed) };
	const messages = group.map((delivery) => delivery.message);
	try {
		const { pointsLeft } = await storeWindow(env, body, writer, now());
		if (pointsLeft) await env.ROLLUPS.send(body, { delaySeconds: POINTS_AGAIN_S });
		for (const message of messages) message.ack();
	} catch (error) {
		if (isHopeless(error)) return give(env, queue, messages, String(error), now);
		console.error("rollup failed", body, error);
		for (const message of messages) message.retry({ delaySeconds: backoffSeconds(message.attempts) });
	}
}

/** A section that is no row, or a tenant id that is none: the same at every retry. */
const isHopeless = (error: unknown) => error instanceof RangeError || error instanceof TypeError;

/** Gives messages up; where even that fails, the Queue keeps them. */
async function give(
	env: Env,
	queue: string,
	messages: Message<unknown>[],
	reason: string,
	now: () => number,
): Promise<void> {
	for (const message of messages) {
		try {
			await bury(env, queue, message, reason, now());
			message.ack();
		} catch (error) {
			console.error("dead letter not stored", error);
			message.retry({ delaySeconds: backoffSeconds(message.attempts) });
		}
	}
}
