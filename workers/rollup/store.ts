/** Windows on their way: from their objects to D1, and the word back that they are there. */
import { metricStub } from "../../durable-objects/stubs.ts";
import { tenantId } from "../../schema/ids.ts";
import type { RollupMessage, StoredWindow } from "../../schema/rollup.ts";
import { tenantConfig } from "../api/tenant.ts";
import type { Env } from "../env.ts";
import { upsertWindows } from "../store/rollups.ts";
import { type PointWriter, writePoints } from "./points.ts";

/** The newest state of the window that a message names. */
export interface Found {
	message: RollupMessage;
	window: StoredWindow;
}

/**
 * Asks the window's object. The message's own version is not asked for: what the object has now is at least as new (I4).
 * Null: the window is gone, since its site was deleted or its object's 8 days are over.
 */
export function findWindow(env: Env, { tenant, metric, grain, bucket }: RollupMessage): Promise<StoredWindow | null> {
	return metricStub(env, tenantId(tenant), metric).window({ grain, bucket });
}

const keyOf = ({ message: { tenant, metric, grain, bucket } }: Found) =>
	({ tenant: tenantId(tenant), metric, grain, bucket }) as const;

/** Stores windows and tells their objects. Repeating it is harmless. */
export async function storeWindows(env: Env, found: readonly Found[]): Promise<void> {
	await upsertWindows(
		env,
		found.map((one) => [keyOf(one), one.window]),
	);
	const objects = Map.groupBy(found, ({ message }) => JSON.stringify([message.tenant, message.metric]));
	for (const windows of objects.values()) {
		const [first] = windows;
		if (!first) continue;
		const { tenant, metric } = keyOf(first);
		const stored = windows.map(({ message, window }) => ({
			grain: message.grain,
			bucket: message.bucket,
			version: window.version,
		}));
		await metricStub(env, tenant, metric).confirm(stored);
	}
}

/** Writes a closed hour's points; false: some are left that this invocation may not write. */
export async function storePoints(env: Env, found: Found, writer: PointWriter | null, now: number): Promise<boolean> {
	const { message, window } = found;
	if (!writer || message.grain !== "hour" || !message.closed) return true;
	const { tenant, metric, bucket } = keyOf(found);
	const { zone } = await tenantConfig(env, tenant);
	return (await writePoints(env, writer, { tenant, metric, bucket }, zone, window, now)) === "done";
}
