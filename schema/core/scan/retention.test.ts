import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RetentionAnswer } from "../../questions.ts";
import { parseInstant } from "../range.ts";
import cases from "../retention.cases.json" with { type: "json" };
import { DAY, HOUR, type WeekStart, type Zone, zoneOf } from "../zone.ts";
import { rowsFor, splits } from "./laws.testing.ts";
import type { ScanMatch } from "./question.ts";
import {
	finishRetention,
	type RetentionPeriod,
	type RetentionScan,
	retention,
	retentionEdges,
	retentionReads,
} from "./retention.ts";
import { batchOf, type TestEvent } from "./testing.ts";

/** Times are local. Events of a visitor: `S 2026-03-02 10:00, R …`. Expected: `start: size | counts`, `*` not over, `-` not begun. */
interface RetentionCase {
	name: string;
	period?: string | undefined;
	periods: number;
	mode?: string | undefined;
	on?: string | undefined;
	return?: string | undefined;
	zone?: string | undefined;
	weekStart?: string | undefined;
	from: string;
	to: string;
	now: string;
	visitors: readonly string[];
	expect: readonly string[];
	mean?: readonly (number | null)[] | undefined;
}

const named = (event: string): ScanMatch => ({ event: event === "*" ? null : event, label: event, where: null });

function readCase(c: RetentionCase) {
	const zone = zoneOf(c.zone ?? "UTC");
	const weekStart: WeekStart = c.weekStart === "sunday" ? "sunday" : "monday";
	const at = (text: string) => parseInstant(text, "from", { now: 0, zone, weekStart });
	const period: RetentionPeriod = c.period === "week" || c.period === "month" ? c.period : "day";
	const range = { from: at(c.from), to: at(c.to) };
	const question: RetentionScan = {
		kind: "retention",
		...range,
		where: null,
		start: named("S"),
		return: named(c.return ?? "R"),
		mode: c.mode === "recurring" ? "recurring" : "first",
		on: c.on === "on_or_after" ? "on_or_after" : "on",
		periods: c.periods,
		edges: retentionEdges(zone, period, range, c.periods, weekStart),
		now: at(c.now),
	};
	const events = c.visitors.flatMap((text, visitor) =>
		text.split(", ").map((event): TestEvent => ({ visitor, name: event.slice(0, 1), ts: at(event.slice(2)) })),
	);
	return { zone, question, events };
}

const written = ({ cohorts }: RetentionAnswer) =>
	cohorts.map(({ t, size, values }) => {
		const counts = values.map((value) => (value === null ? "-" : `${value.count}${value.complete ? "" : "*"}`));
		return `${t.slice(0, 10)}: ${size} | ${counts.join(" ")}`;
	});

function answer(question: RetentionScan, events: TestEvent[], zone: Zone): RetentionAnswer {
	const rows = rowsFor(retention, question, batchOf(events, ["name"]));
	return RetentionAnswer.parse(finishRetention(question, retention.run(question, rows), zone));
}

describe("retention.cases.json", () => {
	const suite: readonly RetentionCase[] = cases;
	for (const c of suite)
		it(c.name, () => {
			const { question, events, zone } = readCase(c);
			const got = answer(question, events, zone);
			expect(written(got)).toEqual(c.expect);
			if (c.mean !== undefined) expect(got.mean).toEqual(c.mean);
		});
});

describe("retention", () => {
	const event = fc.record({
		visitor: fc.integer({ min: 1, max: 6 }),
		name: fc.constantFrom("S", "R", "X"),
		ts: fc.integer({ min: 0, max: 14 * 24 }).map((hour) => hour * HOUR),
		texts: fc.record({ country: fc.constantFrom("DE", "FR") }),
	});
	const asked = fc.record({
		mode: fc.constantFrom<RetentionScan["mode"]>("first", "recurring"),
		on: fc.constantFrom<RetentionScan["on"]>("on", "on_or_after"),
		filtered: fc.boolean(),
	});

	it("I3: is what the definition says of each visitor's days, however visitors are split", () => {
		fc.assert(
			fc.property(asked, fc.array(event, { maxLength: 50 }), fc.integer({ min: 1, max: 4 }), (a, events, parts) => {
				const range = { from: 3 * DAY, to: 8 * DAY };
				const question: RetentionScan = {
					kind: "retention",
					...range,
					where: a.filtered ? { dim: "country", op: "eq", values: ["DE"] } : null,
					start: named("S"),
					return: named("R"),
					mode: a.mode,
					on: a.on,
					periods: 3,
					edges: retentionEdges(zoneOf("UTC"), "day", range, 3),
					now: 100 * DAY,
				};
				const chosen = events.filter((e) => !a.filtered || e.texts.country === "DE");
				const days = (visitor: number, name: string) =>
					chosen.filter((e) => e.visitor === visitor && e.name === name).map((e) => Math.floor(e.ts / DAY));
				const expected = [3, 4, 5, 6, 7].map((cohort) => {
					const members = [1, 2, 3, 4, 5, 6].filter((visitor) => {
						const starts = days(visitor, "S").sort((x, y) => x - y);
						return a.mode === "first" ? starts[0] === cohort : starts.includes(cohort);
					});
					const back = (period: number) =>
						members.filter((visitor) =>
							days(visitor, "R").some(
								(day) => day === cohort + period || (a.on === "on_or_after" && day >= cohort + period && day < 11),
							),
						).length;
					return [members.length, back(1), back(2), back(3)];
				});
				for (const partial of splits(retention, question, batchOf(events, ["name", "country"]), parts)) {
					const { cohorts } = finishRetention(question, partial, zoneOf("UTC"));
					expect(cohorts.map(({ values }) => values.map((value) => value?.count))).toEqual(expected);
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("first: reads starts from the archive's start, returns from the first cohort on", () => {
		const { question } = readCase({
			name: "",
			periods: 2,
			from: "2026-03-02",
			to: "2026-03-05",
			now: "2026-04-01",
			visitors: [],
			expect: [],
		});
		const [from, to] = [Date.UTC(2026, 2, 2), Date.UTC(2026, 2, 7)];
		expect(retentionReads(question)).toEqual([
			{ from: 0, to, names: ["S"] },
			{ from, to, names: ["R"] },
		]);
		expect(retentionReads({ ...question, mode: "recurring" })[0]).toEqual({ from, to, names: ["S"] });
	});
});
