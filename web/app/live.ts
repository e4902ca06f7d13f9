import { signal } from "@preact/signals";
import type { Active, Frame, Subscription } from "../../schema/live.ts";
import type { Point } from "../../schema/query.ts";
import { clockSkew } from "./model/countdown.ts";
import { backoff, browserClock, type Clock } from "./model/throttle.ts";
import { PING_WORD, PONG_WORD, PROTOCOL } from "./model/words.ts";

export type Watch = Pick<Subscription, "metric" | "measure"> & Partial<Subscription>;

export interface Watcher {
	/** Absolute values of buckets. `whole`: forget what came before (a snapshot). */
	points?(points: readonly Point[], whole: boolean): void;
	/** Active now, by the server's clock. */
	active?(active: Active): void;
	/** Something arrived since the last frame. */
	changed?(): void;
	/** The server lost our place: ask history again. */
	resync?(): void;
}

export type Connection = "connecting" | "live" | "reconnecting" | "refused";

const PING_EVERY_MS = 20_000; // well under the minute after which proxies drop a silent connection
const PONG_WITHIN_MS = 8_000; // a network that takes longer is not live anyway
const NEVER = () => {};

/** The query string of GET /v1/live. The key is not in it: it travels as a second subprotocol. */
export function liveQuery(watch: Watch): string {
	const params = new URLSearchParams({ metric: watch.metric, measure: watch.measure });
	if (watch.from !== undefined) params.set("from", watch.from);
	if (watch.interval !== undefined) params.set("interval", watch.interval);
	if (watch.filters?.length) params.set("filter", JSON.stringify(watch.filters));
	if (watch.groupBy?.length) params.set("groupBy", watch.groupBy.join(","));
	if (watch.limit !== undefined) params.set("limit", String(watch.limit));
	return params.toString();
}

type SocketFactory = (path: string, protocols: string[]) => WebSocket;

/** One socket: connects, resumes from its cursor, comes back with jitter. */
class Connected {
	state: Connection = "connecting";
	private socket: WebSocket | null = null;
	private cursor: string | null = null;
	private attempt = 0;
	private stopTimer: () => void = NEVER;
	private readonly live: Live;
	private readonly query: string;
	private readonly watcher: Watcher;

	constructor(live: Live, query: string, watcher: Watcher) {
		this.live = live;
		this.query = query;
		this.watcher = watcher;
	}

	open(): void {
		this.stopTimer();
		// With a cursor only what changed since comes back, in place of the whole range.
		const resume = this.cursor === null ? "" : `&cursor=${encodeURIComponent(this.cursor)}`;
		const socket = this.live.connect(`/v1/live?${this.query}${resume}`, [PROTOCOL, this.live.key]);
		this.socket = socket;
		socket.onopen = () => this.heartbeat();
		socket.onmessage = (message: MessageEvent<string>) => {
			if (this.socket !== socket) return;
			this.heartbeat();
			if (message.data !== PONG_WORD) this.frame(JSON.parse(message.data) as Frame);
		};
		socket.onclose = () => {
			if (this.socket === socket) this.lost();
		};
	}

	/** Do not wait for the backoff: the network, or the person, is back. */
	hurry(): void {
		if (this.state === "reconnecting" && this.socket === null) this.open();
	}

	drop(): void {
		this.stopTimer();
		const socket = this.socket;
		this.socket = null;
		socket?.close(1000);
	}

	private lost(): void {
		this.drop();
		if (this.state === "refused") return;
		this.set("reconnecting");
		this.stopTimer = this.live.clock.after(backoff(this.attempt++, Math.random()), () => this.open());
	}

	/** Silence is checked, since a close may never be delivered. */
	private heartbeat(): void {
		this.stopTimer();
		this.stopTimer = this.live.clock.after(PING_EVERY_MS, () => {
			this.socket?.send(PING_WORD);
			this.stopTimer = this.live.clock.after(PONG_WITHIN_MS, () => this.lost());
		});
	}

	private set(state: Connection): void {
		this.state = state;
		this.live.summarize();
	}

	private frame(frame: Frame): void {
		if (frame.t === "error") {
			// A refusal stays one (key, filter); anything else is worth another try.
			const status = Number(frame.problem.status ?? 500);
			if (status < 500 && status !== 429) this.set("refused");
			return;
		}
		if (frame.t === "resync") {
			this.cursor = null;
			this.watcher.resync?.();
			return;
		}
		this.attempt = 0;
		// The hello's cursor is ahead of what has been told: a socket lost before the next frame must not skip it.
		if (frame.t !== "hello") this.cursor = frame.cursor;
		this.live.heard(
			"behind_ms" in frame ? frame.behind_ms : frame.meta.behind_ms,
			frame.t === "hello" ? null : frame.at,
		);
		if (this.state !== "live") this.set("live");
		if (frame.t !== "hello") this.tell(frame);
	}

	private tell(frame: Extract<Frame, { t: "snapshot" | "delta" }>): void {
		const points = frame.series[0]?.points ?? [];
		this.watcher.points?.(points, frame.t === "snapshot");
		if (frame.active) this.watcher.active?.(frame.active);
		if (frame.t === "delta" && (points.length > 0 || frame.active)) this.watcher.changed?.();
	}
}

/** All sockets of a page, one a watch (each metric is an object of its own); an error of one leaves the others alone. */
export class Live {
	/** Of all sockets together. One that opens for a new question beside live ones is no news. */
	readonly connection = signal<Connection>("connecting");
	/** How far the server was behind when it last spoke, ms. */
	readonly behindMs = signal<number | null>(null);
	readonly key: string;
	readonly connect: SocketFactory;
	readonly clock: Clock;
	private readonly sockets = new Set<Connected>();
	private skew: number | null = null;

	constructor(key: string, connect: SocketFactory = browserSocket, clock: Clock = browserClock) {
		this.key = key;
		this.connect = connect;
		this.clock = clock;
	}

	/** Watches until the returned function is called. */
	watch(watch: Watch, watcher: Watcher): () => void {
		const socket = new Connected(this, liveQuery(watch), watcher);
		this.sockets.add(socket);
		socket.open();
		this.summarize();
		return () => {
			socket.drop();
			this.sockets.delete(socket);
			this.summarize();
		};
	}

	/** The server's clock, epoch ms. */
	now(): number {
		return this.clock.now() + (this.skew ?? 0);
	}

	hurry(): void {
		for (const socket of this.sockets) socket.hurry();
	}

	close(): void {
		for (const socket of this.sockets) socket.drop();
		this.sockets.clear();
	}

	heard(behindMs: number, at: number | null): void {
		this.behindMs.value = behindMs;
		if (at !== null) this.skew = clockSkew(this.skew, at, this.clock.now());
	}

	summarize(): void {
		const states = new Set([...this.sockets].map((socket) => socket.state));
		const worst = (["reconnecting", "live", "connecting", "refused"] as const).find((state) => states.has(state));
		this.connection.value = worst ?? "connecting";
	}
}

function browserSocket(path: string, protocols: string[]): WebSocket {
	const url = new URL(path, location.href);
	url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
	return new WebSocket(url, protocols);
}
