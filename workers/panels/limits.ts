/** What a panel may cost, told before anything runs, and what a shared link lets its viewer choose. */
import { DAY, STEP_MS } from "../../schema/core/zone.ts";
import type { Dashboard } from "../../schema/dashboard.ts";
import type { PanelRequest, VariableValues } from "../../schema/panel.ts";
import { Problem } from "../../schema/problem.ts";
import type { Question } from "../../schema/query.ts";
import type { Principal } from "../api/auth.ts";
import { askedFor, mistake } from "./values.ts";

/** Buckets × groups of all queries of a panel, both periods: some 8 MB of JSON, and more than any screen has pixels. */
export const MAX_CELLS = 200_000;
/** Numbers are kept for so long. A day more: a year and a month may begin in the middle of one. */
const MAX_RANGE_DAYS = 400;

/** Problem 422 `range`. */
export function checkRange(from: number, to: number): void {
	const days = (to - from) / DAY;
	if (days <= MAX_RANGE_DAYS + 1) return;
	const detail = `The range is ${Math.round(days)} days, and a panel shows at most ${MAX_RANGE_DAYS}. Choose a later start.`;
	throw new Problem(422, "range", detail);
}

/** Problem 422 `cells`. `since`, `until`: the range, epoch ms. */
export function checkCells(questions: readonly Question[], since: number, until: number): void {
	const cells = questions.reduce((sum, question) => sum + cellsOf(question, until - since), 0);
	if (cells <= MAX_CELLS) return;
	throw new Problem(
		422,
		"cells",
		`This panel would be of ${cells} cells (buckets × groups), and has at most ${MAX_CELLS}. Choose a longer interval, a shorter range, fewer groups or fewer queries.`,
	);
}

function cellsOf(question: Question, ms: number): number {
	if (question.kind !== "timeseries" && question.kind !== "histogram") return "limit" in question ? question.limit : 0;
	const { interval, groupBy, limit, compare } = question;
	const buckets = Math.ceil(ms / STEP_MS[interval === "auto" ? "1m" : interval]) + 1;
	return (
		buckets * (question.kind === "timeseries" && groupBy.length === 0 ? 1 : limit + 1) * (compare === undefined ? 1 : 2)
	);
}

type Chosen = Pick<PanelRequest, "time" | "variables">;
type Caller = Pick<Principal, "share">;
type Variables = Pick<Dashboard, "variables">;

/** What of a request a shared link lets through: the rest is the link's, or the dashboard's. Others choose freely. */
export function underShare(caller: Caller, request: PanelRequest, dashboard: Variables): PanelRequest {
	if (caller.share === undefined) return request;
	const { time: _time, variables: _variables, ...rest } = request;
	// What a plan reads, and computing anew for one viewer, are for the dashboard's own people.
	return { ...rest, ...chosenUnder(caller, request, dashboard), explain: false, fresh: false };
}

/** Range and values of variables alone: see `underShare`. */
export function chosenUnder(
	{ share }: Caller,
	{ time: asked, variables: values }: Chosen,
	dashboard: Variables,
): Chosen {
	if (share === undefined) return { ...(asked && { time: asked }), variables: values };
	const { choose_time, choose_variables, time: own, variables } = share.options;
	const time = (choose_time ? asked : undefined) ?? own;
	const kept = stillThere(variables, dashboard);
	return { ...(time && { time }), variables: choose_variables ? { ...kept, ...values } : kept };
}

/** The dashboard may have changed since the link was made: what cannot be chosen any more has its default. */
function stillThere(values: VariableValues, { variables }: Variables): VariableValues {
	const fine = variables.filter((variable) => mistake(variable, askedFor(variable, values)) === null);
	return Object.fromEntries(fine.map((variable) => [variable.name, [...askedFor(variable, values)]]));
}
