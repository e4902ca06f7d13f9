import { type ReadonlySignal, signal } from "@preact/signals";
import type { EventsAnswer } from "../../../schema/questions.ts";
import type { Failure } from "../api.ts";
import { backoff } from "../model/throttle.ts";
import { append, EMPTY_STREAM, type Stream } from "./model/stream.ts";
import { failureOf } from "./shelf.ts";

/** A person reads no faster, and the server reads only what came since. */
const EVERY_MS = 1_000;

export interface Following {
	stream: Stream;
	failure: Failure | null;
	/** Nothing was answered yet. */
	waiting: boolean;
	paused: boolean;
}

type Ask = (after: number | null, signal: AbortSignal) => Promise<EventsAnswer>;

/** Follows the newest events: asks a second after each answer for what came since, and less often while that fails. */
export class Follower {
	readonly #state = signal<Following>({ stream: EMPTY_STREAM, failure: null, waiting: true, paused: false });
	readonly state: ReadonlySignal<Following> = this.#state;
	readonly #ask: Ask;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#running: AbortController | null = null;
	#failures = 0;

	constructor(ask: Ask) {
		this.#ask = ask;
	}

	start = (): void => {
		if (this.#running === null && !this.#state.peek().paused) this.#poll();
	};

	/** While nobody looks, and at the end. */
	stop = (): void => {
		clearTimeout(this.#timer);
		this.#running?.abort();
		this.#running = null;
	};

	/** What came in the meantime is asked for when it goes on. */
	pause = (paused: boolean): void => {
		this.#set({ paused });
		if (paused) this.stop();
		else this.start();
	};

	retry = (): void => {
		this.stop();
		this.start();
	};

	async #poll(): Promise<void> {
		clearTimeout(this.#timer);
		const running = new AbortController();
		this.#running = running;
		try {
			const answer = await this.#ask(this.#state.peek().stream.cursor, running.signal);
			if (running.signal.aborted) return;
			this.#failures = 0;
			this.#set({ stream: append(this.#state.peek().stream, answer), failure: null, waiting: false });
		} catch (error) {
			if (running.signal.aborted) return;
			this.#failures++;
			this.#set({ failure: failureOf(error), waiting: false });
		}
		const wait = this.#failures === 0 ? EVERY_MS : EVERY_MS + backoff(this.#failures - 1, Math.random());
		this.#timer = setTimeout(() => this.#poll(), wait);
	}

	#set(change: Partial<Following>): void {
		this.#state.value = { ...this.#state.peek(), ...change };
	}
}
