/** Test support: a site whose metric object holds an hour, a Queue's deliveries, and recorders for what leaves the Worker. */
import { createExecutionContext, createMessageBatch, env, getQueueResult, type QueueResult } from "cloudflare:test";
import { directory, metricStub } from "../../durable-objects/stubs.ts";
import { hash64 } from "../../schema/core/hash.ts";
import { encodeSpan, Window } from "../../schema/core/window.ts";
import { type TenantId, tenantId } from "../../schema/ids.ts";
import type { RollupMessage } from "../../schema/rollup.ts";
import type { Env } from "../env.ts";

export const HOUR = 3_600_000;
/** An hour that is over, in UTC. */
export const PAST_HOUR = Math.floor(Date.now() / HOUR) * HOUR - 3 * HOUR;

let tenants = 0;
export async function someTenant(): Promise<TenantId> {
	const tenant = tenantId(`rollup_${++tenants}`);
	const settings = { partitions: 1, zone: "UTC", week_start: "monday", currency: null, dimensions: [] } as const;
	await directory(env, tenant).configure({ ...settings, dimensions: [] });
	return tenant;
}

let offset = 0;
/** One visitor from each of these countries, in one minute of the hour. */
export async function visit(tenant: TenantId, metric: string, countries: string[], hour = PAST_HOUR): Promise<void> {
	const window = new Window({ cube: ["country", "device"], marginals: [], hits: [], signed: false });
	for (const country of countries) {
		const { hi, lo } = hash64(country);
		window.add([country, "mobile"], [], [], 2, hi, lo);
	}
	const span = encodeSpan(new Map([[hour, window]]));
	const partition = ++offset;
	await metricStub(env, tenant, metric).apply({ partition, from: 0, to: 1, span, receivedAt: Date.now() });
}

export const message = (tenant: string, change: Partial<RollupMessage> = {}): RollupMessage => ({
	v: 1,
	tenant,
	metric: "*",
	grain: "hour",
	bucket: PAST_HOUR,
	version: { epoch: 0, n: 1 },
	closed: false,
	...change,
});

export interface Sent {
	body: unknown;
	delaySeconds: number | undefined;
}

/** A queue that keeps what is sent. */
export function recorder(): { sent: Sent[]; queue: Queue<never> } {
	const sent: Sent[] = [];
	const send = async (body: unknown, options?: QueueSendOptions) => {
		sent.push({ body, delaySeconds: options?.delaySeconds });
	};
	return { sent, queue: { send } as unknown as Queue<never> };
}

/** A dataset that keeps what is written. */
export function dataset(): { points: AnalyticsEngineDataPoint[]; binding: AnalyticsEngineDataset } {
	const points: AnalyticsEngineDataPoint[] = [];
	return { points, binding: { writeDataPoint: (point) => void (point && points.push(point)) } };
}

/** Delivers bodies to a consumer as one batch. */
export async function deliver(
	consume: (batch: MessageBatch<unknown>, env: Env) => Promise<void>,
	queue: string,
	bodies: unknown[],
	bindings: Env = env,
	attempts = 1,
): Promise<QueueResult> {
	const timestamp = Date.now();
	const messages = bodies.map((body, i) => ({
		id: `${queue}-${timestamp}-${++deliveries}-${i}`,
		timestamp,
		attempts,
		body,
	}));
	const batch = createMessageBatch(queue, messages);
	await consume(batch, bindings);
	return getQueueResult(batch, createExecutionContext());
}
let deliveries = 0;
