/**
 * The viewers' sockets of one metric: who watches what, and when frames go. The first change goes at once, later ones
 * at most every 250 ms; a trailing timer runs only while data flows, so that a quiet metric hibernates.
 */
import { hash64 } from "../../schema/core/hash.ts";
import { ClientMessage, type Frame, LIVE_VERSION, Subscription } from "../../schema/live.ts";
import { Problem } from "../../schema/problem.ts";
import {
	acceptSocket,
	closeSocket,
	errorFrame,
	fitsAttachment,
	INTERNAL,
	POLICY,
	reapSockets,
	sendTo,
	upgraded,
} from "../sockets.ts";
import { KeyWatch } from "./keys.ts";
import { Feed, type LiveContext } from "./live.ts";
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

/** What a socket remembers over hibernation. */
interface Attachment {
	key: string;
	subscription: Subscription;
	/** When it opened, epoch ms. */
	at: number;
	/** Id of the viewer's API key; null: not told. */
	keyId: string | null;
}

/** The tag by which the sockets of an API key are found; those of subscriptions have a dot. */
const keyTag = (keyId: string) => `key:${keyId}`;

export interface ViewersDeps {
	ctx: DurableObjectState;
	now: () => number;
	/** What frames are computed from, as of now. Throws while the tenant's settings cannot be had. */
	context: () => Promise<LiveContext>;
	/** Minutes that changed after a cursor's n, or null where the cursor is not of this object. */
	changedSince: (cursor: string) => number[] | null;
	/** Those of the API keys that are not revoked. */
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
			this.#feed(attachment);
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

	/** Takes a viewer: hello, then a snapshot, or with a cursor what changed since. Throws Problem before it takes one. */
	async connect(subscription: Subscription, cursor: string | null, keyId: string | null): Promise<Response> {
		const attachment: Attachment = { key: keyOf(subscription), subscription, at: this.#deps.now(), keyId };
		this.#checkRoom(attachment);
		const context = await this.#deps.context();
		const shared = this.#feeds.get(attachment.key);
		const feed = shared ?? new Feed(subscription);
		const frames = this.#opening(feed, shared !== undefined, cursor, context);
		const tags = keyId === null ? [attachment.key] : [attachment.key, keyTag(keyId)];
		const { client, server } = acceptSocket(this.#deps.ctx, tags, attachment);
		this.#feeds.set(attachment.key, feed);
		if (keyId !== null) this.#keys.add(keyId);
		this.count++;
		const hello: Frame = { t: "hello", v: LIVE_VERSION, cursor: context.cursor, behind_ms: context.behindMs };
		for (const frame of [hello, ...frames]) sendTo(server, JSON.stringify(frame));
		return upgraded(client);
	}

	#checkRoom(attachment: Attachment): void {
		if (!fitsAttachment(attachment)) throw new Problem(413, "subscription", "The filters are too long: at most 15 KB.");
		if (this.count >= MAX_VIEWERS)
			throw new Problem(503, "viewers", "This metric has too many viewers.", { retryAfter: 60 });
		if (this.#feeds.has(attachment.key) || this.#feeds.size < MAX_FEEDS) return;
		this.#forgetUnwatched();
		if (this.#feeds.size < MAX_FEEDS) return;
		throw new Problem(503, "subscriptions", "This metric has too many different subscriptions.", { retryAfter: 60 });
	}

	#opening(feed: Feed, shared: boolean, cursor: string | null, context: LiveContext): Frame[] {
		const changed = cursor === null ? null : this.#deps.changedSince(cursor);
		this.computed++;
		// Groups change places: those shown now may not be those that this viewer has points of.
		const grouped = feed.subscription.groupBy.length > 0;
		if (changed !== null && !grouped) return [this.#since(feed, changed, context)];
		const snapshot = feed.opening(shared, context);
		return cursor === null || changed !== null ? [snapshot] : [{ t: "resync", reason: "unknown cursor" }, snapshot];
	}

	/** A delta even where nothing changed: it tells the new cursor. */
	#since(feed: Feed, changed: number[], context: LiveContext): Frame {
		const { cursor, behindMs, now } = context;
		return feed.delta(changed, context) ?? { t: "delta", cursor, series: [], behind_ms: behindMs, at: now };
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
		for (const [key, feed] of this.#feeds) this.#sendFrame(key, () => this.#since(feed, [], context));
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
			for (const socket of sockets) this.#fail(socket, error);
		}
	}

	/** A client's message. Garbage is answered with a problem, and ends that socket only. */
	async message(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
		try {
			const { cursor } = parseMessage(data);
			const feed = this.#feed(attachmentOf(socket));
			if (feed === null) return;
			const context = await this.#deps.context();
			for (const frame of this.#opening(feed, true, cursor, context)) sendTo(socket, JSON.stringify(frame));
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

	#feed(attachment: Attachment | null): Feed | null {
		if (attachment === null) return null;
		const feed = this.#feeds.get(attachment.key) ?? new Feed(attachment.subscription);
		this.#feeds.set(attachment.key, feed);
		return feed;
	}

	#forgetUnwatched(): void {
		for (const key of this.#feeds.keys()) if (this.#deps.ctx.getWebSockets(key).length === 0) this.#feeds.delete(key);
	}

	#shut(keyId: string): void {
		const revoked = new Problem(401, "unknown_key", "This key was revoked.");
		for (const socket of this.#deps.ctx.getWebSockets(keyTag(keyId))) this.#fail(socket, revoked);
	}

	#fail(socket: WebSocket, error: unknown): void {
		const known = error instanceof Problem;
		if (!known) console.error("live socket failed", error);
		const problem = known ? error : new Problem(500, "internal", "The live view failed; connect again.");
		sendTo(socket, errorFrame(problem));
		closeSocket(socket, known && problem.status < 500 ? POLICY : INTERNAL, problem.code);
	}
}

/** Equal subscriptions have equal keys: zod puts the fields in one order. Tags are at most 256 characters. */
export function keyOf(subscription: Subscription): string {
	const { hi, lo } = hash64(JSON.stringify(subscription));
	return `${hi.toString(36)}.${lo.toString(36)}`;
}

function attachmentOf(socket: WebSocket): Attachment | null {
	const value: Partial<Attachment> | null = socket.deserializeAttachment();
	const subscription = Subscription.safeParse(value?.subscription);
	// A socket that is not ours, or from a version whose subscriptions we no longer read.
	if (!subscription.success || typeof value?.key !== "string") return null;
	return { key: value.key, subscription: subscription.data, at: value.at ?? 0, keyId: value.keyId ?? null };
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
