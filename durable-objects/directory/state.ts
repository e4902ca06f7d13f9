/** The directory's decisions, pure: each answers the config that holds, the very same object where nothing changes. */

import {
	ALL,
	type FunnelConfig,
	INGEST,
	isFunnel,
	MAX_LIVE_FUNNELS,
	MAX_METRICS,
	OTHER,
	SESSION,
	type TenantConfig,
} from "../../schema/metric.ts";
import type { DirectoryRpc } from "../rpc.ts";

export type DirectorySettings = Parameters<DirectoryRpc["configure"]>[0];

/** Declared dimensions a tenant can have beside country and device. */
const MAX_DIMENSIONS = 3;
/** Layout of a tenant whose slot ranges never moved. */
const FIRST_EPOCH = 1;

/** Names that synthetic metrics own: an event of such a name is counted under `(other)`. */
export function isReserved(name: string): boolean {
	return name === ALL || name === SESSION || name === INGEST || name === OTHER || isFunnel(name);
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

/** With a funnel defined, or changed. Null: there are MAX_LIVE_FUNNELS already. */
export function withFunnel(
	current: TenantConfig,
	funnel: Omit<FunnelConfig, "generation">,
	now: number,
): TenantConfig | null {
	const { funnels = [] } = current;
	const known = funnels.find(({ id }) => id === funnel.id);
	if (known === undefined && funnels.length >= MAX_LIVE_FUNNELS) return null;
	const isSame = known !== undefined && definitionOf(known) === definitionOf(funnel);
	if (isSame && known.name === funnel.name) return current;
	// By the clock: it never comes again, not even where the directory was lost.
	const generation = isSame ? known.generation : Math.max(now, (known?.generation ?? 0) + 1);
	const changed: FunnelConfig = { ...funnel, generation };
	const next = known === undefined ? [...funnels, changed] : funnels.map((each) => (each === known ? changed : each));
	return { ...current, funnels: next, version: current.version + 1 };
}

export function withoutFunnel(current: TenantConfig, id: string): TenantConfig {
	const { funnels = [] } = current;
	const next = funnels.filter((funnel) => funnel.id !== id);
	return next.length === funnels.length ? current : { ...current, funnels: next, version: current.version + 1 };
}

/** What decides how it counts. */
function definitionOf({ steps, exclusions, windowMs, order, reentry, count }: Omit<FunnelConfig, "generation">) {
	const plain = ({ event, where }: FunnelConfig["steps"][number]) => [event, where];
	const gaps = exclusions.map((match) => [...plain(match), match.after]);
	return JSON.stringify([steps.map(plain), gaps, windowMs, order, reentry, count]);
}
