/**
 * The viewers' sockets of one metric: who watches what, and when frames go. The first change goes at once, later ones
 * at most every 250 ms; a trailing timer runs only while data flows, so that a quiet metric hibernates.
 */
import { ClientMessage, type Frame, LIVE_VERSION, type Subscription } from "../../schema/live.ts";
import { Problem } from "../../schema/problem.ts";
import {
	AWAY,
	acceptSocket,
	closeSocket,
	errorFrame,
	fitsAttachment,
	INTERNAL,
	POLICY,
	reapSockets,
	refuseSocket,
	sendTo,
	upgraded,
} from "../sockets.ts";
import { type Attachment, attachmentOf, keyTag, tagsOf } from "./attachment.ts";
import { isShared, KeyWatch } from "./keys.ts";
import { Feed, type LiveContext, type Topic, topicOf } from "./live.ts";
import { MINUTE } from "./state.ts";

/** Least time between frames: four a second read as live. */
const FRAME_MS = 250;
/** After a wake, what may not have been told waits this long for the span that woke the object. */
const WAKE_MS = 50;
/** Past this many viewers, a second: 8,000 sockets took up to 0.5 s a frame in a probe. */
const MANY_VIEWERS = 1_000;
const MANY_FRAME_MS = 1_000;
/** Different subscriptions of one metric: each costs a computation a frame. */
const MAX_FEEDS = 200;
/** The platform takes 32,768. */
const MAX_VIEWERS = 30_000;
/** A client's message: `resume` is under 100 bytes. */
const MAX_MESSAGE = 1_024;
/** Sockets are looked over this often, and end after this long without a sign of life. A look costs one alarm. */
export const REAP_EVERY_MS = 10 * MINUTE;
const SILENT_MS = 15 * MINUTE;

export interface ViewersDeps {
	ctx: DurableObjectState;
	now: () => number;
	/** What frames are computed from, as of now. Throws while the tenant's settings cannot be had. */
	context: () => Promise<LiveContext>;
	/** Minutes that changed after a cursor's n, or null where the cursor is not of this object. */
	changedSince: (cursor: string) => number[] | null;
	/** Those of the keys, sessions and shares that still open the site. */
	validKeys: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
	/** A frame went: it said that it may be so far behind. */
	framed: (behindMs: number) => void;
}

export class Viewers {
	readonly #deps: ViewersDeps;
	readonly #feeds = new Map<string, Feed>();
	/** Minutes that no frame has told yet. */
	#changed = new Set<number>();
	#framedAt = 0;
	#timer: ReturnType<typeof setTimeout> | null = null;
	readonly #keys: KeyWatch;
	/** Open sockets, counted as they come and go: listing thousands for every span would cost more than the span. */
	count: number;
	reapedAt: number;
	/** Frames computed, for tests and the curious. */
	computed = 0;

	/** `pending`: minutes that a frame may not have told before the object went away. */
	constructor(deps: ViewersDeps, pending: Iterable<number>) {
		this.#deps = deps;
		this.#keys = new KeyWatch({
			now: deps.now,
			valid: deps.validKeys,
			connected: (id) => deps.ctx.getWebSockets(keyTag(id)).length > 0,
			shut: (id) => this.#shut(id),
		});
		this.reapedAt = deps.now();
		const sockets = deps.ctx.getWebSockets();
		this.count = sockets.length;
		for (const socket of sockets) {
			const attachment = attachmentOf(socket);
			for (const topic of attachment?.topics ?? []) this.#feed(topic);
			if (attachment?.keyId) this.#keys.add(attachment.keyId);
		}
		if (this.count === 0) return;
		this.#changed = new Set(pending);
		if (this.#changed.size > 0) this.#frameIn(WAKE_MS);
	}

	/** A frame waits for its time. */
	get waiting(): boolean {
		return this.#timer !== null;
	}

	/**
	 * Takes a viewer: hello, then for each subscription a snapshot, or with a cursor what changed since. `cursors`: one for
	 * all, or one each in their order; empty: none. Throws Problem before it takes one, or refuses it.
	 */
	async connect(
		subscriptions: readonly Subscription[],
		cursors: readonly string[],
		keyId: string | null,
	): Promise<Response> {
		const named = subscriptions.map(topicOf);
		const topics = named.filter(({ key }, i) => named.findIndex((other) => other.key === key) === i);
		const attachment: Attachment = { topics, at: this.#deps.now(), keyId };
		this.#checkRoom(attachment);
		const context = await this.#deps.context();
		const { cursor, behindMs } = context;
		const subs = named.map(({ key }) => key);
		const frames: Frame[] = [{ t: "hello", v: LIVE_VERSION, cursor, behind_ms: behindMs, subs }];
		const feeds: Feed[] = [];
		for (const topic of topics) {
			const shared = this.#feeds.get(topic.key);
			const feed = shared ?? new Feed(topic);
			feeds.push(feed);
			const after = cursors.length === 1 ? cursors[0] : cursors[subs.indexOf(topic.key)];
			try {
				frames.push(...this.#opening(feed, shared !== undefined, after || null, context));
			} catch (error) {
				if (error instanceof Problem) return refuseSocket(error, { sub: topic.key, subs });
				throw error;
			}
		}
		return this.#take(attachment, feeds, frames);
	}

	#take(attachment: Attachment, feeds: readonly Feed[], frames: readonly Frame[]): Response {
		const { client, server } = acceptSocket(this.#deps.ctx, tagsOf(attachment), attachment);
		for (const feed of feeds) this.#feeds.set(feed.key, feed);
		if (attachment.keyId !== null) this.#keys.add(attachment.keyId);
		this.count++;
		for (const frame of frames) sendTo(server, JSON.stringify(frame));
		return upgraded(client);
	}

	#checkRoom(attachment: Attachment): void {
		if (!fitsAttachment(attachment)) throw new Problem(413, "subscription", "The filters are too long: at most 15 KB.");
		if (this.count >= MAX_VIEWERS)
			throw new Problem(503, "viewers", "This metric has too many viewers.", { retryAfter: 60 });
		const fits = () => {
			const more = attachment.topics.filter(({ key }) => !this.#feeds.has(key)).length;
			return more === 0 || this.#feeds.size + more <= MAX_FEEDS;
		};
		if (fits()) return;
		this.#forgetUnwatched();
		if (fits()) return;
		throw new Problem(503, "subscriptions", "This metric has too many different subscriptions.", { retryAfter: 60 });
	}

	#opening(feed: Feed, shared: boolean, cursor: string | null, context: LiveContext): Frame[] {
		const changed = cursor === null ? null : this.#deps.changedSince(cursor);
		this.computed++;
		// Groups change places: those shown now may not be those that this viewer has points of.
		const grouped = feed.subscription.groupBy.length > 0;
		if (changed !== null && !grouped) return [feed.since(changed, context)];
		const snapshot = feed.opening(shared, context);
		if (cursor === null || changed !== null) return [snapshot];
		return [{ t: "resync", sub: feed.key, reason: "unknown cursor" }, snapshot];
	}

	/** Minutes changed: a frame goes now, or when the last one is 250 ms ago. */
	changed(minutes: Iterable<number>): void {
		if (this.count === 0) return;
		for (const minute of minutes) this.#changed.add(minute);
		if (this.#timer !== null || this.#changed.size === 0) return;
		const gap = this.count > MANY_VIEWERS ? MANY_FRAME_MS : FRAME_MS;
		const wait = Math.min(gap, Math.max(0, this.#framedAt + gap - this.#deps.now()));
		this.#frameIn(wait);
	}

	#frameIn(ms: number): void {
		this.#timer = setTimeout(() => this.#frame(), ms);
	}

	async #frame(): Promise<void> {
		try {
			const context = await this.#deps.context();
			const minutes = this.#changed;
			this.#changed = new Set();
			this.#framedAt = context.now;
			for (const [key, feed] of this.#feeds) {
				this.#sendFrame(key, () => {
					const frame = feed.delta(minutes, context);
					if (frame !== null) this.computed++;
					return frame;
				});
			}
			this.#deps.framed(context.behindMs);
			void this.#keys.check();
		} catch (error) {
			// The changes stay noted: the next span, or the alarm, tries again.
			console.error("live frame failed", error);
		} finally {
			this.#timer = null;
		}
	}

	/**
	 * Tells everyone how far behind it is now, where the last frame said more. Not while one is due: that says it too, and
	 * a cursor must not be told before the minutes that it stands for.
	 */
	async correct(): Promise<void> {
		const context = await this.#deps.context();
		if (this.waiting || this.#changed.size > 0) return;
		for (const [key, feed] of this.#feeds) this.#sendFrame(key, () => feed.since([], context));
	}

	#sendFrame(key: string, compute: () => Frame | null): void {
		const sockets = this.#deps.ctx.getWebSockets(key);
		if (sockets.length === 0) {
			this.#feeds.delete(key);
			return;
		}
		try {
			const frame = compute();
			if (frame === null) return;
			const text = JSON.stringify(frame);
			for (const socket of sockets) sendTo(socket, text);
		} catch (error) {
			for (const socket of sockets) this.#fail(socket, error, key);
		}
	}

	/** A client's message. Garbage is answered with a problem, and ends that socket only. */
	async message(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
		try {
			const { cursor } = parseMessage(data);
			const attachment = attachmentOf(socket);
			if (attachment === null) return;
			const context = await this.#deps.context();
			for (const topic of attachment.topics) {
				const frames = this.#opening(this.#feed(topic), true, cursor, context);
				for (const frame of frames) sendTo(socket, JSON.stringify(frame));
			}
			void this.#keys.check();
		} catch (error) {
			this.#fail(socket, error);
		}
	}

	closed(socket: WebSocket, code: number, reason: string): void {
		closeSocket(socket, code, reason);
		this.count--;
		// A count that drifted is put right where it would matter, and by the reaper.
		if (this.count <= 0) this.recount();
	}

	/** At long intervals: ends sockets whose peer is gone without a word, or whose key is. */
	reap(now: number): void {
		this.reapedAt = now;
		reapSockets(this.#deps.ctx, now - SILENT_MS, (socket) => attachmentOf(socket)?.at ?? 0);
		this.recount();
		void this.#keys.check();
	}

	end(code: number, reason: string): void {
		for (const socket of this.#deps.ctx.getWebSockets()) closeSocket(socket, code, reason);
		this.#feeds.clear();
		this.count = 0;
	}

	recount(): void {
		this.count = this.#deps.ctx.getWebSockets().filter((s) => s.readyState === WebSocket.OPEN).length;
		if (this.count === 0) {
			this.#feeds.clear();
			this.#changed.clear();
		}
	}

	#feed(topic: Topic): Feed {
		const feed = this.#feeds.get(topic.key) ?? new Feed(topic);
		this.#feeds.set(topic.key, feed);
		return feed;
	}

	#forgetUnwatched(): void {
		for (const key of this.#feeds.keys()) if (this.#deps.ctx.getWebSockets(key).length === 0) this.#feeds.delete(key);
	}

	/** A share's sockets are only closed: its dashboard may have changed, and who may still look comes back. */
	#shut(keyId: string): void {
		const revoked = new Problem(
			401,
			"unknown_key",
			"What opened this live view holds no more: a key that was revoked, or a session that ended. Sign in again, or use another key.",
		);
		for (const socket of this.#deps.ctx.getWebSockets(keyTag(keyId))) {
			if (isShared(keyId)) closeSocket(socket, AWAY, "changed");
			else this.#fail(socket, revoked);
		}
	}

	#fail(socket: WebSocket, error: unknown, sub?: string): void {
		const known = error instanceof Problem;
		if (!known) console.error("live socket failed", error);
		const problem = known ? error : new Problem(500, "internal", "The live view failed; connect again.");
		sendTo(socket, errorFrame(problem, sub === undefined ? {} : { sub }));
		closeSocket(socket, known && problem.status < 500 ? POLICY : INTERNAL, problem.code);
	}
}

function parseMessage(data: string | ArrayBuffer): ClientMessage {
	if (typeof data !== "string" || data.length > MAX_MESSAGE) throw malformed();
	try {
		return ClientMessage.parse(JSON.parse(data));
	} catch {
		throw malformed();
	}
}

const malformed = () => new Problem(400, "message", 'Send {"t":"resume","cursor":"…"} or the word ping.');
