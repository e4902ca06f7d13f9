/** The directory's decisions, pure: each answers the config that holds, the very same object where nothing changes. */

import { ALL, INGEST, MAX_METRICS, OTHER, SESSION, type TenantConfig } from "../../schema/metric.ts";
import type { DirectoryRpc } from "../rpc.ts";

export type DirectorySettings = Parameters<DirectoryRpc["configure"]>[0];

/** Declared dimensions a tenant can have beside country and device. */
const MAX_DIMENSIONS = 3;
/** Layout of a tenant whose slot ranges never moved. */
const FIRST_EPOCH = 1;

/** Names that synthetic metrics own: an event of such a name is counted under `(other)`. */
export function isReserved(name: string): boolean {
	return name === ALL || name === SESSION || name === INGEST || name === OTHER || name.startsWith("funnel:");
}

/** Dimensions only grow, so that a shorter cube key is always a prefix; partitions and zone stay as first set. */
export function configured(current: TenantConfig | null, settings: DirectorySettings): TenantConfig {
	const { week_start, currency } = settings;
	if (current === null) {
		const dimensions = [...new Set(settings.dimensions)].slice(0, MAX_DIMENSIONS);
		return { ...settings, dimensions, epoch: FIRST_EPOCH, version: 1, metrics: [] };
	}
	const dimensions = [...new Set([...current.dimensions, ...settings.dimensions])].slice(0, MAX_DIMENSIONS);
	const same =
		dimensions.length === current.dimensions.length &&
		week_start === current.week_start &&
		currency === current.currency;
	return same ? current : { ...current, dimensions, week_start, currency, version: current.version + 1 };
}

/** Admits names in the order given while fewer than MAX_METRICS are (I8). */
export function admitted(current: TenantConfig, names: readonly string[]): TenantConfig {
	const known = new Set(current.metrics);
	const fresh = [...new Set(names)].filter((name) => !known.has(name) && !isReserved(name));
	const metrics = [...current.metrics, ...fresh].slice(0, MAX_METRICS);
	return metrics.length === current.metrics.length ? current : { ...current, metrics, version: current.version + 1 };
}
