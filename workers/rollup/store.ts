/** One window on its way: from its object to D1, and the word back that it is there. */
import { metricStub } from "../../durable-objects/stubs.ts";
import { tenantId } from "../../schema/ids.ts";
import type { RollupMessage } from "../../schema/rollup.ts";
import { tenantConfig } from "../api/tenant.ts";
import type { Env } from "../env.ts";
import { upsertWindow } from "../store/rollups.ts";
import { type PointWriter, writePoints } from "./points.ts";

export interface Outcome {
	/** Points are left that this invocation may not write. */
	pointsLeft: boolean;
}

/**
 * Stores the newest state of the window that a message names. The message's own version is not asked for: what the
 * object has now is at least as new (I4). A window that is gone (its site was deleted, its object's 8 days are over) is done.
 */
export async function storeWindow(
	env: Env,
	message: RollupMessage,
	writer: PointWriter | null,
	now: number,
): Promise<Outcome> {
	const { metric, grain, bucket } = message;
	const tenant = tenantId(message.tenant);
	const object = metricStub(env, tenant, metric);
	const window = await object.window({ grain, bucket });
	if (!window) return { pointsLeft: false };
	await upsertWindow(env, { tenant, metric, grain, bucket }, window);
	await object.confirm([{ grain, bucket, version: window.version }]);
	if (!writer || grain !== "hour" || !message.closed) return { pointsLeft: false };
	const { zone } = await tenantConfig(env, tenant);
	return { pointsLeft: (await writePoints(env, writer, { tenant, metric, bucket }, zone, window, now)) === "later" };
}
