/** A question about series to its answer: normalize → plan → fetch → merge → format. */
import type { SeriesResult } from "../../schema/core/series.ts";
import { Problem } from "../../schema/problem.ts";
import type { Answer, Query } from "../../schema/query.ts";
import { type Fetched, fetchSeries, type Sources, type Wanted } from "./fetch.ts";
import { explain, explainScan, format, type Period } from "./format.ts";
import { ratio } from "./merge.ts";
import { exactly, normalize, type Pair, type Planned, type Question, type Site } from "./normalize.ts";
import { planReads } from "./plan.ts";
import { fetchedOf, type ScanDeps } from "./scan/run.ts";
import { scanSeries } from "./scan/series.ts";

export interface QueryDeps extends Site {
	/** The stores of a metric. */
	sources: (metric: string) => Sources;
	scans: ScanDeps;
	now: () => number;
}

/** A question that has read for so long is given up: a Worker's 30 s of CPU, less what formatting takes. */
export const BUDGET_MS = 25_000;

/**
 * Answers a question. Problem 422 where it means nothing or nothing is kept of it, 503 and 504 where a store fails.
 * Saved segments are already in place.
 */
export async function answer(query: Query, deps: QueryDeps): Promise<Answer> {
	const began = deps.now();
	const question = normalize(query, deps, began);
	const answered = await answerFrom(question, deps, began);
	if (question.outdated) Object.assign(answered.meta, { exact: false, stale: true });
	const exact = answered.meta.exact ? null : exactly(question, deps, began);
	return exact === null ? answered : answerFrom(exact, deps, began);
}

interface Run {
	deps: QueryDeps;
	question: Question;
	now: number;
	fetched: Fetched[];
	steps: Record<string, unknown>[] | null;
}

async function answerFrom(question: Question, deps: QueryDeps, now: number): Promise<Answer> {
	const { query } = question;
	const run: Run = { deps, question, now, fetched: [], steps: query.explain ? [] : null };
	const current = await period(question.current, "", run, null);
	const only = query.groupBy.length === 0 ? null : namedGroups(current.result);
	const previous = question.previous === null ? null : await period(question.previous, "previous ", run, only);
	return format({ current, previous, fetched: run.fetched, tookMs: deps.now() - now, steps: run.steps });
}

const namedGroups = ({ rows }: SeriesResult) => rows.map((row) => row.labels);

/** A period's series, divided where a ratio was asked for. */
async function period({ main, divisor }: Pair, role: string, run: Run, only: Wanted["only"]): Promise<Period> {
	const result = await series(main, `${role}series`, run, only);
	// Groups go by the names that were asked for, which may not be those that the store has.
	const { query } = run.question;
	const plan = { ...main.plan, groupBy: query.kind === "histogram" ? ["from", "to"] : query.groupBy };
	if (divisor === null) return { plan, result };
	const groups = plan.groupBy.length === 0 ? null : namedGroups(result);
	return { plan, result: ratio(result, await series(divisor, `${role}divisor`, run, groups)) };
}

function series(planned: Planned, role: string, run: Run, only: Wanted["only"]): Promise<SeriesResult> {
	return planned.scan === null ? fromWindows(planned, role, run, only) : fromEvents(planned, role, run, only);
}

async function fromWindows({ plan }: Planned, role: string, run: Run, only: Wanted["only"]): Promise<SeriesResult> {
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

async function fromEvents(
	{ plan, scan }: Planned,
	role: string,
	run: Run,
	only: Wanted["only"],
): Promise<SeriesResult> {
	const { deps, now, question, steps } = run;
	if (scan === null) throw new Error("a series of windows is no scan");
	const { currency } = deps.config;
	const { partial } = question.query;
	const wanted = { plan, spec: scan, only, currency, deadline: now + BUDGET_MS, partial };
	const [result, scans] = await scanSeries(wanted, deps.scans);
	steps?.push(...scans.map((scanned) => explainScan(role, plan, scanned, question.why)));
	run.fetched.push(...scans.map(fetchedOf));
	return result;
}
