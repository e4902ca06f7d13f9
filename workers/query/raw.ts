/** Questions that only raw events answer (schema/questions.ts): plan → scan → finish. */
import type { RangeContext } from "../../schema/core/range.ts";
import { checkEvents, finishEvents } from "../../schema/core/scan/events.ts";
import type { Expression } from "../../schema/core/scan/expression.ts";
import { checkFunnelScan, type FunnelScan, type FunnelSteps } from "../../schema/core/scan/funnel.ts";
import { finishFunnel } from "../../schema/core/scan/funnel-answer.ts";
import { checkLifecycle, finishLifecycle, lifecycleEdges } from "../../schema/core/scan/lifecycle.ts";
import { checkPaths } from "../../schema/core/scan/paths.ts";
import { finishPaths } from "../../schema/core/scan/paths-answer.ts";
import type { ScanMatch } from "../../schema/core/scan/question.ts";
import { checkRetention, finishRetention, retentionEdges } from "../../schema/core/scan/retention.ts";
import { checkVisitor, checkVisitors, finishVisitor, finishVisitors } from "../../schema/core/scan/visitors.ts";
import { bucketEdges, DAY, HOUR, MINUTE } from "../../schema/core/zone.ts";
import type { Filter } from "../../schema/expression.ts";
import { slotOf } from "../../schema/ids.ts";
import { ALL } from "../../schema/metric.ts";
import { rangeContext, rangeOf } from "../../schema/plan.ts";
import { Problem } from "../../schema/problem.ts";
import type { RawAnswer, RawMeta } from "../../schema/query.ts";
import type { EventMatch, FunnelDefinition, RawQuestion } from "../../schema/questions.ts";
import { checkEvent, expressionOf, fieldOf, keptFrom } from "../../schema/scan-plan.ts";
import { explainScan } from "./format.ts";
import { BUDGET_MS, type QueryDeps } from "./index.ts";
import type { KindName, PartialOf, QuestionOf } from "./scan/kinds.ts";
import { AHEAD_MS, fetchedOf, type Scanned, type ScanRequest, scan } from "./scan/run.ts";

type Of<Kind extends RawQuestion["kind"]> = Extract<RawQuestion, { kind: Kind }>;
type Unlabelled<Kind extends RawQuestion["kind"]> = Omit<RawAnswer<Kind>, "meta">;

/** Longest window of a funnel. */
const MAX_WINDOW_MS = 90 * DAY;
/** Most buckets of a trend or a lifecycle. */
const MAX_BUCKETS = 1_000;

/** Answers a question. Problem 422, 503, 504 as `answer`. Saved segments are already in place. */
export async function rawAnswer(question: RawQuestion, deps: QueryDeps): Promise<RawAnswer> {
	const run = new RawRun(question, deps);
	switch (question.kind) {
		case "funnel":
			return run.labelled(await run.funnel(question), question.interval);
		case "retention":
			return run.labelled(await run.retention(question));
		case "paths":
			return run.labelled(await run.paths(question));
		case "lifecycle":
			return run.labelled(await run.lifecycle(question), question.interval);
		case "visitors":
			return run.labelled(await run.visitors(question));
		case "visitor":
			return run.labelled(await run.visitor(question));
		case "events":
			return run.labelled(await run.events(question));
	}
}

/** One question while it is answered: its times and filters as a scan has them, and what was read. */
class RawRun {
	readonly #question: RawQuestion;
	readonly #deps: QueryDeps;
	readonly #now: number;
	readonly #context: RangeContext;
	readonly #from: number;
	/** As it is said: no later than now. */
	readonly #to: number;
	/** As it is asked: another machine's clock may be ahead. */
	readonly #end: number;
	readonly #isCut: boolean;
	readonly #where: Expression | null;
	readonly #scans: Scanned<unknown>[] = [];
	#exact = true;

	/** Problem 422 `zone`, `range`, `dimension`, `metric`, `filter`. */
	constructor(question: RawQuestion, deps: QueryDeps) {
		this.#question = question;
		this.#deps = deps;
		this.#now = deps.now();
		this.#context = rangeContext(question, deps.config, this.#now);
		const range = rangeOf(question, this.#context);
		const kept = keptFrom(range, this.#context, deps.keptDays);
		this.#from = Math.max(range.from, kept);
		this.#isCut = range.from < kept;
		this.#to = Math.min(range.to, this.#now);
		this.#end = range.to >= this.#now ? this.#now + AHEAD_MS : range.to;
		this.#where = expressionOf(question.filters, deps.config);
	}

	get #asked() {
		return { from: this.#from, to: this.#end, where: this.#where };
	}

	async funnel(question: Of<"funnel">): Promise<Unlabelled<"funnel">> {
		const { interval, breakdown, limit } = question;
		const asked: FunnelScan = {
			kind: "funnel",
			...this.#asked,
			...this.#steps(question),
			now: this.#now,
			breakdown: breakdown === undefined ? null : this.#breakdown(breakdown),
			limit,
			buckets: interval === undefined ? [] : this.#buckets(interval),
		};
		checked(() => checkFunnelScan(asked));
		const partial = await this.#scan("funnel", asked);
		this.#exact &&= partial.exact;
		const { steps, groups, trend } = finishFunnel(asked, partial, this.#context.zone);
		return {
			steps,
			...(groups === undefined ? {} : { groups: groups.map((each) => this.#named(each, breakdown?.dim ?? "")) }),
			...(trend === undefined ? {} : { trend }),
		};
	}

	/** Groups under the name that was asked for, which may not be that of the field. */
	#named<T extends { group: Record<string, string> }>(each: T, dim: string): T {
		return { ...each, group: { [dim]: Object.values(each.group)[0] ?? "" } };
	}

	async retention(question: Of<"retention">): Promise<Unlabelled<"retention">> {
		const { mode, on, periods, period } = question;
		const { zone, weekStart } = this.#context;
		const edges = retentionEdges(zone, period, { from: this.#from, to: this.#to }, periods, weekStart);
		this.#limitBuckets(edges.length);
		const [start, back] = [this.#match(question.start), this.#match(question.return)];
		const now = this.#now;
		const asked = { kind: "retention", ...this.#asked, start, return: back, mode, on, periods, edges, now } as const;
		checked(() => checkRetention(asked));
		return finishRetention(asked, await this.#scan("retention", asked), zone);
	}

	async paths(question: Of<"paths">): Promise<Unlabelled<"paths">> {
		const { direction, by, depth, limit, within } = question;
		const anchor = this.#match(question.anchor);
		const asked = { kind: "paths", ...this.#asked, anchor, direction, by, depth, limit, within } as const;
		checked(() => checkPaths(asked));
		const partial = await this.#scan("paths", asked);
		this.#exact &&= partial.exact;
		return finishPaths(asked, partial);
	}

	async lifecycle({ event, interval }: Of<"lifecycle">): Promise<Unlabelled<"lifecycle">> {
		const { zone, weekStart } = this.#context;
		const range = { from: this.#from, to: this.#to };
		const edges = lifecycleEdges(zone, interval, range, this.#now, weekStart);
		this.#limitBuckets(edges.length);
		const match = this.#match({ event, filters: [] });
		const asked = { kind: "lifecycle", ...this.#asked, event: match, edges, now: this.#now } as const;
		checked(() => checkLifecycle(asked));
		return finishLifecycle(asked, await this.#scan("lifecycle", asked), zone);
	}

	async visitors({ funnel, sort, limit }: Of<"visitors">): Promise<Unlabelled<"visitors">> {
		const steps = funnel && { ...this.#steps(funnel), step: funnel.step, outcome: funnel.outcome };
		const now = this.#now;
		const asked = { kind: "visitors", ...this.#profiled, funnel: steps ?? null, sort, limit, now } as const;
		checked(() => checkVisitors(asked));
		return finishVisitors(asked, await this.#scan("visitors", asked), this.#context.zone);
	}

	/** Most visitors are in the slot that their hash says, cookieless ones in any. */
	async visitor({ visitor, limit }: Of<"visitor">): Promise<Unlabelled<"visitor">> {
		const [hi, lo] = [Number.parseInt(visitor.slice(0, 8), 16), Number.parseInt(visitor.slice(8), 16)] as const;
		const asked = { kind: "visitor", ...this.#profiled, visitor: { hi, lo }, limit } as const;
		checked(() => checkVisitor(asked));
		const slot = slotOf(hi);
		const inSlot = await this.#scan("visitor", asked, { visitor: [hi, lo], slots: [slot, slot] });
		const found = inSlot.profile === null ? await this.#scan("visitor", asked, { visitor: [hi, lo] }) : inSlot;
		return finishVisitor(asked, found, this.#context.zone);
	}

	async events({ after, limit }: Of<"events">): Promise<Unlabelled<"events">> {
		const asked = { kind: "events", ...this.#asked, after: after ?? null, limit, declared: [] } as const;
		checked(() => checkEvents(asked));
		return finishEvents(asked, await this.#scan("events", asked), this.#context.zone);
	}

	/** Segments answer `props` whole, declared ones included. */
	get #profiled() {
		return { ...this.#asked, currency: this.#deps.config.currency, declared: [] };
	}

	/** An event as a scan matches it. Problem 422 `metric`, `dimension`, `filter`. */
	#match({ event, label, filters }: { event: string; label?: string | undefined; filters: Filter[] }): ScanMatch {
		const { config } = this.#deps;
		checkEvent(event, config);
		return { event: event === ALL ? null : event, where: expressionOf(filters, config), label: label ?? event };
	}

	#steps(definition: FunnelDefinition): FunnelSteps {
		const { steps, exclusions, window, order, reentry, count } = definition;
		const excluded = exclusions.map((match: EventMatch & { after: number }) => ({
			...this.#match(match),
			after: match.after,
		}));
		const matched = steps.map((step) => this.#match(step));
		return { steps: matched, exclusions: excluded, windowMs: windowMs(window), order, reentry, count };
	}

	#breakdown({ dim, attribution }: { dim: string; attribution: string }): FunnelScan["breakdown"] {
		const field = fieldOf(dim, this.#deps.config);
		if (attribution === "first" || attribution === "last") return { field, attribution };
		return { field, attribution: Number(attribution.slice("step:".length)) };
	}

	/** Starts of the buckets of the range. */
	#buckets(interval: "1h" | "1d" | "1w" | "1M"): number[] {
		const { zone, weekStart } = this.#context;
		const edges = bucketEdges(zone, interval, this.#from, this.#to, weekStart);
		this.#limitBuckets(edges.length);
		return edges.slice(0, -1);
	}

	#limitBuckets(edges: number): void {
		if (edges <= MAX_BUCKETS) return;
		const detail = `That would be ${edges} buckets, and an answer of this kind has at most ${MAX_BUCKETS}. Ask for longer ones, or a shorter range.`;
		throw new Problem(422, "points", detail);
	}

	async #scan<K extends KindName>(
		kind: K,
		question: QuestionOf<K>,
		only: Pick<ScanRequest<K>, "slots" | "visitor"> = {},
	): Promise<PartialOf<K>> {
		const { partial } = this.#question;
		const request = { kind, question, deadline: this.#now + BUDGET_MS, partial, ...only };
		const scanned = await scan(request, this.#deps.scans);
		this.#scans.push(scanned);
		return scanned.partial;
	}

	/** The answer with its labels (I6). */
	labelled<T>(answer: T, interval?: string): T & { meta: RawMeta } {
		return { ...answer, meta: this.#meta(interval) };
	}

	#meta(interval: string | undefined): RawMeta {
		const { zone } = this.#context;
		const fetched = this.#scans.map(fetchedOf);
		const coverage = Math.min(...fetched.map((each) => each.coverage));
		const plan = this.#scans.map((scanned) => explainScan(this.#question.kind, null, scanned, null));
		return {
			sources: [...new Set(fetched.flatMap(({ sources }) => [...sources]))],
			behind_ms: 0,
			exact: this.#exact && coverage === 1,
			error: null,
			sampled: false,
			partial: coverage < 1 || this.#isCut || this.#end > this.#now,
			...(coverage < 1 ? { coverage } : {}),
			rows_read: fetched.reduce((sum, each) => sum + each.rowsRead, 0),
			took_ms: this.#deps.now() - this.#now,
			from: zone.iso(this.#from),
			to: zone.iso(this.#to),
			...(interval === undefined ? {} : { interval }),
			timezone: zone.name,
			...(this.#question.explain ? { plan } : {}),
		};
	}
}

const UNIT_MS: Record<string, number> = { s: 1000, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/** Of `30m`, `7d`. Problem 422 `window` over 90 days. */
export function windowMs(duration: string): number {
	const ms = Number(duration.slice(0, -1)) * (UNIT_MS[duration.slice(-1)] ?? Number.NaN);
	if (ms <= MAX_WINDOW_MS) return ms;
	throw new Problem(422, "window", `A funnel's window is at most 90 days, not ${duration}. Choose a shorter one.`);
}

/** What a kind refuses, as a problem. */
function checked(check: () => void): void {
	try {
		check();
	} catch (error) {
		if (error instanceof RangeError) throw new Problem(422, "question", `${error.message}.`);
		throw error;
	}
}
