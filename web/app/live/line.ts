/** One WebSocket: frames as they come, and the news that it is lost, which a close may never bring. */
import type { Frame } from "../../../schema/live.ts";
import type { Clock } from "../model/throttle.ts";
import { PING_WORD, PONG_WORD } from "../model/words.ts";

const PING_EVERY_MS = 20_000; // well under the minute after which proxies drop a silent connection
const PONG_WITHIN_MS = 8_000; // a network that takes longer is not live anyway
const CONNECTING: typeof WebSocket.CONNECTING = 0;
const NEVER = () => {};

export interface LineEvents {
	frame(frame: Frame): void;
	/** Once at most, and never after `close`. */
	lost(): void;
}

export class Line {
	private socket: WebSocket | null;
	private readonly clock: Clock;
	private readonly events: LineEvents;
	private stopTimer: () => void = NEVER;

	constructor(socket: WebSocket, clock: Clock, events: LineEvents) {
		this.socket = socket;
		this.clock = clock;
		this.events = events;
		socket.onopen = () => this.heartbeat();
		socket.onmessage = (message: MessageEvent<string>) => {
			if (this.socket === null) return;
			this.heartbeat();
			if (message.data !== PONG_WORD) events.frame(JSON.parse(message.data) as Frame);
		};
		socket.onclose = () => this.lose();
	}

	close(): void {
		this.stopTimer();
		const { socket } = this;
		this.socket = null;
		if (socket === null) return;
		// Browsers complain of one that is closed while it connects.
		if (socket.readyState === CONNECTING) socket.onopen = () => socket.close(1000);
		else socket.close(1000);
	}

	private lose(): void {
		if (this.socket === null) return;
		this.close();
		this.events.lost();
	}

	private heartbeat(): void {
		this.stopTimer();
		if (this.socket === null) return;
		this.stopTimer = this.clock.after(PING_EVERY_MS, () => {
			this.socket?.send(PING_WORD);
			this.stopTimer = this.clock.after(PONG_WITHIN_MS, () => this.lose());
		});
	}
}
