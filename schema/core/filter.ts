/** Filters over dimension labels, compiled once a query and then run once a cell. */

export interface SeriesFilter {
	dim: string;
	op: "eq" | "neq" | "in" | "nin";
	values: readonly string[];
}

/** True for a cell's labels (one a dimension, in the order the filter was compiled for). */
export type LabelTest = (labels: readonly string[]) => boolean;

/**
 * Compiles filters for labels in the order of `dims`; several filters must all hold.
 * @throws RangeError for a filter on a dimension that is not among them: the plan chose the wrong part.
 */
export function compileFilters(filters: readonly SeriesFilter[], dims: readonly string[]): LabelTest {
	const tests = filters.map(({ dim, op, values }) => {
		const at = dims.indexOf(dim);
		if (at < 0) throw new RangeError(`no dimension ${dim} among ${dims.join(", ")}`);
		const wanted = new Set(values);
		const keep = op === "eq" || op === "in";
		return (labels: readonly string[]) => wanted.has(labels[at] ?? "(none)") === keep;
	});
	return (labels) => tests.every((test) => test(labels));
}
