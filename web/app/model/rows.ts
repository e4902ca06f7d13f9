import type { Measure } from "../../../schema/metric.ts";
import type { Answer, BreakdownRow } from "../../../schema/query.ts";
import { NONE, OTHER } from "./words.ts";

/** Less than one event is rounding, not a row. */
const LEAST = 0.5;

/**
 * Rows to show, largest first, what passed a cap last. An open dimension has no row for events that lack it (a visit
 * without referrer); where values add up it is what the total has over all rows.
 */
export function shownRows({ table = [], total }: Answer, dim: string, measure: Measure): BreakdownRow[] {
	const rows = table.filter((row) => row.value !== 0);
	const additive = measure === "count" || measure === "sessions";
	if (additive && !rows.some((row) => row.group[dim] === NONE)) {
		const missing = (total ?? 0) - rows.reduce((sum, row) => sum + (row.value ?? 0), 0);
		if (missing >= LEAST) rows.push({ group: { [dim]: NONE }, value: missing });
	}
	const last = (row: BreakdownRow) => (row.group[dim] === OTHER ? 1 : 0);
	return rows.sort((a, b) => last(a) - last(b) || (b.value ?? 0) - (a.value ?? 0));
}

/** The first rows, for a card: "(other)" there would only say that the list goes on. */
export const topRows = (rows: readonly BreakdownRow[], dim: string, most: number): BreakdownRow[] =>
	rows.filter((row) => row.group[dim] !== OTHER).slice(0, most);
