/** A panel's figures as one CSV: a column for each query, then for each formula, called what the panel calls them. */
import type { Panel, Ref } from "../../schema/dashboard.ts";
import { countedRefs, formulaSeries } from "../../schema/formulas.ts";
import { ALL } from "../../schema/metric.ts";
import { Problem } from "../../schema/problem.ts";
import type { Answer, Question } from "../../schema/query.ts";
import { type Cell, csvText, type Sheet, sheetOf } from "../api/csv.ts";
import type { PanelAnswered } from "./answer.ts";
import { thrown } from "./ask.ts";
import { checkFormula } from "./resolve.ts";

/** Problem as of the first query that has no answer: half a sheet would look like a whole one. 422 for a panel of text. */
export function panelCsv(panel: Panel, { answer, questions }: PanelAnswered): string {
	const failed = answer.results.find((result) => result.answer === undefined);
	if (failed !== undefined)
		throw thrown({ type: "urn:nowcast:problem:panel", title: "Error", ...documentOf(failed.problem) });
	const sheets = [...querySheets(panel, { answer, questions }), ...formulaSheets(panel, { answer, questions })];
	const [only] = sheets;
	if (only === undefined) throw new Problem(422, "no_figures", "A panel of text has no figures.");
	return csvText("queries" in panel ? joined(sheets) : only.sheet);
}

const documentOf = (problem: PanelAnswered["answer"]["results"][number]["problem"]) =>
	problem ?? { status: 503, detail: "This panel has no answer." };

interface Named {
	name: string;
	/** Of numbers: what they are of, then `value`, and `previous` where a table has it. */
	sheet: Sheet;
	/** Estimates of whole numbers? */
	whole: boolean;
}

function querySheets(panel: Panel, { answer, questions }: PanelAnswered): Named[] {
	const hidden = "queries" in panel ? panel.queries.map((query) => query.hidden) : [];
	return answer.results.flatMap((result, i) => {
		const question = questions[i];
		if (result.answer === undefined || !question || hidden[i] === true) return [];
		const whole = "measure" in question && question.measure === "uniques";
		return [{ name: result.label || nameOf(question), sheet: sheetOf(question, result.answer), whole }];
	});
}

/** As the legend has it: the event, the measure, or `purchase (sum)`. */
function nameOf(question: Question): string {
	if (!("measure" in question)) return question.kind;
	const { metric, measure } = question;
	const what = measure.replaceAll("_", " ");
	if (metric === ALL || metric === "session") return what;
	return measure === "count" ? metric : `${metric} (${what})`;
}

function formulaSheets(panel: Panel, { answer, questions }: PanelAnswered): Named[] {
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
		return { name: formula.label || formula.expression, sheet, whole: false };
	});
}

/** A formula's groups may be those of any of its queries. */
function grouped(question: Question, { series, table }: ReturnType<typeof formulaSeries>): Question {
	const groups = (table ?? series).map(({ group }) => Object.keys(group));
	return "groupBy" in question ? { ...question, groupBy: groups[0] ?? [] } : question;
}

/** A row for each group and time that any of them has, and a column for each of them. */
function joined(sheets: readonly Named[]): Sheet {
	const parts = sheets.map(({ name, whole, sheet: [header = [], ...rows] }) => {
		const at = header.lastIndexOf("value");
		const figures = header.slice(at).map((column) => (column === "value" ? name : `${name}, previous period`));
		return { keys: header.slice(0, at).map(String), figures, rows, at, whole };
	});
	const names = new Set(parts.flatMap(({ keys }) => keys));
	const keys = [...names].filter((name) => name !== "time").concat(names.has("time") ? ["time"] : []);
	const figures = parts.flatMap((part) => part.figures);
	const byLabels = new Map<string, Cell[]>();
	let first = keys.length;
	for (const part of parts) {
		const places = keys.map((name) => part.keys.indexOf(name));
		for (const row of part.rows) {
			const labels = places.map((i) => row[i] ?? null);
			const id = JSON.stringify(labels);
			const cells = byLabels.get(id) ?? [...labels, ...figures.map(() => null)];
			byLabels.set(id, cells);
			for (const [i, value] of row.slice(part.at).entries())
				cells[first + i] = part.whole && typeof value === "number" ? Math.round(value) : value;
		}
		first += part.figures.length;
	}
	return [unique([...keys, ...figures]), ...byLabels.values()];
}

/** A name that is taken has a number: programs read columns by name. */
function unique(names: readonly string[]): string[] {
	const taken = new Set<string>();
	for (const name of names) {
		let own = name;
		for (let n = 2; taken.has(own); n++) own = `${name} ${n}`;
		taken.add(own);
	}
	return [...taken];
}
