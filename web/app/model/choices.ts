import type { CUBE_DIMENSIONS } from "../../../schema/metric.ts";
import type { BreakdownRow } from "../../../schema/query.ts";
import { dimLabel, valueLabel } from "./label.ts";
import { OTHER } from "./words.ts";

/** Dimensions that every site can be filtered by. */
export const CUBE: typeof CUBE_DIMENSIONS = ["country", "device"];

export interface CubeChoice {
	dim: string;
	value: string;
	label: string;
	count: number;
}

const MOST = 60;

/** Values to filter by, largest first; with words typed, those that hold every word in dimension, label or code. */
export function cubeChoices(
	breakdowns: readonly { dim: string; rows: readonly BreakdownRow[] }[],
	search: string,
): CubeChoice[] {
	const words = search.toLowerCase().split(/\s+/).filter(Boolean);
	const all = breakdowns.flatMap(({ dim, rows }) =>
		rows.map((row) => {
			const value = row.group[dim] ?? "";
			return { dim, value, label: valueLabel(dim, value), count: row.value ?? 0 };
		}),
	);
	const matches = (choice: CubeChoice) => {
		const text = `${dimLabel(choice.dim)} ${choice.label} ${choice.value}`.toLowerCase();
		return words.every((word) => text.includes(word));
	};
	// What passed a cap is no value that a filter could name.
	return all
		.filter((choice) => choice.value !== OTHER && choice.value !== "" && choice.count > 0 && matches(choice))
		.sort((a, b) => b.count - a.count)
		.slice(0, MOST);
}
