/** Filters in words: for names of steps, summaries of what is saved, and screen readers. */
import type { Filter } from "../../../schema/expression.ts";
import type { EventMatch } from "../../../schema/questions.ts";
import { valueLabel } from "../model/label.ts";
import { fieldLabel } from "./fields.ts";
import { operatorInfo, type Row, rowOf } from "./model.ts";

/** Name of a saved segment by its id. */
export type SegmentName = (id: string) => string;

export const eventLabel = (event: string): string => (event === "*" ? "Any event" : event);

/** `Country is Germany or France`, `not in segment Trial`, `did purchase at least 2 times within 30 days`. */
export function filterWords(filter: Filter, segmentName: SegmentName): string {
	const row = rowOf(filter);
	switch (row.kind) {
		case "condition":
			return conditionWords(row);
		case "segment":
			return `${row.negated ? "not in" : "in"} segment ${segmentName(row.id)}`;
		case "did":
			return didWords(row, segmentName);
		case "group":
			return groupWords(row, segmentName);
	}
}

function conditionWords({ condition: { dim, op, values } }: Extract<Row, { kind: "condition" }>): string {
	const { words, arity } = operatorInfo(op);
	const named = values.map((value) => valueLabel(dim, String(value)));
	const list = arity === "two" ? named.join(" and ") : named.join(" or ");
	return [fieldLabel(dim), words, list].filter(Boolean).join(" ");
}

function didWords({ did, negated }: Extract<Row, { kind: "did" }>, segmentName: SegmentName): string {
	const times = did.at_least > 1 ? ` at least ${did.at_least} times` : "";
	const within = did.within_days === undefined ? "" : ` within ${did.within_days} days`;
	const where = did.where ? ` where ${filterWords(did.where, segmentName)}` : "";
	return `${negated ? "did not do" : "did"} ${eventLabel(did.did)}${times}${within}${where}`;
}

function groupWords({ mode, filters }: Extract<Row, { kind: "group" }>, segmentName: SegmentName): string {
	const inner = filters.map((one) => filterWords(one, segmentName));
	if (mode === "none") return `none of (${inner.join(", ")})`;
	return `(${inner.join(mode === "all" ? " and " : " or ")})`;
}

/** All of them: "Country is Germany and OS is iOS". */
export const filtersWords = (filters: readonly Filter[], segmentName: SegmentName): string =>
	filters.map((filter) => filterWords(filter, segmentName)).join(" and ");

/** What a step is called: its own name, else its event and what it is narrowed to; a page view by its page alone. */
export function matchLabel({ event, label, filters }: EventMatch, segmentName: SegmentName): string {
	if (label !== undefined && label !== "") return label;
	const [first] = filters;
	if (!first) return eventLabel(event);
	if (event === "pageview" && filters.length === 1 && "dim" in first && first.dim === "path" && first.op === "in")
		return first.values.length === 0 ? event : first.values.join(" or ");
	return `${eventLabel(event)}, ${filtersWords(filters, segmentName)}`;
}
