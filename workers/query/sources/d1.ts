/** Hours and days that left the object, from D1. Columns that are not needed are not read. */
import type { TenantId } from "../../../schema/ids.ts";
import type { StoreBindings } from "../../store/db.ts";
import { readWindows } from "../../store/rollups.ts";
import { type Source, TIMEOUT_MS, within } from "./source.ts";

export function d1Source(env: StoreBindings, tenant: TenantId, metric: string, timeoutMs = TIMEOUT_MS): Source {
	return {
		async *read({ grain, from, to, parts, fields }) {
			if (grain === "minute") return;
			const read = { tenant, metric, grain, from, to, parts: [...parts], fields: [...fields] };
			const chunks = readWindows(env, read);
			for (;;) {
				const { done, value } = await within(timeoutMs, chunks.next());
				if (done) return;
				yield { windows: value, to: (value.at(-1)?.bucket ?? from) + 1, behindMs: 0 };
			}
		},
	};
}
