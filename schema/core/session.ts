/**
 * The session automaton (semantics: "Sessions"). Takes a visitor's events in any order of arrival and says how each
 * changes the visitor's sessions, as signed differences, so that their sum is at all times what sorting all events and
 * splitting at gaps would give. Pure: its only clock is the receive time of the events it has seen, and what it
 * forgets can no longer matter, so a state that is restored and fed the same events goes on the same way (I5).
 */
import { ByteReader, ByteWriter, DictionaryWriter } from "./bytes.ts";

const MINUTE = 60_000;
/** A silence this long ends a session, ms. */
export const SESSION_GAP = 30 * MINUTE;
/** An event received longer than this after it happened takes no part, ms. */
export const SESSION_LATENESS = 15 * MINUTE;
/** What may pass between receive time at the edge and arrival here (another partition's clock, an overflow queue), ms. */
const SESSION_DELAY = 15 * MINUTE;
/** A session can be joined by an event that happened less than a gap after its end and arrives this late, ms. */
const KEEP = SESSION_GAP + SESSION_LATENESS + SESSION_DELAY;

/** The dimensions of a session, those of its first event, in the order of `Dims`. `props`: JSON of declared ones. */
export const SESSION_DIMENSIONS = [
	"entry",
	"referrer",
	"channel",
	"utm_source",
	"utm_medium",
	"utm_campaign",
	"country",
	"browser",
	"os",
	"device",
	"props",
] as const;
/** Values by SESSION_DIMENSIONS; "" = missing. */
export type Dims = readonly string[];

/** Receives one signed difference. `duration` in ms; `start` is exact, the change belongs to its minute. */
export type Emit = (
	hi: number,
	lo: number,
	start: number,
	dims: Dims,
	count: number,
	duration: number,
	views: number,
	bounces: number,
) => void;

class Session {
	readonly hi: number;
	readonly lo: number;
	start: number;
	last: number;
	views = 0;
	interactive = false;
	dims: Dims;
	/** Another session under the same key of the map: mostly the same visitor's. */
	next: Session | null = null;
	/** Changed since the last drain, and whether it was merged into another. */
	touched = false;
	gone = false;
	/** What the emitted differences add up to. */
	published = false;
	publishedStart = 0;
	publishedDuration = 0;
	publishedViews = 0;
	publishedBounces = 0;
	publishedDims: Dims;

	constructor(hi: number, lo: number, start: number, dims: Dims) {
		this.hi = hi;
		this.lo = lo;
		this.start = start;
		this.last = start;
		this.dims = dims;
		this.publishedDims = dims;
	}

	isNear(hi: number, lo: number, t: number): boolean {
		return this.lo === lo && this.hi === hi && t > this.start - SESSION_GAP && t < this.last + SESSION_GAP;
	}

	get bounces(): number {
		return this.views === 1 && !this.interactive ? 1 : 0;
	}
}

export class Sessions {
	/** Newest receive time seen, epoch ms. */
	clock = 0;
	/** Sessions held: open ones, and those that a late event can still reach. */
	size = 0;
	readonly #byVisitor = new Map<number, Session>();
	#touched: Session[] = [];

	/** Whether an event of that visitor at `t` would join a session there is. */
	isOpen(hi: number, lo: number, t: number): boolean {
		for (let s = this.#byVisitor.get(keyOf(hi, lo)) ?? null; s !== null; s = s.next)
			if (s.isNear(hi, lo, t)) return true;
		return false;
	}

	/** Whether an event comes early enough to take part. Late ones never open, extend or join a session. */
	isTimely(t: number, receivedAt: number): boolean {
		return receivedAt - t <= SESSION_LATENESS && t >= this.clock - SESSION_LATENESS - SESSION_DELAY;
	}

	/** Brings the clock forward. To be called with every event, those that take no part included. */
	tick(receivedAt: number): void {
		if (receivedAt > this.clock) this.clock = receivedAt;
	}

	/** Takes in a timely event. `dims(i)` is only called where the event becomes the first of a session. */
	add(
		hi: number,
		lo: number,
		t: number,
		view: boolean,
		interactive: boolean,
		dims: (i: number) => Dims,
		i: number,
	): void {
		const key = keyOf(hi, lo);
		const head = this.#byVisitor.get(key) ?? null;
		let session: Session | null = null;
		for (let s = head; s !== null; s = s.next) {
			if (!s.isNear(hi, lo, t)) continue;
			if (session === null) session = s;
			else this.#merge(key, session, s);
		}
		if (session === null) {
			session = new Session(hi, lo, t, dims(i));
			session.next = head === null ? null : this.#withoutForgotten(head);
			this.#byVisitor.set(key, session);
			this.size++;
		} else if (t < session.start) {
			session.start = t;
			session.dims = dims(i);
		}
		if (t > session.last) session.last = t;
		if (view) session.views++;
		if (interactive) session.interactive = true;
		this.#touch(session);
	}

	/**
	 * Drops what is held of a visitor, who asked for it. What was emitted stays: no event takes it back. To be called
	 * after a drain.
	 */
	forget(hi: number, lo: number): void {
		if (this.#touched.length > 0) throw new Error("a visitor is forgotten with differences not emitted yet");
		const key = keyOf(hi, lo);
		for (let s = this.#byVisitor.get(key) ?? null; s !== null; s = s.next) {
			if (s.hi === hi && s.lo === lo) this.#unlink(key, s);
		}
	}

	/** Emits what changed since the last drain, coalesced: at most two differences a session. */
	drain(emit: Emit): void {
		for (const session of this.#touched) {
			session.touched = false;
			publish(session, emit);
		}
		this.#touched = [];
	}

	/** Drops what can no longer matter. Changes nothing that can be observed, but memory. */
	sweep(): void {
		for (const [key, head] of this.#byVisitor) {
			const kept = this.#withoutForgotten(head);
			if (kept === null) this.#byVisitor.delete(key);
			else if (kept !== head) this.#byVisitor.set(key, kept);
		}
	}

	/** The state as pages of at most about `pageBytes`. To be called after a drain. */
	encode(pageBytes: number): Uint8Array[] {
		if (this.#touched.length > 0) throw new Error("sessions are encoded with differences not emitted yet");
		this.sweep();
		const pages: Uint8Array[] = [];
		let page = new PageWriter();
		for (const head of this.#byVisitor.values()) {
			for (let s: Session | null = head; s !== null; s = s.next) {
				if (page.bytes >= pageBytes) {
					pages.push(page.finish(this.clock));
					page = new PageWriter();
				}
				page.add(s);
			}
		}
		pages.push(page.finish(this.clock));
		return pages;
	}

	static decode(pages: Iterable<Uint8Array>): Sessions {
		const sessions = new Sessions();
		for (const bytes of pages) sessions.#read(new ByteReader(bytes));
		return sessions;
	}

	#read(r: ByteReader): void {
		r.version(VERSION, "session page");
		this.clock = Math.max(this.clock, r.f64());
		const strings = r.strings();
		for (let left = r.varint(); left > 0; left--) {
			const session = new Session(r.u32(), r.u32(), r.f64(), EMPTY);
			session.last = r.f64();
			session.views = r.varint();
			session.interactive = r.u8() === 1;
			session.dims = SESSION_DIMENSIONS.map(() => strings[r.varint()] as string);
			keepAsPublished(session);
			const key = keyOf(session.hi, session.lo);
			session.next = this.#byVisitor.get(key) ?? null;
			this.#byVisitor.set(key, session);
			this.size++;
		}
	}

	#touch(session: Session): void {
		if (session.touched) return;
		session.touched = true;
		this.#touched.push(session);
	}

	/** `from` becomes part of `into`: a late event bridged the gap between them. */
	#merge(key: number, into: Session, from: Session): void {
		if (from.start < into.start) {
			into.start = from.start;
			into.dims = from.dims;
		}
		into.last = Math.max(into.last, from.last);
		into.views += from.views;
		into.interactive ||= from.interactive;
		from.gone = true;
		this.#touch(from);
		this.#unlink(key, from);
	}

	#unlink(key: number, session: Session): void {
		this.size--;
		let before = this.#byVisitor.get(key) ?? null;
		if (before === session) {
			if (session.next === null) this.#byVisitor.delete(key);
			else this.#byVisitor.set(key, session.next);
			return;
		}
		while (before !== null && before.next !== session) before = before.next;
		if (before !== null) before.next = session.next;
	}

	#withoutForgotten(head: Session): Session | null {
		const horizon = this.clock - KEEP;
		let kept: Session | null = null;
		for (let s: Session | null = head; s !== null; ) {
			const next: Session | null = s.next;
			if (s.last < horizon && !s.touched) this.size--;
			else {
				s.next = kept;
				kept = s;
			}
			s = next;
		}
		return kept;
	}
}

/** 52 bits of the 64, exact as a number; visitors that share them are told apart in the chain. */
const keyOf = (hi: number, lo: number) => hi * 0x100000 + (lo >>> 12);
const minuteOf = (t: number) => Math.floor(t / MINUTE);
const EMPTY: Dims = SESSION_DIMENSIONS.map(() => "");

function isSame(a: Dims, b: Dims): boolean {
	return a === b || a.every((value, i) => value === b[i]);
}

function publish(s: Session, emit: Emit): void {
	const stays =
		s.published && !s.gone && minuteOf(s.start) === minuteOf(s.publishedStart) && isSame(s.dims, s.publishedDims);
	const { publishedStart: start, publishedDims: dims } = s;
	const duration = s.last - s.start;
	if (stays) {
		const longer = duration - s.publishedDuration;
		const views = s.views - s.publishedViews;
		const bounces = s.bounces - s.publishedBounces;
		if (longer !== 0 || views !== 0 || bounces !== 0) emit(s.hi, s.lo, start, dims, 0, longer, views, bounces);
	} else {
		if (s.published) emit(s.hi, s.lo, start, dims, -1, -s.publishedDuration, -s.publishedViews, -s.publishedBounces);
		if (!s.gone) emit(s.hi, s.lo, s.start, s.dims, 1, duration, s.views, s.bounces);
	}
	keepAsPublished(s);
}

function keepAsPublished(s: Session): void {
	s.published = !s.gone;
	s.publishedStart = s.start;
	s.publishedDuration = s.last - s.start;
	s.publishedViews = s.views;
	s.publishedBounces = s.bounces;
	s.publishedDims = s.dims;
}

const VERSION = 1;

/** version · f64 clock · strings · varint sessions · each: visitor, start, last, views, interactive, indices of its dims. */
class PageWriter {
	readonly #dictionary = new DictionaryWriter();
	readonly #sessions = new ByteWriter(1024);
	#count = 0;

	get bytes(): number {
		return this.#dictionary.bytes + this.#sessions.length;
	}

	add(s: Session): void {
		const w = this.#sessions;
		w.u32(s.hi);
		w.u32(s.lo);
		w.f64(s.start);
		w.f64(s.last);
		w.varint(s.views);
		w.u8(s.interactive ? 1 : 0);
		for (const value of s.dims) w.varint(this.#dictionary.indexOf(value));
		this.#count++;
	}

	finish(clock: number): Uint8Array {
		const w = new ByteWriter(this.bytes + 32);
		w.u8(VERSION);
		w.f64(clock);
		this.#dictionary.writeTo(w);
		w.varint(this.#count);
		w.raw(this.#sessions.slice());
		return w.slice();
	}
}
