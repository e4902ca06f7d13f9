import { type ReadonlySignal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Failure } from "./api.ts";
import { browserClock, type Clock } from "./model/throttle.ts";

/** What a panel knows. Old data stays while new loads; `stale` says that it answers an older question. */
export interface Loaded<T> {
	data: T | null;
	failure: Failure | null;
	loading: boolean;
	/** The data answers another question (range, filter) than the one asked now. */
	stale: boolean;
	/** It takes longer than usual. */
	slow: boolean;
}

/** Answers that took no longer may be asked for as often as anybody likes (ms). */
const CHEAP_MS = 250;
/** Others rest as many times as long as they took: counting raw events again and again takes a fifth of one's time at most. */
const REST = 4;

const SLOW_MS = 2_500; // answers take tens of ms; a person starts to wonder at about two seconds

/** Loads one thing again and again: a newer question ends the older one, and an error never takes away what is shown. */
export class Loader<T> {
	readonly state = signal<Loaded<T>>({ data: null, failure: null, loading: true, stale: false, slow: false });
	private asked: string | null = null;
	private answered: string | null = null;
	private work: ((signal: AbortSignal) => Promise<T>) | null = null;
	private running: AbortController | null = null;
	/** How long the last answer rests before it is asked for again, ms. */
	readonly restMs = signal(0);
	private restsUntil = 0;
	private callOff: (() => void) | null = null;
	private readonly clock: Clock;

	constructor(clock: Clock = browserClock) {
		this.clock = clock;
	}

	/** Asks. The same `question` again is a refresh: what is shown stays bright. */
	load(question: string, work: (signal: AbortSignal) => Promise<T>): void {
		const refresh = question === this.asked;
		// A refresh never cuts off an answer that is on its way, or a slow server would never get to answer.
		if (refresh && this.running) return;
		this.asked = question;
		this.work = work;
		const rest = this.restsUntil - this.clock.now();
		if (refresh && rest > 0) this.callOff ??= this.clock.after(rest, this.retry);
		else this.run(question);
	}

	retry = (): void => {
		if (this.work && this.asked !== null) this.run(this.asked);
	};

	stop(): void {
		this.callOff?.();
		this.callOff = null;
		this.running?.abort();
		this.running = null;
	}

	private async run(question: string): Promise<void> {
		this.stop();
		const running = new AbortController();
		this.running = running;
		const stale = this.answered !== null && this.answered !== question;
		this.set({ loading: true, stale, slow: false, ...(stale ? { failure: null } : {}) });
		const began = this.clock.now();
		const slow = setTimeout(() => this.set({ slow: true }), SLOW_MS);
		try {
			const data = await this.work?.(running.signal);
			if (running.signal.aborted || data === undefined) return;
			this.answered = question;
			this.set({ data, failure: null, loading: false, stale: false, slow: false });
		} catch (error) {
			if (running.signal.aborted) return;
			const failure = error instanceof Failure ? error : new Failure(0, "bug", String(error));
			this.set({ failure, loading: false, slow: false });
		} finally {
			clearTimeout(slow);
			if (this.running === running) {
				this.running = null;
				this.rest(this.clock.now() - began);
			}
		}
	}

	private rest(tookMs: number): void {
		this.restMs.value = tookMs > CHEAP_MS ? REST * tookMs : 0;
		this.restsUntil = this.clock.now() + this.restMs.value;
	}

	private set(change: Partial<Loaded<T>>): void {
		const known = this.state.peek();
		const changes = (Object.keys(change) as (keyof Loaded<T>)[]).some((name) => change[name] !== known[name]);
		// Nothing is drawn anew for what is known.
		if (changes) this.state.value = { ...known, ...change };
	}
}

/** Loads for a component: anew when the question changes, quietly when `tick` does. */
export function useLoaded<T>(
	question: string,
	work: (signal: AbortSignal) => Promise<T>,
	tick: ReadonlySignal<number>,
): Loaded<T> & { retry: () => void } {
	const loader = useMemo(() => new Loader<T>(), []);
	const beat = tick.value;
	// `question` names all that `work` depends on
	useEffect(() => loader.load(question, work), [loader, question, beat]);
	useEffect(() => () => loader.stop(), [loader]);
	return { ...loader.state.value, retry: loader.retry };
}
