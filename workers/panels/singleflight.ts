/**
 * What an object does with the questions of all viewers: each runs once however many ask for it, and what was answered
 * before serves while it is computed anew, or cannot be. An object's requests share its thread and its I/O, so that one
 * promise may be awaited by all of them; in a stateless Worker it could not.
 */
import { Problem } from "../../schema/problem.ts";
import type { Question } from "../../schema/query.ts";
import type { Answers, Kept } from "./answers.ts";
import { Callers, Lanes } from "./bounds.ts";
import type { ProxyAnswer, ProxyCounters, ProxyRequest } from "./proxy.ts";

/** An answer serves for so many times to live while a newer one is computed. */
const STALE_TTLS = 10;
/** A problem is told to all who ask within this, ms, and then tried anew. */
const PROBLEM_MS = 5_000;
/** "Again" means newer than this, ms: a key held down is not a hundred executions. */
const AGAIN_MS = 1_000;
/** Executions at once: they share the object's memory and connections. */
const LANES = 6;
/** Whoever does not answer in so long, ms, never will; a question's own budget is shorter. */
const GIVE_UP_MS = 60_000;
const MAX_PROBLEMS = 1_000;

export interface FlightDeps {
	answers: Answers;
	/** Problem below 500: its answer; anything else thrown: a failure. */
	run(question: Question): Promise<unknown>;
	/** For what is thrown that is no Problem. */
	toProblem(error: unknown): Problem;
	now(): number;
}

type Outcome = Kept | Problem;

export class Singleflight {
	readonly #deps: FlightDeps;
	/** Grows with each `forget`: executions that began before keep nothing. */
	#era = 0;
	readonly #running = new Map<string, Promise<Outcome>>();
	/** What the newest try ended in, where it was a problem. */
	readonly #problems = new Map<string, { problem: Problem; until: number }>();
	readonly #callers = new Callers();
	readonly #lanes = new Lanes(LANES);
	readonly counters: ProxyCounters = { executions: 0, hits: 0, coalesced: 0, failures: 0, refused: 0 };

	constructor(deps: FlightDeps) {
		this.#deps = deps;
	}

	/** What is known, and what is being computed from before, is no answer any more. */
	forget(): void {
		this.#deps.answers.clear();
		this.#running.clear();
		this.#era++;
	}

	async ask(request: ProxyRequest): Promise<ProxyAnswer> {
		const now = this.#deps.now();
		const kept = this.#deps.answers.get(request.key, now);
		return this.#known(request, kept, now) ?? this.#computed(request, kept, now);
	}

	/** From what is known; null: not without an execution. */
	#known(request: ProxyRequest, kept: Kept | null, now: number): ProxyAnswer | null {
		const { key, ttlMs, fresh } = request;
		const age = kept === null ? Number.POSITIVE_INFINITY : now - kept.at;
		if (kept !== null && age < (fresh ? AGAIN_MS : ttlMs)) return this.#hit(answered(kept, "fresh"));
		if (fresh) return null;
		const told = this.#problems.get(key);
		if (told !== undefined && now < told.until) return this.#hit(settled(told.problem, kept));
		if (kept === null || age >= STALE_TTLS * ttlMs) return null;
		if (!this.#running.has(key) && this.#callers.take(request.caller, now) === 0) void this.#start(request);
		return this.#hit(answered(kept, "stale"));
	}

	async #computed(request: ProxyRequest, kept: Kept | null, now: number): Promise<ProxyAnswer> {
		const running = this.#running.get(request.key);
		if (running !== undefined) {
			this.counters.coalesced++;
			return settled(await running, kept);
		}
		const waitMs = this.#callers.take(request.caller, now);
		if (waitMs > 0) {
			this.counters.refused++;
			return told(tooMany(Math.ceil(waitMs / 1000)));
		}
		return settled(await this.#start(request), kept);
	}

	/** Never rejects. */
	#start({ key, question }: ProxyRequest): Promise<Outcome> {
		const outcome = this.#lanes.run(() => this.#execute(key, question));
		this.#running.set(key, outcome);
		return outcome;
	}

	async #execute(key: string, question: Question): Promise<Outcome> {
		this.counters.executions++;
		const at = this.#deps.now();
		const era = this.#era;
		try {
			const kept = { body: JSON.stringify(await inTime(this.#deps.run(question))), at };
			if (era === this.#era) this.#keep(key, kept);
			return kept;
		} catch (error) {
			const problem = error instanceof Problem ? error : this.#deps.toProblem(error);
			if (problem.status >= 500) this.counters.failures++;
			this.#tell(key, problem);
			return problem;
		} finally {
			if (era === this.#era) this.#running.delete(key);
		}
	}

	/** Storage that does not take it is no reason to answer nobody. */
	#keep(key: string, kept: Kept): void {
		this.#problems.delete(key);
		try {
			this.#deps.answers.put(key, kept);
		} catch (error) {
			console.error("an answer could not be kept", error);
		}
	}

	#tell(key: string, problem: Problem): void {
		this.#problems.delete(key);
		this.#problems.set(key, { problem, until: this.#deps.now() + PROBLEM_MS });
		const oldest = this.#problems.keys().next();
		if (this.#problems.size > MAX_PROBLEMS && !oldest.done) this.#problems.delete(oldest.value);
	}

	#hit(answer: ProxyAnswer): ProxyAnswer {
		this.counters.hits++;
		return answer;
	}
}

/** Where a store fails, what was known before is the answer, and says so. */
function settled(outcome: Outcome, kept: Kept | null): ProxyAnswer {
	if (!(outcome instanceof Problem)) return answered(outcome, "fresh");
	if (outcome.status < 500 || kept === null) return told(outcome);
	const warning = `These figures could not be brought up to date: ${outcome.message}`;
	return { status: "ok", body: kept.body, cache: { at: kept.at, state: "failed", warning } };
}

const answered = ({ body, at }: Kept, state: "fresh" | "stale"): ProxyAnswer => ({
	status: "ok",
	body,
	cache: { at, state },
});

function told(problem: Problem): ProxyAnswer {
	const { retryAfter } = problem.options;
	return { status: "problem", problem: problem.toDocument(), ...(retryAfter !== undefined && { retryAfter }) };
}

const tooMany = (seconds: number) =>
	new Problem(
		429,
		"too_many_questions",
		`You asked for many different things in a short time. Try again in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`,
		{ retryAfter: seconds, extra: { retry_after: seconds } },
	);

async function inTime<T>(work: Promise<T>): Promise<T> {
	let timer: ReturnType<typeof setTimeout> | null = null;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Problem(504, "too_slow", "The stores took too long to answer.")), GIVE_UP_MS);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}
