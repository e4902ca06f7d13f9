import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Subscription } from "../../../schema/live.ts";
import type { PanelAnswer } from "../../../schema/panel.ts";
import { metaOf } from "../../../schema/query.testing.ts";
import type { Answer, Series } from "../../../schema/query.ts";
import { advance, groupKey, isWhollyLive, joinAnswer, joinPanel, type Tail } from "./join.ts";

const START = Date.parse("2026-11-22T10:00:00Z") / 1000;
const iso = (minute: number) => new Date((START + minute * 60) * 1000).toISOString();
const meta = metaOf({ sources: ["window"], from: iso(0), to: iso(3), interval: "1m" });
const series = (values: (number | null)[], group: Record<string, string> = {}, first = 0): Series => ({
	group,
	points: values.map((value, i) => [iso(first + i), value]),
	total: values.reduce<number>((sum, value) => sum + (value ?? 0), 0),
});
const answer = (...all: Series[]): Answer => ({ series: all, meta });
const live: Subscription = {
	metric: "*",
	measure: "count",
	from: "now-1h",
	interval: "1m",
	filters: [],
	groupBy: [],
	limit: 10,
};
const joining = (now: number, from: number | null = null, measure: Subscription["measure"] = "count") => ({
	measure,
	limit: 10,
	now: START + now * 60,
	from: from === null ? null : START + from * 60,
});
const tail = (...all: Series[]): Tail => advance(null, all, true);
const valuesOf = (joined: Answer, i = 0) => joined.series?.[i]?.points.map(([, value]) => value);

test("a live bucket replaces the same bucket of history, a newer one is appended", () => {
	const joined = joinAnswer(answer(series([1, 2, 3])), tail(series([5, 7], {}, 2)), "1m", joining(3.5));
	expect(valuesOf(joined)).toEqual([1, 2, 5, 7]);
});

test("totals that add up are brought forward", () => {
	const joined = joinAnswer(answer(series([1, 2, 3])), tail(series([5, 7], {}, 2)), "1m", joining(3.5));
	expect(joined.series?.[0]?.total).toBe(1 + 2 + 5 + 7);
});

test("distinct counts of a range are no sums: their total stays as it was answered", () => {
	const joined = joinAnswer(answer(series([1, 2, 3])), tail(series([5], {}, 2)), "1m", joining(2.5, null, "uniques"));
	expect(valuesOf(joined)).toEqual([1, 2, 5]);
	expect(joined.series?.[0]?.total).toBe(6);
});

test("buckets in which nothing happened are 0, of averages nothing", () => {
	const frame = tail(series([4], {}, 5));
	expect(valuesOf(joinAnswer(answer(series([1])), frame, "1m", joining(6.5)))).toEqual([1, 0, 0, 0, 0, 4, 0]);
	expect(valuesOf(joinAnswer(answer(series([1])), frame, "1m", joining(5.5, null, "avg")))).toEqual([
		1,
		null,
		null,
		null,
		null,
		4,
	]);
});

test("what left a sliding range at its start is dropped, and no longer counted", () => {
	const joined = joinAnswer(answer(series([1, 2, 3])), tail(series([4], {}, 3)), "1m", joining(3.5, 1));
	expect(valuesOf(joined)).toEqual([2, 3, 4]);
	expect(joined.series?.[0]?.total).toBe(9);
});

test("the period compared with loses as many buckets", () => {
	const before: Answer = { ...answer(series([1, 2, 3])), compare: [series([7, 8, 9], {}, -3)] };
	const joined = joinAnswer(before, tail(series([4], {}, 3)), "1m", joining(3.5, 2));
	expect(joined.compare?.[0]?.points.map(([, value]) => value)).toEqual([9]);
});

test("the bucket that contains now is the first that is not complete", () => {
	const joined = joinAnswer(answer(series([1, 2, 3])), tail(series([4], {}, 3)), "1m", joining(3.5));
	expect(joined.series?.[0]?.partial_from).toBe(iso(3));
});

test("series are matched by their group, whatever the order", () => {
	const de = { country: "DE" };
	const fr = { country: "FR" };
	const joined = joinAnswer(
		answer(series([1, 1], de), series([2, 2], fr)),
		tail(series([9], fr, 1), series([8], de, 1)),
		"1m",
		joining(1.5),
	);
	expect([valuesOf(joined, 0), valuesOf(joined, 1)]).toEqual([
		[1, 8],
		[2, 9],
	]);
	expect(groupKey({ a: "1", b: "2" })).toBe(groupKey({ b: "2", a: "1" }));
});

test("a group that comes up joins as a series of its own", () => {
	const joined = joinAnswer(
		answer(series([1, 1], { country: "DE" })),
		tail(series([1], { country: "DE" }, 1), series([3], { country: "FR" }, 1)),
		"1m",
		joining(1.5),
	);
	expect(joined.series?.map(({ group }) => group.country)).toEqual(["DE", "FR"]);
	expect(valuesOf(joined, 1)).toEqual([0, 3]);
	expect(joined.series?.[1]?.total).toBe(3);
});

test("where there are others, a group that is not shown counts among them", () => {
	const joined = joinAnswer(
		answer(series([5, 5], { country: "DE" }), series([4, 4], { country: "(other)" })),
		tail(series([6], { country: "DE" }, 1), series([2], { country: "FR" }, 1), series([3], { country: "(other)" }, 1)),
		"1m",
		joining(1.5),
	);
	expect(joined.series?.length).toBe(2);
	expect(valuesOf(joined, 1)).toEqual([4, 5]);
});

test("a shown group that live folded into its others is not counted twice", () => {
	const joined = joinAnswer(
		answer(series([5, 5], { country: "DE" }), series([4, 4], { country: "(other)" })),
		tail(series([9], { country: "(other)" }, 1)),
		"1m",
		joining(1.5),
	);
	expect(valuesOf(joined, 0)).toEqual([5, 5]);
	expect(valuesOf(joined, 1)).toEqual([4, 4]);
});

test("an answer of another step stays as it is", () => {
	const before = answer(series([1, 2]));
	expect(joinAnswer(before, tail(series([3])), "5m", joining(1))).toBe(before);
});

test("a delta adds to what was told, a snapshot stands for all of it", () => {
	const first = advance(null, [series([1, 2])], true);
	const delta = advance(first, [series([9], {}, 1)], false);
	expect([...(delta.get("")?.values.values() ?? [])]).toEqual([1, 9]);
	expect([
		...(advance(delta, [series([3], {}, 2)], true)
			.get("")
			?.values.values() ?? []),
	]).toEqual([3]);
});

test("a page that stays open for days does not collect buckets", () => {
	const minutes = 3 * 24 * 60;
	let kept: Tail | null = null;
	for (let at = 0; at < minutes; at += 30) kept = advance(kept, [series([1], {}, at)], false);
	expect(kept?.get("")?.values.size).toBeLessThanOrEqual(26 * 2 + 1);
});

test("in whatever frames the buckets come, the panel is the same, and the total of counts is their sum", () => {
	const frames = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 50 })), { maxLength: 30 });
	fc.assert(
		fc.property(
			frames,
			fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 8 }),
			(deltas, history) => {
				const one = deltas.reduce<Tail>(
					(known, [at, value]) => advance(known, [series([value], {}, at)], false),
					new Map(),
				);
				const last = new Map(deltas);
				const whole = tail(...[...last].map(([at, value]) => series([value], {}, at)).slice(0, 1));
				const merged = [...last].reduce<Tail>(
					(known, [at, value]) => advance(known, [series([value], {}, at)], false),
					whole,
				);
				const a = joinAnswer(answer(series(history)), one, "1m", joining(10));
				const b = joinAnswer(answer(series(history)), merged, "1m", joining(10));
				expect(a).toEqual(b);
				const sum = (valuesOf(a) ?? []).reduce<number>((total, value) => total + (value ?? 0), 0);
				expect(a.series?.[0]?.total).toBe(sum);
			},
		),
	);
});

const panel = (...subs: (Subscription | null)[]): PanelAnswer => ({
	title: "",
	description: "",
	results: subs.map((sub, i) => ({ ref: i === 0 ? "A" : "B", answer: answer(series([1, 2, 3])), live: sub })),
	from: START * 1000,
	to: (START + 180) * 1000,
	timezone: "UTC",
});

test("a panel's range goes on with the server's clock; its start only where it slides", () => {
	const tails = new Map([[0, tail(series([4], {}, 3))]]);
	const now = (START + 240) * 1000;
	const sliding = joinPanel(panel(live), tails, now, true);
	expect([sliding.from, sliding.to]).toEqual([(START + 60) * 1000, now]);
	const standing = joinPanel(panel(live), tails, now, false);
	expect([standing.from, standing.to]).toEqual([START * 1000, now]);
	expect(joinPanel(panel(live), new Map(), now, true)).toEqual(panel(live));
});

test("a result without a socket is left alone", () => {
	const joined = joinPanel(panel(live, null), new Map([[0, tail(series([4], {}, 3))]]), (START + 200) * 1000, false);
	expect(joined.results[1]).toEqual(panel(live, null).results[1]);
});

test("wholly live is what sockets bring to the last figure", () => {
	expect(isWhollyLive(panel(live))).toBe(true);
	expect(isWhollyLive(panel(live, null))).toBe(false);
	expect(isWhollyLive(panel({ ...live, measure: "uniques" }))).toBe(false);
	expect(isWhollyLive(panel({ ...live, groupBy: ["country"] }))).toBe(false);
	expect(isWhollyLive(panel())).toBe(false);
});
