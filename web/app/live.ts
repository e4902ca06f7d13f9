/** What a page watches: subscriptions go by as few sockets as there are objects that bring them. */
import { signal } from "@preact/signals";
import { Channel, type Connection } from "./live/channel.ts";
import { objectOf, subscriptionText, type Watch, type Watcher } from "./live/topic.ts";
import { clockSkew } from "./model/countdown.ts";
import { browserClock, type Clock } from "./model/throttle.ts";

export type { Connection, Watch, Watcher };

type SocketFactory = (path: string, protocols: string[]) => WebSocket;

/** All sockets of a page, one an object and eight subscriptions; an error of one leaves the others alone. */
export class Live {
	/** Of all sockets together. One that opens for a new question beside live ones is no news. */
	readonly connection = signal<Connection>("connecting");
	/** How far the server was behind when it last spoke, ms. */
	readonly behindMs = signal<number | null>(null);
	private readonly protocols: () => string[];
	private readonly query: () => string;
	private readonly connect: SocketFactory;
	private readonly clock: Clock;
	/** By object. */
	private readonly channels = new Map<string, Channel[]>();
	private skew: number | null = null;

	/**
	 * `protocols`: the subprotocols, asked whenever a socket opens; a key or a link's token is the second one, and never
	 * stands in a URL. `query`: what the URL needs beside what is watched (`site=…`; under a shared link `time=…&vars=…`).
	 */
	constructor(
		protocols: () => string[],
		query: () => string = () => "",
		connect: SocketFactory = browserSocket,
		clock: Clock = browserClock,
	) {
		this.protocols = protocols;
		this.query = query;
		this.connect = connect;
		this.clock = clock;
	}

	/** Watches until the returned function is called. */
	watch(watch: Watch, watcher: Watcher): () => void {
		const channel = this.channelFor(watch);
		const leave = channel.join(subscriptionText(watch), watcher);
		this.summarize();
		return () => {
			leave();
			if (channel.empty) this.forget(objectOf(watch), channel);
			this.summarize();
		};
	}

	/** The server's clock, epoch ms. */
	now(): number {
		return this.clock.now() + (this.skew ?? 0);
	}

	hurry(): void {
		for (const channel of this.all()) channel.hurry();
	}

	close(): void {
		for (const channel of this.all()) channel.close();
		this.channels.clear();
	}

	private all(): Channel[] {
		return [...this.channels.values()].flat();
	}

	/** The one that has this subscription already, else one with room. */
	private channelFor(watch: Watch): Channel {
		const object = objectOf(watch);
		const text = subscriptionText(watch);
		const there = this.channels.get(object) ?? [];
		const found = there.find((channel) => channel.has(text)) ?? there.find((channel) => !channel.full);
		if (found) return found;
		const channel = new Channel(watch.metric, {
			clock: this.clock,
			connect: (query) => this.open(query),
			heard: (behindMs, at) => this.heard(behindMs, at),
			summarize: () => this.summarize(),
		});
		this.channels.set(object, [...there, channel]);
		return channel;
	}

	private forget(object: string, channel: Channel): void {
		const left = (this.channels.get(object) ?? []).filter((other) => other !== channel);
		if (left.length === 0) this.channels.delete(object);
		else this.channels.set(object, left);
	}

	private open(query: string): WebSocket {
		const more = this.query();
		return this.connect(`/v1/live?${query}${more === "" ? "" : `&${more}`}`, this.protocols());
	}

	private heard(behindMs: number, at: number | null): void {
		this.behindMs.value = behindMs;
		if (at !== null) this.skew = clockSkew(this.skew, at, this.clock.now());
	}

	private summarize(): void {
		const states = new Set(this.all().map(({ state }) => state));
		const worst = (["reconnecting", "live", "connecting", "refused"] as const).find((state) => states.has(state));
		this.connection.value = worst ?? "connecting";
	}
}

function browserSocket(path: string, protocols: string[]): WebSocket {
	const url = new URL(path, location.href);
	url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
	return new WebSocket(url, protocols);
}
