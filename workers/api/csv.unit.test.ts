import { describe, expect, it } from "vitest";
import { metaOf } from "../../schema/query.testing.ts";
import { Query, type Question } from "../../schema/query.ts";
import { csvOf } from "./csv.ts";

const meta = metaOf();
const ask = (question: object): Question => Query.parse(question);
const lines = (...args: Parameters<typeof csvOf>) => csvOf(...args).split("\r\n");

describe("CSV", () => {
	it("quotes what would be read otherwise, and defuses formulas, which anybody can send", () => {
		const table = ['a,"b"', "=HYPERLINK(1)", "-1", "two\nlines"].map((path) => ({ group: { path }, value: -1.5 }));
		expect(csvOf(ask({ kind: "breakdown", groupBy: ["path"] }), { table, meta })).toBe(
			`path,value\r\n"a,""b""",-1.5\r\n'=HYPERLINK(1),-1.5\r\n'-1,-1.5\r\n"two\nlines",-1.5\r\n`,
		);
	});

	it("has a row a point, of both periods where there are two", () => {
		const series = [
			{
				group: { country: "DE" },
				points: [
					["t1", 1],
					["t2", null],
				] as [string, number | null][],
				total: 1,
			},
		];
		const compared = { series, compare: series.map((s) => ({ ...s, points: s.points.slice(0, 1) })), meta };
		expect(lines(ask({ groupBy: ["country"] }), compared)).toEqual([
			"period,country,time,value",
			"current,DE,t1,1",
			"current,DE,t2,",
			"previous,DE,t1,1",
			"",
		]);
		const total = { series: [{ group: {}, points: [], total: 7 }], total: 7, meta };
		expect(lines(ask({ kind: "total" }), total)).toEqual(["time,value", ",7", ""]);
	});

	it("has the previous period of a table beside it, and says nothing as nothing", () => {
		const table = [{ group: { country: "DE" }, value: 2, previous: null }];
		expect(lines(ask({ kind: "breakdown", groupBy: ["country"] }), { table, meta })).toEqual([
			"country,value,previous",
			"DE,2,",
			"",
		]);
		expect(lines(ask({ kind: "breakdown", groupBy: ["country"] }), { table: [], meta })).toEqual(["country,value", ""]);
	});

	it("lays out the kinds of raw questions", () => {
		const step = { label: "a", count: 3, dropped: 1, in_progress: 1, conversion: 1, step_conversion: 1, times: null };
		const funnel = { steps: [step], groups: [{ group: { plan: "pro" }, steps: [step] }], meta };
		expect(lines(ask({}), funnel)).toEqual([
			"plan,step,label,count,dropped,in_progress,conversion,step_conversion,median_ms,p90_ms",
			",1,a,3,1,1,1,1,,",
			"pro,1,a,3,1,1,1,1,,",
			"",
		]);
		const values = [{ count: 2, rate: 1, complete: true }, null];
		expect(lines(ask({}), { cohorts: [{ t: "t", size: 2, values }], mean: [1, null], meta })).toEqual([
			"cohort,size,period_0,period_1",
			"t,2,2,",
			"",
		]);
		const nodes = [0, 1].map((id) => ({ id, level: id, label: `n${id}`, count: 4 }));
		expect(lines(ask({}), { total: 4, nodes, links: [{ source: 0, target: 1, count: 4 }], meta })).toEqual([
			"level,source,target,count",
			"0,n0,n1,4",
			"",
		]);
	});
});
