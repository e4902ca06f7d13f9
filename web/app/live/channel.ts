/**
 * Subscriptions that share a socket. What a socket brings is fixed when it opens, so that another set is another socket:
 * it opens beside the one that stands, resumes where that one is, and takes over when it says hello. Nothing is missed.
 */
import type { Frame } from "../../../schema/live.ts";
import { backoff, type Clock } from "../model/throttle.ts";
import { Line } from "./line.ts";
import { Topic, type Watcher } from "./topic.ts";

export type Connection = "connecting" | "live" | "reconnecting" | "refused";

const FIRST_MS = 10; // what is drawn in one frame is watched by one socket
const MORE_MS = 100; // panels that load after each other change the set a few times, not a dozen
const MOST = 8; // MAX_SUBSCRIPTIONS of schema/live.ts
const NEVER = () => {};

export interface ChannelDeps {
	clock: Clock;
	/** A socket for this query string. */
	connect: (query: string) => WebSocket;
	/** A server spoke: how far behind it was, and its clock (epoch ms) where it told that. */
	heard: (behindMs: number, at: number | null) => void;
	/** The state may be another. */
	summarize: () => void;
}

interface Serving {
	line: Line;
	/** In the order of the URL. */
	topics: readonly Topic[];
	/** By the server's names for them. */
	names: Map<string, Topic>;
}

export class Channel {
	state: Connection = "connecting";
	private readonly metric: string;
	private readonly deps: ChannelDeps;
	private readonly topics = new Map<string, Topic>();
	/** What brings the frames, and what will when it has said hello. */
	private serving: Serving | null = null;
	private opening: Serving | null = null;
	private attempt = 0;
	private stopTimer: () => void = NEVER;

	constructor(metric: string, deps: ChannelDeps) {
		this.metric = metric;
		this.deps = deps;
	}

	get empty(): boolean {
		return this.topics.size === 0;
	}

	get full(): boolean {
		return this.topics.size >= MOST;
	}

	has(text: string): boolean {
		return this.topics.has(text);
	}

	/** Watches until the returned function is called. */
	join(text: string, watcher: Watcher): () => void {
		const topic = this.topics.get(text) ?? new Topic(text);
		this.topics.set(text, topic);
		topic.join(watcher);
		if (this.state === "refused") this.state = "connecting";
		this.later(this.serving === null ? FIRST_MS : MORE_MS, () => this.regroup());
		return () => {
			topic.watchers.delete(watcher);
			if (topic.watchers.size === 0 && this.topics.get(text) === topic) this.topics.delete(text);
			if (this.empty) this.close();
		};
	}

	/** Does not wait for the backoff: the network, or the person, is back. */
	hurry(): void {
		if (this.state === "reconnecting" && this.opening === null) this.open();
	}

	close(): void {
		this.stopTimer();
		for (const open of [this.serving, this.opening]) open?.line.close();
		this.serving = null;
		this.opening = null;
	}

	private later(ms: number, work: () => void): void {
		this.stopTimer();
		this.stopTimer = this.deps.clock.after(ms, work);
	}

	/** Opens another socket, unless the one that stands brings all that is watched. One that is on its way is waited for. */
	private regroup(): void {
		if (this.opening !== null) return;
		const covered = this.serving?.topics ?? [];
		if (this.wanted().some((topic) => topic.late || !covered.includes(topic))) this.open();
	}

	private wanted(): Topic[] {
		return [...this.topics.values()].filter((topic) => !topic.refused);
	}

	private open(): void {
		this.stopTimer();
		const topics = this.wanted();
		if (topics.length === 0) {
			this.set("refused");
			return;
		}
		const params = new URLSearchParams({ metric: this.metric });
		for (const topic of topics) params.append("sub", topic.text);
		// With a cursor only what changed since comes back, in place of the whole range.
		const cursors = topics.map(({ cursor }) => cursor ?? "");
		if (cursors.some((cursor) => cursor !== "")) params.set("cursor", cursors.join(","));
		for (const topic of topics) topic.late = false;
		const line: Line = new Line(this.deps.connect(params.toString()), this.deps.clock, {
			frame: (frame) => this.frame(opening, frame),
			lost: () => this.lost(opening),
		});
		const opening: Serving = { line, topics, names: new Map() };
		this.opening = opening;
	}

	private lost(gone: Serving): void {
		if (gone === this.serving) this.serving = null;
		if (gone === this.opening) this.opening = null;
		if (this.state === "refused") return;
		if (this.serving === null) this.set("reconnecting");
		if (this.opening === null) this.later(backoff(this.attempt++, Math.random()), () => this.open());
	}

	private set(state: Connection): void {
		this.state = state;
		this.deps.summarize();
	}

	private frame(from: Serving, frame: Frame): void {
		if (frame.t === "error") this.failed(from, frame);
		else if (frame.t === "resync") {
			for (const [name, topic] of from.names) if ((frame.sub ?? name) === name) topic.resync();
		} else this.heard(from, frame);
	}

	private heard(from: Serving, frame: Exclude<Frame, { t: "error" | "resync" }>): void {
		this.deps.heard(
			"behind_ms" in frame ? frame.behind_ms : frame.meta.behind_ms,
			frame.t === "hello" ? null : frame.at,
		);
		if (frame.t === "hello") this.takeOver(from, frame.subs);
		else {
			this.attempt = 0;
			from.names.get(frame.sub)?.tell(frame);
		}
	}

	private takeOver(from: Serving, subs: readonly string[]): void {
		from.names = namesOf(from, subs);
		if (from === this.opening) {
			this.serving?.line.close();
			this.serving = from;
			this.opening = null;
		}
		this.set("live");
		this.regroup();
	}

	/** A refusal stays one (key, filter); anything else is worth another try. */
	private failed(from: Serving, { sub, subs, problem }: Extract<Frame, { t: "error" }>): void {
		const status = Number(problem.status ?? 500);
		if (status >= 500 || status === 429) return;
		const names = subs ? namesOf(from, subs) : from.names;
		const guilty = sub === undefined ? undefined : names.get(sub);
		for (const topic of guilty ? [guilty] : from.topics) topic.refuse(problem);
		from.line.close();
		// The others come again at once: each refusal leaves fewer.
		if (from === this.serving) this.serving = null;
		if (from === this.opening) this.opening = null;
		this.regroup();
		if (this.opening === null && this.serving === null) this.set("refused");
	}
}

const namesOf = ({ topics }: Serving, subs: readonly string[]): Map<string, Topic> =>
	new Map(topics.flatMap((topic, i) => (subs[i] === undefined ? [] : [[subs[i], topic]])));
