/**
 * Funnels (semantics: "Funnels"): what one visitor, or one session, did of some steps. Pure. The automaton FunnelRun is
 * what both live funnels (funnel-live.ts) and those over the archive (scan/funnel.ts) run, so they cannot differ.
 *
 * Events come in the total order (time, lowest step they match, arrival); events that match no step come last among
 * those of a millisecond, so that equal times always speak for the visitor.
 *
 * The result is that of the furthest level; of attempts that reached it equally far, that of the newest step 1. Of its
 * events, the level's is the earliest there could be, then the one before it, and so on back.
 */

/** Steps a funnel may have: their matches are bits of one number. */
export const MAX_STEPS = 10;

export interface FunnelRules {
	steps: number;
	/** From step 1, inclusive, ms. */
	windowMs: number;
	/**
	 * ordered: any events between steps. strict: none of any name. any: steps in any order, each filled by one event of
	 * its own, from the first of them on; a level is how many are filled.
	 */
	order: "ordered" | "strict" | "any";
	/** first: only the first step 1 opens an attempt (any order: only the first event that matches a step). */
	reentry: "any" | "first";
}

/** A stream of one visitor or more, each in the order of time, then arrival. */
export interface FunnelEvents {
	readonly length: number;
	/** Epoch ms. */
	readonly t: ArrayLike<number>;
	/** Bit k: it matches step k + 1. */
	readonly steps: ArrayLike<number>;
	/** Bit k: it must not come between steps k + 1 and k + 2. An event is not between steps that it fills itself. */
	readonly excluded: ArrayLike<number>;
}

export interface FunnelResult {
	/** How many steps were reached; 0: it never began. */
	level: number;
	/** By level: the index of the event that reached it, and its time. */
	at: number[];
	times: number[];
}

/** Whose value of a breakdown stands for an attempt: the first or last of its events that has one, or step n's. */
export type Attribution = "first" | "last" | number;

/** The event of an attempt whose value counts, -1 where there is none. `at`: its events by level. */
export function attributedEvent(
	attribution: Attribution,
	level: number,
	at: ArrayLike<number>,
	hasValue: (event: number) => boolean,
): number {
	if (typeof attribution === "number") return attribution <= level ? (at[attribution - 1] as number) : -1;
	for (let i = 0; i < level; i++) {
		const event = at[attribution === "first" ? i : level - 1 - i] as number;
		if (hasValue(event)) return event;
	}
	return -1;
}

export type Outcome = "none" | "converted" | "in_progress" | "dropped";

/** How it stands at `now`. An attempt is judged by its own window, which is inclusive. */
export function outcomeOf(rules: FunnelRules, level: number, startedAt: number, now: number): Outcome {
	if (level === 0) return "none";
	if (level === rules.steps) return "converted";
	return now - startedAt <= rules.windowMs ? "in_progress" : "dropped";
}

/** Refuses what has no meaning. @throws RangeError that says what to change. */
export function checkFunnel(rules: FunnelRules, exclusionsAfter: readonly number[] = []): void {
	const { steps, windowMs, order } = rules;
	if (!(steps >= 1 && steps <= MAX_STEPS)) throw new RangeError(`a funnel has 1 to ${MAX_STEPS} steps`);
	if (!(windowMs > 0)) throw new RangeError("a funnel's window must be longer than nothing");
	if (exclusionsAfter.length > 0 && order === "any")
		throw new RangeError("steps in any order have nothing between them: leave out the exclusions, or the order");
	for (const after of exclusionsAfter)
		if (!(after >= 1 && after < steps))
			throw new RangeError(`an exclusion comes after a step from 1 to ${steps - 1}, not ${after}`);
}

/** What the events of one visitor (all of `events`) reach with a step 1 in [from, to). */
export function evaluateFunnel(
	rules: FunnelRules,
	events: FunnelEvents,
	from = Number.NEGATIVE_INFINITY,
	to = Number.POSITIVE_INFINITY,
): FunnelResult {
	const run = new FunnelRun(rules);
	runFunnel(run, events, 0, events.length, from, to);
	const at = Array.from(run.at.subarray(0, run.level));
	return { level: run.level, at, times: at.map((i) => events.t[i] as number) };
}

/**
 * Runs the events [begin, end), one visitor's, through an automaton: `run.level` and `run.at` are the result. Events
 * before `from` are passed over; later steps count up to the end of the window, so events up to `to` + window belong.
 */
export function runFunnel(
	run: FunnelRun,
	events: FunnelEvents,
	begin: number,
	end: number,
	from: number,
	to: number,
): void {
	run.reset(from, to);
	const { t } = events;
	for (let i = begin; i < end; ) {
		let next = i + 1;
		while (next < end && t[next] === t[i]) next++;
		if (next === i + 1) run.add(t[i] as number, events.steps[i] as number, events.excluded[i] as number, i);
		else addTogether(run, events, i, next);
		i = next;
	}
	if (run.rules.order === "any" && run.level > 1) fillBetween(run, events, begin, end);
}

/** Events of one millisecond: by the lowest step they match, then as they came; those that match none last. */
function addTogether(run: FunnelRun, events: FunnelEvents, begin: number, end: number): void {
	const { t, steps, excluded } = events;
	for (let lowest = 0; lowest <= run.rules.steps; lowest++)
		for (let i = begin; i < end; i++)
			if (lowestOf(steps[i] as number, run.rules.steps) === lowest)
				run.add(t[i] as number, steps[i] as number, excluded[i] as number, i);
}

/** The lowest step of a mask, from 0; `steps` where there is none. */
export const lowestOf = (mask: number, steps: number) => (mask === 0 ? steps : 31 - Math.clz32(mask & -mask));

/**
 * Any order: the automaton knows the first and the last event of an attempt. Those between are found by going through
 * it again: each event that lets one more step be filled.
 */
function fillBetween(run: FunnelRun, events: FunnelEvents, begin: number, end: number): void {
	const [first, last] = [run.at[0] as number, run.at[run.level - 1] as number];
	const { t } = events;
	let [low, high] = [first, last + 1];
	while (low > begin && t[low - 1] === t[first]) low--;
	while (high < end && t[high] === t[last]) high++;
	const order = inTotalOrder(events, low, high, run.rules.steps);
	const assignment = new Assignment();
	for (let i = order.indexOf(first); i < order.length; i++) {
		const event = order[i] as number;
		if (assignment.add(events.steps[event] as number)) run.at[assignment.size - 1] = event;
		if (event === last) return;
	}
}

function inTotalOrder({ t, steps }: FunnelEvents, begin: number, end: number, count: number): number[] {
	const order = Array.from({ length: end - begin }, (_, i) => begin + i);
	return order.sort(
		(a, b) =>
			(t[a] as number) - (t[b] as number) ||
			lowestOf(steps[a] as number, count) - lowestOf(steps[b] as number, count) ||
			a - b,
	);
}

/** What a run remembers between events. `refs` are those of `add`, -1 = none. Read and made by `save` and `restore` only. */
export interface FunnelMemory {
	numbers: number[];
	refs: number[];
}

/**
 * The automaton of one visitor. It keeps, for each level, the newest attempt that reached it and is still free to go
 * on; an older one can do nothing that the newest cannot. `ref` is whatever the caller knows an event by.
 */
export class FunnelRun {
	readonly rules: FunnelRules;
	/** The furthest level so far, 0 to `steps`. */
	level = 0;
	/** Time of its step 1, and when the level was first reached. */
	startedAt = 0;
	reachedAt = 0;
	/** By level: the event that reached it. In any order only the first and the last are known. */
	readonly at: Int32Array;
	#from = Number.NEGATIVE_INFINITY;
	#to = Number.POSITIVE_INFINITY;
	/** A step 1 has come (reentry: first). */
	#opened = false;
	/** By level: time of step 1 of the newest attempt there, NaN where there is none. */
	readonly #start: Float64Array;
	/** By level: the events that reached it and those below, `steps` to a level. */
	readonly #chain: Int32Array;
	/** Strict: the newest event filled some step. */
	#alive = false;
	/** Any order: the events that may still help, oldest first, and which of all events was the result's first. */
	#recent: Recent[] = [];
	#count = 0;
	#first = 0;
	readonly #assignment = new Assignment();

	constructor(rules: FunnelRules) {
		this.rules = rules;
		this.at = new Int32Array(rules.steps).fill(-1);
		this.#start = new Float64Array(rules.steps).fill(Number.NaN);
		this.#chain = new Int32Array(rules.steps * rules.steps).fill(-1);
	}

	/** Forgets everything. Attempts begin in [from, to). */
	reset(from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY): void {
		this.level = 0;
		this.startedAt = 0;
		this.reachedAt = 0;
		this.#from = from;
		this.#to = to;
		this.#count = 0;
		this.#first = 0;
		this.#opened = false;
		this.#alive = false;
		this.#start.fill(Number.NaN);
		if (this.#recent.length > 0) this.#recent = [];
	}

	/** Takes the next event of the total order. */
	add(t: number, steps: number, excluded: number, ref: number): void {
		if (this.rules.order === "ordered") this.#addOrdered(t, steps, excluded, ref);
		else if (this.rules.order === "strict") this.#addStrict(t, steps, ref);
		else if (steps !== 0) this.#addAny(t, steps, ref);
	}

	/** No event after this time can change the result: the range is over, and every window. */
	openUntil(): number {
		let until = this.#to;
		const { windowMs } = this.rules;
		for (const start of this.#start) if (start + windowMs > until) until = start + windowMs;
		for (const { t, opens } of this.#recent) if (opens && t + windowMs > until) until = t + windowMs;
		return until;
	}

	/** From the last step to the first: each goes on from the level before as it was before this event. */
	#addOrdered(t: number, steps: number, excluded: number, ref: number): void {
		for (let bits = steps | excluded; bits !== 0; ) {
			const k = 31 - Math.clz32(bits);
			const bit = 1 << k;
			bits ^= bit;
			// The step after this level has had its chance above: an event is not between steps that it fills itself.
			if ((excluded & bit) !== 0) this.#start[k] = Number.NaN;
			if ((steps & bit) === 0) continue;
			if (k === 0) this.#open(t, ref);
			else if (this.#isInside(this.#start[k - 1] as number, t)) this.#reach(k, t, ref);
		}
	}

	#addStrict(t: number, steps: number, ref: number): void {
		if (!this.#alive && (steps & 1) === 0) return;
		this.#alive = false;
		for (let k = this.rules.steps - 1; k > 0; k--) {
			const goesOn = (steps & (1 << k)) !== 0 && this.#isInside(this.#start[k - 1] as number, t);
			this.#start[k] = Number.NaN;
			if (!goesOn) continue;
			this.#reach(k, t, ref);
			this.#alive = true;
		}
		this.#start[0] = Number.NaN;
		if ((steps & 1) !== 0 && this.#open(t, ref)) this.#alive = true;
	}

	#isInside(start: number, t: number): boolean {
		return t - start <= this.rules.windowMs;
	}

	#mayOpen(t: number): boolean {
		return t >= this.#from && t < this.#to && !(this.#opened && this.rules.reentry === "first");
	}

	#open(t: number, ref: number): boolean {
		if (!this.#mayOpen(t)) return false;
		this.#opened = true;
		this.#start[0] = t;
		this.#chain[0] = ref;
		this.#improve(0, t);
		return true;
	}

	/** The attempt at the level before goes on to level k, unless it was there already: the earliest way is kept. */
	#reach(k: number, t: number, ref: number): void {
		const { steps } = this.rules;
		const chain = this.#chain;
		const [to, from] = [k * steps, (k - 1) * steps];
		if (chain[to] === chain[from] && !Number.isNaN(this.#start[k] as number)) return;
		for (let i = 0; i < k; i++) chain[to + i] = chain[from + i] as number;
		chain[to + k] = ref;
		this.#start[k] = this.#start[k - 1] as number;
		this.#improve(k, t);
	}

	/** Attempts come to a level in the order of their step 1, so another one there is a newer one. */
	#improve(k: number, t: number): void {
		const row = k * this.rules.steps;
		if (k + 1 < this.level || (k + 1 === this.level && this.#chain[row] === this.at[0])) return;
		for (let i = 0; i <= k; i++) this.at[i] = this.#chain[row + i] as number;
		this.level = k + 1;
		this.startedAt = this.#start[k] as number;
		this.reachedAt = t;
	}

	/**
	 * How far an attempt got is the size of the largest assignment of its events to steps. Going back from this event,
	 * the assignment of all later ones only grows, and each event that may open an attempt is tried as its first.
	 */
	#addAny(t: number, steps: number, ref: number): void {
		const opens = this.#mayOpen(t);
		if (t < this.#from || (!opens && !this.#opened)) return;
		if (opens) this.#opened = true;
		this.#remember({ t, steps, ref, opens, n: ++this.#count });
		this.#assignment.clear();
		for (let i = this.#recent.length - 1; i >= 0; i--) {
			const event = this.#recent[i] as Recent;
			this.#assignment.add(event.steps);
			if (event.opens) this.#improveAny(this.#assignment.size, event, t, ref);
		}
	}

	#improveAny(level: number, first: Recent, t: number, ref: number): void {
		if (level < this.level || (level === this.level && first.n <= this.#first)) return;
		this.at[0] = first.ref;
		this.at[level - 1] = ref;
		this.level = level;
		this.startedAt = first.t;
		this.reachedAt = t;
		this.#first = first.n;
	}

	/**
	 * Forgets what can no longer help: events outside of every window, and those after which as many came that match
	 * the same steps as could be assigned to them; whatever an attempt from the older one can do, the newer can.
	 */
	#remember(event: Recent): void {
		const recent = this.#recent;
		let outside = 0;
		while (outside < recent.length && !this.#isInside((recent[outside] as Recent).t, event.t)) outside++;
		if (outside > 0) recent.splice(0, outside);
		recent.push(event);
		let allowed = bitsOf(event.steps);
		for (let i = recent.length - 1; i >= 0; i--) {
			const { steps, opens } = recent[i] as Recent;
			if (steps !== event.steps || opens !== event.opens) continue;
			if (--allowed >= 0) continue;
			recent.splice(i, 1);
			return;
		}
	}

	/** All that the automaton will ever need to know of the events so far. */
	save(): FunnelMemory {
		const chain = Array.from(this.#start, (_, k) => this.#chain[k * this.rules.steps] as number);
		const { level, startedAt, reachedAt } = this;
		const numbers = [level, startedAt, reachedAt, this.#count, this.#first, this.#opened ? 1 : 0, this.#alive ? 1 : 0];
		numbers.push(...this.#start);
		for (const event of this.#recent) numbers.push(event.t, event.steps, event.n, event.opens ? 1 : 0);
		const first = this.level > 0 ? (this.at[0] as number) : -1;
		const alive = chain.map((ref, k) => (Number.isNaN(this.#start[k] as number) ? -1 : ref));
		return { numbers, refs: [first, ...alive, ...this.#recent.map((event) => event.ref)] };
	}

	/** Goes on from what `save` gave, with attempts in [from, to). Events between the first and the last are forgotten. */
	restore({ numbers, refs }: FunnelMemory, from: number, to: number): void {
		const { steps } = this.rules;
		const [level = 0, startedAt = 0, reachedAt = 0, count = 0, first = 0, opened, alive] = numbers;
		this.reset(from, to);
		this.level = level;
		this.startedAt = startedAt;
		this.reachedAt = reachedAt;
		this.#count = count;
		this.#first = first;
		this.#opened = opened === 1;
		this.#alive = alive === 1;
		this.at.fill(-1);
		this.at[0] = refs[0] ?? -1;
		this.#chain.fill(-1);
		for (let k = 0; k < steps; k++) {
			this.#start[k] = numbers[MEMORY_HEAD + k] ?? Number.NaN;
			this.#chain[k * steps] = refs[1 + k] ?? -1;
		}
		for (let at = MEMORY_HEAD + steps, i = 1 + steps; at < numbers.length; at += 4, i++)
			this.#recent.push({
				t: numbers[at] as number,
				steps: numbers[at + 1] as number,
				ref: refs[i] as number,
				n: numbers[at + 2] as number,
				opens: numbers[at + 3] === 1,
			});
	}
}

/** Numbers of a FunnelMemory before those of the levels. */
const MEMORY_HEAD = 7;

/** Any order: the n-th event that matches some step. `opens`: an attempt may begin with it. */
interface Recent {
	readonly t: number;
	readonly steps: number;
	readonly ref: number;
	readonly n: number;
	readonly opens: boolean;
}

function bitsOf(mask: number): number {
	let bits = 0;
	for (let rest = mask; rest !== 0; rest &= rest - 1) bits++;
	return bits;
}

/**
 * A largest assignment of events to steps, each event to one of the steps it matches, each step to one event
 * (H. W. Kuhn's augmenting paths). Events are only ever added.
 */
class Assignment {
	size = 0;
	/** Steps that are filled, and by step what its event matches. */
	#filled = 0;
	readonly #by = new Int32Array(MAX_STEPS);
	#seen = 0;

	clear(): void {
		this.size = 0;
		this.#filled = 0;
	}

	/** Adds an event; true where one more step is filled by it. */
	add(mask: number): boolean {
		this.#seen = 0;
		if (!this.#place(mask)) return false;
		this.size++;
		return true;
	}

	#place(mask: number): boolean {
		const free = mask & ~this.#filled;
		if (free !== 0) {
			this.#put(free & -free, mask);
			return true;
		}
		for (let rest = mask & ~this.#seen; rest !== 0; rest = rest & (rest - 1) & ~this.#seen) {
			const bit = rest & -rest;
			this.#seen |= bit;
			const other = this.#by[31 - Math.clz32(bit)] as number;
			if (other === mask || !this.#place(other)) continue;
			this.#put(bit, mask);
			return true;
		}
		return false;
	}

	#put(bit: number, mask: number): void {
		this.#filled |= bit;
		this.#by[31 - Math.clz32(bit)] = mask;
	}
}
