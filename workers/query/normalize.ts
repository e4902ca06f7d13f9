/** From a checked question to the plans of its series: itself, the previous period, and what divides them. */
import type { SeriesPlan } from "../../schema/core/series.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import { type PlanQuery, planPrevious, planSeries } from "../../schema/plan.ts";
import { Problem } from "../../schema/problem.ts";
import type { Query } from "../../schema/query.ts";

/** A series, and the one that divides it for a ratio. */
export interface Pair {
	main: SeriesPlan;
	divisor: SeriesPlan | null;
}

export interface Question {
	query: Query;
	current: Pair;
	previous: Pair | null;
}

/** Problem 422 as of `planSeries`, and `ratio` where two measures cannot be divided. */
export function normalize(query: Query, config: TenantConfig, now: number): Question {
	const { divideBy } = query;
	const divisor = divideBy === undefined ? null : { ...query, ...divideBy };
	const pair = (plan: (q: PlanQuery, c: TenantConfig, t: number) => SeriesPlan): Pair => {
		const main = plan(query, config, now);
		// The same buckets, whatever `auto` would choose.
		return { main, divisor: divisor === null ? null : plan({ ...divisor, interval: main.step }, config, now) };
	};
	const current = pair(planSeries);
	if (query.compare === undefined) return { query, current, previous: null };
	return { query, current, previous: orNothing(() => pair(planPrevious)) };
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
