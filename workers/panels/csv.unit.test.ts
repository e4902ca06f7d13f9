import { expect, test } from "vitest";
import { Panel, type PanelInput } from "../../schema/dashboard.ts";
import { metaOf } from "../../schema/query.testing.ts";
import { type Answer, Query, type QueryInput, type Series } from "../../schema/query.ts";
import { panelCsv } from "./csv.ts";

type Numbers = Extract<PanelInput, { kind: "line" }>;
const REFS = ["A", "B", "C"] as const;

/** The lines of a panel whose queries were answered so. */
function lines(
	fields: Partial<Numbers>,
	answered: { question: QueryInput; label?: string; answer: Partial<Answer> }[],
) {
	const queries = fields.queries ?? answered.map((_, i) => ({ ref: REFS[i] ?? "A" }));
	const panel = Panel.parse({ id: "p", kind: "line", grid: { x: 0, y: 0, w: 6, h: 4 }, ...fields, queries });
	const results = answered.map(({ label, answer }, i) => ({
		ref: REFS[i] ?? "A",
		label: label ?? "",
		answer: { meta: metaOf(), ...answer },
		live: null,
	}));
	const formulas = "formulas" in panel ? panel.formulas : [];
	const answer = { title: "", description: "", results, formulas, from: 0, to: 1, timezone: "UTC" };
	const questions = answered.map(({ question }) => Query.parse(question));
	return panelCsv(panel, { answer, questions }).split("\r\n").slice(0, -1);
}

const over = (points: Record<string, number | null>, group: Series["group"] = {}): Series => ({
	group,
	points: Object.entries(points),
	total: null,
});

test("a column has the query's label, else the event's or the measure's name; none is called as another", () => {
	const series = [over({ t1: 1 })];
	const answer = { series };
	const questions: QueryInput[] = [
		{ metric: "purchase", measure: "sum" },
		{ metric: "purchase", measure: "sum" },
		{ measure: "bounce_rate" },
	];
	expect(
		lines(
			{},
			questions.map((question) => ({ question, answer })),
		)[0],
	).toBe("time,purchase (sum),purchase (sum) 2,bounce rate");
	expect(lines({}, [{ question: { metric: "purchase" }, answer }])[0]).toBe("time,purchase");
	expect(lines({}, [{ question: { metric: "purchase" }, label: "Orders", answer }])).toEqual(["time,Orders", "t1,1"]);
	expect(lines({}, [{ question: {}, label: "time", answer }])[0]).toBe("time,time 2");
});

test("what is of the same group and time stands in one row, and what only one has stands alone", () => {
	const question: QueryInput = { groupBy: ["country"] };
	const de = { series: [over({ t1: 1, t2: 2 }, { country: "DE" })] };
	const both = { series: [over({ t1: 4, t2: null }, { country: "DE" }), over({ t1: 5 }, { country: "FR" })] };
	expect(
		lines({ formulas: [{ expression: "A / B" }] }, [
			{ question, label: "A", answer: de },
			{ question: { ...question, metric: "purchase" }, answer: both },
		]),
	).toEqual(["country,time,A,purchase,A / B", "DE,t1,1,4,0.25", "DE,t2,2,,", "FR,t1,,5,0"]);
	const alone = { question: {}, label: "all", answer: { series: [over({ t1: 9 })] } };
	expect(lines({}, [alone, { question, label: "by", answer: de }])).toEqual([
		"country,time,all,by",
		",t1,9,",
		"DE,t1,,1",
		"DE,t2,,2",
	]);
});

test("estimates of visitors are whole, now and before; what is computed from them is not rounded", () => {
	const table = [{ group: { country: "DE" }, value: 6.0000005, previous: 2.9999 }];
	const question: QueryInput = { kind: "breakdown", measure: "uniques", groupBy: ["country"] };
	const fields = { formulas: [{ label: "half", expression: "A / 2" }] };
	const [header, row = ""] = lines(fields, [{ question, label: "People", answer: { table } }]);
	expect(header).toBe('country,People,"People, previous period",half,"half, previous period"');
	expect(row.split(",").slice(0, 3)).toEqual(["DE", "6", "3"]);
	expect(row.split(",").slice(3).map(Number)).toEqual([6.0000005 / 2, 2.9999 / 2]);
	const sum = { ...question, measure: "avg" } as const;
	expect(lines({}, [{ question: sum, label: "Mean", answer: { table } }])[1]).toBe("DE,6.0000005,2.9999");
});
