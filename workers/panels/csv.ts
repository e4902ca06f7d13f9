/** A panel's figures as one CSV: its queries, then its formulas, each row saying whose it is where there are several. */
import type { Panel, Ref } from "../../schema/dashboard.ts";
import { countedRefs, formulaSeries } from "../../schema/formulas.ts";
import { Problem } from "../../schema/problem.ts";
import type { Answer, Question } from "../../schema/query.ts";
import { type Cell, csvText, type Sheet, sheetOf } from "../api/csv.ts";
import type { PanelAnswered } from "./answer.ts";
import { thrown } from "./ask.ts";
import { checkFormula } from "./resolve.ts";

/** Columns that come after those of groups, in this order. */
const LAST = ["time", "value", "previous"];

/** Problem as of the first query that has no answer: half a sheet would look like a whole one. 422 for a panel of text. */
export function panelCsv(panel: Panel, { answer, questions }: PanelAnswered): string {
	const failed = answer.results.find((result) => result.answer === undefined);
	if (failed !== undefined)
		throw thrown({ type: "urn:nowcast:problem:panel", title: "Error", ...documentOf(failed.problem) });
	const sheets = [...querySheets(panel, { answer, questions }), ...formulaSheets(panel, { answer, questions })];
	const [only] = sheets;
	if (only === undefined) throw new Problem(422, "no_figures", "A panel of text has no figures.");
	return csvText(sheets.length === 1 ? only.sheet : joined(sheets));
}

const documentOf = (problem: PanelAnswered["answer"]["results"][number]["problem"]) =>
	problem ?? { status: 503, detail: "This panel has no answer." };

interface Labelled {
	label: string;
	sheet: Sheet;
}

function querySheets(panel: Panel, { answer, questions }: PanelAnswered): Labelled[] {
	const hidden = "queries" in panel ? panel.queries.map((query) => query.hidden) : [];
	return answer.results.flatMap((result, i) => {
		const question = questions[i];
		if (result.answer === undefined || !question || hidden[i] === true) return [];
		return [{ label: result.label || wordsOf(question), sheet: sheetOf(question, result.answer) }];
	});
}

const wordsOf = (question: Question): string =>
	"measure" in question ? `${question.measure} of ${question.metric}` : question.kind;

function formulaSheets(panel: Panel, { answer, questions }: PanelAnswered): Labelled[] {
	const [question] = questions;
	if (!("queries" in panel) || !question) return [];
	const answers = new Map(
		answer.results.flatMap(({ ref, answer: own }): [Ref, Answer][] =>
			own !== undefined && ("series" in own || "table" in own) ? [[ref, own]] : [],
		),
	);
	return (answer.formulas ?? []).map((formula) => {
		checkFormula(formula);
		const made = formulaSeries(formula.expression, answers, countedRefs(panel.queries));
		const meta = [...answers.values()][0]?.meta;
		const sheet = meta === undefined ? [] : sheetOf(grouped(question, made), { ...made, meta });
		return { label: formula.label || formula.expression, sheet };
	});
}

/** A formula's groups may be those of any of its queries. */
function grouped(question: Question, { series, table }: ReturnType<typeof formulaSeries>): Question {
	const groups = (table ?? series).map(({ group }) => Object.keys(group));
	return "groupBy" in question ? { ...question, groupBy: groups[0] ?? [] } : question;
}

/** Under one header: all columns that any of them has. */
function joined(sheets: readonly Labelled[]): Sheet {
	const names = [...new Set(sheets.flatMap(({ sheet }) => (sheet[0] ?? []).map(String)))];
	const columns = [...names.filter((name) => !LAST.includes(name)), ...LAST.filter((name) => names.includes(name))];
	const rows = sheets.flatMap(({ label, sheet: [header = [], ...rows] }) => {
		const at = columns.map((name) => header.indexOf(name));
		return rows.map((row): Cell[] => [label, ...at.map((i) => (i < 0 ? null : row[i]))]);
	});
	return [["query", ...columns], ...rows];
}
