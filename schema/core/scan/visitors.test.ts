import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventsAnswer, VisitorAnswer, VisitorsAnswer } from "../../questions.ts";
import { FLAG } from "../flag.ts";
import { DAY, HOUR, zoneOf } from "../zone.ts";
import { type EventsScan, events, finishEvents } from "./events.ts";
import { batchWithIds, rowsFor, splits } from "./laws.testing.ts";
import type { TestEvent } from "./testing.ts";
import {
	checkVisitors,
	finishVisitor,
	finishVisitors,
	type VisitorScan,
	type VisitorsScan,
	visitor,
	visitors,
	visitorsReads,
} from "./visitors.ts";

const UTC = zoneOf("UTC");
const TEXTS = [
	"id",
	"name",
	"user_id",
	"session_id",
	"host",
	"path",
	"search",
	"title",
	"referrer",
	"referrer_url",
	"channel",
	"utm_source",
	"utm_medium",
	"utm_campaign",
	"utm_term",
	"utm_content",
	"country",
	"region",
	"city",
	"browser",
	"browser_version",
	"os",
	"device",
	"screen",
	"lang",
	"currency",
	"props",
	"props.plan",
];
const asked = (more: Partial<VisitorsScan> = {}): VisitorsScan => ({
	kind: "visitors",
	from: DAY,
	to: 2 * DAY,
	now: 3 * DAY,
	where: null,
	currency: "EUR",
	funnel: null,
	sort: "last_seen",
	limit: 10,
	...more,
});

function list(question: VisitorsScan, all: TestEvent[]): VisitorsAnswer {
	checkVisitors(question);
	const rows = rowsFor(visitors, question, batchWithIds(all, TEXTS));
	return VisitorsAnswer.parse(finishVisitors(question, visitors.run(question, rows), UTC));
}

const hexOf = (n: number) => n.toString(16).padStart(8, "0") + (7 * n).toString(16).padStart(8, "0");
const journey: TestEvent[] = [
	{
		visitor: 1,
		ts: HOUR,
		name: "identify",
		texts: { user_id: "ann", props: '{"seats":3,"plan":"max"}', "props.plan": "max" },
	},
	{ visitor: 1, ts: DAY, name: "pageview", texts: { channel: "search", referrer: "x.com", path: "/a", country: "DE" } },
	{ visitor: 1, ts: DAY + 1000, name: "buy", value: 5, texts: { currency: "EUR", path: "/b", channel: "direct" } },
	{ visitor: 1, ts: DAY + HOUR, name: "buy", value: 7, texts: { currency: "USD", country: "FR" } },
	{ visitor: 1, ts: DAY + HOUR + 1, name: "buy", value: 2, flags: FLAG.server },
	{ visitor: 1, ts: 2 * DAY, name: "identify", texts: { user_id: "bob" } },
	{ visitor: 2, ts: HOUR, name: "pageview" },
];

describe("visitors", () => {
	it("tells of a visitor what its events in the range say, and what is known of it at their end", () => {
		expect(list(asked(), journey)).toEqual({
			total: 1,
			visitors: [
				{
					visitor: hexOf(1),
					user_id: "ann",
					first_seen: "1970-01-02T00:00:00+00:00",
					last_seen: "1970-01-02T01:00:00.001+00:00",
					events: 4,
					sessions: 2,
					country: "FR",
					city: "",
					device: "",
					browser: "",
					os: "",
					channel: "search",
					referrer: "x.com",
					last_path: "/b",
					value: 7,
					traits: { seats: 3, plan: "max" },
				},
			],
		});
	});

	it("filters on an event's fields choose events; those on the visitor choose visitors", () => {
		const buys = list(asked({ where: { dim: "name", op: "eq", values: ["buy"] } }), journey);
		expect(buys.visitors[0]).toMatchObject({ events: 3, first_seen: "1970-01-02T00:00:01+00:00" });
		const max = list(asked({ where: { dim: "traits.plan", op: "eq", values: ["max"] } }), journey);
		expect(max.visitors[0]).toMatchObject({ events: 4 });
	});

	it("lists who stands at a step of a funnel", () => {
		const named = (event: string) => ({ event, label: event, where: null });
		const all = [
			{ visitor: 1, ts: DAY, name: "A" },
			{ visitor: 1, ts: DAY + HOUR, name: "B" },
			{ visitor: 2, ts: DAY, name: "A" },
			{ visitor: 3, ts: DAY + 3 * HOUR, name: "A" },
			{ visitor: 4, ts: DAY, name: "B" },
			{ visitor: 5, ts: 2 * DAY - HOUR, name: "A" },
			{ visitor: 5, ts: 2 * DAY + HOUR / 2, name: "B" },
		];
		const who = (step: number, outcome: "reached" | "dropped" | "in_progress", now: number) => {
			const steps = [named("A"), named("B")];
			const rest = { exclusions: [], windowMs: 2 * HOUR, order: "ordered", reentry: "any", count: "visitors" } as const;
			const { visitors: found, total } = list(
				asked({ now, sort: "first_seen", funnel: { steps, ...rest, step, outcome } }),
				all,
			);
			expect(found.length).toBe(total);
			return found.map((each) => Number.parseInt(each.visitor.slice(0, 8), 16)).sort();
		};
		expect(who(1, "reached", 3 * DAY)).toEqual([1, 2, 3, 5]);
		expect(who(2, "reached", 3 * DAY)).toEqual([1, 5]);
		expect(who(1, "dropped", DAY + 4 * HOUR)).toEqual([2]);
		expect(who(1, "in_progress", DAY + 4 * HOUR)).toEqual([3]);
		expect(() => who(3, "reached", 0)).toThrow("no step 3");
	});

	it("reads what was said of visitors at any time", () => {
		expect(visitorsReads(asked())).toEqual([
			{ from: DAY, to: 2 * DAY, names: null },
			{ from: 0, to: 2 * DAY, names: ["identify"] },
		]);
	});

	const event = fc.record({
		visitor: fc.integer({ min: 1, max: 30 }),
		ts: fc.integer({ min: 20, max: 50 }).map((hour) => hour * HOUR),
		name: fc.constantFrom("pageview", "buy", "identify"),
		texts: fc.record({ country: fc.constantFrom("DE", "FR", ""), "props.plan": fc.constantFrom("", "pro", "7") }),
	});

	it("I3: the first of all come out in the same order, however visitors are split", () => {
		fc.assert(
			fc.property(
				fc.array(event, { maxLength: 80 }),
				fc.constantFrom<VisitorsScan["sort"]>("last_seen", "first_seen", "events"),
				fc.integer({ min: 1, max: 8 }),
				fc.integer({ min: 1, max: 5 }),
				(all, sort, limit, parts) => {
					const question = asked({ sort, limit });
					const answers = splits(visitors, question, batchWithIds(all, TEXTS), parts);
					expect(answers[1]).toEqual(answers[0]);
					expect(answers[2]).toEqual(answers[0]);
					const inRange = all.filter(({ ts }) => ts >= DAY && ts < 2 * DAY);
					expect(answers[0]?.total).toBe(new Set(inRange.map((each) => each.visitor)).size);
					const counts = answers[0]?.visitors.map((each) => each[sort]) ?? [];
					expect(counts).toEqual([...counts].sort((a, b) => b - a));
				},
			),
			{ numRuns: 200 },
		);
	});
});

describe("visitor", () => {
	const question = (n: number, limit: number): VisitorScan => ({
		kind: "visitor",
		from: DAY,
		to: 2 * DAY,
		where: null,
		currency: null,
		visitor: { hi: n, lo: 7 * n },
		limit,
	});

	it("tells a profile and the newest events, whichever part they are in", () => {
		for (const partial of splits(visitor, question(1, 2), batchWithIds(journey, TEXTS), 3)) {
			const answer = VisitorAnswer.parse(finishVisitor(question(1, 2), partial, UTC));
			expect(answer.visitor).toMatchObject({ visitor: hexOf(1), events: 4, value: 2, user_id: "ann" });
			expect(answer.more).toBe(true);
			expect(answer.events).toEqual([
				{
					id: "000000040000000c",
					t: "1970-01-02T01:00:00.001+00:00",
					received_at: "1970-01-02T01:00:00.001+00:00",
					name: "buy",
					visitor: hexOf(1),
					flags: ["server"],
					value: 2,
					fields: {},
					props: {},
				},
				expect.objectContaining({ name: "buy", value: 7, fields: { currency: "USD", country: "FR" } }),
			]);
		}
	});

	it("of whom nothing is kept, nothing is told", () => {
		const rows = rowsFor(visitor, question(2, 2), batchWithIds(journey, TEXTS));
		expect(finishVisitor(question(2, 2), visitor.run(question(2, 2), rows), UTC)).toEqual({
			visitor: null,
			events: [],
			more: false,
		});
	});
});

describe("events", () => {
	const question = (more: Partial<EventsScan> = {}): EventsScan => ({
		kind: "events",
		from: 0,
		to: DAY,
		where: null,
		after: null,
		limit: 100,
		...more,
	});
	const answer = (q: EventsScan, all: TestEvent[]) => {
		const rows = rowsFor(events, q, batchWithIds(all, TEXTS));
		return EventsAnswer.parse(finishEvents(q, events.run(q, rows), UTC));
	};

	it("shows the newest first, and at most 20 of a second; the rest are counted", () => {
		const burst = Array.from({ length: 30 }, (_, i) => ({ visitor: i, ts: 1000 + i, name: "a" }));
		const got = answer(question(), [...burst, { visitor: 1, ts: 5000, name: "b" }]);
		expect([got.events.length, got.left_out, got.cursor]).toEqual([21, 10, 5000]);
		expect(got.events.slice(0, 2).map(({ name, t }) => [name, t])).toEqual([
			["b", "1970-01-01T00:00:05+00:00"],
			["a", "1970-01-01T00:00:01.029+00:00"],
		]);
	});

	it("goes on from a cursor, by when events were received", () => {
		const all = [
			{ visitor: 1, ts: 1000, received_at: 9000, name: "late" },
			{ visitor: 1, ts: 5000, name: "early" },
		];
		expect(answer(question({ after: 5000 }), all)).toMatchObject({ events: [{ name: "late" }], cursor: 9000 });
		expect(answer(question({ after: 9000 }), all)).toEqual({ events: [], left_out: 0, cursor: 9000 });
	});

	it("I3: shows the same however visitors are split", () => {
		const event = fc.record({
			visitor: fc.integer({ min: 1, max: 9 }),
			ts: fc.integer({ min: 0, max: 40 }).map((n) => n * 100),
			name: fc.constantFrom("a", "b"),
		});
		fc.assert(
			fc.property(
				fc.array(event, { maxLength: 120 }),
				fc.integer({ min: 1, max: 60 }),
				fc.integer({ min: 1, max: 5 }),
				(all, limit, parts) => {
					const q = question({ limit, where: { dim: "name", op: "eq", values: ["a"] } });
					const answers = splits(events, q, batchWithIds(all, TEXTS), parts);
					expect(answers[1]).toEqual(answers[0]);
					expect(answers[2]).toEqual(answers[0]);
				},
			),
			{ numRuns: 300 },
		);
	});
});
