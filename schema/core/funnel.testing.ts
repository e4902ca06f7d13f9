/**
 * What funnels mean, written to be read: every assignment of events to steps is tried. And the notation of
 * funnel.cases.json. For tests only.
 */
import { FLAG, NO_SESSION } from "./flag.ts";
import {
	type Attribution,
	type FunnelEvents,
	type FunnelResult,
	type FunnelRules,
	lowestOf,
	type Outcome,
} from "./funnel.ts";
import { SESSION_GAP, SESSION_LATENESS } from "./session.ts";

interface Event {
	t: number;
	steps: number;
	excluded: number;
	/** Its place in the stream as given. */
	index: number;
}

/** One visitor's result with a step 1 in [from, to). Takes time without bounds: for a dozen of events. */
export function bruteForceFunnel(rules: FunnelRules, stream: FunnelEvents, from: number, to: number): FunnelResult {
	const events = inOrder(rules, stream);
	const found = rules.order === "any" ? anyOrder(rules, events, from, to) : inTurn(rules, events, from, to);
	const at = found.map((i) => (events[i] as Event).index);
	return { level: at.length, at, times: found.map((i) => (events[i] as Event).t) };
}

function inOrder({ steps }: FunnelRules, stream: FunnelEvents): Event[] {
	const events = Array.from({ length: stream.length }, (_, index) => ({
		t: stream.t[index] as number,
		steps: stream.steps[index] as number,
		excluded: stream.excluded[index] as number,
		index,
	}));
	return events.sort((a, b) => a.t - b.t || lowestOf(a.steps, steps) - lowestOf(b.steps, steps) || a.index - b.index);
}

/** Ordered and strict. A list holds the place of the event of each step. */
function inTurn(rules: FunnelRules, events: readonly Event[], from: number, to: number): number[] {
	const starts = firsts(rules, events, (event) => (event.steps & 1) !== 0 && event.t >= from && event.t < to);
	let best: number[] = [];
	const extend = (chosen: number[]) => {
		if (isBetter(chosen, best)) best = chosen;
		const last = chosen.at(-1) as number;
		if (chosen.length === rules.steps) return;
		for (let next = last + 1; next < events.length; next++)
			if (mayFollow(rules, events, chosen, next)) extend([...chosen, next]);
	};
	for (const start of starts) extend([start]);
	return best;
}

/** Where attempts begin. */
function firsts(rules: FunnelRules, events: readonly Event[], opens: (event: Event) => boolean): number[] {
	const all = events.flatMap((event, i) => (opens(event) ? [i] : []));
	return rules.reentry === "first" ? all.slice(0, 1) : all;
}

function mayFollow(rules: FunnelRules, events: readonly Event[], chosen: readonly number[], next: number): boolean {
	const [first, last, event] = [events[chosen[0] as number], chosen.at(-1) as number, events[next]];
	if (first === undefined || event === undefined) return false;
	const between = events.slice(last + 1, next);
	const gap = 1 << (chosen.length - 1);
	return (
		(event.steps & (1 << chosen.length)) !== 0 &&
		event.t - first.t <= rules.windowMs &&
		!between.some((other) => rules.order === "strict" || (other.excluded & gap) !== 0)
	);
}

/** Further, else begun later, else its last event earlier, else the one before that, and so on. */
function isBetter(a: readonly number[], b: readonly number[]): boolean {
	if (a.length !== b.length) return a.length > b.length;
	if (a[0] !== b[0]) return (a[0] as number) > (b[0] as number);
	for (let i = a.length - 1; i > 0; i--) if (a[i] !== b[i]) return (a[i] as number) < (b[i] as number);
	return false;
}

/** Steps in any order, each filled by an event of its own from the first one on. A list holds their places in order. */
function anyOrder(rules: FunnelRules, events: readonly Event[], from: number, to: number): number[] {
	const anchors = firsts(rules, events, (event) => event.steps !== 0 && event.t >= from && event.t < to);
	let best: number[] = [];
	for (const anchor of anchors) {
		const end = (events[anchor] as Event).t + rules.windowMs;
		const inside = events.flatMap((event, i) => (i >= anchor && event.t <= end ? [i] : []));
		for (const chosen of assignments(rules, events, inside, 0))
			if (chosen.includes(anchor)) best = earlier(chosen.sort(byNumber), best);
	}
	return best;
}

/** Every way to fill some of the steps from `step` on, each with an event of its own. */
function assignments(
	rules: FunnelRules,
	events: readonly Event[],
	inside: readonly number[],
	step: number,
): number[][] {
	if (step === rules.steps) return [[]];
	const without = assignments(rules, events, inside, step + 1);
	const fitting = inside.filter((i) => ((events[i] as Event).steps & (1 << step)) !== 0);
	const withIt = fitting.flatMap((i) => without.filter((rest) => !rest.includes(i)).map((rest) => [i, ...rest]));
	return [...without.map((rest) => [...rest]), ...withIt];
}

/** More steps, else begun later, else the earliest events from the second on. */
function earlier(a: number[], b: number[]): number[] {
	if (a.length !== b.length) return a.length > b.length ? a : b;
	if (a[0] !== b[0]) return (a[0] as number) > (b[0] as number) ? a : b;
	const differs = a.findIndex((at, i) => at !== b[i]);
	return differs >= 0 && (a[differs] as number) < (b[differs] as number) ? a : b;
}

const byNumber = (a: number, b: number) => a - b;

/**
 * A case as the file has it. Times are minutes, `60+1ms` a millisecond more. Events are separated by commas, in the
 * order of arrival: `A 0`, with a prop `A{plan=pro} 0`, from a server `A{server} 0`, received 20 minutes late
 * `A{late=20} 0`. A step is a name or `*`, with a prop that must be equal `*{plan=pro}`.
 */
export interface FunnelCase {
	name: string;
	steps: string;
	/** Minutes; default 60. */
	window?: number | undefined;
	order?: string | undefined;
	reentry?: string | undefined;
	/** `X after 1, Y{plan=pro} after 2` */
	exclusions?: string | undefined;
	count?: string | undefined;
	from?: string | undefined;
	to?: string | undefined;
	/** Default: when all windows are over. */
	now?: string | undefined;
	/** `plan at first`, `last` or `step:2` */
	breakdown?: string | undefined;
	/** Events of each visitor. */
	visitors: readonly string[];
	/** The result of each visitor, or of each session. */
	expect: readonly {
		level: number;
		times: readonly (number | string)[];
		outcome: string;
		group?: string | undefined;
	}[];
}

export interface CaseMatch {
	/** Null: any. */
	event: string | null;
	plan: string | null;
}
export interface CaseEvent {
	visitor: number;
	name: string;
	ts: number;
	received_at: number;
	flags: number;
	plan: string;
}
export interface ReadCase {
	rules: FunnelRules;
	steps: CaseMatch[];
	exclusions: (CaseMatch & { after: number })[];
	sessions: boolean;
	from: number;
	to: number;
	now: number;
	attribution: Attribution | null;
	/** By visitor, in the order of arrival. */
	events: CaseEvent[][];
	expected: { level: number; times: number[]; outcome: Outcome; group: string | null }[];
}

/** Minute 0 of the cases. */
export const CASE_START = 1_795_000_000_000;
const MINUTE = 60_000;

export function readCase(c: FunnelCase): ReadCase {
	const steps = listOf(c.steps).map(matchOf);
	return {
		rules: {
			steps: steps.length,
			windowMs: (c.window ?? 60) * MINUTE,
			order: oneOf(["ordered", "strict", "any"], c.order ?? "ordered"),
			reentry: oneOf(["any", "first"], c.reentry ?? "any"),
		},
		steps,
		exclusions: listOf(c.exclusions ?? "").map((text) => {
			const [match = "", after = ""] = text.split(" after ");
			return { ...matchOf(match), after: Number(after) };
		}),
		sessions: c.count === "sessions",
		from: c.from === undefined ? CASE_START - 1e9 : timeOf(c.from),
		to: c.to === undefined ? CASE_START + 1e9 : timeOf(c.to),
		now: c.now === undefined ? CASE_START + 2e9 : timeOf(c.now),
		attribution: c.breakdown === undefined ? null : attributionOf(c.breakdown),
		events: c.visitors.map((text, i) => listOf(text).map((event) => eventOf(event, i + 1))),
		expected: c.expect.map((expected) => ({
			level: expected.level,
			times: expected.times.map(timeOf),
			outcome: oneOf(["none", "converted", "in_progress", "dropped"], expected.outcome),
			group: expected.group ?? null,
		})),
	};
}

const listOf = (text: string) => text.split(",").flatMap((part) => (part.trim() === "" ? [] : [part.trim()]));

function timeOf(text: string | number): number {
	const [minutes, ms = "0ms"] = String(text).split("+");
	return CASE_START + Number(minutes) * MINUTE + Number(ms.slice(0, -2));
}

function oneOf<T extends string>(values: readonly T[], text: string): T {
	const found = values.find((value) => value === text);
	if (found === undefined) throw new Error(`${text} is none of ${values.join(", ")}`);
	return found;
}

function attributionOf(text: string): Attribution {
	const at = text.replace("plan at ", "");
	return at === "first" || at === "last" ? at : Number(at.replace("step:", ""));
}

/** `A{plan=pro}` in parts. */
function partsOf(text: string): { name: string; key: string; value: string } {
	const [, name = "", key = "", value = ""] = /^([^{ ]+)(?:\{(\w+)(?:=([^}]*))?\})?$/.exec(text) ?? [];
	if (name === "") throw new Error(`not an event: ${text}`);
	return { name, key, value };
}

function matchOf(text: string): CaseMatch {
	const { name, value } = partsOf(text);
	return { event: name === "*" ? null : name, plan: value === "" ? null : value };
}

function eventOf(text: string, visitor: number): CaseEvent {
	const [event = "", at = ""] = text.split(" ");
	const { name, key, value } = partsOf(event);
	const ts = timeOf(at);
	return {
		visitor,
		name,
		ts,
		received_at: ts + (key === "late" ? Number(value) * MINUTE : 0),
		flags: key === "server" ? FLAG.server : 0,
		plan: key === "late" || key === "server" ? "" : value,
	};
}

/** Events in columns, as the steps and exclusions of a case match them. */
export function streamOf(c: Pick<ReadCase, "steps" | "exclusions">, events: readonly CaseEvent[]): FunnelEvents {
	const bits = (matches: readonly CaseMatch[], bitOf: (i: number) => number, event: CaseEvent) =>
		matches.reduce((mask, match, i) => (isMatch(match, event) ? mask | (1 << bitOf(i)) : mask), 0);
	return {
		length: events.length,
		t: events.map((event) => event.ts),
		steps: events.map((event) => bits(c.steps, (i) => i, event)),
		excluded: events.map((event) => bits(c.exclusions, (i) => (c.exclusions[i]?.after ?? 0) - 1, event)),
	};
}

const isMatch = (match: CaseMatch, event: CaseEvent) =>
	(match.event === null || match.event === event.name) && (match.plan === null || match.plan === event.plan);

/** What is judged apart, each in the order of time, then arrival: a visitor's events, or those of each of its sessions. */
export function unitsOf(c: ReadCase): CaseEvent[][] {
	const visitors = c.events.map((events) => [...events].sort((a, b) => a.ts - b.ts));
	return c.sessions ? visitors.flatMap(sessionsIn) : visitors;
}

function sessionsIn(events: readonly CaseEvent[]): CaseEvent[][] {
	const sessions: CaseEvent[][] = [];
	for (const event of events) {
		if ((event.flags & NO_SESSION) !== 0 || event.received_at - event.ts > SESSION_LATENESS) continue;
		const current = sessions.at(-1);
		if (current !== undefined && event.ts - (current.at(-1)?.ts ?? 0) < SESSION_GAP) current.push(event);
		else sessions.push([event]);
	}
	return sessions;
}
