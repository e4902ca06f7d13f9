/** The logs of a tenant behind their stubs. */
import type { AppendAnswer } from "../../durable-objects/rpc.ts";
import { logStub } from "../../durable-objects/stubs.ts";
import { encodeTable } from "../../schema/core/columns.ts";
import { EVENT_LAYOUT } from "../../schema/event.ts";
import type { TenantId } from "../../schema/ids.ts";
import { refresh, tenantConfig } from "../api/auth.ts";
import type { Env } from "../env.ts";
import type { Counts } from "./refusals.ts";
import type { Logs } from "./route.ts";

export function logsOf(env: Env, tenant: TenantId, spill: Logs["spill"]): Logs {
	return {
		config(anew) {
			if (anew) refresh(tenant);
			return tenantConfig(env, tenant);
		},
		append: async (partition, request): Promise<AppendAnswer> => logStub(env, tenant, partition).append(request),
		spill,
	};
}

const NO_EVENTS = encodeTable(EVENT_LAYOUT, []);

/** Counts with no events, to the first partition: any will do, as long as it is always the same. */
export async function appendCounts(env: Env, tenant: TenantId, counts: Counts): Promise<void> {
	const { epoch, version } = await tenantConfig(env, tenant);
	const answer = await logStub(env, tenant, 0).append({ epoch, definitions: version, batch: NO_EVENTS, counts });
	if (answer.status === "ok") return;
	if (answer.status === "moved") refresh(tenant);
	throw new Error(`the log is ${answer.status}`);
}
