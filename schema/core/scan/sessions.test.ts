import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FLAG, NO_SESSION, PAGEVIEW } from "../flag.ts";
import { SESSION_DIMENSIONS, Sessions } from "../session.ts";
import { sessionsOf } from "./sessions.ts";
import { rowsOf, type TestEvent } from "./testing.ts";

const MINUTE = 60_000;
const T0 = 1_795_000_000_000;

const event = fc
	.record({
		visitor: fc.integer({ min: 1, max: 3 }),
		at: fc.oneof(
			fc.integer({ min: 0, max: 400 * MINUTE }),
			fc.integer({ min: 0, max: 26 }).map((n) => n * 15 * MINUTE),
		),
		delay: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 * MINUTE }), fc.constant(15 * MINUTE)),
		name: fc.constantFrom(PAGEVIEW, "click"),
		flags: fc.constantFrom(0, 0, 0, FLAG.passive, FLAG.server, FLAG.late, FLAG.apart, FLAG.clamped),
		country: fc.constantFrom("DE", "FR", ""),
	})
	.map(
		({ visitor, at, delay, name, flags, country }): TestEvent => ({
			visitor,
			ts: T0 + at,
			received_at: T0 + at + delay,
			name,
			flags,
			texts: { country },
		}),
	);
const received = (e: TestEvent) => e.received_at ?? e.ts;
const arrivals = fc.array(event, { maxLength: 60 }).map((events) => events.sort((a, b) => received(a) - received(b)));

type Totals = Record<string, number[]>;

function add(totals: Totals, start: number, country: string, numbers: readonly number[]): void {
	const key = `${Math.floor(start / MINUTE)} ${country}`;
	const sum = (totals[key] ?? [0, 0, 0, 0]).map((x, i) => x + (numbers[i] ?? 0));
	if (sum.every((x) => x === 0)) delete totals[key];
	else totals[key] = sum;
}

/** Sessions, duration, views and bounces by start minute and country: as the log counts them when events arrive. */
function live(events: readonly TestEvent[]): Totals {
	const sessions = new Sessions();
	const totals: Totals = {};
	events.forEach((e, i) => {
		sessions.tick(received(e));
		if (((e.flags ?? 0) & NO_SESSION) !== 0 || !sessions.isTimely(e.ts, received(e))) return;
		const view = e.name === PAGEVIEW;
		const dims = () => SESSION_DIMENSIONS.map((d) => (d === "country" ? (e.texts?.country ?? "") : ""));
		sessions.add(e.visitor, 7 * e.visitor, e.ts, view, !view && ((e.flags ?? 0) & FLAG.passive) === 0, dims, i);
		sessions.drain((_hi, _lo, start, dims, ...numbers) => add(totals, start, dims[6] as string, numbers));
	});
	return totals;
}

function adHoc(events: readonly TestEvent[]): Totals {
	const rows = rowsOf(events, ["country"]);
	const { count, first, duration, views, bounced } = sessionsOf(rows);
	const { values, index } = rows.text("country");
	const totals: Totals = {};
	for (let s = 0; s < count; s++) {
		const row = first[s] as number;
		const numbers = [1, duration[s] as number, views[s] as number, bounced[s] as number];
		add(totals, rows.number("ts")[row] as number, values[index[row] as number] as string, numbers);
	}
	return totals;
}

describe("sessions over raw events", () => {
	it("are those that the log's automaton counts as events arrive", () => {
		fc.assert(
			fc.property(arrivals, (events) => {
				expect(adHoc(events)).toEqual(live(events));
			}),
			{ numRuns: 1000 },
		);
	});

	it("tell each row its session, in the order of the rows", () => {
		const at = (visitor: number, minute: number, flags = 0): TestEvent => ({
			visitor,
			ts: T0 + minute * MINUTE,
			name: PAGEVIEW,
			flags,
		});
		const sessions = sessionsOf(
			rowsOf([at(1, 0), at(1, 20), at(1, 25, FLAG.server), at(1, 50), at(2, 0, FLAG.late), at(3, 5)]),
		);
		expect([...sessions.of]).toEqual([0, 0, -1, 1, -1, 2]);
		expect([...sessions.starts]).toEqual([0, 2, 2, 3]);
		expect([...sessions.first]).toEqual([0, 3, 5]);
		expect([...sessions.last]).toEqual([1, 3, 5]);
		expect([...sessions.bounced]).toEqual([0, 1, 1]);
	});
});
