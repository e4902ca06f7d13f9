import type { WireEvent } from "../../schema/event.ts";
import { person } from "./people.ts";
import { Random } from "./random.ts";
import { visit } from "./visit.ts";

export interface TrafficOptions {
	/** Who comes and what they do. */
	seed: number;
	/** Events a second, on average. */
	rate: number;
	/** Length of the live part. */
	minutes: number;
	/** Hours of history before it (`at` < 0), at `backfillRate` events a second around a day curve. */
	backfill?: number;
	backfillRate?: number;
	/** Hour of day (UTC) at `at` = 0: where on the day curve the history lies. */
	hour?: number;
	/** Prefix of event ids. Two runs with one prefix and one seed are the same events, and count once. */
	run?: string;
}

/** An event, and when it happens: ms from the start of the live part; history is negative. */
export type TimedEvent = WireEvent & { at: number; id: string };

const HOUR_MS = 3_600_000;
/** Visits that come again. */
const RETURNING = 0.35;
/**
 * Who may come again: the newest so many visitors, the first of whom were there before the first event. A pool that
 * began empty and grew would give each day more distinct visitors than the day before, out of as many visits.
 */
const REGULARS = 5_000;
/** Visits begin this long (ms) before the first event wanted, so that the rate is right from the start. */
const WARM_UP_MS = 10 * 60_000;
/** Visits whose mean length tells how many must come for a rate. */
const SAMPLE = 4000;

/** Traffic by hour of day (UTC), mean 1: asleep at four, a lunch bump, the evening's sofa. */
export function dayCurve(hour: number): number {
	const evening = Math.cos(((hour - 19) / 24) * 2 * Math.PI);
	const lunch = Math.cos(((hour - 12) / 12) * 2 * Math.PI);
	return Math.max(0.1, 1 + 0.65 * evening + 0.15 * lunch);
}

function eventsPerVisit(seed: number): number {
	const random = new Random(seed ^ 0x51ed270b);
	let events = 0;
	for (let n = 0; n < SAMPLE; n++) events += visit(random, person(seed, n)).length;
	return events / SAMPLE;
}

/** A stretch of time, and the visits a second that begin in it. */
interface Stretch {
	from: number;
	to: number;
	visits: (at: number) => number;
}

/**
 * The traffic, in order of time. A pure function of its options: the same ones give the same events, ids included.
 * Lazy, in memory bounded by the visits that are open at one time.
 */
export function* generate(options: TrafficOptions): Generator<TimedEvent> {
	const { seed, rate, minutes, backfill = 0, backfillRate = Math.min(rate, 2), hour = 12, run = "run" } = options;
	const length = eventsPerVisit(seed);
	const hourAt = (at: number): number => (((hour + at / HOUR_MS) % 24) + 24) % 24;
	const history: Stretch = {
		from: -backfill * HOUR_MS,
		to: 0,
		visits: (at) => (backfillRate * dayCurve(hourAt(at))) / length,
	};
	const live: Stretch = { from: 0, to: minutes * 60_000, visits: () => rate / length };
	const random = new Random(seed);
	const known = { people: REGULARS };
	let sent = 0;
	for (const stretch of [history, live]) {
		if (stretch.from === stretch.to) continue;
		for (const { at, event } of walk(stretch, seed, random, known)) {
			yield { ...event, at, id: `${run}-${seed}-${sent++}` };
		}
	}
}

/** The events of one stretch. `known` counts the visitors so far: the newest of them come again. */
function* walk(stretch: Stretch, seed: number, random: Random, known: { people: number }): Generator<Due> {
	const { from, to, visits } = stretch;
	const open = new Timeline();
	function* until(at: number): Generator<Due> {
		for (let next = open.takeBefore(at); next; next = open.takeBefore(at)) if (next.at >= from) yield next;
	}
	for (let at = from - WARM_UP_MS; at < to; at += random.gap(visits(at))) {
		yield* until(at);
		const who = random.chance(RETURNING) ? known.people - 1 - random.below(REGULARS) : known.people++;
		for (const { after, event } of visit(random, person(seed, who))) open.add(at + after, event);
	}
	yield* until(to);
}

interface Due {
	at: number;
	order: number;
	event: WireEvent;
}

/** A binary heap of what is yet to happen: by time, and in order of arrival where times are equal. */
class Timeline {
	readonly #heap: Due[] = [];
	#order = 0;

	add(at: number, event: WireEvent): void {
		const due = { at: Math.round(at), order: this.#order++, event };
		let index = this.#heap.push(due) - 1;
		while (index > 0) {
			const parent = (index - 1) >> 1;
			const above = this.#heap[parent];
			if (!above || before(above, due)) break;
			this.#heap[index] = above;
			index = parent;
		}
		this.#heap[index] = due;
	}

	takeBefore(at: number): Due | undefined {
		const first = this.#heap[0];
		if (!first || first.at >= at) return undefined;
		const last = this.#heap.pop();
		if (last && last !== first) this.#sink(last);
		return first;
	}

	#sink(due: Due): void {
		let index = 0;
		for (;;) {
			const left = this.#heap[2 * index + 1];
			const right = this.#heap[2 * index + 2];
			const smaller = right && left && before(right, left) ? right : left;
			if (!smaller || before(due, smaller)) break;
			this.#heap[index] = smaller;
			index = smaller === left ? 2 * index + 1 : 2 * index + 2;
		}
		this.#heap[index] = due;
	}
}

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
