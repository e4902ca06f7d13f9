/** Consumer of nowcast-rollups: messages name windows, and redelivery, reordering and loss of them are harmless. */
import { RollupMessage, sectionsBytes } from "../../schema/rollup.ts";
import type { Env } from "../env.ts";
import { MAX_BATCH_BYTES } from "../store/rollups.ts";
import { bury } from "./dead.ts";
import { PointWriter } from "./points.ts";
import { type Found, findWindow, storePoints, storeWindows } from "./store.ts";

/** Groups of windows that are stored at the same time. A window may hold tens of megabytes of a 128 MB Worker. */
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
	const groups = [...Map.groupBy(deliveries, windowOf).values()].flatMap(groupOf);
	const lane = async () => {
		while (groups.length > 0) await consumeSome(groups, { env, queue: batch.queue, writer, now });
	};
	await Promise.all(Array.from({ length: LANES }, lane));
}

/** All messages of one window: it is fetched and stored once, and they share its fate. */
interface Group {
	body: RollupMessage;
	messages: Message<unknown>[];
}

function groupOf(deliveries: readonly Delivery[]): Group[] {
	const [first] = deliveries;
	if (!first) return [];
	const closed = deliveries.some(({ body }) => body.closed);
	return [{ body: { ...first.body, closed }, messages: deliveries.map(({ message }) => message) }];
}

interface Consumer {
	env: Env;
	queue: string;
	writer: PointWriter | null;
	now: () => number;
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

/** Takes groups from the front, as many as make one request to D1. */
async function consumeSome(groups: Group[], consumer: Consumer): Promise<void> {
	const found: (Found & { group: Group })[] = [];
	let bytes = 0;
	while (bytes < MAX_BATCH_BYTES) {
		const group = groups.shift();
		if (group === undefined) break;
		try {
			const window = await findWindow(consumer.env, group.body);
			if (window === null) ack(group);
			else {
				found.push({ message: group.body, window, group });
				bytes += sectionsBytes(window.sections);
			}
		} catch (error) {
			await failed(group, error, consumer);
		}
	}
	await storeAll(found, consumer);
}

const ack = ({ messages }: Group) => {
	for (const message of messages) message.ack();
};

/** Together; where that fails one by one, so that a window that cannot be stored holds back no other. */
async function storeAll(found: readonly (Found & { group: Group })[], consumer: Consumer): Promise<void> {
	const [first, ...others] = found;
	if (first === undefined) return;
	try {
		await storeWindows(consumer.env, found);
	} catch (error) {
		if (others.length === 0) return failed(first.group, error, consumer);
		for (const one of found) await storeAll([one], consumer);
		return;
	}
	for (const one of found) await finish(one, consumer);
}

async function finish(found: Found & { group: Group }, consumer: Consumer): Promise<void> {
	const { env, writer, now } = consumer;
	try {
		const done = await storePoints(env, found, writer, now());
		if (!done) await env.ROLLUPS.send(found.message, { delaySeconds: POINTS_AGAIN_S });
		ack(found.group);
	} catch (error) {
		await failed(found.group, error, consumer);
	}
}

async function failed({ body, messages }: Group, error: unknown, { env, queue, now }: Consumer): Promise<void> {
	if (isHopeless(error)) return give(env, queue, messages, String(error), now);
	console.error("rollup failed", body, error);
	for (const message of messages) message.retry({ delaySeconds: backoffSeconds(message.attempts) });
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
