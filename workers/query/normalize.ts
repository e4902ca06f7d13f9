/**
 * From a checked question to the plans of its series: itself, the previous period, and what divides them. All of them
 * come from windows, or all from raw events: the parts of a ratio must count the same things.
 */
import { ruleOf } from "../../schema/core/measure.ts";
import type { SeriesPlan } from "../../schema/core/series.ts";
import { DAY } from "../../schema/core/zone.ts";
import { windowField } from "../../schema/fields.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import { planPrevious, planSeries } from "../../schema/plan.ts";
import { Problem } from "../../schema/problem.ts";
import { type Query, RANGES } from "../../schema/query.ts";
import {
	hasRawEvents,
	plainFilters,
	planScan,
	planScanPrevious,
	type ScanSpec,
	scanSpec,
	whyScan,
} from "../../schema/scan-plan.ts";
import { planReads } from "./plan.ts";

/** One series: `scan` says what raw events are to count; null: its windows are read. */
export interface Planned {
	plan: SeriesPlan;
	scan: ScanSpec | null;
}

/** A series, and the one that divides it for a ratio. */
export interface Pair {
	main: Planned;
	divisor: Planned | null;
}

export interface Question {
	query: Query;
	current: Pair;
	previous: Pair | null;
	/** Why it is a scan; null: it is none. */
	why: string | null;
	/** It is answered from windows that are to be rebuilt. */
	outdated?: boolean;
}

export interface Site {
	config: TenantConfig;
	/** Days that raw events are kept. */
	keptDays: number;
	/** Stretches, [from, to) in epoch ms, whose windows are to be rebuilt: the archive has what they lack. */
	rebuilding?: readonly { from: number; to: number }[];
}

/** Problem 422 as of `planSeries` and `planScan`. Saved segments are already in place. */
export function normalize(asked: Query, site: Site, now: number): Question {
	const query = asked.kind === "histogram" ? histogramQuery(asked) : asked;
	const why = whyScan(query, site.config) ?? (query.divideBy ? whyScan(divided(query), site.config) : null);
	if (why !== null) return scanQuestion(query, site, now, why);
	let windows: Question;
	try {
		windows = windowQuestion(query, site, now);
	} catch (error) {
		if (!isTooOld(error) || !hasEvents(query)) throw error;
		return fromArchive(query, site, now, error);
	}
	if (!hasEvents(query) || !isOutdated(windows, site)) return windows;
	if (plansOf(windows).some(({ from }) => from < now - site.keptDays * DAY)) return { ...windows, outdated: true };
	return scanQuestion(query, site, now, "Windows of this range are being rebuilt, after an import or an erasure.");
}

/** A histogram is read from the sketches of a quantile. Problem 422 where it is asked for what it cannot have. */
function histogramQuery(query: Query): Query {
	const { groupBy, compare, divideBy, limit } = query;
	const refused = groupBy.length > 0 ? "groupBy" : compare ? "compare" : divideBy ? "divideBy" : null;
	if (refused !== null)
		throw new Problem(422, "histogram", `A histogram of values takes no ${refused}. Narrow it by filters.`);
	if (limit < RANGES.least || limit > RANGES.most)
		throw new Problem(422, "histogram", `A histogram has ${RANGES.least} to ${RANGES.most} ranges: set limit so.`);
	return { ...query, measure: "p50" };
}

const plansOf = ({ current, previous }: Question): SeriesPlan[] =>
	[current.main, previous?.main].flatMap((planned) => (planned ? [planned.plan] : []));

const isOutdated = (question: Question, { rebuilding = [] }: Site): boolean =>
	plansOf(question).some((plan) => rebuilding.some(({ from, to }) => from < plan.to && to > plan.from));

/** The same question over raw events, where windows gave no exact answer. Null where those could not either. */
export function exactly({ query, why }: Question, site: Site, now: number): Question | null {
	const sketched = [query, query.divideBy].some((q) => q !== undefined && ruleOf(q.measure).field === "quantiles");
	if (!query.exact || why !== null || sketched || !hasEvents(query)) return null;
	return scanQuestion(query, site, now, "The windows' answer is not exact, as it was asked to be.");
}

const divided = ({ divideBy, ...query }: Query): Query => ({ ...query, ...divideBy });
const hasEvents = ({ metric, divideBy }: Query) =>
	hasRawEvents(metric) && (divideBy === undefined || hasRawEvents(divideBy.metric));
/** Windows of this step or zone are not kept that long. */
const isTooOld = (error: unknown): error is Problem =>
	error instanceof Problem && (error.code === "range" || error.code === "zone");

/** Where the archive cannot answer either, what windows said of it is the better advice. */
function fromArchive(query: Query, site: Site, now: number, problem: Problem): Question {
	try {
		return scanQuestion(query, site, now, `Windows cannot answer: ${problem.message}`);
	} catch (error) {
		throw isTooOld(error) ? problem : error;
	}
}

function windowQuestion(query: Query, { config }: Site, now: number): Question {
	const make = (plan: typeof planSeries) => (asked: Query) => {
		const filters = plainFilters(asked.filters, config);
		if (filters === null) throw new Problem(422, "filter", `Of ${asked.metric} there are no raw events to filter.`);
		const groupBy = asked.groupBy.map((dim) => windowField(dim, config));
		const made = plan({ ...asked, filters, groupBy }, config, now);
		// Refuses what windows of the site's zone cannot be put together to.
		planReads(made, config, now);
		return { plan: made, scan: null };
	};
	return question(query, make(planSeries), make(planPrevious), null);
}

function scanQuestion(query: Query, { config, keptDays }: Site, now: number, why: string): Question {
	const make = (plan: typeof planScan) => (asked: Query) => ({
		plan: plan(asked, config, now, keptDays),
		scan: scanSpec(asked, config),
	});
	return question(query, make(planScan), make(planScanPrevious), why);
}

type Make = (query: Query) => Planned;

function question(query: Query, now: Make, before: Make, why: string | null): Question {
	const pair = (make: Make): Pair => {
		const main = make(query);
		// The same buckets, whatever `auto` would choose.
		const divisor = query.divideBy === undefined ? null : make({ ...divided(query), interval: main.plan.step });
		return { main, divisor };
	};
	const current = pair(now);
	return { query, current, previous: query.compare === undefined ? null : orNothing(() => pair(before)), why };
}

/** A previous period of which nothing is kept any more is no error of a question whose own range is fine. */
function orNothing(make: () => Pair): Pair | null {
	try {
		return make();
	} catch (error) {
		if (error instanceof Problem && error.code === "range") return null;
		throw error;
	}
}
