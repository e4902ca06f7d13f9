import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Dims, SESSION_DIMENSIONS, SESSION_GAP, SESSION_LATENESS, Sessions } from "./session.ts";

const MINUTE = 60_000;
const T0 = 1_795_000_000_000;

interface Visit {
	visitor: number;
	t: number;
	receivedAt: number;
	view: boolean;
	interactive: boolean;
	country: string;
}

const dimsOf = (v: Visit): Dims =>
	SESSION_DIMENSIONS.map((d) => (d === "country" ? v.country : d === "entry" ? "/" : ""));

/** Sums per (minute, dims): count, duration, views, bounces. */
class Sums {
	readonly cells = new Map<string, number[]>();
	add = (_hi: number, _lo: number, start: number, dims: Dims, ...numbers: number[]) => {
		const key = `${Math.floor(start / MINUTE)} ${dims.join("|")}`;
		const cell = this.cells.get(key) ?? [0, 0, 0, 0];
		const sum = cell.map((x, i) => x + (numbers[i] ?? 0));
		if (sum.every((x) => x === 0)) this.cells.delete(key);
		else this.cells.set(key, sum);
	};
}

/** The definition: all events of a visitor in order of time (then arrival), split at gaps. */
function bruteForce(visits: readonly Visit[]): Sums {
	const sums = new Sums();
	for (const visitor of new Set(visits.map((v) => v.visitor))) {
		const sorted = visits.filter((v) => v.visitor === visitor).sort((a, b) => a.t - b.t);
		let session: Visit[] = [];
		const end = () => {
			const first = session[0];
			const last = session.at(-1);
			if (first === undefined || last === undefined) return;
			const views = session.filter((v) => v.view).length;
			const bounce = views === 1 && !session.some((v) => v.interactive) ? 1 : 0;
			sums.add(0, visitor, first.t, dimsOf(first), 1, last.t - first.t, views, bounce);
			session = [];
		};
		for (const v of sorted) {
			if (session.length > 0 && v.t - (session.at(-1) as Visit).t >= SESSION_GAP) end();
			session.push(v);
		}
		end();
	}
	return sums;
}

const visit = fc
	.record({
		visitor: fc.integer({ min: 1, max: 3 }),
		at: fc.oneof(
			fc.integer({ min: 0, max: 400 * MINUTE }),
			fc.integer({ min: 0, max: 26 }).map((n) => n * 15 * MINUTE),
		),
		late: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: SESSION_LATENESS })),
		kind: fc.constantFrom("view", "click", "passive"),
		country: fc.constantFrom("DE", "FR", ""),
	})
	.map(({ visitor, at, late, kind, country }): Visit => {
		return {
			visitor,
			t: T0 + at,
			receivedAt: T0 + at + late,
			view: kind === "view",
			interactive: kind === "click",
			country,
		};
	});
const arrivals = fc.array(visit, { maxLength: 60 }).map((visits) => visits.sort((a, b) => a.receivedAt - b.receivedAt));

function feed(sessions: Sessions, v: Visit): void {
	sessions.tick(v.receivedAt);
	expect(sessions.isTimely(v.t, v.receivedAt)).toBe(true);
	sessions.add(0, v.visitor, v.t, v.view, v.interactive, () => dimsOf(v), 0);
}

describe("Sessions", () => {
	it("I2: after any arrival within the lateness, the differences add up to the sessions of the sorted events", () => {
		fc.assert(
			fc.property(arrivals, fc.integer({ min: 1, max: 7 }), (visits, group) => {
				const sessions = new Sessions();
				const sums = new Sums();
				visits.forEach((v, i) => {
					feed(sessions, v);
					if (i % group === 0) sessions.drain(sums.add);
				});
				sessions.drain(sums.add);
				expect(sums.cells).toEqual(bruteForce(visits).cells);
			}),
			{ numRuns: 1000 },
		);
	});

	it("I5: encoding and decoding between any two events changes nothing", () => {
		fc.assert(
			fc.property(
				arrivals,
				fc.integer({ min: 1, max: 5 }),
				fc.integer({ min: 1, max: 200 }),
				(visits, every, pageBytes) => {
					let sessions = new Sessions();
					const sums = new Sums();
					visits.forEach((v, i) => {
						feed(sessions, v);
						if (i % every !== 0) return;
						sessions.drain(sums.add);
						const restored = Sessions.decode(sessions.encode(pageBytes));
						expect([restored.size, restored.clock]).toEqual([sessions.size, sessions.clock]);
						sessions = restored;
					});
					sessions.drain(sums.add);
					expect(sums.cells).toEqual(bruteForce(visits).cells);
				},
			),
		);
	});

	it("ends a session at a gap of 30 minutes exactly, and not before", () => {
		const sessions = new Sessions();
		const event = (visitor: number, t: number): Visit => ({
			visitor,
			t: T0 + t,
			receivedAt: T0 + t,
			view: true,
			interactive: false,
			country: "DE",
		});
		for (const v of [event(1, 0), event(2, 0), event(1, SESSION_GAP - 1), event(2, SESSION_GAP)]) feed(sessions, v);
		expect(sessions.size).toBe(3);
	});

	it("finds an event late by its own receive time, and by how long it waited on the way here", () => {
		const sessions = new Sessions();
		expect(sessions.isTimely(T0, T0 + SESSION_LATENESS)).toBe(true);
		expect(sessions.isTimely(T0, T0 + SESSION_LATENESS + 1)).toBe(false);
		sessions.tick(T0 + 2 * SESSION_LATENESS + 1);
		expect(sessions.isTimely(T0, T0)).toBe(false);
	});

	it("forgets a session once no timely event can reach it", () => {
		const sessions = new Sessions();
		feed(sessions, { visitor: 1, t: T0, receivedAt: T0, view: true, interactive: false, country: "" });
		sessions.drain(() => {});
		sessions.tick(T0 + 60 * MINUTE);
		sessions.sweep();
		expect(sessions.size).toBe(1);
		sessions.tick(T0 + 60 * MINUTE + 1);
		sessions.sweep();
		expect(sessions.size).toBe(0);
	});
});
