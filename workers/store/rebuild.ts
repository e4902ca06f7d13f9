/** What a rebuild asks of D1's windows. */
import { and, eq, gte, lt, max, ne, notLike } from "drizzle-orm";
import { rollups } from "../../schema/d1/tables.ts";
import type { TenantId } from "../../schema/ids.ts";
import { FUNNEL, INGEST } from "../../schema/metric.ts";
import { database, type StoreBindings } from "./db.ts";
import type { RollupGrain } from "./rollups.ts";

export interface WindowRange {
	tenant: TenantId;
	grain: RollupGrain;
	/** [from, to), epoch ms. */
	from: number;
	to: number;
}

/** Windows that raw events make: `ingest` counts what never became one, and funnels are made anew whole (backfill.ts). */
const inRange = ({ tenant, grain, from, to }: WindowRange) =>
	and(
		eq(rollups.tenant, tenant),
		eq(rollups.grain, grain),
		gte(rollups.bucket, from),
		lt(rollups.bucket, to),
		ne(rollups.metric, INGEST),
		notLike(rollups.metric, `${FUNNEL}%`),
	);

/** The windows that are stored in a range, and the highest epoch among them. */
export async function storedWindows(
	env: StoreBindings,
	range: WindowRange,
): Promise<{ epoch: number; windows: { metric: string; bucket: number }[] }> {
	const found = await database(env)
		.select({ metric: rollups.metric, bucket: rollups.bucket, epoch: max(rollups.epoch) })
		.from(rollups)
		.where(and(inRange(range), eq(rollups.part, "total")))
		.groupBy(rollups.metric, rollups.bucket)
		.all();
	const epoch = found.reduce((high, row) => Math.max(high, row.epoch ?? 0), 0);
	return { epoch, windows: found.map(({ metric, bucket }) => ({ metric, bucket })) };
}
