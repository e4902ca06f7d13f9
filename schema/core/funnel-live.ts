/**
 * A funnel counted as events arrive (semantics: "Funnels"). Takes events in any order of arrival and says how each
 * changes the visitor's results, as signed differences, so that their sum is at all times what the same automaton
 * (funnel.ts) gives for all events in order. Pure: its only clock is the receive time of the events it has seen.
 *
 * A visitor has one result for each period (a day of the site, say), of the attempts whose step 1 is in it: what a
 * funnel asked of exactly that period answers. With `count: sessions` it has one for each session instead.
 *
 * Events are kept while a late one can still come before them, and run through again when it does. What is older is
 * folded into what the automaton remembers of it (`FunnelMemory`), and forgotten when all its windows are over.
 */
import { ByteReader, ByteWriter, DictionaryWriter } from "./bytes.ts";
import { type FunnelMemory, type FunnelRules, FunnelRun, lowestOf, MAX_STEPS } from "./funnel.ts";
import { SESSION_GAP } from "./session.ts";

/** The half open time in which attempts compete for one result. */
export interface Period {
	from: number;
	to: number;
}

export interface LiveFunnelRules extends FunnelRules {
	count: "visitors" | "sessions";
	/** The period that contains an instant. Where `to` is Infinity nothing of a visitor is ever forgotten. */
	period(t: number): Period;
	/** An event that arrives later than this after it happened takes no part, ms. */
	horizonMs: number;
	/** Events, and memories of older ones, that are kept (I8). Past it the horizon shrinks, then old attempts end. */
	maxEvents: number;
}

/** A visitor's result of a period or session: it belongs to the time of its step 1. */
export interface Reached {
	level: number;
	startedAt: number;
	/** When the level was reached. */
	reachedAt: number;
	/** What the caller said of the event of step 1: its dimensions. */
	label: string;
}

/** Receives one difference: a result comes (1) or is taken back (-1). */
export type EmitReached = (hi: number, lo: number, reached: Reached, sign: 1 | -1) => void;

/** What is remembered of the events of a period (or a session) that were folded. */
interface Folded {
	period: Period;
	/** No event after this can change it. */
	until: number;
	/** Its newest event: a session goes on from it. */
	last: number;
	memory: FunnelMemory;
	/** What `memory.refs` point to. */
	labels: string[];
}

class Visitor {
	readonly hi: number;
	readonly lo: number;
	/** Another visitor under the same key of the map. */
	next: Visitor | null = null;
	touched = false;
	folded: Folded[] = [];
	/** Kept events in the total order. `bits`: steps it matches, and above them what it excludes. */
	t: number[] = [];
	bits: number[] = [];
	label: string[] = [];
	/** What the emitted differences add up to, of periods and sessions that are not over. */
	published: Reached[] = [];

	constructor(hi: number, lo: number) {
		this.hi = hi;
		this.lo = lo;
	}

	get size(): number {
		return this.t.length + this.folded.length;
	}

	/** An array that grows takes room for 16 more; most visitors have one event. */
	insert(at: number, t: number, bits: number, label: string): void {
		if (this.t.length === 0) {
			this.t = [t];
			this.bits = [bits];
			this.label = [label];
			return;
		}
		this.t.splice(at, 0, t);
		this.bits.splice(at, 0, bits);
		this.label.splice(at, 0, label);
	}

	/** Drops the first events. */
	drop(count: number): void {
		this.t = this.t.slice(count);
		this.bits = this.bits.slice(count);
		this.label = this.label.slice(count);
	}
}

/** The automaton at work on one period or session. */
interface Unit {
	run: FunnelRun;
	period: Period;
	last: number;
}

export class LiveFunnel {
	readonly rules: LiveFunnelRules;
	/** Newest receive time seen, epoch ms. */
	clock = 0;
	/** Events and memories kept. */
	size = 0;
	/** Events before this were folded to save room: none comes before it any more. */
	#floor = 0;
	/** Attempts of periods that are over, and could be changed until this at most, have been ended to save room. */
	#ended = 0;
	readonly #byVisitor = new Map<number, Visitor>();
	#touched: Visitor[] = [];
	/** Runs are used again and again: their arrays are what costs. */
	readonly #runs: FunnelRun[] = [];
	/** Labels of the events at hand, by ref. */
	#labels: string[] = [];
	/** By minute: what was given up to save room, and not told yet. */
	#lost = new Map<number, number>();

	constructor(rules: LiveFunnelRules) {
		this.rules = rules;
	}

	/** Events before this take no part, epoch ms. */
	get horizon(): number {
		return Math.max(this.#floor, this.clock - this.rules.horizonMs);
	}

	/** Brings the clock forward. To be called with every event, those that take no part included. */
	tick(receivedAt: number): void {
		if (receivedAt > this.clock) this.clock = receivedAt;
	}

	/** Whether an event can matter: for strict funnels, and sessions, all of the visitor's do. */
	wants(steps: number, excluded: number): boolean {
		return (steps | excluded) !== 0 || this.rules.order === "strict" || this.rules.count === "sessions";
	}

	/** Takes in an event not older than `horizon`; for sessions, one that takes part in one. `label`: see Reached. */
	add(hi: number, lo: number, t: number, steps: number, excluded: number, label: string): void {
		const visitor = this.#find(hi, lo) ?? this.#create(hi, lo);
		const lowest = lowestOf(steps, MAX_STEPS);
		let at = visitor.t.length;
		while (at > 0 && isAfter(visitor, at - 1, t, lowest)) at--;
		visitor.insert(at, t, steps | (excluded << MAX_STEPS), label);
		this.size++;
		if (visitor.touched) return;
		visitor.touched = true;
		this.#touched.push(visitor);
	}

	/** An event that would matter comes too late to take part. */
	lose(t: number): void {
		const minute = Math.floor(t / MINUTE) * MINUTE;
		this.#lost.set(minute, (this.#lost.get(minute) ?? 0) + 1);
	}

	/** By minute (of the event, or of step 1): events that came too late, and attempts that were ended to save room. */
	takeLost(): ReadonlyMap<number, number> {
		const lost = this.#lost;
		if (lost.size > 0) this.#lost = new Map();
		return lost;
	}

	/**
	 * Drops what is held of a visitor, who asked for it. What was emitted stays: no event takes it back. To be called
	 * after a drain.
	 */
	forget(hi: number, lo: number): void {
		if (this.#touched.length > 0) throw new Error("a visitor is forgotten with differences not emitted yet");
		const key = keyOf(hi, lo);
		let kept: Visitor | null = null;
		for (let visitor = this.#byVisitor.get(key) ?? null; visitor !== null; ) {
			const { next } = visitor;
			if (visitor.lo === lo && visitor.hi === hi) this.size -= visitor.size;
			else {
				visitor.next = kept;
				kept = visitor;
			}
			visitor = next;
		}
		if (kept === null) this.#byVisitor.delete(key);
		else this.#byVisitor.set(key, kept);
	}

	/** Emits what changed since the last drain. */
	drain(emit: EmitReached): void {
		for (const visitor of this.#touched) {
			visitor.touched = false;
			const units = this.#run(visitor, visitor.t.length);
			const results = units.flatMap(({ run }) => this.#resultOf(run));
			publish(visitor, results, emit);
		}
		this.#touched = [];
		// An eighth more than allowed: room is not made for every single event.
		if (this.size > this.rules.maxEvents * 1.125) this.sweep();
	}

	/** Folds and forgets what can no longer change. Changes nothing that can be observed, but memory. After a drain. */
	sweep(): void {
		if (this.#touched.length > 0) throw new Error("a funnel is swept with differences not emitted yet");
		this.#sweepBefore(this.horizon);
		const { maxEvents } = this.rules;
		if (this.size <= maxEvents) return;
		this.#floor = cutFor(
			this.#all((visitor) => visitor.t),
			this.size - maxEvents,
		);
		this.#sweepBefore(this.horizon);
		if (this.size <= maxEvents) return;
		this.#ended = cutFor(
			this.#all((visitor) => visitor.folded.map((folded) => folded.until)),
			this.size - maxEvents,
		);
		this.#sweepBefore(this.horizon);
		if (this.size <= maxEvents) return;
		// Too many visitors in one period: those who were not seen for longest may count a second time in it.
		const unseen = cutFor(
			this.#all((visitor) => visitor.folded.map((folded) => folded.last)),
			this.size - maxEvents,
		);
		this.#sweepBefore(this.horizon, unseen);
	}

	/** `unseen`: what had no event since is given up. */
	#sweepBefore(cut: number, unseen = Number.NEGATIVE_INFINITY): void {
		for (const [key, head] of this.#byVisitor) {
			let kept: Visitor | null = null;
			for (let visitor: Visitor | null = head; visitor !== null; ) {
				const next: Visitor | null = visitor.next;
				const size = visitor.size;
				this.#fold(visitor, cut, unseen);
				this.size += visitor.size - size;
				if (visitor.size > 0) {
					visitor.next = kept;
					kept = visitor;
				}
				visitor = next;
			}
			if (kept === null) this.#byVisitor.delete(key);
			else if (kept !== head) this.#byVisitor.set(key, kept);
		}
	}

	#all(numbersOf: (visitor: Visitor) => readonly number[]): number[] {
		const all: number[] = [];
		for (const visitor of this.#visitors()) for (const number of numbersOf(visitor)) all.push(number);
		return all;
	}

	*#visitors(): Generator<Visitor> {
		for (const head of this.#byVisitor.values()) for (let v: Visitor | null = head; v !== null; v = v.next) yield v;
	}

	/** Folds the events before `cut`. What is over is done with: its result stands. */
	#fold(visitor: Visitor, cut: number, unseen: number): void {
		const isOver = ({ until, period, last }: Folded) =>
			until < cut || (period.to <= cut && until <= this.#ended) || last < unseen;
		const due = visitor.t.findIndex((t) => t >= cut);
		const count = due < 0 ? visitor.t.length : due;
		if (count === 0 && !visitor.folded.some(isOver)) return;
		const units = this.#run(visitor, count).map((unit) => ({ unit, folded: this.#foldUnit(unit) }));
		visitor.folded = units.flatMap(({ folded }) => (isOver(folded) ? [] : [folded])).slice();
		for (const { unit, folded } of units) {
			if (!isOver(folded)) continue;
			const results = this.#resultOf(unit.run);
			for (const result of results) remove(visitor.published, result);
			if (folded.until >= cut) this.lose(results[0]?.startedAt ?? folded.last);
		}
		visitor.drop(count);
	}

	#foldUnit({ run, period, last }: Unit): Folded {
		const { numbers, refs } = run.save();
		const kept = [...new Set(refs)].filter((ref) => ref >= 0);
		return {
			period,
			last,
			until: this.rules.count === "sessions" ? last + SESSION_GAP : run.openUntil(),
			memory: { numbers: numbers.slice(), refs: refs.map((ref) => kept.indexOf(ref)) },
			labels: kept.map((ref) => this.#labels[ref] ?? ""),
		};
	}

	/** Runs what was folded, and the first kept events, through the automaton: a unit for each period or session. */
	#run(visitor: Visitor, count: number): Unit[] {
		this.#labels = [];
		const units = visitor.folded.map((folded, i) => this.#restore(folded, i));
		for (let i = 0; i < count; i++) {
			const bits = visitor.bits[i] as number;
			const ref = this.#labels.push(visitor.label[i] as string) - 1;
			const add = this.rules.count === "sessions" ? this.#addToSession : this.#addToPeriods;
			add.call(this, units, visitor.t[i] as number, bits & STEP_BITS, bits >>> MAX_STEPS, ref);
		}
		return units;
	}

	#restore({ period, last, memory, labels }: Folded, i: number): Unit {
		const base = this.#labels.length;
		this.#labels.push(...labels);
		const run = this.#runAt(i);
		const refs = memory.refs.map((ref) => (ref < 0 ? -1 : base + ref));
		run.restore({ numbers: memory.numbers, refs }, period.from, period.to);
		return { run, period, last };
	}

	#runAt(i: number): FunnelRun {
		const run = this.#runs[i] ?? new FunnelRun(this.rules);
		this.#runs[i] = run;
		return run;
	}

	#begin(units: Unit[], period: Period): Unit {
		const run = this.#runAt(units.length);
		run.reset(period.from, period.to);
		const unit = { run, period, last: Number.NEGATIVE_INFINITY };
		units.push(unit);
		return unit;
	}

	/** An event counts for the attempts of all periods; where one may begin with it, its period needs a unit. */
	#addToPeriods(units: Unit[], t: number, steps: number, excluded: number, ref: number): void {
		const mayOpen = this.rules.order === "any" ? steps !== 0 : (steps & 1) !== 0;
		if (mayOpen && !units.some(({ period }) => t >= period.from && t < period.to))
			this.#begin(units, this.rules.period(t));
		for (const unit of units) {
			unit.run.add(t, steps, excluded, ref);
			unit.last = t;
		}
	}

	#addToSession(units: Unit[], t: number, steps: number, excluded: number, ref: number): void {
		let unit = units.at(-1);
		if (unit === undefined || t - unit.last >= SESSION_GAP) unit = this.#begin(units, EVER);
		unit.run.add(t, steps, excluded, ref);
		unit.last = t;
	}

	#resultOf({ level, startedAt, reachedAt, at }: FunnelRun): Reached[] {
		if (level === 0) return [];
		return [{ level, startedAt, reachedAt, label: this.#labels[at[0] as number] ?? "" }];
	}

	#find(hi: number, lo: number): Visitor | null {
		for (let v = this.#byVisitor.get(keyOf(hi, lo)) ?? null; v !== null; v = v.next)
			if (v.lo === lo && v.hi === hi) return v;
		return null;
	}

	#create(hi: number, lo: number): Visitor {
		const key = keyOf(hi, lo);
		const visitor = new Visitor(hi, lo);
		visitor.next = this.#byVisitor.get(key) ?? null;
		this.#byVisitor.set(key, visitor);
		return visitor;
	}

	/** The state as pages of at most about `pageBytes`. To be called after a drain. */
	encode(pageBytes: number): Uint8Array[] {
		this.sweep();
		const head = [this.clock, this.#floor, this.#ended];
		const pages: Uint8Array[] = [];
		let page = new PageWriter();
		for (const visitor of this.#visitors()) {
			if (page.bytes >= pageBytes) {
				pages.push(page.finish(head, NONE_LOST));
				page = new PageWriter();
			}
			page.add(visitor);
		}
		pages.push(page.finish(head, this.#lost));
		return pages;
	}

	static decode(rules: LiveFunnelRules, pages: Iterable<Uint8Array>): LiveFunnel {
		const funnel = new LiveFunnel(rules);
		for (const bytes of pages) funnel.#read(new ByteReader(bytes));
		return funnel;
	}

	#read(r: ByteReader): void {
		r.version(VERSION, "funnel page");
		this.clock = Math.max(this.clock, r.f64());
		this.#floor = Math.max(this.#floor, r.f64());
		this.#ended = Math.max(this.#ended, r.f64());
		for (let left = r.varint(); left > 0; left--) this.#lost.set(r.f64(), r.varint());
		const strings = r.strings();
		for (let left = r.varint(); left > 0; left--) {
			const visitor = this.#create(r.u32(), r.u32());
			readVisitor(r, visitor, strings);
			this.size += visitor.size;
		}
	}
}

const MINUTE = 60_000;
const NONE_LOST: ReadonlyMap<number, number> = new Map();
const STEP_BITS = (1 << MAX_STEPS) - 1;
const EVER: Period = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** 52 bits of the 64, exact as a number; visitors that share them are told apart in the chain. */
const keyOf = (hi: number, lo: number) => hi * 0x100000 + (lo >>> 12);

function isAfter({ t, bits }: Visitor, at: number, time: number, lowest: number): boolean {
	const other = t[at] as number;
	return other > time || (other === time && lowestOf((bits[at] as number) & STEP_BITS, MAX_STEPS) > lowest);
}

/** A value that is more than at least the `excess` smallest. */
function cutFor(values: number[], excess: number): number {
	const sorted = Float64Array.from(values).sort();
	return excess >= sorted.length ? Number.MAX_SAFE_INTEGER : (sorted[excess] as number) + 1;
}

function isSame(a: Reached, b: Reached): boolean {
	return a.level === b.level && a.startedAt === b.startedAt && a.reachedAt === b.reachedAt && a.label === b.label;
}

/** Takes one that is the same out of the list; false where there is none. */
function remove(list: Reached[], result: Reached): boolean {
	const at = list.findIndex((other) => isSame(other, result));
	if (at >= 0) list.splice(at, 1);
	return at >= 0;
}

function publish(visitor: Visitor, results: Reached[], emit: EmitReached): void {
	const gone = [...visitor.published];
	const come = results.filter((result) => !remove(gone, result));
	for (const result of gone) emit(visitor.hi, visitor.lo, result, -1);
	for (const result of come) emit(visitor.hi, visitor.lo, result, 1);
	visitor.published = results.slice();
}

const VERSION = 1;

/**
 * version · f64 clock · f64 floor · f64 ended · lost (f64 minute, count) · strings · varint visitors · each: visitor, events (f64 t, bits, label),
 * folded (period, until, last, numbers, refs, labels), published.
 */
class PageWriter {
	readonly #dictionary = new DictionaryWriter();
	readonly #visitors = new ByteWriter(1024);
	#count = 0;

	get bytes(): number {
		return this.#dictionary.bytes + this.#visitors.length;
	}

	add(visitor: Visitor): void {
		const w = this.#visitors;
		w.u32(visitor.hi);
		w.u32(visitor.lo);
		w.varint(visitor.t.length);
		visitor.t.forEach((t, i) => {
			w.f64(t);
			w.varint(visitor.bits[i] as number);
			w.varint(this.#dictionary.indexOf(visitor.label[i] as string));
		});
		w.varint(visitor.folded.length);
		for (const folded of visitor.folded) this.#addFolded(folded);
		w.varint(visitor.published.length);
		for (const { level, startedAt, reachedAt, label } of visitor.published) {
			w.varint(level);
			w.f64(startedAt);
			w.f64(reachedAt);
			w.varint(this.#dictionary.indexOf(label));
		}
		this.#count++;
	}

	#addFolded({ period, until, last, memory, labels }: Folded): void {
		const w = this.#visitors;
		for (const t of [period.from, period.to, until, last]) w.f64(t);
		w.varint(memory.numbers.length);
		for (const number of memory.numbers) w.f64(number);
		w.varint(memory.refs.length);
		for (const ref of memory.refs) w.zigzag(ref);
		w.varint(labels.length);
		for (const label of labels) w.varint(this.#dictionary.indexOf(label));
	}

	finish(head: readonly number[], lost: ReadonlyMap<number, number>): Uint8Array {
		const w = new ByteWriter(this.bytes + 32);
		w.u8(VERSION);
		for (const number of head) w.f64(number);
		w.varint(lost.size);
		for (const [minute, count] of lost) {
			w.f64(minute);
			w.varint(count);
		}
		this.#dictionary.writeTo(w);
		w.varint(this.#count);
		w.raw(this.#visitors.slice());
		return w.slice();
	}
}

function readVisitor(r: ByteReader, visitor: Visitor, strings: readonly string[]): void {
	const text = () => strings[r.varint()] as string;
	for (let left = r.count(); left > 0; left--) {
		visitor.t.push(r.f64());
		visitor.bits.push(r.varint());
		visitor.label.push(text());
	}
	const list = <T>(read: () => T): T[] => Array.from({ length: r.count() }, read);
	visitor.folded = list(() => ({
		period: { from: r.f64(), to: r.f64() },
		until: r.f64(),
		last: r.f64(),
		memory: { numbers: list(() => r.f64()), refs: list(() => r.zigzag()) },
		labels: list(text),
	}));
	visitor.published = list(() => ({ level: r.varint(), startedAt: r.f64(), reachedAt: r.f64(), label: text() }));
}
