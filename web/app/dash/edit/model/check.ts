/** What is wrong with a panel or a variable, field by field, in words that stand next to the field. */
import type * as z from "zod";
import { parseFormula, refsOf } from "../../../../../schema/core/formula.ts";
import { parseInstant } from "../../../../../schema/core/range.ts";
import { Zone } from "../../../../../schema/core/zone.ts";
import {
	type Dashboard,
	Dashboard as DashboardSchema,
	type NumbersPanel,
	type Panel,
	Panel as PanelSchema,
	type Variable,
} from "../../../../../schema/dashboard.ts";
import type { EventMatch } from "../../../../../schema/questions.ts";
import { complete } from "../../../filter/model.ts";
import { isZone } from "../../view.ts";
import { isNumbers, panelName } from "./panels.ts";

/** Words by the path of the field: `queries.0.label`, `formulas.1.expression`, `time.from`. */
export type Problems = ReadonlyMap<string, string>;

const UTC = new Zone("UTC");
/** Any time that leaves room for what lies before it. */
const ANY_NOW = Date.UTC(2026, 0);

/** Why a text is no instant of a range; null where it is one. `$name` is somebody else's business. */
export function instantProblem(text: string): string | null {
	if (text.includes("$")) return null;
	try {
		parseInstant(text.trim(), "from", { now: ANY_NOW, zone: UTC, weekStart: "monday" });
		return null;
	} catch {
		return "Write now-24h, now/d, a date such as 2026-11-22, or epoch ms.";
	}
}

/** Words of the schema that say too little by themselves. */
function words(issue: z.core.$ZodIssue): string {
	if (issue.code === "invalid_union") return "This value is not one that the field takes.";
	if (issue.code === "too_small" && issue.origin === "string") return "This must not be empty.";
	if (issue.code === "too_big" && issue.origin === "string") return `At most ${issue.maximum} characters.`;
	return issue.message;
}

function fromSchema(result: z.ZodSafeParseResult<unknown>): Map<string, string> {
	const problems = new Map<string, string>();
	for (const issue of result.error?.issues ?? []) {
		const path = issue.path.join(".");
		if (!problems.has(path)) problems.set(path, words(issue));
	}
	return problems;
}

/** Why a formula cannot be computed; null where it can. */
export function formulaProblem(expression: string, refs: readonly string[]): string | null {
	if (expression.trim() === "") return "Write a formula of the queries' letters, such as A / B.";
	try {
		const missing = [...refsOf(parseFormula(expression))].filter((ref) => !refs.includes(ref));
		return missing.length === 0 ? null : `There is no query ${missing.join(", ")}.`;
	} catch (error) {
		if (error instanceof RangeError) return error.message;
		throw error;
	}
}

function ofNumbers(panel: NumbersPanel, problems: Map<string, string>): void {
	const refs = panel.queries.map(({ ref }) => ref);
	for (const [i, { expression }] of panel.formulas.entries()) {
		const problem = formulaProblem(expression, refs);
		if (problem !== null) problems.set(`formulas.${i}.expression`, problem);
	}
	for (const [i, ref] of refs.entries())
		if (refs.indexOf(ref) !== i) problems.set(`queries.${i}.ref`, `There are two queries ${ref}.`);
	if (panel.formulas.length === 0 && panel.queries.every(({ hidden }) => hidden))
		problems.set("queries", "All queries are hidden and there is no formula: nothing would be drawn.");
	if ("min" in panel && panel.min !== null && panel.max !== null && panel.min >= panel.max)
		problems.set("max", "The upper end has to be over the lower one.");
}

export function panelProblems(panel: Panel): Problems {
	const problems = fromSchema(PanelSchema.safeParse(panel));
	if (isNumbers(panel)) ofNumbers(panel, problems);
	if ("time" in panel && panel.time)
		for (const side of ["from", "to"] as const) {
			const problem = instantProblem(panel.time[side]);
			if (problem !== null) problems.set(`time.${side}`, problem);
		}
	return problems;
}

/** A problem of the whole, and where to mend it. */
export interface DashboardProblem {
	/** A panel's id; null: the dashboard's own settings. */
	panel: string | null;
	text: string;
}

/** Of all but the panels. */
export function settingsProblems(dashboard: Dashboard): Problems {
	const problems = fromSchema(DashboardSchema.safeParse({ ...dashboard, panels: [] }));
	for (const side of ["from", "to"] as const) {
		const problem = instantProblem(dashboard.time[side]);
		if (problem !== null) problems.set(`time.${side}`, problem);
	}
	const { timezone } = dashboard;
	if (timezone !== "site" && timezone !== "browser" && !isZone(timezone))
		problems.set("timezone", "This is no time zone. Write one such as Europe/Berlin.");
	return problems;
}

/** All that keeps a dashboard from being saved. */
export function dashboardProblems(dashboard: Dashboard): DashboardProblem[] {
	const own = settingsProblems(dashboard);
	const ofPanels = dashboard.panels.flatMap((panel) =>
		[...panelProblems(panel)].map(([path, text]) => ({
			panel: panel.id,
			text: `${panelName(panel)}: ${text}${path === "" ? "" : ` (${path})`}`,
		})),
	);
	return [...[...own].map(([path, text]) => ({ panel: null, text: `Settings, ${path}: ${text}` })), ...ofPanels];
}

const matched = <Match extends EventMatch>(match: Match): Match => ({ ...match, filters: complete(match.filters) });

/** Rows of filters that are still being filled in hold nothing back yet: they are neither asked nor saved. */
export function finishedPanel<P extends Panel>(panel: P): P {
	if ("queries" in panel)
		return {
			...panel,
			queries: panel.queries.map((query) => ({ ...query, filters: complete(query.filters) })),
			thresholds: panel.thresholds.toSorted((a, b) => a.value - b.value),
		};
	if (panel.kind === "funnel") {
		const { steps, exclusions } = panel.funnel;
		const funnel = {
			...panel.funnel,
			steps: steps.map(matched),
			exclusions: exclusions.filter(({ after }) => after < steps.length).map(matched),
		};
		return { ...panel, funnel, filters: complete(panel.filters) };
	}
	if (panel.kind === "retention")
		return {
			...panel,
			start: matched(panel.start),
			return: matched(panel.return),
			filters: complete(panel.filters),
		};
	return panel;
}

export function finishedVariable(variable: Variable): Variable {
	if (variable.kind === "query") return { ...variable, filters: complete(variable.filters) };
	if (variable.kind === "list")
		return { ...variable, options: variable.options.filter(({ value }) => value.trim() !== "") };
	return variable;
}

export const finished = (dashboard: Dashboard): Dashboard => ({
	...dashboard,
	panels: dashboard.panels.map(finishedPanel),
	variables: dashboard.variables.map(finishedVariable),
});
