import fc from "fast-check";
import { describe, expect, it } from "vitest";
import cases from "./funnel.cases.json" with { type: "json" };
import { bruteForceFunnel, type CaseEvent, type FunnelCase, readCase, streamOf, unitsOf } from "./funnel.testing.ts";
import type { FunnelRules } from "./funnel.ts";
import { type EmitReached, LiveFunnel, type LiveFunnelRules, type Period } from "./funnel-live.ts";
import { SESSION_GAP } from "./session.ts";

interface Arrival {
	visitor: number;
	t: number;
	receivedAt: number;
	steps: number;
	excluded: number;
	label: string;
}

/** What the differences add up to: how many results are alike. */
class Sums {
	readonly counts = new Map<string, number>();
	emit: EmitReached = (hi, lo, reached, sign) => this.add([hi, lo, ...Object.values(reached)].join(" "), sign);
	add(key: string, by: number): void {
		const count = (this.counts.get(key) ?? 0) + by;
		if (count === 0) this.counts.delete(key);
		else this.counts.set(key, count);
	}
}

const STEPS = 3;
/** Times are in tenths of a session's gap, so that sessions, periods and windows all cut the streams. */
const UNIT = SESSION_GAP / 10;
const HORIZON = 40 * UNIT;
const DAY = 20 * UNIT;
const day = (t: number): Period => ({ from: Math.floor(t / DAY) * DAY, to: (Math.floor(t / DAY) + 1) * DAY });
const ever = (): Period => ({ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY });

const rules = fc
	.record({
		order: fc.constantFrom<FunnelRules["order"]>("ordered", "ordered", "strict", "any"),
		reentry: fc.constantFrom<FunnelRules["reentry"]>("any", "any", "first"),
		windowMs: fc.constantFrom(3 * UNIT, 15 * UNIT, 60 * UNIT),
		count: fc.constantFrom<LiveFunnelRules["count"]>("visitors", "visitors", "sessions"),
		period: fc.constantFrom(day, day, ever),
	})
	.map((r): LiveFunnelRules => ({ ...r, steps: STEPS, horizonMs: HORIZON, maxEvents: 1e6 }));

const arrival = (any: boolean) =>
	fc
		.record({
			visitor: fc.integer({ min: 1, max: 2 }),
			at: fc.integer({ min: 0, max: 150 }),
			late: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
			steps: fc.oneof(fc.constantFrom(1, 2, 4), fc.integer({ min: 0, max: 7 })),
			excluded: any ? fc.constant(0) : fc.constantFrom(0, 0, 0, 1, 2, 3),
			label: fc.constantFrom("DE", "FR", ""),
		})
		.map(({ at, late, ...event }): Arrival => ({ ...event, t: at * UNIT, receivedAt: (at + late) * UNIT }));
const given = rules.chain((r) =>
	fc.tuple(
		fc.constant(r),
		fc
			.array(arrival(r.order === "any"), { maxLength: 16 })
			.map((list) => list.sort((a, b) => a.receivedAt - b.receivedAt)),
	),
);

/** The definition: each visitor's events in order, and what each period, or session, reaches. */
function bruteForce(r: LiveFunnelRules, arrivals: readonly Arrival[]): Sums {
	const sums = new Sums();
	for (const visitor of new Set(arrivals.map((a) => a.visitor))) {
		const events = arrivals.filter((a) => a.visitor === visitor).sort((a, b) => a.t - b.t);
		for (const { unit, from, to } of r.count === "sessions" ? sessions(events) : periods(r, events)) {
			const stream = {
				length: unit.length,
				t: unit.map((e) => e.t),
				steps: unit.map((e) => e.steps),
				excluded: unit.map((e) => e.excluded),
			};
			const { level, at, times } = bruteForceFunnel(r, stream, from, to);
			const label = unit[at[0] ?? -1]?.label ?? "";
			if (level > 0) sums.add([0, visitor, level, times[0], times.at(-1), label].join(" "), 1);
		}
	}
	return sums;
}

function periods(r: LiveFunnelRules, events: Arrival[]) {
	const all = new Map(events.map(({ t }) => [r.period(t).from, r.period(t)]));
	return [...all.values()].map((period) => ({ unit: events, ...period }));
}

function sessions(events: readonly Arrival[]) {
	const all: Arrival[][] = [];
	for (const event of events) {
		const current = all.at(-1);
		if (current !== undefined && event.t - (current.at(-1)?.t ?? 0) < SESSION_GAP) current.push(event);
		else all.push([event]);
	}
	return all.map((unit) => ({ unit, ...ever() }));
}

function feed(funnel: LiveFunnel, a: Arrival): void {
	funnel.tick(a.receivedAt);
	expect(a.t).toBeGreaterThanOrEqual(funnel.horizon);
	if (funnel.wants(a.steps, a.excluded)) funnel.add(0, a.visitor, a.t, a.steps, a.excluded, a.label);
}

describe("LiveFunnel", () => {
	it("I2: after any arrival, in any order, the differences add up to what all assignments of the events reach", () => {
		fc.assert(
			fc.property(given, fc.integer({ min: 1, max: 4 }), ([r, arrivals], group) => {
				const funnel = new LiveFunnel(r);
				const sums = new Sums();
				arrivals.forEach((a, i) => {
					feed(funnel, a);
					if (i % group !== 0) return;
					funnel.drain(sums.emit);
					expect(sums.counts).toEqual(bruteForce(r, arrivals.slice(0, i + 1)).counts);
				});
				funnel.drain(sums.emit);
				expect(sums.counts).toEqual(bruteForce(r, arrivals).counts);
			}),
			{ numRuns: 1500 },
		);
	});

	it("I5: folding, encoding and decoding between any two events changes nothing", () => {
		fc.assert(
			fc.property(
				given,
				fc.integer({ min: 1, max: 4 }),
				fc.integer({ min: 1, max: 200 }),
				([r, arrivals], every, pageBytes) => {
					let funnel = new LiveFunnel(r);
					const sums = new Sums();
					arrivals.forEach((a, i) => {
						feed(funnel, a);
						if (i % every !== 0) return;
						funnel.drain(sums.emit);
						const restored = LiveFunnel.decode(r, funnel.encode(pageBytes));
						expect([restored.size, restored.clock, restored.horizon]).toEqual([
							funnel.size,
							funnel.clock,
							funnel.horizon,
						]);
						funnel = restored;
					});
					funnel.drain(sums.emit);
					expect(sums.counts).toEqual(bruteForce(r, arrivals).counts);
				},
			),
			{ numRuns: 2500 },
		);
	});

	const suite: readonly FunnelCase[] = cases;
	for (const c of suite.filter((one) => one.from === undefined && one.to === undefined))
		it(`as asked later: ${c.name}`, () => {
			const read = readCase(c);
			const live = { ...read.rules, count: read.sessions ? "sessions" : "visitors", period: ever } as const;
			const funnel = new LiveFunnel({ ...live, horizonMs: 1e9, maxEvents: 1e6 });
			const sums = new Sums();
			const inUnits = new Set<CaseEvent>(unitsOf(read).flat());
			for (const [i, events] of read.events.entries()) {
				const stream = streamOf(read, events);
				for (const [k, event] of events.entries())
					if (inUnits.has(event)) {
						funnel.tick(event.received_at);
						funnel.add(0, i, event.ts, stream.steps[k] as number, stream.excluded[k] as number, "");
						funnel.drain(sums.emit);
					}
			}
			const reached = read.expected.filter(({ level }) => level > 0);
			const levels = [...sums.counts.keys()].map((key) => key.split(" ").slice(2, 5).map(Number));
			expect(levels).toEqual(reached.map(({ level, times }) => [level, times[0], times.at(-1)]));
		});

	it("forgets a visitor when all its windows are over, and what it emitted stands", () => {
		const r: LiveFunnelRules = {
			steps: 2,
			windowMs: 1000,
			order: "ordered",
			reentry: "any",
			count: "visitors",
			period: day,
			horizonMs: 5000,
			maxEvents: 100,
		};
		const funnel = new LiveFunnel(r);
		const sums = new Sums();
		funnel.add(0, 1, 0, 1, 0, "");
		funnel.add(0, 1, 500, 2, 0, "");
		funnel.drain(sums.emit);
		funnel.tick(DAY + 1000);
		funnel.sweep();
		expect(funnel.size).toBeGreaterThan(0);
		funnel.tick(DAY + 5000 + 1);
		funnel.sweep();
		expect(funnel.size).toBe(0);
		expect([...sums.counts]).toEqual([["0 1 2 0 500 ", 1]]);
	});

	it("I8: past its bound the horizon shrinks, and what was emitted still stands", () => {
		const r: LiveFunnelRules = {
			steps: 2,
			windowMs: 10,
			order: "ordered",
			reentry: "any",
			count: "visitors",
			period: (t) => ({ from: Math.floor(t / 1000) * 1000, to: Math.floor(t / 1000) * 1000 + 1000 }),
			horizonMs: 1e9,
			maxEvents: 50,
		};
		const funnel = new LiveFunnel(r);
		const sums = new Sums();
		for (let i = 0; i < 1000; i++) {
			funnel.tick(i * 100);
			funnel.add(0, i % 7, i * 100, 1 << (i % 2), 0, "");
			funnel.drain(sums.emit);
			expect(funnel.size).toBeLessThanOrEqual(57);
		}
		expect(funnel.horizon).toBeGreaterThan(0);
		// Every period of 1000 ms has five step 1, of five visitors; none is followed in time.
		expect(sums.counts.size).toBe(500);
	});
});
