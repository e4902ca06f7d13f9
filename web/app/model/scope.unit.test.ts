import { expect, test } from "vitest";
import { CUBE_DIMENSIONS, OPEN_DIMENSIONS } from "../../../schema/metric.ts";
import { CARDS } from "./lists.ts";
import { CUBE, countsEvents, listUnder, liveFilters, OPEN, questionFilters, scopeNotes, statMetric } from "./scope.ts";
import { STATS } from "./stats.ts";
import type { View } from "./view.ts";

const by = (...dims: string[]): Pick<View, "filters" | "segments"> => ({
	filters: dims.map((dim) => ({ dim, op: "in", values: ["x"] })),
	segments: [],
});
const list = (id: string) => {
	const found = CARDS.flatMap((card) => card.lists).find((one) => one.id === id);
	if (!found) throw new Error(id);
	return found;
};

test("the dimensions are the schema's", () => {
	expect(CUBE).toEqual(CUBE_DIMENSIONS);
	expect(OPEN).toEqual(OPEN_DIMENSIONS);
});

test("sockets take filters on what windows are cut by, and nothing else", () => {
	expect(liveFilters(by(), [])).toEqual([]);
	expect(liveFilters(by("country", "plan"), ["plan"])).toEqual(by("country", "plan").filters);
	expect(liveFilters(by("country", "path"), [])).toBe(null);
	expect(liveFilters({ ...by("country"), segments: [{ id: "seg_a", negated: false }] }, [])).toBe(null);
});

test("segments go into a question beside the filters", () => {
	const segments = [
		{ id: "a", negated: false },
		{ id: "b", negated: true },
	];
	expect(questionFilters({ ...by("os"), segments }, "*")).toEqual([
		...by("os").filters,
		{ segment: "a" },
		{ not: { segment: "b" } },
	]);
});

test("under a filter on a page every figure is asked, and what sessions then are is said", () => {
	for (const { metric, measure, ...stat } of STATS)
		expect(statMetric({ metric, measure, ...stat }, by("path"))).toEqual({ metric, measure });
	expect(countsEvents(by("path"))).toBe(true);
	expect(scopeNotes(by("path"))).toHaveLength(1);
	expect(scopeNotes(by("country"))).toEqual([]);
});

test("only sessions have an entry page: what they cannot tell is not shown at all", () => {
	const asked = Object.fromEntries(STATS.map((stat) => [stat.id, statMetric(stat, by("entry"))]));
	expect(asked.visitors).toBe(null);
	expect(asked.views).toEqual({ metric: "session", measure: "views" });
	expect(asked.bounce).toEqual({ metric: "session", measure: "bounce_rate" });
	expect(listUnder(list("top"), by("entry"))).toBe(null);
	expect(listUnder(list("entry"), by("entry"))).toEqual(list("entry"));
	expect(listUnder(list("browser"), by("entry"))).toMatchObject({
		dim: "browser",
		metric: "session",
		unit: "Sessions",
	});
	expect(listUnder(list("browser"), by("os"))).toEqual(list("browser"));
	expect(countsEvents(by("entry"))).toBe(false);
});

test("under a source, events are those of visitors who came that way: later pages of a visit have no referrer", () => {
	const asked = (dim: string, op: "in" | "nin", values: string[], metric = "*") =>
		questionFilters({ filters: [{ dim, op, values }], segments: [] }, metric)[0];
	const google = { did: "*", where: { dim: "referrer", op: "in", values: ["google.com"] } };
	const nowhere = { not: { did: "*", where: { dim: "referrer", op: "nin", values: ["(none)"] } } };
	expect(asked("referrer", "in", ["google.com"])).toEqual(google);
	expect(asked("referrer", "nin", ["google.com"])).toEqual({ not: google });
	expect(asked("referrer", "in", ["(none)"])).toEqual(nowhere);
	expect(asked("referrer", "in", ["google.com", "(none)"])).toEqual({ or: [google, nowhere] });
	expect(asked("channel", "in", ["direct"])).toEqual({
		not: { did: "*", where: { dim: "channel", op: "nin", values: ["(none)", "direct"] } },
	});
	// A session has the source of its first event.
	expect(asked("referrer", "in", ["google.com"], "session")).toEqual({
		dim: "referrer",
		op: "in",
		values: ["google.com"],
	});
	expect(scopeNotes(by("utm_source"))).toHaveLength(1);
});
