/** A question to its answer: normalize → plan → fetch → merge → format. */
import type { SeriesPlan, SeriesResult } from "../../schema/core/series.ts";
import type { TenantConfig } from "../../schema/metric.ts";
import { Problem } from "../../schema/problem.ts";
import type { Answer, Query } from "../../schema/query.ts";
import { type Fetched, fetchSeries, type Sources, type Wanted } from "./fetch.ts";
import { explain, format, type Period } from "./format.ts";
import { ratio } from "./merge.ts";
import { normalize, type Pair } from "./normalize.ts";
import { planReads } from "./plan.ts";

export interface QueryDeps {
	config: TenantConfig;
	/** The stores of a metric. */
	sources: (metric: string) => Sources;
	now: () => number;
}

/** A question that has read for so long is given up: a Worker's 30 s of CPU, less what formatting takes. */
const BUDGET_MS = 25_000;

/** Answers a question. Problem 422 where it means nothing or nothing is kept of it, 503 and 504 where a store fails. */
export async function answer(query: Query, deps: QueryDeps): Promise<Answer> {
	const began = deps.now();
	const question = normalize(query, deps.config, began);
	const run: Run = { deps, now: began, fetched: [], steps: query.explain ? [] : null };
	const current = await period(question.current, "", run, null);
	const only = query.groupBy.length === 0 ? null : current.result.rows.map((row) => row.labels);
	const previous = question.previous === null ? null : await period(question.previous, "previous ", run, only);
	return format({ current, previous, fetched: run.fetched, tookMs: deps.now() - began, steps: run.steps });
}

interface Run {
	deps: QueryDeps;
	now: number;
	fetched: Fetched[];
	steps: Record<string, unknown>[] | null;
}

/** A period's series, divided where a ratio was asked for. */
async function period({ main, divisor }: Pair, role: string, run: Run, only: Wanted["only"]): Promise<Period> {
	const result = await series(main, `${role}series`, run, only);
	if (divisor === null) return { plan: main, result };
	const groups = main.groupBy.length === 0 ? null : result.rows.map((row) => row.labels);
	return { plan: main, result: ratio(result, await series(divisor, `${role}divisor`, run, groups)) };
}

async function series(plan: SeriesPlan, role: string, run: Run, only: Wanted["only"]): Promise<SeriesResult> {
	const { deps, now, steps } = run;
	const reads = planReads(plan, deps.config, now);
	steps?.push(...explain(role, plan, reads));
	const spend = () => {
		if (deps.now() - now < BUDGET_MS) return;
		throw new Problem(
			504,
			"too_slow",
			"This took too long. Ask for a shorter range, a longer interval or fewer groups.",
		);
	};
	const wanted = { plan, reads, only, siteZone: deps.config.zone };
	const [result, fetched] = await fetchSeries(wanted, deps.sources(plan.metric), spend);
	run.fetched.push(fetched);
	return result;
}
